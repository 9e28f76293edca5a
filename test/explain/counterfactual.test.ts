// Counterfactual rows: they pass, they are near, and they change no more columns than it takes.

import { describe, expect, it } from "vitest";
import { explain, type Reason } from "../../src/explain/index.js";
import { Calibration, conformalPValues, type Rows } from "../../src/model/index.js";
import { correlated, gaussian, mixedModel } from "./known-models.js";

const independent = gaussian(
  [0, 0, 0, 0],
  [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0))),
);

/** Calibrated with 400 rows of its own, by their densities. */
async function calibrated<M extends ReturnType<typeof correlated>>(model: M) {
  const logProb = await model.logProb(await model.sample(400, { seed: 9 }));
  const calibration = new Calibration({ density: logProb.map((value) => -value) });
  const pValues = async (_: Rows, known: { readonly logProb: Float64Array }) =>
    calibration.pValues(
      "density",
      known.logProb.map((value) => -value),
    );
  return { ...model, calibration, pValues };
}

const changed = (reasons: readonly Reason[]) =>
  reasons.filter(({ value, expected }) => value !== expected).map(({ column }) => column);

describe("the counterfactual of a row", () => {
  it("has a p-value above α, and would not if it were any nearer", async () => {
    const model = await calibrated(correlated());
    const alpha = 0.1;
    const p = async (row: number[]) => {
      const [value] = await model.pValues([row], { logProb: await model.logProb([row]) });
      return value;
    };
    for (const row of [
      [10, 2, 500],
      [25, -3, 500],
      [25, -9, 300],
    ]) {
      expect(await p(row)).toBeLessThanOrEqual(alpha);
      const [{ reasons }] = await explain(model, [row], { method: "counterfactual", alpha });
      const found = model.columns.map(({ name }) =>
        Number(reasons.find(({ column }) => column === name)?.expected),
      );
      expect(await p(found)).toBeGreaterThan(alpha);
      const nearer = found.map((value, d) => value + 0.01 * (row[d] - value));
      expect(await p(nearer)).toBeLessThanOrEqual(alpha);
    }
  });

  it("changes the spoiled columns alone, and says what each change gained", async () => {
    const model = await calibrated(independent);
    const row = [0.3, 9, -0.2, -6];
    const [{ reasons }] = await explain(model, [row], { method: "counterfactual" });
    expect(changed(reasons)).toEqual(["x2", "x4"]);
    // The mode is 0: z²/2 each.
    expect(reasons[0].nats).toBeCloseTo(81 / 2, 1);
    expect(reasons[1].nats).toBeCloseTo(36 / 2, 1);
    expect(reasons.slice(2).map(({ nats }) => nats)).toEqual([0, 0]);
  });

  it("is the row itself where that passes", async () => {
    const [{ reasons }] = await explain(await calibrated(independent), [[0, 0.5, 0, 0]], {
      method: "counterfactual",
    });
    expect(changed(reasons)).toEqual([]);
    expect(reasons.every(({ nats }) => nats === 0)).toBe(true);
  });

  it("is judged by the model's own p-value, whatever its statistic", async () => {
    // Of |x₄| alone, among ten calibration rows whose |x₄| these are.
    const density = Float64Array.of(
      2.5758,
      1.96,
      1.6449,
      1.2816,
      1.0364,
      0.8416,
      0.6745,
      0.5244,
      0.3853,
      0.2533,
    );
    const calibration = new Calibration({ density });
    const pValues = async (rows: Rows) =>
      conformalPValues(
        density,
        Float64Array.from(rows as Float64Array)
          .filter((_, i) => i % 4 === 3)
          .map(Math.abs),
      );
    const model = { ...independent, calibration, pValues };
    // The density would call the first strange, not the second.
    const [unusual, plain] = await explain(
      model,
      [
        [9, 0, 0, 0.1],
        [0, 0, 0, 2],
      ],
      { method: "counterfactual", alpha: 0.3 },
    );
    expect(changed(unusual.reasons)).toEqual([]);
    expect(changed(plain.reasons)).toEqual(["x4"]);
    // p > 0.3 takes three of the ten at least as large: 4 / 11.
    expect(Number(plain.reasons[0].expected)).toBeCloseTo(1.6449, 2);
    expect(Number(plain.reasons[0].expected)).toBeLessThanOrEqual(1.6449);
    expect(plain.reasons[0].nats).toBeCloseTo(2 ** 2 / 2, 1);
  });

  it("may be another category, by the rank among draws where the model is not calibrated", async () => {
    const [{ reasons }] = await explain(mixedModel(), [[2, 3.9]], { method: "counterfactual" });
    expect(changed(reasons)).toEqual(["colour"]);
    expect(reasons[0]).toMatchObject({ value: "blue", expected: "green" });
  });
});
