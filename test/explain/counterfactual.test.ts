// Counterfactual rows: they pass, they are near, and they change no more columns than it takes.

import { describe, expect, it } from "vitest";
import { explain, type Reason } from "../../src/explain/index.js";
import { Calibration } from "../../src/model/index.js";
import { correlated, gaussian, mixedModel } from "./known-models.js";

const independent = gaussian(
  [0, 0, 0, 0],
  [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0))),
);

/** Calibrated with 400 rows of its own. */
async function calibrated<M extends ReturnType<typeof correlated>>(model: M) {
  const logProb = await model.logProb(await model.sample(400, { seed: 9 }));
  return { ...model, calibration: new Calibration({ density: logProb.map((value) => -value) }) };
}

const changed = (reasons: readonly Reason[]) =>
  reasons.filter(({ value, expected }) => value !== expected).map(({ column }) => column);

describe("the counterfactual of a row", () => {
  it("has a p-value above α, and would not if it were any nearer", async () => {
    const model = await calibrated(correlated());
    const alpha = 0.1;
    const p = async (row: number[]) => {
      const logProb = await model.logProb([row]);
      return model.calibration.pValues(
        "density",
        logProb.map((value) => -value),
      )[0];
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

  it("may be another category, by the rank among draws where the model is not calibrated", async () => {
    const [{ reasons }] = await explain(mixedModel(), [[2, 3.9]], { method: "counterfactual" });
    expect(changed(reasons)).toEqual(["colour"]);
    expect(reasons[0]).toMatchObject({ value: "blue", expected: "green" });
  });
});
