// What the first question would have to wait for, done while the reader opens the page: code that runs for the first time,
// the newest model, and its table.

import { lookedAt } from "./look-model.js";
import type { Studio } from "./studio.js";
import { rowsOf } from "./tables.js";

/** Rows that are scored. */
const someRows = 256;

/**
 * Opens the newest model of the folder, with its draws, and reads its table, as the page Look does at first. Both are kept as
 * long as others that were used once.
 *
 * @returns whether there was a model to open
 * @throws as `OpenModels.use` and `StudioTables.of`: whoever asks for that model or table is told so again
 */
export async function warmUp({ folder, models, tables }: Studio): Promise<boolean> {
  const [newest] = (await folder.list()).models;
  if (!newest) return false;
  await models.use(newest.name, async (model) => {
    await lookedAt(model).draws();
    if (newest.table === undefined) return;
    const table = await tables.of(model, newest.table);
    const places = Array.from({ length: Math.min(someRows, table.rows) }, (_, place) => place);
    await model.logProb(rowsOf(table, places));
  });
  return true;
}
