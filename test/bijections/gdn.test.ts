// Generalised divisive normalisation against its formula, and what its inverse and its image are.

import { describe, expect, it } from "vitest";
import {
  type Bijection,
  buildBijection,
  chain,
  type GdnInverse,
  gdn,
  linear,
} from "../../src/bijections/index.js";
import { normal } from "../../src/distributions/index.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";
import { add, input } from "../../src/tensor/index.js";
import {
  asFloat,
  evaluate,
  integral,
  logAbsDeterminant,
  normalRows,
  randomStore,
  worstError,
} from "./support.js";

const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

/** The layer's numbers as the formula has them. */
function numbersOf(layer: Bijection, store: ReturnType<typeof randomStore>) {
  const { rawBeta, rawGamma, rawEpsilon } = layer.parameters;
  return {
    beta: [...store.view(rawBeta)].map((raw) => 1e-6 + softplus(raw)),
    gamma: [...store.view(rawGamma)].map(softplus),
    epsilon: (alpha: number, given: number) =>
      rawEpsilon
        ? [...store.view(rawEpsilon)].map((raw) => sigmoid(raw) / alpha)
        : Array<number>(layer.dim).fill(given),
  };
}

it.each([
  [2, "learned"],
  [2, 0.5],
  [1, 0.7],
  [3, 0.2],
] as const)("is x / (β + Σ γ |x|^α)^ε with its dense Jacobian, α = %d and ε = %s", async (alpha, given) => {
  const dim = 4;
  const layer = gdn({ dim, alpha, epsilon: given });
  const store = randomStore(layer.parameters, { noise: 1 });
  const { beta, gamma, epsilon } = numbersOf(layer, store);
  const powers = epsilon(alpha, given === "learned" ? Number.NaN : given);
  const rows = 6;
  const points = normalRows(rows, dim, 2);
  const { y, logDet } = await evaluate(layer.forward(input("x", ["batch", dim])), { x: points }, store);
  for (let row = 0; row < rows; row++) {
    const x = [...points.subarray(row * dim, (row + 1) * dim)];
    const n = beta.map((b, i) => b + x.reduce((t, v, j) => t + gamma[i * dim + j] * Math.abs(v) ** alpha, 0));
    const value = x.map((v, i) => v / n[i] ** powers[i]);
    expect(worstError(y.subarray(row * dim, (row + 1) * dim), value)).toBeLessThan(1e-14);
    // As the paper has it: δ_ik / n_i^ε − ε α x_i γ_ik |x_k|^(α−1) sgn(x_k) / n_i^(ε+1).
    const jacobian = Float64Array.from({ length: dim * dim }, (_, at) => {
      const [i, k] = [Math.floor(at / dim), at % dim];
      const own = i === k ? n[i] ** -powers[i] : 0;
      const slope = Math.abs(x[k]) ** (alpha - 1) * Math.sign(x[k]);
      return own - (powers[i] * alpha * x[i] * gamma[at] * slope) / n[i] ** (powers[i] + 1);
    });
    expect(logDet[row]).toBeCloseTo(logAbsDeterminant(jacobian, dim), 12);
  }
});

it("starts near the identity: rows of standard normals keep their size and direction", async () => {
  const dim = 16;
  const points = normalRows(100, dim);
  const layer = gdn({ dim });
  const { y } = await evaluate(
    layer.forward(input("x", ["batch", dim])),
    { x: points },
    randomStore(layer.parameters, { noise: 0 }),
  );
  for (const [i, value] of y.entries()) expect(value / points[i]).toBeGreaterThan(0.7);
  for (const [i, value] of y.entries()) expect(value / points[i]).toBeLessThan(1);
});

