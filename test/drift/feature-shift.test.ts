// Which columns moved: the statistic by definition, its level and its power by simulation.

import { describe, expect, it } from "vitest";
import { tableFromRows } from "../../src/data/index.js";
import { type Points, pointsOf, type Scaling } from "../../src/drift/coordinates.js";
import { fitQuickly } from "../../src/drift/density.js";
import { gaussianFeatureShift } from "../../src/drift/feature-shift.js";
import { flowFeatureShift } from "../../src/drift/flow-feature-shift.js";
import { samplesOf } from "../../src/drift/samples.js";
import { Random } from "../../src/random/index.js";
import { factorize } from "../../src/runtime/index.js";

/** A row of three dependent columns and one of its own. */
function drawRow(random: Random): number[] {
  const [a, b, c, d] = [random.normal(), random.normal(), random.normal(), random.normal()];
  return [a, 0.8 * a + 0.6 * b, 0.6 * b + 0.8 * c, d];
}

type Change = (row: number[], random: Random) => number[];

function pointsWith(
  random: Random,
  rows: number,
  change: Change = (row) => row,
  scaling: Scaling = "ranks",
): Points {
  const draw = (f: Change) =>
    tableFromRows(Array.from({ length: rows }, () => f(drawRow(random), random)).flat(), 4);
  const samples = samplesOf(
    draw((row) => row),
    draw(change),
  );
  const every = Uint32Array.from({ length: rows }, (_, i) => i);
  return pointsOf(samples, every, every, scaling);
}

const shiftOf = (points: Points, seed: number, count = 99) =>
  gaussianFeatureShift(points, {
    level: 0.05,
    columns: 4,
    permutations: { count, scale: 40 },
    random: new Random(seed),
  });

const moved = (columns: readonly { moved: boolean }[]) =>
  columns.flatMap((column, j) => (column.moved ? [j] : []));

