// Questions about a flow's Jacobian.

import { Hono } from "hono";
import { z } from "zod";
import type { Model } from "../../model/index.js";
import { type Axes, numericColumns, planeOf, whyNotShown } from "./flow-points.js";
import type { JacobianRowsAnswer } from "./jacobian-answers.js";
import { describeJacobian } from "./jacobian-at.js";
import { chosenRow, type SomeRows, someRows } from "./some-rows.js";
import { questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(4096);
const question = z.strictObject({
  model: name,
  table: name.optional(),
  row: z.union([z.int().positive().max(1e9), z.enum(["typical", "strangest"])]),
});
const rowsQuestion = z.strictObject({
  model: name,
  table: name.optional(),
  x: z.string().max(4096).optional(),
  y: z.string().max(4096).optional(),
});

export function jacobianRoutes(studio: Studio): Hono {
  const app = new Hono();
  app.post("/jacobian", async (c) => {
    const { model: name, table, row } = await questionOf(c, question);
    return studio.models.use(name, async (model) => {
      const notShown = whyNotShown(model, 1);
      return c.json(notShown ?? (await describeJacobian(model, await chosenRow(studio, model, table, row))));
    });
  });
  app.post("/jacobian/rows", async (c) => {
    const { model: name, table, ...axes } = await questionOf(c, rowsQuestion);
    return studio.models.use(name, async (model) => {
      const notShown = whyNotShown(model, 1);
      return c.json(notShown ?? (await shownRows(model, await someRows(studio, model, table), axes)));
    });
  });
  return app;
}

/** Rows in the plane of two columns; of a model with one column of numbers, against the log-density. */
async function shownRows(
  model: Model,
  { cells, numbers, areDrawn }: SomeRows,
  axes: Axes,
): Promise<JacobianRowsAnswer> {
  const [x, y] = planeOf(model, axes);
  const values = (name: string) => {
    const place = model.columns.findIndex((column) => column.name === name);
    return numbers.map((_, i) => finite(cells[i * model.dim + place]));
  };
  const ys = y === undefined ? Array.from(await model.logProb(cells), finite) : values(y);
  return { numeric: numericColumns(model), x, y, numbers, xs: values(x), ys, areDrawn };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
