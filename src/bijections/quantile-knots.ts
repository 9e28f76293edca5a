// Knots that send a column's quantiles to those of the standard normal: where the spline in front starts.

import { knotPositions, leastPiece, shareBelow } from "./knot-positions.js";
import type { Knots } from "./rational-quadratic-spline.js";

export interface QuantileKnotsOptions {
  /** Pieces of each curve. */
  bins?: number;
  /** How far out, in standard deviations of the normal, the outermost knots may lie. */
  reach?: number;
  /** Knots at evenly spaced y, whatever details the column has. */
  even?: boolean;
}

/** Where the sample's extremes may start, in standard deviations of the normal: what lies far out must not lead. */
const farthest = 3.5;

/**
 * For each column of a sample, knots (x, y) with y the normal quantile of the sample's share below x, more of them
 * where the distribution has details (see knotPositions), and slopes that keep the curve monotone (Fritsch and
 * Carlson's harmonic means).
 *
 * sample: row-major [rows, dim]. Ties are spread: a piece keeps at least a fourteenth of an even one's width, so that
 * a value that many rows share does not become a vertical wall. Beyond the knots the lines are so flat that the sample
 * ends at ±3.5, or one standard deviation beyond the outermost knots where `reach` is larger.
 */
export function quantileKnots(
  sample: Float32Array | Float64Array,
  dim: number,
  { bins = 8, reach = 2.5, even = false }: QuantileKnotsOptions = {},
): Knots[] {
  const rows = sample.length / dim;
  // The outermost knots must leave some rows beyond them, or their quantiles are noise.
  const ends = Math.min(reach, normalQuantile(1 - Math.min(0.25, 5 / (rows + 1))));
  const lowest = normalProbability(-ends);
  return Array.from({ length: dim }, (_, column) => {
    const sorted = Float64Array.from({ length: rows }, (_, row) => sample[row * dim + column]).sort();
    const x = spread(even ? evenPositions(sorted, bins, ends) : knotPositions(sorted, bins, lowest));
    const within = (share: number) => Math.min(Math.max(share, lowest), 1 - lowest);
    const y = even
      ? Float64Array.from({ length: bins + 1 }, (_, k) => evenStep(k, bins, ends))
      : spread(x.map((value) => normalQuantile(within(shareBelow(sorted, value)))));
    const slope = monotoneSlopes(x, y);
    const outermost = Math.max(farthest, ends + 1);
    const tail = (knot: number, extreme: number) =>
      (outermost - Math.abs(y[knot])) / Math.abs(extreme - x[knot]);
    slope[0] = Math.min(slope[0], tail(0, sorted[0]));
    slope[bins] = Math.min(slope[bins], tail(bins, sorted[rows - 1]));
    return { x, y, slope };
  });
}

const evenStep = (k: number, bins: number, ends: number) => ends * ((2 * k) / bins - 1);

/** The sample's quantiles where the normal's are evenly spaced from −ends to ends. */
function evenPositions(sorted: Float64Array, bins: number, ends: number): Float64Array {
  return Float64Array.from({ length: bins + 1 }, (_, k) => {
    const position = normalProbability(evenStep(k, bins, ends)) * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  });
}

/**
 * Rows, row-major, sent through curves that join each column's knots by straight lines: near what its spline does.
 * Beyond the knots they go on with the slopes that the spline has there.
 */
export function throughKnots(rows: ArrayLike<number>, knots: readonly Knots[]): Float64Array {
  return Float64Array.from(rows, (value, i) => {
    const { x, y, slope } = knots[i % knots.length];
    const last = x.length - 1;
    if (value < x[0]) return y[0] + slope[0] * (value - x[0]);
    if (value > x[last]) return y[last] + slope[last] * (value - x[last]);
    let k = 0;
    while (k < last - 1 && value >= x[k + 1]) k++;
    return y[k] + ((value - x[k]) * (y[k + 1] - y[k])) / (x[k + 1] - x[k]);
  });
}

/** The same numbers with every step at least a fourteenth of an even one. */
function spread(x: Float64Array): Float64Array {
  const whole = x[x.length - 1] - x[0] || 1;
  const least = whole / (leastPiece * (x.length - 1));
  const steps = x.slice(1).map((value, k) => Math.max(value - x[k], least));
  const factor = whole / steps.reduce((a, b) => a + b);
  const result = x.slice();
  for (const [k, step] of steps.entries()) result[k + 1] = result[k] + step * factor;
  return result;
}

function monotoneSlopes(x: Float64Array, y: Float64Array): Float64Array {
  const last = x.length - 1;
  const chord = (k: number) => (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
  return x.map((_, k) => {
    if (k === 0) return chord(0);
    if (k === last) return chord(last - 1);
    return 2 / (1 / chord(k - 1) + 1 / chord(k));
  });
}

/** Φ(x), by the series for erf near 0 and its continued fraction further out; 1e-10 is ample here. */
export function normalProbability(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  if (z < 2.5) {
    let term = z;
    let total = z;
    for (let n = 1; n < 60; n++) {
      term *= (-z * z) / n;
      total += term / (2 * n + 1);
    }
    return 0.5 + (Math.sign(x) * total) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
  const tail = Math.exp(-z * z) / (2 * Math.sqrt(Math.PI) * (z + fraction));
  return x > 0 ? 1 - tail : tail;
}

/** The inverse of Φ, by bisection: called a few times a fit. */
export function normalQuantile(probability: number): number {
  let low = -10;
  let high = 10;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalProbability(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
