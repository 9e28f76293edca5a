// logdet sample: rows drawn from a model, as a table.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { readTable } from "../../src/data/index.js";
import { load } from "../../src/model/index.js";
import { fitTinyModel, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
let path: string;

beforeAll(async () => {
  path = await fitTinyModel(folder);
});

const sample = (...args: string[]) => logdet(["sample", "tiny.logdet", ...args], { cwd: folder });

it("writes the rows that the library draws, whole numbers as whole numbers", async () => {
  const { code, stdout } = await sample("-n", "20", "--seed", "3");
  expect(code).toBe(0);
  const [header, ...lines] = stdout.trimEnd().split("\n");
  expect(header).toBe("a,b,count");
  const truth = await (await load(path)).sample(20, { seed: 3 });
  expect(lines.flatMap((line) => line.split(",").map(Number))).toEqual(Array.from(truth));
  for (const line of lines) expect(line).toMatch(/,-?\d+$/);
});

it("draws the same rows for the same seed, others for another", async () => {
  const [first, same, other] = await Promise.all([
    sample("-n", "5", "--seed", "1"),
    sample("-n", "5", "--seed", "1"),
    sample("-n", "5", "--seed", "2"),
  ]);
  expect(same.stdout).toBe(first.stdout);
  expect(other.stdout).not.toBe(first.stdout);
});

it("draws 1,000 rows if not told how many", async () => {
  const { stdout, stderr } = await sample();
  expect(stdout.trimEnd().split("\n")).toHaveLength(1001);
  expect(stderr).toBe("1,000 rows drawn with seed 0.\n");
});

it("writes Parquet by the extension, and sums it up with --json", async () => {
  const { code, stdout } = await sample("-n", "100", "--out", "rows.parquet", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    rows: 100,
    columns: ["a", "b", "count"],
    seed: 0,
    out: "rows.parquet",
    notices: [],
  });
  const table = await readTable([join(folder, "rows.parquet")]);
  expect(table.rows).toBe(100);
  expect(table.columns[2].values.every(Number.isInteger)).toBe(true);
});

it("writes NDJSON by --format", async () => {
  const { stdout } = await sample("-n", "3", "--format", "ndjson");
  for (const line of stdout.trimEnd().split("\n"))
    expect(Object.keys(JSON.parse(line))).toEqual(["a", "b", "count"]);
});

it("replaces a file only with --force", async () => {
  await sample("-n", "3", "--out", "kept.csv");
  const before = readFileSync(join(folder, "kept.csv"), "utf8");
  const { code, stderr } = await sample("-n", "9", "--out", "kept.csv");
  expect(stderr).toContain("error: kept.csv: the output exists already");
  expect(code).toBe(1);
  expect(readFileSync(join(folder, "kept.csv"), "utf8")).toBe(before);
  expect((await sample("-n", "9", "--out", "kept.csv", "--force")).code).toBe(0);
});
