// Tables out: columns that the library computed, or a file's own columns with results beside them.

import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  FLOAT,
  INTEGER,
  UINTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import { LogdetError } from "../errors.js";
import { deliver, type Encoding, encodingOf, type Target } from "./deliver.js";
import { quoteIdentifier, quoteLiteral, withDatabase } from "./duckdb.js";
import { freeName } from "./names.js";
import { commonNames, type ReadOptions } from "./read.js";
import { numberSql, openScan, type Scan, type ScanColumn, textSql } from "./scan.js";
import { openSources, type Sources } from "./sources.js";

/** A column to write. NaN in a float column and null are missing: an empty cell, or null. */
export interface OutputColumn {
  readonly name: string;
  readonly values:
    | Float64Array
    | Float32Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | readonly (string | null)[]
    | readonly (boolean | null)[];
  /**
   * Whether the numbers of a Float64Array, but for NaN, are whole and to be written as such: 111 and not 111.0, as 64-bit
   * integers in Parquet.
   */
  readonly whole?: boolean;
}

export interface AppendOptions extends Pick<ReadOptions, "format" | "stdin" | "threads"> {
  /** Cells of the files' own columns, by these names, to be written in place of what is there; null: as it is. */
  readonly replace?: readonly Replacement[];
}

/** Cells as text, one a row of the files. */
export interface Replacement {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

/** What was written. */
export interface Written {
  readonly rows: number;
  /** The columns' names as they were written. */
  readonly columns: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Writes columns as CSV, TSV, Parquet or NDJSON (the text formats also compressed: `.csv.gz`, `.ndjson.zst`).
 *
 * A file is written under another name in the same folder and renamed when complete. Numbers are written so that reading
 * them gives the same numbers.
 *
 * @throws LogdetError (io) if it cannot be written; (usage) if the extension names no format; (shape) if columns differ
 *   in length
 *
 * @example await writeTable([{ name: "log_prob", values }], { path: "scores.parquet" })
 */
export async function writeTable(columns: readonly OutputColumn[], target: Target = {}): Promise<Written> {
  const rows = lengthOf(columns);
  const encoding = encodingOf(target);
  return deliver(target, (path) =>
    withDatabase([path], undefined, async (connection) => {
      await store(connection, "given", columns);
      const cells = columns.map(({ name, values }, i) => ({ name, sql: `v${i}`, number: isNumeric(values) }));
      return copy(connection, { cells, from: "given", parameters: [] }, rows, encoding, path);
    }),
  );
}

/**
 * Writes all columns of the files, whatever their type, and `extra` columns after them; rows keep their order.
 *
 * Text cells of CSV stay as they are. When CSV becomes Parquet or NDJSON, columns all of whose cells are numbers become
 * numbers. If the files have a column of an extra's name already, the file's keeps it and the new one becomes
 * `name_2`, with a notice. Cells of the files' own columns can be replaced.
 *
 * @param sources as for `readTable`; give `openSources`'s result if the files were read before and "-" may be among them
 * @param extra one value a row of the files (see `toSourceRows`); NaN: an empty cell
 * @throws LogdetError (shape) if `extra` or a replacement has not as many rows as the files; otherwise as `readTable` and
 *   `writeTable`
 *
 * @example
 * const table = await readTable(sources, { columns, missing: "keep" })
 * await appendColumns(sources, [{ name: "log_prob", values: toSourceRows(table, logProb) }], { path: "scored.csv" })
 */
export async function appendColumns(
  sources: readonly string[] | Sources,
  extra: readonly OutputColumn[],
  target: Target = {},
  options: AppendOptions = {},
): Promise<Written> {
  if ("files" in sources) return appendToOpened(sources, extra, target, options);
  const opened = await openSources(sources, options);
  try {
    return await appendToOpened(opened, extra, target, options);
  } finally {
    await opened.close();
  }
}

function appendToOpened(
  { files }: Sources,
  extra: readonly OutputColumn[],
  target: Target,
  { threads, replace = [] }: AppendOptions,
): Promise<Written> {
  const given = [...extra, ...replace];
  const expected = given.length > 0 ? lengthOf(given) : undefined;
  const encoding = encodingOf(target);
  const paths = files.map((file) => file.path);
  return deliver(target, (path) =>
    withDatabase([...paths, path], threads, async (connection) => {
      const scans: Scan[] = [];
      for (const file of files) scans.push(await openScan(connection, file));
      const names = commonNames(scans);
      const rows = await countRows(connection, scans, expected);
      if (given.length > 0) await store(connection, "extra", given);

      const types = await cellTypes(connection, scans, names, encoding);
      const written = replacedCells(scans, names, types, extra.length, replace);
      const selects = scans.map((scan) => {
        const cells = names.map((name, i) => `${cellSql(scan, name, types[i])} AS i${i}`);
        return `SELECT ${cells.join(", ")} FROM ${scan.from}`;
      });
      const cells: Cell[] = names.map((name, i) => ({
        name,
        sql: written[i],
        number: types[i] === "number",
      }));
      const notices: string[] = [];
      extra.forEach(({ name, values }, i) => {
        const free = freeName(name, new Set(cells.map((cell) => cell.name)));
        if (free !== name)
          notices.push(`The input has a column ${name} already: it is kept, and the new one is ${free}.`);
        cells.push({ name: free, sql: `v${i}`, number: isNumeric(values) });
      });
      const query: Query = {
        cells,
        from: `(${selects.join(" UNION ALL ")})${given.length > 0 ? " POSITIONAL JOIN extra" : ""}`,
        parameters: scans.flatMap((scan) => scan.parameters),
      };
      const copied = await copy(connection, query, rows, encoding, path);
      return { ...copied, notices: [...notices, ...copied.notices] };
    }),
  );
}

/**
 * The SQL of the files' columns, of which some have cells replaced by those of the columns v<from>, … of text. Columns of
 * integers that get other numbers become numbers, in `types` too.
 */
function replacedCells(
  scans: readonly Scan[],
  names: readonly string[],
  types: CellType[],
  from: number,
  replace: readonly Replacement[],
): string[] {
  return names.map((name, i) => {
    const place = replace.findIndex((column) => column.name === name);
    if (place < 0) return `i${i}`;
    const texts = replace[place].values.filter((text) => text !== null);
    const whole = texts.every((text) => /^-?[0-9]{1,18}$/.test(text));
    const days = texts.every((text) => text.length === 10);
    if (types[i] === "integer" && !whole) types[i] = "number";
    const { kind } = scans[0].columns[positionOf(scans[0], name)];
    return `coalesce(${replacementSql(`v${from + place}`, types[i], kind, { whole, days })}, i${i})`;
  });
}

/** A text as what a column holds. */
function replacementSql(
  text: string,
  type: CellType,
  kind: ScanColumn["kind"],
  { whole, days }: { readonly whole: boolean; readonly days: boolean },
): string {
  if (type === "text") return text;
  if (type !== "as is" || kind === "number") return `CAST(${text} AS ${whole ? "BIGINT" : "DOUBLE"})`;
  if (kind === "boolean") return `CAST(${text} AS BOOLEAN)`;
  if (kind === "date") return `CAST(${text} AS ${days ? "DATE" : "TIMESTAMP"})`;
  return kind === "json" ? `to_json(${text})` : text;
}

/** A column of the output: its name, its SQL, and whether it may hold an infinity. */
interface Cell {
  readonly name: string;
  readonly sql: string;
  readonly number: boolean;
}

interface Query {
  readonly cells: readonly Cell[];
  readonly from: string;
  readonly parameters: readonly (string | number)[];
}

/** Writes a query's rows to a file that is not there yet. */
async function copy(
  connection: DuckDBConnection,
  { cells, from, parameters }: Query,
  rows: number,
  { format, compression }: Encoding,
  path: string,
): Promise<Written> {
  const options = ["USE_TMP_FILE false"];
  const notices: string[] = [];
  let columns = cells.map((cell) => cell.name);
  let select: string;
  if (format === "csv" || format === "tsv") {
    // The header is a first row of text: as column names, DuckDB would rename those that differ in capitals only.
    select = `SELECT ${columns.map(quoteLiteral).join(", ")} UNION ALL
      SELECT ${cells.map(({ sql }) => `CAST(${sql} AS VARCHAR)`).join(", ")} FROM ${from}`;
    const delimiter = quoteLiteral(format === "csv" ? "," : "\t");
    options.push("FORMAT csv", "HEADER false", `DELIMITER ${delimiter}`, `COMPRESSION ${compression}`);
  } else {
    columns = distinctNames(columns, notices);
    const isJson = format === "ndjson";
    // JSON has no infinity.
    const values = cells.map(({ sql, number }, i) => {
      const value = isJson && number ? `CASE WHEN isfinite(CAST(${sql} AS DOUBLE)) THEN ${sql} END` : sql;
      return `${value} AS ${quoteIdentifier(columns[i])}`;
    });
    select = `SELECT ${values.join(", ")} FROM ${from}`;
    if (isJson)
      options.push("FORMAT json", `COMPRESSION ${compression === "none" ? "uncompressed" : compression}`);
    else options.push("FORMAT parquet");
  }
  await connection.run(`COPY (${select}) TO ${quoteLiteral(path)} (${options.join(", ")})`, [...parameters]);
  return { rows, columns, notices };
}

/** DuckDB takes names that differ in capitals only for the same: all but the first get a number. */
function distinctNames(names: readonly string[], notices: string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let k = 2; taken.has(free.toLowerCase()); k++) free = `${name}_${k}`;
    taken.add(free.toLowerCase());
    if (free !== name)
      notices.push(`Column ${name} is written as ${free}: another has its name but for capitals.`);
    return free;
  });
}

