// One file as a relation: what its columns are called, and the SQL that reads them. Columns are c0, c1, … in every query,
// by position, so that no name from a file ever becomes part of one.

import type { DuckDBConnection } from "@duckdb/node-api";
import { LogdetError } from "../errors.js";
import { csvDialect, firstLines } from "./csv.js";
import { literalPath } from "./duckdb.js";
import { readingFailed } from "./messages.js";
import type { SourceFile } from "./sources.js";

/** A column as the file has it. */
export interface ScanColumn {
  readonly name: string;
  /** `text`: cells may or may not spell numbers; `other`: dates, booleans, lists: never numbers. */
  readonly kind: "number" | "text" | "json" | "other";
}

/** A file that DuckDB can read. */
export interface Scan {
  readonly file: SourceFile;
  readonly columns: readonly ScanColumn[];
  /** An item of an SQL FROM clause with the columns c0, c1, … and these parameters. */
  readonly from: string;
  readonly parameters: readonly (string | number)[];
}

const NUMBER = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL.*)$/;

/**
 * Looks at a file's header or schema.
 *
 * @throws LogdetError (data) if it is no table
 */
export async function openScan(connection: DuckDBConnection, source: SourceFile): Promise<Scan> {
  if (source.format === "parquet")
    return describe(connection, source, "read_parquet(?)", [literalPath(source.path)]);

  const lines = await firstLines(connection, source);
  const start = lines.find((line) => line.trim() !== "")?.trim();
  if (start === undefined)
    throw new LogdetError("data", "the file is empty", {
      where: [source.name],
      hint: "A table needs a header and rows.",
    });
  const file: SourceFile = {
    ...source,
    format: source.format ?? (/^\uFEFF?[[{]/.test(start) ? "json" : "csv"),
  };

  if (file.format === "json") {
    if (/^\[\s*\]$/.test(lines.join("").trim())) throw noRows(file);
    // The whole file decides the types, not a sample.
    const read = "read_json(?, records = true, sample_size = -1, compression = ?)";
    const compression = file.compression === "none" ? "uncompressed" : file.compression;
    return describe(connection, file, read, [literalPath(file.path), compression]);
  }

  const dialect = csvDialect(lines, file, file.format === "tsv" ? "\t" : undefined);
  const types = dialect.names.map((_, i) => `c${i}: 'VARCHAR'`).join(", ");
  return {
    file,
    columns: dialect.names.map((name) => ({ name, kind: "text" })),
    from: `read_csv(?, auto_detect = false, header = true, columns = {${types}}, delim = ?, quote = '"', escape = '"',
      skip = ?, compression = ?)`,
    parameters: [literalPath(file.path), dialect.delimiter, dialect.skip, file.compression],
  };
}

/** A file that says its types itself. */
async function describe(
  connection: DuckDBConnection,
  file: SourceFile,
  read: string,
  parameters: readonly string[],
): Promise<Scan> {
  try {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${read}`, [...parameters]);
    const columns = reader.getRows().map(([name, type]): ScanColumn => {
      const kind = NUMBER.test(String(type))
        ? "number"
        : type === "VARCHAR"
          ? "text"
          : type === "JSON"
            ? "json"
            : "other";
      return { name: String(name), kind };
    });
    return {
      file,
      columns,
      from: `${read} AS t(${columns.map((_, i) => `c${i}`).join(", ")})`,
      parameters,
    };
  } catch (error) {
    if (error instanceof Error && /non-record JSON/.test(error.message))
      throw new LogdetError("data", "this JSON is not a table", {
        where: [file.name],
        hint: 'Write an array of objects, [{"a": 1}, {"a": 2}], or one object a line.',
        cause: error,
      });
    throw readingFailed(file, error);
  }
}

/** The error for a table without rows. */
export function noRows(file: SourceFile): LogdetError {
  return new LogdetError("data", "the table has no rows", {
    where: [file.name],
    hint: "A table needs at least one row below its header.",
  });
}

/**
 * SQL for column `i` as a float64: its value; NaN where the cell is missing (empty, NA, N/A, null, NaN); NULL where it
 * holds something that is not a number.
 */
export function numberSql(scan: Scan, i: number): string {
  const column = `c${i}`;
  switch (scan.columns[i].kind) {
    case "number":
      return `coalesce(CAST(${column} AS DOUBLE), 'nan'::DOUBLE)`;
    case "text":
    case "json": {
      const text = textSql(scan, i);
      return `coalesce(TRY_CAST(${text} AS DOUBLE), CASE WHEN ${text} IS NULL
        OR lower(trim(${text})) IN ('', 'na', 'n/a', 'null', 'nan') THEN 'nan'::DOUBLE END)`;
    }
    case "other":
      return `CASE WHEN ${column} IS NULL THEN 'nan'::DOUBLE END`;
  }
}

/** SQL for column `i` as text. */
export function textSql(scan: Scan, i: number): string {
  switch (scan.columns[i].kind) {
    case "text":
      return `c${i}`;
    case "json":
      return `(c${i} ->> '$')`; // without the quotes of a JSON string
    default:
      return `CAST(c${i} AS VARCHAR)`;
  }
}
