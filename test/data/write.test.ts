import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  appendColumns,
  labelsOf,
  type OutputColumn,
  openSources,
  readTable,
  writeTable,
} from "../../src/data/index.js";
import { parseRecords } from "../../src/data/records.js";
import { failure, temporaryFolder } from "./files.js";

const { folder, file } = temporaryFolder();

/** Rows of a Parquet file as an unrestricted database sees them. */
async function parquetRows(path: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll("SELECT * FROM read_parquet(?)", [path]);
  const rows = reader.getRowObjectsJS();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

async function toText(write: (stream: Writable) => Promise<unknown>): Promise<string> {
  const stream = new PassThrough();
  const [output] = await Promise.all([text(stream), write(stream).then(() => stream.end())]);
  return output;
}

const COLUMNS: OutputColumn[] = [
  { name: "x", values: Float64Array.of(1e30, -0.1, Number.NaN, -Infinity) },
  { name: "single", values: Float32Array.of(0.1, 1, 2.5, -3) },
  { name: 'kind, "quoted"', values: ["plain", 'say "hi"', "two\nlines", null] },
  { name: "rank", values: Int32Array.of(1, 2, 3, -4) },
];

describe("writing a table", () => {
  it("as CSV to a stream by default", async () => {
    expect(await toText((stream) => writeTable(COLUMNS, { stream }))).toBe(
      'x,single,"kind, ""quoted""",rank\n1e+30,0.1,plain,1\n-0.1,1.0,"say ""hi""",2\n,2.5,"two\nlines",3\n-inf,-3.0,,-4\n',
    );
  });

  it("as NDJSON, where infinities and missing values are null", async () => {
    const output = await toText((stream) => writeTable(COLUMNS, { stream, format: "ndjson" }));
    const rows = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.x)).toEqual([1e30, -0.1, null, null]);
    expect(rows.map((row) => Math.fround(row.single))).toEqual([Math.fround(0.1), 1, 2.5, -3]);
    expect(rows.map((row) => row['kind, "quoted"'])).toEqual(["plain", 'say "hi"', "two\nlines", null]);
  });

  it("with whole numbers as such, where some are missing too", async () => {
    const columns: OutputColumn[] = [
      { name: "rings", values: Float64Array.of(111, Number.NaN, -(2 ** 40), -0), whole: true },
    ];
    const csv = "rings\n111\n\n-1099511627776\n0\n";
    expect(await toText((stream) => writeTable(columns, { stream }))).toBe(csv);
    expect(await toText((stream) => writeTable(columns, { stream, format: "tsv" }))).toBe(csv);
    expect(await toText((stream) => writeTable(columns, { stream, format: "ndjson" }))).toBe(
      '{"rings":111}\n{"rings":null}\n{"rings":-1099511627776}\n{"rings":0}\n',
    );
    const path = join(folder, "whole.parquet");
    await writeTable(columns, { path });
    expect(await parquetRows(path)).toEqual([111n, null, -1099511627776n, 0n].map((rings) => ({ rings })));
  });

  it("with truth values, missing ones among them", async () => {
    const columns: OutputColumn[] = [
      { name: "odd", values: [true, false, null] },
      { name: "none", values: [null, null, null] },
    ];
    expect(await toText((stream) => writeTable(columns, { stream }))).toBe("odd,none\ntrue,\nfalse,\n,\n");
    expect(await toText((stream) => writeTable(columns, { stream, format: "ndjson" }))).toBe(
      '{"odd":true,"none":null}\n{"odd":false,"none":null}\n{"odd":null,"none":null}\n',
    );
    const path = join(folder, "truth.parquet");
    await writeTable(columns, { path });
    expect(await parquetRows(path)).toEqual([
      { odd: true, none: null },
      { odd: false, none: null },
      { odd: null, none: null },
    ]);
  });

  it("as Parquet, by extension", async () => {
    const path = join(folder, "out.parquet");
    const written = await writeTable(COLUMNS, { path });
    expect(written).toEqual({ rows: 4, columns: COLUMNS.map((column) => column.name), notices: [] });
    expect(await parquetRows(path)).toEqual([
      { x: 1e30, single: Math.fround(0.1), 'kind, "quoted"': "plain", rank: 1 },
      { x: -0.1, single: 1, 'kind, "quoted"': 'say "hi"', rank: 2 },
      { x: null, single: 2.5, 'kind, "quoted"': "two\nlines", rank: 3 },
      { x: -Infinity, single: -3, 'kind, "quoted"': null, rank: -4 },
    ]);
  });

  it("as TSV and compressed, by extension", async () => {
    const column = [
      { name: "a\tb", values: Float64Array.of(1.5) },
      { name: "c", values: ["x,y"] },
    ];
    await writeTable(column, { path: join(folder, "out.tsv") });
    expect(readFileSync(join(folder, "out.tsv"), "utf8")).toBe('"a\tb"\tc\n1.5\tx,y\n');
    await writeTable(column, { path: join(folder, "out.csv.gz") });
    expect(gunzipSync(readFileSync(join(folder, "out.csv.gz"))).toString()).toBe('a\tb,c\n1.5,"x,y"\n');
  });

  it.each(["csv", "tsv", "parquet", "ndjson", "csv.gz", "csv.zst", "ndjson.gz"])(
    "and reading %s gives every number back, bit for bit, in order",
    async (extension) => {
      const path = join(folder, `numbers.${extension}`);
      const x = Float64Array.from({ length: 10_000 }, (_, i) => Math.tan(i) * 10 ** ((i % 600) - 300));
      await writeTable(
        [
          { name: "x", values: x },
          { name: "y", values: x.map((v) => -v) },
        ],
        { path },
      );
      const table = await readTable([path]);
      expect(table.columns.map((column) => column.name)).toEqual(["x", "y"]);
      expect(table.columns[0].values).toEqual(x);
      expect(table.columns[1].values).toEqual(x.map((v) => -v));
    },
  );

  it("keeps names that differ in capitals only: as they are in CSV, told apart elsewhere", async () => {
    const columns = [
      { name: "a", values: Float64Array.of(1) },
      { name: "A", values: Float64Array.of(2) },
    ];
    expect(await toText((stream) => writeTable(columns, { stream }))).toBe("a,A\n1.0,2.0\n");
    const written = await writeTable(columns, { path: join(folder, "capitals.parquet") });
    expect(written.columns).toEqual(["a", "A_2"]);
    expect(written.notices).toEqual(["Column A is written as A_2: another has its name but for capitals."]);
  });

  it("refuses what it cannot write", async () => {
    const column = [{ name: "a", values: Float64Array.of(1) }];
    const unknown = await failure(writeTable(column, { path: join(folder, "out.xlsx") }));
    expect(unknown.code).toBe("usage");
    expect(unknown.hint).toContain("--format");
    const nowhere = await failure(writeTable(column, { path: join(folder, "no such folder/out.csv") }));
    expect(nowhere.code).toBe("io");
    expect(nowhere.message).toMatch(/^cannot be written: /);
    expect((await failure(writeTable(column, { path: folder, format: "csv" }))).message).toBe(
      "this is a folder, not a file",
    );
    const uneven = await failure(writeTable([...column, { name: "b", values: ["x", "y"] }], {}));
    expect(uneven.code).toBe("shape");
  });

  it("leaves the old file and no litter when it fails", async () => {
    mkdirSync(join(folder, "safe"));
    const path = file("safe/out.csv", "old");
    const broken = file("safe/in.csv", "a,b\n1,2\n3\n");
    await failure(appendColumns([broken], [{ name: "e", values: Float64Array.of(1, 2) }], { path }));
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(join(folder, "safe")).sort()).toEqual(["in.csv", "out.csv"]);
  });

  it("says why when the disk is full", async () => {
    const values = new Float64Array(100_000);
    // Where there is no such device, a stream that fails as a full disk does.
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(new Error("ENOSPC: no space left on device, write")),
    });
    const target = existsSync("/dev/full") ? { path: "/dev/full" } : { stream: full };
    const error = await failure(writeTable([{ name: "a", values }], { ...target, format: "csv" }));
    expect(error.code).toBe("io");
    expect(error.message).toBe("cannot be written: ENOSPC: no space left on device, write");
  });

  it("says so when the reader of a stream goes away", async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    const error = await failure(writeTable([{ name: "a", values: new Float64Array(9) }], { stream }));
    expect(error.code).toBe("interrupted");
  });
});

