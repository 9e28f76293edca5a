// Shifts of known columns: two samples of one table, the second with some columns changed.

import type { Random, Table } from "logdet";
import { pick } from "./tables.js";

/**
 * shuffle: the column's values change places among the rows, so that its own distribution stays and only the dependence
 * on other columns goes; mean: half a standard deviation is added; scale: one and a half times as far from the mean.
 */
export const plantedShifts = ["none", "shuffle", "mean", "scale"] as const;
export type PlantedShift = (typeof plantedShifts)[number];

export interface Planted {
  readonly reference: Table;
  readonly current: Table;
  /** Places of the changed columns. */
  readonly columns: readonly number[];
}

const addedDeviations = 0.5;
const factor = 1.5;

/** Two samples of `rows` rows, or of half of the table each; `count` columns of the second, drawn at random, are changed. */
export function plant(
  table: Table,
  shift: PlantedShift,
  { count, rows, random }: { count: number; rows: number; random: Random },
): Planted {
  const size = Math.min(rows, Math.floor(table.rows / 2));
  const order = random.permutation(table.rows);
  const reference = pick(table, order.slice(0, size));
  const current = pick(table, order.slice(size, 2 * size));
  const varying = [...table.columns.keys()].filter((j) => {
    const { values } = reference.columns[j];
    return values.some((value) => value !== values[0]);
  });
  const places = random.permutation(varying.length).slice(0, shift === "none" ? 0 : count);
  const columns = [...places].map((place) => varying[place]).sort((a, b) => a - b);
  return {
    reference,
    current: {
      ...current,
      columns: current.columns.map((column, j) =>
        columns.includes(j) ? { ...column, values: changed(column.values, shift, random) } : column,
      ),
    },
    columns,
  };
}

function changed(values: Float64Array, shift: PlantedShift, random: Random): Float64Array {
  if (shift === "shuffle") return Float64Array.from(random.permutation(values.length), (row) => values[row]);
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  return shift === "mean"
    ? values.map((value) => value + addedDeviations * Math.sqrt(variance))
    : values.map((value) => mean + factor * (value - mean));
}
