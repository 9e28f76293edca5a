// What the mixed benchmark fits and judges by, and how it sets densities beside each other.

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromColumns } from "logdet";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ownDensity, peerDensities } from "../../bench/lib/mixed-models.js";
import { judgeMixed } from "../../bench/lib/mixed-report.js";
import {
  divideMixed,
  type MixedSplit,
  type MixedTable,
  mixedTable,
  presentMixedTables,
} from "../../bench/lib/mixed-tables.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "logdet-mixed-bench-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** The cells of a column, as a list. */
function cellsOf({ columns }: MixedTable, name: string): readonly (string | number)[] {
  return [...(columns.find((column) => column.name === name)?.cells ?? [])];
}

describe("tables of numbers and categories", () => {
  it("are the complete rows of vega-datasets' penguins, cars and movies without a folder", async () => {
    expect(presentMixedTables(undefined)).toEqual(["penguins", "cars", "movies"]);
    const penguins = await mixedTable(undefined, "penguins");
    // 344 birds, of which 10 lack a cell and one has a dot for its sex.
    expect([penguins.rows, penguins.columns.length]).toEqual([333, 7]);
    expect(new Set(cellsOf(penguins, "Sex"))).toEqual(new Set(["MALE", "FEMALE"]));
    const cars = await mixedTable(undefined, "cars");
    expect(new Set(cellsOf(cars, "Cylinders"))).toEqual(new Set(["3", "4", "5", "6", "8"]));
    const years = cellsOf(cars, "Year").map(Number);
    expect([cars.rows, Math.min(...years), Math.max(...years)]).toEqual([392, 1970, 1982]);
  });

  it("are others where the folder has them, numbers for categories as the benchmark says", async () => {
    const lines = ["0,3,male,22,1,0,7.25,S,x", "1,1,female,38,1,0,71.3,C,y", "1,3,female,,0,0,7.9,S,z"];
    const header = "survived,pclass,sex,age,sibsp,parch,fare,embarked,deck";
    await writeFile(join(folder, "titanic.csv"), [header, ...lines].join("\n"));
    expect(presentMixedTables(folder)).toEqual(["penguins", "cars", "titanic", "movies"]);
    const titanic = await mixedTable(folder, "titanic");
    expect(titanic.rows).toBe(2);
    expect(cellsOf(titanic, "pclass")).toEqual(["3", "1"]);
    expect(cellsOf(titanic, "fare")).toEqual([7.25, 71.3]);
    expect(cellsOf(titanic, "deck")).toEqual([]);
  });

  it("may be any CSV file of the folder that has both", async () => {
    await writeFile(join(folder, "own.csv"), "x,kind\n1.5,a\n2,b\n,a\n4,b\n7,a");
    const own = await mixedTable(folder, "own");
    expect([cellsOf(own, "x"), cellsOf(own, "kind")]).toEqual([
      [1.5, 2, 4, 7],
      ["a", "b", "b", "a"],
    ]);
    await writeFile(join(folder, "plain.csv"), "x,y\n1,2\n3,5");
    await expect(mixedTable(folder, "plain")).rejects.toThrow("all columns of plain are of one kind");
  });

  it("are asked for in vain with words that say what there is", async () => {
    await expect(mixedTable(undefined, "titanic")).rejects.toThrow(LogdetError);
    await expect(mixedTable(folder, "boats")).rejects.toMatchObject({
      message: expect.stringMatching(/there is no table .*boats\.csv/),
      hint: expect.stringMatching(/^Tables: penguins, cars, titanic.*--data DIR/),
    });
  });

  it("are divided by the seed, 7 to 3, the judging rows' numbers spread over their cells", async () => {
    const penguins = await mixedTable(undefined, "penguins");
    const { train, test, steps } = divideMixed(penguins, 3);
    expect([train.rows, test[0].length]).toEqual([233, 100]);
    // Tenths of a millimetre, whole millimetres, and grams by 25.
    expect([...steps].map((step) => Number(step.toPrecision(6)))).toEqual([0, 0, 0, 0.1, 0.1, 1, 25]);
    const masses = new Set(cellsOf(penguins, "Body Mass (g)"));
    for (const mass of test[6]) {
      const cell = [...masses].find((value) => Math.abs(Number(value) - mass) <= 12.5);
      expect(cell).toBeDefined();
      expect(masses).not.toContain(mass);
    }
    expect(divideMixed(penguins, 3).test).toEqual(test);
    expect(divideMixed(penguins, 4).test[3]).not.toEqual(test[3]);
  });

  it("have the categories of the rows to fit: what those never saw gets the code of no category", () => {
    const kinds = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "a" : "b"));
    const x = Float64Array.from({ length: 40 }, (_, i) => i * 1.37);
    const fitted = (kind: readonly string[], seed: number) =>
      divideMixed(
        {
          name: "t",
          rows: 40,
          columns: [
            { name: "kind", cells: kind },
            { name: "x", cells: x },
          ],
        },
        seed,
      );
    const rare = kinds.map((kind, i) => (i === 7 ? "rare" : kind));
    const splits = Array.from({ length: 8 }, (_, seed) => fitted(rare, seed));
    const judged = splits.filter(({ train }) => !train.columns[0].categories?.includes("rare"));
    expect(judged.length).toBeGreaterThan(0);
    expect(judged.length).toBeLessThan(8);
    for (const { train, test } of judged) {
      expect(train.columns[0].categories).toEqual(["a", "b"]);
      expect([...test[0]].filter((code) => code === 2)).toHaveLength(1);
    }
  });
});

