// Draws from the density exp(−r^β): its distribution function has no inverse in closed form, and is not one of the
// operations. So it is tabulated for each column, and inverted within one piece of the table.

import { invertMonotone, type MonotoneFunction } from "../bijections/index.js";
import {
  add,
  constant,
  cumulativeSum,
  div,
  exp,
  gather,
  lessOrEqual,
  maximum,
  mul,
  pow,
  reshape,
  slice,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  toFloat,
  toInt,
  transpose,
} from "../tensor/index.js";

/** Pieces of a table. */
const pieces = 128;
/** The table ends where r^β is this: what lies beyond has a probability below 1e-12 for every β >= ¼. */
const farthest = 40;
/** Newton steps within one piece, where the function is nearly straight. */
const steps = 8;

/** Gauss-Legendre nodes and weights on [0, 1], four points, each along an axis of its own in front. */
const nodes = constant(
  [0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970263],
  [4, 1, 1],
);
const weights = constant(
  [0.17392742256872692, 0.3260725774312731, 0.3260725774312731, 0.17392742256872692],
  [4, 1, 1],
);

/**
 * The r >= 0 with
 *
 *   ∫_r^∞ exp(−s^β) ds = tail · ∫_0^∞ exp(−s^β) ds
 *
 * tail: [batch, D] in (0, 1]; beta: [D], from ¼. Integrals run over w in [0, 1] with s = 40^(1/β) w^p, p = max(1, 1/β),
 * which takes the cusp at 0 away; the pieces are equal in w. Sums of positive numbers from the far end keep the
 * tail's relative accuracy. Cost O(batch · D): 128 comparisons and some 40 evaluations of the density an element.
 *
 * @see NIST Digital Library of Mathematical Functions, table 3.5.2, for the quadrature
 * @example const r = powerTailQuantile(constant([[0.05]]), constant([1])) // 2.99573, as for the exponential
 */
export function powerTailQuantile(tail: Tensor, beta: Tensor): Tensor {
  const dim = beta.shape[0] as number;
  const inverse = div(1, beta);
  const stretch = maximum(inverse, 1);
  const exponent = mul(beta, stretch);

  /** exp(−s^β) ds/dw up to a factor, for w [..., D]. */
  const density = (w: Tensor) => mul(exp(mul(-farthest, pow(w, exponent))), pow(w, sub(stretch, 1)));
  /** Its integral from `start` on, for both of rank 2. */
  const integral = (start: Tensor, length: TensorLike) =>
    mul(length, sum(mul(weights, density(add(start, mul(length, nodes)))), 0));

  // What lies beyond the left edge of each piece, as a share of the whole: [D, pieces], falling from 1.
  const edges = constant(
    Float64Array.from({ length: pieces }, (_, k) => k / pieces),
    [pieces, 1],
  );
  const masses = transpose(integral(edges, 1 / pieces));
  const outside = cumulativeSum(masses, 1, { reverse: true });
  const whole = slice(outside, 1, 0, 1);
  const shares = div(outside, whole);

  const isBefore = lessOrEqual(reshape(tail, ["batch", dim, 1]), slice(shares, 1, 1));
  const passed = stopGradient(sum(toFloat(isBefore), 2));
  const firstPiece = constant(Float64Array.from({ length: dim }, (_, i) => i * pieces));
  const share = gather(reshape(shares, [dim * pieces]), toInt(add(passed, firstPiece)));

  const low = div(passed, pieces);
  const total = reshape(whole, [dim]);
  const forward: MonotoneFunction = (w) => ({
    y: div(integral(low, sub(w, low)), total),
    derivative: div(density(w), total),
  });
  const high = add(low, 1 / pieces);
  const w = invertMonotone({ forward, y: sub(share, tail), low, high, steps, halving: true });
  return mul(pow(farthest, inverse), pow(w, stretch));
}
