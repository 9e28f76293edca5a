import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quoteIdentifier, quoteLiteral, withDatabase } from "../../src/data/duckdb.js";
import { formatNames, nearestName, parseNames } from "../../src/data/names.js";
import { temporaryFolder } from "./files.js";

const { file } = temporaryFolder();

/** Any text, with plenty of what breaks out of quotes; lone surrogates are no text and cannot be sent. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("'", '"', ";", "--", "\\", "\n", "\0", "$1", "/*", "ñ", "日", "DROP TABLE t", " "))
    .map((parts) => parts.join("")),
);

describe("quoting", () => {
  let instance: DuckDBInstance;
  beforeAll(async () => {
    instance = await DuckDBInstance.create(":memory:");
  });
  afterAll(() => instance.closeSync());

  it("brings any text through SQL unchanged, as a value and as a name", async () => {
    const connection = await instance.connect();
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const expected = given.replaceAll("\0", "\uFFFD");
        const value = await connection.runAndReadAll(`SELECT ${quoteLiteral(given)}, 'after'`);
        expect(value.getRows()).toEqual([[expected, "after"]]);
        if (given === "") return; // SQL has no empty identifiers
        const name = await connection.runAndReadAll(`SELECT 1 AS ${quoteIdentifier(given)}, 2 AS after`);
        expect(name.columnNames()).toEqual([expected, "after"]);
      }),
      { numRuns: 300 },
    );
    connection.closeSync();
  });
});

describe("the database", () => {
  it("reaches the named files and nothing else", async () => {
    const [allowed, other] = [file("allowed [1].csv", "a\n1\n"), file("other.csv", "a\n2\n")];
    await withDatabase([allowed], 1, async (connection) => {
      await connection.run("SELECT * FROM read_csv(?)", [allowed.replace("[", "[[]")]);
      for (const attempt of [
        `SELECT * FROM read_csv(${quoteLiteral(other)})`,
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        `COPY (SELECT 1) TO ${quoteLiteral(`${other}.out`)}`,
        `ATTACH ${quoteLiteral(`${other}.db`)}`,
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
      ])
        await expect(connection.run(attempt)).rejects.toThrow();
    });
  });

  it("has CSV, Parquet and JSON built in", async () => {
    await withDatabase("any", 1, async (connection) => {
      const reader = await connection.runAndReadAll(
        "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND install_mode = 'STATICALLY_LINKED'",
      );
      expect(reader.getRows().flat()).toEqual(expect.arrayContaining(["json", "parquet"]));
    });
  });
});

describe("lists of names", () => {
  it("split at commas outside quotes", () => {
    expect(parseNames('city,"height, cm","say ""hi"""')).toEqual(["city", "height, cm", 'say "hi"']);
  });

  it("come back from what the hint shows", () => {
    const name = fc
      .string({ minLength: 1, unit: "grapheme" })
      .filter((s) => !/['\r\0]/.test(s) && s.trim() !== "");
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const shown = formatNames(names);
        expect(parseNames(shown.startsWith("'") ? shown.slice(1, -1) : shown)).toEqual(names);
      }),
    );
  });

  it("suggest what was meant and nothing far-fetched", () => {
    expect(nearestName("Presure", ["temperature", "pressure"])).toBe("pressure");
    expect(nearestName("b", ["temperature", "pressure"])).toBeUndefined();
  });
});
