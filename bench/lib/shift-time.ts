// Tables in order of time: when is a shift found, and is one found where the order is random?

import { detectShiftOverTime, Random, type Table } from "logdet";
import type { ShiftTable } from "./shift-tables.js";
import { pick } from "./tables.js";

export interface TimeOptions {
  readonly seed: number;
  readonly window: number;
  readonly alpha: number;
}

/** Reference rows, and those after them that are looked at. */
const referenceRows = 2000;
const streamRows = 4000;

/**
 * `in order`: the table as it is, the first rows the reference; `shuffled`: its rows in random order, where nothing moves;
 * `planted`: the same, but a column half a standard deviation higher from the middle of the stream on.
 */
export async function overTime({ name, table }: ShiftTable, { seed, window, alpha }: TimeOptions) {
  const random = new Random(seed).split("time");
  const total = Math.min(table.rows, referenceRows + streamRows);
  const reference = Math.min(referenceRows, Math.floor(total / 3));
  const indices = Uint32Array.from({ length: table.rows }, (_, i) => i);
  const shuffled = random.permutation(table.rows).slice(0, total);
  const column = random.integer(table.columns.length);
  const cases: readonly [order: string, rows: Uint32Array, moved: number | null][] = [
    ["in order", indices.slice(0, total), null],
    ["shuffled", shuffled, null],
    ["planted", shuffled, Math.floor((total - reference) / 2)],
  ];
  const rows = [];
  for (const [order, chosen, moved] of cases) {
    const stream = pick(table, chosen.slice(reference));
    const series = await detectShiftOverTime(
      pick(table, chosen.slice(0, reference)),
      moved === null ? stream : withMean(stream, column, moved),
      { window, alpha, seed },
    );
    const shifted = series.windows.filter((test) => test.shifted);
    rows.push({
      ...{ table: name, order, seed, window, reference, windows: series.windows.length },
      shifted: shifted.length,
      firstRow: series.first === null ? null : series.windows[series.first].from + 1,
      movedFrom: moved === null ? null : moved + 1,
      falseWindows: moved === null ? null : shifted.filter(({ to }) => to <= moved).length,
      features: shifted[0]
        ? series.features
            .filter((_, f) => shifted[0].adjusted[f] <= alpha)
            .slice(0, 6)
            .join(" ")
        : "",
      seconds: series.seconds,
    });
  }
  return rows;
}

/** Half a standard deviation more, from a row on. */
function withMean(table: Table, column: number, from: number): Table {
  const { values } = table.columns[column];
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
  const changed = values.map((value, i) => (i < from ? value : value + deviation / 2));
  return {
    ...table,
    columns: table.columns.map((old, j) => (j === column ? { ...old, values: changed } : old)),
  };
}
