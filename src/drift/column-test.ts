// A column by itself: the values that are known, and how many cells are missing.

import { fisherExact, gTest, kolmogorovSmirnov, type MarginalTest } from "./marginal-tests.js";
import type { SampledColumn } from "./samples.js";

/** Those that are not missing. */
export const knownOf = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value));

const nothingToSee: MarginalTest = { statistic: 0, pValue: 1 };

/**
 * The known values of both samples by Kolmogorov and Smirnov's test or the G-test; where cells are missing, also the
 * shares of those, by Fisher's exact test: then the p-value is twice the smaller of the two (Bonferroni), and the
 * statistic that of the smaller.
 */
export function columnTest({ reference, current, categories }: SampledColumn): MarginalTest {
  const [x, y] = [knownOf(reference), knownOf(current)];
  const isGone = x.length === 0 || y.length === 0;
  const values = isGone ? nothingToSee : categories ? gTest(x, y) : kolmogorovSmirnov(x, y);
  const missing = [reference.length - x.length, current.length - y.length];
  if (missing[0] + missing[1] === 0) return values;
  const shares = fisherExact([missing[0], reference.length], [missing[1], current.length]);
  const smaller = shares.pValue < values.pValue ? shares : values;
  return { statistic: smaller.statistic, pValue: Math.min(1, 2 * smaller.pValue) };
}
