// The search over nets, as it is told and as it is told what to leave alone.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { logdet, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder, "tiny.csv", 200);

interface Run {
  readonly layers: number;
  readonly components: number;
  readonly noise: number;
  readonly start: number;
  readonly kept: boolean;
}

/** Fits the tiny table in a few epochs; what was said, and the runs that config.json tells of. */
async function fit(out: string, ...options: string[]) {
  const args = ["fit", "tiny.csv", "--epochs", "30", "--out", out, ...options];
  const { code, stderr, stdout } = await logdet(args, { cwd: folder });
  expect({ code, errors: stderr.match(/error/i) }).toEqual({ code: 0, errors: null });
  const config = JSON.parse(readFileSync(join(folder, out, "config.json"), "utf8"));
  return { stderr, stdout, runs: config.training.runs as Run[], config };
}

describe("fit", () => {
  it("tries several nets, and says so everywhere", async () => {
    const { stderr, runs, config } = await fit("searched");
    expect(stderr).toMatch(/Fitting 200 rows × 3 columns: up to \d nets, each \d+ steps of 153 rows\./);
    expect(runs.length).toBeGreaterThanOrEqual(3);
    expect(runs.slice(0, 2).map(({ layers }) => layers)).toEqual([4, 8]);

    const { stdout } = await logdet(["info", "searched"], { cwd: folder });
    const line = /^ {2}nets tried +(.*)$/m.exec(stdout)?.[1] ?? "";
    const gaussians = config.training.keepsGaussian ? 1 : 0;
    expect(line.split("; ")).toHaveLength(runs.length + gaussians);
    expect(line).toMatch(/^4 layers: -?\d+\.\d{3}( \((kept|averaged)\))?; 8 layers: /);
    expect(line.match(/\((kept|averaged)\)/g)).toHaveLength(
      runs.filter(({ kept }) => kept).length + gaussians,
    );

    const sentence = `${runs.length} nets were trained one after another`;
    for (const file of ["README.md", "report.html"])
      expect(readFileSync(join(folder, "searched", file), "utf8")).toContain(sentence);
  });

  it("with --no-search trains one", async () => {
    const { stderr, runs } = await fit("alone", "--no-search");
    expect(stderr).toMatch(/3 columns: 30 steps of 153 rows\./);
    expect(runs).toMatchObject([{ layers: 4, components: 1, noise: 0, start: 0, kept: true }]);
    const { stdout } = await logdet(["info", "alone"], { cwd: folder });
    expect(stdout).not.toContain("nets tried");
    expect(readFileSync(join(folder, "alone", "README.md"), "utf8")).toContain("Training took 30 steps");
  });

  it("with --components and --noise trains that mixture with that noise", async () => {
    const options = ["--no-search", "--layers", "2", "--components", "2", "--noise", "0.05"];
    const { runs, config } = await fit("told", ...options);
    expect(runs).toMatchObject([{ layers: 2, components: 2, noise: 0.05 }]);
    expect(config.training.noise).toBe(0.05);
    expect(config.flow.base).toMatchObject({ type: "mixture" });
    const { stdout } = await logdet(["info", "told"], { cwd: folder });
    expect(stdout).toMatch(/^ {2}net +2 layers, a mixture of 2, noise 0\.05$/m);
    expect(stdout).toMatch(
      /^ {2}base +mixture of 2 × \[linear → rational quadratic spline → linear → mixture of gaussians\]$/m,
    );
    const scored = await logdet(["score", "told", "tiny.csv", "--quiet"], { cwd: folder });
    expect(scored.stdout.trimEnd().split("\n")).toHaveLength(201);
    const drawn = await logdet(["sample", "told", "-n", "7", "--quiet"], { cwd: folder });
    expect(drawn.stdout.trimEnd().split("\n")).toHaveLength(8);
  });

  it("with --members 1 keeps one of those it tried", async () => {
    const { runs } = await fit("best", "--members", "1");
    expect(runs.length).toBeGreaterThan(1);
    expect(runs.filter(({ kept }) => kept).length).toBeLessThanOrEqual(1);
  });

  it("leaves alone what an option says, and searches over the rest", async () => {
    const { runs } = await fit("rest", "--layers", "1", "--noise", "0");
    for (const run of runs) expect(run).toMatchObject({ layers: 1, components: 1, noise: 0 });
  });
});
