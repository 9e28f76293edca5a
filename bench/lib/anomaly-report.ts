// What the anomaly benchmark reports: a row a detector and table, and summaries of such rows.

import { type FalseAlarmBand, falseAlarmChance } from "./false-alarm-law.js";
import { expectedFalseAlarms, type FalseAlarm, falseAlarms, levels } from "./false-alarms.js";
import type { LabelledSplit, Protocol } from "./labelled-tables.js";
import { auroc, averagePrecision } from "./ranking.js";

/** What a detector says of the test rows of a split. */
export interface Detection {
  readonly detector: string;
  /** One a test row, larger is stranger; null where the detector failed. */
  readonly scores: Float64Array | null;
  /** Conformal p-values, where the detector has them. */
  readonly pValues?: Float64Array;
  /** Rows that calibrated the p-values. */
  readonly calibration?: number;
  /** Wall clock of fitting and scoring. */
  readonly seconds: number;
  /** What a reader of the scores should know, or why there are none. */
  readonly note: string | null;
}

export type AnomalyRow = {
  readonly table: string;
  readonly protocol: Protocol;
  readonly detector: string;
  readonly seed: number;
  /** Null where the detector failed, as the note tells. */
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
  /** The share of normal test rows with p ≤ α by α; null in protocol unsupervised and where there are no p-values. */
  readonly falseAlarm: FalseAlarm;
  /** Where 99 of 100 such shares lie by chance, and how likely one as far out is: two-sided, exact (`flaggedLaw`). */
  readonly falseAlarmBand: FalseAlarmBand;
  readonly falseAlarmP: FalseAlarm;
  readonly seconds: number;
  /** Test rows by label. */
  readonly normals: number;
  readonly anomalies: number;
  /** Rows that calibrated the p-values. */
  readonly calibration: number | null;
  readonly note: string | null;
};

/** What a row says of which table. */
export interface Occasion {
  readonly table: string;
  readonly protocol: Protocol;
  readonly seed: number;
}

/** One detector's scores, judged by the labels. */
export function judge(
  { table, protocol, seed }: Occasion,
  { labels, same }: LabelledSplit,
  { detector, scores, pValues, calibration, seconds, note }: Detection,
): AnomalyRow {
  const anomalies = labels.filter((label) => label === 1).length;
  // Rows that were fitted are not exchangeable with new ones: their p-values promise nothing.
  const ofNormals = same ? undefined : pValues?.filter((_, row) => labels[row] === 0);
  const chance = falseAlarmChance(ofNormals, calibration);
  return {
    table,
    protocol,
    detector,
    seed,
    auroc: scores && auroc(scores, labels),
    averagePrecision: scores && averagePrecision(scores, labels),
    falseAlarm: falseAlarms(ofNormals),
    falseAlarmBand: chance.band,
    falseAlarmP: chance.p,
    seconds,
    normals: labels.length - anomalies,
    anomalies,
    calibration: ofNormals ? (calibration ?? null) : null,
    note,
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The rows by protocol and detector, in the order in which they first come. */
function grouped(rows: readonly AnomalyRow[]): AnomalyRow[][] {
  const groups = new Map<string, AnomalyRow[]>();
  for (const row of rows) {
    const key = `${row.protocol} ${row.detector}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

/**
 * Means over tables and seeds by protocol and detector, the best first within a protocol. `failed` counts the rows
 * without scores: they are in no mean, so look at it before comparing.
 */
export function means(rows: readonly AnomalyRow[]) {
  return grouped(rows)
    .map((group) => {
      const done = group.filter((row) => row.auroc !== null);
      const meanOf = (value: (row: AnomalyRow) => number | null) =>
        done.length === 0 ? null : mean(done.map((row) => value(row) as number));
      return {
        protocol: group[0].protocol,
        detector: group[0].detector,
        auroc: meanOf((row) => row.auroc),
        averagePrecision: meanOf((row) => row.averagePrecision),
        seconds: mean(group.map((row) => row.seconds)),
        tables: new Set(done.map((row) => row.table)).size,
        failed: group.length - done.length,
      };
    })
    .sort((a, b) => a.protocol.localeCompare(b.protocol) || (b.auroc ?? 0) - (a.auroc ?? 0));
}

/**
 * False-alarm rates by detector and level: their mean, what theory expects, and the largest excess over it in standard
 * deviations of one table's rate (above 2 or 3 on one table of many may be chance; a mean above is not), with its table.
 */
export function falseAlarmSummary(rows: readonly AnomalyRow[]) {
  const calibrated = rows.filter(({ calibration }) => calibration !== null);
  return grouped(calibrated).flatMap((group) =>
    levels.map((level) => {
      const rates = group.map((row) => row.falseAlarm[level] as number);
      const expected = group.map(({ calibration, normals }) =>
        expectedFalseAlarms(level, { calibration: calibration as number, test: normals }),
      );
      // Where calibration rows are too few for the level nothing is flagged: no deviation, and no excess.
      const excess = expected.map(({ mean, deviation }, i) =>
        deviation > 0 ? (rates[i] - mean) / deviation : 0,
      );
      const largest = excess.indexOf(Math.max(...excess));
      return {
        detector: group[0].detector,
        level,
        falseAlarm: mean(rates),
        expected: mean(expected.map((chance) => chance.mean)),
        largestExcess: excess[largest],
        table: group[largest].table,
      };
    }),
  );
}
