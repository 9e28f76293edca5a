// Is the new data another, and which columns moved: from tables to a verdict.

import { describe, expect, it } from "vitest";
import { type Table, tableFromRows } from "../../src/data/index.js";
import { andersonDarlingTest } from "../../src/drift/anderson-darling.js";
import { fitQuickly } from "../../src/drift/density.js";
import { mmdTest } from "../../src/drift/mmd.js";
import { samplesOf } from "../../src/drift/samples.js";
import { detectShift } from "../../src/drift/shift.js";
import { detectShiftFromModel } from "../../src/drift/shift-from-model.js";
import { slicedEnergyTest } from "../../src/drift/sliced-energy.js";
import { Random } from "../../src/random/index.js";

type Row = [a: number, b: number, c: number, kind: number];
type Change = (row: Row, random: Random) => Row;

const kinds = ["red", "green", "blue"];

/** Three columns of numbers, b the mean of the others and a little more; one of categories. */
function tableWith(seed: number, rows: number, change: Change = (row) => row): Table {
  const random = new Random(seed);
  const drawn = Array.from({ length: rows }, () => {
    const a = random.normal();
    const c = random.normal();
    const b = 0.6 * a + 0.6 * c + 0.53 * random.normal();
    return change([a, b, 20 + 3 * c, random.integer(3)], random);
  });
  const table = tableFromRows(drawn.flat(), 4, ["a", "b", "c", "kind"]);
  return {
    ...table,
    columns: table.columns.map((column) =>
      column.name === "kind" ? { ...column, categories: kinds } : column,
    ),
  };
}

const quick = { permutations: 119, fit: { epochs: 20, layers: 1 } } as const;

describe("a verdict", () => {
  it("is none where nothing moved", async () => {
    const { drift, tests, columns, alpha } = await detectShift(tableWith(1, 400), tableWith(2, 300), quick);
    expect({ drift, alpha }).toEqual({ drift: false, alpha: 0.05 });
    expect(tests.map(({ name }) => name)).toEqual([
      "log-density",
      "sliced-energy",
      "mmd",
      "scores",
      "margins",
    ]);
    expect(tests.every(({ adjusted, pValue, rejected }) => adjusted >= pValue && !rejected)).toBe(true);
    expect(columns.some(({ moved }) => moved)).toBe(false);
    expect(tests[0].rows).toEqual([200, 300]);
  });

  it.each<[string, Change, string[], RegExp]>([
    ["mean", ([a, b, c, kind]) => [a, b, c + 2, kind], ["c"], /^mean from (19|20)[.\d]* to 2[12]/],
    [
      "scale",
      ([a, b, c, kind]) => [a, b, 20 + 1.8 * (c - 20), kind],
      ["c"],
      /^wider: standard deviation from 3/,
    ],
    [
      "dependence",
      ([a, , c, kind], random) => [a, random.normal(), c, kind],
      ["b"],
      /^depends on the others in another way; mean and spread about the same/,
    ],
    [
      "shares of categories",
      ([a, b, c, kind], random) => [a, b, c, random.uniform() < 0.4 ? 0 : kind],
      ["kind"],
      /^red from 3\d.* % to [56]\d.* % of the rows/,
    ],
  ])("finds a shift of the %s, its column and the direction", async (_, change, moved, words) => {
    const { drift, columns } = await detectShift(tableWith(1, 800), tableWith(3, 600, change), quick);
    expect(drift).toBe(true);
    expect(columns.flatMap((column) => (column.moved ? [column.name] : []))).toEqual(moved);
    expect(columns[0].words).toMatch(words);
  });

  it("is the same with the same seed", async () => {
    const run = () => detectShift(tableWith(1, 200), tableWith(2, 200), { ...quick, seed: 5 });
    const [first, second] = [await run(), await run()];
    expect({ ...first, seconds: 0 }).toEqual({ ...second, seconds: 0 });
  });

  it("is given of categories alone, but not by flows", async () => {
    const kinds = (table: Table): Table => ({ ...table, columns: table.columns.slice(3) });
    const change: Change = ([a, b, c, kind], random) => [a, b, c, random.uniform() < 0.4 ? 0 : kind];
    const [reference, current] = [kinds(tableWith(1, 500)), kinds(tableWith(3, 400, change))];
    const { drift, columns, tests, notices } = await detectShift(reference, current, quick);
    expect([drift, columns.length, columns[0].moved]).toEqual([true, 1, true]);
    expect(tests.map(({ name }) => name)).toEqual([
      "log-density",
      "sliced-energy",
      "mmd",
      "scores",
      "margins",
    ]);
    expect(notices).toEqual([]);
    const flows = detectShift(reference, current, { ...quick, scores: "flow" });
    await expect(flows).rejects.toThrow(/flows are fitted to columns of numbers, and there are none/);
  });

  it("may rest on flows' scores", async () => {
    const change: Change = ([a, , c, kind], random) => [a, random.normal(), c, kind];
    const shift = await detectShift(tableWith(1, 600), tableWith(3, 600, change), {
      ...quick,
      scores: "flow",
    });
    expect(shift.tests.find(({ name }) => name === "scores")).toMatchObject({ rejected: true });
    expect(shift.notices).toContain(
      "Flows are fitted to columns of numbers: categories have no scores here.",
    );
  });

  it("comes from a model, too, without columns", async () => {
    const numbers = (table: Table) => ({ ...table, columns: table.columns.slice(0, 3) });
    const { model } = await fitQuickly(numbers(tableWith(1, 800)), {
      options: { epochs: 200, layers: 1, calibration: 0.3 },
      seed: 0,
    });
    const same = await detectShiftFromModel(model, numbers(tableWith(4, 300)), { permutations: 119 });
    const change: Change = ([a, b, c, kind]) => [a, -b, c, kind];
    const other = await detectShiftFromModel(model, numbers(tableWith(3, 300, change)), {
      permutations: 119,
    });
    await model.release();
    expect([same.drift, other.drift]).toEqual([false, true]);
    expect(other.tests.map(({ name, rows }) => [name, ...rows])).toEqual([
      ["log-density", 240, 300],
      ["latent-norm", 240, 300],
    ]);
    expect(other.columns).toEqual([]);
  });
});

