// Rows with missing cells in tests of drift: a change of what is missing is a change; nothing else is made of it.

import { describe, expect, it } from "vitest";
import { type Table, tableFromColumns } from "../../src/data/index.js";
import { changeOf } from "../../src/drift/change-words.js";
import { columnTest } from "../../src/drift/column-test.js";
import { pointsOf } from "../../src/drift/coordinates.js";
import { fisherExact, kolmogorovSmirnov } from "../../src/drift/marginal-tests.js";
import { mmdTest } from "../../src/drift/mmd.js";
import { type Samples, samplesOf } from "../../src/drift/samples.js";
import { detectShiftOverTime } from "../../src/drift/series.js";
import { detectShift } from "../../src/drift/shift.js";
import { Random } from "../../src/random/index.js";

/** Two columns of numbers that depend on each other, one of categories; cells of b and kind are missing at random. */
function holes(seed: number, rows: number, ofB: (row: number) => number, ofKind = 0.1): Table {
  const random = new Random(seed);
  const a = Float64Array.from({ length: rows }, () => random.normal());
  const b = a.map((value, row) => {
    const drawn = 5 + 0.8 * value + 0.6 * random.normal();
    return random.uniform() < ofB(row) ? Number.NaN : drawn;
  });
  const kind = a.map(() => {
    const drawn = random.integer(3);
    return random.uniform() < ofKind ? Number.NaN : drawn;
  });
  return tableFromColumns(
    [
      { name: "a", values: a },
      { name: "b", values: b },
      { name: "kind", values: kind, categories: ["red", "green", "blue"] },
    ],
    { missing: "cells" },
  );
}

const tenth = () => 0.1;
const quick = { permutations: 119, fit: { epochs: 20, layers: 1 } } as const;

describe("Fisher's exact test", () => {
  // scipy.stats.fisher_exact of scipy's own two-sided kind.
  it.each<[[number, number], [number, number], number]>([
    [[0, 100], [6, 100], 0.028930282023157568],
    [[12, 400], [30, 300], 0.00015648434380108995],
    [[3, 40], [0, 25], 0.27884615384615385],
    [[200, 5000], [260, 5000], 0.004807340408788948],
  ])("of %j against %j is what scipy computes", (x, y, p) => {
    expect(fisherExact(x, y).pValue / p).toBeCloseTo(1, 9);
  });

  it("says nothing where there is nothing to count, or nothing else", () => {
    expect(fisherExact([0, 10], [0, 20]).pValue).toBe(1);
    expect(fisherExact([10, 10], [20, 20]).pValue).toBe(1);
  });
});

describe("a column some of whose cells are missing", () => {
  const column = (reference: number[], current: number[]) => ({
    name: "x",
    reference: Float64Array.from(reference),
    current: Float64Array.from(current),
  });
  const gap = Number.NaN;

  it("is tested by what is known and by how much is missing, at twice the smaller p-value", () => {
    const known = column([1, 2, 3, 4, gap, 5], [6, 7, 8, 9, 10, gap]);
    const truth = kolmogorovSmirnov(Float64Array.of(1, 2, 3, 4, 5), Float64Array.of(6, 7, 8, 9, 10));
    expect(columnTest(known)).toEqual({ statistic: 1, pValue: 2 * truth.pValue });
    const few = Array.from({ length: 20 }, (_, i) => (i < 1 ? gap : i));
    const many = Array.from({ length: 20 }, (_, i) => (i < 12 ? gap : i));
    expect(columnTest(column(few, many)).pValue).toBe(2 * fisherExact([1, 20], [12, 20]).pValue);
  });

  it("may have no values at all in one of the tables", () => {
    const gone = column(
      Array.from({ length: 20 }, (_, i) => i),
      new Array(20).fill(gap),
    );
    expect(columnTest(gone).pValue).toBeLessThan(1e-8);
    expect(changeOf(gone)).toEqual({
      words: "missing from 0 % to 100 % of the rows; all cells are missing in one of the tables",
      from: { missing: 0 },
      to: { missing: 1 },
    });
  });

  it("is described by what is known, and how much is missing where that changed", () => {
    const { words, from, to } = changeOf(column([1, 2, 3, gap], [11, gap, gap, 13]));
    expect(words).toBe(
      "missing from 25 % to 50 % of the rows; mean from 2 to 12; wider: standard deviation from 0.8165 to 1",
    );
    expect([from.missing, to.missing]).toEqual([0.25, 0.5]);
    expect(changeOf(column([1, 2, gap, 3], [2, gap, 1, 3])).words).toBe("mean and spread about the same");
  });

  it("is two coordinates: the numbers, their mean where there is none, and what is missing; variance 1 in all", () => {
    const samples: Samples = {
      columns: [column([1, gap, 3], [gap, 5])],
      ...{ referenceRows: 3, currentRows: 2, notices: [] },
    };
    const points = pointsOf(samples, Uint32Array.of(0, 1, 2), Uint32Array.of(0, 1), "units");
    expect([points.dim, ...points.columnOf]).toEqual([2, 0, 0]);
    // Deviations -2, 0, 0, 0, 2 and -0.4, 0.6, -0.4, 0.6, -0.4: variances 8/5 and 6/25.
    const scale = Math.sqrt(8 / 5 + 6 / 25);
    const truth = [-2, -0.4, 0, 0.6, 0, -0.4, 0, 0.6, 2, -0.4].map((value) => value / scale);
    for (const [i, value] of points.values.entries()) expect(value).toBeCloseTo(truth[i], 12);
  });

  it("is left out where every cell is missing in both tables, and missing is no category", () => {
    const empty = (table: Table): Table => ({
      ...table,
      columns: table.columns.map((one) =>
        one.name === "b" ? { ...one, values: one.values.map(() => gap) } : one,
      ),
    });
    const samples = samplesOf(empty(holes(1, 50, tenth)), empty(holes(2, 50, tenth)));
    expect(samples.columns.map(({ name }) => name)).toEqual(["a", "kind"]);
    expect(samples.notices[0]).toMatch(/one value in both tables was left out: b/);
    const [, kind] = samples.columns;
    expect(kind.categories).toEqual(["red", "green", "blue"]);
    expect([...kind.reference, ...kind.current].some(Number.isNaN)).toBe(true);
    expect([...kind.reference, ...kind.current].every((code) => Number.isNaN(code) || code < 3)).toBe(true);
  });
});

