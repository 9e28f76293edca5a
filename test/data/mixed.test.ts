import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { quoteLiteral } from "../../src/data/duckdb.js";
import {
  areWholeDates,
  joinDates,
  type KnownColumn,
  labelsOf,
  type ReadOptions,
  readTable,
  type Table,
  takeRows,
} from "../../src/data/index.js";
import { failure, temporaryFolder } from "./files.js";

const { folder, file } = temporaryFolder();
const vega = fileURLToPath(new URL("../../node_modules/vega-datasets/data", import.meta.url));

/** Columns by name: labels where there are categories, numbers elsewhere. */
function contents(table: Table): Record<string, unknown[]> {
  return Object.fromEntries(
    table.columns.map((column) => [column.name, column.categories ? labelsOf(column) : [...column.values]]),
  );
}

/** A CSV file of columns, cells as they are. */
function csv(name: string, columns: Record<string, readonly (string | number)[]>): string {
  const names = Object.keys(columns);
  const lines = columns[names[0]].map((_, i) => names.map((one) => columns[one][i]).join(","));
  return file(name, `${names.join(",")}\n${lines.join("\n")}\n`);
}

function repeat<T>(n: number, make: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => make(i));
}

const mixed: ReadOptions = { mixed: true };

async function sql(statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

describe("without being asked", () => {
  it("columns that do not hold numbers are an error, as ever", async () => {
    const path = csv("classic.csv", { x: [1, 2, 3], city: ["a", "b", "a"] });
    expect((await failure(readTable([path]))).message).toBe("column city does not hold numbers");
    expect((await readTable([path], { exclude: ["city"] })).types).toBeUndefined();
  });
});

describe("what a column holds", () => {
  const x = repeat(40, (i) => i * 0.37);

  it("is categories, sorted, where few values are repeated", async () => {
    const path = csv("categories.csv", { x, kind: repeat(40, (i) => ["pear", "apple", "fig"][i % 3]) });
    const table = await readTable([path], mixed);
    expect(table.types).toEqual({ kind: "categorical" });
    expect(table.notices).toEqual([]);
    const [, kind] = table.columns;
    expect(kind.categories).toEqual(["apple", "fig", "pear"]);
    expect([...kind.values.slice(0, 4)]).toEqual([2, 0, 1, 2]);
  });

  it("does not depend on the order of the rows", async () => {
    const kinds = repeat(40, (i) => ["pear", "apple", "fig"][i % 3]);
    const there = await readTable([csv("there.csv", { x, kind: kinds })], mixed);
    const back = await readTable([csv("back.csv", { x, kind: kinds.toReversed() })], mixed);
    expect(back.columns[1].categories).toEqual(there.columns[1].categories);
    expect([...back.columns[1].values].reverse()).toEqual([...there.columns[1].values]);
  });

  it.each([
    ["true and false", ["true", "false"], ["false", "true"]],
    ["yes and no", ["yes", "no"], ["no", "yes"]],
    ["capitals", ["True", "False"], ["False", "True"]],
    ["mixed capitals", ["TRUE", "false", "True"], ["false", "true"]],
    ["letters", ["t", "f"], ["f", "t"]],
  ])("is truth values: %s", async (name, words, categories) => {
    const table = await readTable(
      [csv(`${name}.csv`, { x, ok: repeat(40, (i) => words[i % words.length]) })],
      mixed,
    );
    expect(table.types).toEqual({ ok: "boolean" });
    expect(table.columns[1].categories).toEqual(categories);
    expect(table.columns[1].values[0]).toBe(1);
    expect(table.columns[1].values[1]).toBe(0);
  });

  it("is a category where all say yes", async () => {
    const table = await readTable([csv("yes.csv", { x, ok: repeat(40, () => "yes") })], mixed);
    expect(table.types).toEqual({ ok: "categorical" });
    expect(table.columns[1].categories).toEqual(["yes"]);
  });

  it("is numbers where whole numbers repeat: categories only if the user says so", async () => {
    const path = csv("codes.csv", { x, class: repeat(40, (i) => (i * 7) % 12) });
    expect((await readTable([path], mixed)).types).toEqual({});
    const table = await readTable([path], { types: { class: "categorical" } });
    expect(table.types).toEqual({ class: "categorical" });
    expect(table.columns[1].categories).toEqual(repeat(12, String));
    expect(labelsOf(table.columns[1]).slice(0, 3)).toEqual(["0", "7", "2"]);
  });

  it("is identifiers, left out with a notice, where nearly all values differ and are short", async () => {
    const path = csv("ids.csv", { id: repeat(40, (i) => `P-${i * i}x`), x });
    const table = await readTable([path], mixed);
    expect(table.types).toEqual({ id: "identifier" });
    expect(table.columns.map(({ name }) => name)).toEqual(["x"]);
    expect(table.sourceColumns).toEqual(["id", "x"]);
    expect(table.notices).toEqual([
      "Column id was left out: it holds identifiers (40 different values in 40 cells). " +
        "To use its values as categories: --types id=categorical.",
    ]);
  });

  it("is text, left out with a notice, where many values differ and are long", async () => {
    const path = csv("text.csv", { x, note: repeat(40, (i) => `the ${i}th remark of some length`) });
    const table = await readTable([path], mixed);
    expect(table.types).toEqual({ note: "text" });
    expect(table.notices[0]).toMatch(
      /^Column note was left out: it holds text \(40 different values in 40 cells\)/,
    );
  });

  it.each([
    ["decimal commas", (i: number) => `"${i},${i % 7}"`, "0,0"],
    ["percentages", (i: number) => `${i}.5%`, "0.5%"],
    ["days first", (i: number) => `${(i % 28) + 1}.${(i % 12) + 1}.20${10 + (i % 40)}`, "1.1.2010"],
  ])("is text, with a notice of how numbers and dates are written, for %s", async (_, cell, example) => {
    const path = csv("figures.csv", { x, y: repeat(40, cell) });
    const table = await readTable([path], mixed);
    expect(table.types).toEqual({ y: "text" });
    expect(table.notices[0]).toContain(
      `it holds text such as ${example}, neither a number (1234.5) nor a date (2024-02-29)`,
    );
  });

  it("is categories of figures where they are few", async () => {
    const ages = repeat(40, (i) => ["18-24", "25-34", "65+"][i % 3]);
    const table = await readTable([csv("ages.csv", { x, age: ages })], mixed);
    expect(table.columns[1].categories).toEqual(["18-24", "25-34", "65+"]);
  });

  it("is text where there are more than a hundred categories, unless the user says so", async () => {
    const path = csv("many.csv", {
      x: repeat(303, (i) => i * 0.37),
      city: repeat(303, (i) => `c${i % 101}`),
    });
    expect((await readTable([path], mixed)).types).toEqual({ city: "text" });
    const table = await readTable([path], { types: { city: "categorical" } });
    expect(table.columns[1].categories).toHaveLength(101);
    expect(table.columns[1].categories?.slice(0, 3)).toEqual(["c0", "c1", "c2"]);
  });

  it("is an error where text, or identifiers, were asked for by name", async () => {
    const path = csv("asked.csv", { x, id: repeat(40, (i) => `P${i}`) });
    const error = await failure(readTable([path], { ...mixed, columns: ["x", "id"] }));
    expect(error.code).toBe("data");
    expect(error.message).toBe("column id holds identifiers: too many different values for categories");
    expect(error.hint).toContain("--types id=categorical");
  });

  it("is the number of the row, left out with a notice", async () => {
    for (const first of [0, 1]) {
      const path = csv(`counter${first}.csv`, { row: repeat(40, (i) => i + first), x });
      const table = await readTable([path], mixed);
      expect(table.types).toEqual({ row: "identifier" });
      expect(table.notices).toEqual([
        "Column row was left out: it numbers the rows. To use it: --types row=integer.",
      ]);
      expect((await readTable([path], { types: { row: "integer" } })).columns[0].values[39]).toBe(39 + first);
      expect((await readTable([path], { ...mixed, columns: ["row"] })).columns).toHaveLength(1);
    }
  });

  it.each(["id", "ID", "customer_id", "customer id", "customerId", "uuid"])(
    "is identifiers where whole numbers all differ and are called %s",
    async (name) => {
      const shuffled = repeat(40, (i) => 1000 + ((i * 7) % 41));
      const table = await readTable([csv("named.csv", { [name]: shuffled, x })], mixed);
      expect(table.types).toEqual({ [name]: "identifier" });
      expect(table.notices[0]).toContain("it holds identifiers, another whole number in every row");
    },
  );

  it("is numbers where such whole numbers are called otherwise, or repeat", async () => {
    const shuffled = repeat(40, (i) => 1000 + ((i * 7) % 41));
    const columns = { width: shuffled, paid: shuffled, group_id: repeat(40, (i) => i % 9), id: x };
    expect((await readTable([csv("numbers.csv", columns)], mixed)).columns).toHaveLength(4);
  });

  it("is known of columns of any name", async () => {
    const names = ["__proto__", "a=b", "c, in kg", "'; drop"];
    const header = names.map((name) => `"${name}"`).join(",");
    const path = file("wild.csv", `${header}\n${repeat(40, (i) => `${"ab"[i % 2]},1,x,z`).join("\n")}\n`);
    const table = await readTable([path], mixed);
    expect(Object.keys(table.types!)).toEqual(["__proto__", "c, in kg", "'; drop"]);
  });

  it("leaves nothing to read where all is left out", async () => {
    const error = await failure(readTable([csv("nothing.csv", { id: repeat(40, (i) => `P${i}`) })], mixed));
    expect(error.message).toMatch(/^no column is left to read. Column id was left out/);
  });
});

describe("a column of numbers with some text", () => {
  it("is an error that names the first such cell, and offers to take the column for categories", async () => {
    const path = csv("some text.csv", { x: repeat(40, (i) => (i === 7 ? "n/k" : i * 0.5)) });
    const error = await failure(readTable([path], mixed));
    expect(error.where).toEqual([path, "row 8", "column x"]);
    expect(error.message).toBe('"n/k" is not a number');
    expect(error.hint).toBe(
      "Mend the cell, leave the column out (--exclude x), or take its cells for categories: --types x=categorical",
    );
  });

  it("is categories if the user says so, numbers in the order of their values", async () => {
    const path = csv("some text 2.csv", { x: ["10", "2", "n/k", "2.0", " 10 "] });
    const table = await readTable([path], { types: { x: "categorical" } });
    expect(table.columns[0].categories).toEqual(["2", "2.0", "10", "n/k"]);
  });

  it("is an error at the first cell of text if the user says that it holds numbers", async () => {
    const path = csv("said.csv", { x: ["a", "b", "a", "1"] });
    const error = await failure(readTable([path], { types: { x: "positive" } }));
    expect(error.where).toEqual([path, "row 1", "column x"]);
    expect(error.message).toBe('"a" is not a number (and 2 more cells of this column)');
  });
});

describe("types that the user gives", () => {
  const path = () => csv("given.csv", { a: ["1", "0", "1"], b: ["x", "y", "x"], c: [1, 2, 3] });

  it("make truth values of 0 and 1, and refuse what says neither", async () => {
    const table = await readTable([path()], { types: { a: "boolean" } });
    expect(table.columns[0]).toMatchObject({ categories: ["0", "1"], values: Float64Array.of(1, 0, 1) });
    const error = await failure(readTable([path()], { types: { b: "boolean" } }));
    expect(error.where.slice(1)).toEqual(["row 1", "column b"]);
    expect(error.message).toBe('"x" says neither true nor false');
  });

  it("leave identifiers and text out without a word", async () => {
    const table = await readTable([path()], { types: { b: "text", c: "identifier" } });
    expect(contents(table)).toEqual({ a: [1, 0, 1] });
    expect(table).toMatchObject({ notices: [], types: { b: "text", c: "identifier" } });
  });

  it("must be of columns that there are, and types that there are", async () => {
    const unknown = await failure(readTable([path()], { types: { aa: "boolean" } }));
    expect(unknown.message).toBe('there is no column "aa" (asked for by "types")');
    const wrong = { b: "categoric" } as unknown as ReadOptions["types"] & object;
    const error = await failure(readTable([path()], { types: wrong }));
    expect(error.code).toBe("usage");
    expect(error.hint).toContain('Did you mean "categorical"?');
  });

  it("make no more categories than ten thousand", async () => {
    const many = file("too many.csv", `a\n${repeat(10_001, (i) => `v${i}`).join("\n")}\n`);
    const error = await failure(readTable([many], { types: { a: "categorical" } }));
    expect(error.message).toBe("there are 10,001 different values: more than 10,000 categories");
  });
});

describe("typed files", () => {
  it("have categories, truth values and dates that Parquet knows", async () => {
    const path = join(folder, "typed.parquet");
    await sql(`COPY (SELECT i * 0.37 AS x, i % 3 = 0 AS ok, DATE '2024-02-26' + i::INTEGER AS day,
      TIMESTAMP '2024-02-26 00:30:00' + INTERVAL (i) HOUR AS at, TIMESTAMPTZ '2024-02-26 00:30:00+00' + INTERVAL (i) HOUR AS tz,
      (['a', 'b'])[1 + i % 2]::ENUM('a', 'b') AS e, (i % 5)::DOUBLE AS d, TIME '10:00:00' AS t
      FROM range(40) r(i)) TO ${quoteLiteral(path)} (FORMAT parquet)`);
    const table = await readTable([path], { types: { d: "categorical" } });
    expect(table.types).toEqual({
      ok: "boolean",
      day: "date",
      at: "date",
      tz: "date",
      e: "categorical",
      d: "categorical",
      t: "categorical",
    });
    const first = Object.entries(contents(table)).map(([name, values]) => [name, values[0]]);
    expect(Object.fromEntries(first)).toMatchObject({
      ok: "true",
      "day.week": 2825,
      "day.weekday": "Mon",
      "at.hour": 0.5,
      "tz.hour": 0.5,
      e: "a",
      d: "0",
      t: "10:00:00",
    });
  });

  it("have them in JSON too, nulls and absent keys being missing", async () => {
    const rows = repeat(30, (i) => ({
      x: i / 3,
      ok: i % 2 === 0,
      day: `2024-02-${String(i % 28).padStart(2, "0")}`,
    }));
    const lines = rows.map(({ x, ok, day }, i) =>
      JSON.stringify({ x, ...(i === 3 ? {} : { ok }), day: i % 28 === 0 ? null : day }),
    );
    const table = await readTable([file("typed.ndjson", lines.join("\n"))], { ...mixed, missing: "cells" });
    expect(table.types).toEqual({ ok: "boolean", day: "date" });
    expect(contents(table).ok.slice(0, 5)).toEqual(["true", "false", "true", null, "true"]);
    expect(contents(table)["day.weekday"].slice(0, 4)).toEqual([null, "Thu", "Fri", "Sat"]);
  });

  it("of several formats are read as one table", async () => {
    const first = csv("half.csv", {
      x: repeat(10, (i) => i / 3),
      ok: repeat(10, (i) => i % 2 === 0).map(String),
    });
    const second = file("half.json", JSON.stringify(repeat(10, (i) => ({ x: i / 7, ok: i % 2 === 0 }))));
    const table = await readTable([first, second], mixed);
    expect(table.types).toEqual({ ok: "boolean" });
    expect(contents(table).ok).toEqual(repeat(20, (i) => (i % 2 === 0 ? "true" : "false")));
  });
});

describe("dates", () => {
  it.each([
    ["2024-02-29", "00:00:00"],
    ["2024/2/29", "00:00:00"],
    ["2024-02-29 06:30", "06:30:00"],
    ["2024-02-29T06:30:00", "06:30:00"],
    ["2024-02-29T06:30:00.000Z", "06:30:00"],
    ["2024-02-29T06:30:00.250000", "06:30:00.25"],
    ["2024-02-29 06:30:00+02:00", "06:30:00"],
    ["2024-02-29T06:30:00-0330", "06:30:00"],
  ])("are read from %s, the time as it is written", async (text, time) => {
    const path = csv("spelling.csv", { when: [text, "2024-02-26T12:00:00", "2024-03-05T18:00:00"] });
    const table = await readTable([path], mixed);
    expect(table.types).toEqual({ when: "date" });
    expect(joinDates(table.columns)).toEqual([
      `2024-02-29T${time}`,
      "2024-02-26T12:00:00",
      "2024-03-05T18:00:00",
    ]);
  });

  it("are read from JSON as they are from CSV", async () => {
    const cells = ["2024-02-29T06:30:00+02:00", "2024-02-26T12:00:00Z", "2024-03-05T18:00:00.5"];
    const json = file("dates.json", JSON.stringify(cells.map((when) => ({ when }))));
    const [there, here] = [
      await readTable([json], mixed),
      await readTable([csv("dates.csv", { when: cells })], mixed),
    ];
    expect(joinDates(there.columns)).toEqual(joinDates(here.columns));
  });

  it.each([
    ["days", (i: number) => `2024-02-2${i}`],
    ["times", (i: number) => `2024-02-2${i}T0${i}:00:00`],
  ])("are read from JSON, whose reader knows %s itself", async (_, make) => {
    const cells = repeat(4, make);
    const path = file("plain.json", JSON.stringify(cells.map((when) => ({ when }))));
    expect(joinDates((await readTable([path], mixed)).columns)).toEqual(cells);
  });

  it.each([
    ["2023-02-29", "is not a date"],
    ["soon", "is not a date"],
    ["12", "is not a date"],
    ["0000-12-31", "is out of range: years run from 1 to 9999"],
    ["-0044-03-15", "is out of range: years run from 1 to 9999"],
    ["10000-01-01", "is out of range: years run from 1 to 9999"],
    ["infinity", "is out of range: years run from 1 to 9999"],
  ])("that are none, %s, are an error that names the cell", async (text, message) => {
    const path = csv("bad date.csv", { when: ["2024-02-26", "2024-02-28", text, "2024-02-29"] });
    const error = await failure(readTable([path], mixed));
    expect(error.where).toEqual([path, "row 3", "column when"]);
    expect(error.message).toBe(`"${text}" ${message}`);
  });

  it("beyond what Parquet's days can be as instants are out of range too", async () => {
    const path = join(folder, "far.parquet");
    await sql(`COPY (SELECT unnest([DATE '2024-02-26', DATE '5000000-01-01', DATE 'infinity']) AS day)
      TO ${quoteLiteral(path)} (FORMAT parquet)`);
    const error = await failure(readTable([path], mixed));
    expect(error.where).toEqual([path, "row 2", "column day"]);
    expect(error.message).toContain("is out of range");
  });

  it("become columns whose names are free", async () => {
    const path = csv("taken.csv", {
      when: ["2024-02-26", "2024-03-05", "2024-03-04"],
      "when.week": [1.5, 2.5, 3.5],
    });
    const table = await readTable([path], mixed);
    expect(table.columns.map(({ name }) => name)).toEqual(["when.week_2", "when.weekday", "when.week"]);
  });

  it("can be taken for categories", async () => {
    const path = csv("as categories.csv", { when: ["2024-02-26", "2024-02-28", "2024-02-26"] });
    const table = await readTable([path], { types: { when: "categorical" } });
    expect(table.columns[0].categories).toEqual(["2024-02-26", "2024-02-28"]);
  });
});

describe("missing cells", () => {
  const path = () =>
    csv("gaps.csv", {
      x: ["1", "", "3", "4", "NA", "6"],
      kind: ["a", "b", "null", "a", "", "b"],
      when: ["2024-02-26", "2024-02-27", "2024-03-05", "NaN", "", "2024-02-28"],
    });

  it("are as missing among categories and dates as among numbers", async () => {
    const error = await failure(readTable([path()], mixed));
    expect(error.message).toBe("values are missing in 3 columns of 6 rows: x (2), kind (2), when (2)");
    const dropped = await readTable([path()], { ...mixed, missing: "drop" });
    expect([...dropped.rowIndex!]).toEqual([0, 5]);
    expect(dropped.columns.map(({ name, categories }) => [name, categories])).toEqual([
      ["x", undefined],
      ["kind", ["a", "b"]],
      ["when.week", undefined],
      ["when.weekday", ["Mon", "Tue", "Wed"]],
    ]);
    expect(labelsOf(dropped.columns[1])).toEqual(["a", "b"]);
  });

  it("stay as NaN where asked for, and rows without any value are counted", async () => {
    const table = await readTable([path()], { ...mixed, missing: "cells" });
    expect(table).toMatchObject({ rows: 6, sourceRows: 6, rowIndex: undefined });
    expect(contents(table)).toEqual({
      x: [1, NaN, 3, 4, NaN, 6],
      kind: ["a", "b", null, "a", null, "b"],
      "when.week": [2825, 2825, 2826, NaN, NaN, 2825],
      "when.weekday": ["Mon", "Tue", "Tue", null, null, "Wed"],
    });
    expect(table.notices).toEqual([
      "Values are missing: x (2), kind (2), when (2).",
      "1 row has no value at all.",
    ]);
  });

  it("stay in tables of numbers too", async () => {
    const table = await readTable([path()], { columns: ["x"], missing: "cells" });
    expect(contents(table)).toEqual({ x: [1, NaN, 3, 4, NaN, 6] });
  });

  it("of a whole column leave it out, with a notice; otherwise every row misses a value", async () => {
    const empty = csv("empty column.csv", { x: [1, 2, 4], gone: ["", "NA", ""] });
    const table = await readTable([empty], { ...mixed, missing: "cells" });
    expect(contents(table)).toEqual({ x: [1, 2, 4] });
    expect(table.notices).toEqual(["Column gone was left out: it holds no value."]);
    const error = await failure(readTable([empty], { ...mixed, missing: "drop" }));
    expect(error.message).toBe("every row misses a value: gone (3)");
  });
});

describe("rows for a model", () => {
  const model: readonly KnownColumn[] = [
    { name: "kind", categories: ["a", "b"] },
    { name: "x" },
    { name: "ok", categories: ["no", "yes"] },
  ];
  const read = (columns: Record<string, readonly (string | number)[]>, options: ReadOptions = {}) =>
    readTable([csv("new.csv", columns)], { model, ...options });

  it("have the model's columns in its order, whatever else there is", async () => {
    const table = await read({ id: ["p", "q"], x: [1, 2], ok: ["TRUE", "no"], kind: ["b", "a"] });
    expect(table.columns).toEqual([
      { name: "kind", values: Float64Array.of(1, 0), categories: ["a", "b"] },
      { name: "x", values: Float64Array.of(1, 2) },
      { name: "ok", values: Float64Array.of(1, 0), categories: ["no", "yes"] },
    ]);
    expect(table.notices).toEqual([]);
  });

  it("have code K for categories that the model has never seen, and a notice says which", async () => {
    const table = await read({ x: [1, 2, 3], ok: ["no", "no", "no"], kind: ["c", "a", "d"] });
    expect([...table.columns[0].values]).toEqual([2, 0, 2]);
    expect(table.notices).toEqual(["2 rows hold a value of kind never seen: c, d."]);
  });

  it("may be a single row, of a number that counts rows, with an identifier's name", async () => {
    const table = await readTable([csv("single.csv", { id: [1] })], { model: [{ name: "id" }] });
    expect(contents(table)).toEqual({ id: [1] });
  });

  it("keep a column that is missing throughout", async () => {
    const table = await read({ x: ["", ""], ok: ["no", ""], kind: ["a", ""] }, { missing: "cells" });
    expect(contents(table)).toEqual({ kind: ["a", null], x: [NaN, NaN], ok: ["no", null] });
  });

  it("have no result where cells are missing, if so asked", async () => {
    const table = await read({ x: [1, 2], ok: ["no", ""], kind: ["a", "c"] }, { missing: "keep" });
    expect([...table.rowIndex!]).toEqual([0]);
  });

  it("must hold numbers where the model knows numbers: the first cell that does not is named", async () => {
    const error = await failure(read({ x: ["Rome", "Oslo"], ok: ["no", "no"], kind: ["a", "b"] }));
    expect(error.where.slice(1)).toEqual(["row 1", "column x"]);
    expect(error.message).toBe(
      '"Rome" is not a number (and 1 more cell of this column): the model knows this column as one of numbers',
    );
    expect(error.hint).toBe("Mend the cell, or fit a model to data of this kind.");
  });

  it("must not hold numbers alone where the model knows categories of words", async () => {
    const error = await failure(read({ x: [1, 2], ok: ["0", "1"], kind: [17, 4] }));
    expect(error.where.slice(1)).toEqual(["row 1", "column kind"]);
    expect(error.message).toContain('"17" is a number, as are all cells of this column');
    expect(error.message).toContain("the model knows it as one of categories (a, b)");
  });

  it("must have the model's columns", async () => {
    const error = await failure(read({ x: [1], kind: ["a"] }));
    expect(error.message).toBe('there is no column "ok" (asked for by "model")');
  });

  it("of numbers as categories are found by value: JSON and Parquet write 1.0 where CSV writes 1", async () => {
    const known = [{ name: "class", categories: ["1", "2"] }];
    const path = join(folder, "as double.parquet");
    await sql(`COPY (SELECT unnest([2.0::DOUBLE, 1.0]) AS class) TO ${quoteLiteral(path)} (FORMAT parquet)`);
    expect([...(await readTable([path], { model: known })).columns[0].values]).toEqual([1, 0]);
    const text = csv("as text.csv", { class: ["2.0", "1"] });
    expect([...(await readTable([text], { model: known })).columns[0].values]).toEqual([1, 0]);
  });

  it("have dates taken apart as the model's were", async () => {
    const fitted = await readTable(
      [
        csv("fitted.csv", {
          x: repeat(4, (i) => i / 3),
          when: ["2024-02-26", "2024-02-27", "2024-03-05", "2024-03-04"],
        }),
      ],
      mixed,
    );
    const table = await readTable(
      [csv("later.csv", { when: ["2024-02-27", "2024-03-09T06:00:00"], x: [1, 2] })],
      {
        model: fitted.columns,
      },
    );
    expect(table.columns.map(({ name }) => name)).toEqual(["x", "when.week", "when.weekday"]);
    expect(contents(table)).toEqual({ x: [1, 2], "when.week": [2825, 2826], "when.weekday": ["Tue", null] });
    expect(table.notices).toEqual([
      "1 row holds a when whose hour is not the only one that the model has seen: it does not count.",
      "1 row holds a value of when.weekday never seen.",
    ]);
  });

  it("whose dates cannot be read are an error", async () => {
    const parts: KnownColumn[] = [{ name: "when.week", part: { source: "when", part: "week" } }];
    const error = await failure(readTable([csv("dates.csv", { when: ["1", "2"] })], { model: parts }));
    expect(error.where.slice(1)).toEqual(["row 1", "column when"]);
    expect(error.message).toContain('"1" is not a date (and 1 more cell of this column): the model knows');
  });
});

describe("real tables", () => {
  it("penguins: categories, and rows that miss values", async () => {
    const table = await readTable([join(vega, "penguins.json")], { ...mixed, missing: "cells" });
    expect(table.rows).toBe(344);
    expect(table.types).toEqual({ Species: "categorical", Island: "categorical", Sex: "categorical" });
    const species = labelsOf(table.columns[0]);
    // The counts of the palmerpenguins data set.
    expect(
      ["Adelie", "Chinstrap", "Gentoo"].map((one) => species.filter((cell) => cell === one).length),
    ).toEqual([152, 68, 124]);
    expect(table.columns[0].categories).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
  });

  it("cars: names left out, origins are categories, years are dates", async () => {
    const table = await readTable([join(vega, "cars.json")], { ...mixed, missing: "cells" });
    expect(table.types).toEqual({ Name: "text", Year: "date", Origin: "categorical" });
    expect(table.columns.find(({ name }) => name === "Origin")?.categories).toEqual([
      "Europe",
      "Japan",
      "USA",
    ]);
    const parts = table.columns.filter(({ part }) => part);
    expect(new Set(joinDates(parts))).toContain("1970-01-01");
  });

  it("Seattle's weather: every day of four years, put together again as it was", async () => {
    const table = await readTable([join(vega, "seattle-weather.csv")], mixed);
    expect(table.types).toEqual({ date: "date", weather: "categorical" });
    const parts = table.columns.filter(({ part }) => part?.source === "date");
    expect(areWholeDates(parts)).toBe(true);
    const days = repeat(1461, (i) => new Date(Date.UTC(2012, 0, 1 + i)).toISOString().slice(0, 10));
    expect(joinDates(parts)).toEqual(days);
    // What tables are taken apart into keeps what columns are.
    const some = takeRows(table, Uint32Array.of(2, 0));
    expect(joinDates(some.columns.filter(({ part }) => part))).toEqual(["2012-01-03", "2012-01-01"]);
    expect(labelsOf(some.columns.at(-1)!)).toEqual(["rain", "drizzle"]);
    expect(some.types).toEqual(table.types);
  });
});
