// What holds for every method, and how reasons are asked for and told.

import { describe, expect, it } from "vitest";
import {
  cellWords,
  type ExplanationMethodName,
  explain,
  explanationMethodNames,
  explanationMethods,
  reasonsInWords,
} from "../../src/explain/index.js";
import { exampleModel, exampleRows } from "../model/example-model.js";
import { correlated, mixedModel } from "./known-models.js";

describe.each(explanationMethodNames)("%s", (method) => {
  it("gives a row the same reasons whatever rows come with it", async () => {
    const model = correlated();
    const rows = await model.sample(70, { seed: 8 });
    const together = await explain(model, rows, { method });
    for (const i of [0, 31, 32, 69])
      expect(await explain(model, rows.subarray(3 * i, 3 * i + 3), { method })).toEqual([together[i]]);
  });

  it("finds the one column of independent ones that is far out", async () => {
    const model = exampleModel({ dim: 2, disorder: 0.05 });
    const [a, b] = model.columns;
    const [{ reasons }] = await explain(model, [[a.center, b.center + 9 * b.scale]], { method });
    expect(reasons[0].column).toBe(b.name);
    expect(reasons[0].nats).toBeGreaterThan(1);
    await model.release();
  });

  it("names each column once, with finite numbers, under a flow and with categories", async () => {
    const flow = exampleModel({ dim: 5 });
    for (const model of [flow, mixedModel()]) {
      const rows = model === flow ? exampleRows(flow, 3) : Float64Array.from([0, 0, 2, 5, 3, -50]);
      for (const { reasons } of await explain(model, rows, { method })) {
        expect(reasons.map(({ column }) => column).sort()).toEqual(
          model.columns.map(({ name }) => name).sort(),
        );
        for (const { nats } of reasons) expect(Number.isFinite(nats)).toBe(true);
      }
    }
    await flow.release();
  });
});

describe("explain", () => {
  it("takes rows as arrays and as one array", async () => {
    const model = correlated();
    const nested = await explain(model, [[10, 1, 500]]);
    expect(await explain(model, Float64Array.from([10, 1, 500]))).toEqual(nested);
    expect(await explain(model, [])).toEqual([]);
  });

  it.each([
    [{ method: "guess" as ExplanationMethodName }, "surprise, conditional"],
    [{ top: 0 }, "top must be a whole number"],
    [{ background: 1.5 }, "background must be a whole number"],
    [{ alpha: 1 }, "alpha must be between 0 and 1"],
  ])("refuses %j", async (options, words) => {
    const error = await explain(correlated(), [[10, 1, 500]], options).catch((thrown) => thrown);
    expect(error.code).toBe("usage");
    expect(error.toText()).toContain(words);
  });

  it("refuses rows of another width, naming the row", async () => {
    const rows = [
      [10, 1, 500],
      [10, 1],
    ];
    await expect(explain(correlated(), rows)).rejects.toMatchObject({ code: "shape", where: ["row 2"] });
    await expect(explain(correlated(), new Float64Array(4))).rejects.toMatchObject({ code: "shape" });
  });

  it("tells how far it is, and stops when asked with the rows that are done", async () => {
    const model = correlated();
    const rows = await model.sample(100, { seed: 2 });
    const stop = new AbortController();
    const seen: number[] = [];
    const explained = await explain(model, rows, {
      signal: stop.signal,
      onProgress: (done, total) => {
        seen.push(done, total);
        if (done >= 60) stop.abort();
      },
    });
    expect(seen).toEqual([32, 100, 64, 100]);
    expect(explained).toEqual((await explain(model, rows)).slice(0, 64));
  });
});

describe("in words", () => {
  const { columns } = mixedModel();
  const words = (reasons: Parameters<typeof reasonsInWords>[1]) =>
    reasonsInWords(explanationMethods.surprise, reasons, columns);

  it("a reason says what is there, what was expected and how much less likely it is", () => {
    expect(
      words([
        { column: "size", value: 9.1234567, expected: 6.31, nats: 4.21 },
        { column: "colour", value: "blue", expected: "red", nats: 2 },
      ]),
    ).toBe(
      "size 9.12 is 4.2 nats less likely than the 6.3 expected given the rest; " +
        'colour "blue" is 2.0 nats less likely than the "red" expected given the rest',
    );
  });

  it("there is none for what is missing, or contributes nothing", () => {
    expect(
      words([
        { column: "size", value: null, expected: 6.3, nats: 0 },
        { column: "colour", value: "red", expected: "red", nats: 0.01 },
      ]),
    ).toBe("");
  });

  it.each([
    [9.1, 6.3, 3, ["9.1", "6.3"]],
    [100.512, 100.4996, 10, ["100.512", "100.5"]],
    [1_700_000_123, 1_700_000_555, 1e4, ["1700000123", "1700000560"]],
    [4, 4, 2, ["4", "4"]],
    [0, 1e-7, 1, ["0", "1e-7"]],
    [3e30, 1e30, 1e30, ["3e+30", "1e+30"]],
    [-0.4999, 12.01, 5, ["-0.5", "12"]],
  ])("numbers get the digits that tell them apart: %d and %d", (value, expected, scale, texts) => {
    expect(cellWords({ value, expected }, scale)).toEqual(texts);
  });
});
