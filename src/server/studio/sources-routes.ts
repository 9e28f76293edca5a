// Questions about sources that `logdet ica` found.

import { Hono } from "hono";
import { z } from "zod";
import { Refusal } from "../refusal.js";
import type { SourcesAnswer } from "./sources-answers.js";
import { readMixing, readSeparation, SourceTables } from "./sources-folder.js";
import { seriesOf } from "./sources-series.js";
import { questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(4096);
/** Some of the sources: from which on, from 0, and how many. */
const some = { name, first: z.int().nonnegative().max(1e6), count: z.int().positive().max(16) };
const question = z.strictObject({ name });
const mixingQuestion = z.strictObject(some);
const seriesQuestion = z.strictObject({
  ...some,
  from: z.int().positive().max(1e9),
  length: z.int().positive().max(1e9),
});

export function sourcesRoutes({ folder }: Studio): Hono {
  const app = new Hono();
  const tables = new SourceTables(folder);
  app.post("/sources", async (c) => {
    const { name } = await questionOf(c, question);
    return c.json(await readSeparation(folder, name));
  });
  app.post("/sources/mixing", async (c) => {
    const { name, first, count } = await questionOf(c, mixingQuestion);
    const separation = await readSeparation(folder, name);
    checkFirst(separation, first);
    return c.json(await readMixing(folder, separation, first, count));
  });
  app.post("/sources/series", async (c) => {
    const { name, first, count, from, length } = await questionOf(c, seriesQuestion);
    const separation = await readSeparation(folder, name);
    checkFirst(separation, first);
    const names = separation.sources.slice(first, first + count).map((source) => source.name);
    return c.json(seriesOf(await tables.of(name, names), from, length));
  });
  return app;
}

/** @throws Refusal 404 */
function checkFirst({ sources }: SourcesAnswer, first: number): void {
  if (first >= sources.length)
    throw new Refusal(404, `there are ${sources.length} sources, and none from number ${first + 1} on`);
}
