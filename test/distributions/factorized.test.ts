// Joint densities of numbers and categories: they integrate to one over both, and draws follow them.

import { describe, expect, it } from "vitest";
import { chain, conditionalAffine, linear, rationalQuadraticSpline } from "../../src/bijections/index.js";
import {
  buildDistribution,
  type Choice,
  type Distribution,
  factorized,
  gaussianMixture,
  laplace,
  latentClasses,
  mixture,
  normal,
  transformed,
} from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import type { ParameterStore } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { evaluate, normalRows, randomStore } from "../bijections/support.js";
import { draws } from "./support.js";

const categories = () =>
  latentClasses({ sizes: [3], logProbabilities: Float64Array.of(0.2, 0.5, 0.3).map(Math.log) });

const given = (dim: number, seed = 1): Distribution =>
  transformed({
    bijection: chain([
      conditionalAffine({ dim, given: 3 }),
      linear({ dim, noise: 0.3, random: new Random(seed) }),
      rationalQuadraticSpline({ dim, bins: 4 }),
    ]),
    base: normal({ dim }),
  });

const cases: Readonly<Record<string, (dim: number) => Distribution>> = {
  "a flow given categories": (dim) => factorized({ conditional: given(dim), categories: categories() }),
  "a mixture given categories": (dim) =>
    factorized({
      conditional: mixture({
        components: [given(dim), laplace({ dim }), given(dim, 2)],
        weights: [0.5, 0.2, 0.3],
      }),
      categories: categories(),
    }),
  "a mixture within a mixture": (dim) =>
    factorized({
      conditional: mixture({
        components: [mixture({ components: [given(dim), given(dim, 3)] }), gaussianMixture({ dim })],
      }),
      categories: categories(),
    }),
  "numbers that do not depend on categories": (dim) =>
    factorized({ conditional: normal({ dim }), categories: categories() }),
};

/** log p at x, on the line, for the category k. */
async function logProbAt(base: Distribution, store: ParameterStore, x: Float64Array, k: number) {
  const rows = Float64Array.from({ length: 4 * x.length }, (_, i) =>
    i % 4 === 0 ? x[i / 4] : Number(i % 4 === k + 1),
  );
  return (await evaluate({ p: base.logProb(input("row", ["batch", 4])) }, { row: rows }, store)).p;
}

const grid = Float64Array.from({ length: 24_001 }, (_, i) => (i - 12_000) / 300);

describe.each(Object.entries(cases))("%s", (_, make) => {
  it("has the probability of each category as its integral over the numbers", async () => {
    const base = make(1);
    const store = randomStore(base.parameters, { noise: 0.3 });
    for (const [k, share] of [0.2, 0.5, 0.3].entries()) {
      const p = await logProbAt(base, store, grid, k);
      expect(p.reduce((total, value) => total + Math.exp(value) / 300, 0)).toBeCloseTo(share, 3);
    }
  });

  it("draws categories as they are probable, and numbers as its density says for each", async () => {
    const base = make(1);
    const store = randomStore(base.parameters, { noise: 0.3 });
    const count = 20_000;
    const rows = await draws(base, count, store);
    for (const [k, share] of [0.2, 0.5, 0.3].entries()) {
      const own = Float64Array.from({ length: count }, (_, row) => row)
        .filter((row) => rows[4 * row + 1 + k] === 1)
        .map((row) => rows[4 * row])
        .sort();
      expect(Math.abs(own.length / count - share)).toBeLessThan(0.015);
      const p = await logProbAt(base, store, grid, k);
      let [cumulative, worst, i] = [0, 0, 0];
      for (const [at, value] of grid.entries()) {
        cumulative += Math.exp(p[at]) / 300 / share;
        while (i < own.length && own[i] <= value) i++;
        worst = Math.max(worst, Math.abs(i / own.length - cumulative));
      }
      // Kolmogorov and Smirnov's statistic passes this once in 100,000.
      expect(worst).toBeLessThan(2.5 / Math.sqrt(own.length));
    }
  });

  it("is built again from its configuration, parameters by the same names", async () => {
    const base = make(2);
    const again = buildDistribution(JSON.parse(JSON.stringify(base.config())));
    expect(again.config()).toEqual(base.config());
    expect(again.dim).toBe(5);
    expect(Object.keys(again.parameters)).toEqual(Object.keys(base.parameters));
  });
});

it("is a mixture where its conditional density is one: a component's share of the noise gives the row", async () => {
  const base = cases["a mixture given categories"](2);
  const { components, pick, uniforms } = base.choice as Choice;
  const store = randomStore(base.parameters);
  const count = 300;
  const noise = {
    uniform: new Random(1).fillUniform(new Float64Array(count * base.noise.uniform)),
    normal: new Random(2).fillNormal(new Float64Array(count * base.noise.normal)),
  };
  const inputs = ({ uniform, normal }: Distribution["noise"]) => ({
    ...(uniform > 0 && { uniform: input("uniform", ["batch", uniform]) }),
    ...(normal > 0 && { normal: input("normal", ["batch", normal]) }),
  });
  const all = inputs(base.noise);
  const { drawn, chosen } = await evaluate({ drawn: base.sample(all), chosen: pick(all) }, noise, store);
  expect(new Set(chosen)).toEqual(new Set([0, 1, 2]));
  for (const [k, component] of components.entries()) {
    const own = component.noise;
    const part = (values: Float64Array, width: number, from: number, columns: number) =>
      Float64Array.from(
        { length: count * columns },
        (_, i) => values[Math.floor(i / columns) * width + from + (i % columns)],
      );
    const { rows } = await evaluate(
      { rows: component.sample(inputs(own)) },
      {
        uniform: part(noise.uniform, base.noise.uniform, uniforms, own.uniform),
        ...(own.normal > 0 && { normal: part(noise.normal, base.noise.normal, 0, own.normal) }),
      },
      store,
    );
    for (let row = 0; row < count; row++)
      if (chosen[row] === k)
        expect([...rows.subarray(5 * row, 5 * row + 5)]).toEqual([...drawn.subarray(5 * row, 5 * row + 5)]);
  }
});

it("adds up: each component's density, weighted, and each one's bijection before its base", async () => {
  const base = cases["a mixture given categories"](2);
  const { components, logWeights } = base.choice as Choice;
  const row = input("row", ["batch", 5]);
  const numbers = normalRows(20, 2);
  const rows = Float64Array.from({ length: 100 }, (_, i) =>
    i % 5 < 2 ? numbers[Math.floor(i / 5) * 2 + (i % 5)] : Number(Math.floor(i / 5) % 3 === (i % 5) - 2),
  );
  const first = components[0].through as NonNullable<Distribution["through"]>;
  const through = first.bijection.forward(row);
  const found = await evaluate(
    {
      whole: base.logProb(row),
      weights: logWeights,
      ...Object.fromEntries(components.map((component, k) => [`p${k}`, component.logProb(row)])),
      base: first.base.logProb(through.y),
      logDet: through.logDet,
    },
    { row: rows },
    randomStore(base.parameters),
  );
  const part = found as Record<string, Float64Array>;
  for (let i = 0; i < 20; i++) {
    const sum = [0, 1, 2].reduce((total, k) => total + Math.exp(part.weights[k] + part[`p${k}`][i]), 0);
    expect(Math.log(sum)).toBeCloseTo(part.whole[i], 10);
    expect(part.base[i] + part.logDet[i]).toBeCloseTo(part.p0[i], 10);
  }
});
