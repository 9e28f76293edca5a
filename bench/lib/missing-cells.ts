// Hidden cells of real tables, and how far what they are filled with is from what was hidden.

import { LogdetError, labelsOf, Random, type Table, tableFromColumns } from "logdet";
import { labelledTable } from "./labelled-tables.js";
import { mixedTable } from "./mixed-tables.js";
import { pick } from "./tables.js";

/** Rows to fit and rows with hidden cells, NaN, in the same columns; what was hidden is in `truth`. */
export interface Hidden {
  readonly table: string;
  readonly fitted: Table;
  readonly incomplete: Table;
  readonly truth: Table;
}

export const hiddenTables = ["penguins", "pendigits"] as const;
export type HiddenTable = (typeof hiddenTables)[number];

/** Of the cells of rows to be filled. */
const hiddenShare = 0.2;

/**
 * Penguins (of vega-datasets): a fifth of the cells of all complete rows hidden, fitted as they are then. Pen digits
 * (of ADBench): 5,000 complete rows to fit, 500 others with a fifth of their cells hidden.
 *
 * @throws LogdetError "usage" when pen digits are asked for without a folder; as `labelledTable`
 */
export async function hidden(name: HiddenTable, folder: string | undefined, seed: number): Promise<Hidden> {
  const random = new Random(seed).split(name);
  if (name === "penguins") {
    const { columns } = await mixedTable(undefined, name);
    const truth = tableFromColumns(columns.map(({ name, cells }) => ({ name, values: cells })));
    const incomplete = withHidden(truth, random);
    return { table: name, fitted: incomplete, incomplete, truth };
  }
  if (folder === undefined)
    throw new LogdetError("usage", "pendigits is in a folder of yours", { hint: "Say which: --data DIR" });
  const { features } = await labelledTable(folder, name);
  const order = random.permutation(features.rows);
  const truth = pick(features, order.slice(5000, 5500));
  return {
    table: name,
    fitted: pick(features, order.slice(0, 5000)),
    incomplete: withHidden(truth, random),
    truth,
  };
}

function withHidden({ columns }: Table, random: Random): Table {
  const hide = <T>(cells: readonly T[], nothing: T) =>
    cells.map((cell) => (random.uniform() < hiddenShare ? nothing : cell));
  return tableFromColumns(
    columns.map(({ name, values, categories }) =>
      categories
        ? { name, values: hide<string | null>(labelsOf({ values, categories }), null), categories }
        : { name, values: Float64Array.from(hide(Array.from(values), Number.NaN)) },
    ),
    { missing: "cells" },
  );
}

/** A method's columns with every cell filled; codes of categories. */
export interface Filled {
  readonly method: string;
  readonly columns: readonly Float64Array[];
  readonly seconds: number;
}

/** Of the known cells of a column. */
export function meanAndDeviation(values: Float64Array): { mean: number; deviation: number } {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  return { mean, deviation: Math.sqrt(variance) };
}

/** How far filled cells are from what was hidden, a column or, "all", of all columns of numbers in standard deviations. */
export type CellsRow = {
  readonly part: "cells";
  readonly table: string;
  readonly seed: number;
  readonly method: string;
  readonly column: string;
  /** Cells that were hidden. */
  readonly hidden: number;
  /** Of numbers: mean absolute error and root mean square, in the column's units. */
  readonly error: number | null;
  readonly rootMeanSquare: number | null;
  /** Of categories: the share that is right. */
  readonly right: number | null;
  readonly seconds: number;
};

/** A row a column, and one for all columns of numbers together, each error divided by its column's standard deviation. */
export function judgeCells(
  { table, incomplete, truth }: Hidden,
  { method, columns, seconds }: Filled,
  seed: number,
): CellsRow[] {
  const rows: CellsRow[] = [];
  const head = { part: "cells", table, seed, method } as const;
  const all: number[] = [];
  for (const [d, { name, values, categories }] of incomplete.columns.entries()) {
    const places = [...values.keys()].filter((row) => Number.isNaN(values[row]));
    const errors = places.map((row) => columns[d][row] - truth.columns[d].values[row]);
    const right = errors.filter((error) => error === 0).length / errors.length;
    const ofNumbers = categories ? { error: null, rootMeanSquare: null } : sizeOf(errors);
    const ofCategories = { right: categories ? right : null };
    rows.push({ ...head, column: name, hidden: errors.length, ...ofNumbers, ...ofCategories, seconds });
    const { deviation } = meanAndDeviation(truth.columns[d].values);
    if (!categories) all.push(...errors.map((error) => error / deviation));
  }
  rows.push({ ...head, column: "all", hidden: all.length, ...sizeOf(all), right: null, seconds });
  return rows;
}

function sizeOf(errors: readonly number[]): { error: number; rootMeanSquare: number } {
  const mean = (value: (error: number) => number) =>
    errors.reduce((sum, error) => sum + value(error), 0) / errors.length;
  return { error: mean(Math.abs), rootMeanSquare: Math.sqrt(mean((error) => error * error)) };
}
