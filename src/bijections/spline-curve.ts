// What a rational-quadratic spline computes, as two composites: executors with a fused kernel compute a whole layer of
// curves in one pass. Parameters and their first values are in rational-quadratic-spline.ts.

import {
  add,
  composite,
  constant,
  cumulativeSum,
  div,
  gather,
  greater,
  greaterOrEqual,
  log,
  maximum,
  minimum,
  mul,
  pad,
  reshape,
  type Shape,
  slice,
  softmax,
  softplus,
  sqrt,
  sub,
  sum,
  type Tensor,
  toFloat,
  toInt,
  where,
} from "../tensor/index.js";

/** No piece is narrower or flatter than this share of the whole, and no slope smaller: the inverse stays tame. */
export const smallest = 1e-3;

/** Positions of the knots along one axis, [dim, bins + 1], and the pieces' sizes, [dim, bins]. */
const axis = (raw: Tensor, start: Tensor, length: Tensor) => {
  const bins = raw.shape[1] as number;
  const share = add(mul(softmax(raw, 1), 1 - bins * smallest), smallest);
  const sizes = mul(share, length);
  return { sizes, at: add(pad(cumulativeSum(sizes, 1), 1, 1, 0), start), start, length };
};

type Axis = ReturnType<typeof axis>;

const curve = ([widths, heights, slopes, left, width, bottom, height]: readonly Tensor[]) => {
  const x = axis(widths, left, width);
  const y = axis(heights, bottom, height);
  return { x, y, slopes: add(softplus(slopes), smallest), chords: div(y.sizes, x.sizes) };
};

/** Cuts off what lies beyond the knots, and finds for the rest its piece: what lookUp needs. */
const locate = (values: Tensor, { at, start, length, sizes }: Axis) => {
  const [dim, bins] = sizes.shape as readonly number[];
  const low = reshape(start, [dim]);
  const high = reshape(add(start, length), [dim]);
  const inside = minimum(maximum(values, low), high);
  const inner = slice(at, 1, 1, bins);
  const passed = sum(toFloat(greaterOrEqual(reshape(inside, ["batch", dim, 1]), inner)), 2);
  const firstPiece = constant(Float64Array.from({ length: dim }, (_, i) => i * bins));
  const piece = toInt(add(passed, firstPiece));
  return {
    inside,
    beyond: sub(values, inside),
    isAbove: greater(values, high),
    /** The entry of a table for each element's piece: of its knots (the left ones, or from `from` on) or its sizes. */
    lookUp: (table: Tensor, from = 0) =>
      gather(reshape(slice(table, 1, from, from + bins), [dim * bins]), piece),
  };
};

/** The logarithm of dy/dx, summed over columns. */
const logSlope = (s: Tensor, d0: Tensor, d1: Tensor, t: Tensor, denominator: Tensor) => {
  const rest = sub(1, t);
  const numerator = add(add(mul(d1, mul(t, t)), mul(mul(2, s), mul(t, rest))), mul(d0, mul(rest, rest)));
  return sum(sub(log(mul(mul(s, s), numerator)), mul(2, log(denominator))), 1);
};

/** Values beside their curves; logDet has one number a row. The ends of the curves are fixed: no gradient. */
const shapes = ([values]: readonly Tensor[]): Shape[] => [values.shape, [values.shape[0]]];
const constants = [4, 5, 6, 7];

/**
 * (x, widths, heights, slopes, left, width, bottom, height) ↦ (y, logDet): [batch, D] ↦ [batch, D], [batch].
 *
 * widths, heights: [D, bins]; slopes: [D, bins + 1]; the rest [D, 1].
 */
export const splineForward = composite({
  name: "rationalQuadraticSpline",
  shapes,
  constants,
  define([values, ...parameters]) {
    const { x, y, slopes, chords } = curve(parameters);
    const { inside, beyond, isAbove, lookUp } = locate(values, x);
    const s = lookUp(chords);
    const d0 = lookUp(slopes);
    const d1 = lookUp(slopes, 1);
    const t = div(sub(inside, lookUp(x.at)), lookUp(x.sizes));
    const bend = mul(t, sub(1, t));
    const denominator = add(s, mul(sub(add(d0, d1), mul(2, s)), bend));
    const risen = div(mul(lookUp(y.sizes), add(mul(s, mul(t, t)), mul(d0, bend))), denominator);
    const curved = add(lookUp(y.at), risen);
    return [
      add(curved, mul(beyond, where(isAbove, d1, d0))),
      // Beyond the knots t is 0 or 1, where the formula gives the end slope itself.
      logSlope(s, d0, d1, t, denominator),
    ];
  },
});

/** (y, …) ↦ (x, logDet of the inverse): the root of a quadratic. Inputs and results as in splineForward. */
export const splineInverse = composite({
  name: "rationalQuadraticSplineInverse",
  shapes,
  constants,
  define([values, ...parameters]) {
    const { x, y, slopes, chords } = curve(parameters);
    const { inside, beyond, isAbove, lookUp } = locate(values, y);
    const s = lookUp(chords);
    const d0 = lookUp(slopes);
    const d1 = lookUp(slopes, 1);
    // As a share of the piece's height, r in [0, 1]: a t² + b t + c = 0, in the form that does not cancel.
    const r = div(sub(inside, lookUp(y.at)), lookUp(y.sizes));
    const excess = mul(r, sub(add(d0, d1), mul(2, s)));
    const a = add(excess, sub(s, d0));
    const b = sub(d0, excess);
    const c = mul(s, r);
    const discriminant = maximum(add(mul(b, b), mul(4, mul(a, c))), 0);
    const t = div(mul(2, c), add(b, sqrt(discriminant)));
    const denominator = add(s, mul(sub(add(d0, d1), mul(2, s)), mul(t, sub(1, t))));
    const curved = add(lookUp(x.at), mul(t, lookUp(x.sizes)));
    return [add(curved, div(beyond, where(isAbove, d1, d0))), sub(0, logSlope(s, d0, d1, t, denominator))];
  },
});
