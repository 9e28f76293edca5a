// Whatever a page or a program asks of the studio: an answer that is 4xx or fine, never 5xx, and a studio that goes on.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { mixedModel, numbersModel, save } from "../served.js";
import { workplace } from "./workplace.js";

/** What is in no answer: it lies outside of the folder. */
const secret = "31415.9265";

const place = await workplace(async (folder, around) => {
  mkdirSync(folder);
  writeFileSync(join(around, "secret.csv"), `a,b,c\n${secret},2,3\n`);
  symlinkSync(join(around, "secret.csv"), join(folder, "link.csv"));
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${Math.sin(i)},${i / 10}`);
  writeFileSync(join(folder, "rows.csv"), `a,b,c\n${rows.join("\n")}\n`);
  writeFileSync(join(folder, "one.csv"), "a,b,c\n1,2,3\n");
  writeFileSync(join(folder, "none.csv"), "a,b,c\n");
  writeFileSync(join(folder, "missing.csv"), `a,b,c\n${",,\n".repeat(30)}`);
  writeFileSync(
    join(folder, "binary.csv"),
    Uint8Array.from({ length: 300 }, (_, i) => (i * 97) % 256),
  );
  const odd = rows.map((row, i) => `${row},${["valueOf", "<b>", "\u202e"][i % 3]}`).join("\n");
  writeFileSync(join(folder, "odd.csv"), `__proto__,constructor,toString,hasOwnProperty\n${odd}\n`);
  await save(await numbersModel(), join(folder, "numbers.logdet"));
  await save(await mixedModel(around), join(folder, "trees.logdet"));
  mkdirSync(join(folder, "broken.logdet"));
  for (const file of ["config.json", "model.safetensors"])
    writeFileSync(join(folder, "broken.logdet", file), '{"columns": [1e9]}');
  mkdirSync(join(folder, "hostile.ica"));
  writeFileSync(
    join(folder, "hostile.ica", "ica.json"),
    JSON.stringify({
      sources: [{ name: "../../secret.csv", kurtosis: 0, contribution: 1, stability: null }],
      columns: ["__proto__"],
      rows: 2,
    }),
  );
  writeFileSync(join(folder, "hostile.ica", "mixing.csv"), "__proto__\n1\n");
  symlinkSync(join(around, "secret.csv"), join(folder, "hostile.ica", "sources.csv"));
});

const runs = { numRuns: 30, seed: 6 };

/** An answer's text, if it is civil. */
async function civil(response: Response): Promise<string> {
  expect(response.status).toBeLessThan(500);
  const text = await response.text();
  expect(text).not.toContain("the server failed");
  expect(text).not.toContain(secret);
  expect(text).not.toContain(place.around);
  return text;
}

afterAll(async () => {
  const answer = await place.ask("/api/anomalies", { model: "numbers.logdet", table: "rows.csv" });
  expect(await answer.text()).toContain('"rows":60');
});

const odd = fc.oneof(
  fc.constantFrom<unknown>(0, 1, -1, 0.5, 1e9, 2 ** 31, 1e308, 1e-300, null, true, "", [], {}, "__proto__"),
  fc.constantFrom<unknown>("constructor", "\u202e", "a\nb", "\0", "<b>", "x".repeat(2000)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
);
const tables = fc.constantFrom(
  "rows.csv",
  "one.csv",
  "none.csv",
  "missing.csv",
  "binary.csv",
  "odd.csv",
  "link.csv",
);
const models = fc.constantFrom(
  "numbers.logdet",
  "numbers.logdet",
  "trees.logdet",
  "broken.logdet",
  "hostile.ica",
);
const paths = fc.constantFrom(
  "..",
  ".",
  "../secret.csv",
  "link.csv",
  "/etc/passwd",
  "rows.csv/",
  "numbers.logdet/config.json",
);
const name = (good: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: paths }, { weight: 1, arbitrary: odd });
const nearly = (...good: readonly unknown[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: odd });
const [model, table] = [name(models), name(tables)];
const [x, y] = [nearly("a", "b"), nearly("c", "kind")];
const cells = fc.dictionary(fc.constantFrom("a", "b", "kind", "height", "__proto__", "constructor"), odd, {
  maxKeys: 3,
});
const held = fc.record({ row: nearly(1, 60, 61), cells }, { requiredKeys: ["cells"] });
const page = { model, table, x, y, held, row: nearly(1, 61, "typical", "strangest") };
const types = fc.dictionary(
  fc.constantFrom("a", "constructor", "__proto__"),
  nearly("continuous", "categorical", "datetime"),
  {
    maxKeys: 2,
  },
);
const reference = fc.oneof(fc.record({ table }), fc.record({ model }), odd);

/** What may be asked where, and what has to be asked. */
const questions: Readonly<
  Record<string, readonly [Readonly<Record<string, fc.Arbitrary<unknown>>>, readonly string[]]>
> = {
  "/api/columns": [{ table, types, exclude: fc.array(nearly("a", "b", "c"), { maxLength: 3 }) }, ["table"]],
  "/api/look/model": [{ model }, ["model"]],
  "/api/look/density": [{ model, table, x, y, held }, ["model"]],
  "/api/look/points": [{ model, table, x, y }, ["model"]],
  "/api/look/row": [{ model, table, row: page.row }, ["model", "row"]],
  "/api/look/latent": [
    { model, table, x: nearly(0, 1, 65_535), y: nearly(1), net: nearly(0, 0, 1) },
    ["model", "x", "y", "net"],
  ],
  "/api/look/samples": [
    { model, table, x, y, seed: nearly(0, 2 ** 31), page: nearly(0, 65_535) },
    ["model", "seed", "page"],
  ],
  "/api/jacobian": [{ model, table, row: page.row }, ["model", "row"]],
  "/api/jacobian/rows": [{ model, table, x, y }, ["model"]],
  "/api/layers": [{ model, table, x, y }, ["model"]],
  "/api/anomalies": [{ model, table }, ["model", "table"]],
  "/api/anomalies/reasons": [
    {
      model,
      table,
      rows: fc.array(nearly(1, 2, 60), { maxLength: 2 }),
      top: nearly(1, 50),
      curves: nearly(0, 6),
    },
    ["model", "table", "rows"],
  ],
  "/api/anomalies/flagged": [{ model, table, threshold: nearly(0, 0.5, 1) }, ["model", "table", "threshold"]],
  "/api/drift/columns": [{ table }, ["table"]],
  "/api/drift": [
    { reference, table, alpha: nearly(0.5), by: x, window: nearly(10, 1e6) },
    ["reference", "table"],
  ],
  "/api/sources": [{ name: model }, ["name"]],
  "/api/sources/mixing": [{ name: model, first: nearly(0), count: nearly(1) }, ["name", "first", "count"]],
  "/api/sources/series": [
    { name: model, first: nearly(0), count: nearly(1), from: nearly(1), length: nearly(1, 1e9) },
    ["name", "first", "count", "from", "length"],
  ],
  "/api/runs/x/stop": [{}, []],
};

describe("a studio that is asked", () => {
  it.each(Object.entries(questions))(
    "%s with anything that is nearly right survives",
    async (path, [shape, required]) => {
      const question = fc.record(shape, { requiredKeys: [...required] });
      await fc.assert(
        fc.asyncProperty(question, async (asked) => {
          await civil(await place.ask(path, asked));
        }),
        { ...runs, numRuns: path === "/api/drift" ? 12 : runs.numRuns },
      );
    },
  );

  it("by bytes, or by any JSON, survives", async () => {
    const body = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json({ maxDepth: 5 }));
    const type = fc.constantFrom("application/json", "text/plain", "x", "application/json; charset=utf-16");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(questions), "/api/runs"),
        type,
        body,
        async (path, kind, bytes) => {
          const headers = { "Content-Type": kind };
          const response = await place.app.request(path, { method: "POST", headers, body: bytes });
          expect(response.status).toBeGreaterThanOrEqual(400);
          await civil(response);
        },
      ),
      { ...runs, numRuns: 100 },
    );
  });

  it("by any path and method survives", async () => {
    const method = fc.constantFrom("GET", "POST", "DELETE", "HEAD", "OPTIONS");
    const start = fc.constantFrom(
      "",
      "/api",
      "/api/runs",
      "/api/report?model=",
      "/api/curves?model=",
      "/api/tables",
      "/lab",
    );
    await fc.assert(
      fc.asyncProperty(start, fc.oneof(fc.webPath(), paths), method, async (before, after, verb) => {
        await civil(await place.app.request(`${before}${after}`, { method: verb }));
      }),
      { ...runs, numRuns: 100 },
    );
  });
});
