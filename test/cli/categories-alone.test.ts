// A table of categories alone through every command that takes one.

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { csv, logdet, main, start, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
const header = ["colour", "ripe", "shop"];

/** Colour and ripeness go together nine times in ten, the shop with neither. */
function fruit(rows: number, seed: number, together = 0.9): string[][] {
  const random = new Random(seed);
  return Array.from({ length: rows }, () => {
    const colour = random.uniform() < 0.6 ? "red" : "green";
    const ripe = random.uniform() < together ? colour === "red" : random.uniform() < 0.5;
    return [colour, ripe ? "yes" : "no", ["north", "south", "west"][Math.floor(3 * random.uniform())]];
  });
}

const write = (name: string, rows: readonly string[][]) =>
  writeFileSync(join(folder, name), csv(header, rows));
const holes = fruit(500, 3).map((row, i) => row.map((cell, d) => ((i + d) % 9 === 0 ? "" : cell)));
write("fruit.csv", fruit(600, 1));
write("new.csv", [
  ["red", "yes", "north"],
  ["green", "yes", "south"],
  ["blue", "yes", "west"],
]);
write("holes.csv", holes);
write("later.csv", fruit(300, 4, 0.1));

const run = (...args: string[]) => logdet(args, { cwd: folder });
/** The records of a CSV, by column. */
function records(text: string): Record<string, string>[] {
  const [names, ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

const fitted = await run("fit", "fruit.csv", "--seed", "1");
const withHoles = await run("fit", "holes.csv", "--missing", "model", "--quiet");

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

describe("a table of categories alone", () => {
  it("is fitted without a net, and compared with independent columns", async () => {
    expect([fitted.code, withHoles.code]).toEqual([0, 0]);
    expect(fitted.stderr).toContain("Fitting 600 rows × 3 columns of categories.\n");
    expect(fitted.stderr).toContain("by latent classes, and no net is trained");
    const text = fitted.stdout + fitted.stderr;
    expect(text).toMatch(/held-out log_prob +-\d\.\d+ ± 0\.\d+ nats a row \(independent columns: -\d\.\d+\)/);
    expect(text).toMatch(/model +\d latent classes, within each of which the columns are independent/);
    expect(text).not.toMatch(/Gaussian|step/);
    const { stdout } = await run("fit", "fruit.csv", "--json", "--force");
    const { validationLogProb, independentLogProb, gaussianLogProb, steps } = JSON.parse(stdout);
    // Dependence is worth 0.31 nats: the mutual information of colour and ripeness.
    expect(validationLogProb - independentLogProb).toBeGreaterThan(0.15);
    expect([gaussianLogProb, steps]).toEqual([null, 0]);
  });

  it("is shown by info, with nothing of flows and training", async () => {
    const { stdout } = await run("info", "fruit.logdet");
    expect(stdout).toContain("Held-out log-probability, nats a row");
    expect(stdout).toMatch(/independent columns +-\d/);
    expect(stdout).toContain("p-values  of density, typicality;");
    expect(stdout).not.toMatch(/Gaussian|steps|Jacobian|standardization|tails/i);
  });

  it("is scored by probabilities, with p-values, decisions and reasons", async () => {
    const [scored, refused, rate] = await Promise.all([
      run("score", "fruit.logdet", "new.csv", "--alpha", "0.05", "--reasons", "1"),
      run("score", "fruit.logdet", "new.csv", "--statistic", "latent-norm"),
      run("score", "fruit.logdet", "fruit.csv", "--fdr", "0.1", "--statistic", "typicality"),
    ]);
    expect([scored.code, rate.code]).toEqual([0, 0]);
    const [usual, odd, never] = records(scored.stdout);
    // 0.6 · 0.95 / 3
    expect(Math.abs(Math.exp(Number(usual.log_prob)) - 0.19)).toBeLessThan(0.04);
    expect([usual.is_anomaly, never.is_anomaly]).toEqual(["false", "true"]);
    expect(Number(odd.p_value)).toBeLessThan(Number(usual.p_value));
    expect(never.reasons).toMatch(
      /colour ""\(never seen\)"" is \d\.\d nats less likely than the ""(red|green)""/,
    );
    expect(refused.stderr).toMatch(/latent-norm(.|\n)*density, typicality/);
    expect(refused.code).not.toBe(0);
    expect(records(rate.stdout)[0]).toHaveProperty("is_anomaly");
  });

  it("takes missing cells where the model knows of them, and where it is told to take them for never seen", async () => {
    write("alike.csv", [
      ["", "yes", "north"],
      ["violet", "yes", "north"],
    ]);
    const [known, refused, forced, alike] = await Promise.all([
      run("score", "holes.logdet", "holes.csv"),
      run("score", "fruit.logdet", "holes.csv"),
      run("score", "fruit.logdet", "holes.csv", "--missing", "model"),
      run("score", "fruit.logdet", "alike.csv", "--missing", "model"),
    ]);
    expect(records(known.stdout).every(({ log_prob }) => Number(log_prob) < 0)).toBe(true);
    expect(refused.stderr).toMatch(/values are missing/);
    expect([forced.code, records(forced.stdout).length]).toEqual([0, 500]);
    const [missing, never] = records(alike.stdout);
    expect(Number(missing.log_prob)).toBeLessThan(-5);
    expect(missing.log_prob).toBe(never.log_prob);
  });

  it("is drawn from, given some cells or none", async () => {
    const [{ stdout }, given, missing] = await Promise.all([
      run("sample", "fruit.logdet", "-n", "500", "--seed", "2"),
      run("sample", "fruit.logdet", "-n", "400", "--given", "colour=green"),
      run("sample", "holes.logdet", "-n", "200", "--missing"),
    ]);
    const words = header.map((name) => [...new Set(records(stdout).map((row) => row[name]))].sort());
    expect(words).toEqual([
      ["green", "red"],
      ["no", "yes"],
      ["north", "south", "west"],
    ]);
    const rows = records(given.stdout);
    expect(rows.every(({ colour }) => colour === "green")).toBe(true);
    // One in twenty, to within the errors of fit and sample.
    expect(rows.filter(({ ripe }) => ripe === "yes").length / 400).toBeLessThan(0.15);
    expect(records(missing.stdout).some(({ colour }) => colour === "")).toBe(true);
  });

  it("has its holes filled", async () => {
    const { stdout, code } = await run("impute", "holes.logdet", "holes.csv");
    expect(code).toBe(0);
    const rows = records(stdout);
    expect(rows.every((row) => header.every((name) => row[name] !== ""))).toBe(true);
    const lost = rows.filter((_, i) => holes[i][1] === "");
    expect(lost.every(({ colour, ripe }) => ripe === (colour === "red" ? "yes" : "no"))).toBe(true);
  });

  it("has its rows explained, and the methods audited", async () => {
    const [{ stdout }, audit] = await Promise.all([
      run("explain", "fruit.logdet", "new.csv", "--rows", "2", "--method", "shapley"),
      run("explain", "fruit.logdet", "--audit", "--plants", "20"),
    ]);
    expect(stdout).toMatch(/row 2 .*\n.*\n +(colour|ripe) +"(green|yes)"/);
    expect([audit.code, audit.stdout]).toEqual([0, expect.stringMatching(/^surprise +\d/m)]);
  });

  it("has its strange rows found", async () => {
    write("spoiled.csv", [...fruit(300, 5), ["purple", "maybe", "nowhere"]]);
    const { stdout, stderr } = await run("detect", "spoiled.csv", "--top", "1");
    expect(stdout + stderr).toMatch(/row 301(.|\n)*"purple" is/);
  });

  it("may be calibrated anew, and compared with what came later", async () => {
    const [calibrated, beside, { stdout }] = await Promise.all([
      run("calibrate", "fruit.logdet", "later.csv", "--out", "later.logdet"),
      run("shift", "fruit.logdet", "later.csv", "--json"),
      run("shift", "fruit.csv", "later.csv", "--json"),
    ]);
    expect([calibrated.code, calibrated.stderr + calibrated.stdout]).toEqual([
      0,
      expect.stringMatching(/ranked among 300 rows/),
    ]);
    expect([beside.code, JSON.parse(beside.stdout).drift]).toEqual([0, true]);
    const { tests, columns } = JSON.parse(stdout);
    expect(JSON.parse(stdout).drift).toBe(true);
    expect(tests.map(({ name }: { name: string }) => name)).toContain("log-density");
    const moved = columns.filter(({ moved }: { moved: boolean }) => moved);
    expect(moved.map(({ name }: { name: string }) => name)).not.toContain("shop");
  });

  it("is served", async () => {
    const child = start(process.execPath, [main, "serve", "fruit.logdet", "--port", "0", "--log", "off"], {
      cwd: folder,
    });
    children.push(child);
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.once("data", (data) => resolve(String(data).trim()));
      child.on("close", () => reject(new Error("the server ended")));
    });
    const post = async (path: string, body: string, type: string) => {
      const response = await fetch(`${url}${path}`, {
        ...{ method: "POST", headers: { "Content-Type": type }, body },
      });
      expect([path, response.status]).toEqual([path, 200]);
      return response.text();
    };
    const table = readFileSync(join(folder, "new.csv"), "utf8");
    const served = await post("/score?alpha=0.05", table, "text/csv");
    const { stdout } = await run("score", "fruit.logdet", "new.csv", "--alpha", "0.05");
    expect(served).toBe(stdout);
    const drawn = JSON.parse(await post("/sample", '{"rows": 5, "seed": 1}', "application/json"));
    expect(JSON.stringify(drawn)).toMatch(/"colour":"(red|green)"/);
  });
});
