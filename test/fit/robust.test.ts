// Fits to tables of which some rows are unlike the others: they must not be learned, nor judge.

import { describe, expect, it } from "vitest";
import { plan } from "../../src/fit/index.js";
import { Random } from "../../src/random/index.js";
import { type Columns, mean, quickFit } from "./support.js";

/** Standard normal rows, of which every twelfth lies about (7, 7) instead. */
function contaminated(rows: number): Columns {
  const random = new Random(4);
  const place = (i: number) => (i % 12 === 0 ? 7 + random.normal() / 5 : random.normal());
  return {
    a: Float64Array.from({ length: rows }, (_, i) => place(i)),
    b: Float64Array.from({ length: rows }, (_, i) => place(i)),
  };
}

const clean = (rows: number) => {
  const random = new Random(5);
  return Array.from({ length: rows }, () => [random.normal(), random.normal()]);
};
/** The mean log-density of standard normal pairs under their own law. */
const entropy = -(1 + Math.log(2 * Math.PI));

const settings = { layers: 1, bins: 2, frontBins: 2, epochs: 60 };

describe("a robust fit", () => {
  it("does not learn what a twelfth of the rows says, and others as well as if it were not there", async () => {
    const table = contaminated(1200);
    const [plain, robust] = [
      await quickFit(table, settings),
      await quickFit(table, { ...settings, robust: 0.1 }),
    ];
    const [[usual], [kind]] = [await plain.model.logProb([[7, 7]]), await robust.model.logProb([[7, 7]])];
    // A twelfth of the mass, within a fifth of (7, 7): log(1 / 12 / (2π / 25)) = 1.1 at the most; e⁻⁵⁰ for two normals.
    expect(usual).toBeGreaterThan(-4);
    expect(kind).toBeLessThan(-12);
    const rows = clean(2000);
    const ofClean = mean(await robust.model.logProb(rows));
    expect(ofClean).toBeGreaterThan(entropy - 0.25);
    expect(ofClean).toBeGreaterThan(mean(await plain.model.logProb(rows)));
    // What is told of held-out rows is told of those that are like the others.
    expect(Math.abs(robust.model.config.metrics.validationLogProb - entropy)).toBeLessThan(0.4);
    expect(robust.model.config.training.robust).toBe(0.1);
    expect(plain.model.config.training).not.toHaveProperty("robust");
    await plain.model.release();
    await robust.model.release();
  });

  it("compares rows with groups of rows that are like the others only", async () => {
    const table = contaminated(1200);
    const farthest = async (robust: number) => {
      const { model } = await quickFit(table, { ...settings, epochs: 20, robust });
      const centers = model.reference?.mixtures.flatMap((mixture) => [...mixture.centers]) ?? [];
      const { center, scale } = model.columns[0];
      await model.release();
      expect(centers.length).toBeGreaterThan(0);
      return Math.max(...centers) * scale + center;
    };
    expect(await farthest(0)).toBeGreaterThan(6);
    expect(await farthest(0.1)).toBeLessThan(5);
  });

  it("chooses among nets by the rows that are like the others", async () => {
    const { model } = await quickFit(contaminated(600), { epochs: 5, search: true, robust: 0.1 });
    const { runs = [] } = model.config.training;
    expect(runs.length).toBeGreaterThan(1);
    const best = Math.max(...runs.map(({ validationLogProb }) => validationLogProb ?? -Infinity));
    // An average of nets, or one of them: by the same rows no worse than the best.
    expect(model.config.metrics.validationLogProb).toBeGreaterThan(best - 0.05);
    await model.release();
  });

  it("is of a plain net and no search, unless told otherwise", () => {
    const table = { trainRows: 10_000, dim: 5 };
    const { recipe, runs } = plan({ robust: 0.1 }, table);
    expect([recipe.layers, recipe.bins, recipe.frontBins, runs]).toEqual([1, 2, 2, 1]);
    const told = plan({ robust: 0.1, layers: 3, bins: 8, search: true }, table);
    expect([told.recipe.layers, told.recipe.bins]).toEqual([3, 8]);
    expect(told.runs).toBeGreaterThan(1);
    expect(plan({ robust: 0.1, flow: "published" }, table).recipe).toEqual(
      plan({ flow: "published" }, table).recipe,
    );
    expect(plan({ robust: 0 }, table)).toEqual(plan({}, table));
  });

  it("is refused where half the rows or more would have no say", async () => {
    for (const robust of [-0.1, 0.5, Number.NaN])
      await expect(quickFit(contaminated(100), { robust })).rejects.toMatchObject({
        code: "usage",
        message: expect.stringMatching(/robust/),
      });
  });
});
