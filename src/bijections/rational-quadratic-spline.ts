// Learned monotone curves, one a column: the activation that mattered most in every comparison.

import { LogdetError } from "../errors.js";
import {
  add,
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
  type Parameter,
  pad,
  parameter,
  reshape,
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
import type { Bijection } from "./bijection.js";

/** Knots of one curve: positions, values (both increasing) and slopes, bins + 1 of each. */
export interface Knots {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly slope: ArrayLike<number>;
}

export interface RationalQuadraticSplineOptions {
  dim: number;
  /** Pieces between the first and the last knot. */
  bins?: number;
  /** Half the width of the interval that the pieces cover when the curve starts as the identity. */
  bound?: number;
  /** Curves to start from, one a column, instead of the identity: see quantileKnots. */
  knots?: readonly Knots[];
}

/** No piece is narrower or flatter than this share of the whole, and no slope smaller: the inverse stays tame. */
const smallest = 1e-3;

/**
 * A rational-quadratic spline for each column, continued beyond its last knots by straight lines whose slopes are
 * learned too.
 *
 * Between knots (x0, y0) and (x1, y1) with slopes d0, d1, chord s = (y1 − y0)/(x1 − x0), t = (x − x0)/(x1 − x0):
 *
 *   y = y0 + (y1 − y0) [s t² + d0 t(1−t)] / [s + (d0 + d1 − 2s) t(1−t)]
 *   dy/dx = s² [d1 t² + 2 s t(1−t) + d0 (1−t)²] / [s + (d0 + d1 − 2s) t(1−t)]²
 *
 * x, y: [batch, D]; logDet: [batch], nats. Cost O(batch · D · bins). The inverse is the root of a quadratic.
 *
 * The ends of the interval are fixed numbers (saved with the model); widths, heights and slopes are trained.
 *
 * @see Durkan et al., "Neural spline flows", NeurIPS 2019, eq. 4-8
 * @example const curves = rationalQuadraticSpline({ dim: 8, bins: 8 })
 */
export function rationalQuadraticSpline({
  dim,
  bins = 8,
  bound = 4,
  knots = identityKnots(dim, bins, bound),
}: RationalQuadraticSplineOptions): Bijection {
  if (!Number.isInteger(bins) || bins < 2 || bins * smallest >= 1)
    throw new LogdetError("usage", `a spline has 2 to ${1 / smallest - 1} bins, got ${bins}`);
  const column = (read: (knots: Knots, k: number) => number, count: number) =>
    Float64Array.from({ length: dim * count }, (_, i) => read(knots[Math.floor(i / count)], i % count));
  const fixed = (read: (knots: Knots) => number) =>
    parameter([dim, 1], column(read, 1), { trainable: false });
  const parameters = {
    widths: parameter(
      [dim, bins],
      column(({ x }, k) => rawShare(x, k), bins),
    ),
    heights: parameter(
      [dim, bins],
      column(({ y }, k) => rawShare(y, k), bins),
    ),
    slopes: parameter(
      [dim, bins + 1],
      column(({ slope }, k) => rawSlope(slope[k]), bins + 1),
    ),
    left: fixed(({ x }) => x[0]),
    width: fixed(({ x }) => x[bins] - x[0]),
    bottom: fixed(({ y }) => y[0]),
    height: fixed(({ y }) => y[bins] - y[0]),
  } satisfies Record<string, Parameter>;

  /** Positions of the knots along one axis, [dim, bins + 1], and the pieces' sizes, [dim, bins]. */
  const axis = (raw: Tensor, start: Tensor, length: Tensor) => {
    const share = add(mul(softmax(raw, 1), 1 - bins * smallest), smallest);
    const sizes = mul(share, length);
    return { sizes, at: add(pad(cumulativeSum(sizes, 1), 1, 1, 0), start), start, length };
  };

  const curve = () => {
    const x = axis(parameters.widths, parameters.left, parameters.width);
    const y = axis(parameters.heights, parameters.bottom, parameters.height);
    const slopes = add(softplus(parameters.slopes), smallest);
    return { x, y, slopes, chords: div(y.sizes, x.sizes) };
  };

  type Axis = ReturnType<typeof axis>;

  /** Cuts off what lies beyond the knots, and finds for the rest its piece: what lookUp needs. */
  const locate = (values: Tensor, { at, start, length }: Axis) => {
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
      /** The entry of a table [dim, bins] for each element's piece. */
      lookUp: (table: Tensor) => gather(reshape(table, [dim * bins]), piece),
    };
  };

  /** The logarithm of dy/dx, summed over columns. */
  const logSlope = (s: Tensor, d0: Tensor, d1: Tensor, t: Tensor, denominator: Tensor) => {
    const rest = sub(1, t);
    const numerator = add(add(mul(d1, mul(t, t)), mul(mul(2, s), mul(t, rest))), mul(d0, mul(rest, rest)));
    return sum(sub(log(mul(mul(s, s), numerator)), mul(2, log(denominator))), 1);
  };

  return {
    dim,
    parameters,
    forward(values) {
      const { x, y, slopes, chords } = curve();
      const { inside, beyond, isAbove, lookUp } = locate(values, x);
      const s = lookUp(chords);
      const d0 = lookUp(slice(slopes, 1, 0, bins));
      const d1 = lookUp(slice(slopes, 1, 1, bins + 1));
      const t = div(sub(inside, lookUp(slice(x.at, 1, 0, bins))), lookUp(x.sizes));
      const bend = mul(t, sub(1, t));
      const denominator = add(s, mul(sub(add(d0, d1), mul(2, s)), bend));
      const risen = div(mul(lookUp(y.sizes), add(mul(s, mul(t, t)), mul(d0, bend))), denominator);
      const curved = add(lookUp(slice(y.at, 1, 0, bins)), risen);
      return {
        y: add(curved, mul(beyond, where(isAbove, d1, d0))),
        // Beyond the knots t is 0 or 1, where the formula gives the end slope itself.
        logDet: logSlope(s, d0, d1, t, denominator),
      };
    },
    inverse(values) {
      const { x, y, slopes, chords } = curve();
      const { inside, beyond, isAbove, lookUp } = locate(values, y);
      const s = lookUp(chords);
      const d0 = lookUp(slice(slopes, 1, 0, bins));
      const d1 = lookUp(slice(slopes, 1, 1, bins + 1));
      // As a share of the piece's height, r in [0, 1]: a t² + b t + c = 0, in the form that does not cancel.
      const r = div(sub(inside, lookUp(slice(y.at, 1, 0, bins))), lookUp(y.sizes));
      const excess = mul(r, sub(add(d0, d1), mul(2, s)));
      const a = add(excess, sub(s, d0));
      const b = sub(d0, excess);
      const c = mul(s, r);
      const discriminant = maximum(add(mul(b, b), mul(4, mul(a, c))), 0);
      const t = div(mul(2, c), add(b, sqrt(discriminant)));
      const denominator = add(s, mul(sub(add(d0, d1), mul(2, s)), mul(t, sub(1, t))));
      const curved = add(lookUp(slice(x.at, 1, 0, bins)), mul(t, lookUp(x.sizes)));
      return {
        x: add(curved, div(beyond, where(isAbove, d1, d0))),
        logDet: sub(0, logSlope(s, d0, d1, t, denominator)),
      };
    },
    config: () => ({ type: "rational-quadratic-spline", dim, bins }),
  };
}

function identityKnots(dim: number, bins: number, bound: number): Knots[] {
  const at = Float64Array.from({ length: bins + 1 }, (_, k) => bound * ((2 * k) / bins - 1));
  return Array.from({ length: dim }, () => ({ x: at, y: at, slope: at.map(() => 1) }));
}

/** The number whose softmax share is that of the k-th piece, up to a constant that the softmax ignores. */
function rawShare(at: ArrayLike<number>, k: number): number {
  const bins = at.length - 1;
  const share = (at[k + 1] - at[k]) / (at[bins] - at[0]);
  return Math.log(Math.max(share - smallest, smallest / 100) / (1 - bins * smallest));
}

/** The number whose softplus, plus the smallest slope, is `slope`. */
function rawSlope(slope: number): number {
  const above = Math.max(slope - smallest, smallest / 100);
  return above > 30 ? above : Math.log(Math.expm1(above));
}
