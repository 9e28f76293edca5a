// Trimmed likelihood: the least likely rows have no say, so that a few odd ones are not learned with the others.

import type { FloatArray } from "../runtime/index.js";

/**
 * How many of n rows a share leaves: at least one.
 *
 * @param share of the rows that are left out, in [0, 1)
 */
const remaining = (n: number, share: number): number => Math.max(1, n - Math.floor(n * share));

/** A number to sort by: rows whose density is no number are the least likely. */
const sortable = (value: number): number => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);

/** Which rows are not among the share of the least likely, ascending; among equals the first. */
export function likeliest(logProb: ArrayLike<number>, share: number): number[] {
  const values = Array.from(logProb, sortable);
  const rows = values.map((_, row) => row);
  const kept = remaining(rows.length, share);
  if (kept === rows.length) return rows;
  rows.sort((a, b) => (values[a] === values[b] ? a - b : values[b] - values[a]));
  return rows.slice(0, kept).sort((a, b) => a - b);
}

/**
 * The mean negative log-likelihood of rows without a share of the least likely, nats a row.
 *
 *   −1/h Σ_{i ≤ h} log p(x)_(i),   h = n − ⌊share · n⌋, in falling order
 *
 * @see Neykov and Müller, "Breakdown point and computation of trimmed likelihood estimators in generalized linear models",
 * 2003
 */
export function trimmedNll(logProb: ArrayLike<number>, share: number): number {
  const rows = likeliest(logProb, share);
  return -rows.reduce((sum, row) => sum + logProb[row], 0) / rows.length;
}

/**
 * Moves the likeliest rows of a batch to its front, in their order, and returns them: a view of the same memory.
 *
 * @param rows row-major [n · dim], overwritten
 */
export function keepLikeliest<T extends FloatArray>(
  rows: T,
  dim: number,
  logProb: ArrayLike<number>,
  share: number,
): T {
  const kept = likeliest(logProb, share);
  for (const [to, from] of kept.entries()) rows.copyWithin(to * dim, from * dim, (from + 1) * dim);
  return rows.subarray(0, kept.length * dim) as T;
}
