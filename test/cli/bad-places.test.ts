// Places that cannot be written, and disks that are full: a message that says what to do, and nothing lost.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bash, fitTinyModel, logdet, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder, "tiny.csv", 60);

describe("a place to save the model is refused before the fit", () => {
  /** Fits the tiny table into its default folder, unless told otherwise. */
  const fit = (...options: string[]) =>
    logdet(["fit", "tiny.csv", "--no-search", "--epochs", "2", "--quiet", ...options], { cwd: folder });

  it("below a file", async () => {
    writeFileSync(join(folder, "file.txt"), "");
    const { code, stderr } = await fit("--out", "file.txt/model.logdet");
    expect(stderr).toContain("error: file.txt/model.logdet: the output folder cannot be written");
    expect(stderr).toContain("--out");
    expect(code).toBe(1);
  });

  it("where the system lets nobody write", async () => {
    const { code, stderr } = await fit("--out", "/proc/here/model.logdet");
    expect(stderr).toContain("error: /proc/here/model.logdet: the output folder cannot be written");
    expect(code).toBe(1);
  });

  it("where a model is, unless --force is given", async () => {
    expect((await fit("--seed", "8")).code).toBe(0);
    const refused = await fit("--seed", "9");
    expect(refused.stderr).toBe(
      "error: tiny.logdet: the output exists already\nChoose another folder with --out, or replace it with --force.\n",
    );
    expect(refused.code).toBe(1);

    const forced = await fit("--seed", "9", "--force");
    expect(forced.code).toBe(0);
    const { stdout } = await logdet(["info", "tiny.logdet", "--json"], { cwd: folder });
    expect(JSON.parse(stdout).training.seed).toBe(9);
  });

  it("where something that is no model is, even with --force", async () => {
    mkdirSync(join(folder, "thesis"));
    writeFileSync(join(folder, "thesis", "chapter-1.txt"), "years of work");
    for (const out of ["thesis", ".", "file.txt"]) {
      const { code, stderr } = await fit("--force", "--out", out);
      expect(stderr).toContain(`error: ${out}: the output exists already, and is not a model`);
      expect(code).toBe(1);
    }
    expect(readFileSync(join(folder, "thesis", "chapter-1.txt"), "utf8")).toBe("years of work");
  });
});

describe("a disk that is full while saving", () => {
  const smallDisk = temporaryFolder();

  /** Every file below a folder, with what is in it. */
  function contents(): Record<string, string> {
    const files = readdirSync(smallDisk, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
    return Object.fromEntries(
      paths.map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]),
    );
  }

  it("leaves an old model as it was, and nothing half-written", async () => {
    await fitTinyModel(smallDisk);
    const before = contents();
    // No file may grow beyond 8 kB: the system refuses the rest, as a full disk does.
    const line = "ulimit -f 8; logdet fit tiny.csv --no-search --epochs 2 --quiet --force --seed 5";
    const { code, stderr } = await bash(line, { cwd: smallDisk, env: { TMPDIR: smallDisk } });
    expect(stderr).toContain("error: tiny.logdet: the model cannot be saved: ");
    expect(stderr).toContain("Nothing was changed. Choose another folder with --out.");
    expect(code).toBe(1);
    expect(contents()).toEqual(before);
  });

  it("leaves no new model, and none half-written", async () => {
    const before = contents();
    const line = "ulimit -f 8; logdet fit tiny.csv --no-search --epochs 2 --quiet --out new.logdet";
    const { code } = await bash(line, { cwd: smallDisk, env: { TMPDIR: smallDisk } });
    expect(code).toBe(1);
    expect(contents()).toEqual(before);
  });

  it("leaves no scores, and none half-written", async () => {
    const before = contents();
    const line = "ulimit -f 2; logdet score tiny.logdet tiny.csv --out scored.csv";
    const { code, stderr } = await bash(line, { cwd: smallDisk });
    expect(stderr).toContain("error: scored.csv: cannot be written: ");
    expect(code).toBe(1);
    expect(contents()).toEqual(before);
  });

  it("is reported when standard output goes there", async () => {
    const line = "ulimit -f 2; logdet sample tiny.logdet -n 2000 > rows.csv";
    const { code, stderr } = await bash(line, { cwd: smallDisk, env: { TMPDIR: smallDisk } });
    expect(stderr).toContain("cannot be written");
    expect(code).toBe(1);
  });

  it("saves a new model in the folder for temporary files, rather than lose it", async () => {
    // The place becomes a file while the fit waits for its table.
    const place = join(smallDisk, "place");
    const rescue = join(smallDisk, "rescue");
    for (const path of [place, rescue]) mkdirSync(path);
    const line = "logdet fit - --no-search --epochs 2 --quiet --out place/lost.logdet";
    const running = `mkfifo pipe; ${line} < pipe & exec 3> pipe; until ls rescue | grep -q logdet; do sleep 0.05; done
      rm -r place; touch place; cat tiny.csv >&3; exec 3>&-; wait $!`;
    const { code, stderr } = await bash(running, { cwd: smallDisk, env: { TMPDIR: rescue } });
    expect(stderr).toContain("error: place/lost.logdet: ");
    const saved = /The model is in (\S+\.logdet)/.exec(stderr)?.[1];
    expect(code).toBe(1);
    expect((await logdet(["score", saved!, "tiny.csv", "--quiet"], { cwd: smallDisk })).code).toBe(0);
  });
});
