// Where mixtures of flows start.

import { expect, it } from "vitest";
import { clusterMaps, inverseSquareRoot, kMeans, whitening } from "../../src/flows/clusters.js";
import { Random } from "../../src/random/index.js";
import { product } from "../helpers/index.js";

/** Rows around so many centres, far apart, in turn. */
function clouds(count: number, centres: readonly (readonly number[])[], spread = 0.5): Float64Array {
  const random = new Random(1);
  const dim = centres[0].length;
  return Float64Array.from(
    { length: count * dim },
    (_, i) => centres[Math.floor(i / dim) % centres.length][i % dim] + spread * random.normal(),
  );
}

it("finds groups that lie apart", () => {
  const rows = clouds(300, [
    [0, 0],
    [10, 0],
    [0, 10],
  ]);
  const groups = kMeans(rows, 2, 3, new Random(2));
  for (let i = 3; i < 300; i++) expect(groups[i]).toBe(groups[i % 3]);
  expect(new Set(groups.subarray(0, 3)).size).toBe(3);
});

it("gives the same groups for the same seed, and copes with equal rows", () => {
  const rows = clouds(100, [
    [0, 0],
    [1, 1],
  ]);
  expect(kMeans(rows, 2, 4, new Random(3))).toEqual(kMeans(rows, 2, 4, new Random(3)));
  expect(kMeans(new Float64Array(40).fill(2), 2, 3, new Random(1)).every((group) => group < 3)).toBe(true);
});

it("whitens: rows leave with mean 0 and, but for the ridge, covariance I", () => {
  const random = new Random(5);
  const count = 4000;
  const rows = new Float64Array(count * 2);
  for (let i = 0; i < count; i++) {
    const [a, b] = [random.normal(), random.normal()];
    rows[2 * i] = 3 + 2 * a;
    rows[2 * i + 1] = -1 + 1.5 * a + b;
  }
  const { weight, bias } = whitening(rows, 2);
  expect(weight[1]).toBeCloseTo(weight[2], 10);
  const moments = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const u = rows[2 * i] * weight[0] + rows[2 * i + 1] * weight[2] + bias[0];
    const v = rows[2 * i] * weight[1] + rows[2 * i + 1] * weight[3] + bias[1];
    for (const [k, value] of [u, v, u * u, v * v, u * v].entries()) moments[k] += value / count;
  }
  expect(moments[0]).toBeCloseTo(0, 8);
  expect(moments[1]).toBeCloseTo(0, 8);
  for (const variance of moments.slice(2, 4)) {
    expect(variance).toBeLessThan(1);
    expect(variance).toBeGreaterThan(0.6);
  }
});

it("takes inverse square roots, also of unevenly scaled matrices", () => {
  const matrix = Float64Array.of(1e2, 3, 0, 3, 1, 0.1, 0, 0.1, 0.1);
  const root = inverseSquareRoot(matrix, 3);
  const square = { shape: [3, 3], data: root };
  const back = product(product(square, { shape: [3, 3], data: matrix }), square).data;
  for (let i = 0; i < 9; i++) expect(back[i]).toBeCloseTo(i % 4 === 0 ? 1 : 0, 6);
});

it("gives a group of few rows the map of all", () => {
  const rows = Float64Array.from([...clouds(100, [[0, 0]]), 50, 50]);
  const maps = clusterMaps(rows, 2, 2, new Random(1));
  const all = whitening(rows, 2);
  expect(maps.some(({ weight }) => weight[0] === all.weight[0])).toBe(true);
});
