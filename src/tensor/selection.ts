// Linear operations that pick elements or put them elsewhere: slice and pad, join, gather and scatter, running sums.
// Each one's gradient is its adjoint, found beside it.

import { type Dimension, normalizeAxes, sameShape, shapeError } from "./shape.js";
import { type Operation, requireType, Tensor } from "./tensor.js";

const sliceOperation: Operation = {
  name: "slice",
  infer: ([x], { axis, start, end }) => ({
    shape: x.shape.map((size, i) => (i === axis ? (end as number) - (start as number) : size)),
    type: x.type,
  }),
  gradient: (node, upstream) => {
    const { axis, start, end } = node.attributes as { axis: number; start: number; end: number };
    return [pad(upstream, axis, start, (node.inputs[0].shape[axis] as number) - end)];
  },
};

/** Elements start … end − 1 along an axis of fixed size; negative positions count from the end. */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  const [along] = normalizeAxes("slice", x.shape, axis);
  const size = x.shape[along];
  if (size === "batch") throw shapeError("slice", "cannot cut the batch", x.shape);
  const from = start < 0 ? start + size : start;
  const to = end === undefined ? size : end < 0 ? end + size : end;
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= size))
    throw shapeError("slice", `[${start}, ${end ?? size}) must lie within axis ${axis}`, x.shape);
  if (from === 0 && to === size) return x;
  return partOf(x, along, from, to) ?? new Tensor(sliceOperation, [x], { axis: along, start: from, end: to });
}

/** What was joined there, where that is one tensor. */
function partOf(x: Tensor, axis: number, from: number, to: number): Tensor | undefined {
  if (!x.is(concatOperation) || x.attributes.axis !== axis) return undefined;
  let start = 0;
  return x.inputs.find((part) => {
    const end = start + (part.shape[axis] as number);
    const isIt = start === from && end === to;
    start = end;
    return isIt;
  });
}

const padOperation: Operation = {
  name: "pad",
  infer: ([x], { axis, before, after }) => ({
    shape: x.shape.map((size, i) =>
      i === axis ? (size as number) + (before as number) + (after as number) : size,
    ),
    type: x.type,
  }),
  gradient: (node, upstream) => {
    const { axis, before, after } = node.attributes as { axis: number; before: number; after: number };
    return [slice(upstream, axis, before, (upstream.shape[axis] as number) - after)];
  },
};

/** Zeros put before and after along an axis of fixed size. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  requireType("pad", "float", [x]);
  const [along] = normalizeAxes("pad", x.shape, axis);
  if (x.shape[along] === "batch") throw shapeError("pad", "cannot pad the batch", x.shape);
  if (![before, after].every((count) => Number.isInteger(count) && count >= 0))
    throw shapeError("pad", `takes numbers of zeros, not (${before}, ${after})`, x.shape);
  if (before === 0 && after === 0) return x;
  return new Tensor(padOperation, [x], { axis: along, before, after });
}

const concatOperation: Operation = {
  name: "concat",
  infer: (inputs, { axis }) => ({
    shape: inputs[0].shape.map(
      (size, i): Dimension =>
        i === axis ? inputs.reduce<number>((total, x) => total + (x.shape[i] as number), 0) : size,
    ),
    type: inputs[0].type,
  }),
  gradient: (node, upstream) => {
    const axis = node.attributes.axis as number;
    let start = 0;
    return node.inputs.map((x) => {
      const from = start;
      start += x.shape[axis] as number;
      return slice(upstream, axis, from, start);
    });
  },
};

/** Tensors joined along an axis of fixed size. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first, ...rest] = tensors;
  const [along] = normalizeAxes("concat", first.shape, axis);
  requireType("concat", first.type, rest);
  for (const other of rest)
    if (other.rank !== first.rank || other.shape.some((size, i) => i !== along && size !== first.shape[i]))
      throw shapeError("concat", `shapes must agree outside axis ${axis}`, first.shape, other.shape);
  if (first.shape[along] === "batch") throw shapeError("concat", "cannot join along the batch", first.shape);
  if (rest.length === 0) return first;
  return new Tensor(concatOperation, tensors, { axis: along });
}

const gatherOperation: Operation = {
  name: "gather",
  infer: ([table, indices]) => ({ shape: [...indices.shape, ...table.shape.slice(1)], type: table.type }),
  gradient: (node, upstream) => {
    const [table, indices] = node.inputs;
    return [scatterAdd(indices, upstream, table.shape[0] as number), undefined];
  },
};

/** Rows of a table [n, …] picked by integer indices of any shape: [...indices, …]. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  requireType("gather", "int", [indices]);
  if (table.rank === 0 || table.shape[0] === "batch")
    throw shapeError("gather", "takes a table with a fixed number of rows", table.shape);
  return new Tensor(gatherOperation, [table, indices]);
}

const scatterAddOperation: Operation = {
  name: "scatterAdd",
  infer: ([indices, values], { size }) => ({
    shape: [size as number, ...values.shape.slice(indices.rank)],
    type: "float",
  }),
  gradient: (node, upstream) => [undefined, gather(upstream, node.inputs[0])],
};

/** The adjoint of gather: a table of `size` rows where every value is added to the row its index names. */
export function scatterAdd(indices: Tensor, values: Tensor, size: number): Tensor {
  requireType("scatterAdd", "int", [indices]);
  requireType("scatterAdd", "float", [values]);
  if (!sameShape(values.shape.slice(0, indices.rank), indices.shape))
    throw shapeError("scatterAdd", "values must begin with the indices' shape", indices.shape, values.shape);
  return new Tensor(scatterAddOperation, [indices, values], { size });
}

const cumulativeSumOperation: Operation = {
  name: "cumulativeSum",
  infer: ([x]) => ({ shape: x.shape, type: x.type }),
  gradient: (node, upstream) => {
    const { axis, exclusive, reverse } = node.attributes as {
      axis: number;
      exclusive: boolean;
      reverse: boolean;
    };
    return [cumulativeSum(upstream, axis, { exclusive, reverse: !reverse })];
  },
};

/** Running sums along an axis: `exclusive` leaves the element itself out, `reverse` runs from the end. */
export function cumulativeSum(
  x: Tensor,
  axis: number,
  { exclusive = false, reverse = false }: { exclusive?: boolean; reverse?: boolean } = {},
): Tensor {
  requireType("cumulativeSum", "float", [x]);
  const [along] = normalizeAxes("cumulativeSum", x.shape, axis);
  return new Tensor(cumulativeSumOperation, [x], { axis: along, exclusive, reverse });
}
