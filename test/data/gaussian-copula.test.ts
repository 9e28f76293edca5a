import { describe, expect, it } from "vitest";
import { fitIncompleteGaussian } from "../../src/data/incomplete-gaussian.js";
import { GaussianCopula, type GaussianCopulaState } from "../../src/data/index.js";
import { NormalScores, type Support } from "../../src/data/normal-scores.js";
import { Random } from "../../src/random/index.js";

/** A margin that changes nothing: a Gaussian copula of such is a Gaussian. */
const unchanged = { scores: [-1, 1], values: [-1, 1] };

/** Mean 0.5, −1, 0; standard deviations 1, 2, 1; correlations 0.6, −0.3 and 0.5. */
const gaussian: GaussianCopulaState = {
  margins: [unchanged, unchanged, unchanged],
  mean: [0.5, -1, 0],
  covariance: [1, 1.2, -0.3, 1.2, 4, 1, -0.3, 1, 1],
};

const logNormal = (x: number, mean: number, variance: number) =>
  -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));

/** n rows of three normals, the second and third made of those before. */
function correlated(n: number, random: Random): Float64Array {
  const rows = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    rows.set([a, 0.8 * a + 0.6 * b, 0.5 * a - 0.5 * b + Math.SQRT1_2 * c], 3 * i);
  }
  return rows;
}
/** Their correlations: 0.8, 0.5 and 0.8 · 0.5 − 0.6 · 0.5 = 0.1. */
const truth = [1, 0.8, 0.5, 0.8, 1, 0.1, 0.5, 0.1, 1];

describe("a Gaussian of incomplete rows", () => {
  it("is the one that complete rows came from, though 30 % of the cells are missing", () => {
    const random = new Random(1);
    const rows = correlated(20_000, random).map((x) => (random.uniform() < 0.3 ? NaN : x));
    const { mean, covariance } = fitIncompleteGaussian(rows, 3);
    for (const x of mean) expect(Math.abs(x)).toBeLessThan(0.03);
    for (const [i, x] of covariance.entries()) expect(Math.abs(x - truth[i])).toBeLessThan(0.04);
  });

  it("is not led astray by cells that are missing because of the others", () => {
    // y is seen where x > 0 only: complete rows have mean 0.8 · 0.798 and too small a correlation. Where the pattern is
    // monotone, EM's fixed point has a closed form: the regression of y on x from complete rows, put to all x.
    const rows = correlated(5000, new Random(2));
    const pairs = new Float64Array(10_000);
    for (let i = 0; i < 5000; i++) pairs.set([rows[3 * i], rows[3 * i] > 0 ? rows[3 * i + 1] : NaN], 2 * i);
    const both = Array.from({ length: 5000 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]]);
    const seen = both.filter(([, y]) => !Number.isNaN(y));
    const average = (numbers: number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
    const [mx, my] = [average(seen.map(([x]) => x)), average(seen.map(([, y]) => y))];
    const slope =
      average(seen.map(([x, y]) => (x - mx) * (y - my))) / average(seen.map(([x]) => (x - mx) ** 2));
    const rest = average(seen.map(([x, y]) => (y - my - slope * (x - mx)) ** 2));
    const all = average(both.map(([x]) => x));
    const variance = average(both.map(([x]) => (x - all) ** 2));
    const { mean, covariance } = fitIncompleteGaussian(pairs, 2);
    // Two pseudo-rows beside 5000, and EM's tolerance.
    expect(mean[1]).toBeCloseTo(my + slope * (all - mx), 2);
    expect(covariance[1]).toBeCloseTo(slope * variance, 2);
    expect(covariance[3]).toBeCloseTo(slope ** 2 * variance + rest, 2);
    expect(my - mean[1]).toBeGreaterThan(0.6);
  });

  it("of complete rows is their mean and covariance, with D pseudo-rows", () => {
    const rows = Float64Array.of(1, 2, 3, 5, 2, -1);
    const { mean, covariance } = fitIncompleteGaussian(rows, 2);
    expect(Array.from(mean)).toEqual([2, 2]);
    // Scatter [[2, 3], [3, 18]] and twice the identity, over 3 + 2.
    const expected = [4 / 5, 3 / 5, 3 / 5, 4];
    for (const [i, x] of covariance.entries()) expect(x).toBeCloseTo(expected[i], 12);
  });

  it("leaves a column that was never seen standard normal", () => {
    const rows = Float64Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? Math.sin(i) : NaN));
    const { mean, covariance } = fitIncompleteGaussian(rows, 2);
    expect(mean[1]).toBeCloseTo(0, 9);
    expect(covariance[3]).toBeCloseTo(1, 9);
    expect(covariance[1]).toBeCloseTo(0, 9);
  });
});

