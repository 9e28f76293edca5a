import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteLiteral } from "../../src/data/duckdb.js";
import { readTable, type Table, toSourceRows } from "../../src/data/index.js";
import { openSources } from "../../src/data/sources.js";
import { failure, temporaryFolder } from "./files.js";

const { folder, file } = temporaryFolder();

function contents(table: Table): Record<string, number[]> {
  return Object.fromEntries(table.columns.map(({ name, values }) => [name, [...values]]));
}

/** Runs SQL in an unrestricted database: an independent writer of Parquet and zstd files. */
async function sql(statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

const AB = { a: [1, 2.5, -3e-5], b: [10, 20, 30] };
const CSV = "a,b\n1,10\n2.5,20\n-3e-5,30\n";

describe("reading each format", () => {
  it.each([
    ["comma.csv", CSV],
    ["semicolon.csv", CSV.replaceAll(",", ";")],
    ["tabs.tsv", CSV.replaceAll(",", "\t")],
    ["bars.txt", CSV.replaceAll(",", "|")],
    ["no extension", CSV],
    ["windows.csv", CSV.replaceAll("\n", "\r\n")],
    ["old mac.csv", CSV.replaceAll("\n", "\r")],
    ["byte order mark.csv", `\uFEFF${CSV}`],
    ["blank lines.csv", `\n\n${CSV.replaceAll("\n", "\n\n")}`],
    ["no line end.csv", CSV.trimEnd()],
    ["quoted.csv", '"a","b"\n"1","10"\n"2.5","20"\n" -3e-5 ",30\n'],
    ["packed.csv.gz", gzipSync(CSV)],
    ["packed without saying so.csv", gzipSync(CSV)],
    [
      "array.json",
      JSON.stringify([
        { a: 1, b: 10 },
        { b: 20, a: 2.5 },
        { a: -3e-5, b: 30 },
      ]),
    ],
    ["lines.ndjson", '{"a":1,"b":10}\n{"a":2.5,"b":20}\n{"a":-3e-5,"b":30}\n'],
    ["lines.jsonl", '{"a":1,"b":10}\n{"a":2.5,"b":20}\n{"a":-3e-5,"b":30}\n'],
    ["json without saying so", '\n [{"a":1,"b":10},{"a":2.5,"b":20},{"a":-3e-5,"b":30}]'],
    ["packed.ndjson.gz", gzipSync('{"a":1,"b":10}\n{"a":2.5,"b":20}\n{"a":-3e-5,"b":30}\n')],
  ])("%s", async (name, content) => {
    const table = await readTable([file(name, content)]);
    expect(contents(table)).toEqual(AB);
    expect(table).toMatchObject({ rows: 3, sourceRows: 3, rowIndex: undefined, notices: [] });
  });

  it("Parquet, with every kind of number, wherever the magic bytes are", async () => {
    const path = join(folder, "numbers.dat");
    await sql(`COPY (SELECT 1::TINYINT AS t, 2::UBIGINT AS u, 3::HUGEINT AS h, 4.25::DECIMAL(9, 2) AS d, 0.5::FLOAT AS f,
      -1e300::DOUBLE AS x) TO ${quoteLiteral(path)} (FORMAT parquet)`);
    expect(contents(await readTable([path]))).toEqual({
      t: [1],
      u: [2],
      h: [3],
      d: [4.25],
      f: [0.5],
      x: [-1e300],
    });
  });

  it("zstd, told by its first bytes", async () => {
    const path = join(folder, "packed.zst");
    await sql(`COPY (SELECT 1 AS a, 2 AS b) TO ${quoteLiteral(path)} (FORMAT csv, COMPRESSION zstd)`);
    expect(contents(await readTable([path]))).toEqual({ a: [1], b: [2] });
  });

  it.each([
    ["CSV", CSV],
    ["gzipped CSV", gzipSync(CSV)],
    ["NDJSON", '{"a":1,"b":10}\n{"a":2.5,"b":20}\n{"a":-3e-5,"b":30}\n'],
  ])("%s from standard input, of which nothing is left behind", async (_, content) => {
    const kept = () => readdirSync(tmpdir()).filter((name) => /^logdet-\w{6}$/.test(name));
    const before = kept();
    const table = await readTable(["-"], { stdin: Readable.from([Buffer.from(content)]) });
    expect(contents(table)).toEqual(AB);
    expect(kept()).toEqual(before);
  });

  it("standard input twice, when opened once", async () => {
    const sources = await openSources(["-"], { stdin: Readable.from([Buffer.from(CSV)]) });
    await readTable(sources);
    expect(contents(await readTable(sources))).toEqual(AB);
    await sources.close();
    expect(sources.files[0].name).toBe("standard input");
  });

  it("says standard input in errors", async () => {
    const error = await failure(readTable(["-"], { stdin: Readable.from([Buffer.from("a\n1\nx\n3\n")]) }));
    expect(error.where).toEqual(["standard input", "row 2", "column a"]);
  });
});

describe("several files", () => {
  it("are read one after another, columns matched by name, formats mixed", async () => {
    const first = file("part1.csv", "a,b\n1,2\n3,4\n");
    const second = file("part2.csv", "b;a\n6;5\n");
    const third = file("part3.json", '[{"b": 8, "a": 7}]');
    expect(contents(await readTable([first, second, third]))).toEqual({ a: [1, 3, 5, 7], b: [2, 4, 6, 8] });
  });

  it("come from a glob in alphabetical order", async () => {
    mkdirSync(join(folder, "globbed/deep"), { recursive: true });
    file("globbed/day2.csv", "a\n2.5\n");
    file("globbed/day1.csv", "a\n1.5\n");
    file("globbed/deep/day0.csv", "a\n0.5\n");
    expect(contents(await readTable([join(folder, "globbed/*.csv")]))).toEqual({ a: [1.5, 2.5] });
    expect(contents(await readTable([join(folder, "globbed/**/*.csv")]))).toEqual({ a: [1.5, 2.5, 0.5] });
  });

  it("with other columns are an error that names the file and the columns", async () => {
    const error = await failure(readTable([file("x1.csv", "a,b\n1,2\n"), file("x2.csv", "a,c\n1,2\n")]));
    expect(error.code).toBe("data");
    expect(error.where).toEqual([join(folder, "x2.csv")]);
    expect(error.message).toBe(
      `the columns are not those of ${join(folder, "x1.csv")}: this file lacks b and has c besides`,
    );
  });

  it("count rows for each file in errors", async () => {
    const error = await failure(readTable([file("y1.csv", "a\n1\n2\n"), file("y2.csv", "a\n3\noops\n")]));
    expect(error.where).toEqual([join(folder, "y2.csv"), "row 2", "column a"]);
  });
});

describe("rows", () => {
  // With DuckDB's rewriting of IN lists to joins on, this took a minute, and a thousand columns all memory there was.
  it("may have hundreds of columns", async () => {
    const names = Array.from({ length: 400 }, (_, d) => `c${d}`);
    const line = (row: number) => names.map((_, d) => (d === 7 && row === 3 ? "NA" : row + d / 8)).join(",");
    const text = [names.join(","), ...Array.from({ length: 300 }, (_, row) => line(row))].join("\n");
    const { columns, rows } = await readTable([file("wide.csv", text)], { missing: "cells" });
    expect([rows, columns.length]).toEqual([300, 400]);
    expect([columns[7].values[3], columns[7].values[4], columns[399].values[299]]).toEqual([
      Number.NaN,
      4.875,
      299 + 399 / 8,
    ]);
  });

  it("keep the order of a large file", async () => {
    const lines = Array.from({ length: 200_000 }, (_, i) => `${i},${i % 7}`);
    const table = await readTable([file("large.csv", `i,m\n${lines.join("\n")}\n`)]);
    expect(table.rows).toBe(200_000);
    expect(table.columns[0].values.every((value, i) => value === i)).toBe(true);
  });

  it("may be a single one, of a single column", async () => {
    expect(contents(await readTable([file("single.csv", "a\n1\n")]))).toEqual({ a: [1] });
  });
});

describe("choosing columns", () => {
  const path = () => file("choice.csv", 'a,b,"c, in kg"\n1,2,x\n3,4,y\n');

  it("takes the named ones in the order given", async () => {
    const table = await readTable([path()], { columns: ["b", "a"] });
    expect(table.columns.map((column) => column.name)).toEqual(["b", "a"]);
    expect(table.sourceColumns).toEqual(["a", "b", "c, in kg"]);
  });

  it("leaves the excluded ones out", async () => {
    expect(contents(await readTable([path()], { exclude: ["c, in kg", "a"] }))).toEqual({ b: [2, 4] });
  });

  it("takes names with all that names may hold, capitals told apart", async () => {
    const wild = file("wild.csv", 'a,A,"""x""; drop",\'y\',"z\nz",ñ 日本,\n1,2,3,4,5,6,7\n');
    const names = ["a", "A", '"x"; drop', "'y'", "z\nz", "ñ 日本", "column7"];
    const table = await readTable([wild], { columns: names });
    expect(table.columns.map(({ name, values }) => [name, values[0]])).toEqual(
      names.map((name, i) => [name, i + 1]),
    );
  });

  it("suggests the nearest name for an unknown one", async () => {
    const weather = file("near.csv", "temp_max,temp_min\n1,2\n");
    for (const options of [{ columns: ["temp_mx"] }, { exclude: ["temp_mx"] }]) {
      const error = await failure(readTable([weather], options));
      expect(error.code).toBe("data");
      expect(error.message).toContain('there is no column "temp_mx"');
      expect(error.hint).toBe('Did you mean "temp_max"? The columns are: temp_max, temp_min.');
    }
  });

  it("refuses to read nothing", async () => {
    const error = await failure(readTable([file("none.csv", "a\n1\n")], { exclude: ["a"] }));
    expect(error.toText()).toContain("no column is left to read");
  });
});

describe("cells that are not numbers", () => {
  it("in a numeric column are named by file, row and column, however late", async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},${i === 48_212 ? "n/k" : i / 2}`);
    const error = await failure(readTable([file("late.csv", `i,pressure\n${lines.join("\n")}\n`)]));
    expect(error.code).toBe("data");
    expect(error.toText()).toBe(
      `${join(folder, "late.csv")}, row 48213, column pressure: "n/k" is not a number\n` +
        "Mend the cell, or leave the column out: --exclude pressure",
    );
  });

  it("are shortened and counted", async () => {
    const error = await failure(readTable([file("long.csv", `a\n1\n2\n3\n${"x".repeat(99)}\ny\n6\n`)]));
    expect(error.message).toBe(`"${"x".repeat(40)}…" is not a number (and 1 more cell of this column)`);
  });

  it("in NDJSON too", async () => {
    const lines = ['{"a":1}', '{"a":2}', '{"a":"oops"}', '{"a":4}'];
    const error = await failure(readTable([file("oops.ndjson", lines.join("\n"))]));
    expect(error.where[1]).toBe("row 3");
    expect(error.message).toBe('"oops" is not a number');
  });

  it("make a column of text when they are most, and all such columns are named at once", async () => {
    const error = await failure(
      readTable([file("text.csv", "city,x,date,unit of x\nRome,1,2020-01-01,kg\nOslo,2,2020-01-02,7\n")]),
    );
    expect(error.code).toBe("data");
    expect(error.message).toBe("3 columns do not hold numbers: city, date, unit of x");
    expect(error.hint).toBe("To leave them out: --exclude 'city,date,unit of x'");
  });

  it("are dates and booleans in Parquet and JSON", async () => {
    const path = join(folder, "typed.parquet");
    await sql(
      `COPY (SELECT DATE '2020-01-01' AS day, true AS ok, 1.5 AS x) TO ${quoteLiteral(path)} (FORMAT parquet)`,
    );
    expect((await failure(readTable([path]))).hint).toBe("To leave them out: --exclude day,ok");
    const json = file("typed.json", '[{"day": "2020-01-01", "ok": true, "x": 1.5, "list": [1]}]');
    expect((await failure(readTable([json]))).hint).toBe("To leave them out: --exclude day,ok,list");
    expect(contents(await readTable([path], { exclude: ["day", "ok"] }))).toEqual({ x: [1.5] });
  });

  it.each(["inf", "-Infinity", "1e999"])("are infinities: %s", async (text) => {
    const error = await failure(readTable([file("inf.csv", `a,b\n1,1\n2,${text}\n3,3\n`)]));
    expect(error.code).toBe("data");
    expect(error.where).toEqual([join(folder, "inf.csv"), "row 2", "column b"]);
    expect(error.message).toBe(`${text[0] === "-" ? "-" : "+"}infinity is not finite: it has no density`);
  });

  it("are not numbers of 1e30 or 1e-300", async () => {
    expect(contents(await readTable([file("wide.csv", "a\n1e30\n1e-300\n")]))).toEqual({ a: [1e30, 1e-300] });
  });
});

describe("missing values", () => {
  const path = () => file("missing.csv", "a,b,c\n1,2,3\n,5,6\n7,NA,n/a\n8,9,10\n11,NaN,NULL\n");

  it("are an error that counts them and names both ways out", async () => {
    const error = await failure(readTable([path()]));
    expect(error.code).toBe("data");
    expect(error.where).toEqual([join(folder, "missing.csv")]);
    expect(error.message).toBe("values are missing in 3 columns of 5 rows: a (1), b (2), c (2)");
    expect(error.hint).toBe(
      "To drop the rows that miss any: --missing drop; to leave the columns out: --exclude a,b,c",
    );
  });

  it("can be dropped, with a notice", async () => {
    const table = await readTable([path()], { missing: "drop" });
    expect(contents(table)).toEqual({ a: [1, 8], b: [2, 9], c: [3, 10] });
    expect(table.notices).toEqual(["3 rows of 5 with missing values were dropped: a (1), b (2), c (2)."]);
  });

  it("only matter in the chosen columns", async () => {
    expect((await readTable([path()], { columns: ["a"], missing: "drop" })).rows).toBe(4);
  });

  it("can be kept track of, to put results beside every row", async () => {
    const table = await readTable([path()], { missing: "keep" });
    expect(table.sourceRows).toBe(5);
    expect([...table.rowIndex!]).toEqual([0, 3]);
    expect([...toSourceRows(table, [0.1, 0.2])]).toEqual([0.1, NaN, NaN, 0.2, NaN]);
  });

  it("are nulls and absent keys in JSON, NULL and NaN in Parquet", async () => {
    const json = file("nulls.json", '[{"a":1,"b":2},{"a":null,"b":3},{"b":4},{"a":5,"b":6}]');
    expect(contents(await readTable([json], { missing: "drop" }))).toEqual({ a: [1, 5], b: [2, 6] });
    const parquet = join(folder, "nulls.parquet");
    await sql(
      `COPY (SELECT unnest([1.5, NULL, 'nan'::DOUBLE, 4]) AS a) TO ${quoteLiteral(parquet)} (FORMAT parquet)`,
    );
    expect(contents(await readTable([parquet], { missing: "drop" }))).toEqual({ a: [1.5, 4] });
  });

  it("in every row leave nothing", async () => {
    const error = await failure(readTable([file("gaps.csv", "a,b\n1,\n,2\n")], { missing: "drop" }));
    expect(error.message).toBe("every row misses a value: a (1), b (1)");
  });
});

describe("files that cannot be read", () => {
  it("a missing file", async () => {
    const error = await failure(readTable([join(folder, "nowhere.csv")]));
    expect(error.code).toBe("io");
    expect(error.where).toEqual([join(folder, "nowhere.csv")]);
    expect(error.message).toBe("no such file");
  });

  it("an address on the web", async () => {
    const error = await failure(readTable(["https://example.com/a.csv"]));
    expect(error.hint).toBe("Only local files are read: download it first.");
  });

  it("a glob without match", async () => {
    const error = await failure(readTable([join(folder, "nothing*.csv")]));
    expect(error.code).toBe("io");
    expect(error.message).toBe("no file matches");
  });

  it("a folder", async () => {
    const error = await failure(readTable([folder]));
    expect(error.code).toBe("io");
    expect(error.toText()).toBe(
      `${folder}: this is a folder, not a file\nTo read the files in it, use a pattern: '${folder}/*.csv'.`,
    );
  });

  it.each([
    ["nothing.csv", ""],
    ["blank.csv", "\n\n \n"],
    ["nothing.csv.gz", gzipSync("")],
  ])("an empty file: %s", async (name, content) => {
    const error = await failure(readTable([file(name, content)]));
    expect(error.code).toBe("data");
    expect(error.message).toBe("the file is empty");
  });

  it.each([
    ["header.csv", "a,b\n"],
    ["header without line end.csv", "a,b"],
    ["empty.json", " [ ]\n"],
  ])("a table without rows: %s", async (name, content) => {
    const error = await failure(readTable([file(name, content)]));
    expect(error.code).toBe("data");
    expect(error.where).toEqual([join(folder, name)]);
    expect(error.message).toBe("the table has no rows");
  });

  it("a Parquet file without rows", async () => {
    const path = join(folder, "norows.parquet");
    await sql(`COPY (SELECT 1 AS a LIMIT 0) TO ${quoteLiteral(path)} (FORMAT parquet)`);
    expect((await failure(readTable([path]))).message).toBe("the table has no rows");
  });

  it("duplicate column names", async () => {
    const error = await failure(readTable([file("twice.csv", "a,b,a\n1,2,3\n")]));
    expect(error.code).toBe("data");
    expect(error.toText()).toBe(
      `${join(folder, "twice.csv")}: two columns have the same name: "a" is column 1 and column 3\n` +
        "Give each column a name of its own.",
    );
  });

  it("a header that is missing", async () => {
    const error = await failure(readTable([file("headless.csv", "1,2\n3,4\n")]));
    expect(error.message).toBe("the first line holds numbers where the column names should be");
  });

  it.each([
    ["short", "a,b,c\n1,2,3\n4,5\n6,7,8\n", "row 2", "found 2 fields where the header has 3: 4,5"],
    ["long", "a,b\n1,2\n3,4\n5,6,7\n", "row 3", "found 3 fields where the header has 2: 5,6,7"],
    ["short, most rows", "a,b\n1\n3\n", "row 1", "found 1 field where the header has 2: 1"],
    [
      "after a cell of two lines",
      'a,b\n1,"x\ny"\n5,6,7\n',
      "row 2",
      "found 3 fields where the header has 2: 5,6,7",
    ],
  ])("a ragged row: %s", async (name, content, row, message) => {
    const error = await failure(readTable([file(`ragged ${name}.csv`, content)]));
    expect(error.code).toBe("data");
    expect(error.where).toEqual([join(folder, `ragged ${name}.csv`), row]);
    expect(error.message).toBe(message);
  });

  it("a ragged row deep in a large file", async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => (i === 77_776 ? "1" : `${i},2`));
    const error = await failure(readTable([file("deep.csv", `a,b\n${lines.join("\n")}\n`)]));
    expect(error.where[1]).toBe("row 77777");
  });

  it("a quote that never ends", async () => {
    const error = await failure(readTable([file("open.csv", 'a,b\n1,"2\n3,4\n')]));
    expect(error.where[1]).toBe("row 1");
    expect(error.message).toContain("a quoted field does not end");
  });

  it("mixed line ends", async () => {
    const error = await failure(readTable([file("mixed.csv", "a,b\r\n1,2\n3,4\r\n")]));
    expect(error.message).toBe("the lines end in more than one way, or quotes are misplaced");
  });

  it("binary rubbish", async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) & 255);
    const error = await failure(readTable([file("rubbish.csv", bytes)]));
    expect(error.code).toBe("data");
    expect(error.message).toBe("the file is binary, not a table");
  });

  it("text in another encoding", async () => {
    const latin = await failure(readTable([file("latin.csv", Buffer.from("größe\n1\n2\n", "latin1"))]));
    expect(latin.message).toBe("the file is not UTF-8 text");
    const late = await failure(
      readTable([file("late latin.csv", Buffer.from(`a\n${"1\n".repeat(200)}ö\n`, "latin1"))]),
    );
    expect(late.message).toBe("the file is not UTF-8 text");
    const wide = await failure(readTable([file("wide.csv", Buffer.from("\uFEFFa\n1\n", "utf16le"))]));
    expect(wide.hint).toBe("It looks like UTF-16: save it as UTF-8.");
  });

  const sines = `a\n${Array.from({ length: 100_000 }, (_, i) => Math.sin(i)).join("\n")}`;

  it("a gzip file that is cut off or damaged, though what is left would read as a shorter table", async () => {
    const packed = gzipSync(sines);
    const damaged = Uint8Array.from(packed);
    damaged[packed.length >> 1] ^= 1;
    for (const content of [packed.subarray(0, packed.length >> 1), packed.subarray(0, -5), damaged]) {
      const error = await failure(readTable([file("cut.csv.gz", content)]));
      expect(error.code).toBe("data");
      expect(error.where).toEqual([join(folder, "cut.csv.gz")]);
      expect(error.message).toBe("the gzip file is cut off or damaged");
    }
    expect((await readTable([file("whole.csv.gz", packed)])).rows).toBe(100_000);
  });

  it("a zstd file that is cut off", async () => {
    const path = join(folder, "whole.csv.zst");
    const plain = file("sines.csv", sines);
    await sql(
      `COPY (FROM read_csv(${quoteLiteral(plain)})) TO ${quoteLiteral(path)} (FORMAT csv, COMPRESSION zstd)`,
    );
    const packed = readFileSync(path);
    expect((await readTable([path])).rows).toBe(100_000);
    for (const content of [
      packed.subarray(0, packed.length >> 1),
      packed.subarray(0, -5),
      packed.subarray(0, -1),
    ]) {
      const error = await failure(readTable([file("cut.csv.zst", content)]));
      expect(error.message).toBe("the zstd file is cut off or damaged");
    }
  });

  it.each(["PAR1 and then nothing", "not even that"])("an invalid Parquet file: %s", async (content) => {
    const error = await failure(readTable([file("bad.parquet", content)]));
    expect(error.code).toBe("data");
    expect(error.where).toEqual([join(folder, "bad.parquet")]);
    expect(error.message).toMatch(/^this is not valid Parquet: /);
  });

  it("invalid JSON", async () => {
    const error = await failure(readTable([file("bad.json", '[{"a":1},{"a":')]));
    expect(error.code).toBe("data");
    expect(error.message).toMatch(/^this is not valid JSON: Malformed JSON .*unexpected end of data/);
    const lines = await failure(readTable([file("bad.ndjson", '{"a":1}\n{"a":2\n{"a":3}\n')]));
    expect(lines.message).toMatch(/^this is not valid JSON: /);
  });

  it("JSON that is no table", async () => {
    const error = await failure(readTable([file("list.json", "[[1, 2], [3, 4]]")]));
    expect(error.message).toBe("this JSON is not a table");
  });
});

describe("file names", () => {
  it("are taken as they are: quotes, semicolons, brackets, stars, unicode", async () => {
    for (const name of [
      "a'b.csv",
      'a"; drop.csv',
      "a[1].csv",
      "a*.csv",
      "日本 ñ.csv",
      "a?b.csv",
      "--x.csv",
      "a\nb.csv",
    ]) {
      const path = file(name, "a\n1\n");
      expect(contents(await readTable([path]))).toEqual({ a: [1] });
      rmSync(path);
    }
  });

  it("with a star do not stand for others where such a file exists", async () => {
    file("star-other.csv", "a\n99\n");
    expect(contents(await readTable([file("star-*.csv", "a\n1\n")]))).toEqual({ a: [1] });
  });
});

it("reads back every finite number that JavaScript writes, bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ noDefaultInfinity: true, noNaN: true }), { minLength: 1, maxLength: 50 }),
      async (values) => {
        const table = await readTable([file("doubles.csv", `a\n${values.join("\n")}\n`)]);
        expect([...table.columns[0].values]).toEqual(values.map((value) => (value === 0 ? 0 : value)));
      },
    ),
    { numRuns: 30 },
  );
});
