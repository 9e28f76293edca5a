// logdet score: p-values and flags, from the calibration rows that logdet fit set apart.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { benjaminiHochberg, load, type Model, type StatisticName } from "../../src/model/index.js";
import { csv, fitTinyModel, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
/** Rows like the model's, and five that are not. */
const rows = [...tinyRows(45, 2), ...Array.from({ length: 5 }, (_, i) => [6 + i, -6, 0])];
let model: Model;

beforeAll(async () => {
  model = await load(await fitTinyModel(folder));
  const options = ["--no-search", "--epochs", "1", "--quiet", "--calibration", "0", "--out", "plain.logdet"];
  expect((await logdet(["fit", "tiny.csv", ...options], { cwd: folder })).code).toBe(0);
  writeFileSync(join(folder, "new.csv"), csv(["a", "b", "count"], rows));
  const holes = rows.map(([a, b, c], i) => (i === 3 || i === 48 ? [a, "", c] : [a, b, c]));
  writeFileSync(join(folder, "holes.csv"), csv(["a", "b", "count"], holes));
});

const score = (args: string[]) => logdet(["score", "tiny.logdet", ...args], { cwd: folder });

/** Cells by column of a CSV without quotes. */
function columnsOf(text: string): Record<string, string[]> {
  const [header, ...lines] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return Object.fromEntries(header.map((name, i) => [name, lines.map((line) => line[i])]));
}

describe("p_value", () => {
  it.each<[string, string[], StatisticName]>([
    ["by default", [], "combined"],
    ["by the density", ["--statistic", "density"], "density"],
    ["by typicality", ["--statistic", "typicality"], "typicality"],
    ["by the latent's norm", ["--statistic", "latent-norm"], "latent-norm"],
    ["by prototypes", ["--statistic", "prototypes"], "prototypes"],
  ])("is the library's: %s", async (_, args, statistic) => {
    const { code, stdout } = await score(["new.csv", ...args]);
    expect(code).toBe(0);
    const columns = columnsOf(stdout);
    expect(Object.keys(columns)).toEqual(["a", "b", "count", "log_prob", "p_value"]);
    expect(columns.p_value.map(Number)).toEqual([...(await model.pValues(rows, { statistic }))]);
  });

  it("is left out, with a note, where the model is not calibrated", async () => {
    const { code, stdout, stderr } = await logdet(["score", "plain.logdet", "new.csv"], { cwd: folder });
    expect(code).toBe(0);
    expect(Object.keys(columnsOf(stdout))).toEqual(["a", "b", "count", "log_prob"]);
    expect(stderr).toContain("Note: There is no p_value: the model has no calibration rows.");
    const { stdout: info } = await logdet(["info", "plain.logdet"], { cwd: folder });
    expect(info).toMatch(/p-values +none/);
  });

  it("is promised by fit, with the smallest there can be", async () => {
    const args = ["fit", "tiny.csv", "--no-search", "--epochs", "1", "--out", "said.logdet"];
    const { stdout } = await logdet(args, { cwd: folder });
    expect(stdout).toContain("p-values              from 30 rows set apart: 0.032258 at the least");
    const card = readFileSync(join(folder, "said.logdet/README.md"), "utf8");
    const text = "229 for training, 41 held out for validation, 30 rows set apart to calibrate p-values.";
    expect(card).toContain(text);
    expect(readFileSync(join(folder, "said.logdet/report.html"), "utf8")).toContain(text);
  });
});

describe("is_anomaly", () => {
  it("is true where --alpha is not below the p-value", async () => {
    const { code, stdout, stderr } = await score(["new.csv", "--alpha", "0.1"]);
    expect(code).toBe(0);
    const { p_value, is_anomaly } = columnsOf(stdout);
    expect(is_anomaly).toEqual(p_value.map((p) => String(Number(p) <= 0.1)));
    expect(is_anomaly.slice(-5)).toEqual(Array(5).fill("true"));
    const flagged = is_anomaly.filter((cell) => cell === "true").length;
    // p-values are multiples of 1/31, so the level that is kept is 3/31: of 50 rows 4.84.
    expect(stderr).toContain(
      `${flagged} rows flagged at a false-alarm rate of 0.1: of as many normal rows about 4.84 would be.`,
    );
  });

  it("is what the Benjamini-Hochberg procedure flags with --fdr, and a summary counts", async () => {
    const { code, stdout } = await score(["new.csv", "--fdr", "0.4", "--out", "fdr.csv", "--json"]);
    expect(code).toBe(0);
    const flags = benjaminiHochberg(await model.pValues(rows), 0.4);
    const { is_anomaly } = columnsOf(readFileSync(join(folder, "fdr.csv"), "utf8"));
    expect(is_anomaly).toEqual(flags.map(String));
    const flagged = flags.filter(Boolean).length;
    expect(flagged).toBeGreaterThanOrEqual(5);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ statistic: "combined", calibrationRows: 30, fdr: 0.4, flagged });
    expect(summary.expectedFalse).toBeCloseTo(0.4 * flagged, 10);
  });

  it("says how many rows it would take where --fdr flags none", async () => {
    writeFileSync(join(folder, "normal.csv"), csv(["a", "b", "count"], tinyRows(500, 4)));
    const { stdout, stderr } = await score(["normal.csv", "--fdr", "0.05"]);
    expect(new Set(columnsOf(stdout).is_anomaly)).toEqual(new Set(["false"]));
    // 500 / (0.05 · 31), rounded up.
    expect(stderr.replace(/\s+/g, " ")).toContain(
      "No row flagged at a false discovery rate of 0.05: with 30 calibration rows that takes 323 rows or more that " +
        "are as strange as the strangest of them.",
    );
  });

  it("is empty where a row could not be scored, and counts the others only", async () => {
    const { stdout } = await score(["holes.csv", "--missing", "drop", "--fdr", "0.4"]);
    const { log_prob, p_value, is_anomaly } = columnsOf(stdout);
    for (const row of [3, 48]) expect([log_prob[row], p_value[row], is_anomaly[row]]).toEqual(["", "", ""]);
    const scored = rows.filter((_, i) => i !== 3 && i !== 48);
    const flags = benjaminiHochberg(await model.pValues(scored), 0.4);
    expect(is_anomaly.filter((cell) => cell !== "")).toEqual(flags.map(String));
  });

  it("is a truth value where the format has such", async () => {
    const { stdout } = await score(["new.csv", "--alpha", "0.1", "--format", "ndjson"]);
    const flags = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).is_anomaly);
    expect(flags).toEqual([...(await model.pValues(rows))].map((p) => p <= 0.1));
  });
});

