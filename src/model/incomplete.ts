// Rows with missing cells: each is filled several times over by draws of a fixed density, and every fill counts by how
// much more likely the model finds it than that density did.

import type { GaussianCopula } from "../data/index.js";
import { Random } from "../random/index.js";

/** Fills a row gets. The error of a log-density falls as one over their square root. */
export const fillsPerRow = 32;

/** Rows as coordinates, row-major [rows, width], in which missing ones are NaN. */
export interface IncompleteRows {
  readonly coordinates: Float32Array;
  readonly width: number;
  /** What the rows' fills are drawn from; its columns are the first coordinates. */
  readonly filler: GaussianCopula;
}

/** What a model says of filled rows. */
export interface OfFills {
  /** Log-density of every filled row, nats, [rows]. */
  readonly logProb: ArrayLike<number>;
  /** A function of every filled row, [rows · width]; none where the log-density is all that is wanted. */
  readonly value?: ArrayLike<number>;
}

/**
 * The log-density of what is known of each row, or the expectation of a function of the whole row given that:
 *
 *   log p(x_obs) = log E_q [p(x_obs, x_mis) / q(x_mis | x_obs)],   E[f | x_obs] ≈ Σ_k w_k f(x_k),  w_k ∝ p(x_k) / q(x_k)
 *
 * with fills x_mis drawn from q, a Gaussian copula with the columns' own margins. The estimate of p is unbiased, that of
 * log p too low by half the variance of the weights over the number of fills. A model that was fitted with missing cells
 * has learned rows filled in the same way, so its weights hardly vary. A row's fills depend on the row alone.
 *
 * @param ask the model's answer to rows without missing cells
 * @returns [rows] of log-densities, or [rows · valueWidth] of the function's
 */
export async function overFills(
  { coordinates, width, filler }: IncompleteRows,
  ask: (rows: Float32Array) => Promise<OfFills>,
  valueWidth?: number,
): Promise<Float64Array> {
  const rows = coordinates.length / width;
  const filled = new Float32Array(rows * fillsPerRow * width);
  const logQ = new Float64Array(rows * fillsPerRow);
  for (let row = 0; row < rows; row++) {
    const source = coordinates.subarray(row * width, (row + 1) * width);
    const first = row * fillsPerRow;
    const copies = filled.subarray(first * width, (first + fillsPerRow) * width);
    for (let k = 0; k < fillsPerRow; k++) copies.set(source, k * width);
    logQ.set(filler.fill(copies, fillsPerRow, width, new Random(seedOf(source))), first);
  }
  const { logProb, value } = await ask(filled);
  const result = new Float64Array(rows * (valueWidth ?? 1));
  for (let row = 0; row < rows; row++) {
    const first = row * fillsPerRow;
    const logWeights = Array.from({ length: fillsPerRow }, (_, k) => logProb[first + k] - logQ[first + k]);
    const largest = Math.max(...logWeights);
    const weights = logWeights.map((weight) => Math.exp(weight - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (valueWidth === undefined || value === undefined) {
      result[row] = largest + Math.log(total / fillsPerRow);
      continue;
    }
    for (const [k, weight] of weights.entries())
      for (let i = 0; i < valueWidth; i++)
        result[row * valueWidth + i] += (weight / total) * value[(first + k) * valueWidth + i];
  }
  return result;
}

/**
 * A number that follows from which cells of a row are missing: FNV-1a. Rows that miss the same ones share their random
 * numbers, so that the fills' error is much the same for all of them and does not disturb their order.
 */
function seedOf(row: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const value of row) hash = Math.imul(hash ^ (Number.isNaN(value) ? 1 : 0), 0x01000193);
  return hash | 0;
}
