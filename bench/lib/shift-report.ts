// What the shift benchmark reports: a row a method and planted shift, and summaries of such rows.

import type { Localisation } from "./shift-methods.js";
import type { Planted, PlantedShift } from "./shift-planted.js";

export type ShiftRow = {
  readonly table: string;
  readonly shift: PlantedShift;
  readonly method: string;
  readonly seed: number;
  /** Columns that were changed, that the method names, and that are both. */
  readonly planted: number;
  readonly named: number;
  readonly hits: number;
  /** hits / named and hits / planted; null where that is 0 / 0. */
  readonly precision: number | null;
  readonly recall: number | null;
  /** Of as many most conspicuous columns as were changed, the share that were: no level, order alone. */
  readonly topRecall: number | null;
  readonly seconds: number;
  readonly note: string | null;
};

/** One method's answer, judged by what was planted. */
export function judgeShift(
  { table, shift, seed }: { table: string; shift: PlantedShift; seed: number },
  { columns }: Planted,
  { method, named, order, seconds, note }: Localisation,
): ShiftRow {
  const isPlanted = (j: number) => columns.includes(j);
  const hits = named.filter(isPlanted).length;
  const top = order.slice(0, columns.length).filter(isPlanted).length;
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    ...{ table, shift, method, seed },
    ...{ planted: columns.length, named: named.length, hits },
    precision: share(hits, named.length),
    recall: share(hits, columns.length),
    topRecall: share(top, columns.length),
    ...{ seconds, note },
  };
}

/**
 * By shift and method over all tables: precision and recall of all columns together, so that a table with nothing named
 * counts for recall alone; of shift `none` the share of tables in which something was named, which is to be the level.
 */
export function shiftSummary(rows: readonly ShiftRow[]) {
  const groups = new Map<string, ShiftRow[]>();
  for (const row of rows) {
    const key = `${row.shift} ${row.method}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const total = (value: (row: ShiftRow) => number) => group.reduce((sum, row) => sum + value(row), 0);
    const [named, planted, hits] = [
      total((row) => row.named),
      total((row) => row.planted),
      total((row) => row.hits),
    ];
    return {
      shift: group[0].shift,
      method: group[0].method,
      precision: named > 0 && planted > 0 ? hits / named : null,
      recall: planted > 0 ? hits / planted : null,
      topRecall: planted > 0 ? total((row) => (row.topRecall ?? 0) * row.planted) / planted : null,
      alarms: total((row) => (row.named > 0 ? 1 : 0)) / group.length,
      seconds: total((row) => row.seconds) / group.length,
      cases: group.length,
      failed: group.filter((row) => row.note !== null).length,
    };
  });
}