/** ∂ log N(x; mean, covariance + ridge) by central differences of the log-density. */
function scoreByDifferences(rows: readonly number[][], x: readonly number[]): number[] {
  const dim = x.length;
  const mean = x.map((_, d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length);
  const covariance = new Float64Array(dim * dim);
  for (const row of rows)
    for (let a = 0; a < dim; a++)
      for (let b = 0; b < dim; b++)
        covariance[a * dim + b] += ((row[a] - mean[a]) * (row[b] - mean[b])) / rows.length;
  for (let d = 0; d < dim; d++) covariance[d * dim + d] += 0.01;
  const precision = factorize(covariance, dim).inverse();
  const logDensity = (y: readonly number[]) => {
    let distance = 0;
    for (let a = 0; a < dim; a++)
      for (let b = 0; b < dim; b++) distance += (y[a] - mean[a]) * precision[a * dim + b] * (y[b] - mean[b]);
    return -0.5 * distance;
  };
  const step = 1e-5;
  return x.map((_, j) => {
    const at = (sign: number) => logDensity(x.map((value, d) => (d === j ? value + sign * step : value)));
    return (at(1) - at(-1)) / (2 * step);
  });
}

describe("the score-based statistic", () => {
  it("is the mean squared difference of both densities' scores, by finite differences", async () => {
    const points = pointsWith(new Random(1), 40, ([a, b, c, d]) => [a + 0.5, b, 1.4 * c, d], "units");
    const rows = Array.from({ length: points.rows }, (_, i) => [...points.values.subarray(4 * i, 4 * i + 4)]);
    const [first, second] = [rows.slice(0, 40), rows.slice(40)];
    const { columns } = await shiftOf(points, 2, 19);
    const expected = [0, 0, 0, 0];
    for (const x of rows) {
      const [p, q] = [scoreByDifferences(first, x), scoreByDifferences(second, x)];
      for (let j = 0; j < 4; j++) expected[j] += (p[j] - q[j]) ** 2 / rows.length;
    }
    for (const [j, { statistic }] of columns.entries()) expect(statistic / expected[j]).toBeCloseTo(1, 6);
  });

  it("names a column where none has moved with probability 0.05, in 300 simulations", async () => {
    const random = new Random(4);
    let named = 0;
    for (let run = 0; run < 300; run++) {
      const { pValue, columns } = await shiftOf(pointsWith(random, 40), run, 39);
      expect(moved(columns).length > 0).toBe(pValue <= 0.05);
      if (pValue <= 0.05) named++;
    }
    // Binomial(300, 0.05): mean 15, standard deviation 3.8.
    expect(named).toBeGreaterThan(3);
    expect(named).toBeLessThanOrEqual(27);
  });

  it.each<[string, Change, number[]]>([
    ["mean", ([a, b, c, d]) => [a, b + 0.5, c, d], [1]],
    ["scale", ([a, b, c, d]) => [a, b, c, 1.6 * d], [3]],
    [
      "dependence alone, its own distribution the same",
      ([a, , c, d], random) => [a, random.normal(), c, d],
      [1],
    ],
    ["two columns at once", ([a, b, c, d]) => [a + 0.5, b, c, 1.6 * d], [0, 3]],
  ])(
    "finds a shift of %s, and the column that moved among those that depend on it",
    async (_, change, expected) => {
      const { pValue, columns } = await shiftOf(pointsWith(new Random(5), 500, change), 6);
      expect(pValue).toBe(0.01);
      expect(moved(columns)).toEqual(expected);
    },
  );

  it("takes a column out as if it had not been there", async () => {
    // Column 1 is found first; the second step's statistics are then those of a table without it.
    const points = pointsWith(new Random(7), 400, ([a, b, c, d]) => [a, 3 * b, c + 0.4, d]);
    const { columns } = await shiftOf(points, 8);
    expect(columns.map(({ step }) => step)).toEqual([null, 1, 2, null]);
  });

  it("is the same for categories, whose indicators make one column", async () => {
    const random = new Random(9);
    const draw = (share: number) => {
      const table = tableFromRows(
        Array.from({ length: 400 }, () => [random.normal(), random.uniform() < share ? 1 : 0]).flat(),
        2,
        ["x", "kind"],
      );
      return {
        ...table,
        columns: [table.columns[0], { ...table.columns[1], categories: ["red", "blue"] }],
      };
    };
    const every = Uint32Array.from({ length: 400 }, (_, i) => i);
    const points = pointsOf(samplesOf(draw(0.5), draw(0.3)), every, every);
    expect([...points.columnOf]).toEqual([0, 1]);
    const { columns } = await gaussianFeatureShift(points, {
      ...{ level: 0.05, columns: 2, permutations: { count: 99, scale: 40 }, random: new Random(1) },
    });
    expect(moved(columns)).toEqual([1]);
  });

  it("stops when it is asked to", async () => {
    const stop = gaussianFeatureShift(pointsWith(new Random(1), 40), {
      ...{ level: 0.05, columns: 4, permutations: { count: 99, scale: 40 }, random: new Random(1) },
      signal: AbortSignal.abort(),
    });
    await expect(stop).rejects.toMatchObject({ code: "interrupted" });
  });
});

describe("the statistic with flows", () => {
  it("names a column whose dependence on the others has gone, at thresholds without further fits", async () => {
    const random = new Random(11);
    const draw = (shuffled: boolean) =>
      Array.from({ length: 500 }, () => {
        const [a, b, c] = [random.normal(), random.normal(), random.normal()];
        const sum = a + b + 0.3 * random.normal();
        return [a, b, shuffled ? Math.SQRT2 * random.normal() : sum, c];
      }).flat();
    const rows = Float64Array.from([...draw(false), ...draw(true)]);
    const order = new Random(12).permutation(1000);
    const mixed = tableFromRows(Array.from(order, (i) => [...rows.subarray(4 * i, 4 * i + 4)]).flat(), 4);
    const { model } = await fitQuickly(mixed, {
      options: { base: "normal", epochs: 60, layers: 2 },
      seed: 1,
    });
    const settings = {
      level: 0.05,
      columns: 4,
      permutations: { count: 59, scale: 40 },
      random: new Random(13),
    };
    const found = await flowFeatureShift(model, rows, 500, Uint32Array.of(0, 1, 2, 3), settings);
    await model.release();
    expect(found.pValue).toBe(1 / 60);
    expect(found.columns[2].moved).toBe(true);
    expect(found.columns[3].moved).toBe(false);
  });

  it("has the statistic of finite differences of the two log-densities", async () => {
    const points = pointsWith(new Random(14), 60, ([a, b, c, d]) => [a + 0.5, b, c, 1.5 * d], "units");
    const table = tableFromRows(points.values, 4);
    const { model } = await fitQuickly(table, {
      options: { base: "normal", epochs: 30, layers: 1 },
      seed: 1,
    });
    const settings = {
      level: 0.05,
      columns: 4,
      permutations: { count: 19, scale: 5 },
      random: new Random(15),
    };
    const { columns } = await flowFeatureShift(
      model,
      points.values,
      60,
      Uint32Array.of(0, 1, 2, 3),
      settings,
    );
    const latentAt = async (rows: Float64Array) => {
      const z = await model.latent(rows);
      return Array.from({ length: 120 }, (_, i) => [...z.subarray(4 * i, 4 * i + 4)]);
    };
    const z = await latentAt(points.values);
    const step = 1e-2;
    for (const [j, { statistic }] of columns.entries()) {
      const moved = (sign: number) =>
        latentAt(points.values.map((value, i) => (i % 4 === j ? value + sign * step : value)));
      const [above, below] = [await moved(1), await moved(-1)];
      let expected = 0;
      for (const [i, x] of z.entries()) {
        const [p, q] = [scoreByDifferences(z.slice(0, 60), x), scoreByDifferences(z.slice(60), x)];
        const slope = above[i].map((value, d) => (value - below[i][d]) / (2 * step));
        const difference = slope.reduce((sum, value, d) => sum + value * (p[d] - q[d]), 0);
        // ∂ by standardised units.
        expected += (difference * model.columns[j].scale) ** 2 / 120;
      }
      expect(statistic / expected).toBeCloseTo(1, 1);
    }
    await model.release();
  });
});