describe("the inverse", () => {
  it.each([
    ["float64", 1e-12],
    ["float32", 1e-5],
  ] as const)("finds what 64 columns were, also where pools are wild, in %s", async (float, tolerance) => {
    const dim = 64;
    const layer = gdn({ dim });
    const store = randomStore(layer.parameters, { noise: 1.5, float });
    const x = input("x", ["batch", dim]);
    const points = normalRows(8, dim, 3);
    const { back } = await evaluate({ back: layer.inverse(layer.forward(x).y).x }, { x: points }, store);
    expect(worstError(back, Float64Array.from(asFloat({ points }, float).points))).toBeLessThan(tolerance);
  });

  it("reaches any row where αε is below 1: values up to 10 at αε = 0.9, |x| up to 3e8", async () => {
    const dim = 8;
    const layer = gdn({ dim, epsilon: 0.45 });
    const store = randomStore(layer.parameters, { noise: 1 });
    const points = normalRows(200, dim, 3);
    const away = layer.inverse(input("x", ["batch", dim])).x;
    const { home } = await evaluate({ home: layer.forward(away).y }, { x: points }, store);
    expect(worstError(home, points)).toBeLessThan(1e-10);
  });

  it("is NaN, not an error, where |x| would be beyond float32, also for large α", async () => {
    const layer = gdn({ dim: 2, alpha: 6, epsilon: 0.15 });
    const store = randomStore(layer.parameters, { noise: 0, float: "float32" });
    const points = Float64Array.of(1, 2, 1e8, 1, 0, -3);
    const { x } = await evaluate(layer.inverse(input("x", ["batch", 2])), { x: points }, store);
    expect([...x].map(Number.isNaN)).toEqual([false, false, true, true, false, false]);
  });

  it("at αε = 1 is NaN outside the image, whose bound is γ^−ε, and right within", async () => {
    const layer = gdn({ dim: 1, epsilon: 0.5 });
    const store = randomStore(layer.parameters, { noise: 0 });
    const {
      beta: [beta],
      gamma: [gamma],
    } = numbersOf(layer, store);
    const bound = 1 / Math.sqrt(gamma);
    const points = Float64Array.of(-1.01 * bound, -0.99 * bound, 0, 0.5 * bound, 2 * bound);
    const { x } = await evaluate(layer.inverse(input("x", ["batch", 1])), { x: points }, store);
    const wanted = points.map((y) => y * Math.sqrt(beta / (1 - gamma * y * y)));
    expect([...x].map(Number.isNaN)).toEqual([true, false, false, false, true]);
    for (const i of [1, 2, 3]) expect(x[i]).toBeCloseTo(wanted[i], 9);
  });
});

