// A few rows that stand for a table, and a row of it that a page asks for.

import type { Table } from "../../data/index.js";
import type { Model } from "../../model/index.js";
import { spread } from "../../model/report/statistics.js";
import { Refusal } from "../refusal.js";
import { lookedAt } from "./look-model.js";
import type { Studio } from "./studio.js";
import { placeOf, rowNumber, rowsOf } from "./tables.js";

/** Rows that stand for a table of any size. */
const mostRows = 2000;

/** Rows of a table, or draws where there is none. */
export interface SomeRows {
  /** Row-major [n, D], in the columns' units; missing cells are NaN. */
  readonly cells: Float64Array;
  /** Their numbers in the file, from 1; of draws, their places. */
  readonly numbers: readonly number[];
  readonly areDrawn: boolean;
}

/** Which row is asked for: by its number in the file, or the one that is typical or strange among `someRows`. */
export type RowChoice = number | "typical" | "strangest";

/** Up to 2,000 rows, evenly spaced. Without a table, draws of the model: always the same ones. */
export async function someRows(studio: Studio, model: Model, table: string | undefined): Promise<SomeRows> {
  return { ...spacedRows(await tableOr(studio, model, table)), areDrawn: table === undefined };
}

const tableOr = ({ tables }: Studio, model: Model, table: string | undefined): Promise<Table> =>
  table === undefined ? lookedAt(model).drawn() : tables.of(model, table);

/** Evenly spaced rows, the first one among them. */
function spacedRows(table: Table): Omit<SomeRows, "areDrawn"> {
  if (table.rows === 0)
    throw new Refusal(
      422,
      "every row of the table misses cells, and the model knows only rows that miss none",
      {
        hint: "Choose another table.",
      },
    );
  const places = spread(table.rows, mostRows);
  const numbers = places.map((place) => rowNumber(table, place));
  return { cells: rowsOf(table, places), numbers };
}

/** One row, [D], and its number. */
export interface ChosenRow {
  readonly cells: Float64Array;
  readonly number: number;
}

/**
 * The row that is asked for. "typical": of the rows without missing cells, if there are any, the one whose log-density is
 * their median; "strangest": the one with the lowest.
 *
 * @throws Refusal 404 if there is no row of that number, or it misses cells that the model has to know
 */
export async function chosenRow(
  studio: Studio,
  model: Model,
  table: string | undefined,
  choice: RowChoice,
): Promise<ChosenRow> {
  if (typeof choice === "number") {
    const rows = await tableOr(studio, model, table);
    return { cells: rowsOf(rows, [placeOf(rows, choice)]), number: choice };
  }
  const { cells, numbers, areDrawn } = await someRows(studio, model, table);
  const place = await placeAmong(model, { cells, numbers, areDrawn }, choice);
  return { cells: cells.slice(place * model.dim, (place + 1) * model.dim), number: numbers[place] };
}

/** Where the typical or the strangest of some rows is. */
export async function placeAmong(
  model: Model,
  { cells, numbers }: SomeRows,
  choice: "typical" | "strangest",
): Promise<number> {
  const logProb = await model.logProb(cells);
  const order = Array.from(numbers.keys()).sort((i, j) => logProb[i] - logProb[j]);
  if (choice === "strangest") return order[0];
  const isWhole = (row: number) => !cells.subarray(row * model.dim, (row + 1) * model.dim).some(Number.isNaN);
  const whole = order.filter(isWhole);
  const among = whole.length > 0 ? whole : order;
  return among[Math.floor(among.length / 2)];
}
