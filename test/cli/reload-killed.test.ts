// A writer that is killed while it replaces a served model: whoever asks gets the old model or the new one, whole.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { listening, numbersModel, save, temporaryFolder } from "../server/served.js";

const library = pathToFileURL(fileURLToPath(new URL("../../dist/index.js", import.meta.url))).href;
const folder = temporaryFolder();
const row = { a: 0.3, b: -1, c: 2 };

/** Replaces the model in `target` by one and the other of two models, until it is killed. */
const writer = `
const { load, saveModel } = await import(process.argv[1]);
const models = await Promise.all([load(process.argv[2]), load(process.argv[3])]);
for (let i = 0; ; i++) {
  await saveModel(models[i % 2], process.argv[4], { force: true });
  process.stdout.write("saved\\n");
}`;

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

it("goes on serving whatever moment the writer is killed at", async () => {
  const [first, second] = [await numbersModel(1), await numbersModel(2)];
  const [a, b] = [await save(first, join(folder, "a.logdet")), await save(second, join(folder, "b.logdet"))];
  const target = await save(first, join(folder, "served.logdet"));
  const known = await Promise.all(
    [first, second].map(async (model) => (await model.logProb([[row.a, row.b, row.c]]))[0]),
  );
  const { url } = await listening([target], { reloadEvery: 0.02 });
  const seen = new Set<number>();
  const ask = async () => {
    const response = await fetch(`${url}/score`, {
      ...{ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify([row]) },
    });
    expect(response.status).toBe(200);
    const { rows } = (await response.json()) as { rows: { log_prob: number }[] };
    const which = known.findIndex((value) => Math.abs(value - rows[0].log_prob) < 1e-3);
    expect(which, `log_prob ${rows[0].log_prob} is of neither model`).toBeGreaterThanOrEqual(0);
    seen.add(which);
  };

  const random = new Random(7);
  for (let kill = 0; kill < 8; kill++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writer, library, a, b, target], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    const ended = once(child, "close");
    // Anywhere in one of the next few saves, which take some milliseconds each.
    const moment = performance.now() + 120 * random.uniform();
    while (performance.now() < moment) await ask();
    child.kill("SIGKILL");
    await ended;
    for (let i = 0; i < 5; i++) await ask();
  }
  // A model that is saved whole is served in the end: nothing that the killed ones left is in the way.
  for (const [i, model] of [second, first].entries()) {
    await save(model, target);
    const wanted = 1 - i;
    seen.clear();
    for (let tries = 0; tries < 500 && !seen.has(wanted); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      await ask();
    }
    expect(seen.has(wanted)).toBe(true);
  }
}, 60_000);