describe("normal scores", () => {
  const random = new Random(5);
  const cases: [string, Float64Array, Support][] = [
    ["a normal column", Float64Array.from({ length: 3000 }, () => random.normal()), {}],
    ["a skewed column", Float64Array.from({ length: 3000 }, () => Math.exp(random.normal())), {}],
    [
      "a skewed column with a bound",
      Float64Array.from({ length: 3000 }, () => Math.exp(random.normal())),
      { lower: 0 },
    ],
    [
      "a share",
      Float64Array.from({ length: 400 }, () => random.uniform() ** 3),
      { lower: -0.001, upper: 1.001 },
    ],
    ["two clusters", Float64Array.from({ length: 900 }, (_, i) => (i % 3) * 4 + 0.1 * random.normal()), {}],
    ["mostly one value", Float64Array.from({ length: 500 }, (_, i) => (i < 400 ? 1 : i)), { lower: 0 }],
    ["three values", Float64Array.of(1, 2, 5), {}],
    ["one value", Float64Array.of(3), { lower: 2.5 }],
    ["no value", new Float64Array(0), {}],
  ];

  it.each(cases)("of %s: there and back, and a density that integrates to 1", (_, values, support) => {
    const scores = NormalScores.fit(values.slice().sort(), support);
    let previous = -Infinity;
    for (let g = -6; g <= 6; g += 0.013) {
      const x = scores.value(g);
      expect(x).toBeGreaterThan(previous);
      expect(scores.score(x)).toBeCloseTo(g, 5);
      const step = 1e-5;
      const slope = (scores.value(g + step) - scores.value(g - step)) / (2 * step);
      // Knots are where two slopes meet.
      const near = [Math.exp(scores.logSlope(g - step)), Math.exp(scores.logSlope(g + step))];
      expect(slope).toBeGreaterThan(Math.min(...near) * 0.999);
      expect(slope).toBeLessThan(Math.max(...near) * 1.001);
      previous = x;
    }
    // ∫ φ(g(x)) / Q'(g(x)) dx by the midpoint rule, over bins that are even in g.
    let mass = 0;
    const bins = 4000;
    for (let k = 0; k < bins; k++) {
      const [from, to] = [scores.value(-8 + (16 * k) / bins), scores.value(-8 + (16 * (k + 1)) / bins)];
      const g = scores.score((from + to) / 2);
      mass += (to - from) * Math.exp(logNormal(g, 0, 1) - scores.logSlope(g));
    }
    expect(mass).toBeCloseTo(1, 2);
    const { lower = -Infinity, upper = Infinity } = support;
    expect(scores.value(-9)).toBeGreaterThan(lower);
    expect(scores.value(9)).toBeLessThan(upper);
    expect(scores.score(lower)).toBe(-Infinity);
    expect(scores.score(upper)).toBe(Infinity);
    expect(new NormalScores(JSON.parse(JSON.stringify(scores.state()))).state()).toEqual(scores.state());
  });

  it("make a column of any shape standard normal", () => {
    for (const [name, values] of cases.slice(0, 5)) {
      const scores = NormalScores.fit(values.slice().sort());
      const g = Float64Array.from(values, (x) => scores.score(x)).sort();
      // Φ^{-1} of 0.1, 0.25, 0.5, 0.75, 0.9
      for (const [u, z] of [
        [0.1, -1.2816],
        [0.25, -0.6745],
        [0.5, 0],
        [0.75, 0.6745],
        [0.9, 1.2816],
      ])
        expect(Math.abs(g[Math.floor(u * g.length)] - z), `${name} at ${u}`).toBeLessThan(0.1);
    }
  });

  it("refuse knots that do not increase, or lie beyond a bound", () => {
    for (const state of [
      { scores: [0], values: [0] },
      { scores: [0, 1], values: [0, 0] },
      { scores: [1, 0], values: [0, 1] },
      { scores: [0, 1, 2], values: [0, 1] },
      { scores: [0, 1], values: [0, NaN] },
      { scores: [0, 1], values: [0, 1], lower: 0 },
    ])
      expect(() => new NormalScores(state)).toThrow("do not increase");
  });
});

