// Densities made of others: mixtures, and densities seen through a bijection.

import { describe, expect, it } from "vitest";
import { linear, rationalQuadraticSpline } from "../../src/bijections/index.js";
import {
  buildDistribution,
  type Choice,
  laplace,
  mixture,
  mixtureOfGaussians,
  normal,
  transformed,
} from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import { gradients, input, mean, type Tensor } from "../../src/tensor/index.js";
import {
  differences,
  evaluate,
  integral,
  normalRows,
  randomStore,
  worstError,
} from "../bijections/support.js";
import { draws } from "./support.js";

const skewed = (dim: number, seed: number) =>
  transformed({
    bijection: linear({ dim, noise: 0.4, random: new Random(seed) }),
    base: mixtureOfGaussians({ dim, random: new Random(seed) }),
  });

const threeOf = (dim: number) =>
  mixture({
    components: [
      skewed(dim, 1),
      laplace({ dim }),
      transformed({ bijection: rationalQuadraticSpline({ dim, bins: 4 }), base: normal({ dim }) }),
    ],
    weights: [0.5, 0.2, 0.3],
  });

it.each([
  [1, 40, 4001],
  [2, 14, 701],
])("a mixture of flows integrates to one in %i dimensions", async (dim, reach, count) => {
  const base = threeOf(dim);
  const store = randomStore(base.parameters, { noise: 0.2 });
  expect(await integral(base.logProb(input("x", ["batch", dim])), dim, store, { reach, count })).toBeCloseTo(
    1,
    3,
  );
});

it("is the weighted sum of its components' densities", async () => {
  const dim = 2;
  const parts = [normal({ dim }), laplace({ dim })];
  const x = input("x", ["batch", dim]);
  const base = mixture({ components: parts, weights: [3, 1] });
  const { mixed, first, second } = await evaluate(
    { mixed: base.logProb(x), first: parts[0].logProb(x), second: parts[1].logProb(x) },
    { x: normalRows(20, dim, 2) },
    randomStore(base.parameters, { noise: 0 }),
  );
  for (let i = 0; i < 20; i++)
    expect(mixed[i]).toBeCloseTo(Math.log(0.75 * Math.exp(first[i]) + 0.25 * Math.exp(second[i])), 12);
});

it("draws from its components in proportion to their weights", async () => {
  const dim = 2;
  const at = (centre: number) =>
    transformed({
      bijection: linear({ dim, noise: 0, start: { weight: [1, 0, 0, 1], bias: [-centre, -centre] } }),
      base: normal({ dim }),
    });
  const base = mixture({ components: [at(-10), at(0), at(10)], weights: [1, 2, 5] });
  const count = 40_000;
  const values = await draws(base, count, randomStore(base.parameters, { noise: 0 }));
  const shares = [-10, 0, 10].map(
    (centre) =>
      Array.from({ length: count }, (_, i) => values[2 * i]).filter((x) => Math.abs(x - centre) < 5).length /
      count,
  );
  for (const [k, share] of [1 / 8, 1 / 4, 5 / 8].entries())
    expect(Math.abs(shares[k] - share)).toBeLessThan(0.01);
});

it("says which component a row's noise chooses, and a component's share of the noise gives the row", async () => {
  const dim = 2;
  const base = threeOf(dim);
  const { uniform, normal } = base.noise;
  const store = randomStore(base.parameters, { noise: 0.2 });
  const count = 200;
  const given = {
    uniform: new Random(1).fillUniform(new Float64Array(count * uniform)),
    normal: new Random(2).fillNormal(new Float64Array(count * normal)),
  };
  const noise = { uniform: input("uniform", ["batch", uniform]), normal: input("normal", ["batch", normal]) };
  const { components, pick, uniforms } = base.choice as Choice;
  const { drawn, chosen } = await evaluate({ drawn: base.sample(noise), chosen: pick(noise) }, given, store);
  expect(new Set(chosen)).toEqual(new Set([0, 1, 2]));
  for (const [k, component] of components.entries()) {
    const [u, v] = [component.noise.uniform, component.noise.normal];
    const part = (all: Float64Array, width: number, from: number, columns: number) =>
      Float64Array.from(
        { length: count * columns },
        (_, i) => all[Math.floor(i / columns) * width + from + (i % columns)],
      );
    const own = {
      ...(u > 0 && { uniform: input("uniform", ["batch", u]) }),
      ...(v > 0 && { normal: input("normal", ["batch", v]) }),
    };
    const { rows } = await evaluate(
      { rows: component.sample(own) },
      {
        ...(u > 0 && { uniform: part(given.uniform, uniform, uniforms, u) }),
        ...(v > 0 && { normal: part(given.normal, normal, 0, v) }),
      },
      store,
    );
    for (let row = 0; row < count; row++)
      if (chosen[row] === k)
        for (let d = 0; d < dim; d++) expect(rows[row * dim + d]).toBeCloseTo(drawn[row * dim + d], 10);
  }
});

it("has the gradients that differences show, determinants weighed with each component's share of the rows", async () => {
  const dim = 2;
  const base = threeOf(dim);
  const store = randomStore(base.parameters, { noise: 0.2 });
  const x = input("x", ["batch", dim]);
  const rows = normalRows(6, dim, 1.5);
  const loss = mean(base.logProb(x));
  const trained = Object.entries(base.parameters).filter(([, { trainable }]) => trainable);
  const found = gradients(
    loss,
    trained.map(([, parameter]) => parameter),
  ) as Tensor[];
  const analytic = await evaluate(
    Object.fromEntries(found.map((gradient, i) => [`g${i}`, gradient])),
    { x: rows },
    store,
  );
  for (const [i, [name, parameter]] of trained.entries()) {
    const numeric = await differences(
      store.view(parameter) as Float64Array,
      async () => (await evaluate({ loss }, { x: rows }, store)).loss[0],
    );
    expect(worstError(analytic[`g${i}`], numeric), name).toBeLessThan(1e-6);
  }
});

it("keeps its weights where they are not to be learned", () => {
  const fixed = mixture({ components: [normal({ dim: 1 }), laplace({ dim: 1 })], learned: false });
  expect(fixed.parameters.logits.trainable).toBe(false);
});

it("is built again from its configuration", () => {
  const config = JSON.parse(JSON.stringify(threeOf(3).config()));
  const again = buildDistribution(config);
  expect(again.config()).toEqual(config);
  expect(Object.keys(again.parameters)).toEqual(Object.keys(threeOf(3).parameters));
});

describe("refuses", () => {
  it("no components, components of several dimensions, weights that are none", () => {
    expect(() => mixture({ components: [] })).toThrow("at least one component");
    expect(() => mixture({ components: [normal({ dim: 1 }), normal({ dim: 2 })] })).toThrow("one dimension");
    expect(() => mixture({ components: [normal({ dim: 1 })], weights: [-1] })).toThrow("positive weight");
  });

  it("a bijection of another dimension than the base", () => {
    expect(() => transformed({ bijection: linear({ dim: 2 }), base: normal({ dim: 3 }) })).toThrow("takes 3");
  });
});
