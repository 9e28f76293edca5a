// What the page of strange rows asks of a table that no model has been chosen for.

import { Hono } from "hono";
import { z } from "zod";
import { columnTypes } from "../../data/index.js";
import { fitOptionsSchema } from "../../fit/options.js";
import type { DetectQuestion } from "./detect-answers.js";
import { Detections } from "./detections.js";
import { withProgress } from "./progress.js";
import { answerInPieces, questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(1000);
const { missing, seed } = fitOptionsSchema.shape;

const ofTable = z.strictObject({
  ...{ table: name, missing, seed },
  exclude: z.array(name).max(5000).optional(),
  types: z.record(name, z.enum(columnTypes)).optional(),
  folds: z.int().min(2).max(10).optional(),
  top: z.int().min(1).max(500).optional(),
}) satisfies z.ZodType<DetectQuestion>;

/** The strange rows of a table, each judged by a model that has not seen it. */
export function detectRoutes(studio: Studio): Hono {
  const { folder, runs, detections = new Detections(folder, runs) } = studio;
  const app = new Hono();
  app.post("/detect", async (c) => {
    const question = await questionOf(c, ofTable);
    await folder.resolveTable(question.table);
    return answerInPieces(studio, c, (signal) =>
      withProgress((onProgress) => detections.of(question, { signal, onProgress })),
    );
  });
  return app;
}
