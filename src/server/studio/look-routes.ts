// What the page Look asks: about a model, its density, its latent space and its draws.

import { Hono } from "hono";
import { z } from "zod";
import type { Table } from "../../data/index.js";
import { flowWords, type Model } from "../../model/index.js";
import { Refusal, shorten } from "../refusal.js";
import type { LookCell, LookModel } from "./look-answers.js";
import { isOfValues } from "./look-axes.js";
import { densityOf } from "./look-density.js";
import { latentOf } from "./look-latent.js";
import { type LookedModel, lookedAt } from "./look-model.js";
import { pointsOf, rowOf } from "./look-rows.js";
import { samplesOf } from "./look-samples.js";
import { questionOf, type Studio } from "./studio.js";

/** Categories of a column that can be chosen to be held. */
const mostCategories = 200;

const name = z.string().min(1).max(1000);
const place = z.int().nonnegative().max(65_535);
/** A row's number in its file. */
const rowPlace = z.int().positive();
const about = { model: name, table: name.optional() };
/** Columns by name; without x the first two of numbers. */
const pair = { x: name.optional(), y: name.optional() };

const modelQuestion = z.strictObject({ model: name });
const densityQuestion = z.strictObject({
  ...{ ...about, ...pair },
  /**
   * Where the other columns are held: at a row of the table, or at the typical one, but for these cells. Absent: they are
   * averaged over.
   */
  held: z.strictObject({ row: rowPlace.optional(), cells: z.record(name, z.number()) }).optional(),
});
const pointsQuestion = z.strictObject({ ...about, ...pair });
const rowQuestion = z.strictObject({ ...about, row: rowPlace });
const latentQuestion = z.strictObject({ ...about, x: place, y: place, net: place });
const samplesQuestion = z.strictObject({
  ...{ ...about, ...pair },
  seed: z
    .int()
    .nonnegative()
    .max(2 ** 31),
  page: place,
});

export function lookRoutes({ models, tables }: Studio): Hono {
  const app = new Hono();
  const rowsFor = async (looked: LookedModel, table: string | undefined): Promise<Table> =>
    table === undefined ? looked.drawn() : tables.of(looked.model, table);

  app.post("/look/model", async (c) => {
    const question = await questionOf(c, modelQuestion);
    return c.json(await models.use(question.model, (model) => aboutModel(lookedAt(model))));
  });
  app.post("/look/density", async (c) => {
    const { model: name, table, x, y, held } = await questionOf(c, densityQuestion);
    const answer = await models.use(name, async (model) => {
      const looked = lookedAt(model);
      if (!held) return densityOf(looked, { ...pairOf(model, x, y), held: undefined });
      const { row, cells } = held;
      const from = row === undefined ? [] : (await rowOf(looked, await rowsFor(looked, table), row)).cells;
      return densityOf(looked, { ...pairOf(model, x, y), held: await rowWith(looked, from, cells) });
    });
    return c.json(answer);
  });
  app.post("/look/points", async (c) => {
    const { model: name, table, x, y } = await questionOf(c, pointsQuestion);
    const answer = await models.use(name, async (model) => {
      const columns = pairOf(model, x, y);
      return pointsOf(await rowsFor(lookedAt(model), table), columns.x, columns.y);
    });
    return c.json(answer);
  });
  app.post("/look/row", async (c) => {
    const { model: name, table, row } = await questionOf(c, rowQuestion);
    const answer = await models.use(name, async (model) => {
      const looked = lookedAt(model);
      return rowOf(looked, await rowsFor(looked, table), row);
    });
    return c.json(answer);
  });
  app.post("/look/latent", async (c) => {
    const { model: name, table, ...question } = await questionOf(c, latentQuestion);
    const answer = await models.use(name, async (model) =>
      latentOf(model, await rowsFor(lookedAt(model), table), question),
    );
    return c.json(answer);
  });
  app.post("/look/samples", async (c) => {
    const { model: name, table, x, y, seed, page } = await questionOf(c, samplesQuestion);
    const answer = await models.use(name, async (model) =>
      samplesOf(lookedAt(model), table === undefined ? undefined : await tables.of(model, table), {
        ...{ ...pairOf(model, x, y), seed, page },
      }),
    );
    return c.json(answer);
  });
  return app;
}

async function aboutModel(looked: LookedModel): Promise<LookModel> {
  const { columns, config } = looked.model;
  const { training, metrics } = config;
  const typical = await looked.typical();
  return {
    layers: flowWords(config.flow),
    columns: columns.map((column, d) => ({
      ...{ name: column.name, isCategorical: column.kind === "categorical" },
      ...{ from: column.minimum, to: column.maximum },
      step: column.lattice ? (column.quantum ?? null) : null,
      categories: (column.categories ?? [])
        .slice(0, mostCategories)
        .map((label, value) => ({ value, label })),
      typical: typical.values[d],
    })),
    ...{ dropped: training.dropped, notices: training.notices },
    ...{ trainRows: training.trainRows, validationRows: training.validationRows },
    independentLogProb: metrics.independentLogProb ?? null,
    typicalLogProb: typical.logProb,
  };
}

/** The places of columns by their names; without a name the first two of many values. @throws Refusal 400 */
function pairOf(
  model: Model,
  x: string | undefined,
  y: string | undefined,
): { readonly x: number; readonly y: number | undefined } {
  const { columns } = model;
  const find = (name: string) => {
    const place = columns.findIndex((column) => column.name === name);
    if (place < 0) throw new Refusal(400, `the model has no column "${shorten(name)}"`);
    return place;
  };
  if (x !== undefined) return { x: find(x), y: y === undefined || y === x ? undefined : find(y) };
  const places = columns.map((_, d) => d);
  const [first, second] = places.toSorted(
    (a, b) => Number(isOfValues(columns[a])) - Number(isOfValues(columns[b])) || a - b,
  );
  return { x: first, y: second };
}

/** The typical row with the known cells of another, and some cells changed. @throws Refusal 400 */
async function rowWith(
  looked: LookedModel,
  known: readonly LookCell[],
  changed: Readonly<Record<string, number>>,
): Promise<Float64Array> {
  const { columns } = looked.model;
  const typical = (await looked.typical()).values;
  const row = typical.map((value, d) => known[d]?.value ?? value);
  for (const [name, value] of Object.entries(changed)) {
    const place = columns.findIndex((column) => column.name === name);
    if (place < 0) throw new Refusal(400, `the model has no column "${shorten(name)}"`);
    row[place] = value;
  }
  return row;
}