/** Categories as data may have them: nothing in them means anything. */
const LABELS = [
  "=1+1",
  "@SUM(A1)",
  'say "hi"',
  "a,b;c\td|e",
  "two\nlines",
  "windows\r\nlines",
  "'); DROP TABLE extra; --",
  "$1 ? :name %s \\",
  "ñ 日本 🐧",
  " blanks ",
  "NaN",
  "1.0",
  null,
];

describe("text that could be taken for something else", () => {
  const text: OutputColumn = { name: "kind", values: LABELS };

  it("is the same in every format", async () => {
    for (const [format, delimiter] of [
      ["csv", ","],
      ["tsv", "\t"],
    ] as const) {
      const output = await toText((stream) => writeTable([text], { stream, format }));
      const [header, ...cells] = parseRecords(output, delimiter);
      expect(header).toEqual(["kind"]);
      // A missing cell is a blank line here, and that is no record.
      expect(cells.flat()).toEqual(LABELS.filter((label) => label !== null));
    }
    const lines = await toText((stream) => writeTable([text], { stream, format: "ndjson" }));
    expect(
      lines
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
    ).toEqual(LABELS);
    const path = join(folder, "labels.parquet");
    await writeTable([text], { path });
    expect((await parquetRows(path)).map((row) => (row as { kind: unknown }).kind)).toEqual(LABELS);
  });

  it("is the same beside the columns of a file", async () => {
    const source = file("numbers.csv", `x\n${LABELS.map((_, i) => i).join("\n")}\n`);
    const lines = await toText((stream) => appendColumns([source], [text], { stream, format: "ndjson" }));
    const rows = lines
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows).toEqual(LABELS.map((kind, x) => ({ x, kind })));
  });

  it("comes back from CSV as the categories that were written", async () => {
    const path = join(folder, "round.csv");
    const values = Float64Array.from(LABELS, (_, i) => i / 3);
    await writeTable([{ name: "x", values }, text], { path });
    const table = await readTable([path], { types: { kind: "categorical" }, missing: "cells" });
    const read = labelsOf(table.columns[1]);
    // Cells that say that they are missing are missing, and blanks around a label are not of it.
    expect(read).toEqual(LABELS.map((label) => (label === "NaN" ? null : (label?.trim() ?? null))));
  });
});