/** How the cells of an input column are written. */
type CellType = "as is" | "text" | "number" | "integer";

/**
 * Text for text formats. Otherwise as the file has it, but CSV columns of numbers become numbers, unless they would lose
 * something: leading zeros or digits beyond float64, as in identifiers.
 */
async function cellTypes(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  names: readonly string[],
  { format }: Encoding,
): Promise<CellType[]> {
  if (format === "csv" || format === "tsv") return names.map(() => "text");
  const types = names.map((name): CellType => {
    const kinds = new Set(scans.map(({ columns }) => columns.find((column) => column.name === name)!.kind));
    return kinds.size > 1 ? "text" : kinds.has("text") ? "integer" : kinds.has("number") ? "number" : "as is";
  });
  const open = names.flatMap((_, i) => (types[i] === "integer" ? [i] : []));
  for (const scan of open.length > 0 ? scans : []) {
    const tests = open.flatMap((i) => {
      const c = positionOf(scan, names[i]);
      const value = numberSql(scan, c);
      return [
        `bool_and(coalesce(isnan(${value}), false) OR regexp_full_match(c${c}, '0|-?[1-9][0-9]{0,17}'))`,
        `bool_and(${value} IS NOT NULL AND NOT coalesce(regexp_matches(c${c}, '^\\s*[+-]?(0[0-9]|[0-9]{18})'), false))`,
      ];
    });
    const reader = await connection.runAndReadAll(`SELECT ${tests.join(", ")} FROM ${scan.from}`, [
      ...scan.parameters,
    ]);
    const [answers] = reader.getRows();
    open.forEach((i, k) => {
      const [integers, numbers] = [answers[2 * k] === true, answers[2 * k + 1] === true];
      if (types[i] === "integer" && !integers) types[i] = numbers ? "number" : "text";
      else if (types[i] === "number" && !numbers) types[i] = "text";
    });
  }
  return types;
}

