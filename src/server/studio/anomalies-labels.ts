// What stands in columns of a file that no model uses: names of things, mostly, by which a reader knows a row.

import { columnNames, openSources, readTexts, type Table } from "../../data/index.js";
import { rowNumber } from "./tables.js";

const mostLabels = 4;

/**
 * The first four columns that are not among the table's, and their texts for some rows.
 *
 * @param path of the table's file
 * @param places of the rows in the table
 */
export async function labelsOf(table: Table, path: string, places: readonly number[]) {
  const used = new Set(table.columns.map(({ name, part }) => part?.source ?? name));
  const sources = await openSources([path]);
  try {
    const names = (await columnNames(sources)).filter((name) => !used.has(name)).slice(0, mostLabels);
    const rows = places.map((place) => rowNumber(table, place) - 1);
    return { names, texts: await readTexts(sources, names, rows) };
  } finally {
    await sources.close();
  }
}
