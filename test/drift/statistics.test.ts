// The statistics of two samples beside scipy 1.10.1 and by definition.

import { describe, expect, it } from "vitest";
import { andersonDarling } from "../../src/drift/anderson-darling.js";
import { gTest, kolmogorovSmirnov } from "../../src/drift/marginal-tests.js";
import { maximumMeanDiscrepancy, scales } from "../../src/drift/mmd.js";
import { holm } from "../../src/drift/multiple-tests.js";
import { slicedEnergy } from "../../src/drift/sliced-energy.js";
import { chiSquaredTail, normalQuantile } from "../../src/drift/special-functions.js";
import { windowStatistic } from "../../src/drift/windows.js";
import { Random } from "../../src/random/index.js";

const numbers = (count: number, f: (i: number) => number) =>
  Float64Array.from({ length: count }, (_, i) => f(i + 1));
const tied = [
  numbers(30, (i) => ((i * i * 7) % 23) / 2),
  numbers(20, (i) => ((i * 5) % 17) / 2 + 1),
] as const;
const untied = [
  numbers(12, (i) => Math.sin(i * 1.7) * 3),
  numbers(20, (i) => Math.cos(i * 2.3) * 3 + 0.7),
] as const;
const labelsOf = (first: number, second: number) => new Uint8Array(first + second).fill(1, 0, first);

describe("special functions", () => {
  it("give the normal quantiles of scipy.stats.norm.ppf", () => {
    const known = [
      [1e-10, -6.361340902404056],
      [0.001, -3.090232306167813],
      [0.02, -2.053748910631823],
      [0.3, -0.5244005127080409],
      [0.975, 1.959963984540054],
    ];
    for (const [p, quantile] of known) expect(normalQuantile(p) / quantile).toBeCloseTo(1, 8);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 15);
  });

  it("give the tails of scipy.stats.chi2.sf for odd and even degrees of freedom", () => {
    const known = [
      [3.841458820694124, 1, 0.05],
      [0.5, 1, 0.47950012218695337],
      [30, 1, 4.3204630578274955e-8],
      [5, 2, 0.0820849986238988],
      [12.3, 5, 0.03090046463546092],
      [40, 7, 1.258790387371308e-6],
      [100, 60, 0.0009168288614560842],
      [3, 20, 0.9999959024990236],
    ];
    for (const [x, degrees, tail] of known) expect(chiSquaredTail(x, degrees) / tail).toBeCloseTo(1, 10);
    expect(chiSquaredTail(0, 3)).toBe(1);
  });
});

describe("Anderson and Darling's statistic", () => {
  it("is scipy's, ties at their middle rank", () => {
    // scipy.stats._morestats._anderson_ksamp_midrank
    expect(andersonDarling(...tied)(labelsOf(30, 20))).toBeCloseTo(3.425764656170173, 12);
    expect(andersonDarling(...untied)(labelsOf(12, 20))).toBeCloseTo(0.6403795714906206, 12);
  });

  it("is Pettitt's for a window's ranks, as scipy has it without ties", () => {
    const [window, reference] = untied;
    const ranks = Uint32Array.from(window, (value) => {
      const below = (values: Float64Array) => values.filter((other) => other < value).length;
      return below(window) + below(reference) + 1;
    });
    // scipy.stats._morestats._anderson_ksamp_right
    expect(windowStatistic(12, 32)(ranks.sort())).toBeCloseTo(0.6168852783628396, 12);
  });

  it("ranks infinite values as the largest and smallest", () => {
    const x = Float64Array.of(Number.NEGATIVE_INFINITY, 1, 2);
    const y = Float64Array.of(3, 4, Number.POSITIVE_INFINITY);
    const finite = andersonDarling(Float64Array.of(0, 1, 2), Float64Array.of(3, 4, 5))(labelsOf(3, 3));
    expect(andersonDarling(x, y)(labelsOf(3, 3))).toBe(finite);
  });
});

