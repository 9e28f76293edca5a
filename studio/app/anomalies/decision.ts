// Which rows are flagged at a level that the reader chooses, and what that promises, in words.

import type { AnomaliesAnswer, Level } from "../../../src/server/studio/anomalies-answers.js";
import { count, short } from "../words.js";

/**
 * "alpha": of normal rows at most this share is flagged. "fdr": of the flagged rows at most this share is expected to be
 * normal (Benjamini and Hochberg).
 */
export type Way = "alpha" | "fdr";

export interface Decision {
  readonly way: Way;
  /** What was asked for. */
  readonly rate: number;
  /** Rows whose p-value is at most this are flagged; 0: none. */
  readonly threshold: number;
  readonly flagged: number;
  /** "alpha": normal rows that would be flagged if all rows were normal; "fdr": normal rows among the flagged, at most. */
  readonly expectedFalse: number;
}

type Judged = Pick<AnomaliesAnswer, "rows" | "levels" | "calibrationRows">;

export function decide({ rows, levels }: Judged, way: Way, rate: number): Decision {
  if (way === "alpha") {
    const level = levels.findLast(({ p }) => p <= rate * (1 + 1e-9));
    const { p: threshold, rows: flagged } = level ?? { p: 0, rows: 0 };
    return { way, rate, threshold, flagged, expectedFalse: threshold * rows };
  }
  // The k smallest of m p-values are flagged, k the largest for which p_(k) ≤ k · rate / m.
  const level = levels.findLast(({ p, rows: k }) => k > 0 && p <= (k * rate) / rows);
  const { p: threshold, rows: flagged } = level ?? { p: 0, rows: 0 };
  return { way, rate, threshold, flagged, expectedFalse: rate * flagged };
}

/** The first choice: a hundredth, or the least that can be reached. */
export const firstRate = ({ levels }: Judged, way: Way): number =>
  way === "fdr" ? 0.1 : Math.max(0.01, levels[0]?.p ?? 0);

/** Levels that a slider stops at: some sixty, each about as many times the one before. */
export function stopsOf(levels: readonly Level[], most = 60): Level[] {
  const first = levels[0]?.p ?? 1;
  const stops = new Set<Level>();
  for (let i = 0; i < most; i++) {
    const wanted = first ** (1 - i / (most - 1)) * (1 + 1e-9);
    const level = levels.findLast(({ p }) => p <= wanted);
    if (level) stops.add(level);
  }
  return [...stops];
}

/** "1 in 100", where that is what it is; "34 %". */
export function rateInWords(rate: number): string {
  const times = Math.round(1 / rate);
  return rate <= 0.2 && Math.abs(times * rate - 1) < 0.005
    ? `1 in ${times.toLocaleString("en")}`
    : `${short(100 * rate, 2)} %`;
}

/** What is seen: how many are flagged, and how many of them may be false alarms. */
export function decisionInWords({ rows, calibrationRows }: Judged, decision: Decision): string {
  const { way, rate, threshold, flagged, expectedFalse } = decision;
  const all = count(rows, "row");
  if (way === "fdr") {
    // Fewer cannot be: k rows take p ≤ k · rate / m for each, and no p is below 1 / (n + 1).
    const fewest = Math.ceil(rows / (rate * (calibrationRows + 1)) - 1e-9);
    return flagged > 0
      ? `Of ${all}, ${flagged.toLocaleString("en")} ${are(flagged)} flagged so that at most ${rateInWords(rate)} of the flagged is expected to be normal: about ${short(expectedFalse, 2)}.`
      : `Of ${all}, none is flagged: to promise that at most ${rateInWords(rate)} of the flagged is normal, with ${count(calibrationRows, "calibration row")}, ${count(fewest, "row")} or more would have to be as strange as the strangest of those.`;
  }
  if (threshold === 0)
    return `A rate of ${rateInWords(rate)} is out of reach: with ${count(calibrationRows, "calibration row")} no p-value is below ${short(1 / (calibrationRows + 1), 2)}.`;
  return (
    `Of ${all}, ${flagged.toLocaleString("en")} ${are(flagged)} flagged at a false-alarm rate of ${rateInWords(threshold)}; ` +
    `of ${all} that are normal about ${short(expectedFalse, 2)} would be${falseAlarms(flagged, expectedFalse)}`
  );
}

const are = (n: number) => (n === 1 ? "is" : "are");

function falseAlarms(flagged: number, expected: number): string {
  if (flagged === 0) return ".";
  const share = expected / flagged;
  if (share >= 0.8) return ": all of the flagged may be normal.";
  if (share >= 0.4 && share <= 0.6) return ": about half of the flagged may be normal.";
  if (share < 0.05) return ": nearly all of the flagged are strange.";
  return `: about ${Math.round(100 * share)} % of the flagged may be normal.`;
}
