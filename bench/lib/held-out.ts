// How well a fitted model does on a table's test rows, in the units that all models of a benchmark share.

import type { ColumnPlan, Model } from "logdet";
import type { BenchTable } from "./tables.js";

/** A mean over rows, in nats a row, and twice its standard error. */
export interface Summary {
  readonly nats: number;
  readonly twoSE: number;
}

/** Mean of log-densities and twice its standard error. */
export function summary(logProb: ArrayLike<number>): Summary {
  const list = Array.from(logProb);
  const nats = list.reduce((a, b) => a + b, 0) / list.length;
  const variance = list.reduce((a, b) => a + (b - nats) ** 2, 0) / (list.length - 1);
  return { nats, twoSE: 2 * Math.sqrt(variance / list.length) };
}

/** log|det| of the map from standardised columns to the file's units: add it to a density of the latter. */
export function unitsLogDet(columns: readonly ColumnPlan[]): number {
  return columns.reduce((total, { scale }) => total + Math.log(scale), 0);
}

/** Held-out log-likelihood of a model of the table's own units, in nats a row of standardised columns. */
export async function heldOut(model: Model, { columns, test }: BenchTable): Promise<Summary> {
  const dim = columns.length;
  const original = Float64Array.from(
    test,
    (value, i) => value * columns[i % dim].scale + columns[i % dim].center,
  );
  const units = unitsLogDet(columns);
  return summary((await model.logProb(original)).map((value) => value + units));
}
