// logdet sample --given: rows that have some cells, and what is said of cells that there cannot be.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { csv, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();

/** Two kinds whose heights differ, weights that follow heights, days in May. */
function people(rows: number): (string | number)[][] {
  const random = new Random(1);
  return Array.from({ length: rows }, (_, i) => {
    const isTall = random.uniform() < 0.4;
    const height = (isTall ? 185 : 165) + 5 * random.normal();
    const weight = 0.9 * height - 90 + 5 * random.normal();
    const day = new Date(Date.UTC(2024, 4, 1 + (i % 28))).toISOString().slice(0, 10);
    return [isTall ? "tall" : "short", height.toFixed(1), Math.round(weight), day];
  });
}

beforeAll(async () => {
  const table = csv(["kind", '"height, cm"', "weight", "seen"], people(400));
  writeFileSync(join(folder, "people.csv"), table);
  const { code, stderr } = await logdet(["fit", "people.csv", "--no-search", "--epochs", "200", "--quiet"], {
    cwd: folder,
  });
  if (code !== 0) throw new Error(stderr);
}, 60_000);

const given = (cells: string, ...args: string[]) =>
  logdet(["sample", "people.logdet", "-q", "-n", "200", "--sweeps", "20", "--given", cells, ...args], {
    cwd: folder,
  });

/** The rows of CSV output without quoted cells. */
const rowsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("logdet sample --given", () => {
  it("draws rows of one category, with its numbers", async () => {
    const { code, stdout } = await given("kind=tall");
    expect(code).toBe(0);
    const rows = rowsOf(stdout);
    expect(rows).toHaveLength(200);
    expect(rows.every(([kind]) => kind === "tall")).toBe(true);
    expect(Math.abs(mean(rows.map(([, height]) => Number(height))) - 185)).toBeLessThan(6);
    expect(rows.every(([, , weight]) => /^-?\d+$/.test(weight))).toBe(true);
  });

  it("takes numbers and names with a comma, from one list or several", async () => {
    const listed = await given('"height, cm"=190,kind=tall', "--seed", "4");
    expect(listed.stderr).toBe("");
    const rows = rowsOf(listed.stdout);
    expect(rows.every(([kind, height]) => kind === "tall" && Number(height) === 190)).toBe(true);
    // 0.9 · 190 − 90
    expect(Math.abs(mean(rows.map(([, , weight]) => Number(weight))) - 81)).toBeLessThan(4);
    const again = await given('"height, cm=190"', "--given", "kind=tall", "--seed", "4");
    expect(again.stdout).toBe(listed.stdout);
  });

  it("finds the category by the numbers", async () => {
    const { stdout } = await given('"height, cm=188",weight=79');
    expect(rowsOf(stdout).filter(([kind]) => kind === "tall").length).toBeGreaterThan(180);
  });

  it("takes a date by its column", async () => {
    const { code, stdout, stderr } = await given("seen=2024-05-07,kind=short");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(rowsOf(stdout).every(([, , , seen]) => seen === "2024-05-07")).toBe(true);
  });

  it("notes values outside of the data's, and sums up what was given with --json", async () => {
    const { code, stdout } = await logdet(
      ["sample", "people.logdet", "-n", "5", "--given", "weight=400", "--json", "--out", "heavy.csv"],
      { cwd: folder },
    );
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ rows: 5, given: { weight: 400 } });
    expect(summary.notices[0]).toMatch(/^weight = 400 lies outside of what the data had/);
  });

  it.each([
    ["kind=tal", /"tal" is no category of the column "kind"\nDid you mean "tall"\? It has short, tall\./],
    ["knd=tall", /the model has no column "knd"\nDid you mean "kind"\?/],
    ["weight=heavy", /"heavy" is not a number, as the column "weight" takes/],
    ["weight=", /there is no value for the column "weight"/],
    ["weight", /"weight" has no value\nWrite a column and its value/],
    ["kind=tall,kind=short", /the column "kind" is given twice/],
    ["seen=2024-02-30", /"2024-02-30" is not a date, as the column "seen" takes\nWrite 2024-02-29/],
    [",", /--given names no column/],
  ])("refuses %s as wrong usage, and says what there is", async (cells, message) => {
    const { code, stdout, stderr } = await given(cells);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
  });

  it("refuses options that do not go together", async () => {
    const both = await given("kind=tall", "--missing");
    expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/--given draws complete rows/)]);
    const alone = await logdet(["sample", "people.logdet", "--sweeps", "5"], { cwd: folder });
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringMatching(/--sweeps is for rows drawn with/)]);
  });
});
