// logdet calibrate: other rows for p-values to be ranked among.

import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { conformalPValues, load } from "../../src/model/index.js";
import { csv, fitTinyModel, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
const names = ["a", "b", "count"];
const normal = tinyRows(120, 5);
const fresh = tinyRows(40, 6);

beforeAll(async () => {
  await fitTinyModel(folder);
  writeFileSync(join(folder, "normal.csv"), csv(names, normal));
  writeFileSync(join(folder, "fresh.csv"), csv(names, fresh));
});

/** A model of the test's own. */
function copyOf(name: string): string {
  cpSync(join(folder, "tiny.logdet"), join(folder, name), { recursive: true });
  return name;
}

const calibrate = (args: string[]) => logdet(["calibrate", ...args], { cwd: folder });
const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");

describe("logdet calibrate", () => {
  it("ranks p-values among the new rows, and says how small they can be", async () => {
    const name = copyOf("set.logdet");
    const { code, stdout } = await calibrate([name, "normal.csv"]);
    expect(code).toBe(0);
    expect(stdout).toContain("p-values are ranked among 120 rows now");
    expect(stdout).toContain("smallest p-value  0.0082645"); // 1 / 121
    const model = await load(join(folder, name));
    const strangeness = async (rows: number[][]) => (await model.logProb(rows)).map((nats) => -nats);
    const expected = conformalPValues(await strangeness(normal), await strangeness(fresh));
    const scored = await logdet(["score", name, "fresh.csv", "--statistic", "density"], { cwd: folder });
    const lines = scored.stdout.trimEnd().split("\n").slice(1);
    // As close as float32 rounds, log-densities are ties: a rank more.
    for (const [i, line] of lines.entries())
      expect(Math.abs(Number(line.split(",")[4]) - expected[i])).toBeLessThan(1.5 / 121);
    await model.release();
  });

  it("changes nothing else: weights, report and the log-densities stay", async () => {
    const name = copyOf("same.logdet");
    const before = await load(join(folder, name));
    expect((await calibrate([name, "normal.csv", "--quiet"])).code).toBe(0);
    const after = await load(join(folder, name));
    expect(await after.logProb(fresh)).toEqual(await before.logProb(fresh));
    expect(after.config.flow).toEqual(before.config.flow);
    expect(read(name, "report.html")).toBe(read("tiny.logdet", "report.html"));
    await before.release();
    await after.release();
  });

  it("notes in the model what it is calibrated with, the last time only", async () => {
    const name = copyOf("noted.logdet");
    await calibrate([name, "normal.csv", "--quiet"]);
    await calibrate([name, "fresh.csv", "--quiet"]);
    const { training } = JSON.parse(read(name, "config.json"));
    const notes = training.notices.filter((text: string) => text.startsWith("P-values are ranked among "));
    expect(notes).toEqual([
      "P-values are ranked among 40 rows of fresh.csv, not among those that the fit set apart (logdet calibrate).",
    ]);
    const { stdout } = await logdet(["info", name], { cwd: folder });
    expect(stdout).toContain("40 calibration rows");
  });

  it("says in one line of the card what it is calibrated with, the last time only", async () => {
    const name = copyOf("carded.logdet");
    await calibrate([name, "normal.csv", "--quiet"]);
    await calibrate([name, "fresh.csv", "--quiet"]);
    const line =
      "P-values are ranked among 40 rows of fresh.csv, not among those that the fit set apart (logdet calibrate). " +
      "What the report says of calibration rows is of the fit's.";
    const card = read(name, "README.md");
    const before = read("tiny.logdet", "README.md");
    expect(card.replace(`\n${line}\n`, "")).toBe(before);
    expect(card.indexOf(line)).toBeGreaterThan(card.indexOf("## Training data"));
    expect(card.indexOf(line)).toBeLessThan(card.indexOf("## Metrics"));
  });

  it("keeps a card that somebody rewrote, the line at its end, and goes without where there is none", async () => {
    const name = copyOf("rewritten.logdet");
    writeFileSync(join(folder, name, "README.md"), "# Ours\n");
    await calibrate([name, "normal.csv", "--quiet"]);
    expect(read(name, "README.md")).toMatch(
      /^# Ours\n\nP-values are ranked among 120 rows of normal\.csv, .*\n$/,
    );
    rmSync(join(folder, name, "README.md"));
    expect((await calibrate([name, "normal.csv", "--quiet"])).code).toBe(0);
    expect(existsSync(join(folder, name, "README.md"))).toBe(false);
  });

  it("leaves the model alone with --out, and says as JSON what it did", async () => {
    const before = read("tiny.logdet", "config.json");
    const args = ["tiny.logdet", "normal.csv", "--out", "today.logdet", "--json"];
    const { code, stdout } = await calibrate(args);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ folder: "today.logdet", rows: 120, smallestPValue: 1 / 121 });
    expect(result.before.rows).toBe(30);
    // Rows as normal as those of the fit: one in twenty of them, more or less.
    expect(result.before.share).toBeLessThan(0.25);
    expect(read("tiny.logdet", "config.json")).toBe(before);
    expect((await calibrate(args)).stderr).toContain("the output exists already");
    expect((await calibrate([...args, "--force"])).code).toBe(0);
  });

  it("warns of rows that the model was fitted to", async () => {
    const { code, stderr } = await calibrate([copyOf("known.logdet"), "tiny.csv"]);
    expect(code).toBe(0);
    expect(stderr).toContain("The model was fitted to tiny.csv");
  });

  it("lets a level be asked for that the fit's own rows do not reach", async () => {
    const name = copyOf("finer.logdet");
    const score = () => logdet(["score", name, "fresh.csv", "--alpha", "0.01", "-q"], { cwd: folder });
    expect((await score()).stderr).toContain("--alpha 0.01 is out of reach");
    await calibrate([name, "normal.csv", "-q"]);
    expect((await score()).code).toBe(0);
  });

  it.each<[string, () => string, RegExp]>([
    ["a column is missing", () => csv(["a", "b"], [[1, 2]]), /a column of the model is missing: count/],
    ["a cell is text", () => csv(names, [[1, 2, "many"]]), /many/],
    ["a cell is missing", () => csv(names, [[1, "", 3]]), /values are missing in 1 column/],
    ["there are no rows", () => csv(names, []), /no rows/],
  ])("changes nothing where %s", async (_, content, message) => {
    writeFileSync(join(folder, "bad.csv"), content());
    const before = read("tiny.logdet", "config.json");
    const { code, stderr } = await calibrate(["tiny.logdet", "bad.csv"]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect(read("tiny.logdet", "config.json")).toBe(before);
  });
});
