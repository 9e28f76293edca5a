// Surprise and density gained, given the rest of the row, where the conditional densities are known.

import { describe, expect, it } from "vitest";
import { type Explained, explain, type Reason } from "../../src/explain/index.js";
import type { ColumnConfig } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { erf } from "../helpers/index.js";
import { exampleModel, exampleRows } from "../model/example-model.js";
import {
  colourMeans,
  colours,
  colourWeights,
  correlated,
  gaussian,
  mixedModel,
  unseenLogProb,
} from "./known-models.js";

const byName = (reasons: readonly Reason[]) =>
  Object.fromEntries(reasons.map((reason) => [reason.column, reason]));

/** −log P(|Z| ≥ |z|) of a standard normal. */
const normalSurprise = (z: number) => -Math.log(1 - erf(Math.abs(z) / Math.SQRT2));

describe("under a Gaussian", () => {
  const narrow = gaussian(
    [0, 1e6],
    [
      [1, 0.99999e3],
      [0.99999e3, 1e6],
    ],
  );
  it.each([
    { name: "of correlated columns", model: correlated(), row: [10, -1, 500] },
    { name: "at its mean", model: correlated(), row: [10, -3, 500] },
    { name: "far out", model: correlated(), row: [14, -1, 620] },
    { name: "whose columns all but determine each other", model: narrow, row: [0.5, 1e6 + 512] },
  ])(
    "the conditional density, its mode and its tails are the closed form's: $name",
    async ({ model, row }) => {
      const [gain] = await explain(model, [row], { method: "conditional" });
      const [surprise] = await explain(model, [row], { method: "surprise" });
      const deviation = row.map((value, d) => value - model.mean[d]);
      for (const [d, { name }] of model.columns.entries()) {
        const precision = model.precision[d][d];
        const pull = model.precision[d].reduce((sum, weight, e) => sum + weight * deviation[e], 0);
        const z = pull / Math.sqrt(precision);
        const found = byName(gain.reasons)[name];
        expect(found.nats).toBeCloseTo((z * z) / 2, 2);
        expect(Math.abs(Number(found.expected) - (row[d] - pull / precision))).toBeLessThan(
          0.1 / Math.sqrt(precision),
        );
        // Quadrature in 120 values.
        expect(Math.abs(byName(surprise.reasons)[name].nats - normalSurprise(z))).toBeLessThan(0.05);
      }
    },
  );

  it("the greatest contribution comes first, and `top` says how many come", async () => {
    const [{ reasons }] = await explain(correlated(), [[10, 1, 500]], { top: 2 });
    expect(reasons.map(({ column }) => column)).toEqual(["x2", "x1"]);
    expect(reasons[0].value).toBe(1);
  });
});

/** A model of one column whose density is given. */
function single(column: Partial<ColumnConfig>, logProb: (x: number) => number, draws: number[]): Explained {
  const whole: ColumnConfig = {
    name: "x",
    kind: "continuous",
    center: 0,
    scale: 1,
    minimum: Math.min(...draws),
    maximum: Math.max(...draws),
    ...column,
  };
  return {
    columns: [whole],
    logProb: async (rows) => Float64Array.from(rows as ArrayLike<number>, (x) => logProb(Number(x))),
    scoreFunction: async (rows) => Float64Array.from(rows as ArrayLike<number>, () => 0),
    sample: async (n) => Float64Array.from({ length: n }, (_, i) => draws[i % draws.length]),
  };
}