describe("rows with missing cells", () => {
  it("leave the level of tests by permutation as it is, in 200 simulations", async () => {
    let rejected = 0;
    for (let run = 0; run < 200; run++) {
      const samples = samplesOf(
        holes(1000 + run, 40, () => 0.3),
        holes(5000 + run, 30, () => 0.3),
      );
      const places = (rows: number) => Uint32Array.from({ length: rows }, (_, i) => i);
      const { values, dim, first } = pointsOf(samples, places(40), places(30));
      const options = { permutations: { count: 39, scale: 20 }, random: new Random(run) };
      if ((await mmdTest(values, dim, first, options)).pValue <= 0.05) rejected++;
    }
    // Binomial(200, 0.05): mean 10, standard deviation 3.1.
    expect(rejected).toBeGreaterThan(1);
    expect(rejected).toBeLessThanOrEqual(20);
  });

  it("are no drift where as many cells are missing as before", async () => {
    const { drift, tests, notices } = await detectShift(holes(1, 400, tenth), holes(2, 300, tenth), quick);
    expect(drift).toBe(false);
    expect(tests[0].rows).toEqual([200, 300]);
    expect(notices).toEqual([]);
  });

  it("are drift where a column begins to miss more, and that column is named", async () => {
    const after = holes(3, 500, () => 0.4);
    const { drift, columns, tests } = await detectShift(holes(1, 600, tenth), after, quick);
    expect(drift).toBe(true);
    expect(tests.find(({ name }) => name === "scores")?.rejected).toBe(true);
    expect(columns.flatMap(({ name, moved }) => (moved ? [name] : []))).toEqual(["b"]);
    expect(columns[0].words).toMatch(/^missing from (9|10|11)\S* % to (3[6-9]|4[0-4])\S* % of the rows; /);
  });

  it("may miss cells of a column that the reference never missed: such rows count as the least likely", async () => {
    const { drift, columns, notices } = await detectShift(
      holes(1, 400, () => 0),
      holes(2, 300, () => 0.3),
      quick,
    );
    expect([drift, columns[0].name, columns[0].moved]).toEqual([true, "b", true]);
    expect(notices[0]).toMatch(
      /^Rows with a cell missing where .* misses it: \d+\. They count as the least likely\.$/,
    );
  });

  it("say since when, where a column begins to miss cells", async () => {
    const stream = holes(4, 600, (row) => (row < 300 ? 0.1 : 0.6));
    const { first, windows, features } = await detectShiftOverTime(holes(1, 600, tenth), stream, {
      ...{ window: 100, fit: quick.fit },
    });
    expect(first).not.toBeNull();
    expect(windows[first ?? 0].from).toBe(300);
    const b = features.indexOf("b");
    expect(windows.map(({ adjusted }) => adjusted[b] <= 0.05)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it("have no scores by flows", async () => {
    const flows = detectShift(holes(1, 100, tenth), holes(2, 100, tenth), { ...quick, scores: "flow" });
    await expect(flows).rejects.toThrow(/flows' scores are those of complete rows/);
  });
});
