// What the page of strange rows asks.

import { Hono } from "hono";
import { z } from "zod";
import { explanationMethodNames, explanationMethods } from "../../explain/index.js";
import type {
  AnomaliesQuestion,
  FlaggedQuestion,
  MethodEntry,
  ReasonsQuestion,
  RowReasons,
} from "./anomalies-answers.js";
import { flaggedCsv } from "./anomalies-flagged.js";
import { rankRows } from "./anomalies-ranking.js";
import { reasonsOf } from "./anomalies-reasons.js";
import { ScoredTables } from "./anomalies-scores.js";
import { whileWorking, withProgress } from "./progress.js";
import { answerInPieces, questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(1000);

const ofTable = z.strictObject({ model: name, table: name }) satisfies z.ZodType<AnomaliesQuestion>;

const ofRows = z.strictObject({
  ...{ model: name, table: name },
  rows: z.array(z.int().min(1).max(1e9)).min(1).max(50),
  method: z.enum(explanationMethodNames).optional(),
  top: z.int().min(1).max(50).optional(),
  curves: z.int().min(0).max(6).optional(),
}) satisfies z.ZodType<ReasonsQuestion>;

const ofFlagged = z.strictObject({
  ...{ model: name, table: name },
  threshold: z.number().min(0).max(1),
}) satisfies z.ZodType<FlaggedQuestion>;

/** Strange rows, why they are strange, and the flagged ones as a file. */
export function anomaliesRoutes(studio: Studio): Hono {
  const { folder, models, tables } = studio;
  const scored = new ScoredTables();
  const app = new Hono();

  app.get("/anomalies/methods", (c) => {
    const entries = explanationMethodNames.map((method): MethodEntry => {
      return { name: method, summary: explanationMethods[method].summary };
    });
    return c.json(entries);
  });

  app.post("/anomalies", async (c) => {
    const { model: modelName, table: tableName } = await questionOf(c, ofTable);
    await folder.resolveModel(modelName);
    const path = await folder.resolveTable(tableName);
    return answerInPieces(studio, c, (signal) =>
      withProgress((onProgress) =>
        models.use(modelName, async (model) => {
          const table = await tables.of(model, tableName);
          const scores = await scored.of(model, table, { signal, onProgress });
          return rankRows(model, table, scores, { name: tableName, path });
        }),
      ),
    );
  });

  app.post("/anomalies/reasons", async (c) => {
    const { model: modelName, table: tableName, rows, ...options } = await questionOf(c, ofRows);
    await folder.resolveModel(modelName);
    await folder.resolveTable(tableName);
    return answerInPieces(studio, c, (signal) =>
      whileWorking<RowReasons>((give) =>
        models.use(modelName, async (model) => {
          const table = await tables.of(model, tableName);
          for await (const found of reasonsOf(model, table, rows, { ...options, signal })) give(found);
        }),
      ),
    );
  });

  app.post("/anomalies/flagged", async (c) => {
    const { model: modelName, table: tableName, threshold } = await questionOf(c, ofFlagged);
    const text = await models.use(modelName, async (model) => {
      const table = await tables.of(model, tableName);
      const scores = await scored.of(model, table, { signal: c.req.raw.signal });
      return flaggedCsv(model, table, scores, threshold);
    });
    return c.text(text, 200, { "Content-Type": "text/csv; charset=utf-8" });
  });
  return app;
}
