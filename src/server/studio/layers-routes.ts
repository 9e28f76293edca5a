// The question how a flow's layers bend a grid.

import { Hono } from "hono";
import { z } from "zod";
import { planeOf, whyNotShown } from "./flow-points.js";
import { layerStages } from "./layers-stages.js";
import { someRows } from "./some-rows.js";
import { questionOf, type Studio } from "./studio.js";

const name = z.string().min(1).max(4096);
const question = z.strictObject({
  model: name,
  table: name.optional(),
  x: z.string().max(4096).optional(),
  y: z.string().max(4096).optional(),
});

export function layersRoutes(studio: Studio): Hono {
  const app = new Hono();
  app.post("/layers", async (c) => {
    const { model: name, table, ...axes } = await questionOf(c, question);
    return studio.models.use(name, async (model) => {
      const notShown = whyNotShown(model, 2);
      if (notShown) return c.json(notShown);
      const [x, y = x] = planeOf(model, axes);
      return c.json(await layerStages(model, await someRows(studio, model, table), [x, y]));
    });
  });
  return app;
}