describe("fills of a Gaussian copula", () => {
  it("of a Gaussian have the closed form's conditional mean, variance and log-density", () => {
    const copula = GaussianCopula.from(gaussian);
    const n = 20_000;
    // The second is missing. Given x₁ = 1.5 and x₃ = −1: Σ₁₃ = [1, −0.3; −0.3, 1], its inverse [1, 0.3; 0.3, 1] / 0.91,
    // weights [1.2, 1] times that: [1.5, 1.36] / 0.91.
    const weights = [1.5 / 0.91, 1.36 / 0.91];
    const mean = -1 + weights[0] * 1 + weights[1] * -1;
    const variance = 4 - weights[0] * 1.2 - weights[1] * 1;
    const rows = Float64Array.from({ length: 3 * n }, (_, i) => [1.5, NaN, -1][i % 3]);
    const logQ = copula.fill(rows, n, 3, new Random(3));
    let [sum, squares, wrong] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = rows[3 * i + 1];
      wrong = Math.max(wrong, Math.abs(logQ[i] - logNormal(x, mean, variance)));
      sum += x - mean;
      squares += (x - mean) ** 2;
    }
    expect(wrong).toBeLessThan(1e-9);
    expect(Math.abs(sum / n)).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(squares / n / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  });

  it("of two cells are drawn jointly", () => {
    const copula = GaussianCopula.from(gaussian);
    const n = 20_000;
    const rows = Float64Array.from({ length: 3 * n }, (_, i) => [NaN, 1, NaN][i % 3]);
    const logQ = copula.fill(rows, n, 3, new Random(4));
    // Given x₂ = 1, 2 above its mean: means 0.5 + 0.3 · 2 and 0.25 · 2, covariance [1, −0.3; −0.3, 1] − [1.2, 1]ᵀ[1.2, 1] / 4.
    const [vx, cov, vz] = [1 - 0.36, -0.3 - 0.3, 1 - 0.25];
    let [product, wrong] = [0, 0];
    for (let i = 0; i < n; i++) {
      const [dx, dz] = [rows[3 * i] - 1.1, rows[3 * i + 2] - 0.5];
      const det = vx * vz - cov ** 2;
      const distance = (vz * dx * dx - 2 * cov * dx * dz + vx * dz * dz) / det;
      const logDensity = -0.5 * distance - Math.log(2 * Math.PI) - 0.5 * Math.log(det);
      wrong = Math.max(wrong, Math.abs(logQ[i] - logDensity));
      product += dx * dz;
    }
    expect(wrong).toBeLessThan(1e-9);
    expect(Math.abs(product / n - cov)).toBeLessThan(4 * Math.sqrt((vx * vz + cov ** 2) / n));
  });

  it("have the log-density that the whole row's and the known cells' differ by", () => {
    const random = new Random(6);
    const rows = correlated(3000, random).map((x, i) => (i % 3 === 1 ? Math.exp(x) : x));
    const copula = GaussianCopula.fit(rows, 3, { supports: [{}, { lower: 0 }, {}] });
    const holes = rows.slice(0, 600).map((x) => (random.uniform() < 0.4 ? NaN : x));
    const filled = holes.slice();
    const logQ = copula.fill(filled, 200, 3, random);
    const [whole, known] = [copula.logProb(filled), copula.logProb(holes)];
    for (let i = 0; i < 200; i++) expect(logQ[i]).toBeCloseTo(whole[i] - known[i], 7);
    for (let i = 0; i < 600; i++) if (!Number.isNaN(holes[i])) expect(filled[i]).toBe(holes[i]);
    for (let i = 1; i < 600; i += 3) expect(filled[i]).toBeGreaterThan(0);
  });

  it("of rows of which nothing is known are draws of the margins, and of their dependence", () => {
    const random = new Random(7);
    const rows = correlated(8000, random).map((x, i) => (i % 3 === 1 ? Math.exp(2 * x) : x));
    const copula = GaussianCopula.fit(rows, 3);
    const filled = new Float64Array(3 * 8000).fill(NaN);
    copula.fill(filled, 8000, 3, random);
    const column = (values: Float64Array, d: number) => values.filter((_, i) => i % 3 === d).sort();
    for (const d of [0, 1, 2]) {
      // Two-sample Kolmogorov-Smirnov: above 1.95 √(2/n) once in a thousand.
      const [a, b] = [column(rows, d), column(filled, d)];
      let [i, j, largest] = [0, 0, 0];
      while (i < 8000 && j < 8000) {
        if (a[i] <= b[j]) i++;
        else j++;
        largest = Math.max(largest, Math.abs(i - j) / 8000);
      }
      expect(largest).toBeLessThan(1.95 * Math.sqrt(2 / 8000));
    }
    // Of a Gaussian copula with correlation 0.8: P(both above their medians) = 1/4 + asin(0.8) / 2π.
    const [m0, m1] = [column(filled, 0)[4000], column(filled, 1)[4000]];
    let both = 0;
    for (let i = 0; i < 8000; i++) both += Number(filled[3 * i] > m0 && filled[3 * i + 1] > m1) / 8000;
    expect(Math.abs(both - 0.25 - Math.asin(0.8) / (2 * Math.PI))).toBeLessThan(0.025);
  });

  it("leave rows without missing cells, and what is beside the columns, as they are", () => {
    const copula = GaussianCopula.from(gaussian);
    const rows = Float32Array.of(1, 2, 3, NaN, 7, 0.1, 0.2, NaN, 1, 8);
    const before = rows.slice();
    const random = new Random(1);
    const { generator } = random.state();
    const logQ = copula.fill(rows.subarray(0, 5), 1, 5, random);
    expect(Array.from(rows)).toEqual(Array.from(before));
    expect(Array.from(logQ)).toEqual([0]);
    expect(random.state().generator).toEqual(generator);
    copula.fill(rows, 2, 5, random);
    expect(Array.from(rows.subarray(0, 7))).toEqual(Array.from(before.subarray(0, 7)));
    expect(rows[7]).not.toBeNaN();
    expect(Array.from(rows.subarray(8))).toEqual([1, 8]);
  });

  it("are the same for the same seed, whatever was filled before", () => {
    const random = new Random(8);
    const data = correlated(500, random).map((x) => (random.uniform() < 0.5 ? NaN : x));
    const copula = GaussianCopula.fit(data, 3);
    const fill = (from: GaussianCopula) => {
      const rows = data.slice(0, 300);
      return [from.fill(rows, 100, 3, new Random(2)), rows];
    };
    const first = fill(copula);
    copula.fill(data.slice(), 500, 3, new Random(3));
    expect(fill(copula)).toEqual(first);
    expect(fill(GaussianCopula.from(JSON.parse(JSON.stringify(copula))))).toEqual(first);
  });

  it("are the same when a set of missing cells comes again after thousands of others", () => {
    const dim = 64;
    const random = new Random(12);
    const data = Float64Array.from({ length: 200 * dim }, () => random.normal());
    const copula = GaussianCopula.fit(data, dim);
    const holes = Float64Array.from({ length: 5000 * dim }, () => (random.uniform() < 0.5 ? NaN : 1));
    const first = () => {
      const row = holes.slice(0, dim);
      return [copula.fill(row, 1, dim, new Random(1)), row];
    };
    const before = first();
    copula.fill(holes.slice(), 5000, dim, random);
    expect(first()).toEqual(before);
  });

  it("stay in sight where a known cell is far out", () => {
    const random = new Random(9);
    const copula = GaussianCopula.fit(correlated(2000, random), 3);
    const rows = Float64Array.of(1e9, NaN, NaN, -1e30, NaN, NaN);
    for (const x of copula.fill(rows, 2, 3, random)) expect(Number.isFinite(x)).toBe(true);
    for (const i of [1, 2, 4, 5]) expect(Math.abs(rows[i])).toBeLessThan(12);
  });
});

