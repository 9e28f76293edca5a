// Rows of any width with a known density, as hard to learn by the column whatever the width: skew and heavy-tailed
// innovations, each column leaning on the one before.

import type { Random } from "../../random/index.js";

/** How much of a column is the one before, ρ: the covariance lies between (1 − ρ) / (1 + ρ) and its inverse. */
const correlation = 0.6;
const innovation = Math.sqrt(1 - correlation ** 2);
/** Mean and deviation of −log of an exponential number: Gumbel's. */
const [mean, deviation] = [0.5772156649015329, Math.PI / Math.sqrt(6)];

/** The least variance of a direction, for any number of columns: (1 − ρ) / (1 + ρ) = ¼. */
export const leastVariance = (1 - correlation) / (1 + correlation);

/**
 * Draws, row-major [count, dim].
 *
 *   x_1 = e_1,  x_t = ρ x_{t−1} + √(1 − ρ²) e_t,   e = (log E + 0.577…) / (π / √6),  E exponential
 *
 * Columns have mean 0 and variance 1.
 */
export function drawFilteredGumbel(count: number, dim: number, random: Random): Float32Array {
  const uniforms = random.fillUniform(new Float64Array(count * dim));
  const rows = new Float32Array(count * dim);
  let before = 0;
  for (let i = 0; i < rows.length; i++) {
    const e = (Math.log(-Math.log(uniforms[i])) + mean) / deviation;
    before = i % dim === 0 ? e : correlation * before + innovation * e;
    rows[i] = before;
  }
  return rows;
}

/**
 * Mean log-density of rows, [n, dim], nats a row: Σ log p(e_t) − (D − 1) ½ log(1 − ρ²), u = log E having log-density
 * u − eᵘ.
 */
export function filteredGumbelLogProb(rows: Float32Array, dim: number): number {
  let total = 0;
  for (const [i, x] of rows.entries()) {
    const isFirst = i % dim === 0;
    const u = (isFirst ? x : (x - correlation * rows[i - 1]) / innovation) * deviation - mean;
    total += u - Math.exp(u) + Math.log(deviation) - (isFirst ? 0 : Math.log(innovation));
  }
  return total / (rows.length / dim);
}
