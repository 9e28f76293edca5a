// The command `lab`: the list, a run with its files, and what goes wrong.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labs } from "../../src/lab/table.js";
import { logdet, main, outcome, start, temporaryFolder } from "./run.js";

const folder = temporaryFolder();

describe("logdet lab", () => {
  it("lists the labs with what they claim, where that is from, and how long they take", async () => {
    const { code, stdout, stderr } = await logdet(["lab"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name, claim, source, duration } of Object.values(labs))
      for (const text of [`${name}, ${duration}`, claim, source]) expect(stdout).toContain(text);
  });

  it("lists them as JSON, too", async () => {
    const { code, stdout } = await logdet(["lab", "--json"], { cwd: folder });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(
      Object.values(labs).map(({ name, claim, source, duration }) => ({
        lab: name,
        claim,
        source,
        duration,
      })),
    );
  });

  it("explains itself, with the meaning of its exit code", async () => {
    const { code, stdout } = await logdet(["lab", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: logdet lab [options] [name]");
    for (const option of ["--full", "--data", "--seed", "--threads", "--out", "--force", "--json", "--quiet"])
      expect(stdout).toContain(option);
    expect(stdout).toContain("The exit code is 0 whether or not the claim held");
  });
});

describe("logdet lab NAME", () => {
  it("says whether the claim held, and writes picture, figures and verdict; again over its own", async () => {
    const { code, stdout, stderr } = await logdet(["lab", "toys", "--smoke"], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toContain(`Claim: ${labs.toys.claim}\n`);
    expect(stdout).toMatch(/^toys: the claim held \(.* s\)\n {2}claim {4}Dense flows /);
    expect(stdout).toContain("files    lab/toys.svg, lab/toys.csv, lab/toys.json\n");
    expect(readFileSync(join(folder, "lab", "toys.svg"), "utf8")).toMatch(/^<svg .*<\/svg>$/s);
    expect(readFileSync(join(folder, "lab", "toys.csv"), "utf8")).toMatch(/^density,estimator,nats,/);

    const args = ["lab", "toys", "--smoke", "--json", "--quiet", "--seed", "1"];
    const again = await logdet(args, { cwd: folder });
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: "" });
    const { files, ...report } = JSON.parse(again.stdout);
    expect(report).toMatchObject({ lab: "toys", claim: labs.toys.claim, held: true, seed: 1, size: "smoke" });
    expect(report.figures).toHaveLength(6);
    expect(files).toEqual(["lab/toys.svg", "lab/toys.csv", "lab/toys.json"]);
    expect(JSON.parse(readFileSync(join(folder, "lab", "toys.json"), "utf8"))).toEqual(report);
  });

  it("that is stopped by Ctrl-C ends with 130 and writes nothing", async () => {
    const child = start(process.execPath, [main, "lab", "toys", "--out", "stopped"], { cwd: folder });
    const ended = outcome(child);
    await new Promise<void>((resolve) => {
      child.stderr?.on("data", (text) => {
        if (String(text).includes("sine, ")) resolve();
      });
    });
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toContain("Stopping; there will be no verdict.");
    expect(stderr).toContain("error: stopped before there was a verdict; nothing was written");
    expect(readdirSync(join(folder, "stopped"))).toEqual([]);
  });

  it("does not replace a file that is not its own, and says so before it runs", async () => {
    const other = temporaryFolder();
    writeFileSync(join(other, "toys.csv"), "years of work");
    const { code, stdout, stderr } = await logdet(["lab", "toys", "--smoke", "--out", "."], { cwd: other });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("error: toys.csv: the file exists already");
    expect(stderr).toContain("--force");
    expect(stderr).not.toContain("Claim:");
  });
});

describe("a lab that cannot be run is refused", () => {
  it.each<[what: string, args: string[], message: string, code: number]>([
    ["an unknown one", ["toy"], "error: there is no lab named toy\nChoose one of ", 2],
    ["an option without a lab", ["--full"], "error: --full needs the name of a lab", 2],
    ["two sizes", ["toys", "--full", "--smoke"], "cannot be used with option", 2],
    ["no folder of data", ["toys", "--data", "nowhere"], "error: nowhere: there is no such folder", 1],
  ])("%s", async (_, args, message, expected) => {
    const { code, stdout, stderr } = await logdet(["lab", ...args], { cwd: folder });
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  });
});
