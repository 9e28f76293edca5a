// Methods that work with slopes, where slopes and their integrals are known; and the completeness that some promise.

import { describe, expect, it } from "vitest";
import { type ExplanationMethodName, explain, explanationMethods } from "../../src/explain/index.js";
import { expectClose } from "../helpers/index.js";
import { exampleModel, exampleRows } from "../model/example-model.js";
import { correlated, mixedModel } from "./known-models.js";

const model = correlated();
const row = [13, -1, 460];
const deviation = row.map((value, d) => value - model.mean[d]);

/** Λv. */
const pull = (v: readonly number[]) =>
  model.precision.map((weights) => weights.reduce((sum, weight, e) => sum + weight * v[e], 0));

/** The nats of the row's columns, in the columns' order. */
async function natsOf(method: ExplanationMethodName, seed = 0) {
  const [{ reasons, ...rest }] = await explain(model, [row], { method, seed });
  const inOrder = model.columns.map(({ name }) => reasons.find(({ column }) => column === name)!);
  return {
    nats: inOrder.map(({ nats }) => nats),
    expected: inOrder.map(({ expected }) => Number(expected)),
    ...rest,
  };
}

describe("under a Gaussian", () => {
  it("gradient times deviation is (x − μ)_d (Λ(x − μ))_d", async () => {
    const { nats } = await natsOf("gradient-deviation");
    expectClose(
      nats,
      pull(deviation).map((p, d) => p * deviation[d]),
      { absolute: 1e-9 },
    );
  });

  it("the full-gradient is half of it, so that it adds up to log p(μ) − log p(x)", async () => {
    const { nats, logProb } = await natsOf("full-gradient");
    expectClose(
      nats,
      pull(deviation).map((p, d) => (p * deviation[d]) / 2),
      { absolute: 1e-8 },
    );
    const [most] = await model.logProb([model.mean]);
    expect(nats.reduce((sum, value) => sum + value)).toBeCloseTo(most - logProb, 8);
  });

  it("integrated gradients are the slope half-way times the way", async () => {
    const { nats, expected, baseline, logProb } = await natsOf("integrated-gradients");
    const middle = pull(row.map((value, d) => (value + expected[d]) / 2 - model.mean[d]));
    expectClose(
      nats,
      middle.map((p, d) => p * (row[d] - expected[d])),
      { absolute: 1e-8 },
    );
    const [start] = await model.logProb([expected]);
    expect(baseline).toBeCloseTo(start, 10);
    expect(nats.reduce((sum, value) => sum + value)).toBeCloseTo(start - logProb, 8);
  });

  it("integrated gradients start from the nearest draw that is not less likely than half of them", async () => {
    const { expected } = await natsOf("integrated-gradients", 5);
    const draws = await model.sample(256, { seed: 5 });
    const logProb = await model.logProb(draws);
    const median = logProb.slice().sort()[128];
    const distance = (from: ArrayLike<number>) =>
      row.reduce((sum, value, d) => sum + ((value - from[d]) / model.columns[d].scale) ** 2, 0);
    const typical = Array.from(logProb.keys()).filter((i) => logProb[i] >= median);
    const nearest = Math.min(...typical.map((i) => distance(draws.subarray(3 * i, 3 * i + 3))));
    expect(distance(expected)).toBeCloseTo(nearest, 10);
  });

  it("expected gradients add up to the mean log-density of draws, to sampling error", async () => {
    const sums: number[] = [];
    for (let seed = 0; seed < 20; seed++)
      sums.push((await natsOf("expected-gradients", seed)).nats.reduce((sum, value) => sum + value));
    // E log p(X) = log p(μ) − D/2.
    const [most] = await model.logProb([model.mean]);
    const [logProb] = await model.logProb([row]);
    const mean = sums.reduce((sum, value) => sum + value) / sums.length;
    const spread = Math.sqrt(sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 19 / 20);
    expect(Math.abs(mean - (most - 1.5 - logProb))).toBeLessThan(4 * spread);
    expect(spread).toBeLessThan(0.5);
  });

  it("SmoothGrad is the slope per standard deviation, to sampling error, and never negative", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, seed) => natsOf("smooth-grad", seed)));
    for (const [d, p] of pull(deviation).entries()) {
      const mean = all.reduce((sum, { nats }) => sum + nats[d], 0) / all.length;
      expect(Math.abs(mean - Math.abs(p) * model.columns[d].scale)).toBeLessThan(0.2);
    }
    for (const { nats } of all) expect(Math.min(...nats)).toBeGreaterThanOrEqual(0);
  });
});

const complete = (Object.keys(explanationMethods) as ExplanationMethodName[]).filter(
  (name) => explanationMethods[name].complete,
);

describe.each(complete)("%s is complete", (method) => {
  it("where columns are categories too", async () => {
    const rows = [
      [2, 3],
      [3, 0],
      [0, -1],
      [1, Number.NaN],
    ];
    for (const { reasons, baseline, logProb } of await explain(mixedModel(), rows, { method })) {
      const total = reasons.reduce((sum, { nats }) => sum + nats, 0);
      expect(total).toBeCloseTo((baseline as number) - logProb, 8);
    }
  });

  it.each([3, 10])("under a flow of %i columns", async (dim) => {
    const flow = exampleModel({ dim, disorder: 0.1 });
    const rows = exampleRows(flow, 3);
    for (const { reasons, baseline, logProb } of await explain(flow, rows, { method })) {
      const total = reasons.reduce((sum, { nats }) => sum + nats, 0);
      const expected = (baseline as number) - logProb;
      // Sums of float32 densities.
      expect(Math.abs(total - expected)).toBeLessThan(1e-3 * (1 + Math.abs(expected)));
    }
    await flow.release();
  });
});

describe("categories", () => {
  it.each(["gradient-deviation", "full-gradient", "smooth-grad", "expected-gradients"] as const)(
    "get the difference to the likeliest one given the rest: %s",
    async (method) => {
      const [{ reasons }] = await explain(mixedModel(), [[2, 0]], { method });
      const colour = reasons.find(({ column }) => column === "colour");
      // log P(red) N(0; 0, 1) − log P(blue) N(0; −4, 1).
      expect(colour?.nats).toBeCloseTo(Math.log(6) + 8, 6);
      expect(colour).toMatchObject({ value: "blue", expected: "red" });
    },
  );
});
