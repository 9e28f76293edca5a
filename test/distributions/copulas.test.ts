// Copula bases and their margins against values computed elsewhere: mpmath, scipy, and closed forms for Kendall's τ.

import { describe, expect, it } from "vitest";
import {
  claytonCopula,
  type Distribution,
  frankCopula,
  gaussianCopula,
  gumbelCopula,
  studentTCopula,
} from "../../src/distributions/index.js";
import { buildMargin, type MarginOptions } from "../../src/distributions/margins.js";
import {
  logStudentTTail,
  studentTCoordinate,
  studentTTailQuantile,
} from "../../src/distributions/student-t-tail.js";
import { LogdetError } from "../../src/errors.js";
import type { ParameterStore } from "../../src/runtime/parameter-store.js";
import { constant, input } from "../../src/tensor/index.js";
import { evaluate, integral, normalRows, randomStore, worstError } from "../bijections/support.js";
import { draws } from "./support.js";

/** The base's parameters at chosen values. */
function storeOf(
  base: Distribution,
  values: Readonly<Record<string, readonly number[]>> = {},
): ParameterStore {
  const store = randomStore(base.parameters, { noise: 0 });
  for (const [name, numbers] of Object.entries(values)) store.view(base.parameters[name]).set(numbers);
  return store;
}

const heavy: MarginOptions = { type: "student-t", degreesOfFreedom: 2, learned: false };
const gumbel = { base: gumbelCopula({ dim: 2, margin: heavy }), values: { rawDependence: [Math.log(1.5)] } };
const clayton = {
  base: claytonCopula({ dim: 2, margin: heavy }),
  values: { rawDependence: [Math.log(1.5)] },
};
const frank = { base: frankCopula({ dim: 2, margin: heavy }), values: { rawDependence: [Math.log(6 / 74)] } };

/** Cholesky rows, over their last elements, of the correlations 0.6 (1, 2), −0.3 (1, 3), 0.2 (2, 3). */
const rawCorrelation = [0.75, -0.3626387311292997, 0.5741779909547244];

async function logProb(base: Distribution, store: ParameterStore, points: readonly (readonly number[])[]) {
  const z = input("z", ["batch", base.dim]);
  return (await evaluate({ p: base.logProb(z) }, { z: Float64Array.from(points.flat()) }, store)).p;
}

