// Missing cells filled by a model, against what is known of them: closed forms, and cells that were hidden.

import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { readTable, type Table, takeRows } from "../../src/data/index.js";
import { fit } from "../../src/fit/index.js";
import { type Imputed, impute, type Model } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import { categoryColumn, gaussian, ignorantFiller, mixed, modelOf, plainColumn } from "./known-models.js";

const nan = Number.NaN;
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;

describe("missing cells of a Gaussian", () => {
  // y = 0.8 x + noise of variance 0.36; z = y + noise of variance 0.25.
  const covariance = [
    [1, 0.8, 0.8],
    [0.8, 1, 1],
    [0.8, 1, 1.25],
  ];
  const model = modelOf(
    gaussian([0, 0, 0], covariance),
    ["x", "y", "z"].map(plainColumn),
    ignorantFiller(3, 1.5),
  );

  it("become the conditional median, with its spread, whichever cells a row misses", async () => {
    const random = new Random(1);
    const rows = Array.from({ length: 120 }, (_, i) => {
      const x = random.normal();
      const y = 0.8 * x + 0.6 * random.normal();
      const z = y + 0.5 * random.normal();
      return [
        [nan, y, z],
        [x, nan, z],
        [x, y, nan],
        [x, nan, nan],
      ][i % 4];
    });
    const { rows: filled, spread, filled: counts } = await impute(model, rows, { seed: 2 });
    expect([...counts]).toEqual([30, 60, 60]);
    const errors: number[] = [];
    const ratios: number[] = [];
    const check = (i: number, d: number, center: number, variance: number) => {
      errors.push((filled[3 * i + d] - center) / Math.sqrt(variance));
      ratios.push(spread[3 * i + d] ** 2 / variance);
    };
    for (const [i, [x, y, z]] of rows.entries()) {
      if (i % 4 === 0) check(i, 0, 0.8 * y, 0.36);
      // Precisions add up: 1 / 0.36 around 0.8 x, 1 / 0.25 around z.
      else if (i % 4 === 1) check(i, 1, (0.8 * x * 0.25 + z * 0.36) / 0.61, (0.25 * 0.36) / 0.61);
      else if (i % 4 === 2) check(i, 2, y, 0.25);
      else {
        check(i, 1, 0.8 * x, 0.36);
        check(i, 2, 0.8 * x, 0.61);
      }
    }
    // The median of 100 independent draws has a standard error of 0.125 deviations; states of chains are less than that.
    expect(Math.sqrt(mean(errors.map((error) => error ** 2)))).toBeLessThan(0.2);
    expect(Math.abs(mean(errors))).toBeLessThan(0.06);
    expectClose([mean(ratios)], [1], { relative: 0.05 });
  });

  it("vary as complete data do with one draw each", async () => {
    const random = new Random(3);
    const rows = Array.from({ length: 500 }, () => [random.normal(), nan, nan]);
    const { rows: filled } = await impute(model, rows, { method: "draw", draws: 1, seed: 4 });
    const [x, y, z] = [0, 1, 2].map((d) => filled.filter((_, i) => i % 3 === d));
    const products = (a: Float64Array, b: Float64Array) => mean(a.map((value, i) => value * b[i]));
    // Each within 4 standard errors, √((σ_ii σ_jj + σ_ij²) / n).
    for (const [a, b, truth] of [
      [x, y, 0.8],
      [y, y, 1],
      [y, z, 1],
      [z, z, 1.25],
    ] as const)
      expectClose([products(a, b)], [truth], { relative: 0, absolute: 4 * Math.sqrt(3.2 / 500) });
  });

  it("leave known cells as they are, and complete rows alone", async () => {
    const rows = [
      [0.1, 0.2, 0.3],
      [0.123456789, nan, -4],
    ];
    const { rows: filled, spread } = await impute(model, rows, { draws: 10 });
    expect([...filled.subarray(0, 4)]).toEqual([0.1, 0.2, 0.3, 0.123456789]);
    expect(filled[5]).toBe(-4);
    expect([...spread].map((value) => value > 0)).toEqual([false, false, false, false, true, false]);
    const complete = await impute(model, rows.slice(0, 1));
    expect([...complete.rows]).toEqual(rows[0]);
    expect(complete.filled.every((count) => count === 0)).toBe(true);
  });

  it("are the same for the same seed, and tell how far they are", async () => {
    const rows = Array.from({ length: 130 }, (_, i) => [i / 100, nan, 1]);
    const seen: string[] = [];
    const options = { draws: 5, seed: 8 };
    const first = await impute(model, rows, {
      ...options,
      onProgress: (done, total) => seen.push(`${done}/${total}`),
    });
    expect((await impute(model, rows, options)).rows).toEqual(first.rows);
    expect((await impute(model, rows, { ...options, seed: 9 })).rows).not.toEqual(first.rows);
    expect(seen).toEqual(["100/130", "130/130"]);
  });

  it("cannot be filled by counts that are none, or of rows with an infinite cell; stop when asked to", async () => {
    await expect(impute(model, [[nan, 1, 2]], { draws: 0 })).rejects.toMatchObject({ code: "usage" });
    await expect(impute(model, [[nan, 1, 2]], { sweeps: 0.5 })).rejects.toMatchObject({ code: "usage" });
    await expect(impute(model, [[nan, 1, -Infinity]])).rejects.toMatchObject({
      code: "data",
      where: ["row 1", "column z"],
    });
    const signal = AbortSignal.abort();
    await expect(impute(model, [[nan, 1, 2]], { signal })).rejects.toMatchObject({ code: "interrupted" });
  });
});

