// Columns of tables, fits under way, and the curves of models: what the page Fit asks for.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { z } from "zod";
import { columnTypes } from "../../data/index.js";
import { fitOptionsSchema } from "../../fit/options.js";
import { parseModelConfig } from "../../model/config.js";
import { flowWords } from "../../model/index.js";
import { Refusal } from "../refusal.js";
import type { ColumnsAnswer, CurvesAnswer, RunOptions, RunState, RunsAnswer } from "./fit-answers.js";
import { columnsOf, namesOnly } from "./fit-columns.js";
import { largestConfig } from "./folder.js";
import { problemText } from "./problems.js";
import { thinned } from "./run-state.js";
import { Runs } from "./runs.js";
import { answerInPieces, questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(1000);
const types = z.record(name, z.enum(columnTypes));
const exclude = z.array(name).max(5000);
const columnsSchema = z.strictObject({ table: name, types: types.optional(), exclude: exclude.optional() });

const { flow, search, seed, robust, calibration, layers, jacobian, missing } = fitOptionsSchema.shape;
const runSchema = z.strictObject({
  table: name,
  name: z.string().min(1).max(200).optional(),
  exclude: exclude.optional(),
  options: z
    .strictObject({
      ...{ flow, search, seed, robust, calibration, layers, jacobian, missing },
      types: types.optional(),
      epochs: z.number().positive().max(100_000).optional(),
      learningRate: z.number().positive().max(10).optional(),
      jitter: z.number().nonnegative().max(10).optional(),
    } satisfies Record<keyof RunOptions, z.ZodType>)
    .optional(),
});

/** Points of a model's curve that are sent. */
const mostPoints = 600;

export function fitRoutes({ folder, runs = new Runs(folder) }: Studio): Hono {
  const app = new Hono();
  const withoutCurves = ({ nets, ...state }: RunState) => state;

  app.post("/columns", async (c) => {
    const { table, ...choices } = await questionOf(c, columnsSchema);
    const path = await folder.resolveTable(table);
    const model = await runs.freeName(table);
    const found = await columnsOf(path, choices).catch(async (error) => {
      // A reader who knows the columns can leave out the one that is at fault.
      const columns = await namesOnly(path, choices);
      return { columns, rows: 0, rowsMissing: 0, problem: problemText(error, folder) };
    });
    return c.json({ problem: undefined, ...found, table, model } satisfies ColumnsAnswer);
  });

  app.get("/runs", (c) => c.json(runs.list().map(withoutCurves) satisfies RunsAnswer));
  app.post("/runs", async (c) => c.json(withoutCurves(await runs.add(await questionOf(c, runSchema))), 201));
  for (const order of ["pause", "resume", "stop"] as const)
    app.post(`/runs/:id/${order}`, async (c) => {
      await questionOf(c, z.strictObject({}));
      return c.json(withoutCurves(runs[order](c.req.param("id"))));
    });
  app.get("/runs/:id/events", (c) => {
    const { id } = runs.state(c.req.param("id"));
    return answerInPieces({ folder }, c, (signal) => runs.follow(id, signal));
  });

  app.get("/curves", async (c) => {
    const model = c.req.query("model") ?? "";
    const path = join(await folder.resolveModel(model), "config.json");
    if ((await stat(path)).size > largestConfig)
      throw new Refusal(400, "config.json is too large to be a model's");
    const { training, metrics, flow } = parseModelConfig(await readFile(path, "utf8"));
    const { validationLogProb, standardError, gaussianLogProb, independentLogProb } = metrics;
    return c.json({
      ...{ model, validationLogProb, standardError },
      baseline: independentLogProb ?? gaussianLogProb,
      baselineIs: independentLogProb === undefined ? "gaussian" : "independent",
      parameters: training.parameters,
      seconds: training.seconds,
      bestStep: training.bestStep,
      flow: flowWords(flow),
      sources: training.sources,
      points: thinned(training.curve, mostPoints),
    } satisfies CurvesAnswer);
  });
  return app;
}
