// logdet detect: strange rows of a table, found and told.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { load } from "../../src/model/index.js";
import { csv, logdet, main, outcome, start, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
/** Where the rows stand that are not like the others, from 1. */
const planted = [40, 150];

beforeAll(() => {
  const rows = tinyRows(200).map((cells): (number | string)[] => {
    const [a, b, count] = cells;
    return [a, b, count, a > 0 ? "high" : "low"];
  });
  rows[planted[0] - 1] = [0.5, -7, 1, "high"];
  rows[planted[1] - 1] = [-0.5, 8, 0, "low"];
  rows[9][2] = "";
  writeFileSync(join(folder, "table.csv"), csv(["a", "b", "count", "side"], rows));
  writeFileSync(join(folder, "quick.json"), JSON.stringify({ epochs: 300 }));
  writeFileSync(join(folder, "short.csv"), csv(["a", "b", "count"], tinyRows(30)));
});

/** One net a fit, a few hundred steps. */
const quick = ["--no-search", "--config", "quick.json"];
const detect = (args: string[]) => logdet(["detect", "table.csv", ...quick, ...args], { cwd: folder });

describe("logdet detect", () => {
  it("shows the strangest rows with their reasons, and writes nothing", async () => {
    const { code, stdout, stderr } = await detect(["--top", "2"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const shown = [...stdout.matchAll(/^row (\d+) {2}p-value ([\d.]+), log-density -[\d.]+\n {2}(.*)$/gm)];
    expect(new Set(shown.map(([, row]) => Number(row)))).toEqual(new Set(planted));
    expect(shown.map(([, , p]) => Number(p))).toEqual([0.005, 0.01]);
    for (const [, , , reason] of shown)
      expect(reason).toMatch(
        /^b -?[78] is [\d.]+ nats less likely than the -?[\d.]+ expected given the rest$/,
      );
    expect(stdout).toMatch(
      /^The 2 strangest rows of 200, each judged by a model fitted to other rows \(2 fits/,
    );
    expect(stderr).toContain("This is fit 2 of 2.");
    // Said by both fits, told once.
    expect(stderr.match(/Note: Values are missing: count \(1\)/g)).toHaveLength(1);
  });

  it("writes the whole table, judged, with --out", async () => {
    const { code } = await detect(["--alpha", "0.02", "--out", "judged.csv", "--missing", "drop"]);
    expect(code).toBe(0);
    const [header, ...lines] = readFileSync(join(folder, "judged.csv"), "utf8").trimEnd().split("\n");
    expect(header).toBe("a,b,count,side,log_prob,p_value,is_anomaly,reasons");
    expect(lines).toHaveLength(200);
    // A row with a missing value was left out, and stands where it stood.
    expect(lines[9]).toMatch(/,,(high|low),,,,$/);
    const flagged = lines.flatMap((line, i) => (/,true,/.test(line) ? [i + 1] : []));
    expect(flagged).toEqual(expect.arrayContaining(planted));
    expect(flagged.length).toBeLessThanOrEqual(3);
    expect(lines[planted[0] - 1]).toContain("b -7 is ");
    expect(lines.filter((line) => line.includes("nats")).length).toBeLessThanOrEqual(flagged.length);
  });

  it("tells all as one JSON object, and saves a model of all rows", async () => {
    const args = ["--top", "3", "--reasons", "1", "--json", "--save", "kept.logdet", "--folds", "3"];
    const { code, stdout } = await detect(args);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ rows: 200, scored: 200, folds: 3, flagged: 3, saved: "kept.logdet" });
    for (const { row, pValue, logProb, reasons } of result.anomalies) {
      expect(row).toBeGreaterThan(0);
      expect(pValue).toBeLessThanOrEqual(3 / 200);
      expect(logProb).toBeLessThan(0);
      expect(reasons).toHaveLength(1);
    }
    const model = await load(join(folder, "kept.logdet"));
    expect(model.columns.map(({ name }) => name)).toEqual(["a", "b", "count", "side"]);
    expect(model.calibration?.rows).toBe(20);
    await model.release();
  });

  it.each<[string, string[], number, RegExp]>([
    [
      "two ways to decide",
      ["--top", "3", "--alpha", "0.1"],
      2,
      /'--top <n>' cannot be used with option '--alpha/,
    ],
    ["an alpha of 1", ["--alpha", "1"], 2, /It must be a number between 0 and 1, both excluded/],
    ["an alpha that no rank reaches", ["--alpha", "0.001"], 2, /of 200 rows none has a p-value below 1\/200/],
    ["one fold", ["--folds", "1"], 2, /It must be a whole number of at least 2/],
    ["a format of nothing", ["--format", "parquet"], 2, /--format is for the table that --out writes/],
    ["a table that exists", ["--out", "short.csv"], 1, /the output exists already/],
    ["to save over a file", ["--save", "short.csv"], 1, /the output exists already/],
    [
      "missing values, if told to",
      ["--missing", "error"],
      1,
      /values are missing in 1 column of 200 rows: count/,
    ],
    ["a choice that no fit has", ["--config", "table.csv"], 2, /the --config file is not JSON/],
    ["a false discovery rate", ["--fdr", "0.1"], 2, /unknown option '--fdr'/],
  ])("refuses %s", async (_, args, expected, message) => {
    const { code, stderr } = await detect([...args, "--quiet"]);
    expect({ code, stderr }).toMatchObject({ code: expected, stderr: expect.stringMatching(message) });
  });

  it("says how few rows are too few", async () => {
    const { code, stderr } = await logdet(["detect", "short.csv"], { cwd: folder });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/30 rows, which leaves 15 to fit to.*\n.*more folds/),
    });
  });

  it("writes nothing if Ctrl-C comes before the rows are judged", async () => {
    const args = [main, "detect", "table.csv", "--out", "never.csv"];
    const child = start(process.execPath, args, { cwd: folder });
    const ended = outcome(child);
    await new Promise<void>((resolve) => {
      child.stderr?.on("data", (chunk) => {
        if (/train .*held out /.test(String(chunk))) resolve();
      });
    });
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toContain("stopped before every row was judged");
    expect(existsSync(join(folder, "never.csv"))).toBe(false);
  });
});