it("takes the most frequent category, which Bayes' rule finds likeliest", async () => {
  const probabilities = [[0.5], [0.3], [0.2 - 1e-5], [1e-5]];
  const columns = [plainColumn("x"), categoryColumn("kind", ["a", "b", "c"])];
  const centers = [-1, 0.5, 2];
  const flow = mixed(
    [4],
    [1],
    probabilities,
    [...centers, 0].map((center) => [center]),
    [[1]],
  );
  const rows = Array.from({ length: 61 }, (_, i) => [(i - 30) / 10, nan]);
  const { rows: filled, spread } = await impute(modelOf(flow, columns), rows, { draws: 200 });
  for (const [i, [x]] of rows.entries()) {
    const posterior = centers.map((center, k) => probabilities[k][0] * Math.exp(-0.5 * (x - center) ** 2));
    const total = posterior.reduce((a, b) => a + b, 0);
    const [best, second] = [...posterior].sort((a, b) => b - a).map((value) => value / total);
    if (best - second > 0.3) expect(posterior[filled[2 * i + 1]] / total).toBe(best);
    expect(Math.abs(spread[2 * i + 1] - (1 - best))).toBeLessThan(0.15);
  }
});

describe("hidden cells of 333 penguins", () => {
  const file = fileURLToPath(new URL("../../node_modules/vega-datasets/data/penguins.json", import.meta.url));
  let table: Table;
  let model: Model;
  let imputed: Imputed;
  /** Whether the cell of a column and row was hidden. */
  const hidden: boolean[][] = [];

  beforeAll(async () => {
    const all = await readTable([file], { mixed: true, missing: "cells" });
    const sex = all.columns.find(({ name }) => name === "Sex")!;
    const complete = Array.from({ length: all.rows }, (_, row) => row).filter(
      // One penguin's sex is a full stop.
      (row) =>
        all.columns.every(({ values }) => !Number.isNaN(values[row])) &&
        sex.categories?.[sex.values[row]] !== ".",
    );
    table = takeRows(all, Uint32Array.from(complete));
    const random = new Random(5);
    const columns = table.columns.map((column) => {
      const hides = Array.from(column.values, () => random.uniform() < 0.2);
      hidden.push(hides);
      return { ...column, values: column.values.map((value, row) => (hides[row] ? nan : value)) };
    });
    const options = { search: false, epochs: 150, seed: 1 } as const;
    ({ model } = await fit({ ...table, columns }, options));
    const rows = new Float64Array(table.rows * columns.length);
    for (const [c, { values }] of columns.entries())
      for (let row = 0; row < table.rows; row++) rows[row * columns.length + c] = values[row];
    imputed = await impute(model, rows, { draws: 50 });
  }, 60_000);

  const found = (c: number, row: number) => imputed.rows[row * table.columns.length + c];
  const places = (c: number) => [...hidden[c].keys()].filter((row) => hidden[c][row]);

  // Mean absolute errors of scikit-learn 1.2.1 on the same hidden cells, computed offline: IterativeImputer(max_iter=100)
  // of standardised columns, categories as indicators without the first; shares of right categories by the largest.
  const peer: Readonly<Record<string, number>> = {
    ...{ "Beak Length (mm)": 2.571, "Beak Depth (mm)": 0.792, "Flipper Length (mm)": 4.063 },
    ...{ "Body Mass (g)": 255.7, Species: 0.983, Island: 0.773, Sex: 0.797 },
  };

  it("are guessed much better than by their column's median, and about as well as by scikit-learn", () => {
    const ratios: number[] = [];
    for (const [c, { name, categories, values }] of table.columns.entries()) {
      if (categories) continue;
      const shown = values.filter((_, row) => !hidden[c][row]).sort();
      const median = shown[shown.length >> 1];
      const error = mean(places(c).map((row) => Math.abs(found(c, row) - values[row])));
      const ofMedian = mean(places(c).map((row) => Math.abs(median - values[row])));
      expect(error, name).toBeLessThan(0.65 * ofMedian);
      ratios.push(error / peer[name]);
    }
    expect(mean(ratios)).toBeLessThan(1.15);
  });

  it("are the right category more often than the most frequent one, and about as often as by scikit-learn", () => {
    const differences: number[] = [];
    for (const [c, { name, categories, values }] of table.columns.entries()) {
      if (!categories) continue;
      const right = mean(places(c).map((row) => Number(found(c, row) === values[row])));
      const shares = categories.map((_, code) => mean(places(c).map((row) => Number(values[row] === code))));
      expect(right, name).toBeGreaterThan(Math.max(...shares) + 0.05);
      differences.push(right - peer[name]);
    }
    expect(mean(differences)).toBeGreaterThan(-0.08);
  });

  it("have a spread like the errors that were made", () => {
    for (const [c, { name, categories, values }] of table.columns.entries()) {
      const spreads = places(c).map((row) => imputed.spread[row * table.columns.length + c]);
      const errors = places(c).map((row) => found(c, row) - values[row]);
      if (categories) {
        const wrong = mean(errors.map((error) => Number(error !== 0)));
        expect(Math.abs(mean(spreads) - wrong), name).toBeLessThan(0.12);
      } else {
        const ratio = mean(errors.map((error) => error ** 2)) / mean(spreads.map((spread) => spread ** 2));
        expect(Math.abs(Math.log(ratio)), name).toBeLessThan(Math.log(1.8));
      }
    }
  });
});
