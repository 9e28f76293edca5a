// Learned monotone curves, one a column: the activation that mattered most in every comparison.

import { LogdetError } from "../errors.js";
import { type Parameter, parameter } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { rawPositive } from "./raw-positive.js";
import { smallest, splineForward, splineInverse } from "./spline-curve.js";

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
      column(({ slope }, k) => rawPositive(slope[k] - smallest), bins + 1),
    ),
    left: fixed(({ x }) => x[0]),
    width: fixed(({ x }) => x[bins] - x[0]),
    bottom: fixed(({ y }) => y[0]),
    height: fixed(({ y }) => y[bins] - y[0]),
  } satisfies Record<string, Parameter>;

  const { widths, heights, slopes, left, width, bottom, height } = parameters;
  const shape = [widths, heights, slopes, left, width, bottom, height];
  return {
    dim,
    columnwise: true,
    parameters,
    forward(values) {
      const [y, logDet] = splineForward([values, ...shape]);
      return { y, logDet };
    },
    inverse(values) {
      const [x, logDet] = splineInverse([values, ...shape]);
      return { x, logDet };
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