describe("a Gaussian copula fitted to rows with missing cells", () => {
  it("has the correlations of the complete rows' normal scores", () => {
    const random = new Random(10);
    const rows = correlated(20_000, random).map((x, i) =>
      random.uniform() < 0.3 ? NaN : i % 3 === 2 ? Math.exp(x) : x,
    );
    const { covariance } = GaussianCopula.fit(rows, 3).toJSON();
    for (const [i, x] of covariance.entries()) expect(Math.abs(x - truth[i])).toBeLessThan(0.04);
  });

  it("takes the first of more coordinates", () => {
    const rows = correlated(400, new Random(11));
    const wide = new Float32Array(400 * 5);
    for (let i = 0; i < 400; i++) wide.set([...rows.subarray(3 * i, 3 * i + 3), NaN, 1], 5 * i);
    const narrow = Float32Array.from(rows);
    expect(GaussianCopula.fit(wide, 3, { stride: 5 }).toJSON()).toEqual(
      GaussianCopula.fit(narrow, 3).toJSON(),
    );
  });

  it("is made of columns that determine each other, and of ones never seen", () => {
    const rows = Float64Array.from({ length: 900 }, (_, i) => [Math.sin(i), NaN, NaN][i % 3]);
    for (let i = 0; i < 300; i++) rows[3 * i + 1] = 2 * rows[3 * i];
    const copula = GaussianCopula.fit(rows, 3);
    const filled = Float64Array.of(0.3, NaN, NaN);
    expect(Number.isFinite(copula.fill(filled, 1, 3, new Random(1))[0])).toBe(true);
    expect(Math.abs(filled[1] - 0.6)).toBeLessThan(0.6);
    expect(Math.abs(filled[2])).toBeLessThan(6);
  });

  it("refuses no rows, and numbers that are none of a copula's", () => {
    expect(() => GaussianCopula.fit(new Float64Array(0), 3)).toThrow("needs rows");
    expect(() => GaussianCopula.from({ ...gaussian, mean: [0] })).toThrow("3 means and 9 covariances");
    for (const covariance of [new Array(9).fill(1), [1, 2, 0, 2, 1, 0, 0, 0, 1], new Array(9).fill(NaN)])
      expect(() => GaussianCopula.from({ ...gaussian, covariance })).toThrow("not positive definite");
  });
});
