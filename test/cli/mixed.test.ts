// Tables of anything, from the command line: dates, categories, truth values, identifiers, text, missing cells; and new
// rows that are not as the model's were.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { csv, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
const columns = ["id", "when", "kind", "alive", "height", "rings", "note"];
const kinds = [
  { name: "birch", height: 8 },
  { name: "oak", height: 12 },
  { name: "pine", height: 20 },
];

/** Trees that somebody looked at by day, to the minute; some kinds and heights are missing. */
function trees(rows: number): (string | number)[][] {
  const random = new Random(5);
  return Array.from({ length: rows }, (_, i) => {
    const kind = kinds[random.integer(kinds.length)];
    const minute = 480 + random.integer(600);
    const when = new Date(Date.UTC(2024, 0, 1 + random.integer(200), 0, minute)).toISOString();
    return [
      i + 1,
      when.slice(0, 19),
      random.uniform() < 0.05 ? "" : kind.name,
      random.uniform() < 0.7 ? "yes" : "no",
      random.uniform() < 0.1 ? "" : (kind.height + random.normal()).toFixed(3),
      3 + random.integer(80),
      `found near the ${i}. path in good light`,
    ];
  });
}

/** The cells of a CSV file by column; none of these files has quotes. */
function cellsOf(text: string): Record<string, string[]> {
  const [header, ...lines] = text.trimEnd().split("\n");
  const rows = lines.map((line) => line.split(","));
  return Object.fromEntries(header.split(",").map((name, d) => [name, rows.map((row) => row[d])]));
}

interface Fit {
  readonly columns: readonly string[];
  readonly notices: readonly string[];
}
let fitted: Fit;

beforeAll(async () => {
  writeFileSync(join(folder, "trees.csv"), csv(columns, trees(300)));
  const options = ["--missing", "model", "--no-search", "--epochs", "20", "--quiet", "--json"];
  const { stdout, stderr } = await logdet(["fit", "trees.csv", ...options], { cwd: folder });
  expect(stderr).toBe("");
  fitted = JSON.parse(stdout);
}, 120_000);

describe.concurrent("a table of anything", () => {
  it("is fitted to dates' parts, categories, truth values and numbers; what is left out is said", () => {
    const parts = ["when.week", "when.weekday", "when.hour"];
    expect(fitted.columns).toEqual([...parts, "kind", "alive", "height", "rings"]);
    const said = fitted.notices.join("\n");
    expect(said).toContain("Column id was left out: it numbers the rows. To use it: --types id=integer.");
    expect(said).toContain("Column note was left out: it holds text (300 different values in 300 cells).");
    expect(said).toMatch(/Values are missing: kind \(\d+\), height \(\d+\)\./);
  });

  it("is described: what each column holds, and where cells may be missing", async () => {
    const { stdout } = await logdet(["info", "trees.logdet"], { cwd: folder });
    const kindOf = (name: string) => new RegExp(`^ *${name} +(\\S+(?:,? \\S+)*)  `, "m").exec(stdout)?.[1];
    expect(kindOf("kind")).toBe("categorical, may be missing");
    expect(kindOf("alive")).toBe("boolean");
    expect(kindOf("height")).toBe("continuous, may be missing");
    expect(kindOf("when.hour")).toBe("discrete");
  });

  it("is drawn as it was: categories and truth values in its words, dates whole and to the minute", async () => {
    const { stdout } = await logdet(["sample", "trees.logdet", "-n", "300", "--missing"], { cwd: folder });
    const drawn = cellsOf(stdout);
    expect(Object.keys(drawn)).toEqual(["when", "kind", "alive", "height", "rings"]);
    for (const when of drawn.when) {
      expect(when).toMatch(/^20(23|24)-\d\d-\d\dT\d\d:\d\d:00$/);
      expect(new Date(`${when}Z`).toISOString().slice(0, 19)).toBe(when);
    }
    expect([...new Set(drawn.kind)].sort()).toEqual(["", "birch", "oak", "pine"]);
    expect([...new Set(drawn.alive)].sort()).toEqual(["no", "yes"]);
    expect(drawn.rings.every((cell) => /^-?\d+$/.test(cell))).toBe(true);
    // 30 of 300 are missing in the mean; 12 and 54 are more than four standard deviations away.
    const empty = drawn.height.filter((cell) => cell === "").length;
    expect(empty).toBeGreaterThan(12);
    expect(empty).toBeLessThan(54);
  });

  it("can be drawn and scored again: no draw is refused, few are strange", async () => {
    const options = { cwd: folder };
    await logdet(["sample", "trees.logdet", "-n", "200", "--seed", "3", "--out", "drawn.csv"], options);
    const { code, stdout, stderr } = await logdet(["score", "trees.logdet", "drawn.csv"], options);
    expect(code).toBe(0);
    expect(stderr).not.toContain("Note");
    const { log_prob, p_value } = cellsOf(stdout);
    expect(log_prob.map(Number).every(Number.isFinite)).toBe(true);
    expect(p_value.filter((cell) => Number(cell) <= 0.05).length).toBeLessThan(40);
  });

  it("is scored with all of its columns, the unused too, and its missing cells", async () => {
    const { stdout, stderr } = await logdet(["score", "trees.logdet", "trees.csv"], { cwd: folder });
    const scored = cellsOf(stdout);
    expect(Object.keys(scored)).toEqual([...columns, "log_prob", "p_value"]);
    const before = cellsOf(readFileSync(join(folder, "trees.csv"), "utf8"));
    for (const name of columns) expect(scored[name]).toEqual(before[name]);
    expect(scored.log_prob.every((cell) => cell !== "" && Number.isFinite(Number(cell)))).toBe(true);
    expect(stderr).toMatch(/Note: Values are missing: kind \(\d+\), height \(\d+\)\./);
  });
});