/** Two kinds, a in one row of four, and a number N(kind, 1) and another that is its double plus noise. */
function gaussians(rows: number): MixedTable {
  const random = new Random(5);
  const kind = Array.from({ length: rows }, () => (random.uniform() < 0.25 ? "a" : "b"));
  const x = Float64Array.from(kind, (k) => (k === "a" ? 0 : 3) + random.normal());
  const y = Float64Array.from(x, (value) => 2 * value + random.normal());
  return {
    name: "gaussians",
    rows,
    columns: [
      { name: "x", cells: x },
      { name: "kind", cells: kind },
      { name: "y", cells: y },
    ],
  };
}

describe("densities of numbers and categories", () => {
  it("of a fit are log-densities of the judging rows, in their order and units", async () => {
    const split = divideMixed(gaussians(1200), 0);
    const { logProb } = await ownDensity(split, { seed: 1, search: false, epochs: 20 });
    const [x, kind, y] = split.test;
    const truth = Float64Array.from(
      x,
      (value, i) =>
        Math.log(kind[i] === 0 ? 0.25 : 0.75) -
        0.5 * ((value - 3 * kind[i]) ** 2 + (y[i] - 2 * value) ** 2) -
        Math.log(2 * Math.PI),
    );
    // The truth varies by 1.1 nats from row to row; rows or columns out of order would be far off.
    const far = logProb.map((value, i) => Math.abs(value - truth[i]));
    expect(far.reduce((a, b) => a + b) / far.length).toBeLessThan(0.4);
  });

  it("refuse a column that the fit leaves out, as models of other columns do not compare", async () => {
    const { name, rows, columns } = gaussians(100);
    const constant = { name: "constant", cells: new Float64Array(100).fill(4) };
    const split = divideMixed({ name, rows, columns: [...columns, constant] }, 0);
    await expect(ownDensity(split, { search: false, epochs: 1 })).rejects.toThrow(
      "never varies has no density",
    );
  });

  it("of peers are read from the files that their lines name, numbers and codes apart", async () => {
    const split = divideMixed(gaussians(50), 0);
    const python = join(folder, "python");
    // $2 is the folder: the judging rows' codes come back as if they were densities.
    const line = `'{"model": "gaussian", "seconds": 2, "note": null, "logProb": "'$2'/test-codes.npy"}'`;
    await writeFile(python, `#!/bin/sh\nif [ "$1" = "-c" ]; then exit 0; fi\necho ${line}\n`);
    await chmod(python, 0o755);
    vi.stubEnv("LOGDET_PYTHON", python);
    const [found] = await peerDensities(split, ["gaussian"], { seed: 0, threads: 1 });
    expect(found).toEqual({ model: "gaussian", seconds: 2, note: null, logProb: split.test[1] });
  });

  it("are told as means with standard errors, and beside logdet row by row", () => {
    const split: MixedSplit = {
      train: tableFromColumns([{ name: "x", values: [1, 2, 4] }]),
      test: [Float64Array.of(1, 2)],
      steps: Float64Array.of(0),
    };
    const density = (model: string, logProb: readonly number[]) => ({
      ...{ model, logProb: Float64Array.from(logProb), seconds: 1, note: null },
    });
    const rows = judgeMixed({ table: "t", seed: 2 }, split, [
      density("logdet", [-1, -3]),
      density("gaussian", [-2, -6]),
    ]);
    expect(rows[0]).toEqual({
      ...{ table: "t", seed: 2, model: "logdet", logProb: -2, standardError: 1, gain: null, gainError: null },
      ...{ rows: 3, judged: 2, columns: 1, seconds: 1, note: null },
    });
    // Differences 1 and 3.
    expect(rows[1]).toMatchObject({ logProb: -4, standardError: 2, gain: 2, gainError: 1 });
    expect(judgeMixed({ table: "t", seed: 2 }, split, [density("gaussian", [-2, -6])])[0].gain).toBeNull();
  });
});
