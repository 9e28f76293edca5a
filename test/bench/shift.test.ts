// The shift benchmark: what it plants, asks and counts.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gateResult } from "../../bench/lib/shift-gate.js";
import { localise, shiftMethods } from "../../bench/lib/shift-methods.js";
import { plant } from "../../bench/lib/shift-planted.js";
import { judgeShift, shiftSummary } from "../../bench/lib/shift-report.js";
import { presentShiftTables, shiftTable } from "../../bench/lib/shift-tables.js";
import { type Table, tableFromColumns } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

/** Three columns that depend on each other, and one that never varies. */
function dependent(rows: number, seed = 1): Table {
  const random = new Random(seed);
  const [a, c] = [0, 1].map(() => random.fillNormal(new Float64Array(rows)));
  const b = a.map((value, i) => value + c[i] + 0.5 * random.normal());
  const columns = { a, b, c, still: new Float64Array(rows).fill(2) };
  return tableFromColumns(Object.entries(columns).map(([name, values]) => ({ name, values })));
}

const sorted = (values: Float64Array) => [...values].sort((a, b) => a - b);
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const settings = { level: 0.05, permutations: 39, seed: 1 };

describe("planted shifts", () => {
  const planted = (shift: "shuffle" | "mean" | "scale", count = 2) =>
    plant(dependent(600), shift, { count, rows: 200, random: new Random(2) });

  it("are two samples of other rows, some columns of the second changed, never a constant", () => {
    const { reference, current, columns } = planted("shuffle", 3);
    expect([reference.rows, current.rows]).toEqual([200, 200]);
    expect(columns).toEqual([0, 1, 2]);
    const seen = new Set(reference.columns[0].values);
    expect(current.columns[0].values.some((value) => seen.has(value))).toBe(false);
  });

  it("move a column among the rows, add half a deviation, or stretch by a half", () => {
    const plain = plant(dependent(600), "none", { count: 0, rows: 200, random: new Random(2) }).current;
    const at = (shift: "shuffle" | "mean" | "scale") => {
      const { current, columns } = planted(shift);
      return [plain.columns[columns[0]].values, current.columns[columns[0]].values] as const;
    };
    const [before, shuffled] = at("shuffle");
    expect(sorted(shuffled)).toEqual(sorted(before));
    expect(shuffled).not.toEqual(before);
    const [low, high] = at("mean");
    const deviation = Math.sqrt(mean(low.map((value) => (value - mean(low)) ** 2)));
    expect(mean(high) - mean(low)).toBeCloseTo(deviation / 2, 12);
    const [narrow, wide] = at("scale");
    expect(mean(wide)).toBeCloseTo(mean(narrow), 12);
    expect(wide[3] - mean(wide)).toBeCloseTo(1.5 * (narrow[3] - mean(narrow)), 12);
  });
});

describe("methods", () => {
  it("name the column that was shuffled, but for the test of single columns", async () => {
    const random = new Random(3);
    const samples = plant(dependent(1000), "none", { count: 0, rows: 500, random });
    const { current } = samples;
    const b = Float64Array.from(random.permutation(500), (row) => current.columns[1].values[row]);
    const shuffled = {
      ...samples,
      current: {
        ...current,
        columns: current.columns.map((column, j) => (j === 1 ? { ...column, values: b } : column)),
      },
      columns: [1],
    };
    for (const method of shiftMethods.filter((name) => name !== "flow")) {
      const found = await localise(shuffled, method, settings);
      const row = judgeShift({ table: "t", shift: "shuffle", seed: 0 }, shuffled, found);
      if (method === "ks") expect(row).toMatchObject({ named: 0, precision: null, recall: 0 });
      else expect(row).toMatchObject({ hits: 1, recall: 1 });
      if (method.endsWith("steps")) expect(row).toMatchObject({ named: 1, precision: 1, topRecall: 1 });
    }
  });

  it("name nothing, and say why, where a flow cannot be asked", async () => {
    const random = new Random(1);
    const columns = Array.from({ length: 65 }, (_, j) => ({
      name: `x${j}`,
      values: random.fillNormal(new Float64Array(80)),
    }));
    const wide = plant(tableFromColumns(columns), "none", { count: 0, rows: 40, random });
    const { named, order, note } = await localise(wide, "flow", settings);
    expect({ named, order }).toEqual({ named: [], order: [] });
    expect(note).toMatch(/^failed: 65 columns: Jacobians of more than 64 take too long/);
  });
});

it("sums columns up over tables: precision of all that were named, recall of all that were planted", () => {
  const row = {
    table: "t",
    shift: "mean",
    seed: 0,
    seconds: 1,
    note: null,
    method: "ks",
    topRecall: 0.5,
  } as const;
  const summary = shiftSummary([
    { ...row, planted: 2, named: 3, hits: 2, precision: 2 / 3, recall: 1 },
    { ...row, planted: 2, named: 0, hits: 0, precision: null, recall: 0 },
    { ...row, shift: "none", planted: 0, named: 1, hits: 0, precision: 0, recall: null, topRecall: null },
  ]);
  expect(summary[0]).toMatchObject({ precision: 2 / 3, recall: 0.5, topRecall: 0.5, alarms: 0.5, cases: 2 });
  expect(summary[1]).toMatchObject({ shift: "none", precision: null, recall: null, alarms: 1 });
});

it("asks the gate and its own test about windows that moved", async () => {
  const result = await gateResult(dependent(2400), "mean", {
    ...{ window: 50, windows: 10, alpha: 0.05, seed: 1, fit: { epochs: 30, layers: 1 } },
  });
  for (const value of Object.values(result)) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1);
  }
  expect(result.shutUnmoved).toBeLessThan(0.5);
});

describe("tables", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "logdet-shift-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are those that are there, normal rows alone where there is a label", async () => {
    expect(() => presentShiftTables(folder)).toThrow(/no table that is known/);
    await writeFile(join(folder, "adbench_cardio.csv"), "x,y,label\n1,2,0\n3,4,1\n5,6,0\n");
    await writeFile(join(folder, "elec2.csv"), "period,price,class\n0,1,1\n0.5,2,0\n");
    expect(presentShiftTables(folder)).toEqual(["cardio", "elec2"]);
    const { table } = await shiftTable(folder, "cardio");
    expect(table.columns.map(({ name, values }) => [name, ...values])).toEqual([
      ["x", 1, 5],
      ["y", 2, 6],
    ]);
    expect((await shiftTable(folder, "elec2")).stationary.columns.map(({ name }) => name)).toEqual([
      "period",
      "price",
    ]);
    await expect(shiftTable(folder, "elec3")).rejects.toThrow("there is no table elec3");
  });
});
