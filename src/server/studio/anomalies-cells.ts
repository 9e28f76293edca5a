// Cells of a table as their reader knows them: categories by name, dates in one piece.

import { areWholeDates, joinDates, type Table, type TableColumn } from "../../data/index.js";
import { cellWords, type Reason } from "../../explain/index.js";
import { type CellKind, cellOf } from "../../explain/words.js";
import type { ShownCell, ShownReason } from "./anomalies-answers.js";

/** A column as it is shown: one of the model's, or the date that several are parts of. */
export interface ShownColumn {
  readonly name: string;
  /** One cell a place. */
  readonly cells: readonly ShownCell[];
}

/** @param scale of the column: decides how many digits numbers get */
export function shownReason(reason: Reason, scale: number): ShownReason {
  const [value, expected] = cellWords(reason, scale);
  return { column: reason.column, value, expected, nats: reason.nats };
}

/**
 * Some rows of a table, column by column.
 *
 * @param columns what is known of the table's, of the model or of the table
 * @param places of the rows
 */
export function shownColumns(
  columns: readonly (CellKind & { readonly name: string })[],
  table: Table,
  places: ArrayLike<number>,
): ShownColumn[] {
  const some = table.columns.map(
    (column): TableColumn => ({
      ...column,
      values: Float64Array.from(places, (place) => column.values[place]),
    }),
  );
  const bySource = new Map<string, TableColumn[]>();
  for (const column of some) {
    const source = column.part?.source ?? column.name;
    bySource.set(source, [...(bySource.get(source) ?? []), column]);
  }
  const byName = new Map(columns.map((column) => [column.name, column]));
  const plain = ({ name, values }: TableColumn): ShownColumn => {
    const column = byName.get(name);
    return { name, cells: Array.from(values, (value) => (column ? cellOf(column, value) : value)) };
  };
  return [...bySource].flatMap(([source, parts]) =>
    parts[0].part !== undefined && areWholeDates(parts)
      ? [{ name: source, cells: joinDates(parts) }]
      : parts.map(plain),
  );
}