function cellSql(scan: Scan, name: string, type: CellType): string {
  const i = positionOf(scan, name);
  switch (type) {
    case "as is":
      return `c${i}`;
    case "text":
      return textSql(scan, i);
    case "integer":
      return `TRY_CAST(c${i} AS BIGINT)`; // missing marks such as NA become null
    case "number":
      return scan.columns[i].kind === "number" ? `c${i}` : `nullif(${numberSql(scan, i)}, 'nan'::DOUBLE)`;
  }
}

function positionOf(scan: Scan, name: string): number {
  return scan.columns.findIndex((column) => column.name === name);
}

/** Rows of the files. @throws LogdetError (shape) if another number is expected */
async function countRows(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  expected: number | undefined,
): Promise<number> {
  let found = 0n;
  for (const { from, parameters } of scans) {
    const reader = await connection.runAndReadAll(`SELECT count(*) FROM ${from}`, [...parameters]);
    found += BigInt(String(reader.getRows()[0][0]));
  }
  if (expected !== undefined && found !== BigInt(expected))
    throw new LogdetError("shape", `the files have ${found} rows, the columns to add ${expected}`);
  return Number(found);
}

function isNumeric(values: OutputColumn["values"]): boolean {
  return !Array.isArray(values);
}

function lengthOf(columns: readonly OutputColumn[]): number {
  if (columns.length === 0) throw new LogdetError("shape", "there are no columns to write");
  const { length } = columns[0].values;
  for (const { name, values } of columns)
    if (values.length !== length)
      throw new LogdetError("shape", `columns must have equal lengths, got ${length} and ${values.length}`, {
        where: [`column ${name}`],
      });
  return length;
}

function typeOf({ values, whole }: OutputColumn): DuckDBType {
  if (values instanceof Float64Array) return whole ? BIGINT : DOUBLE;
  if (values instanceof Float32Array) return FLOAT;
  if (values instanceof Int32Array) return INTEGER;
  if (values instanceof Uint32Array) return UINTEGER;
  if (values instanceof BigInt64Array) return BIGINT;
  return values.some((value) => typeof value === "boolean") ? BOOLEAN : VARCHAR;
}

/** Rows DuckDB handles at a time. */
const CHUNK_ROWS = 2048;

/** Makes a table with the columns v0, v1, … in the database. */
async function store(
  connection: DuckDBConnection,
  table: string,
  columns: readonly OutputColumn[],
): Promise<void> {
  const types = columns.map(typeOf);
  await connection.run(`CREATE TABLE ${table} (${types.map((type, i) => `v${i} ${type}`).join(", ")})`);
  const appender = await connection.createAppender(table);
  const chunk = DuckDBDataChunk.create(types, CHUNK_ROWS);
  const rows = columns[0].values.length;
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const end = Math.min(start + CHUNK_ROWS, rows);
    chunk.rowCount = end - start;
    columns.forEach(({ values }, i) => {
      const cells: DuckDBValue[] = [];
      for (let row = start; row < end; row++) {
        const value = values[row];
        if (Number.isNaN(value)) cells.push(null);
        else cells.push(types[i] === BIGINT && typeof value === "number" ? BigInt(value) : value);
      }
      chunk.setColumnValues(i, cells);
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