describe.concurrent("new rows that are not as the model's were", () => {
  const header = ["when", "kind", "alive", "height", "rings"];
  const usual = "2024-05-19T10:13:00,oak,yes,11.9,63";
  let files = 0;

  async function score(...rows: string[]) {
    const name = `new-${++files}.csv`;
    writeFileSync(join(folder, name), [header.join(), ...rows, ""].join("\n"));
    const outcome = await logdet(["score", "trees.logdet", name], { cwd: folder });
    const { log_prob = [], p_value = [] } = outcome.stdout === "" ? {} : cellsOf(outcome.stdout);
    return { ...outcome, name, logProb: log_prob.map(Number), pValue: p_value.map(Number) };
  }

  it("have finite, low densities and a notice where categories were never seen", async () => {
    const { stderr, logProb } = await score(
      usual,
      usual.replace("oak", "elm"),
      usual.replace("yes", "maybe"),
    );
    expect(stderr).toContain("Note: 1 row holds a value of kind never seen: elm.");
    expect(stderr).toContain("value of alive never seen: maybe.");
    // Of 229 training rows none has one: 1 / (230 · 5) and 1 / (230 · 3), against a third and 0.7. What the model says of
    // the numbers beside them is a guess.
    for (const value of logProb.slice(1)) {
      expect(value).toBeLessThan(logProb[0] - 2);
      expect(value).toBeGreaterThan(logProb[0] - 40);
    }
  });

  it("say the same of truth values that are spelled otherwise", async () => {
    const { logProb } = await score(usual, usual.replace("yes", "TRUE"), usual.replace("yes", "Y"));
    expect(new Set(logProb).size).toBe(1);
  });

  it.each([
    [
      "text in place of numbers",
      usual.replace("11.9", "tall"),
      '"tall" is not a number: the model knows this',
    ],
    [
      "numbers in place of categories",
      usual.replace("oak", "5"),
      '"5" is a number, as are all cells of this',
    ],
    [
      "no date",
      usual.replace("2024-05-19T10:13:00", "last May"),
      '"last May" is not a date: the model knows',
    ],
    ["a day that there is not", usual.replace("05-19", "02-30"), '"2024-02-30T10:13:00" is not a date'],
    [
      "the year 0",
      usual.replace("2024", "0000"),
      '"0000-05-19T10:13:00" is out of range: years run from 1 to',
    ],
    [
      "the year 99999",
      usual.replace("2024", "99999"),
      '"99999-05-19T10:13:00" is out of range: years run from',
    ],
    ["a number without end", usual.replace("11.9", "inf"), "+infinity is not finite"],
  ])("are refused with file, row and column: %s", async (_, row, message) => {
    const { code, stdout, stderr, name } = await score(row);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`error: ${name}, row 1, column `);
    expect(stderr).toContain("Mend the cell, or fit a model to data of this kind.");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("are strange, not refused, where dates are far from all that were seen", async () => {
    const { code, logProb, pValue } = await score(usual, usual.replace("2024", "9998"));
    expect(code).toBe(0);
    expect(logProb[1]).toBeLessThan(logProb[0] - 100);
    // One of 30 calibration rows and itself.
    expect(pValue[1]).toBeCloseTo(1 / 31, 9);
  });

  it("may miss cells that were always there, a whole column, or all", async () => {
    const rows = [usual, usual.replace("63", ""), usual.replace("11.9", ""), ",,,,"];
    const { code, stderr, logProb, pValue } = await score(...rows, usual.replace("yes", ""));
    expect({ code, ok: logProb.every(Number.isFinite) }).toEqual({ code: 0, ok: true });
    expect(stderr).toContain("1 row has no value at all.");
    expect(pValue.every((value) => value > 0 && value <= 1)).toBe(true);
    const empty = await score(...[1, 2, 3].map(() => usual.replace("11.9", "")));
    expect(empty.logProb.every(Number.isFinite)).toBe(true);
    expect(new Set(empty.logProb).size).toBe(1);
    expect(empty.logProb[0]).toBeCloseTo(logProb[2], 4);
  });

  it("must have the model's columns: the one that is missing is named, and what it may be called", async () => {
    writeFileSync(join(folder, "renamed.csv"), `when,kindd,alive,height,rings\n${usual}\n`);
    const { code, stderr } = await logdet(["score", "trees.logdet", "renamed.csv"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("error: renamed.csv: a column of the model is missing: kind");
    expect(stderr).toContain('Rename "kindd" to "kind"?');
  });
});

describe.concurrent("--types", () => {
  const quick = ["--no-search", "--epochs", "1", "--quiet", "--force", "--missing", "model"];

  it.each([
    ["heigth=positive", 1, 'there is no column "heigth"', 'Did you mean "height"?'],
    ["height=positiv", 2, '"height=positiv" is not COLUMN=TYPE. Did you mean positive?', "heavy-tailed"],
    ["height", 2, '"height" is not COLUMN=TYPE.', "Types: continuous, positive"],
    ["height=integer", 1, 'type "integer" holds whole numbers, got ', "--types height=continuous"],
    ["change=positive", 1, 'type "positive" holds numbers of one sign, got -', "--types change=continuous"],
    ["kind=integer", 1, " is not a number (and ", "--types kind=categorical"],
    ["kind=date", 1, " is not a date (and ", "Dates are written 2024-02-29"],
    ["rings=boolean", 1, " says neither true nor false", "--types rings=categorical"],
  ])("that do not fit are refused with what to do: %s", async (types, code, message, hint) => {
    const name = `types-${types.replace("=", "-")}`;
    const rows = trees(60).map((cells, i) => [...cells, i - 30]);
    writeFileSync(join(folder, `${name}.csv`), csv([...columns, "change"], rows));
    const outcome = await logdet(["fit", `${name}.csv`, ...quick, "--types", types], { cwd: folder });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).toContain(hint);
    expect(outcome.code).toBe(code);
  });

  it("say what columns hold: numbers as categories, truth values or half-lines; a counter as a number", async () => {
    const rows = trees(120).map((cells, i) => [...cells, i % 3, i % 2, 1 + (i % 7) / 10]);
    writeFileSync(join(folder, "said.csv"), csv([...columns, "grade", "sold", "price"], rows));
    const types = "grade=categorical,sold=boolean,price=positive,id=integer,when=identifier";
    const { code, stdout } = await logdet(["fit", "said.csv", ...quick, "--types", types, "--json"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).columns).toEqual([
      ...["id", "kind", "alive", "height", "rings", "grade", "sold", "price"],
    ]);
    const config = JSON.parse(readFileSync(join(folder, "said.logdet", "config.json"), "utf8"));
    const found = Object.fromEntries(
      config.columns.map(({ name, kind, type, categories }: Record<string, unknown>) => [
        name,
        [kind, type, categories],
      ]),
    );
    expect(found.grade).toEqual(["categorical", "categorical", ["0", "1", "2"]]);
    expect(found.sold).toEqual(["categorical", "boolean", ["0", "1"]]);
    expect(found.price).toEqual(["discrete", "positive", undefined]);
    expect(found.id).toEqual(["discrete", "integer", undefined]);
  });
});

describe.concurrent("a table that is fitted", () => {
  async function fit(name: string, rows: readonly (readonly (string | number)[])[], ...options: string[]) {
    writeFileSync(join(folder, `${name}.csv`), csv(columns, rows));
    const quick = ["--no-search", "--epochs", "1", "--quiet", "--json"];
    return logdet(["fit", `${name}.csv`, ...quick, ...options], { cwd: folder });
  }
  const withCells = (d: number, cell: (i: number) => string) =>
    trees(60).map((cells, i) => cells.map((value, j) => (j === d ? cell(i) : value)));

  it("has no dates out of range", async () => {
    const rows = withCells(1, (i) =>
      i === 6 ? "99999-01-01T00:00:00" : `2024-01-${10 + (i % 20)}T00:00:00`,
    );
    const { code, stderr } = await fit("far", rows, "--missing", "model");
    expect(code).toBe(1);
    expect(stderr).toContain('error: far.csv, row 7, column when: "99999-01-01T00:00:00" is out of range');
  });

  it("may have a column without a value, and rows without one", async () => {
    const rows = withCells(5, () => "").map((cells, i) => (i === 3 ? cells.map(() => "") : cells));
    const { code, stdout } = await fit("empty", rows, "--missing", "model");
    expect(code).toBe(0);
    const { notices, columns: used } = JSON.parse(stdout) as Fit;
    expect(used).not.toContain("rings");
    expect(notices.join("\n")).toContain("Column rings was left out: it holds no value.");
    expect(notices.join("\n")).toContain("1 row has no value at all.");
  });

  it("may not miss cells, unless that is asked for", async () => {
    const { code, stderr } = await fit("holes", trees(60));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: holes\.csv: values are missing in 2 columns of 60 rows: kind \(\d+\), height/,
    );
    expect(stderr).toContain("--missing drop");
  });
});
