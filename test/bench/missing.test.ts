// What the benchmark of missing cells compares with: a Gaussian in closed form, and cells that were hidden.

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Table, tableFromColumns } from "logdet";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Equicorrelated, withMissing } from "../../bench/lib/equicorrelated.js";
import { type Hidden, hidden, judgeCells } from "../../bench/lib/missing-cells.js";
import { byLogdet, byMedian, byPeers } from "../../bench/lib/missing-methods.js";
import { Random } from "../../src/random/index.js";

const { NaN: missing } = Number;

describe("the Gaussian of equal correlations", () => {
  const gaussian = new Equicorrelated(3, 0.9);

  it("has the densities and conditionals of scipy and NumPy, of whole rows and of what is known of them", () => {
    // scipy's multivariate_normal; numpy.linalg.solve with the covariance's blocks.
    expect(gaussian.logDensity(Float64Array.of(0.3, -1.2, 0.8))).toBeCloseTo(-11.802968786639108, 11);
    const known = Float64Array.of(0.3, missing, 0.8);
    expect(gaussian.logDensity(known)).toBeCloseTo(-1.7917219893143095, 12);
    expect(gaussian.conditional(known).mean).toBeCloseTo(0.5210526315789474, 13);
    expect(gaussian.conditional(known).variance).toBeCloseTo(0.1473684210526316, 13);
    expect(gaussian.logDensity(Float64Array.of(missing, missing, missing))).toBe(0);
  });

  it("is the product of its conditionals, cell after cell", () => {
    const row = gaussian.draw(new Random(3));
    let total = 0;
    for (const [d, value] of row.entries()) {
      const { mean, variance } = gaussian.conditional(row.map((cell, i) => (i < d ? cell : missing)));
      total -= 0.5 * (Math.log(2 * Math.PI * variance) + (value - mean) ** 2 / variance);
    }
    expect(gaussian.logDensity(row)).toBeCloseTo(total, 12);
  });

  it("draws columns of variance 1 and that correlation", () => {
    const random = new Random(4);
    const rows = Array.from({ length: 20_000 }, () => gaussian.draw(random));
    const moment = (a: number, b: number) =>
      rows.reduce((sum, row) => sum + row[a] * row[b], 0) / rows.length;
    // Four standard errors of 20,000 draws, √2 and √(1 + ρ²) being the deviations of the products.
    expect(Math.abs(moment(1, 1) - 1)).toBeLessThan((4 * Math.SQRT2) / Math.sqrt(20_000));
    expect(Math.abs(moment(0, 2) - 0.9)).toBeLessThan((4 * Math.sqrt(1.81)) / Math.sqrt(20_000));
  });

  it("misses as many cells as asked for, in places that vary", () => {
    const random = new Random(5);
    const row = Float64Array.of(1, 2, 3, 4);
    const places = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const holed = withMissing(row, 2, random);
      expect(holed.filter(Number.isNaN)).toHaveLength(2);
      places.add([...holed.keys()].filter((d) => Number.isNaN(holed[d])).join());
    }
    expect(places.size).toBe(6);
    expect([...row]).toEqual([1, 2, 3, 4]);
  });
});

/** Five rows of a number and a category, of which the first two miss one of them. */
function example(): Hidden {
  const kind = { name: "kind", categories: ["a", "b", "c"] };
  const truth = tableFromColumns([
    { name: "x", values: [1, 2, 3, 4, 10] },
    { ...kind, values: [0, 1, 2, 2, 0] },
  ]);
  const incomplete = tableFromColumns(
    [
      { name: "x", values: [missing, 2, 3, 4, 10] },
      { ...kind, values: [0, missing, 2, 2, 0] },
    ],
    { missing: "cells" },
  );
  return { table: "example", fitted: incomplete, incomplete, truth };
}