describe("the log-density of", () => {
  const pairs = [
    [0.3, -0.2],
    [-1.5, 2],
    [4, 3.5],
    [-6, -7],
    [30, -20],
  ];
  // mpmath: log ∂²C/∂u∂v by mp.diff with 40 digits, plus the logarithms of the margins' densities, Student-t with ν = 2.
  it.each([
    [
      "a Gumbel copula, θ = 2.5",
      gumbel,
      [-1.86146086671637, -8.74827162965538, -5.63041408294472, -8.92918061284178, -33.0946458320638],
    ],
    [
      "a Clayton copula, θ = 1.5",
      clayton,
      [-2.00188304922571, -6.712351622882, -7.49740750750049, -7.88438183821855, -28.3164520574424],
    ],
    [
      "a Frank copula, θ = 6",
      frank,
      [-1.94260975626133, -7.70069356722172, -6.85348443906033, -9.69038971290683, -23.3965589589476],
    ],
  ])("%s is that of an independent computation", async (_, { base, values }, expected) => {
    expect(worstError(await logProb(base, storeOf(base, values), pairs), expected)).toBeLessThan(1e-7);
  });

  const triples = [
    [0.3, -0.2, 1],
    [-1.5, 2, 0.5],
    [4, 3.5, -3],
    [-6, -7, 2],
    [30, -20, 5],
  ];
  const margin: MarginOptions = { type: "student-t", degreesOfFreedom: 3 };
  // scipy: multivariate_normal and multivariate_t of the quantiles (ppf, isf), less the margins' logpdf of these.
  it.each([
    [
      "a Gaussian copula with Student-t margins",
      gaussianCopula({ dim: 3, margin }),
      [-3.921960992364415, -9.21666393534343, -10.872634592880772, -12.788992393900124, -84.43036316883502],
    ],
    [
      "a Student-t copula with Student-t margins",
      studentTCopula({ dim: 3, degreesOfFreedom: 4.5, margin }),
      [-4.0742825582316655, -8.327629242818253, -9.529071421081271, -11.562425294779686, -26.009173816132535],
    ],
    [
      "a Student-t copula with normal margins",
      studentTCopula({ dim: 3, degreesOfFreedom: 4.5 }),
      [-3.970621624506555, -8.937544675499897, -10.449863676616292, -33.54268883257007],
    ],
  ])("%s is scipy's", async (_, base, expected) => {
    const points = triples.slice(0, expected.length);
    expect(worstError(await logProb(base, storeOf(base, { rawCorrelation }), points), expected)).toBeLessThan(
      1e-7,
    );
  });

  it("a Student-t copula with margins of its own degrees of freedom is the multivariate Student-t's", async () => {
    const base = studentTCopula({
      dim: 2,
      degreesOfFreedom: 3,
      margin: { type: "student-t", degreesOfFreedom: 3 },
    });
    const found = await logProb(base, storeOf(base, { rawCorrelation: [0.75] }), pairs);
    // ρ = 0.6: log Γ(5/2)/Γ(3/2) = log 3/2.
    const expected = pairs.map(([a, b]) => {
      const square = (a * a - 1.2 * a * b + b * b) / 0.64;
      return Math.log(1.5 / (3 * Math.PI * 0.8)) - 2.5 * Math.log1p(square / 3);
    });
    expect(worstError(found, expected)).toBeLessThan(1e-7);
  });

  it("copulas near independence is that of independent columns", async () => {
    const points = [...pairs, [0, 0], [-40, 40]];
    const normal = points.map(([a, b]) => -0.5 * (a * a + b * b) - Math.log(2 * Math.PI));
    for (const [base, raw] of [
      [gumbelCopula({ dim: 2 }), -30],
      [claytonCopula({ dim: 2 }), -30],
      [frankCopula({ dim: 2 }), -25],
    ] as const) {
      const found = await logProb(base, storeOf(base, { rawDependence: [raw] }), points);
      expect(worstError(found, normal)).toBeLessThan(1e-7);
    }
    const base = gaussianCopula({ dim: 2 });
    expect(worstError(await logProb(base, storeOf(base), points), normal)).toBeLessThan(1e-9);
  });

  it("a Gaussian copula with normal margins is the multivariate normal's", async () => {
    const base = gaussianCopula({ dim: 2 });
    const found = await logProb(base, storeOf(base, { rawCorrelation: [0.75] }), pairs);
    const expected = pairs.map(
      ([a, b]) => -(a * a - 1.2 * a * b + b * b) / (2 * 0.64) - Math.log(2 * Math.PI * 0.8),
    );
    expect(worstError(found, expected)).toBeLessThan(1e-8);
  });

  it("three columns joined by Archimedean copulas integrates to one", async () => {
    for (const make of [gumbelCopula, claytonCopula, frankCopula]) {
      const base = make({ dim: 3, margin: { type: "logistic" } });
      const store = randomStore(base.parameters, { noise: 0.3 });
      const total = await integral(base.logProb(input("x", ["batch", 3])), 3, store, {
        reach: 4.5,
        count: 55,
      });
      expect(Math.abs(total - 1)).toBeLessThan(2e-3);
    }
  });
});

