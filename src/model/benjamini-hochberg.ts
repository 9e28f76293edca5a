// Which of many p-values to act on, at a false discovery rate that was chosen.

import { LogdetError } from "../errors.js";

/**
 * The Benjamini-Hochberg procedure: flags the k smallest of m p-values, k the largest number for which
 *
 *   p_(k) ≤ k · rate / m
 *
 * Of the rows flagged, a share of `rate` · m₀ / m is expected to be normal at most, m₀ the normal rows among the m: if the
 * p-values are independent or positively dependent (PRDS), as conformal ones are. O(m log m).
 *
 * @param pValues m numbers in [0, 1]
 * @param rate the false discovery rate, in (0, 1)
 * @returns m flags
 * @throws LogdetError "usage" if the rate is not in (0, 1), or a p-value not in [0, 1].
 * @see Benjamini and Hochberg, "Controlling the false discovery rate", 1995; Bates, Candès, Lei, Romano and Sesia,
 * "Testing for outliers with conformal p-values", 2023
 * @example benjaminiHochberg([0.01, 0.5, 0.02], 0.05)  // [true, false, true]
 */
export function benjaminiHochberg(pValues: ArrayLike<number>, rate: number): boolean[] {
  if (!(rate > 0 && rate < 1))
    throw new LogdetError("usage", `the false discovery rate must be between 0 and 1, got ${rate}`);
  const sorted = Float64Array.from(pValues).sort();
  const m = sorted.length;
  // NaN is sorted behind all numbers.
  if (m > 0 && !(sorted[0] >= 0 && sorted[m - 1] <= 1))
    throw new LogdetError("usage", "a p-value must be in [0, 1]", {
      hint: "Leave out rows that could not be scored.",
    });
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = m; k > 0 && largest < 0; k--) if (sorted[k - 1] <= (k * rate) / m) largest = sorted[k - 1];
  return Array.from(pValues, (p) => p <= largest);
}
