// What must hold for every base density, with random parameters: it is a density, and its draws follow it. Where
// columns depend on each other, these two are in dependence.test.ts.

import { describe, expect, it } from "vitest";
import { buildDistribution, distributions } from "../../src/distributions/index.js";
import { ParameterStore } from "../../src/runtime/parameter-store.js";
import { Program } from "../../src/runtime/program.js";
import { gradients, input, mean, type Tensor } from "../../src/tensor/index.js";
import {
  differences,
  evaluate,
  integral,
  lineGrid,
  normalRows,
  randomStore,
  wideRows,
  within,
  worstError,
} from "../bijections/support.js";
import { dependentCases, distributionCases, supports } from "./cases.js";
import { draws, sampler } from "./support.js";

it("the battery covers every type in the table", () => {
  const covered = Object.values({ ...distributionCases, ...dependentCases }).map(
    (make) => make(2).config().type,
  );
  expect([...new Set(covered)].sort()).toEqual(Object.keys(distributions).sort());
});

/** The largest distance between the draws' distribution function and one given on a grid of points. */
function kolmogorovSmirnov(values: Float64Array, points: Float64Array, cumulative: Float64Array): number {
  const sorted = values.toSorted();
  let worst = 0;
  let i = 0;
  for (let k = 0; k < points.length; k++) {
    while (i < sorted.length && sorted[i] <= points[k]) i++;
    worst = Math.max(worst, Math.abs(i / sorted.length - cumulative[k]));
  }
  return worst;
}

describe.each(Object.entries(distributionCases))("%s", (name, make) => {
  it.each([
    [1, 40, 4001],
    [2, 14, 701],
  ])("integrates to one in %i dimensions", async (dim, reach, count) => {
    const base = make(dim);
    const density = base.logProb(input("x", ["batch", dim]));
    const total = await integral(density, dim, randomStore(base.parameters, { noise: 0.3 }), {
      reach,
      count,
      support: supports[name],
    });
    // On the coarser grid of the plane, the kink of the Laplace density costs 3e-4.
    expect(total).toBeCloseTo(1, dim === 1 ? 4 : 3);
  });

  it("draws what its density says, column by column", async () => {
    const dim = 2;
    const count = 20_000;
    const base = make(dim);
    const store = randomStore(base.parameters, { noise: 0.3 });
    const values = await draws(base, count, store);
    const { points, weights } = lineGrid(25, 8001, supports[name]);
    for (let column = 0; column < dim; column++) {
      // Columns are independent: along one of them the joint density is the marginal times a constant.
      const rows = Float64Array.from({ length: points.length * dim }, (_, i) =>
        i % dim === column ? points[Math.floor(i / dim)] : 0,
      );
      const { density } = await evaluate(
        { density: base.logProb(input("x", ["batch", dim])) },
        { x: rows },
        store,
      );
      let sum = 0;
      const running = density.map((logDensity, i) => {
        const mass = Math.exp(logDensity) * weights[i];
        sum += mass;
        // Half of this point's mass lies beyond it.
        return sum - mass / 2;
      });
      const cumulative = running.map((value) => value / sum);
      const drawn = Float64Array.from({ length: count }, (_, i) => values[i * dim + column]);
      // Exceeded by chance once in a thousand seeds.
      expect(kolmogorovSmirnov(drawn, points, cumulative)).toBeLessThan(1.95 / Math.sqrt(count));
    }
  });

  it("draws columns that do not depend on each other", async () => {
    const count = 20_000;
    const base = make(2);
    const values = await draws(base, count, randomStore(base.parameters));
    // Signs around zero, so that heavy tails do no harm.
    let [agree, first, second] = [0, 0, 0];
    for (let i = 0; i < values.length; i += 2) {
      const [a, b] = [values[i] > 0 ? 1 : 0, values[i + 1] > 0 ? 1 : 0];
      agree += a * b;
      first += a;
      second += b;
    }
    expect(Math.abs(agree / count - (first / count) * (second / count))).toBeLessThan(
      (3.3 * 0.25) / Math.sqrt(count),
    );
  });
});

