// Whatever a client sends: an answer that is 4xx or fine, never 5xx, and a server that goes on.

import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { errorOf, mixedModel, numbersModel, save, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const numbers = await save(await numbersModel(), join(folder, "numbers.logdet"));
const trees = await save(await mixedModel(folder), join(folder, "trees.logdet"));
const server = await testServer([numbers, trees], { limits: { maxRows: 50, maxBody: 5000 } });
const infer = "/v2/models/numbers/infer";
const runs = { numRuns: 150, seed: 6 };

async function expectCivil(response: Response): Promise<void> {
  if (response.status === 200) await response.arrayBuffer();
  else {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect((await errorOf(response)).length).toBeGreaterThan(3);
  }
}

afterAll(async () => {
  const row = { a: 1, b: 2, c: 3 };
  expect((await server.post("/score?model=numbers", [row])).status).toBe(200);
  expect(await (await server.request("/metrics")).text()).toMatch(/^logdet_requests_in_work 0$/m);
});

const types = fc.constantFrom(
  "application/json",
  "application/x-ndjson",
  "text/csv",
  "application/octet-stream",
  "text/plain",
  "application/json; charset=utf-16",
  "x",
);
const paths = fc.constantFrom(infer, "/score?model=numbers", "/score?model=trees", "/sample?model=numbers");
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -1,
    1e308,
    5e-324,
    null,
    "",
    "NaN",
    "-inf",
    true,
    [],
    {},
    "__proto__",
    "x".repeat(300),
  ),
  fc.double(),
  fc.integer(),
  fc.string(),
);

describe("a server that is sent", () => {
  it("bytes survives", async () => {
    await fc.assert(
      fc.asyncProperty(paths, types, fc.uint8Array({ maxLength: 300 }), async (path, type, bytes) => {
        await expectCivil(await server.post(path, bytes, { "Content-Type": type }));
      }),
      runs,
    );
  });

  it("any JSON survives", async () => {
    await fc.assert(
      fc.asyncProperty(paths, types, fc.json({ maxDepth: 5 }), async (path, type, text) => {
        await expectCivil(await server.post(path, text, { "Content-Type": type }));
      }),
      runs,
    );
  });

  it("tensors that are nearly right survives", async () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 4 }), odd);
    const input = fc.record(
      {
        name: fc.oneof(fc.constant("x"), odd),
        shape: fc.oneof(fc.tuple(size, fc.oneof(fc.constant(3), size)), odd),
        datatype: fc.oneof(fc.constantFrom("FP64", "FP32", "INT64", "BOOL", "BYTES", "constructor"), odd),
        parameters: fc.oneof(fc.record({ binary_data_size: size }), odd),
        data: fc.oneof(
          fc.array(odd, { maxLength: 13 }),
          fc.array(fc.integer(), { minLength: 3, maxLength: 3 }),
          odd,
        ),
      },
      { requiredKeys: ["name"] },
    );
    const body = fc.record(
      {
        id: odd,
        inputs: fc.oneof(fc.array(input, { minLength: 1, maxLength: 2 }), odd),
        outputs: fc.oneof(
          fc.array(fc.record({ name: fc.oneof(fc.constantFrom("log_prob", "p_value"), odd) })),
          odd,
        ),
        parameters: fc.oneof(
          fc.record({ alpha: odd, statistic: odd, binary_data_output: odd }, { requiredKeys: [] }),
          odd,
        ),
      },
      { requiredKeys: ["inputs"] },
    );
    await fc.assert(
      fc.asyncProperty(body, fc.option(fc.oneof(fc.integer(), fc.string())), async (request, length) => {
        const lengths: Record<string, string> =
          length === null ? {} : { "Inference-Header-Content-Length": encodeURIComponent(String(length)) };
        await expectCivil(
          await server.post(infer, request, { "Content-Type": "application/json", ...lengths }),
        );
      }),
      runs,
    );
  });

  it("rows that are nearly right survives", async () => {
    const cells = (...names: string[]) =>
      fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: names.slice(1) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(cells("a", "b", "c"), { maxLength: 3 }),
        fc.array(cells("extra", "kind", "planted", "height", "growth"), { maxLength: 3 }),
        fc.webQueryParameters(),
        async (ofNumbers, ofTrees, query) => {
          await expectCivil(await server.post("/score?model=numbers", ofNumbers));
          await expectCivil(await server.post("/score?model=trees", ofTrees));
          const lines = ofTrees.map((row) => JSON.stringify(row)).join("\n");
          const streamed = await server.post("/score?model=trees", lines, {
            "Content-Type": "application/x-ndjson",
          });
          await expectCivil(streamed);
          await expectCivil(await server.post(`/score?model=trees&${query}`, ofTrees));
        },
      ),
      runs,
    );
  });

  it("tables that are nearly right survives", async () => {
    const cell = fc.oneof(
      fc.constantFrom("1", "0.5", "", '"', '"x"', "\r\n", ",", "oak", "2024-01-10"),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(cell, { maxLength: 12 }),
        fc.constantFrom("a,b,c\n", "kind,planted,height,growth\n", ""),
        async (list, header) => {
          for (const path of ["/score?model=numbers", "/score?model=trees"])
            await expectCivil(
              await server.post(path, header + list.join(","), { "Content-Type": "text/csv" }),
            );
        },
      ),
      runs,
    );
  });

  it("any path and method survives", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.webPath(),
        fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"),
        async (path, method) => {
          const response = await server.request(`/v2/models${path}`, { method });
          expect(response.status).toBeLessThan(500);
        },
      ),
      runs,
    );
  });
});