describe("Gumbel's copula with Student-t(2) margins, θ = 2.5", () => {
  it("has the entropy of its definition on its own draws, and so the published test loss", async () => {
    const { base, values } = gumbel;
    const store = storeOf(base, values);
    const count = 20_000;
    const z = input("z", ["batch", 2]);
    const { p } = await evaluate({ p: base.logProb(z) }, { z: await draws(base, count, store) }, store);
    const mean = -p.reduce((a, b) => a + b) / count;
    const deviation = Math.sqrt(p.reduce((total, v) => total + (v + mean) ** 2, 0) / count);
    // 2 · 1.960279 (scipy's entropy of a t(2)) − 0.561983 (∬ c log c on a grid of log(−log u), numpy).
    expect(Math.abs(mean - 3.358575)).toBeLessThan((4 * deviation) / Math.sqrt(count));
    // Laszkiewicz et al. 2021 report 3.387 ± .021 for a flow with exact margins: within two of their deviations.
    expect(Math.abs(mean - 3.387)).toBeLessThan(2 * 0.021);
  });
});

/** Kendall's τ of two columns of draws: concordant less discordant pairs. */
function kendall(values: Float64Array, dim: number, [a, b]: readonly [number, number]): number {
  const rows = values.length / dim;
  let total = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < i; j++)
      total +=
        Math.sign(values[i * dim + a] - values[j * dim + a]) *
        Math.sign(values[i * dim + b] - values[j * dim + b]);
  return (2 * total) / (rows * (rows - 1));
}

describe("at the edges of their parameters", () => {
  it.each<[string, Distribution, Readonly<Record<string, readonly number[]>>]>([
    ["Gumbel, comonotone", gumbelCopula({ dim: 3, margin: heavy }), { rawDependence: [5, 5] }],
    ["Gumbel, independent", gumbelCopula({ dim: 3 }), { rawDependence: [-40, -40] }],
    ["Clayton, comonotone", claytonCopula({ dim: 3, margin: heavy }), { rawDependence: [4, 4] }],
    ["Clayton, independent", claytonCopula({ dim: 3 }), { rawDependence: [-12, -12] }],
    ["Frank, comonotone", frankCopula({ dim: 3, margin: heavy }), { rawDependence: [30, 30] }],
    ["Frank, independent", frankCopula({ dim: 3 }), { rawDependence: [-12, -12] }],
    ["Gaussian, comonotone", gaussianCopula({ dim: 3, margin: heavy }), { rawCorrelation: [100, 100, 100] }],
    [
      "Student-t, hardly any degrees of freedom",
      studentTCopula({
        dim: 3,
        degreesOfFreedom: 0.15,
        margin: { type: "student-t", degreesOfFreedom: 0.3 },
      }),
      { rawCorrelation: [3, -3, 0] },
    ],
    [
      "Student-t, nearly Gaussian",
      studentTCopula({ dim: 3, degreesOfFreedom: 1e4 }),
      { rawCorrelation: [3, 0, 0] },
    ],
  ])("%s: draws and their log-densities are finite in float32", async (_, base, values) => {
    const store = randomStore(base.parameters, { noise: 0, float: "float32" });
    for (const [name, numbers] of Object.entries(values)) store.view(base.parameters[name]).set(numbers);
    const z = await draws(base, 5000, store);
    expect(z.every(Number.isFinite)).toBe(true);
    // Half of the draws of every column lie on either side: the margins have their medians.
    for (let column = 0; column < 3; column++) {
      const above = z.filter((value, i) => i % 3 === column && value > 0).length;
      expect(Math.abs(above / 5000 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 5000));
    }
    const near = z.map((value) => Math.max(-1e15, Math.min(1e15, value)));
    const { p } = await evaluate({ p: base.logProb(input("z", ["batch", 3])) }, { z: near }, store);
    expect(p.every(Number.isFinite)).toBe(true);
  });
});