describe("the level of the tests by permutation", () => {
  it.each(["anderson-darling", "sliced-energy", "mmd"])("is kept by %s in 300 simulations", async (name) => {
    const random = new Random(20);
    let rejected = 0;
    for (let run = 0; run < 300; run++) {
      const rows = random.fillNormal(new Float64Array(2 * 40));
      const options = { permutations: { count: 39, scale: 20 }, random: new Random(run) };
      const { pValue } =
        name === "mmd"
          ? await mmdTest(rows, 2, 18, options)
          : name === "sliced-energy"
            ? await slicedEnergyTest(rows, 2, 18, options)
            : await andersonDarlingTest(rows.slice(0, 36), rows.slice(36), options);
      if (pValue <= 0.05) rejected++;
    }
    // Binomial(300, 0.05): mean 15, standard deviation 3.8.
    expect(rejected).toBeGreaterThan(3);
    expect(rejected).toBeLessThanOrEqual(27);
  });

  it.each<[string, (x: number, y: number) => number[]]>([
    ["mean", (x, y) => [x + 0.6, y]],
    ["scale", (x, y) => [1.8 * x, y]],
    ["dependence", (x, y) => [x, 0.9 * x + 0.44 * y]],
  ])("leaves power against a shift of the %s", async (_, change) => {
    const random = new Random(21);
    const draw = (f: (x: number, y: number) => number[]) =>
      Array.from({ length: 200 }, () => f(random.normal(), random.normal())).flat();
    const rows = Float64Array.from([...draw((x, y) => [x, y]), ...draw(change)]);
    const options = { permutations: { count: 99, scale: 50 }, random: new Random(1) };
    expect((await slicedEnergyTest(rows, 2, 200, options)).pValue).toBeLessThanOrEqual(0.05);
    expect((await mmdTest(rows, 2, 200, options)).pValue).toBeLessThanOrEqual(0.05);
  });
});

describe("tables that do not fit together", () => {
  const rename = (table: Table, from: string, to: string): Table => ({
    ...table,
    columns: table.columns.map((column) => (column.name === from ? { ...column, name: to } : column)),
  });

  it("are refused with what to do where a column is missing or has changed its type", () => {
    const [reference, current] = [tableWith(1, 50), tableWith(2, 50)];
    expect(() => samplesOf(reference, rename(current, "c", "C"))).toThrow(
      expect.objectContaining({
        message: "a column of the reference is missing in the new table: c",
        hint: 'Rename "C" to "c"? To leave columns out: --exclude c',
      }),
    );
    const numbers = {
      ...current,
      columns: current.columns.map(({ name, values }) => ({ name, values })),
    };
    expect(() => samplesOf(reference, numbers)).toThrow(
      /categories in the reference and numbers in the new table/,
    );
  });

  it("are refused where there are too few rows, or nothing varies", () => {
    expect(() => samplesOf(tableWith(1, 30), tableWith(2, 50))).toThrow(
      /reference has 30 rows; .* at least 40/,
    );
    expect(() => samplesOf(tableWith(1, 50), tableWith(2, 1))).toThrow(
      /new table has one row; .* at least 10/,
    );
    const still = tableFromRows(new Float64Array(100), 2);
    expect(() => samplesOf(still, still)).toThrow(/no column varies/);
  });

  it("lose columns that have one value in both, not those that changed it", () => {
    const at = (table: Table, c: number): Table => ({
      ...table,
      columns: table.columns.map((column) =>
        column.name === "c" ? { ...column, values: column.values.map(() => c) } : column,
      ),
    });
    const same = samplesOf(at(tableWith(1, 50), 7), at(tableWith(2, 50), 7));
    expect(same.columns.map(({ name }) => name)).toEqual(["a", "b", "kind"]);
    expect(same.notices[0]).toMatch(/one value in both tables was left out: c/);
    expect(samplesOf(at(tableWith(1, 50), 7), at(tableWith(2, 50), 8)).columns).toHaveLength(4);
  });

  it("have their categories matched by name, new ones after the reference's", () => {
    const current = tableWith(2, 50);
    const renamed = {
      ...current,
      columns: current.columns.map((column) =>
        column.name === "kind" ? { ...column, categories: ["blue", "black", "red"] } : column,
      ),
    };
    const { columns } = samplesOf(tableWith(1, 50), renamed);
    expect(columns[3].categories).toEqual(["red", "green", "blue", "black"]);
    expect(columns[3].known).toBe(3);
    const codes = current.columns[3].values;
    expect([...columns[3].current]).toEqual(Array.from(codes, (code) => [2, 3, 0][code]));
  });

  it("need permutations enough for the level", async () => {
    const few = detectShift(tableWith(1, 50), tableWith(2, 50), { permutations: 50 });
    await expect(few).rejects.toMatchObject({
      code: "usage",
      hint: "Ask for 99 permutations or more.",
    });
    const level = detectShift(tableWith(1, 50), tableWith(2, 50), { alpha: 1 });
    await expect(level).rejects.toMatchObject({ code: "usage" });
  });
});
