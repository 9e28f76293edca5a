// logdet shift: two tables, a verdict, the columns that moved, and since when.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { csv, fitTinyModel, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
const names = ["a", "b", "count"];
const shift = (...args: string[]) => logdet(["shift", ...args], { cwd: folder });

function write(name: string, rows: readonly (readonly (number | string)[])[], header = names): void {
  writeFileSync(join(folder, name), csv(header, rows));
}

beforeAll(() => {
  write("march.csv", tinyRows(400, 1));
  write("same.csv", tinyRows(300, 2));
  write(
    "april.csv",
    tinyRows(300, 3).map(([a, b, count]) => [a, b, count + 4]),
  );
  // Its order is that of `time`, not of the file.
  const times = new Random(4).permutation(600);
  write(
    "stream.csv",
    tinyRows(600, 5).map(([a, b, count], i) => [times[i], a, b, count + (times[i] < 300 ? 0 : 6)]),
    ["time", ...names],
  );
});

describe("two tables", () => {
  it("of one distribution: no drift, and exit code 0 with --fail", async () => {
    const { code, stdout } = await shift("march.csv", "same.csv", "--alpha", "0.01", "--fail", "--quiet");
    expect(stdout).toMatch(/^No drift was found \(p = [\d.]+, level 0.01; 400 rows and 300, /);
    expect(code).toBe(0);
  });

  it("with a column that moved: its name, its direction, and exit code 1 with --fail", async () => {
    const { code, stdout } = await shift(
      ...["march.csv", "april.csv", "--permutations", "99", "--fail", "--quiet"],
    );
    expect(stdout).toMatch(/^Drift: the new rows are not from the reference's distribution/);
    expect(stdout).toContain("Moved: count.");
    expect(stdout).toMatch(/count +yes .* mean from [-.\d]+ to [.\d]+/);
    for (const test of ["log-density", "sliced-energy", "mmd", "scores", "margins"])
      expect(stdout).toContain(`  ${test} `);
    expect(code).toBe(1);
  });

  it("as JSON and as a folder, which is not replaced", async () => {
    const args = ["march.csv", "april.csv", "--permutations", "99", "--json", "--quiet", "--out", "drift"];
    const { code, stdout } = await shift(...args);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ drift: true, alpha: 0.05, referenceRows: 400, currentRows: 300 });
    expect(result.columns[0]).toMatchObject({ name: "count", moved: true, step: 1 });
    expect(JSON.parse(readFileSync(join(folder, "drift/shift.json"), "utf8"))).toEqual(result);
    const columns = readFileSync(join(folder, "drift/columns.csv"), "utf8").split("\n");
    expect(columns[0]).toBe("column,moved,step,statistic,threshold,p_value,adjusted,change");
    expect(columns[1]).toMatch(/^count,true,1,/);
    const again = await shift(...args);
    expect(again.stderr).toContain("error: drift: the output exists already");
    expect(again.code).toBe(1);
  });
});

describe("missing cells", () => {
  const holes = (seed: number, every: number) =>
    tinyRows(300, seed).map(([a, b, count], i) => [a, i % every === 0 ? "" : b, count]);

  it("are an error, are left out, or tested as they are: a column that begins to miss some has moved", async () => {
    write("few.csv", holes(1, 20));
    write("many.csv", holes(3, 3));
    const refused = await shift("few.csv", "many.csv");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("values are missing in 1 column of 300 rows: b (15)");
    const options = ["--permutations", "99", "--quiet"];
    const dropped = await shift("few.csv", "many.csv", ...options, "--missing", "drop");
    expect(dropped.stdout).toMatch(/^No drift was found .*; 285 rows and 200, /);
    const { code, stdout } = await shift("few.csv", "many.csv", ...options, "--missing", "model");
    expect(code).toBe(0);
    expect(stdout).toContain("Moved: b.");
    expect(stdout).toMatch(/ b +yes .* missing from 5 % to 33\.3 % of the rows/);
  });
});

