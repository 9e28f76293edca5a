// The law of how many normal rows are flagged by chance: its probabilities, sums of such counts, bands and p-values.

import { type FalseAlarm, flaggedRank, levels } from "./false-alarms.js";

/**
 * The probabilities of 0, 1, …, m flags among m = `test` rows at a level, where they are exchangeable with n = `calibration`
 * rows and no scores tie:
 *
 *   P(K = j) = C(m, j) B(k + j, n + 1 − k + m − j) / B(k, n + 1 − k),   k = ⌊α (n + 1)⌋
 *
 * from ratios of neighbours, in logarithms. It holds given the fitted model, too, and given all rows of the table: which of
 * the rows that were not fitted calibrate is drawn at random. So counts of several seeds are independent of each other,
 * though they are of the same table. Ties only make flags rarer. O(m).
 *
 * @returns [m + 1]; all at 0 where calibration rows are too few for the level
 * @see Vovk, "Conditional validity of inductive conformal predictors", ACML 2012, Proposition 2
 * @example flaggedLaw(0.25, { calibration: 3, test: 1 })  // [0.75, 0.25]
 */
export function flaggedLaw(
  level: number,
  { calibration, test }: { calibration: number; test: number },
): Float64Array {
  const law = new Float64Array(test + 1);
  const k = flaggedRank(level, calibration);
  if (k === 0) {
    law[0] = 1;
    return law;
  }
  const rest = calibration + 1 - k;
  let log = 0;
  for (let i = 0; i < test; i++) log += Math.log((rest + i) / (calibration + 1 + i));
  law[0] = Math.exp(log);
  for (let j = 0; j < test; j++) {
    log += Math.log((((test - j) / (j + 1)) * (k + j)) / (rest + test - j - 1));
    law[j + 1] = Math.exp(log);
  }
  return law;
}

/** What cannot change a sum of probabilities that is told. */
const negligible = 1e-30;

/** The law of the sum of independent counts: their laws convolved. O(the product of the two lengths) for each further law. */
export function sumLaw(laws: readonly Float64Array[]): Float64Array {
  return laws.reduce((sum, law) => {
    const both = new Float64Array(sum.length + law.length - 1);
    for (const [i, p] of law.entries())
      if (p > negligible) for (let j = 0; j < sum.length; j++) both[i + j] += p * sum[j];
    return both;
  });
}

/** P(K ≤ j) and P(K ≥ j), each summed from its thin end. */
function tails(law: Float64Array): { below: Float64Array; above: Float64Array } {
  const below = Float64Array.from(law);
  for (let j = 1; j < law.length; j++) below[j] += below[j - 1];
  const above = Float64Array.from(law);
  for (let j = law.length - 2; j >= 0; j--) above[j] += above[j + 1];
  return { below, above };
}

/**
 * The two-sided p-value of a count: twice the smaller of P(K ≤ count) and P(K ≥ count), 1 at most. Exact: under the law it is at most α
 * with probability α at most.
 *
 * @example twoSidedP(Float64Array.of(0.75, 0.25), 1)  // 0.5
 */
export function twoSidedP(law: Float64Array, count: number): number {
  const { below, above } = tails(law);
  return Math.min(1, 2 * below[count], 2 * above[count]);
}

/**
 * The central band of a law: the counts whose two-sided p-value is above 1 − coverage, least and largest. What lies below
 * has a probability of (1 − coverage) / 2 at most, and so has what lies above.
 *
 * @example centralBand(flaggedLaw(0.05, { calibration: 999, test: 1000 }), 0.99)  // [28, 78]
 */
export function centralBand(law: Float64Array, coverage: number): [number, number] {
  const { below, above } = tails(law);
  const outside = (1 - coverage) / 2;
  return [below.findIndex((p) => p > outside), above.findLastIndex((p) => p > outside)];
}

/** The central 99 % band of a share: `centralBand` divided by the rows. */
export function shareBand(law: Float64Array): [number, number] {
  const rows = law.length - 1;
  const [least, most] = centralBand(law, 0.99);
  return [least / rows, most / rows];
}

/** By level, "0.01" to "0.1", least and largest; null where there are no p-values. */
export type FalseAlarmBand = Readonly<Record<string, readonly [number, number] | null>>;

/** For every level, where the share of flagged rows lies by chance, and the two-sided p-value of what it is. */
export function falseAlarmChance(
  pValues: Float64Array | undefined,
  calibration: number | undefined,
): { band: FalseAlarmBand; p: FalseAlarm } {
  const chances = levels.map((level) => {
    if (pValues === undefined || calibration === undefined)
      return { name: String(level), band: null, p: null };
    const law = flaggedLaw(level, { calibration, test: pValues.length });
    const flags = pValues.filter((p) => p <= level).length;
    return { name: String(level), band: shareBand(law), p: twoSidedP(law, flags) };
  });
  return {
    band: Object.fromEntries(chances.map(({ name, band }) => [name, band])),
    p: Object.fromEntries(chances.map(({ name, p }) => [name, p])),
  };
}
