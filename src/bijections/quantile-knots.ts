// Knots that send a column's quantiles to those of the standard normal: where the spline in front starts.

import type { Knots } from "./rational-quadratic-spline.js";

export interface QuantileKnotsOptions {
  /** Pieces of each curve. */
  bins?: number;
  /** How far out, in standard deviations of the normal, the outermost knots may lie. */
  reach?: number;
}

/**
 * For each column of a sample, knots (x, y) with x the empirical quantile at Φ(y), y evenly spaced, and slopes that
 * keep the curve monotone (Fritsch and Carlson's harmonic means).
 *
 * sample: row-major [rows, dim]. Ties are spread: a piece keeps at least a hundredth of the width, so that a value
 * that many rows share does not become a vertical wall.
 */
export function quantileKnots(
  sample: Float32Array | Float64Array,
  dim: number,
  { bins = 8, reach = 2.5 }: QuantileKnotsOptions = {},
): Knots[] {
  const rows = sample.length / dim;
  // The outermost knots must leave some rows beyond them, or their quantiles are noise.
  const ends = Math.min(reach, normalQuantile(1 - Math.min(0.25, 5 / (rows + 1))));
  const y = Float64Array.from({ length: bins + 1 }, (_, k) => ends * ((2 * k) / bins - 1));
  return Array.from({ length: dim }, (_, column) => {
    const sorted = Float64Array.from({ length: rows }, (_, row) => sample[row * dim + column]).sort();
    const x = y.map((value) => quantile(sorted, normalProbability(value)));
    spread(x);
    return { x, y, slope: monotoneSlopes(x, y) };
  });
}

/** Makes every step at least a hundredth of the whole. */
function spread(x: Float64Array): void {
  const whole = x[x.length - 1] - x[0] || 1;
  const steps = x.slice(1).map((value, k) => Math.max(value - x[k], whole / 100));
  const factor = whole / steps.reduce((a, b) => a + b);
  for (const [k, step] of steps.entries()) x[k + 1] = x[k] + step * factor;
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

function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
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
