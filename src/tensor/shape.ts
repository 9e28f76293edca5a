// Shapes of symbolic tensors, and the rules by which two shapes combine. A size is a number, or "batch": the one
// size that is known only when a program runs.

import { LogdetError } from "../errors.js";

export type Dimension = number | "batch";
export type Shape = readonly Dimension[];

/** `[batch, 8]`, as error messages show it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** The error for shapes that do not fit: names the operation, the rule and what was got. */
export function shapeError(operation: string, rule: string, ...shapes: Shape[]): LogdetError {
  return new LogdetError("shape", `${operation}: ${rule}, got ${shapes.map(formatShape).join(" and ")}`);
}

/** The shape of an element-wise result: sizes are aligned at the end, and a size of 1 stretches. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw shapeError(operation, "shapes must agree or be 1, aligned at the end", a, b);
    return left === 1 ? right : left;
  });
}

/** Axes as non-negative numbers in ascending order; a negative axis counts from the end. */
export function normalizeAxes(operation: string, shape: Shape, axes: number | readonly number[]): number[] {
  const list = typeof axes === "number" ? [axes] : axes;
  const normal = list.map((axis) => (axis < 0 ? axis + shape.length : axis)).sort((a, b) => a - b);
  for (const [i, axis] of normal.entries())
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length || axis === normal[i - 1])
      throw shapeError(operation, `axes (${list.join(", ")}) must be distinct axes of the tensor`, shape);
  return normal;
}

/** The number of elements if no size is "batch", else undefined. */
export function fixedSize(shape: Shape): number | undefined {
  let size = 1;
  for (const dimension of shape) {
    if (dimension === "batch") return undefined;
    size *= dimension;
  }
  return size;
}

/** The shape with "batch" replaced by a number of rows. */
export function bindShape(shape: Shape, batch: number): number[] {
  return shape.map((size) => (size === "batch" ? batch : size));
}
