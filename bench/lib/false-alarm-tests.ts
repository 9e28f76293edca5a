// Whether false-alarm rates are what chance makes of the promised ones: one exact test a table and level, and one verdict on
// all of them.

import { holm } from "logdet";
import type { AnomalyRow } from "./anomaly-report.js";
import { flaggedLaw, shareBand, sumLaw, twoSidedP } from "./false-alarm-law.js";
import { expectedFalseAlarms, flaggedRank, levels } from "./false-alarms.js";

/** At which the verdict on all rates together is given. */
const verdictLevel = 0.05;

/** One table's rate at one level, over the seeds. */
export type FalseAlarmTest = {
  readonly detector: string;
  readonly table: string;
  readonly level: number;
  readonly seeds: number;
  /** Of all normal test rows of all seeds, the share that was flagged; by theory; and where 99 of 100 such shares lie. */
  readonly falseAlarm: number;
  readonly expected: number;
  readonly from: number;
  readonly to: number;
  /** Two-sided, exact; and adjusted by Holm's rule for all rates of the detector. */
  readonly p: number;
  readonly holm: number;
};

/**
 * Tests the false-alarm rates of a detector, table by table and level by level: the flags of all seeds together by the law of
 * their sum, the seeds' counts being independent (see `flaggedLaw`). Levels that a table has too few calibration rows for are
 * left out: nothing can be flagged there.
 *
 * @returns in the order of the rows
 */
export function falseAlarmTests(rows: readonly AnomalyRow[], detector: string): FalseAlarmTest[] {
  const tables = new Map<string, AnomalyRow[]>();
  for (const row of rows)
    if (row.detector === detector && row.calibration !== null)
      tables.set(row.table, [...(tables.get(row.table) ?? []), row]);
  const found = [...tables].flatMap(([table, seeds]) =>
    levels
      .filter((level) => seeds.some((row) => flaggedRank(level, row.calibration as number) > 0))
      .map((level) => ({ detector, table, level, ...judgeTogether(seeds, level) })),
  );
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((test, i) => ({ ...test, holm: adjusted[i] }));
}

function judgeTogether(seeds: readonly AnomalyRow[], level: number) {
  const sizes = seeds.map((row) => ({ calibration: row.calibration as number, test: row.normals }));
  const rows = sizes.reduce((sum, { test }) => sum + test, 0);
  const total = (value: (row: AnomalyRow, i: number) => number) =>
    seeds.reduce((sum, row, i) => sum + value(row, i), 0);
  const flags = total((row) => Math.round((row.falseAlarm[level] as number) * row.normals));
  const law = sumLaw(sizes.map((size) => flaggedLaw(level, size)));
  const [from, to] = shareBand(law);
  return {
    seeds: seeds.length,
    falseAlarm: flags / rows,
    expected: total((row, i) => expectedFalseAlarms(level, sizes[i]).mean * row.normals) / rows,
    ...{ from, to },
    p: twoSidedP(law, flags),
  };
}

/** What the tests, at least one, say together. */
export function verdict(tests: readonly FalseAlarmTest[]): string {
  const name = ({ table, level }: FalseAlarmTest) => `${table} at ${level}`;
  const off = tests.filter((test) => test.holm <= verdictLevel);
  const least = tests.reduce((least, test) => (test.p < least.p ? test : least));
  const found =
    off.length === 0
      ? "all are within sampling error of what they promise"
      : `${off.map((test) => `${name(test)} is ${test.falseAlarm > test.expected ? "above" : "below"}`).join(", ")} what it promises by more than sampling error`;
  const rates = tests.length === 1 ? "1 rate" : `${tests.length} rates`;
  return `${least.detector}, ${rates}: ${found} (level ${verdictLevel} for all together, Holm's rule). The least p-value is ${least.p.toPrecision(2)} (${name(least)}), ${least.holm.toPrecision(2)} by Holm's rule.`;
}
