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
  /** `text`: cells may or may not spell numbers, dates, truth values; `other`: times of day, lists: none of these. */
  readonly kind: "number" | "text" | "json" | "boolean" | "date" | "other";
}

/** A file that DuckDB can read. */
export interface Scan {
  readonly file: SourceFile;
  readonly columns: readonly ScanColumn[];
  /** An item of an SQL FROM clause with the columns c0, c1, … and these parameters. */
  readonly from: string;
  readonly parameters: readonly (string | number)[];
}

/** DuckDB's types by the kind of column they make. */
const KINDS: readonly (readonly [RegExp, ScanColumn["kind"]])[] = [
  [/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/, "number"],
  [/^VARCHAR$/, "text"],
  [/^JSON$/, "json"],
  [/^BOOLEAN$/, "boolean"],
  [/^(DATE|TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?)$/, "date"],
];

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
      const [, kind] = KINDS.find(([pattern]) => pattern.test(String(type))) ?? [undefined, "other"];
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
        OR lower(trim(${text})) IN (${MISSING}) THEN 'nan'::DOUBLE END)`;
    }
    default:
      return `CASE WHEN ${column} IS NULL THEN 'nan'::DOUBLE END`;
  }
}

/** What a missing cell may say, in any case of letters. */
const MISSING = "'', 'na', 'n/a', 'null', 'nan'";

/** SQL for column `i` as the name of a category: its text without blanks around it, whole numbers without ".0"; NULL where missing. */
export function labelSql(scan: Scan, i: number): string {
  const plain = textSql(scan, i);
  const text = `trim(${scan.columns[i].kind === "number" ? `regexp_replace(${plain}, '\\.0$', '')` : plain})`;
  return `CASE WHEN lower(${text}) NOT IN (${MISSING}) THEN ${text} END`;
}

/**
 * ISO 8601, slashes allowed: a day, perhaps a time. An offset from UTC may follow; the time counts as it is written. Days
 * that there are not (2023-02-30) are left to DuckDB.
 */
const DATE =
  "[+-]?[0-9]{4,6}[-/][0-9]{1,2}[-/][0-9]{1,2}" +
  "([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?)?|[+-]?infinity";

/** SQL for a label as a timestamp; NULL where it is none. */
export function instantSql(label: string): string {
  return `CASE WHEN regexp_full_match(${label}, '${DATE}') THEN TRY_CAST(${label} AS TIMESTAMP) END`;
}

/**
 * SQL for column `i` as a date: microseconds since 1970 as a float64; infinity where it is beyond DuckDB's dates; NaN where
 * the cell is missing; NULL where it holds something that is not a date.
 */
export function dateSql(scan: Scan, i: number): string {
  const column = `c${i}`;
  switch (scan.columns[i].kind) {
    case "date":
      return `CASE WHEN ${column} IS NULL THEN 'nan'::DOUBLE
        ELSE coalesce(CAST(epoch_us(TRY_CAST(${column} AS TIMESTAMP)) AS DOUBLE), 'inf'::DOUBLE) END`;
    case "text":
    case "json": {
      const label = labelSql(scan, i);
      const instant = instantSql(label);
      return `coalesce(CAST(epoch_us(${instant}) AS DOUBLE), CASE WHEN ${label} IS NULL THEN 'nan'::DOUBLE
        WHEN isinf(${instant}) THEN 'inf'::DOUBLE END)`;
    }
    default:
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
