import { afterAll, describe, expect, it } from "vitest";
import type { Model } from "../../src/model/index.js";
import { Batcher } from "../../src/server/batcher.js";
import { expectClose } from "../helpers/index.js";
import { numbersModel, someRows } from "./served.js";

const model = await numbersModel();
afterAll(() => model.release());
const { signal } = new AbortController();
const densities = { statistic: false, signal } as const;

/** The batches that a batcher made, in rows. */
function watched(of: Model = model, wait = 0) {
  const batches: number[] = [];
  return { batches, batcher: new Batcher(of, { wait, onBatch: (rows) => batches.push(rows) }) };
}

describe("a batcher", () => {
  it("scores requests that come together at once, each with its own numbers", async () => {
    const { batches, batcher } = watched();
    const requests = [1, 3, 17, 200].map((count, i) => someRows(count, 10 + i));
    const scores = await Promise.all(
      requests.map((rows, i) =>
        batcher.score(rows, {
          statistic: (["density", "latent-norm", false, "density"] as const)[i],
          signal,
        }),
      ),
    );
    expect(batches).toEqual([221]);
    for (const [i, { logProb, pValue }] of scores.entries()) {
      expectClose(logProb, await model.logProb(requests[i]), { relative: 1e-5 });
      if (i === 2) expect(pValue).toBeUndefined();
      else
        expect([...(pValue ?? [])]).toEqual([
          ...(await model.pValues(requests[i], { statistic: i === 1 ? "latent-norm" : "density" })),
        ]);
    }
  });

  it("cuts large requests, and lets small ones in between", async () => {
    const { batches, batcher } = watched();
    const order: string[] = [];
    const large = batcher.score(someRows(3000), densities).then(() => order.push("large"));
    const small = batcher.score(someRows(2), densities).then(() => order.push("small"));
    await Promise.all([large, small]);
    expect(batches).toEqual([1024, 1024, 954]);
    expect(order).toEqual(["small", "large"]);
  });

  it("gives the same p-values for many rows as the model, however they are cut", async () => {
    const rows = someRows(1500, 4);
    const { pValue } = await new Batcher(model).score(rows, { statistic: "density", signal });
    const expected = await model.pValues(rows, { statistic: "density" });
    expectClose(pValue ?? [], expected, { absolute: 1 / 61 + 1e-12 });
    expect(expected.filter((p, i) => p !== pValue?.[i]).length).toBeLessThan(5);
  });

  it("waits for the rows of others as long as it is told", async () => {
    const { batches, batcher } = watched(model, 30);
    const first = batcher.score(someRows(1), densities);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([first, batcher.score(someRows(1), densities)]);
    expect(batches).toEqual([2]);
  });

  it("forgets the rows of a request that is given up", async () => {
    const { batches, batcher } = watched();
    const controller = new AbortController();
    const given = batcher.score(someRows(50_000), { statistic: false, signal: controller.signal });
    const other = batcher.score(someRows(5), densities);
    controller.abort(new Error("gone"));
    await expect(given).rejects.toThrow("gone");
    await other;
    expect(batches.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(2100);
    expect(() => batcher.score(someRows(1), { statistic: false, signal: controller.signal })).toThrow("gone");
  });

  it("says when the model is at rest, which is not yet when a request is given up", async () => {
    const { batches, batcher } = watched();
    await batcher.idle();
    const controller = new AbortController();
    const given = batcher.score(someRows(200_000), { statistic: false, signal: controller.signal });
    while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("gone"));
    await expect(given).rejects.toThrow("gone");
    await batcher.idle();
    const before = batches.length;
    expect(before).toBeLessThan(100);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(batches.length).toBe(before);
  });

  it("fails the request that is at fault, and not those beside it", async () => {
    const { batcher } = watched();
    const bad = batcher.score(Float64Array.of(1, Number.NaN, 3), densities);
    const good = batcher.score(someRows(2), densities);
    await expect(bad).rejects.toMatchObject({ code: "data" });
    expectClose((await good).logProb, await model.logProb(someRows(2)), { relative: 1e-5 });
  });
});
