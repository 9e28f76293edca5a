// What the page of drift asks.

import { Hono } from "hono";
import { z } from "zod";
import { columnNames, openSources } from "../../data/index.js";
import type { DriftColumns, DriftQuestion } from "./drift-answers.js";
import { type DriftOptions, driftFromModel, driftFromTable } from "./drift-search.js";
import { withProgress } from "./progress.js";
import { answerInPieces, questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(1000);

const question = z.strictObject({
  reference: z.union([z.strictObject({ table: name }), z.strictObject({ model: name })]),
  table: name,
  alpha: z.number().min(0.001).max(0.5).optional(),
  by: name.optional(),
  window: z.int().min(10).max(1e6).optional(),
}) satisfies z.ZodType<DriftQuestion>;

/** Whether a table is still like a reference, which columns moved, and since when. */
export function driftRoutes(studio: Studio): Hono {
  const { folder, models, tables } = studio;
  const app = new Hono();

  app.post("/drift", async (c) => {
    const { reference, table: tableName, alpha = 0.05, by, window } = await questionOf(c, question);
    const path = await folder.resolveTable(tableName);
    if ("table" in reference) {
      const before = await folder.resolveTable(reference.table);
      return answerInPieces(studio, c, (signal) =>
        withProgress((onProgress) => driftFromTable(before, path, { alpha, by, window, signal, onProgress })),
      );
    }
    await folder.resolveModel(reference.model);
    return answerInPieces(studio, c, (signal) =>
      withProgress((onProgress) =>
        models.use(reference.model, async (model) => {
          const options: DriftOptions = { alpha, by, window, signal, onProgress };
          return driftFromModel(model, await tables.of(model, tableName), path, options);
        }),
      ),
    );
  });

  app.post("/drift/columns", async (c) => {
    const { table } = await questionOf(c, z.strictObject({ table: name }));
    const sources = await openSources([await folder.resolveTable(table)]);
    try {
      return c.json({ columns: await columnNames(sources) } satisfies DriftColumns);
    } finally {
      await sources.close();
    }
  });
  return app;
}
