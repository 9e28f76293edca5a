// Who hears what: results on standard output, progress on standard error, and how a pipe that closes is taken.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bash, csv, fitTinyModel, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
const ESC = "\u001b";

beforeAll(async () => {
  await fitTinyModel(folder);
});

const fit = (...args: string[]) =>
  logdet(["fit", "tiny.csv", "--no-search", "--epochs", "3", "--force", ...args], { cwd: folder });

describe("fit", () => {
  it("says on standard output what it made and what to do next", async () => {
    const { code, stdout } = await fit();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tiny\.logdet: 300 rows × 3 columns, [\d,]+ parameters, /);
    expect(stdout).toMatch(/held-out log-density +-?\d+\.\d{3} ± \d+\.\d{3} nats a row/);
    expect(stdout).toContain(join("tiny.logdet", "report.html"));
    expect(stdout).toContain("logdet score tiny.logdet new.csv > scored.csv");
    expect(stdout).toContain("logdet sample tiny.logdet -n 1000 > rows.csv");
  });

  it("gives the same as one JSON object with --json", async () => {
    const { stdout, stderr } = await fit("--json");
    const result = JSON.parse(stdout);
    const { training, metrics } = JSON.parse(readFileSync(join(folder, "tiny.logdet/config.json"), "utf8"));
    expect(result).toEqual({
      folder: "tiny.logdet",
      report: join("tiny.logdet", "report.html"),
      rows: 300,
      calibrationRows: 30,
      columns: ["a", "b", "count"],
      ...metrics,
      parameters: training.parameters,
      steps: training.steps,
      bestStep: training.bestStep,
      stoppedBy: "finished",
      seconds: training.seconds,
      notices: training.notices,
    });
    expect(stderr).toContain("Note: 1 discrete column dequantised: count (step 1).");
    expect(stderr).toContain("Fitting 300 rows × 3 columns");
  });

  it("says nothing on standard error with --quiet", async () => {
    const { code, stdout, stderr } = await fit("--quiet");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("held-out log-density");
  });

  it("gives plain lines where nobody looks on", async () => {
    const { stdout, stderr } = await fit();
    for (const text of [stdout, stderr]) {
      expect(text).not.toContain(ESC);
      expect(text).not.toContain("\r");
    }
  });

  it("makes the same model, bit for bit, from the same seed", async () => {
    const weights = async (seed: string, out: string) => {
      expect((await fit("--seed", seed, "--out", out)).code).toBe(0);
      return readFileSync(join(folder, out, "model.safetensors"));
    };
    const first = await weights("4", "first.logdet");
    expect(first.equals(await weights("4", "same.logdet"))).toBe(true);
    expect(first.equals(await weights("5", "other.logdet"))).toBe(false);
  });

  it("reads standard input, and names the model when nothing else does", async () => {
    const input = csv(
      ["x", "y"],
      tinyRows(80).map((row) => row.slice(0, 2)),
    );
    const { code, stdout } = await logdet(["fit", "-", "--no-search", "--epochs", "2", "--json"], {
      cwd: folder,
      input,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ folder: "model.logdet", rows: 80, columns: ["x", "y"] });
    const config = JSON.parse(readFileSync(join(folder, "model.logdet/config.json"), "utf8"));
    expect(config.training.sources).toEqual(["standard input"]);
  });
});

describe("colours", () => {
  it("come where they are asked for", async () => {
    const { stdout } = await logdet(["info", "tiny.logdet"], { cwd: folder, env: { FORCE_COLOR: "1" } });
    expect(stdout).toContain(`${ESC}[1m`);
    const { stderr } = await logdet(["info", "nowhere"], { cwd: folder, env: { FORCE_COLOR: "1" } });
    expect(stderr).toContain(`${ESC}[31merror:`);
  });

  it("stay away with NO_COLOR", async () => {
    for (const args of [["info", "tiny.logdet"], ["info", "nowhere"], ["--help"], ["fit", "--nonsense"]]) {
      const { stdout, stderr } = await logdet(args, { cwd: folder, env: { NO_COLOR: "1" } });
      expect(stdout + stderr).not.toContain(ESC);
    }
  });
});

describe("a reader that has seen enough", () => {
  it.each([
    ["of drawn rows", "logdet sample tiny.logdet -n 100000 --quiet", "a,b,count"],
    [
      "of scored rows",
      "cat tiny.csv <(yes 1,1,1 | head -100000) | logdet score tiny.logdet - --quiet",
      "a,b,count,log_prob,p_value",
    ],
    ["of the help", "logdet fit --help", "Usage: logdet fit [options] <data...>"],
  ])("%s ends the command without a complaint", async (_, command, first) => {
    const line = `${command} | head -n 1; code=\${PIPESTATUS[-2]}; echo "code $code" >&2`;
    const { stdout, stderr } = await bash(line, { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: `${first}\n`, stderr: "code 0\n" });
  });
});

describe("an error that nobody foresaw", () => {
  it("is said in a line, with its stack only for those who ask", async () => {
    // A model folder inside which something is a folder that should be a file.
    const broken =
      "rm -rf odd; cp -r tiny.logdet odd; rm odd/config.json; mkdir odd/config.json; logdet info odd";
    const { code, stderr } = await bash(broken, { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain("    at ");
    const debug = await bash("logdet info odd", { cwd: folder, env: { LOGDET_DEBUG: "1" } });
    expect(debug.stderr).toContain("    at ");
  });
});
