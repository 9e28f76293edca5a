// Linear operations on the layout of a tensor: reshape, transpose, broadcast and its adjoint, the sum.

import { broadcastShapes, fixedSize, normalizeAxes, type Shape, sameShape, shapeError } from "./shape.js";
import { constant, type Operation, requireType, Tensor } from "./tensor.js";

const reshapeOperation: Operation = {
  name: "reshape",
  infer: ([x], { shape }) => ({ shape: shape as Shape, type: x.type }),
  gradient: (node, upstream) => [reshape(upstream, node.inputs[0].shape)],
};

/** The numbers of elements before, between and after the batch axes of a shape. */
function sizesAroundBatch(shape: Shape): number[] {
  const sizes = [1];
  for (const size of shape)
    if (size === "batch") sizes.push(1);
    else sizes[sizes.length - 1] *= size;
  return sizes;
}

/** The same elements in row-major order under another shape. Rows stay rows: the batch is not mixed with the rest. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(sizesAroundBatch(x.shape), sizesAroundBatch(shape)))
    throw shapeError(
      "reshape",
      "the number of elements must stay, before and after the batch",
      x.shape,
      shape,
    );
  const source = x.is(reshapeOperation) ? x.inputs[0] : x;
  return sameShape(source.shape, shape) ? source : new Tensor(reshapeOperation, [source], { shape });
}

const transposeOperation: Operation = {
  name: "transpose",
  infer: ([x], { permutation }) => ({
    shape: (permutation as readonly number[]).map((axis) => x.shape[axis]),
    type: x.type,
  }),
  gradient: (node, upstream) => {
    const permutation = node.attributes.permutation as readonly number[];
    return [
      transpose(
        upstream,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
};

/** Axes in another order; without one, the last two change places. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  if (x.rank < 2 && !permutation) throw shapeError("transpose", "takes a matrix", x.shape);
  const order = permutation ?? [...Array(x.rank - 2).keys(), x.rank - 1, x.rank - 2];
  if (normalizeAxes("transpose", x.shape, order).length !== x.rank)
    throw shapeError("transpose", `the order (${order.join(", ")}) must name every axis`, x.shape);
  const axes = order.map((axis) => (axis < 0 ? axis + x.rank : axis));
  if (axes.every((axis, i) => axis === i)) return x;
  if (x.is(transposeOperation)) {
    const inner = x.attributes.permutation as readonly number[];
    return transpose(
      x.inputs[0],
      axes.map((axis) => inner[axis]),
    );
  }
  return new Tensor(transposeOperation, [x], { permutation: axes });
}

/** Whether the tensor is a plain matrix transpose, and of what: products take it as a flag. */
export function transposedMatrix(x: Tensor): Tensor | undefined {
  return x.is(transposeOperation) && x.rank === 2 ? x.inputs[0] : undefined;
}

export const broadcastOperation: Operation = {
  name: "broadcast",
  infer: ([x], { shape }) => ({ shape: shape as Shape, type: x.type }),
  gradient: (node, upstream) => [sumTo(upstream, node.inputs[0].shape)],
};

/** Stretched to a shape, as element-wise operations would. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape))
    throw shapeError("broadcastTo", "the first must stretch to the second", x.shape, shape);
  const source = x.is(broadcastOperation) ? x.inputs[0] : x;
  return new Tensor(broadcastOperation, [source], { shape });
}

/** The scalar that a tensor repeats in every element, if it was made so. */
export function repeatedScalar(x: Tensor): Tensor | undefined {
  return x.is(broadcastOperation) && fixedSize(x.inputs[0].shape) === 1
    ? reshape(x.inputs[0], [])
    : undefined;
}

/** The adjoint of broadcastTo: sums over every axis that was stretched. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((size, i) => (i < lead || (shape[i - lead] === 1 && size !== 1) ? [i] : []));
  return axes.length === 0 ? reshape(x, shape) : reshape(sum(x, axes), shape);
}

/** The shape after a reduction over `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  return keep
    ? shape.map((size, i) => (axes.includes(i) ? 1 : size))
    : shape.filter((_, i) => !axes.includes(i));
}

/** What a reduction takes: the axes (all if none are given), and whether they stay as axes of size 1. */
export interface ReductionOptions {
  keep?: boolean;
}

/** Defines a reduction over axes; `gradient` gets the result and its upstream gradient with the axes kept. */
export function reduction(name: string, gradient: (x: Tensor, y: Tensor, upstream: Tensor) => Tensor) {
  const operation: Operation = {
    name,
    infer: ([x], { axes, keep }) => {
      requireType(name, "float", [x]);
      return { shape: reducedShape(x.shape, axes as number[], keep as boolean), type: "float" };
    },
    gradient: (node, upstream) => {
      const [x] = node.inputs;
      const kept = reducedShape(x.shape, node.attributes.axes as number[], true);
      return [gradient(x, reshape(node, kept), reshape(upstream, kept))];
    },
  };
  return (x: Tensor, axes?: number | readonly number[], { keep = false }: ReductionOptions = {}): Tensor => {
    const over = normalizeAxes(name, x.shape, axes ?? [...x.shape.keys()]);
    return over.length === 0 ? x : new Tensor(operation, [x], { axes: over, keep });
  };
}

/** The sum over axes (all of them if none are named). */
export const sum = reduction("sum", (x, _, upstream) => broadcastTo(upstream, x.shape));

/** The number of rows of the batch. One node for all, so that it cancels where it can: see mul. */
const batchSize = new Tensor(
  { name: "batchSize", infer: () => ({ shape: [], type: "float" }), gradient: () => [] },
  [],
);

/** The size of an axis as a scalar float: a constant, or the number of rows of the batch when the program runs. */
export function sizeOf(x: Tensor, axis: number): Tensor {
  const [along] = normalizeAxes("sizeOf", x.shape, axis);
  const size = x.shape[along];
  return size === "batch" ? batchSize : constant(size);
}

/** One number in every element, shaped like another tensor. */
export function fullLike(x: Tensor, value: number): Tensor {
  return broadcastTo(constant(value), x.shape);
}