describe("under other densities", () => {
  it("a value between two humps is as surprising as all values in valleys and tails together", async () => {
    const random = new Random(1);
    const draws = Array.from(
      { length: 500 },
      () => (random.uniform() < 0.7 ? -3 : 3) + 0.5 * random.normal(),
    );
    const hump = (x: number, mean: number) => Math.exp(-((x - mean) ** 2) / 0.5) / Math.sqrt(0.5 * Math.PI);
    const density = (x: number) => 0.7 * hump(x, -3) + 0.3 * hump(x, 3);
    const model = single({}, (x) => Math.log(density(x)), draws);
    const [{ reasons }] = await explain(model, [[-1.4]]);
    // By a sum over a fine grid.
    let rarer = 0;
    for (let x = -12; x < 12; x += 1e-3) if (density(x) <= density(-1.4)) rarer += density(x) * 1e-3;
    expect(reasons[0].nats).toBeCloseTo(-Math.log(rarer), 1);
    expect(Number(reasons[0].expected)).toBeCloseTo(-3, 1);
  });

  it("a Cauchy variable is as surprising as its tails are light", async () => {
    const draws = Array.from({ length: 400 }, (_, i) => Math.tan(Math.PI * ((i + 0.5) / 400 - 0.5)));
    const model = single({ scale: 3 }, (x) => -Math.log(Math.PI * (1 + x * x)), draws);
    for (const x of [0.5, 4, 40]) {
      const [{ reasons }] = await explain(model, [[x]]);
      expect(Math.abs(reasons[0].nats + Math.log(1 - (2 / Math.PI) * Math.atan(x)))).toBeLessThan(0.1);
    }
  });

  it("a lattice is counted point by point, and its likeliest point is expected", async () => {
    // Binomial, 10 throws of a coin: P(k ≤ 1 or k ≥ 9) = 22 / 1024.
    const ways = [1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1];
    const column = { kind: "discrete", quantum: 1, lattice: true, center: 5, scale: 1.6 } as const;
    const model = single(
      column,
      (x) => Math.log((ways[x] ?? 1e-30) / 1024),
      ways.map((_, k) => k),
    );
    const [{ reasons }] = await explain(model, [[9]]);
    expect(reasons[0]).toMatchObject({ value: 9, expected: 5 });
    expect(reasons[0].nats).toBeCloseTo(-Math.log(22 / 1024), 3);
    const [gain] = await explain(model, [[9]], { method: "conditional" });
    expect(gain.reasons[0].nats).toBeCloseTo(Math.log(252 / 10), 6);
  });

  it("a flow's profile is that of a fine grid, kinks and all", async () => {
    const model = exampleModel({ dim: 3 });
    const x = exampleRows(model, 1);
    const [{ reasons, logProb }] = await explain(model, x);
    for (const [d, { name, center, scale }] of model.columns.entries()) {
      const grid = new Float64Array(3 * 2401).map((_, i) =>
        i % 3 === d ? center + scale * (-12 + Math.floor(i / 3) / 100) : x[i % 3],
      );
      const along = await model.logProb(grid);
      const most = Math.max(...along, logProb);
      let [total, rarer] = [0, 0];
      for (const value of along) {
        total += Math.exp(value - most);
        if (value <= logProb) rarer += Math.exp(value - most);
      }
      expect(Math.abs(byName(reasons)[name].nats + Math.log(rarer / total))).toBeLessThan(0.2);
    }
    await model.release();
  });
});

describe("categories", () => {
  const joint = (code: number, size: number) =>
    colourWeights[code] * Math.exp(-((size - colourMeans[code]) ** 2) / 2);

  it("are enumerated: the surprise is the log of an exact probability", async () => {
    const size = 1.2;
    const [{ reasons }] = await explain(mixedModel(), [[1, size]]);
    const weights = colours.map((_, code) => joint(code, size));
    const total = weights.reduce((sum, weight) => sum + weight);
    const rarer = weights.filter((weight) => weight <= weights[1]).reduce((sum, weight) => sum + weight);
    const { colour } = byName(reasons);
    expect(colour).toMatchObject({ value: "green", expected: "red" });
    expect(colour.nats).toBeCloseTo(-Math.log(rarer / total), 4);
    const [gain] = await explain(mixedModel(), [[1, size]], { method: "conditional" });
    expect(byName(gain.reasons).colour.nats).toBeCloseTo(Math.log(weights[0] / weights[1]), 6);
  });

  it("that were never seen are compared with those that were", async () => {
    const [{ reasons }] = await explain(mixedModel(), [[3, 0]], { method: "conditional" });
    expect(byName(reasons).colour).toMatchObject({ value: "(never seen)", expected: "red" });
    expect(byName(reasons).colour.nats).toBeCloseTo(Math.log(0.6) - unseenLogProb, 6);
  });
});

it("a missing cell contributes nothing, and the others are explained by what is known", async () => {
  const [{ reasons }] = await explain(mixedModel(), [[2, Number.NaN]]);
  expect(byName(reasons).size).toMatchObject({ value: null, nats: 0 });
  // The rarest colour of three, of probability 0.1.
  expect(byName(reasons).colour.nats).toBeCloseTo(-Math.log(0.1), 3);
});
