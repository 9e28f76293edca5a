// logdet ica: sources from a mixture, as files and as JSON.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { readTable } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";
import { csv, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
const rows = 2000;

beforeAll(() => {
  const random = new Random(2);
  const truth = Array.from({ length: rows }, () => [
    Math.log(random.uniform()) * (random.uniform() < 0.5 ? 1 : -1),
    random.uniform(),
  ]);
  writeFileSync(join(folder, "truth.csv"), csv(["voice", "hum"], truth));
  writeFileSync(
    join(folder, "mix.csv"),
    csv(
      ["left", "right"],
      truth.map(([a, b]) => [a + 2 * b, a - b]),
    ),
  );
  writeFileSync(
    join(folder, "short.csv"),
    csv(
      ["voice"],
      truth.slice(1).map(([a]) => [a]),
    ),
  );
  writeFileSync(
    join(folder, "bad.csv"),
    csv(
      ["left", "flat", "word"],
      truth.map(([a]) => [a, 1, "x"]),
    ),
  );
});

const ica = (...args: string[]) => logdet(["ica", ...args], { cwd: folder });

it("writes a folder of sources, matrices and a picture, and compares with the truth", async () => {
  const { code, stdout, stderr } = await ica("mix.csv", "--truth", "truth.csv", "--json", "--quiet");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.perSource).toHaveLength(2);
  for (const correlation of result.perSource) expect(correlation).toBeGreaterThan(0.99);
  expect(result.mcc).toBeCloseTo((result.perSource[0] + result.perSource[1]) / 2, 12);
  expect(result.seconds).toBeGreaterThan(0);

  const read = (name: string) => join(folder, "mix.ica", name);
  const sources = await readTable([read("sources.csv")]);
  expect(sources.rows).toBe(rows);
  expect(sources.columns.map(({ name }) => name)).toEqual(["source_1", "source_2"]);
  const described = JSON.parse(readFileSync(read("ica.json"), "utf8"));
  expect(described.sources).toHaveLength(2);
  expect(described.sources[0].contribution).toBeGreaterThan(described.sources[1].contribution);
  expect(described.sources.map(({ kurtosis }: { kurtosis: number }) => Math.sign(kurtosis)).sort()).toEqual([
    -1, 1,
  ]);
  expect(described.mcc).toBe(result.mcc);
  expect(readFileSync(read("mixing.csv"), "utf8")).toMatch(/^source,left,right\nsource_1,/);
  expect(readFileSync(read("unmixing.csv"), "utf8")).toMatch(/^column,source_1,source_2\nleft,/);
  expect(readFileSync(read("sources.svg"), "utf8")).toMatch(/^<svg .*2 sources over 2,000 rows/s);
});

it("keeps what exists unless forced, and says for people what it found", async () => {
  const args = ["mix.csv", "--out", "again.ica", "--components", "1", "--format", "parquet"];
  const { code, stdout } = await ica(...args, "--quiet");
  expect(code).toBe(0);
  expect(stdout).toMatch(/again\.ica: 1 source of 2,000 rows × 2 columns/);
  expect(stdout).toMatch(/source_1 +0\.\d{4}/);
  expect(existsSync(join(folder, "again.ica", "sources.parquet"))).toBe(true);
  const refused = await ica(...args);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("--force");
  expect((await ica(...args, "--force", "--quiet")).code).toBe(0);
});

it("looks for nonlinear sources when it is asked to", async () => {
  const args = [
    "mix.csv",
    "--nonlinear",
    "--independent-mechanisms",
    "0.5",
    "--steps",
    "100",
    "--starts",
    "2",
  ];
  const { code, stdout, stderr } = await ica(
    ...args,
    "--out",
    "bent.ica",
    "--truth",
    "truth.csv",
    "--json",
    "--quiet",
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.perSource).toHaveLength(2);
  expect(result.mcc).toBeGreaterThan(0.5);
  expect(result.contrast).toBeGreaterThanOrEqual(0);
  expect(result.steps).toBe(200);
  for (const { stability } of result.sources) expect(stability).toBeGreaterThan(0);
  const read = (name: string) => readFileSync(join(folder, "bent.ica", name), "utf8");
  expect(read("mixing.csv")).toMatch(/^source,left,right\nsource_1,/);
  expect(read("sources.svg")).toMatch(/^<svg .*2 sources over 2,000 rows/s);
  expect(JSON.parse(read("ica.json")).mcc).toBe(result.mcc);
  expect((await readTable([join(folder, "bent.ica", "sources.csv")])).rows).toBe(rows);
  // Nothing linear leads back.
  expect(existsSync(join(folder, "bent.ica", "unmixing.csv"))).toBe(false);
});

it("says what is wrong with its input", async () => {
  const wrong = async (says: string, ...args: string[]) => {
    const { code, stderr } = await ica(...args, "--out", "never.ica");
    expect(code).not.toBe(0);
    expect(stderr).toContain(says);
  };
  await Promise.all([
    wrong(
      "short.csv: the true sources have 1,999 rows, the data 2,000 rows",
      ...["mix.csv", "--truth", "short.csv"],
    ),
    wrong("column word does not hold numbers", "bad.csv"),
    wrong("column flat is constant", "bad.csv", "--exclude", "word"),
    wrong("--independent-mechanisms is for nonlinear sources", "mix.csv", "--independent-mechanisms", "1"),
    wrong("It must be a number of at least 0", "mix.csv", "--nonlinear", "--independent-mechanisms", "-1"),
    wrong("3 components cannot be found in 2 columns", "mix.csv", "--components", "3"),
  ]);
  expect(existsSync(join(folder, "never.ica"))).toBe(false);
});
