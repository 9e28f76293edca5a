// Values of discrete columns, spread over their steps: what training saw, and what draws must be compared with.

import type { Table } from "../../data/index.js";
import type { Random } from "../../random/index.js";
import type { ColumnConfig } from "./look-cells.js";

/** Each value of a discrete column v becomes one of v ± quantum / 2, evenly; others stay. Missing ones stay missing. */
export function spreadOverSteps(
  { kind, quantum = 0 }: ColumnConfig,
  values: Float64Array,
  random: Random,
): Float64Array {
  if (kind !== "discrete") return values;
  const noise = random.fillUniform(new Float64Array(values.length));
  return values.map((value, i) => value + (noise[i] - 0.5) * quantum);
}

/** Whether draws of a column lie between the data's values: it has steps, but they are no lattice to be rounded to. */
export const drawsBetween = ({ kind, lattice }: ColumnConfig): boolean => kind === "discrete" && !lattice;

/** A table with some columns spread over their steps, where draws of them lie between the data's values. */
export function asDrawn(
  table: Table,
  columns: readonly ColumnConfig[],
  places: readonly number[],
  random: Random,
): Table {
  const changed = new Set(places.filter((d) => drawsBetween(columns[d])));
  if (changed.size === 0) return table;
  return {
    ...table,
    columns: table.columns.map((column, d) =>
      changed.has(d) ? { ...column, values: spreadOverSteps(columns[d], column.values, random) } : column,
    ),
  };
}