describe("hidden cells", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "logdet-missing-bench-"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it("are a fifth of the penguins', and the rest is as it was", async () => {
    const { fitted, incomplete, truth } = await hidden("penguins", undefined, 0);
    expect(fitted).toBe(incomplete);
    let count = 0;
    for (const [d, { values, categories }] of incomplete.columns.entries()) {
      expect(categories).toEqual(truth.columns[d].categories);
      for (const [i, value] of values.entries())
        if (Number.isNaN(value)) count++;
        else expect(value).toBe(truth.columns[d].values[i]);
    }
    // Four standard deviations of a binomial count of 7 · 333 cells.
    expect(Math.abs(count - 0.2 * 2331)).toBeLessThan(4 * Math.sqrt(2331 * 0.2 * 0.8));
    expect(truth.columns.every(({ values }) => !values.some(Number.isNaN))).toBe(true);
  });

  it("are of pen digits only where there is a folder with them", async () => {
    await expect(hidden("pendigits", undefined, 0)).rejects.toMatchObject({ hint: "Say which: --data DIR" });
  });

  it("are filled with the median of what is known, or the most frequent category", () => {
    const { columns } = byMedian(example());
    // The median of 2, 3, 4 and 10; a and c are twice there, a comes first.
    expect([...columns[0]]).toEqual([3.5, 2, 3, 4, 10]);
    expect([...columns[1]]).toEqual([0, 0, 2, 2, 0]);
  });

  it("are judged by what was hidden: numbers by their distance, categories by whether they are right", () => {
    const filled = {
      method: "m",
      seconds: 1,
      columns: [Float64Array.of(4, 2, 3, 4, 10), Float64Array.of(0, 2, 2, 2, 0)],
    };
    const [x, kind, all] = judgeCells(example(), filled, 7);
    expect(x).toMatchObject({ column: "x", seed: 7, hidden: 1, error: 3, rootMeanSquare: 3, right: null });
    expect(kind).toMatchObject({ column: "kind", hidden: 1, error: null, right: 0 });
    // The variance of 1, 2, 3, 4 and 10 is 10.
    expect(all.error).toBeCloseTo(3 / Math.sqrt(10), 14);
  });

  it("come back from peers in the columns' units, categories from indicators of all but the first", async () => {
    const complete: Table = example().truth;
    const cells = { ...example(), fitted: complete };
    const python = join(folder, "python");
    // $2 is the folder: the fitted rows come back as if they were the filled ones.
    const line = `'{"method": "iterative", "seconds": 2, "filled": "'$2'/fitted.npy"}'`;
    await writeFile(python, `#!/bin/sh\nif [ "$1" = "-c" ]; then exit 0; fi\necho ${line}\n`);
    await chmod(python, 0o755);
    vi.stubEnv("LOGDET_PYTHON", python);
    const [{ columns, method }] = await byPeers(cells, 0);
    expect(method).toBe("iterative");
    expect(columns[0][0]).toBeCloseTo(1, 12);
    expect([...columns[1]]).toEqual([0, 1, 2, 2, 0]);
  });

  it("are filled by a fit that knows the columns apart, and known cells stay", async () => {
    const random = new Random(6);
    const kind = Array.from({ length: 300 }, () => (random.uniform() < 0.5 ? "a" : "b"));
    const x = Float64Array.from(kind, (k) => (k === "a" ? 0 : 30) + random.normal());
    const truth = tableFromColumns([
      { name: "kind", values: kind },
      { name: "x", values: x },
    ]);
    const incomplete = tableFromColumns(
      [
        { name: "kind", values: kind.map((k, i) => (i % 10 === 0 ? null : k)) },
        { name: "x", values: x.map((value, i) => (i % 10 === 5 ? missing : value)) },
      ],
      { missing: "cells" },
    );
    const filled = await byLogdet(
      { table: "two", fitted: incomplete, incomplete, truth },
      { seed: 0, search: false, epochs: 20 },
    );
    const [ofKind, ofX] = judgeCells({ table: "two", fitted: incomplete, incomplete, truth }, filled, 0);
    expect([ofKind.hidden, ofKind.right, ofX.hidden]).toEqual([30, 1, 30]);
    // Given its kind x is a standard normal: the mean distance from its median is 0.80, with a standard error of 0.11.
    expect(ofX.error).toBeLessThan(0.8 + 4 * 0.11);
    expect(filled.columns[1][1]).toBe(x[1]);
  });
});