describe("windows", () => {
  it("say since when, in the order of a column, as text, table and picture", async () => {
    const { code, stdout, stderr } = await shift(
      ...["march.csv", "stream.csv", "--window", "50", "--by", "time", "--out", "series", "--quiet"],
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("Drift: the first window that has shifted is rows 301 to 350");
    expect(stdout).toContain("6 of 12 windows have shifted.");
    expect(stdout).toMatch(/301 to 350 +[\d.e-]+ +.*count/);
    const lines = readFileSync(join(folder, "series/windows.csv"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(13);
    expect(lines[7]).toMatch(/^301,350,true,/);
    expect(readFileSync(join(folder, "series/windows.svg"), "utf8")).toContain("starts at row 301.");
    expect(existsSync(join(folder, "series/shift.json"))).toBe(true);
  });

  it("are in the order of dates, too, but not of words", async () => {
    const times = new Random(4).permutation(600);
    const rows = tinyRows(600, 5).map(([a, b, count], i) => [
      new Date(Date.UTC(2024, 0, 1, 0, 90 * times[i])).toISOString().slice(0, 16),
      ...[a, b, count + (times[i] < 300 ? 0 : 6)],
      ["low", "high"][i % 2],
    ]);
    write("dated.csv", rows, ["time", ...names, "tide"]);
    const args = ["march.csv", "dated.csv", "--window", "50", "--quiet"];
    const { code, stdout } = await shift(...args, "--by", "time");
    expect(code).toBe(0);
    expect(stdout).toContain("Drift: the first window that has shifted is rows 301 to 350");
    const words = await shift(...args, "--by", "tide");
    expect(words.code).toBe(1);
    expect(words.stderr).toContain(
      "rows cannot be put in the order of a column that holds neither numbers nor dates",
    );
  });

  it("are asked for before what is theirs, and leave out what is not", async () => {
    const by = await shift("march.csv", "stream.csv", "--by", "time");
    expect(by.stderr).toContain("error: --by is for windows");
    expect(by.code).toBe(2);
    const scores = await shift("march.csv", "stream.csv", "--window", "50", "--scores", "flow");
    expect(scores.stderr).toContain("error: --scores is not for windows");
    const long = await shift("march.csv", "same.csv", "--window", "500");
    expect(long.stderr).toContain("error: a window of 500 rows is longer than the 300 rows of the new table");
    expect(long.code).toBe(2);
  });
});

it("takes a model for a reference, says that it cannot tell which columns moved, and replaces a result by --force", async () => {
  await fitTinyModel(folder);
  const model = ["tiny.logdet", "april.csv", "--out", "beside-model"];
  const { code, stdout, stderr } = await shift(...model);
  expect(code).toBe(0);
  expect((await shift(...model, "--force")).code).toBe(0);
  expect(stdout).toContain("latent-norm");
  expect(stdout).not.toContain("column  ");
  expect(stderr).toContain("which columns moved takes the reference's data");
  const exclude = await shift("tiny.logdet", "april.csv", "--exclude", "a");
  expect(exclude.stderr).toContain("error: --exclude is for a reference that is a table");
});

describe("bad input", () => {
  it("names what is wrong with the tables and what to do", async () => {
    write("few.csv", tinyRows(5));
    const few = await shift("march.csv", "few.csv");
    expect(few.stderr).toContain("error: the new table has 5 rows; a test of drift needs at least 10");
    expect(few.code).toBe(1);
    write(
      "other.csv",
      tinyRows(50).map(([a, b]) => [a, b]),
      ["a", "b"],
    );
    const other = await shift("march.csv", "other.csv");
    expect(other.stderr).toMatch(/count/);
    expect(other.code).toBe(1);
  });

  it("names levels that cannot be reached", async () => {
    const few = await shift("march.csv", "same.csv", "--permutations", "20");
    expect(few.stderr).toContain("too few for 5 tests at the level 0.05");
    expect(few.stderr).toContain("Ask for 99 permutations or more.");
    expect(few.code).toBe(2);
    const level = await shift("march.csv", "same.csv", "--alpha", "2");
    expect(level.stderr).toContain("It must be a number between 0 and 1");
    expect(level.code).toBe(2);
  });

  it("tells a folder of tables from a model", async () => {
    const { code, stderr } = await shift(".", "same.csv");
    expect(stderr).toContain("error: .: the reference is a folder, but no model");
    expect(code).toBe(1);
  });
});