describe("Kendall's τ of draws is the closed form's for", () => {
  const rows = 3000;
  // The standard deviation of τ is at most about 2 √((1 − τ²) / (9 · 3000)) · 1.5.
  const chance = 0.045;

  it.each([
    ["Gumbel, 1 − 1/θ", gumbel, 0.6],
    ["Clayton, θ/(θ + 2)", clayton, 1.5 / 3.5],
    // 1 − (4/θ) (1 − D₁(θ)), Debye's function by scipy's quad.
    ["Frank, θ = 6", frank, 0.514173644523348],
    [
      "Gaussian, (2/π) asin ρ",
      { base: gaussianCopula({ dim: 2 }), values: { rawCorrelation: [0.75] } },
      (2 / Math.PI) * Math.asin(0.6),
    ],
    [
      "Student-t, (2/π) asin ρ",
      { base: studentTCopula({ dim: 2, degreesOfFreedom: 1.5 }), values: { rawCorrelation: [-0.75] } },
      (2 / Math.PI) * Math.asin(-0.6),
    ],
  ])("%s", async (_, { base, values }, expected) => {
    const found = kendall(await draws(base, rows, storeOf(base, values)), 2, [0, 1]);
    expect(Math.abs(found - expected)).toBeLessThan(chance);
  });

  it.each([
    ["Gumbel", gumbelCopula, [Math.log(3), Math.log(0.5), Math.log(1), Math.log(0.2)], [3 / 4, 1 / 3, 1 / 2]],
    ["Clayton", claytonCopula, [Math.log(6), Math.log(1), Math.log(2), Math.log(0.2)], [3 / 4, 1 / 3, 1 / 2]],
  ] as const)(
    "the joined pairs of a %s tree of five columns",
    async (_, make, rawDependence, [first, second]) => {
      const base = make({ dim: 5, margin: { type: "logistic" } });
      const values = await draws(base, rows, storeOf(base, { rawDependence }));
      expect(Math.abs(kendall(values, 5, [0, 1]) - first)).toBeLessThan(chance);
      expect(Math.abs(kendall(values, 5, [2, 3]) - second)).toBeLessThan(chance);
      // Columns of different pairs depend less than the weaker pair's joint, and all depend.
      expect(kendall(values, 5, [0, 2])).toBeGreaterThan(0.1);
      expect(kendall(values, 5, [0, 4])).toBeGreaterThan(0.02);
      // Every column keeps its margin: the logistic's median and quartiles.
      for (let column = 0; column < 5; column++) {
        const share = (limit: number) => {
          let below = 0;
          for (let row = 0; row < rows; row++) if (values[row * 5 + column] < limit) below++;
          return below / rows;
        };
        for (const [limit, probability] of [
          [-Math.log(3), 0.25],
          [0, 0.5],
          [Math.log(3), 0.75],
        ])
          expect(Math.abs(share(limit) - probability)).toBeLessThan(4 * Math.sqrt(0.25 / rows));
      }
    },
  );
});

describe("the correlation", () => {
  it("of three columns, drawn by a Gaussian copula, is that of the parameters", async () => {
    const base = gaussianCopula({ dim: 3 });
    const rows = 40_000;
    const values = await draws(base, rows, storeOf(base, { rawCorrelation }));
    const product = (a: number, b: number) => {
      let total = 0;
      for (let row = 0; row < rows; row++) total += values[3 * row + a] * values[3 * row + b];
      return total / rows;
    };
    const found = [product(0, 0), product(1, 1), product(2, 2), product(0, 1), product(0, 2), product(1, 2)];
    for (const [i, expected] of [1, 1, 1, 0.6, -0.3, 0.2].entries())
      expect(Math.abs(found[i] - expected)).toBeLessThan(4 * Math.sqrt(2 / rows));
  });
});

