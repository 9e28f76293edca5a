// False alarms of conformal p-values: their share among normal rows, and what theory expects it to be.

/** The levels that every report has. */
export const levels = [0.01, 0.05, 0.1] as const;

/** By level, "0.01" to "0.1"; null where there are no p-values. */
export type FalseAlarm = Readonly<Record<string, number | null>>;

/** The share of normal rows whose p-value is at most the level, for every level. */
export function falseAlarms(pValues: ArrayLike<number> | undefined): FalseAlarm {
  const values = pValues && Array.from(pValues);
  return Object.fromEntries(
    levels.map((level) => [
      String(level),
      values ? values.filter((p) => p <= level).length / values.length : null,
    ]),
  );
}

/**
 * How many of n + 1 ranks are flagged: the largest k with k / (n + 1) ≤ α as p-values are compared, since α (n + 1) itself
 * may be rounded to either side.
 */
export function flaggedRank(level: number, calibration: number): number {
  let k = Math.floor(level * (calibration + 1)) + 1;
  while (k / (calibration + 1) > level) k--;
  return k;
}

/**
 * What the share of false alarms is by chance, where test rows are exchangeable with the calibration rows and no scores
 * tie. With n calibration rows p is a multiple of 1 / (n + 1), and of m test rows those flagged at level α are
 * Beta-binomial:
 *
 *   flags ~ BetaBinomial(m; k, n + 1 − k),   k = ⌊α (n + 1)⌋
 *   mean of the share μ = k / (n + 1),   variance μ (1 − μ) / m · (n + 1 + m) / (n + 2)
 *
 * @returns mean, at most α, and standard deviation over draws of both sets
 * @see Vovk, "Conditional validity of inductive conformal predictors", ACML 2012, Proposition 2
 * @example expectedFalseAlarms(0.05, { calibration: 999, test: 1000 })  // { mean: 0.05, deviation: 0.0097 }
 */
export function expectedFalseAlarms(
  level: number,
  { calibration, test }: { calibration: number; test: number },
): { mean: number; deviation: number } {
  const mean = flaggedRank(level, calibration) / (calibration + 1);
  const variance = ((mean * (1 - mean)) / test) * ((calibration + 1 + test) / (calibration + 2));
  return { mean, deviation: Math.sqrt(variance) };
}
