// Which rows train and which judge.

import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import type { Table } from "./table.js";

export interface Split {
  /** Row indices, ascending. */
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Splits n rows at random. With two rows or more both parts have at least one, unless the fraction is 0.
 *
 * @param validationFraction the share of rows to validate on, in [0, 1)
 */
export function splitRows(n: number, validationFraction: number, random: Random): Split {
  if (!(validationFraction >= 0 && validationFraction < 1))
    throw new LogdetError("usage", `the validation fraction must be in [0, 1), got ${validationFraction}`);
  const wanted = validationFraction === 0 ? 0 : Math.max(1, Math.round(n * validationFraction));
  const size = Math.max(0, Math.min(wanted, n - 1));
  const order = random.permutation(n);
  return { validation: order.slice(0, size).sort(), train: order.slice(size).sort() };
}

/** Some rows of a table as a table, in the order of the indices. */
export function takeRows(table: Table, indices: Uint32Array): Table {
  return {
    ...table,
    columns: table.columns.map((column) => ({
      ...column,
      values: Float64Array.from(indices, (i) => column.values[i]),
    })),
    rows: indices.length,
    rowIndex: Uint32Array.from(indices, (i) => table.rowIndex?.[i] ?? i),
  };
}
