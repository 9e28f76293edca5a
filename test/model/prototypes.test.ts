// Round Gaussians about the centres of k-means: a density, of groups that are there.

import { describe, expect, it } from "vitest";
import { fitPrototypes, type Prototypes, prototypesLogProb } from "../../src/model/prototypes.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";

/** Rows about each of some places, so many each, in turn. */
function groupsOf(places: readonly (readonly number[])[], each: number, spread: number): Float64Array {
  const random = new Random(3);
  return Float64Array.from(
    Array.from({ length: each }, () =>
      places.map((place) => place.map((x) => x + spread * random.normal())),
    ).flat(2),
  );
}

const corners = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
];

const two: Prototypes = {
  dim: 2,
  centers: Float64Array.of(0, 0, 3, 1),
  variances: Float64Array.of(1, 0.25),
  weights: Float64Array.of(0.75, 0.25),
};

/** The formula as it stands, row by row. */
function written({ dim, centers, variances, weights }: Prototypes, row: readonly number[]): number {
  const known = row.flatMap((x, d) => (Number.isNaN(x) ? [] : [d]));
  const densities = Array.from(weights, (weight, k) =>
    known.reduce((product, d) => {
      const z = (row[d] - centers[k * dim + d]) ** 2 / variances[k];
      return (product * Math.exp(-z / 2)) / Math.sqrt(2 * Math.PI * variances[k]);
    }, weight),
  );
  return Math.log(densities.reduce((a, b) => a + b));
}

describe("prototypes", () => {
  it("find groups that are apart: their centres, shares and spread", () => {
    const { centers, weights, variances } = fitPrototypes(groupsOf(corners, 50, 0.1), 2, {
      groups: 4,
      random: new Random(1),
    });
    const found = Array.from(weights, (_, k) => [...centers.subarray(2 * k, 2 * k + 2)]);
    const order = found
      .map((_, k) => k)
      .sort((a, b) => found[a][1] - found[b][1] || found[a][0] - found[b][0]);
    const sorted = found
      .map((center) => center.map((x) => Math.round(x)))
      .sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    expect(sorted).toEqual(corners);
    expect(order).toHaveLength(4);
    expectClose(weights, [0.25, 0.25, 0.25, 0.25], { absolute: 1e-12 });
    // 0.01 each; of 50 rows in two dimensions known to a tenth or two.
    for (const variance of variances) expect(Math.abs(variance - 0.01)).toBeLessThan(0.005);
  });

  it("leave out groups of one row or two, and the shares of the others are a whole", () => {
    const rows = Float64Array.from([...groupsOf(corners, 50, 0.1), 500, 500, -500, 500]);
    const { centers, weights } = fitPrototypes(rows, 2, { groups: 8, random: new Random(1) });
    expect(Math.max(...centers.map(Math.abs))).toBeLessThan(11);
    expectClose([weights.reduce((a, b) => a + b)], [1], { absolute: 1e-12 });
  });

  it("are one where rows are few or all the same, and its density is a number", () => {
    for (const rows of [Float64Array.of(1, 2), new Float64Array(200).fill(7)]) {
      const prototypes = fitPrototypes(rows, 2, { groups: 64, random: new Random(1) });
      expect(prototypes.weights).toEqual(Float64Array.of(1));
      expect(prototypesLogProb(prototypes, rows).every(Number.isFinite)).toBe(true);
    }
  });

  it("are the same for the same seed", () => {
    const rows = groupsOf(corners, 50, 3);
    const fit = (seed: number) => fitPrototypes(rows, 2, { groups: 16, random: new Random(seed) });
    expect(fit(1)).toEqual(fit(1));
    expect(fit(2).centers).not.toEqual(fit(1).centers);
  });

  it("have the density of the formula, of the other cells where some are missing", () => {
    const rows = [
      [0.3, -0.2],
      [3, 1],
      [Number.NaN, 0.8],
      [2, Number.NaN],
    ];
    expectClose(
      prototypesLogProb(two, Float64Array.from(rows.flat())),
      rows.map((row) => written(two, row)),
      { absolute: 1e-12 },
    );
    expectClose(prototypesLogProb(two, Float64Array.of(Number.NaN, Number.NaN)), [0], { absolute: 1e-12 });
  });

  it("integrate to one", () => {
    const step = 0.05;
    const side = Array.from({ length: 321 }, (_, i) => -8 + i * step);
    const grid = Float64Array.from(side.flatMap((x) => side.flatMap((y) => [x, y])));
    const total = prototypesLogProb(two, grid).reduce((sum, value) => sum + Math.exp(value) * step ** 2, 0);
    expect(total).toBeCloseTo(1, 4);
  });

  it("have an order far beyond where densities are 0 in float64", () => {
    const [near, far] = prototypesLogProb(two, Float64Array.of(1e6, 0, 1e9, 0));
    expect(near).toBeGreaterThan(far);
    expect(Number.isFinite(far)).toBe(true);
    expect(prototypesLogProb(two, Float64Array.of(1e200, 0))[0]).toBe(Number.NEGATIVE_INFINITY);
  });
});