describe("the fixed point", () => {
  const both = (dim: number, alpha: number, epsilon: number | "learned") =>
    (["newton", "fixed-point"] as const).map((inverse) => gdn({ dim, alpha, epsilon, inverse }));
  const inverted = (layer: Bijection, points: Float64Array, noise: number) =>
    evaluate(
      layer.inverse(input("x", ["batch", layer.dim])),
      { x: points },
      randomStore(layer.parameters, { noise }),
    );

  it.each([
    [2, "learned"],
    [2, 0.4],
    [1, 0.7],
    [3, 0.2],
  ] as const)(
    "finds the rows and log-dets that Newton's method finds, α = %d and ε = %s",
    async (alpha, epsilon) => {
      const points = normalRows(50, 6, 1.5);
      const [newton, fixed] = await Promise.all(
        both(6, alpha, epsilon).map((layer) => inverted(layer, points, 0.7)),
      );
      expect(newton.x.some(Number.isNaN)).toBe(false);
      expect(worstError(fixed.x, newton.x)).toBeLessThan(1e-6);
      expect(worstError(fixed.logDet, newton.logDet)).toBeLessThan(1e-6);
    },
  );

  it("is 100 steps of |x| ← |y| n(|x|)^ε, each of which leaves at most αε (1 − β/n) of the error; NaN where they miss", async () => {
    const [dim, alpha, epsilon, rows, noise] = [3, 2, 0.485, 60, 0.5];
    const points = normalRows(rows, dim, 1.5);
    const [newton, fixed] = both(dim, alpha, epsilon);
    const { beta, gamma } = numbersOf(fixed, randomStore(fixed.parameters, { noise }));
    const [solution, found] = [await inverted(newton, points, noise), await inverted(fixed, points, noise)];
    const pool = (x: readonly number[]) =>
      beta.map((b, i) => b + x.reduce((total, v, j) => total + gamma[i * dim + j] * v ** alpha, 0));
    const off = (a: readonly number[], b: readonly number[]) =>
      Math.max(...a.map((v, i) => Math.abs(Math.log(v / b[i]))));
    let missed = 0;
    for (let row = 0; row < rows; row++) {
      const of = (values: Float64Array) => [...values.subarray(row * dim, (row + 1) * dim)].map(Math.abs);
      const [y, root] = [of(points), of(solution.x)];
      const rate = Math.max(...pool(root).map((n, i) => alpha * epsilon * (1 - beta[i] / n)));
      const next = (x: readonly number[]) => pool(x).map((n, i) => y[i] * n ** epsilon);
      let x = y.map((v, i) => v * beta[i] ** epsilon);
      for (let step = 0; step < 100; step++) {
        const better = next(x);
        // Rounding is all that is left of an error in the end.
        expect(off(better, root)).toBeLessThanOrEqual(rate * off(x, root) + 1e-13);
        x = better;
      }
      const isMissed = off(next(x), x) > 1e-4;
      missed += isMissed ? 1 : 0;
      expect(of(found.x).map(Number.isNaN), `row ${row}`).toEqual(Array(dim).fill(isMissed));
    }
    expect(missed).toBeGreaterThan(2);
    expect(missed).toBeLessThan(rows / 2);
  });

  it("is remembered by the configuration; one from before there was a choice means Newton's method", () => {
    const config = gdn({ dim: 2, inverse: "fixed-point" }).config();
    expect(buildBijection(config).config()).toEqual({ ...config, inverse: "fixed-point" });
    const { inverse: _, ...old } = config;
    expect(buildBijection(old).config()).toMatchObject({ inverse: "newton" });
    expect(() => buildBijection({ ...config, inverse: "bisection" })).toThrow(/does not fit/);
  });
});

it("gives a density on the plane that integrates to one between dense layers, αε below 1", async () => {
  const dense = (seed: number) => linear({ dim: 2, noise: 0.2, random: new Random(seed) });
  const flow = chain([dense(1), gdn({ dim: 2 }), dense(2), gdn({ dim: 2, epsilon: 0.3 }), dense(3)]);
  const { y, logDet } = flow.forward(input("x", ["batch", 2]));
  const store = randomStore(flow.parameters, { noise: 0.15 });
  const density = add(normal({ dim: 2 }).logProb(y), logDet);
  expect(await integral(density, 2, store, { reach: 8, count: 201 })).toBeCloseTo(1, 3);
});

it("at αε = 1 loses just the normal's mass outside the image", async () => {
  const layer = gdn({ dim: 1, epsilon: 0.5 });
  const store = randomStore(layer.parameters, { noise: 0 });
  store.view(layer.parameters.rawGamma).set([Math.log(Math.expm1(0.25))]);
  const { y, logDet } = layer.forward(input("x", ["batch", 1]));
  const density = add(normal({ dim: 1 }).logProb(y), logDet);
  // |y| < γ^−½ = 2: erf(√2).
  expect(await integral(density, 1, store, { reach: 20, count: 4001 })).toBeCloseTo(0.954499736, 6);
});

it.each([
  [{ dim: 2, alpha: 0.5 }, /alpha must be at least 1/],
  [{ dim: 2, epsilon: 0.51 }, /up to 1\/alpha = 0.5/],
  [{ dim: 2, alpha: 4, epsilon: 0.5 }, /up to 1\/alpha = 0.25/],
  [{ dim: 2, epsilon: 0 }, /epsilon/],
  [{ dim: 2, epsilon: Number.NaN }, /epsilon/],
  [{ dim: 2, inverse: "bisection" as GdnInverse }, /no inverse "bisection"/],
])("refuses %j", (options, message) => {
  expect(() => gdn(options)).toThrow(LogdetError);
  expect(() => gdn(options)).toThrow(message);
});