describe("appending columns", () => {
  const score = (n: number) => [
    { name: "log_prob", values: Float64Array.from({ length: n }, (_, i) => -i / 4) },
  ];

  it("leaves every cell of a CSV file as it was", async () => {
    const input = file(
      "kept.csv",
      'id,"name, full",x\n007,"O\'Neil, ""Al""",1.50\n,two  spaces ,NA\n3,"a\nb",1e5\n',
    );
    const values = Float64Array.of(-1.25, Number.NaN, 2);
    expect(await toText((stream) => appendColumns([input], [{ name: "log_prob", values }], { stream }))).toBe(
      'id,"name, full",x,log_prob\n007,"O\'Neil, ""Al""",1.50,-1.25\n,two  spaces ,NA,\n3,"a\nb",1e5,2.0\n',
    );
  });

  it("keeps the order of large files, several, and matches columns by name", async () => {
    const lines = (from: number) => Array.from({ length: 150_000 }, (_, i) => from + i);
    const one = file(
      "one.csv",
      `i,t\n${lines(0)
        .map((i) => `${i},r${i}`)
        .join("\n")}\n`,
    );
    const two = file(
      "two.csv",
      `t;i\n${lines(150_000)
        .map((i) => `r${i};${i}`)
        .join("\n")}\n`,
    );
    const path = join(folder, "long.csv");
    await appendColumns([one, two], score(300_000), { path });
    const records = parseRecords(readFileSync(path, "utf8"), ",").slice(1);
    expect(records).toHaveLength(300_000);
    expect(records.every(([i, t, p], k) => Number(i) === k && t === `r${k}` && Number(p) === -k / 4)).toBe(
      true,
    );
  });

  it("gives numbers their type in Parquet and NDJSON, but not where that loses something", async () => {
    const input = file(
      "typed.csv",
      "n,x,zip,id,word,gap\n1,1.5,01234,12345678901234567890,a,NA\n-2,2,20000,1,b,4\n",
    );
    const path = join(folder, "typed.parquet");
    await appendColumns([input], score(2), { path });
    expect(await parquetRows(path)).toEqual([
      { n: 1n, x: 1.5, zip: "01234", id: "12345678901234567890", word: "a", gap: null, log_prob: -0 },
      { n: -2n, x: 2, zip: "20000", id: "1", word: "b", gap: 4n, log_prob: -0.25 },
    ]);
    expect(await toText((stream) => appendColumns([path], score(2), { stream, format: "ndjson" }))).toBe(
      '{"n":1,"x":1.5,"zip":"01234","id":"12345678901234567890","word":"a","gap":null,"log_prob":-0.0,"log_prob_2":-0.0}\n' +
        '{"n":-2,"x":2.0,"zip":"20000","id":"1","word":"b","gap":4,"log_prob":-0.25,"log_prob_2":-0.25}\n',
    );
  });

  it("writes dates, booleans, lists and text of Parquet and JSON", async () => {
    const input = file(
      "all.json",
      '[{"d":"2020-01-02","b":true,"l":[1,2],"s":"x"},{"d":null,"b":false,"l":[],"s":""}]',
    );
    expect(await toText((stream) => appendColumns([input], score(2), { stream }))).toBe(
      'd,b,l,s,log_prob\n2020-01-02,true,"[1, 2]",x,-0.0\n,false,[],"",-0.25\n',
    );
  });

  it("never overwrites a column of the input", async () => {
    const input = file("clash.csv", "log_prob,log_prob_2\n1,2\n");
    const stream = new PassThrough();
    const written = await appendColumns([input], score(1), { stream });
    stream.end();
    expect(await text(stream)).toBe("log_prob,log_prob_2,log_prob_3\n1,2,-0.0\n");
    expect(written.notices).toEqual([
      "The input has a column log_prob already: it is kept, and the new one is log_prob_3.",
    ]);
  });

  it("works on standard input that was read before", async () => {
    const sources = await openSources(["-"], { stdin: Readable.from([Buffer.from("a,b\n1,x\n2,y\n")]) });
    await readTable(sources, { columns: ["a"] });
    expect(await toText((stream) => appendColumns(sources, score(2), { stream }))).toBe(
      "a,b,log_prob\n1,x,-0.0\n2,y,-0.25\n",
    );
    await sources.close();
    expect(existsSync(sources.files[0].path)).toBe(false);
  });

  it("can replace its own input", async () => {
    const path = file("self.csv", "a\n1\n");
    await appendColumns([path], score(1), { path });
    expect(readFileSync(path, "utf8")).toBe("a,log_prob\n1,-0.0\n");
  });

  it("refuses results for another number of rows", async () => {
    const error = await failure(appendColumns([file("rows.csv", "a\n1\n2\n")], score(3), {}));
    expect(error.code).toBe("shape");
    expect(error.message).toBe("the files have 2 rows, the columns to add 3");
  });
});

