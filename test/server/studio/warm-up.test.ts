// What is done before anybody asks.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { warmUp } from "../../../src/server/studio/warm-up.js";
import { numbersModel, save } from "../served.js";
import { workplace } from "./workplace.js";

it("opens the newest model, so that the first question finds it open", async () => {
  const place = await workplace(async (folder) => {
    mkdirSync(folder);
    await save(await numbersModel(), join(folder, "numbers.logdet"));
  });
  expect(await warmUp(place.studio)).toBe(true);
  const { models } = place.studio;
  const first = await models.use("numbers.logdet", async (model) => model);
  expect(await models.use("numbers.logdet", async (model) => model === first)).toBe(true);
  expect(await first.logProb([[0, 1, 2]])).toHaveLength(1);
});

it("has nothing to do in a folder without models, and says why where a model cannot be opened", async () => {
  const empty = await workplace((folder) => void mkdirSync(folder));
  expect(await warmUp(empty.studio)).toBe(false);
  const damaged = await workplace(async (folder) => {
    mkdirSync(folder);
    const path = await save(await numbersModel(), join(folder, "numbers.logdet"));
    writeFileSync(join(path, "model.safetensors"), "");
  });
  await expect(warmUp(damaged.studio)).rejects.toMatchObject({ code: "model" });
  // And the studio goes on.
  expect((await damaged.get("/api/folder")).status).toBe(200);
});