describe("the tail of Student's t", () => {
  // mpmath: log of betainc(ν/2, 1/2, 0, ν/(ν + z²), regularized) / 2, at z = 0, 0.1, 1.5, 10 and 10⁴.
  const points = Float64Array.of(0, 0.1, 1.5, 10, 1e4);
  it.each([
    [0.3, [-Math.LN2, -0.73975459170462, -1.18363491699197, -1.74227921942598, -3.81435175938979]],
    [1, [-Math.LN2, -0.758700653772344, -1.67575378914073, -3.45063395564697, -10.3550702611589]],
    [2.5, [-Math.LN2, -0.768079213937727, -2.08813339428042, -6.1099112553021, -23.3552724988008]],
    [30, [-Math.LN2, -0.775431987086867, -2.63063142357222, -24.5009215536583, -227.920123809937]],
    [2000, [-Math.LN2, -0.77614370292972, -2.70476383412096, -51.9971699754014, -10824.5177889833]],
  ])("is mpmath's for ν = %d, and its inverse leads back", async (degreesOfFreedom, expected) => {
    const nu = constant(degreesOfFreedom);
    const z = input("z", ["batch"]);
    const u = studentTCoordinate(z, nu);
    const tail = logStudentTTail(u, nu).y;
    const back = studentTTailQuantile(tail, nu);
    for (const [float, tolerance] of [
      ["float64", 3e-8],
      ["float32", 2e-6],
    ] as const) {
      const result = await evaluate({ tail, u, back }, { z: points }, randomStore({}, { float }));
      expect(worstError(result.tail, expected)).toBeLessThan(tolerance);
      // At 0, half of the values lie beyond only to the tolerance of the tail.
      expect(worstError(result.back, result.u)).toBeLessThan(tolerance);
    }
  });
});

describe("the margin", () => {
  // mpmath: log(1 − S) − log S with S the probability beyond, at 0.01, 0.5, 3 and 40.
  const points = [0.01, 0.5, 3, 40];
  it.each<[MarginOptions, number[]]>([
    [{ type: "normal" }, [0.0159577638872546, 0.806965346304962, 6.6063754115456, 804.608442013754]],
    [{ type: "laplace" }, [0.0199009892901822, 0.831796565751186, 3.66793856232303, 40.6931471805599]],
    [{ type: "logistic" }, points],
    [{ type: "cauchy" }, [0.0127321430547996, 0.608434543544304, 2.17065959962933, 4.82582970841936]],
    [
      { type: "student-t", degreesOfFreedom: 3 },
      [0.0147020419891507, 0.727589205656944, 3.51692635196554, 10.9711457463822],
    ],
  ])("%j has the logits of its distribution function, and their inverse", async (options, expected) => {
    const margin = buildMargin(options, 1);
    const z = input("z", ["batch", 1]);
    const logit = margin.logit(z);
    const both = Float64Array.from([...points, ...points.map((value) => -value)]);
    const store = randomStore(margin.parameters, { noise: 0 });
    const result = await evaluate({ logit, back: margin.quantile(logit) }, { z: both }, store);
    expect(worstError(result.logit, [...expected, ...expected.map((value) => -value)])).toBeLessThan(1e-7);
    expect(worstError(result.back, both)).toBeLessThan(1e-7);
  });

  it("is the same in every copula at D = 1", async () => {
    const rows = normalRows(20, 1, 3);
    const z = input("z", ["batch", 1]);
    const margin = buildMargin({ type: "laplace" }, 1);
    const { density } = await evaluate({ density: margin.logDensity(z) }, { z: rows }, randomStore({}));
    for (const make of [gaussianCopula, studentTCopula, gumbelCopula, claytonCopula, frankCopula]) {
      const base = make({ dim: 1, margin: { type: "laplace" } });
      const { p } = await evaluate({ p: base.logProb(z) }, { z: rows }, storeOf(base));
      expect(worstError(p, density)).toBeLessThan(1e-9);
    }
  });

  it("refuses degrees of freedom that it cannot have", () => {
    expect(() => studentTCopula({ dim: 2, degreesOfFreedom: 0.05 })).toThrow(LogdetError);
    expect(() => gumbelCopula({ dim: 2, margin: { type: "student-t", degreesOfFreedom: 0 } })).toThrow(
      /margins/,
    );
  });
});
