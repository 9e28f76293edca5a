// Tables that cannot be fitted and places that cannot be written: a message that says what to do, and nothing lost.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bash, csv, fitTinyModel, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
const names = ["a", "b", "count"];
const good = tinyRows(60);
let tables = 0;

/** Fits a table of this text. */
async function fit(text: string, ...options: string[]) {
  const name = `table-${++tables}.csv`;
  writeFileSync(join(folder, name), text);
  const outcome = await logdet(["fit", name, "--epochs", "2", "--quiet", ...options], { cwd: folder });
  return { ...outcome, name, model: name.replace(".csv", ".logdet") };
}

/** The fit failed with this message and left nothing behind. */
function expectRefused(
  { code, stdout, stderr, name, model }: Awaited<ReturnType<typeof fit>>,
  ...messages: string[]
): void {
  for (const message of messages) expect(stderr).toContain(message.replaceAll("TABLE", name));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(readdirSync(folder)).not.toContain(model);
}

/** `good` with one cell replaced; row from 1. */
function withCell(row: number, column: number, cell: string): string {
  return csv(
    names,
    good.map((cells, i) => cells.map((value, j) => (i === row - 1 && j === column ? cell : value))),
  );
}

describe("a table is refused, with the place and what to do", () => {
  it("when the file is missing", async () => {
    const { code, stderr } = await logdet(["fit", "nowhere.csv"], { cwd: folder });
    expect(stderr).toBe("error: nowhere.csv: no such file\nCheck the name and the folder.\n");
    expect(code).toBe(1);
  });

  it("when a pattern matches nothing", async () => {
    const { code, stderr } = await logdet(["fit", "nothing-*.csv"], { cwd: folder });
    expect(stderr).toContain("error: nothing-*.csv: no file matches");
    expect(code).toBe(1);
  });

  it("when the file is empty", async () => {
    expectRefused(await fit(""), "error: TABLE: the file is empty");
  });

  it("when there is only a header", async () => {
    expectRefused(await fit("a,b\n"), "error: TABLE: the table has no rows");
  });

  it("when there is one row", async () => {
    expectRefused(
      await fit("a,b\n1,2\n"),
      "error: TABLE: the table has one row; a density needs at least",
      "Give more rows",
    );
  });

  it("when two columns have the same name", async () => {
    const text = csv(["a", "b", "a"], good);
    expectRefused(
      await fit(text),
      'error: TABLE: two columns have the same name: "a" is column 1 and column 3',
    );
  });

  it("when a row has too many fields", async () => {
    const text = `${csv(names, good.slice(0, 40))}1,2,3,4\n`;
    expectRefused(await fit(text), "error: TABLE, row 41: found 4 fields where the header has 3: 1,2,3,4");
  });

  it("when a row has too few fields", async () => {
    const text = `${csv(names, good.slice(0, 40))}1,2\n`;
    expectRefused(await fit(text), "error: TABLE, row 41: found 2 fields where the header has 3: 1,2");
  });

  it("when a cell far down is text", async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => [
      i + 1 === 48_213 ? "broken" : Math.sin(i * i),
      i % 7,
    ]);
    expectRefused(
      await fit(csv(["pressure", "day"], rows)),
      'error: TABLE, row 48213, column pressure: "broken" is not a number',
      "--exclude pressure",
    );
  });

  it("when columns hold words", async () => {
    const rows = good.map((row, i) => [...row, `city ${i}`, "x"]);
    expectRefused(
      await fit(csv([...names, "city", "sort of"], rows)),
      "error: TABLE: 2 columns do not hold numbers: city, sort of",
      "--exclude 'city,sort of'",
    );
  });

  it("when a value is missing or NaN", async () => {
    for (const cell of ["", "nan", "NA"])
      expectRefused(
        await fit(withCell(7, 1, cell)),
        "error: TABLE: values are missing in 1 column of 60 rows: b (1)",
        "--missing drop",
        "--exclude b",
      );
  });

  it.each([
    ["inf", "+infinity"],
    ["-Infinity", "-infinity"],
  ])("when a value is %s", async (cell, said) => {
    expectRefused(await fit(withCell(7, 1, cell)), `error: TABLE, row 7, column b: ${said} is not finite`);
  });

  it("when one column follows from others", async () => {
    const rows = good.map(([a, b]) => [a, b, 2 * a - b + 3]);
    expectRefused(
      await fit(csv(["a", "b", "c"], rows)),
      "error: TABLE: columns determine each other: c = 2 a - b + 3",
      "the density is infinite",
      "--jitter 0.01",
    );
  });

  it("when there are more columns than rows", async () => {
    const [...values] = tinyRows(400).flat();
    const rows = Array.from({ length: 25 }, (_, i) => values.slice(i * 30, i * 30 + 30));
    expectRefused(
      await fit(
        csv(
          Array.from({ length: 30 }, (_, i) => `x${i}`),
          rows,
        ),
      ),
      "error: TABLE: there are 30 columns but only 25 rows",
      "--exclude",
      "--jitter",
    );
  });

  it("when no column varies", async () => {
    const rows = good.map(() => [1, 2]);
    expectRefused(
      await fit(csv(["a", "b"], rows)),
      "error: TABLE: no column varies: a (always 1), b (always 2)",
    );
  });

  it("when an option names a column that is not there", async () => {
    expectRefused(
      await fit(csv(names, good), "--exclude", "cuont"),
      'error: TABLE: there is no column "cuont"',
      'Did you mean "count"?',
    );
  });
});

