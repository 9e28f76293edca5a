// How a kernel walks over tensors that stretch to one shape, or over one tensor in another order: as few loops as
// possible, each with a step in bytes for every operand.

/** Loops from the outside in: four sizes, and for each operand four steps in bytes. */
export interface StridedLoop {
  readonly sizes: readonly [number, number, number, number];
  readonly steps: readonly (readonly [number, number, number, number])[];
  /** Where each walk starts: one offset in bytes an operand. There is one walk unless four loops are too few. */
  readonly starts: readonly (readonly number[])[];
}

/** The most loops that the kernels nest. */
const depth = 4;

const bytesPerElement = 4;

/** Steps in bytes along each axis of a row-major tensor. */
export function contiguousSteps(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length);
  let step = bytesPerElement;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

/** Steps in bytes of a row-major tensor that is stretched to `to`: 0 along the axes where it repeats. */
export function stretchedSteps(shape: readonly number[], to: readonly number[]): number[] {
  const lead = to.length - shape.length;
  const steps = contiguousSteps(shape);
  return to.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : steps[axis - lead]));
}

/** The loops over a shape: axes of size 1 vanish, and neighbours become one where every operand walks on evenly. */
export function stridedLoop(shape: readonly number[], operands: readonly (readonly number[])[]): StridedLoop {
  const loops: { size: number; steps: number[] }[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const steps = operands.map((operand) => operand[axis]);
    const outer = loops.at(-1);
    if (outer?.steps.every((step, i) => step === steps[i] * size)) {
      outer.size *= size;
      outer.steps = steps;
    } else loops.push({ size, steps });
  }
  while (loops.length < depth) loops.unshift({ size: 1, steps: operands.map(() => 0) });

  let starts = [operands.map(() => 0)];
  for (const { size, steps } of loops.splice(0, loops.length - depth))
    starts = starts.flatMap((start) =>
      Array.from({ length: size }, (_, i) => start.map((at, operand) => at + i * steps[operand])),
    );
  const four = (values: readonly number[]) => values as readonly [number, number, number, number];
  return {
    sizes: four(loops.map(({ size }) => size)),
    steps: operands.map((_, i) => four(loops.map(({ steps }) => steps[i]))),
    starts,
  };
}
