// logdet impute: the table as it was, with its missing cells filled.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";
import { csv, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();

/** Kinds with a height each, weights that follow heights; spellings and a column that a program would not choose. */
function people(rows: number): string[][] {
  const random = new Random(1);
  return Array.from({ length: rows }, (_, i) => {
    const isTall = random.uniform() < 0.4;
    const height = (isTall ? 185 : 165) + 5 * random.normal();
    const weight = Math.round(0.9 * height - 90 + 5 * random.normal());
    const row = [`"no. ${i}"`, isTall ? "tall" : "short", height.toFixed(2), String(weight)];
    return row.map((cell, c) => (c > 0 && random.uniform() < 0.1 ? (c === 2 ? "NA" : "") : cell));
  });
}

const rows = people(400);
const names = ["who", "kind", "height", "weight"];

beforeAll(async () => {
  writeFileSync(join(folder, "people.csv"), csv(names, rows));
  const { code, stderr } = await logdet(
    [
      "fit",
      "people.csv",
      "--missing",
      "model",
      "--exclude",
      "who",
      "--no-search",
      "--epochs",
      "60",
      "--quiet",
    ],
    { cwd: folder },
  );
  if (code !== 0) throw new Error(stderr);
}, 60_000);

const impute = (...args: string[]) => logdet(["impute", "people.logdet", ...args], { cwd: folder });
const isMissing = (cell: string) => cell === "" || cell === "NA";

describe("logdet impute", () => {
  it("writes every cell as it was, and the missing ones filled", async () => {
    const { code, stdout, stderr } = await impute("people.csv", "--draws", "20");
    expect(code).toBe(0);
    const [header, ...lines] = stdout.trimEnd().split("\n");
    expect(header).toBe(names.join(","));
    expect(lines).toHaveLength(rows.length);
    let filled = 0;
    for (const [i, line] of lines.entries()) {
      const cells = line.split(",");
      // Text with a blank needs no quotes; nothing else about it changes.
      for (const [c, cell] of rows[i].entries())
        if (!isMissing(cell)) expect(cells[c]).toBe(cell.replaceAll('"', ""));
        else {
          filled++;
          expect(cells[c]).toMatch([/./, /^(short|tall)$/, /^\d+(\.\d+)?$/, /^\d+$/][c]);
        }
      const [height, weight] = [Number(cells[2]), Number(cells[3])];
      expect(Math.abs(0.9 * height - 90 - weight), `row ${i + 1}`).toBeLessThan(40);
    }
    expect(stderr).toMatch(new RegExp(`${filled} cells of 400 rows filled with seed 0: \\d+ of kind`));
  });

  it("sums up the cells of each column with --json, and says how sure each is with --spread", async () => {
    const { code, stdout } = await impute("people.csv", "--spread", "--out", "filled.parquet", "--json");
    expect(code).toBe(0);
    const counts = names.map((_, c) => rows.filter((row) => isMissing(row[c])).length);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 400,
      cells: counts[1] + counts[2] + counts[3],
      filled: { kind: counts[1], height: counts[2], weight: counts[3] },
      ...{ method: "median", draws: 100, seed: 0, out: "filled.parquet" },
    });
    const table = await readTable([join(folder, "filled.parquet")], { mixed: true, missing: "cells" });
    expect(table.sourceColumns).toEqual([...names, "kind_spread", "height_spread", "weight_spread"]);
    const column = (name: string) => table.columns.find((one) => one.name === name)!;
    expect(column("weight").values.every(Number.isInteger)).toBe(true);
    expect(column("kind").categories).toEqual(["short", "tall"]);
    for (const [i, row] of rows.entries()) {
      expect(Number.isNaN(column("height_spread").values[i])).toBe(!isMissing(row[2]));
      if (!isMissing(row[3])) expect(column("weight").values[i]).toBe(Number(row[3]));
    }
    // Half a kilogram of rounding aside, a weight is known to 5 kg given the height, and to no less than that.
    const spreads = [...column("weight_spread").values].filter((value) => !Number.isNaN(value));
    const typical = spreads.sort((a, b) => a - b)[spreads.length >> 1];
    expect(Math.abs(Math.log(typical / 5))).toBeLessThan(Math.log(1.6));
  });

  it("draws the same cells for the same seed, others for another, with --method draw", async () => {
    const [first, same, other] = await Promise.all(
      ["1", "1", "2"].map((seed) =>
        impute("people.csv", "-q", "--method", "draw", "--draws", "1", "--seed", seed),
      ),
    );
    expect(same.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
  });

  it("passes a table through in which nothing is missing", async () => {
    const complete = csv(["weight", "kind", "height"], [["60", "short", "165.10"]]);
    const { code, stdout, stderr } = await logdet(["impute", "people.logdet", "-"], {
      cwd: folder,
      input: complete,
    });
    expect(code).toBe(0);
    expect(stdout).toBe(complete);
    expect(stderr).toBe("1 row, no cell of the model's columns was missing.\n");
  });

  it("names a column that is not there, and the model that has nothing to fill from", async () => {
    const { code, stderr } = await logdet(["impute", "people.logdet", "-"], {
      cwd: folder,
      input: "kind,hight,weight\ntall,,80\n",
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/a column of the model is missing: height\nRename "hight" to "height"\?/);
    expect((await impute("people.csv", "--method", "mean")).code).toBe(2);
  });
});
