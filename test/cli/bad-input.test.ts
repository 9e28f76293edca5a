// Tables that cannot be fitted, with a message that says what to do, and odd ones that can.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { csv, logdet, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
const names = ["a", "b", "count"];
const good = tinyRows(60);
let tables = 0;

/** Fits a table of this text. */
async function fit(text: string, ...options: string[]) {
  const name = `table-${++tables}.csv`;
  writeFileSync(join(folder, name), text);
  const outcome = await logdet(["fit", name, "--no-search", "--epochs", "2", "--quiet", ...options], {
    cwd: folder,
  });
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

// Each test has files of its own: they may run side by side.
describe.concurrent("a table is refused, with the place and what to do", () => {
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

  it("when there are categories alone, and one row repeats", async () => {
    expectRefused(
      await fit(csv(["colour", "ripe"], Array(60).fill(["red", "yes"]))),
      "error: TABLE: no column varies: colour (always red), ripe (always yes)",
      "A density needs a column that varies.",
    );
  });

  it("when a column of words is asked for by name that is neither categories nor dates", async () => {
    const rows = good.map((row, i) => [...row, `city ${i} by the sea`]);
    expectRefused(
      await fit(csv([...names, "city"], rows), "--columns", "a,city"),
      "error: TABLE: column city holds text: too many different values for categories",
      "--types city=categorical",
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
      "error: TABLE: there are 30 columns but only 22 rows beside the 3 set apart for calibration",
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

describe.concurrent("an unusual table is fitted", () => {
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

  it("with columns of words: few are categories, many are left out with a notice", async () => {
    const rows = good.map((row, i) => [...row, `city ${i}`, i % 3 === 0 ? "red" : "blue", "x"]);
    const result = await expectFitted(csv([...names, "city", "colour", "sort of"], rows));
    expect(result.columns).toEqual([...names, "colour"]);
    const notices = result.notices.join("\n");
    expect(notices).toContain("Column city was left out: it holds text (60 different values in 60 cells)");
    expect(notices).toContain("--types city=categorical");
    expect(notices).toContain("1 constant column left out: sort of (always x)");
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
