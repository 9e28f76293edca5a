// A model's rows as the columns of a table: categories by their names, dates whole again, whole numbers without ".0".

import { areWholeDates, joinDates, type OutputColumn } from "../data/index.js";
import type { ColumnConfig, Model } from "../model/index.js";

/** @param rows row-major [n · D], in the columns' units; categories as codes, NaN for missing cells */
export function columnsOf(
  { columns, dim }: Pick<Model, "columns" | "dim">,
  rows: Float64Array,
): OutputColumn[] {
  const cells = columns.map((column, d) => ({
    ...column,
    values: Float64Array.from({ length: rows.length / dim }, (_, i) => rows[i * dim + d]),
  }));
  const joined = new Set<string>();
  return cells.flatMap((column): OutputColumn[] => {
    const source = column.part?.source;
    const parts = cells.filter(({ part }) => part !== undefined && part.source === source);
    if (source === undefined || !areWholeDates(parts))
      return [{ name: column.name, ...cellsOf(column, column.values) }];
    if (joined.has(source)) return [];
    joined.add(source);
    return [{ name: source, values: joinDates(parts) }];
  });
}

function cellsOf(
  { categories, lattice, quantum = 0, minimum }: ColumnConfig,
  values: Float64Array,
): Omit<OutputColumn, "name"> {
  if (categories) return { values: Array.from(values, (code) => categories[code] ?? null) };
  const whole = lattice === true && Number.isInteger(quantum) && Number.isInteger(minimum);
  return whole && values.every(isWholeOrMissing) ? { values, whole: true } : { values };
}

const isWholeOrMissing = (value: number) => Number.isNaN(value) || Number.isSafeInteger(value);