describe("a decision that cannot be made is refused", () => {
  it.each<[string, string[], number, string[]]>([
    [
      "below the smallest p-value",
      ["tiny.logdet", "new.csv", "--alpha", "0.01"],
      2,
      [
        "error: --alpha 0.01 is out of reach: with 30 calibration rows no p-value is below 1/31 = 0.032258",
        "Ask for 0.0323 or more, or fit again with 99 calibration rows: --calibration sets their share.",
      ],
    ],
    [
      "below it for --fdr",
      ["tiny.logdet", "new.csv", "--fdr", "0.001"],
      2,
      ["error: --fdr 0.001 is out of reach", "999 calibration rows"],
    ],
    [
      "both ways",
      ["tiny.logdet", "new.csv", "--alpha", "0.1", "--fdr", "0.1"],
      2,
      ["error: --alpha and --fdr are two ways to decide: give one of them"],
    ],
    [
      "by a model that is not calibrated",
      ["plain.logdet", "new.csv", "--alpha", "0.1"],
      1,
      ["error: --alpha needs p-values, and the model has none", "--calibration 0.1"],
    ],
    [
      "by a statistic of such a model",
      ["plain.logdet", "new.csv", "--statistic", "typicality"],
      1,
      ["error: --statistic needs p-values"],
    ],
    [
      "by an unknown statistic",
      ["tiny.logdet", "new.csv", "--statistic", "depth"],
      2,
      ["density, typicality"],
    ],
    ["at no rate", ["tiny.logdet", "new.csv", "--alpha", "0"], 2, ["between 0 and 1, both excluded"]],
    ["at a certain rate", ["tiny.logdet", "new.csv", "--fdr", "1"], 2, ["between 0 and 1, both excluded"]],
  ])("%s", async (_, args, expected, messages) => {
    const { code, stdout, stderr } = await logdet(["score", ...args], { cwd: folder });
    for (const message of messages) expect(stderr.replace(/\s+/g, " ")).toContain(message);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  });
});