it("any table comes back from CSV: quotes, line ends, unicode in headers and cells", async () => {
  const cell = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc
      .array(fc.constantFrom('"', ",", "\n", ";", "\t", "'", " ", "é", "漢", "--", "\\", "a", "1"), {
        maxLength: 8,
      })
      .map((parts) => parts.join("")),
  );
  const header = cell.filter(
    (name) => name.trim() !== "" && !Number.isFinite(Number(name)) && !name.includes("\0"),
  );
  const tables = fc
    .tuple(fc.uniqueArray(header, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 8 }))
    .chain(([names, rows]) =>
      fc.record({
        names: fc.constant(names),
        texts: fc.array(fc.array(cell, { minLength: rows, maxLength: rows }), {
          minLength: names.length,
          maxLength: names.length,
        }),
        numbers: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          minLength: rows,
          maxLength: rows,
        }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(tables, async ({ names, texts, numbers }) => {
      const path = join(folder, "any.csv");
      const columns = [
        ...names.map((name, i) => ({ name, values: texts[i] })),
        { name: "the number", values: Float64Array.from(numbers) },
      ];
      await writeTable(columns, { path });
      // Our own parser is one oracle, reading through DuckDB the other.
      const records = parseRecords(readFileSync(path, "utf8"), ",");
      expect(records[0]).toEqual(columns.map((column) => column.name));
      expect(records.slice(1).map((record) => record.slice(0, -1))).toEqual(
        numbers.map((_, row) => texts.map((column) => column[row])),
      );
      const table = await readTable([path], { columns: ["the number"] });
      expect([...table.columns[0].values]).toEqual(numbers);
      expect(table.sourceColumns).toEqual(columns.map((column) => column.name));
    }),
    {
      numRuns: 100,
      // Semicolons and quotes in the names, by which every line once had as many fields as by commas.
      examples: [
        [
          {
            names: ['"', '";'],
            texts: [
              ["", "", ';"a'],
              ["", "", ";"],
            ],
            numbers: [0, 0, 0],
          },
        ],
      ],
    },
  );
});

it("an output folder that may not be written to is an error", async () => {
  const locked = join(folder, "locked");
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  // Permissions do not stop the superuser: there, a file stands where the folder should be.
  const path = process.getuid?.() === 0 ? join(file("plain", ""), "out.csv") : join(locked, "out.csv");
  const error = await failure(writeTable([{ name: "a", values: Float64Array.of(1) }], { path }));
  chmodSync(locked, 0o700);
  expect(error.code).toBe("io");
  expect(error.where).toEqual([path]);
});