describe("an unusual table is fitted", () => {
  /** A fit that came to a finite likelihood. */
  async function expectFitted(text: string, ...options: string[]) {
    const { code, stdout, stderr } = await fit(text, "--json", ...options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout);
    expect(result.validationLogProb).toBeTypeOf("number");
    return result;
  }

  it("with one column", async () => {
    const rows = good.map(([a]) => [a]);
    expect((await expectFitted(csv(["only"], rows))).columns).toEqual(["only"]);
  });

  it("with values of 1e30, whose log-density is lower by the log of the unit", async () => {
    const rows = (unit: number) => good.map(([a, b]) => [a * unit, b]);
    const usual = await expectFitted(csv(["a", "b"], rows(1)));
    const huge = await expectFitted(csv(["a", "b"], rows(1e30)));
    expect(huge.validationLogProb).toBeCloseTo(usual.validationLogProb - Math.log(1e30), 2);
  });

  it("with collinear columns, given --jitter", async () => {
    const rows = good.map(([a, b]) => [a, b, 2 * a - b]);
    const result = await expectFitted(csv(["a", "b", "c"], rows), "--jitter", "0.01");
    expect(result.notices.join()).toContain("--jitter");
  });

  it("with missing values, given --missing drop", async () => {
    const result = await expectFitted(withCell(7, 1, ""), "--missing", "drop");
    expect(result.rows).toBe(59);
    expect(result.notices.join()).toContain("1 row of 60 with missing values was dropped");
  });

  it("with a constant column, which is left out with a notice", async () => {
    const result = await expectFitted(
      csv(
        ["a", "b", "always"],
        good.map(([a, b]) => [a, b, 5]),
      ),
    );
    expect(result.columns).toEqual(["a", "b"]);
    expect(result.notices.join()).toContain("1 constant column left out: always (always 5)");
  });
});

describe("a place to save the model is refused before the fit", () => {
  const table = csv(names, good);

  it("below a file", async () => {
    writeFileSync(join(folder, "file.txt"), "");
    const { code, stderr } = await fit(table, "--out", "file.txt/model.logdet");
    expect(stderr).toContain("error: file.txt/model.logdet: the output folder cannot be written");
    expect(stderr).toContain("--out");
    expect(code).toBe(1);
  });

  it("where the system lets nobody write", async () => {
    const { code, stderr } = await fit(table, "--out", "/proc/here/model.logdet");
    expect(stderr).toContain("error: /proc/here/model.logdet: the output folder cannot be written");
    expect(code).toBe(1);
  });

  it("where a model is, unless --force is given", async () => {
    const first = await fit(table);
    const again = ["fit", first.name, "--epochs", "1", "--seed", "9", "--quiet"];
    const refused = await logdet(again, { cwd: folder });
    expect(refused.stderr).toBe(
      `error: ${first.model}: the output exists already\nChoose another folder with --out, or replace it with --force.\n`,
    );
    expect(refused.code).toBe(1);

    const forced = await logdet([...again, "--force", "--json"], { cwd: folder });
    expect(forced.code).toBe(0);
    const { stdout } = await logdet(["info", first.model, "--json"], { cwd: folder });
    expect(JSON.parse(stdout).training.seed).toBe(9);
  });

  it("where something that is no model is, even with --force", async () => {
    mkdirSync(join(folder, "thesis"));
    writeFileSync(join(folder, "thesis", "chapter-1.txt"), "years of work");
    for (const out of ["thesis", ".", "file.txt"]) {
      const { code, stderr } = await fit(table, "--force", "--out", out);
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
    const line = "ulimit -f 8; logdet fit tiny.csv --epochs 2 --quiet --force --seed 5";
    const { code, stderr } = await bash(line, { cwd: smallDisk, env: { TMPDIR: smallDisk } });
    expect(stderr).toContain("error: tiny.logdet: the model cannot be saved: ");
    expect(stderr).toContain("Nothing was changed. Choose another folder with --out.");
    expect(code).toBe(1);
    expect(contents()).toEqual(before);
  });

  it("leaves no new model, and none half-written", async () => {
    const before = contents();
    const line = "ulimit -f 8; logdet fit tiny.csv --epochs 2 --quiet --out new.logdet";
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
    const line = "logdet fit - --epochs 2 --quiet --out place/lost.logdet";
    const running = `mkfifo pipe; ${line} < pipe & exec 3> pipe; until ls rescue | grep -q logdet; do sleep 0.05; done
      rm -r place; touch place; cat tiny.csv >&3; exec 3>&-; wait $!`;
    const { code, stderr } = await bash(running, { cwd: smallDisk, env: { TMPDIR: rescue } });
    expect(stderr).toContain("error: place/lost.logdet: ");
    const saved = /The model is in (\S+\.logdet)/.exec(stderr)?.[1];
    expect(code).toBe(1);
    expect((await logdet(["score", saved!, "tiny.csv", "--quiet"], { cwd: smallDisk })).code).toBe(0);
  });
});
