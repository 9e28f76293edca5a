// The mixture of Gaussians with full covariances against scipy, and its draws against its moments.

import { expect, it } from "vitest";
import { gaussianMixture } from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import { input } from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "../bijections/support.js";
import { draws } from "./support.js";

const z = input("z", ["batch", 2]);

// import numpy as np; from scipy import stats, special
// w = [.2, .5, .3]; mu = [[0, 1], [-2, .5], [3, -1]]
// A = [np.array(a) for a in ([[1, 0], [0, 1]], [[2, 0], [-.7, .5]], [[.4, 0], [1.1, 3]])]
// p = lambda z: special.logsumexp([np.log(w[k]) + stats.multivariate_normal.logpdf(z, mu[k],
//     np.linalg.inv(A[k].T @ A[k])) for k in range(3)])
// print([p(z) for z in ([0, 0], [-2.5, 1], [3, -1.2], [10, -20], [1000, 300])])
const points = Float64Array.of(0, 0, -2.5, 1, 3, -1.2, 10, -20, 1000, 300);
const expected = [
  -3.0796578585942163, -3.061822415889809, -3.038871503490424, -273.94731497884345, -544703.9473149789,
];

/** The mixture of those lines. */
function example(float: "float64" | "float32" = "float64") {
  const base = gaussianMixture({ dim: 2, components: 3 });
  const store = randomStore(base.parameters, { noise: 0, float });
  store.view(base.parameters.logits).set([0.2, 0.5, 0.3].map(Math.log));
  store.view(base.parameters.mean).set([0, 1, -2, 0.5, 3, -1]);
  store.view(base.parameters.logDiagonal).set([1, 1, 2, 0.5, 0.4, 3].map(Math.log));
  // What is not below the diagonal does not count.
  store.view(base.parameters.lower).set([9, 9, 0, 9, 9, 9, -0.7, 9, 9, 9, 1.1, 9]);
  return { base, store };
}

it.each([
  ["float64", 1e-12],
  ["float32", 1e-6],
] as const)("has scipy's log-density in %s", async (float, tolerance) => {
  const { base, store } = example(float);
  const { p } = await evaluate({ p: base.logProb(z) }, { z: points }, store);
  expect(worstError(p, expected)).toBeLessThan(tolerance);
});

it("draws rows with the mean and covariance of its parts", async () => {
  const { base, store } = example();
  const count = 100_000;
  const values = await draws(base, count, store);
  const average = (f: (a: number, b: number) => number) => {
    let total = 0;
    for (let i = 0; i < values.length; i += 2) total += f(values[i], values[i + 1]);
    return total / count;
  };
  // From the same lines: m = Σ w mu, Σ w (inv(AᵀA) + (mu − m)(mu − m)ᵀ).
  const [first, second] = [-0.1, 0.15];
  expect(average((a) => a)).toBeCloseTo(first, 1.3);
  expect(average((_, b) => b)).toBeCloseTo(second, 1.3);
  expect(average((a) => (a - first) ** 2) / 6.89).toBeCloseTo(1, 1.5);
  expect(average((a, b) => (a - first) * (b - second)) / -1.8975).toBeCloseTo(1, 1.3);
  expect(average((_, b) => (b - second) ** 2) / 3.332916666666667).toBeCloseTo(1, 1.5);
});

it("starts with variance near 1 in every direction, and a single component as the standard normal", async () => {
  const one = gaussianMixture({ dim: 2, components: 1 });
  const { p } = await evaluate(
    { p: one.logProb(z) },
    { z: points },
    randomStore(one.parameters, { noise: 0 }),
  );
  const normal = expected.map(
    (_, i) => -0.5 * (points[2 * i] ** 2 + points[2 * i + 1] ** 2) - Math.log(2 * Math.PI),
  );
  expect(worstError(p, normal)).toBeLessThan(1e-14);

  const many = gaussianMixture({ dim: 2, components: 50, random: new Random(2) });
  const values = await draws(many, 20_000, randomStore(many.parameters, { noise: 0 }));
  const square = values.reduce((total, v) => total + v * v, 0) / values.length;
  expect(square).toBeCloseTo(1, 0.8);
});

it("starts from rows of a sample that lie far from one another", () => {
  const random = new Random(6);
  const corners = [-5, -5, 5, -5, -5, 5, 5, 5];
  const sample = Float64Array.from(
    { length: 400 },
    (_, i) => corners[2 * (Math.floor(i / 2) % 4) + (i % 2)] + 0.2 * random.normal(),
  );
  const means = gaussianMixture({ dim: 2, components: 4, sample, random }).parameters.mean
    .initial as Float64Array;
  const found = [0, 1, 2, 3].map((k) => `${Math.sign(means[2 * k])} ${Math.sign(means[2 * k + 1])}`);
  expect(new Set(found).size).toBe(4);
});

it("takes one column", async () => {
  const base = gaussianMixture({ dim: 1, components: 2 });
  const store = randomStore(base.parameters, { noise: 0 });
  store.view(base.parameters.mean).set([-1, 2]);
  store.view(base.parameters.logDiagonal).set([0, Math.log(2)]);
  const p = base.logProb(input("x", ["batch", 1]));
  const result = await evaluate({ p }, { x: Float64Array.of(0.5) }, store);
  const normal = (v: number, scale: number) =>
    Math.exp(-0.5 * (v / scale) ** 2) / (scale * Math.sqrt(2 * Math.PI));
  expect(result.p[0]).toBeCloseTo(Math.log(0.5 * normal(1.5, 1) + 0.5 * normal(1.5, 0.5)), 13);
});
