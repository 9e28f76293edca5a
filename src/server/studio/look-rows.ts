// Rows of a table, or drawn ones, as the page Look shows them: some of them as points, and one in full.

import type { Table } from "../../data/index.js";
import { spread } from "../../model/report/statistics.js";
import type { LookPoints, LookRow } from "./look-answers.js";
import { cellLabel } from "./look-cells.js";
import type { LookedModel } from "./look-model.js";
import { placeOf, rowNumber, rowsOf } from "./tables.js";

/** Points of a picture: more would hide each other. */
export const mostPoints = 1500;

/** Two columns of a table, or one, in at most 1,500 evenly spaced of the rows that have both cells. */
export function pointsOf(table: Table, x: number, y: number | undefined): LookPoints {
  const across = table.columns[x].values;
  const up = y === undefined ? undefined : table.columns[y].values;
  const whole: number[] = [];
  for (let i = 0; i < table.rows; i++)
    if (!Number.isNaN(across[i]) && !(up && Number.isNaN(up[i]))) whole.push(i);
  const shown = spread(whole.length, mostPoints).map((i) => whole[i]);
  return {
    ...{ total: whole.length, missing: table.rows - whole.length },
    rows: shown.map((place) => rowNumber(table, place)),
    x: shown.map((place) => across[place]),
    y: up ? shown.map((place) => up[place]) : [],
  };
}

/**
 * One row in full, and how likely it is among rows that the model draws.
 *
 * @param row its number in its file, from 1
 * @throws Refusal 404 if the table has no such row, or it was left out
 */
export async function rowOf(looked: LookedModel, table: Table, row: number): Promise<LookRow> {
  const { model } = looked;
  const values = rowsOf(table, [placeOf(table, row)]);
  const [logProb] = await model.logProb(values);
  const drawn = await looked.drawnLogProb();
  return {
    row,
    cells: model.columns.map((column, d) => ({
      name: column.name,
      value: Number.isNaN(values[d]) ? null : values[d],
      text: cellLabel(column, values[d]),
    })),
    logProb,
    lessLikely: drawn.filter((value) => value < logProb).length / drawn.length,
    draws: drawn.length,
  };
}
