// Words, truth values and missing cells that are in memory already: the same tables as from files.

import { describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { mean, quickFit } from "./support.js";

const random = new Random(4);
const species = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? "gentoo" : "adelie"));
const mass = species.map((name) => (name === "gentoo" ? 5 : 3.7) + 0.3 * random.normal());

describe("columns in memory", () => {
  it("are categories where they hold words or truth values, numbers elsewhere", async () => {
    const isAdult = species.map((_, i) => i % 3 !== 0);
    const { model } = await quickFit({ species, mass, isAdult }, { seed: 1 });
    expect(model.columns.map(({ name, kind, categories }) => [name, kind, categories])).toEqual([
      ["species", "categorical", ["adelie", "gentoo"]],
      ["mass", "continuous", undefined],
      ["isAdult", "categorical", ["false", "true"]],
    ]);
    const [adelie, gentoo] = await model.logProb([
      [0, 3.7, 1],
      [1, 3.7, 1],
    ]);
    // Three quarters against one, and 3.7 is 4.3 standard deviations from a gentoo's mean.
    expect(adelie - gentoo).toBeGreaterThan(Math.log(3) + 1.5);
    const rows = await model.sample(2000, { seed: 2 });
    const share = mean(Array.from({ length: 2000 }, (_, i) => rows[3 * i]));
    // 0.25, to within the sampling error of 300 training rows and 2,000 draws: 0.027.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.11);
    await model.release();
  });

  it("give a category never seen the share of one row over all slots, whatever the number beside it", async () => {
    const { model } = await quickFit({ species, mass }, { seed: 1 });
    const { trainRows } = model.config.training;
    // Integrated over the number, what is left is the category's probability.
    const step = 0.01;
    const masses = Array.from({ length: 3000 }, (_, i) => -10 + (i + 0.5) * step);
    const probability = async (code: number) => {
      const logProb = await model.logProb(masses.map((value) => [code, value]));
      return step * logProb.reduce((sum, value) => sum + Math.exp(value), 0);
    };
    expect((await probability(2)) * 3 * (trainRows + 1)).toBeCloseTo(1, 1);
    expect(Math.abs((await probability(1)) - 0.25)).toBeLessThan(0.1);
    await model.release();
  });

  it("may miss cells: null among words, null or NaN among numbers", async () => {
    const holes = {
      species: species.map((name, i) => (i % 10 === 0 ? null : name)),
      mass: Float64Array.from(mass, (value, i) => (i % 5 === 0 ? Number.NaN : value)),
    };
    const { model } = await quickFit(holes, { epochs: 15, seed: 1, missing: "model" });
    expect(model.columns.map(({ missing }) => missing)).toEqual([true, true]);
    const logProb = await model.logProb([
      [Number.NaN, 3.7],
      [0, Number.NaN],
      [Number.NaN, Number.NaN],
    ]);
    expect(logProb.every(Number.isFinite)).toBe(true);
    // Every tenth row misses its word, and all of these their mass too.
    expect(Math.abs(logProb[2] - Math.log(0.1))).toBeLessThan(0.5);
    await model.release();
  });

  it("are refused where cells are missing and nobody said that they may be", async () => {
    const holes = { species: species.map((name, i) => (i === 7 ? null : name)), mass };
    await expect(quickFit(holes)).rejects.toMatchObject({
      code: "data",
      where: ["row 8", "column species"],
    });
  });
});