describe("tests of one column", () => {
  it("have the statistic of scipy.stats.ks_2samp, and the limit's tail with Stephens' correction", () => {
    const withTies = kolmogorovSmirnov(...tied);
    expect(withTies.statistic).toBeCloseTo(0.36666666666666664, 14);
    expect(withTies.pValue).toBeCloseTo(0.05946046240816218, 10);
    const without = kolmogorovSmirnov(...untied);
    expect(without.statistic).toBeCloseTo(0.2, 14);
    expect(without.pValue).toBeCloseTo(0.8898998612353867, 6);
    expect(kolmogorovSmirnov(tied[0], tied[0])).toEqual({ statistic: 0, pValue: 1 });
  });

  const codes = (...counts: readonly number[]) =>
    Float64Array.from(counts.flatMap((count, code) => new Array<number>(count).fill(code)));

  it("have scipy's likelihood-ratio statistic for categories", () => {
    const { statistic, pValue } = gTest(codes(40, 25, 35), codes(20, 40, 30));
    expect(statistic).toBeCloseTo(10.147333972188816, 10);
    expect(pValue).toBeCloseTo(0.006259424781105496, 12);
  });

  it("count rare categories as one", () => {
    // scipy.stats.chi2_contingency([[60, 38, 2], [50, 47, 3]]): the last are a category of one row and one of none, and so on.
    const { statistic, pValue } = gTest(codes(60, 38, 1, 0, 1), codes(50, 47, 1, 2, 0));
    expect(statistic).toBeCloseTo(2.0664321856177033, 10);
    expect(pValue).toBeCloseTo(0.35586063737949347, 10);
    expect(gTest(codes(10), codes(7))).toEqual({ statistic: 0, pValue: 1 });
  });
});

describe("distances of samples", () => {
  it("are the squared energy distance of scipy on one line", () => {
    const pool = Float64Array.from([...untied[0], ...untied[1]]);
    expect(slicedEnergy(pool, 1, Float64Array.of(1))(labelsOf(12, 20))).toBeCloseTo(0.09797302186905528, 14);
  });

  it("are the means over pairs that define MMD, at every scale", () => {
    const random = new Random(3);
    const rows = random.fillNormal(new Float64Array(2 * 17));
    const labels = Uint8Array.from({ length: 17 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const square = (i: number, j: number) =>
      (rows[2 * i] - rows[2 * j]) ** 2 + (rows[2 * i + 1] - rows[2 * j + 1]) ** 2;
    const places = [...labels.keys()];
    const apart = places.flatMap((i) => places.slice(0, i).map((j) => square(i, j))).sort((a, b) => a - b);
    const median = apart[Math.floor(apart.length / 2)];
    const found = maximumMeanDiscrepancy(rows, 2)(labels);
    for (const [s, scale] of scales.entries()) {
      const mean = (a: number, b: number) => {
        const values = places.flatMap((i) =>
          places.flatMap((j) =>
            i !== j && labels[i] === a && labels[j] === b
              ? [Math.exp(-square(i, j) / (2 * scale * scale * median))]
              : [],
          ),
        );
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      expect(found[s]).toBeCloseTo(mean(1, 1) + mean(0, 0) - 2 * mean(1, 0), 6);
    }
  });
});

describe("Holm's adjustment", () => {
  it("multiplies by the hypotheses that are left, and never falls", () => {
    expect([...holm([0.01, 0.04, 0.03])]).toEqual([0.03, 0.06, 0.06]);
    expect([...holm([0.9, 0.8])]).toEqual([1, 1]);
    expect([...holm([])]).toEqual([]);
  });

  it("shares the level out by weights", () => {
    // The first has half of the level: 0.02 / (1/2); then the others a half each of what is all of it.
    const adjusted = holm([0.02, 0.03, 0.5], [2, 1, 1]);
    expect(adjusted[0]).toBeCloseTo(0.04, 14);
    expect(adjusted[1]).toBeCloseTo(0.06, 14);
    expect(adjusted[2]).toBeCloseTo(0.5, 14);
  });
});
