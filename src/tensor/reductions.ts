// Reductions that are more than a sum: mean, extremes, log-sum-exp and the softmax built on it.

import { div, equal, exp, mul, neg, sub, toFloat } from "./elementwise.js";
import { type ReductionOptions, reduction, sizeOf, sum } from "./layout.js";
import { normalizeAxes } from "./shape.js";
import { constant, type Operation, requireType, Tensor } from "./tensor.js";

type Axes = number | readonly number[];

/** The mean over axes (all of them if none are named); over the batch it divides by the rows of each run. */
export function mean(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const over = normalizeAxes("mean", x.shape, axes ?? [...x.shape.keys()]);
  return div(sum(x, over, options), over.map((axis) => sizeOf(x, axis)).reduce(mul, constant(1)));
}

/** The axes of x that a reduction shrank to 1. */
const shrunk = (x: Tensor, y: Tensor) => x.shape.flatMap((size, i) => (size !== y.shape[i] ? [i] : []));

/** The largest element over axes; elements that tie share the gradient. */
export const max = reduction("reduceMax", (x, y, upstream) => {
  const chosen = toFloat(equal(x, y));
  return mul(upstream, div(chosen, sum(chosen, shrunk(x, y), { keep: true })));
});

/** The smallest element over axes; elements that tie share the gradient. */
export function min(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return neg(max(neg(x), axes, options));
}

/** log Σ exp(x) over axes, without overflow. */
export const logSumExp = reduction("logSumExp", (x, y, upstream) => {
  const [axis, ...others] = shrunk(x, y);
  // Where x is large, the rounding of y would show in x − y: softmax has no such difference.
  const weights = axis !== undefined && others.length === 0 ? softmax(x, axis) : exp(sub(x, y));
  return mul(upstream, weights);
});

const logSoftmaxOperation: Operation = {
  name: "logSoftmax",
  infer: ([x]) => {
    requireType("logSoftmax", "float", [x]);
    return { shape: x.shape, type: "float" };
  },
  gradient: (y, upstream) => {
    const total = sum(upstream, y.attributes.axis as number, { keep: true });
    return [sub(upstream, mul(exp(y), total))];
  },
};

/** x − log Σ exp(x) along an axis: the logarithm of the softmax, accurate however large x is. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  const [along] = normalizeAxes("logSoftmax", x.shape, axis);
  return new Tensor(logSoftmaxOperation, [x], { axis: along });
}

/** exp(x) / Σ exp(x) along an axis. */
export function softmax(x: Tensor, axis: number): Tensor {
  return exp(logSoftmax(x, axis));
}
