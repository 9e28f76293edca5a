// logdet score: log-densities beside the rows they belong to.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../src/data/index.js";
import { load, type Model } from "../../src/model/index.js";
import { csv, fitTinyModel, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
const rows = tinyRows(50, 2);
let model: Model;
/** What the library says. */
let truth: Float64Array;

beforeAll(async () => {
  model = await load(await fitTinyModel(folder));
  truth = await model.logProb(rows);
  write("new.csv", csv(["a", "b", "count"], rows));
});

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const score = (args: string[], input?: string | Uint8Array) =>
  logdet(["score", "tiny.logdet", ...args], { cwd: folder, input });

/** Lines of a CSV without quotes. */
const cells = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));

function expectTruth(logProb: ArrayLike<number>, expected: ArrayLike<number> = truth): void {
  expect(logProb.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(logProb[i]).toBeCloseTo(expected[i], 4);
}

describe("the columns", () => {
  it("stay as they are, and log_prob and p_value come after them", async () => {
    const { code, stdout } = await score(["new.csv"]);
    expect(code).toBe(0);
    const [header, ...lines] = cells(stdout);
    expect(header).toEqual(["a", "b", "count", "log_prob", "p_value"]);
    expect(lines.map((line) => line.slice(0, 3))).toEqual(cells(csv([], rows)).slice(1));
    expectTruth(lines.map((line) => Number(line[3])));
  });

  it("are found by name, in any order, among others that pass through", async () => {
    const mixed = rows.map(([a, b, count], i) => [`row ${i}`, count, b, "x", a]);
    write("mixed.csv", csv(["id", "count", "b", "note", "a"], mixed));
    const { code, stdout } = await score(["mixed.csv"]);
    expect(code).toBe(0);
    const [header, ...lines] = cells(stdout);
    expect(header).toEqual(["id", "count", "b", "note", "a", "log_prob", "p_value"]);
    expect(lines[7][0]).toBe("row 7");
    expectTruth(lines.map((line) => Number(line[5])));
  });

  it("that are missing are named, with what the table may call them", async () => {
    write("renamed.csv", csv(["a", "B", "total"], rows));
    const { code, stdout, stderr } = await score(["renamed.csv"]);
    expect(stderr).toContain("error: renamed.csv: 2 columns of the model are missing: b, count");
    expect(stderr).toContain('Rename "B" to "b"? The table has the columns a, B, total.');
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("named log_prob already are kept", async () => {
    write(
      "scored-before.csv",
      csv(
        ["a", "b", "count", "log_prob"],
        rows.map((row) => [...row, 0]),
      ),
    );
    const { code, stdout, stderr } = await score(["scored-before.csv"]);
    expect(code).toBe(0);
    expect(cells(stdout)[0]).toEqual(["a", "b", "count", "log_prob", "log_prob_2", "p_value"]);
    expect(stderr).toContain("log_prob already");
  });
});

describe("rows with missing values", () => {
  beforeAll(() => {
    write(
      "holes.csv",
      csv(
        ["a", "b", "count"],
        rows.map(([a, b, c], i) => (i === 3 ? [a, "", c] : [a, b, c])),
      ),
    );
  });

  it("are an error", async () => {
    const { code, stdout, stderr } = await score(["holes.csv"]);
    expect(stderr).toContain("error: holes.csv: values are missing in 1 column of 50 rows: b (1)");
    expect(stderr).toContain("--missing drop");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("get an empty log_prob with --missing drop", async () => {
    const { code, stdout, stderr } = await score(["holes.csv", "--missing", "drop"]);
    expect(code).toBe(0);
    expect(stderr).toContain("1 row of 50 with missing values gets no result: b (1).");
    const logProb = cells(stdout)
      .slice(1)
      .map((line) => line[3]);
    expect(logProb).toHaveLength(50);
    expect(logProb[3]).toBe("");
    expectTruth(
      logProb.filter((cell) => cell !== "").map(Number),
      truth.filter((_, i) => i !== 3),
    );
  });
});

it("names the place of a value that cannot be scored", async () => {
  write(
    "text.csv",
    csv(
      ["a", "b", "count"],
      rows.map(([a, b, c], i) => (i === 30 ? ["high", b, c] : [a, b, c])),
    ),
  );
  const { code, stderr } = await score(["text.csv"]);
  expect(stderr).toContain('error: text.csv, row 31, column a: "high" is not a number');
  expect(code).toBe(1);
});

it("scores a row far from all data", async () => {
  write("far.csv", "a,b,count\n1e30,-1e30,5\n");
  const { code, stdout } = await score(["far.csv"]);
  expect(code).toBe(0);
  expect(Number(cells(stdout)[1][3])).toBeLessThan(-100);
});

describe("formats", () => {
  it("Parquet out and in again", async () => {
    expect((await score(["new.csv", "--out", "scored.parquet"])).code).toBe(0);
    const { columns } = await readTable([join(folder, "scored.parquet")]);
    expect(columns.map(({ name }) => name)).toEqual(["a", "b", "count", "log_prob", "p_value"]);
    expectTruth(columns[3].values);
    const again = await score(["scored.parquet", "--format", "ndjson"]);
    expect(again.code).toBe(0);
    const objects = again.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(Object.keys(objects[0])).toEqual([
      "a",
      "b",
      "count",
      "log_prob",
      "p_value",
      "log_prob_2",
      "p_value_2",
    ]);
    expectTruth(objects.map(({ log_prob_2 }) => log_prob_2));
  });

  it("NDJSON in, TSV out", async () => {
    write("new.ndjson", rows.map(([a, b, count]) => `${JSON.stringify({ count, a, b })}\n`).join(""));
    const { code, stdout } = await score(["new.ndjson", "--format", "tsv"]);
    expect(code).toBe(0);
    const [header, ...lines] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(header).toEqual(["count", "a", "b", "log_prob", "p_value"]);
    expectTruth(lines.map((line) => Number(line[3])));
  });

  it("compressed standard input", async () => {
    const { code, stdout } = await score(["-"], gzipSync(csv(["a", "b", "count"], rows)));
    expect(code).toBe(0);
    expectTruth(
      cells(stdout)
        .slice(1)
        .map((line) => Number(line[3])),
    );
  });

  it("several files, one after another", async () => {
    write("part-1.csv", csv(["a", "b", "count"], rows.slice(0, 20)));
    write("part-2.csv", csv(["a", "b", "count"], rows.slice(20)));
    const { code, stdout } = await score(["part-*.csv"]);
    expect(code).toBe(0);
    expectTruth(
      cells(stdout)
        .slice(1)
        .map((line) => Number(line[3])),
    );
  });
});

describe("--out", () => {
  it("writes a file, says so, and with --json sums it up", async () => {
    const { code, stdout } = await score(["new.csv", "--out", "summary.csv", "--json"]);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    const lowest = truth.indexOf(Math.min(...truth));
    expect(summary).toMatchObject({ rows: 50, scored: 50, out: "summary.csv", notices: [] });
    expect(summary.meanLogProb).toBeCloseTo(truth.reduce((a, b) => a + b, 0) / truth.length, 4);
    expect(summary.lowest.row).toBe(lowest + 1);
    expect(summary.lowest.logProb).toBeCloseTo(truth[lowest], 4);
    expect(cells(readFileSync(join(folder, "summary.csv"), "utf8"))).toHaveLength(51);
  });

  it("replaces a file only with --force", async () => {
    write("precious.csv", "do not lose me");
    const { code, stderr } = await score(["new.csv", "--out", "precious.csv"]);
    expect(stderr).toContain("error: precious.csv: the output exists already");
    expect(code).toBe(1);
    expect(readFileSync(join(folder, "precious.csv"), "utf8")).toBe("do not lose me");
    expect((await score(["new.csv", "--out", "precious.csv", "--force"])).code).toBe(0);
    expect(statSync(join(folder, "precious.csv")).size).toBeGreaterThan(1000);
  });

  it("names a folder that does not exist", async () => {
    const { code, stderr } = await score(["new.csv", "--out", "nowhere/scored.csv"]);
    expect(stderr).toContain(
      "error: nowhere/scored.csv: cannot be written: the folder above it does not exist",
    );
    expect(code).toBe(1);
  });
});

it("gives the same scores whatever the order of the rows and however many there are", async () => {
  // More rows than are scored at a time, the known ones at the end.
  const many = [...tinyRows(20_000, 3), ...rows];
  write("many.csv", csv(["a", "b", "count"], many));
  const { code, stdout } = await score(["many.csv"]);
  expect(code).toBe(0);
  expectTruth(
    cells(stdout)
      .slice(-rows.length)
      .map((line) => Number(line[3])),
  );
});
