// A model's folder that changes while it is served.

import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { numbersModel, save, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const [old, next] = [await numbersModel(1), await numbersModel(2)];
const row = Float64Array.of(0.3, -1, 2);
const [ofOld] = await old.logProb(row);
const [ofNext] = await next.logProb(row);
const replacement = await save(next, join(folder, "replacement"));

/** A server of the old model, in a folder of its own. */
async function servedOld(name: string) {
  const path = await save(old, join(folder, name));
  const server = await testServer([path]);
  return {
    ...{ path, server },
    /** Two looks: a folder is loaded when it has not changed between them. */
    look: async () => {
      await server.models.refresh();
      await server.models.refresh();
    },
    logProb: async () => {
      const response = await server.post("/score", [{ a: row[0], b: row[1], c: row[2] }]);
      return ((await response.json()) as { rows: { log_prob: number }[] }).rows[0].log_prob;
    },
    events: () => server.log.map((line) => JSON.parse(line)).filter(({ event }) => event !== "request"),
  };
}

it("serves the new model once the folder is replaced", async () => {
  const { path, server, look, logProb, events } = await servedOld("replaced");
  expect(await logProb()).toBeCloseTo(ofOld, 3);
  await look();
  expect(events()).toEqual([]);
  await save(next, path);
  await server.models.refresh();
  expect(await logProb()).toBeCloseTo(ofOld, 3);
  await server.models.refresh();
  expect(await logProb()).toBeCloseTo(ofNext, 3);
  expect(events()).toMatchObject([{ event: "model loaded again", model: "replaced" }]);
  expect(await (await server.request("/metrics")).text()).toMatch(
    /^logdet_model_reloads_total{model="replaced",outcome="loaded"} 1$/m,
  );
});

it.each<[what: string, damage: (path: string) => void]>([
  ["has a damaged configuration", (path) => writeFileSync(join(path, "config.json"), "{")],
  [
    "has half of the weights",
    (path) => {
      const bytes = readFileSync(join(replacement, "model.safetensors"));
      writeFileSync(join(path, "model.safetensors"), bytes.subarray(0, bytes.length / 2));
    },
  ],
  ["has no weights yet", (path) => rmSync(join(path, "model.safetensors"))],
  ["is gone", (path) => rmSync(path, { recursive: true })],
])("goes on with the old model where the folder %s, and says so once", async (what, damage) => {
  const { path, server, look, logProb, events } = await servedOld(what.replaceAll(" ", "-"));
  damage(path);
  await look();
  await look();
  expect(await logProb()).toBeCloseTo(ofOld, 3);
  expect((await server.request("/v2/health/ready")).status).toBe(200);
  expect(events()).toMatchObject([{ level: "warn", event: expect.stringMatching(/^model kept/) }]);

  // Mended, it is loaded.
  if (!existsSync(path)) cpSync(replacement, path, { recursive: true });
  for (const name of ["config.json", "model.safetensors"])
    copyFileSync(join(replacement, name), join(path, name));
  await look();
  expect(await logProb()).toBeCloseTo(ofNext, 3);
});

it("leaves a folder alone as long as it is being written", async () => {
  const { path, server, logProb } = await servedOld("growing");
  const bytes = readFileSync(join(replacement, "model.safetensors"));
  for (const share of [0.2, 0.5, 0.9]) {
    writeFileSync(join(path, "model.safetensors"), bytes.subarray(0, share * bytes.length));
    await server.models.refresh();
    expect(await logProb()).toBeCloseTo(ofOld, 3);
  }
  writeFileSync(join(path, "model.safetensors"), bytes);
  await server.models.refresh();
  await server.models.refresh();
  expect(await logProb()).toBeCloseTo(ofNext, 3);
  expect(await (await server.request("/metrics")).text()).not.toContain('outcome="kept"');
});

it("finishes requests with the model that they began with", async () => {
  const { path, server, look } = await servedOld("in-flight");
  const rows = Array.from({ length: 20_000 }, () => ({ a: row[0], b: row[1], c: row[2] }));
  const answer = server.post("/score", rows);
  await new Promise((resolve) => setImmediate(resolve));
  rmSync(path, { recursive: true });
  cpSync(replacement, `${path}.new`, { recursive: true });
  renameSync(`${path}.new`, path);
  await look();
  const { rows: scored } = (await (await answer).json()) as { rows: { log_prob: number }[] };
  expect(new Set(scored.map(({ log_prob }) => log_prob.toFixed(3)))).toEqual(new Set([ofOld.toFixed(3)]));
  const now = await server.post("/score", rows.slice(0, 1));
  expect(((await now.json()) as { rows: { log_prob: number }[] }).rows[0].log_prob).toBeCloseTo(ofNext, 3);
});

it("refuses two folders of one name", async () => {
  const path = await save(old, join(folder, "x", "twice.logdet"));
  const other = await save(old, join(folder, "y", "twice"));
  await expect(testServer([path, other])).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/two models are called twice/),
  });
});