describe.each(Object.entries({ ...distributionCases, ...dependentCases }))("%s", (title, make) => {
  it("has the gradients that differences show, for its argument and every parameter", async () => {
    const dim = 2;
    const base = make(dim);
    const store = randomStore(base.parameters);
    const z = input("z", ["batch", dim]);
    const loss = mean(base.logProb(z));
    // Moved off 0, where the Laplace density has its kink.
    const rows = within(
      normalRows(5, dim, 2).map((v) => v + 0.1),
      supports[title],
    );
    const names = ["z", ...Object.keys(base.parameters)];
    const found = gradients(loss, [z, ...Object.values(base.parameters)]);
    const outputs = Object.fromEntries(names.map((name, i) => [name, found[i] as Tensor]));
    const analytic = await evaluate(outputs, { z: rows }, store);
    const program = await Program.compile({ loss }, { parameters: store, float: "float64", threads: 1 });
    for (const name of names) {
      const values = name === "z" ? rows : (store.view(base.parameters[name]) as Float64Array);
      const numeric = await differences(values, async () => (await program.run({ z: rows })).loss[0]);
      expect(worstError(analytic[name], numeric), `gradient of ${name}`).toBeLessThan(1e-7);
    }
    await program.release();
  });

  it("agrees in float32 and float64 up to 10,000, with finite gradients", async () => {
    const dim = 2;
    const base = make(dim);
    const z = input("z", ["batch", dim]);
    const logProb = base.logProb(z);
    const found = gradients(mean(logProb), [z, ...Object.values(base.parameters)]);
    const outputs = {
      logProb,
      ...Object.fromEntries(found.map((gradient, i) => [`gradient ${i}`, gradient as Tensor])),
    };
    const wide = wideRows(dim);
    const double = await evaluate(outputs, { z: wide }, randomStore(base.parameters));
    const single = await evaluate(outputs, { z: wide }, randomStore(base.parameters, { float: "float32" }));
    expect(worstError(single.logProb, double.logProb)).toBeLessThan(2e-6);
    // Gradients are means over rows from −10⁴ to 10⁴ that largely cancel.
    for (const [name, values] of Object.entries(single))
      expect(worstError(values, double[name as "logProb"]), name).toBeLessThan(2e-4);
  });

  it("draws finite numbers in float32, also from noise at the very ends", async () => {
    const dim = 1;
    const base = make(dim);
    const store = randomStore(base.parameters, { float: "float32" });
    const { draw } = sampler(base, 1, store);
    const ends = [2 ** -24, 0.5 - 2 ** -24, 0.5 + 2 ** -24, 1 - 2 ** -24];
    const pairs = ends.flatMap((a) => ends.map((b) => [a, b]));
    const count = pairs.length;
    const inputs = {
      ...(base.noise.uniform > 0 && {
        uniform: Float32Array.from(pairs.flatMap((pair) => pair.slice(0, base.noise.uniform))),
      }),
      ...(base.noise.normal > 0 && { normal: new Float32Array(count).fill(6) }),
    };
    const values = (await evaluate({ draw }, inputs, store)).draw;
    expect(values.length).toBe(count);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it("is built again from its configuration, given the same parameters", async () => {
    const dim = 3;
    const base = make(dim);
    const again = buildDistribution(JSON.parse(JSON.stringify(base.config())));
    const store = randomStore(base.parameters);
    const copy = new ParameterStore(Object.values(again.parameters), { float: "float64" });
    for (const [name, parameter] of Object.entries(again.parameters))
      copy.view(parameter).set(store.view(base.parameters[name]));
    const z = input("z", ["batch", dim]);
    const rows = { z: normalRows(10, dim) };
    expect(await evaluate({ p: again.logProb(z) }, rows, copy)).toEqual(
      await evaluate({ p: base.logProb(z) }, rows, store),
    );
    expect(again.config()).toEqual(base.config());
    expect(again.noise).toEqual(base.noise);
  });
});

describe("configurations that do not fit", () => {
  it.each([
    [{ type: "normal" }, /dim/],
    [{ type: "normal", dim: 1.5 }, /dim/],
    [{ type: "laplace", dim: 2, scale: 3 }, /scale/],
    [{ type: "student-t", dim: 2, degreesOfFreedom: -1 }, /degreesOfFreedom/],
    [{ type: "mixture-of-gaussians", dim: 2, components: 0 }, /components/],
    [{ type: "toString", dim: 2 }, /no base distribution of type "toString"/],
    [null, /no base distribution/],
  ])("%j is refused by name", (config, message) => {
    expect(() => buildDistribution(config)).toThrow(expect.objectContaining({ code: "model" }));
    expect(() => buildDistribution(config)).toThrow(message);
  });
});
