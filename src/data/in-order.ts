// Rows in the order of one of their files' columns: a time, mostly.

import { LogdetError } from "../errors.js";
import { joinDates, readInstant } from "./dates.js";
import { readTable } from "./read.js";
import type { Sources } from "./sources.js";
import { takeRows } from "./split.js";
import type { Table } from "./table.js";

/** A table in order, and what orders it. */
export interface OrderedTable {
  readonly table: Table;
  /** What stands in the ordering column, one a row of the table: dates as text. */
  readonly keys: readonly (number | string)[];
}

/**
 * The rows of a table in ascending order of a column of numbers or dates of the files that it was read from; rows that have
 * the same stay as they are. O(rows log rows).
 *
 * @param by name of the column; the table need not have it
 * @throws LogdetError (data) if it holds neither numbers nor dates, or misses some; otherwise as `readTable`
 * @example const { table } = await inOrder(await readTable(sources, { exclude: ["time"] }), sources, "time")
 */
export async function inOrder(
  table: Table,
  sources: Sources,
  by: string,
  threads?: number,
): Promise<OrderedTable> {
  const { columns } = await readTable(sources, { columns: [by], threads, mixed: true });
  const isDate = columns.length > 0 && columns.every(({ part }) => part !== undefined);
  if (!isDate && (columns.length === 0 || columns[0].categories !== undefined))
    throw new LogdetError(
      "data",
      "rows cannot be put in the order of a column that holds neither numbers nor dates",
      { where: [`column ${by}`], hint: "Order them by another column." },
    );
  const keys: ArrayLike<number | string> = isDate
    ? joinDates(columns).map((text) => text ?? "")
    : columns[0].values;
  const times = Float64Array.from(keys, (key) =>
    typeof key === "number" ? key : (readInstant(key)?.instant ?? Number.NaN),
  );
  const place = (row: number) => table.rowIndex?.[row] ?? row;
  const order = Uint32Array.from({ length: table.rows }, (_, row) => row).sort(
    (a, b) => times[place(a)] - times[place(b)] || a - b,
  );
  return { table: takeRows(table, order), keys: Array.from(order, (row) => keys[place(row)]) };
}
