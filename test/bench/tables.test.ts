// What the benchmarks fit and judge by: tables from a folder, the rows that peers get, likelihoods in shared units.

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heldOut, summary } from "../../bench/lib/held-out.js";
import { readNpy, writeNpy } from "../../bench/lib/npy.js";
import { densitySplit, fitSplit, withPeerRows } from "../../bench/lib/peer-rows.js";
import { benchTable, presentTables } from "../../bench/lib/tables.js";
import { fit } from "../../src/fit/index.js";
import type { Model } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "logdet-tables-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** 200 rows of a whole number, a continuous value and a label that marks every tenth. */
async function writeCsv(name: string): Promise<void> {
  const random = new Random(1);
  const lines = Array.from(
    { length: 200 },
    (_, i) => `${Math.round(5 * random.normal())},${random.normal()},${i % 10 === 0 ? 1 : 0}`,
  );
  await writeFile(join(folder, `adbench_${name}.csv`), ["count,value,label", ...lines].join("\n"));
}

async function writeArrays(name: string): Promise<void> {
  const random = new Random(2);
  for (const [part, rows] of [
    ["train", 60],
    ["val", 20],
    ["test", 10],
  ] as const)
    await writeNpy(join(folder, `${name}_${part}.npy`), {
      shape: [rows, 3],
      data: random.fillNormal(new Float32Array(rows * 3)),
    });
}

describe("the benchmarks' tables", () => {
  it("are those that are in the folder", async () => {
    await writeArrays("bsds300");
    await writeCsv("cardio");
    expect(presentTables(folder)).toEqual(["cardio", "bsds300"]);
  });

  it("must be one at least", () => {
    expect(() => presentTables(folder)).toThrow(/no table that is known/);
  });

  it("leave out anomalies and the label, and hold a tenth of the rows back", async () => {
    await writeCsv("cardio");
    const { fit: table, columns, test } = await benchTable(folder, "cardio");
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["count", "discrete"],
      ["value", "continuous"],
    ]);
    expect([table.rows, test.length]).toEqual([162, 18 * 2]);
  });

  it("join the arrays' training and validation rows", async () => {
    await writeArrays("bsds300");
    const { fit: table, test } = await benchTable(folder, "bsds300");
    expect([table.rows, test.length]).toEqual([80, 10 * 3]);
  });

  it("can be cut to fewer rows, drawn from all of them, with the whole test", async () => {
    await writeArrays("bsds300");
    const all = await benchTable(folder, "bsds300");
    const cut = await benchTable(folder, "bsds300", { rows: 30 });
    expect([cut.fit.rows, cut.test.length]).toEqual([30, 10 * 3]);
    const places = [...cut.fit.columns[0].values].map((value) => all.fit.columns[0].values.indexOf(value));
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    expect(Math.max(...places)).toBeGreaterThan(60);
  });
});

describe("the peers' rows", () => {
  it("are the split's, standardised, with the cells that noise is to fill", async () => {
    await writeCsv("cardio");
    const table = await benchTable(folder, "cardio");
    const split = densitySplit(table.fit.rows, 4);
    const [count, value] = table.columns;
    const used = await withPeerRows(table, split, async (place) => {
      const [train, validation, test, centres, widths] = await Promise.all(
        ["train", "validation", "test", "centres", "widths"].map((name) =>
          readNpy(join(place, `${name}.npy`)),
        ),
      );
      expect(validation.shape).toEqual([18, 2]);
      expect(test.data).toEqual(Float64Array.from(table.test));
      expect([...widths.data]).toEqual([1 / count.scale, 0]);
      expect(centres.shape).toEqual([144, 2]);
      for (const [i, row] of split.train.entries()) {
        const original = table.fit.columns.map(({ values }) => values[row]);
        expect(centres.data[2 * i]).toBeCloseTo((original[0] - count.center) / count.scale, 5);
        expect(centres.data[2 * i + 1]).toBeCloseTo((original[1] - value.center) / value.scale, 5);
        expect(train.data[2 * i + 1]).toBe(centres.data[2 * i + 1]);
        const noise = train.data[2 * i] - centres.data[2 * i];
        expect(Math.abs(noise)).toBeLessThanOrEqual(0.5001 * widths.data[0]);
      }
      return place;
    });
    expect(existsSync(used)).toBe(false);
  });

  it("validate, for the fit benchmark, on the very rows that fit holds out, noise included", async () => {
    await writeCsv("cardio");
    const table = await benchTable(folder, "cardio");
    const { model, validation } = await fit(table.fit, {
      seed: 5,
      epochs: 1,
      layers: 1,
      batch: 32,
      calibration: 0,
    });
    await model.release();
    const written = await withPeerRows(table, fitSplit(table.fit.rows, 5), (place) =>
      readNpy(join(place, "validation.npy")),
    );
    expect(written.data).toEqual(Float64Array.from(validation));
  });
});

describe("held-out likelihoods", () => {
  it("are in nats a row of standardised columns, whatever the table's units", async () => {
    await writeCsv("cardio");
    const table = await benchTable(folder, "cardio");
    const { columns, test } = table;
    // Independent normals with the columns' means and deviations: standard normals once standardised.
    const logNormal = (z: number) => -0.5 * (z * z + Math.log(2 * Math.PI));
    const model = {
      logProb: async (rows: Float64Array) =>
        Float64Array.from({ length: rows.length / 2 }, (_, row) =>
          columns.reduce((total, { center, scale }, d) => {
            const z = (rows[2 * row + d] - center) / scale;
            return total + logNormal(z) - Math.log(scale);
          }, 0),
        ),
    } as unknown as Model;
    const expected = Array.from(test).reduce((total, z) => total + logNormal(z), 0) / (test.length / 2);
    expect((await heldOut(model, table)).nats).toBeCloseTo(expected, 5);
  });

  it("come with twice their standard error", () => {
    // Variance 5/3 of 1, 2, 3, 4 over 4 rows.
    const { nats, twoSE } = summary([1, 2, 3, 4]);
    expect(nats).toBe(2.5);
    expect(twoSE).toBeCloseTo(2 * Math.sqrt(5 / 3 / 4), 12);
  });
});
