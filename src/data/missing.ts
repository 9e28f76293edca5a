// What becomes of missing cells: an error, rows left out, or NaN that stays.

import { LogdetError } from "../errors.js";
import { count } from "./messages.js";
import { formatNames, someNames } from "./names.js";
import type { Table, TableColumn } from "./table.js";

/** How many cells a column of the files misses. */
export interface Gaps {
  readonly name: string;
  readonly missing: number;
}

/** Settles the missing cells of a table none of whose rows has been left out. */
export function settleMissing(
  table: Table,
  gaps: readonly Gaps[],
  policy: "error" | "drop" | "keep" | "cells",
  source: string,
): Table {
  const incomplete = gaps.filter((column) => column.missing > 0);
  if (incomplete.length === 0) return table;
  const { columns, sourceRows, notices } = table;
  const where = [source];
  const listing = someNames(
    incomplete.map(({ name, missing }) => `${name} (${missing.toLocaleString("en-US")})`),
  );
  const exclude = `--exclude ${formatNames(incomplete.map((column) => column.name))}`;
  if (policy === "error")
    throw new LogdetError(
      "data",
      `values are missing in ${count(incomplete.length, "column")} of ${count(sourceRows, "row")}: ${listing}`,
      { where, hint: `To drop the rows that miss any: --missing drop; to leave the columns out: ${exclude}` },
    );
  if (policy === "cells")
    return {
      ...table,
      notices: [...notices, `Values are missing: ${listing}.`, ...emptyRows(columns, sourceRows)],
    };

  const rowIndex = completeRows(columns, sourceRows);
  if (rowIndex.length === 0)
    throw new LogdetError("data", `every row misses a value: ${listing}`, {
      where,
      hint: `Leave out the columns that miss most: ${exclude}`,
    });
  const left = sourceRows - rowIndex.length;
  const notice = `${count(left, "row")} of ${sourceRows.toLocaleString("en-US")} with missing values ${
    policy === "drop" ? `${left === 1 ? "was" : "were"} dropped` : `get${left === 1 ? "s" : ""} no result`
  }: ${listing}.`;
  return {
    ...table,
    columns: columns.map((column) => ({
      ...column,
      values: Float64Array.from(rowIndex, (row) => column.values[row]),
    })),
    rows: rowIndex.length,
    rowIndex,
    notices: [...notices, notice],
  };
}

function completeRows(columns: readonly TableColumn[], rows: number): Uint32Array {
  const complete = new Uint8Array(rows).fill(1);
  for (const { values } of columns)
    for (let i = 0; i < rows; i++) if (Number.isNaN(values[i])) complete[i] = 0;
  const index = new Uint32Array(complete.reduce((sum, one) => sum + one, 0));
  for (let i = 0, k = 0; i < rows; i++) if (complete[i] === 1) index[k++] = i;
  return index;
}

/** A notice of rows that miss every value, if there are any. */
function emptyRows(columns: readonly TableColumn[], rows: number): string[] {
  const empty = new Uint8Array(rows).fill(1);
  for (const { values } of columns) for (let i = 0; i < rows; i++) if (!Number.isNaN(values[i])) empty[i] = 0;
  const found = empty.reduce((sum, one) => sum + one, 0);
  return found > 0 ? [`${count(found, "row")} ${found === 1 ? "has" : "have"} no value at all.`] : [];
}
