// Planted anomalies, and the methods' hit rates on them.

import { describe, expect, it } from "vitest";
import {
  auditExplanations,
  type ExplanationMethodName,
  explanationMethodNames,
  plantings,
} from "../../src/explain/index.js";
import { type PlantingName, plant } from "../../src/explain/plant.js";
import { Random } from "../../src/random/index.js";
import { correlated, gaussian, mixedModel } from "./known-models.js";

const kinds = Object.keys(plantings) as PlantingName[];

describe.each(kinds)("a planted %s", (kind) => {
  it("changes the columns that it names and no others", async () => {
    for (const model of [correlated(), mixedModel()]) {
      const rows = await model.sample(300, { seed: 1 });
      const dim = model.columns.length;
      const planted = plant(kind, 40, { columns: model.columns, rows, random: new Random(2) });
      if (kind === "exchange" && dim === 2) {
        // There is one number only.
        expect(planted).toBeUndefined();
        continue;
      }
      const normal = Array.from({ length: 300 }, (_, i) => rows.subarray(i * dim, (i + 1) * dim));
      for (const [i, spoiled] of planted!.columns.entries()) {
        const row = planted!.rows.subarray(i * dim, (i + 1) * dim);
        const left = Array.from({ length: dim }, (_, d) => d).filter((d) => !spoiled.includes(d));
        const sources = normal.filter((source) => left.every((d) => source[d] === row[d]));
        expect(sources.length).toBeGreaterThan(0);
        const differs = (source: Float64Array) => spoiled.every((d) => source[d] !== row[d]);
        // All rows of a colour have the same rest, among them the one that a swapped size came from.
        expect(dim === 2 ? sources.some(differs) : sources.every(differs)).toBe(true);
      }
    }
  });
});

describe("the audit", () => {
  const far = gaussian(
    [0, 0, 0, 0, 0],
    [0, 1, 2, 3, 4].map((i) => [0, 1, 2, 3, 4].map((j) => (i === j ? 1 : 0.3))),
  );

  it("finds that extreme values are found, and ranks methods by hits", async () => {
    const rows = await far.sample(400, { seed: 3 });
    const audited = await auditExplanations(far, rows, { plants: 30 });
    expect(audited.map(({ method }) => method).sort()).toEqual([...explanationMethodNames].sort());
    for (const { method, kinds, secondsPerThousand } of audited) {
      if (method === "surprise" || method === "conditional" || method === "shapley")
        expect(kinds.extreme?.first).toBe(1);
      expect(secondsPerThousand).toBeGreaterThan(0);
    }
    const firsts = audited.map(({ first }) => first);
    expect(firsts).toEqual(firsts.slice().sort((a, b) => b - a));
  });

  it("counts by chance what is ranked by chance", async () => {
    // Nothing that a method could see: the density is the same everywhere.
    const blind = {
      ...far,
      logProb: async (rows: ArrayLike<unknown>) => new Float64Array(rows.length / 5),
      scoreFunction: async (rows: ArrayLike<unknown>) => new Float64Array(rows.length),
    };
    const rows = await far.sample(400, { seed: 3 });
    const [{ kinds }] = await auditExplanations(blind, rows, {
      plants: 400,
      methods: ["gradient-deviation"],
    });
    // One of five columns; three of five. Within four standard errors.
    expect(Math.abs((kinds.shift?.first ?? 0) - 0.2)).toBeLessThan(0.08);
    expect(Math.abs((kinds.shift?.amongTop ?? 0) - 0.6)).toBeLessThan(0.1);
  });

  it("is the same for the same seed, up to times", async () => {
    const model = correlated();
    const rows = await model.sample(200, { seed: 1 });
    const run = async (seed: number) =>
      (
        await auditExplanations(model, rows, { plants: 20, seed, methods: ["surprise", "counterfactual"] })
      ).map(({ secondsPerThousand, ...rest }) => rest);
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  it("leaves out what the columns do not allow, and refuses what it does not know", async () => {
    const model = mixedModel();
    const rows = await model.sample(100, { seed: 1 });
    const [{ kinds }] = await auditExplanations(model, rows, { plants: 10, methods: ["surprise"] });
    expect(Object.keys(kinds)).toEqual(["shift", "swap", "extreme"]);
    await expect(
      auditExplanations(model, rows, { methods: ["guess" as ExplanationMethodName] }),
    ).rejects.toMatchObject({ code: "usage" });
    await expect(auditExplanations(model, new Float64Array(4).fill(Number.NaN))).rejects.toMatchObject({
      code: "shape",
    });
  });
});
