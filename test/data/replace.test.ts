// Cells of files' own columns replaced while columns are appended: what else is in them stays.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withDatabase } from "../../src/data/duckdb.js";
import { appendColumns, type Replacement } from "../../src/data/index.js";
import { temporaryFolder } from "./files.js";

const { folder, file } = temporaryFolder();

/** All rows of a Parquet file, values as DuckDB gives them, and the columns' types. */
async function parquet(path: string) {
  return withDatabase([path], undefined, async (connection) => {
    const reader = await connection.runAndReadAll(`SELECT * FROM '${path}'`);
    return { types: reader.columnTypes().map(String), rows: reader.getRows() };
  });
}

/** Makes a Parquet file of a query. */
async function parquetOf(name: string, query: string): Promise<string> {
  const path = join(folder, name);
  await withDatabase([path], undefined, (connection) =>
    connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`),
  );
  return path;
}

const table = file("table.csv", "id,kind,size,note\n007,a,1.50,NA\n008,,,x y\n009,b,2,\n");
const replace: Replacement[] = [
  { name: "kind", values: [null, "b", null] },
  { name: "size", values: [null, "1.25", null] },
];

describe("replaced cells", () => {
  it("stand in place of missing ones in CSV, every other cell as it was", async () => {
    const path = join(folder, "filled.csv");
    const written = await appendColumns([table], [], { path }, { replace });
    expect(written).toMatchObject({ rows: 3, columns: ["id", "kind", "size", "note"], notices: [] });
    expect(readFileSync(path, "utf8")).toBe("id,kind,size,note\n007,a,1.50,NA\n008,b,1.25,x y\n009,b,2,\n");
  });

  it("come before the columns that are appended, and take the type that the column has in Parquet", async () => {
    const path = join(folder, "filled.parquet");
    const sure = { name: "sure", values: Float64Array.of(Number.NaN, 0.5, Number.NaN) };
    await appendColumns([table], [sure], { path }, { replace });
    const { types, rows } = await parquet(path);
    expect(types).toEqual(["VARCHAR", "VARCHAR", "DOUBLE", "VARCHAR", "DOUBLE"]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ["007", "a", 1.5],
      ["008", "b", 1.25],
      ["009", "b", 2],
    ]);
    expect(rows.map((row) => row[4])).toEqual([null, 0.5, null]);
  });

  it("leave integers integers if they are whole, and make them numbers otherwise", async () => {
    const counts = file("counts.csv", "n\n1\n\n3\n");
    for (const [text, type, value] of [
      ["2", "BIGINT", 2n],
      ["2.5", "DOUBLE", 2.5],
    ] as const) {
      const path = join(folder, `counts-${text}.parquet`);
      await appendColumns([counts], [], { path }, { replace: [{ name: "n", values: [null, text, null] }] });
      const { types, rows } = await parquet(path);
      expect([types[0], rows[1][0]]).toEqual([type, value]);
    }
  });

  it("are truth values and days where the file has those", async () => {
    const source = await parquetOf(
      "typed-source.parquet",
      "SELECT * FROM (VALUES (true, DATE '2024-02-29', 1), (NULL, NULL, NULL)) t(yes, day, n)",
    );
    const path = join(folder, "typed.parquet");
    const cells = ["false", "2024-03-01", "2"];
    const replace = ["yes", "day", "n"].map((name, i) => ({ name, values: [null, cells[i]] }));
    await appendColumns([source], [], { path }, { replace });
    const { types, rows } = await parquet(path);
    expect(types.slice(0, 2)).toEqual(["BOOLEAN", "DATE"]);
    expect(rows[1].map(String)).toEqual(["false", "2024-03-01", "2"]);
  });

  it("must be as many as the files have rows", async () => {
    const short = { replace: [{ name: "kind", values: ["a"] }] };
    await expect(appendColumns([table], [], { path: join(folder, "no.csv") }, short)).rejects.toMatchObject({
      code: "shape",
      message: expect.stringMatching(/the files have 3 rows, the columns to add 1/),
    });
  });
});

it("keeps the words of a column that misses some when CSV becomes Parquet", async () => {
  const path = join(folder, "words.parquet");
  const words = file("words.csv", "word\nred\n\nblue\n");
  await appendColumns([words], [{ name: "n", values: Int32Array.of(1, 2, 3) }], { path });
  const { rows } = await parquet(path);
  expect(rows.map(([word]) => word || null)).toEqual(["red", null, "blue"]);
});
