// Files in, a table of numbers out. Every cell of the chosen columns is looked at: nothing is coerced, guessed from a
// sample or left out in silence.

import type { Readable } from "node:stream";
import { type DuckDBConnection, DuckDBDoubleVector } from "@duckdb/node-api";
import { LogdetError } from "../errors.js";
import { withDatabase } from "./duckdb.js";
import { count, readingFailed, shorten } from "./messages.js";
import { formatNames, nearestName, someNames } from "./names.js";
import { noRows, numberSql, openScan, type Scan, textSql } from "./scan.js";
import { openSources, type SourceFormat, type Sources } from "./sources.js";
import type { NumericColumn, Table } from "./table.js";

export interface ReadOptions {
  /** The columns to use, in this order. Default: all. */
  readonly columns?: readonly string[];
  /** Columns to leave out. */
  readonly exclude?: readonly string[];
  /**
   * Rows with missing cells: an error (default), dropped, or left out but counted in `sourceRows`, so that
   * `toSourceRows` and `appendColumns` can put results beside every row of the input ("keep").
   */
  readonly missing?: "error" | "drop" | "keep";
  /** The files' format. Default: told by content and extension. */
  readonly format?: SourceFormat;
  /** What "-" reads. Default: standard input. */
  readonly stdin?: Readable;
  /** Threads for reading. Default: DuckDB's choice. */
  readonly threads?: number;
}

/**
 * Reads numeric columns from CSV, TSV, Parquet, JSON or NDJSON files, plain or compressed with gzip or zstd.
 *
 * Several files are read one after another and must have the same columns (by name, in any order). Rows keep their order.
 * Empty cells, NA, N/A, null and NaN are missing, in any case of letters.
 *
 * @param sources file names, globs, "-" for standard input; or `openSources`'s result, to read more than once
 * @throws LogdetError (io) if a file is missing; (data) naming file, row (from 1, the header not counted) and column
 *   of what cannot be used
 *
 * @example
 * const table = await readTable(["measurements.csv"], { exclude: ["city"] })
 * table.columns[0].values // Float64Array [rows]
 */
export async function readTable(
  sources: readonly string[] | Sources,
  options: ReadOptions = {},
): Promise<Table> {
  if ("files" in sources) return readOpened(sources, options);
  const opened = await openSources(sources, options);
  try {
    return await readOpened(opened, options);
  } finally {
    await opened.close();
  }
}

function readOpened({ files }: Sources, options: ReadOptions): Promise<Table> {
  const paths = files.map((file) => file.path);
  return withDatabase(paths, options.threads, async (connection) => {
    const scans: Scan[] = [];
    for (const file of files) scans.push(await openScan(connection, file));
    const names = commonNames(scans);
    const chosen = chooseColumns(names, options, scans[0].file.name);

    const columns = chosen.map((name) => new ColumnReader(name));
    for (const scan of scans) await readFile(connection, scan, columns);

    const rows = columns[0].length;
    if (rows === 0) throw noRows(scans[0].file);
    await refuseText(connection, columns);
    const where = files.length === 1 ? files[0].name : count(files.length, "file");
    return finish(columns, rows, names, options.missing ?? "error", where);
  });
}

/** The names all files have, in the first one's order. */
export function commonNames(scans: readonly Scan[]): string[] {
  const [first, ...others] = scans;
  const names = first.columns.map((column) => column.name);
  for (const { file, columns } of others) {
    const here = new Set(columns.map((column) => column.name));
    const missing = names.filter((name) => !here.has(name));
    for (const name of names) here.delete(name);
    if (missing.length > 0 || here.size > 0) {
      const differences = [
        ...(missing.length > 0 ? [`lacks ${someNames(missing)}`] : []),
        ...(here.size > 0 ? [`has ${someNames([...here])} besides`] : []),
      ];
      throw new LogdetError(
        "data",
        `the columns are not those of ${first.file.name}: this file ${differences.join(" and ")}`,
        { where: [file.name], hint: "Files that are read together must have the same columns." },
      );
    }
  }
  return names;
}

function chooseColumns(names: readonly string[], options: ReadOptions, file: string): string[] {
  const known = new Set(names);
  for (const [option, list] of [
    ["columns", options.columns ?? []],
    ["exclude", options.exclude ?? []],
  ] as const) {
    const unknown = list.filter((name) => !known.has(name));
    if (unknown.length === 0) continue;
    const nearest = unknown.length === 1 ? nearestName(unknown[0], names) : undefined;
    throw new LogdetError(
      "data",
      `there is no column ${unknown.map((name) => `"${name}"`).join(", ")} (asked for by "${option}")`,
      {
        where: [file],
        hint: `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}The columns are: ${someNames(names)}.`,
      },
    );
  }
  const excluded = new Set(options.exclude);
  const chosen = [...new Set(options.columns ?? names)].filter((name) => !excluded.has(name));
  if (chosen.length === 0)
    throw new LogdetError("data", "no column is left to read", {
      where: [file],
      hint: "Leave out fewer columns.",
    });
  return chosen;
}

/** Where a cell is, and in which file. */
interface Place {
  readonly scan: Scan;
  /** From 0, within the file. */
  readonly row: number;
}

/** What is known of one column while the files go past. */
class ColumnReader {
  readonly name: string;
  length = 0;
  missing = 0;
  notNumbers = 0;
  /** The first cell that is not a number, and the first that is infinite. */
  firstText: Place | undefined;
  firstInfinite: (Place & { value: number }) | undefined;
  #chunks: Float64Array[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Takes `rows` values that start at row `start` of their file. */
  take(vector: DuckDBDoubleVector, rows: number, scan: Scan, start: number): void {
    const values = new Float64Array(rows);
    for (let i = 0; i < rows; i++) {
      const value = vector.getItem(i);
      if (value === null) {
        this.notNumbers++;
        this.firstText ??= { scan, row: start + i };
      } else if (Number.isNaN(value)) {
        this.missing++;
      } else if (!Number.isFinite(value)) {
        this.firstInfinite ??= { scan, row: start + i, value };
      }
      values[i] = value ?? Number.NaN;
    }
    this.#chunks.push(values);
    this.length += rows;
  }

  /** All values, NaN where missing. Gives the chunks up, so that a table is never held twice. */
  join(): Float64Array {
    const values = new Float64Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      values.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    return values;
  }
}

async function readFile(
  connection: DuckDBConnection,
  scan: Scan,
  columns: readonly ColumnReader[],
): Promise<void> {
  const position = new Map(scan.columns.map((column, i) => [column.name, i]));
  const select = columns.map((column) => numberSql(scan, position.get(column.name)!));
  try {
    // Not `stream`: a streamed result that meets an error midway just ends, as if the file ended there.
    const result = await connection.run(`SELECT ${select.join(", ")} FROM ${scan.from}`, [
      ...scan.parameters,
    ]);
    let start = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      columns.forEach((column, j) => {
        const vector = chunk.getColumnVector(j);
        if (!(vector instanceof DuckDBDoubleVector)) throw new Error(`column ${j} is not float64`);
        column.take(vector, chunk.rowCount, scan, start);
      });
      start += chunk.rowCount;
    }
  } catch (error) {
    throw readingFailed(scan.file, error);
  }
}

/** A column most of whose cells are numbers has bad cells; any other is no numeric column. */
async function refuseText(connection: DuckDBConnection, columns: readonly ColumnReader[]): Promise<void> {
  const text = columns.filter(
    ({ length, missing, notNumbers }) => notNumbers > 0 && 2 * notNumbers >= length - missing,
  );
  if (text.length > 0) {
    const names = text.map((column) => column.name);
    const { scan } = text[0].firstText!;
    throw new LogdetError(
      "data",
      names.length === 1
        ? `column ${names[0]} does not hold numbers`
        : `${names.length} columns do not hold numbers: ${someNames(names)}`,
      {
        where: [scan.file.name],
        hint: `To leave ${names.length === 1 ? "it" : "them"} out: --exclude ${formatNames(names)}`,
      },
    );
  }
  for (const { name, notNumbers, firstText } of columns) {
    if (firstText === undefined) continue;
    const { scan, row } = firstText;
    const more = notNumbers > 1 ? ` (and ${count(notNumbers - 1, "more cell")} of this column)` : "";
    throw new LogdetError(
      "data",
      `"${shorten(await cellText(connection, firstText, name))}" is not a number${more}`,
      {
        where: [scan.file.name, `row ${row + 1}`, `column ${name}`],
        hint: `Mend the cell, or leave the column out: --exclude ${formatNames([name])}`,
      },
    );
  }
  for (const { name, firstInfinite } of columns) {
    if (firstInfinite === undefined) continue;
    const { scan, row, value } = firstInfinite;
    throw new LogdetError("data", `${value > 0 ? "+" : "-"}infinity is not finite: it has no density`, {
      where: [scan.file.name, `row ${row + 1}`, `column ${name}`],
      hint: `Mend the cell, or leave the column out: --exclude ${formatNames([name])}`,
    });
  }
}

async function cellText(connection: DuckDBConnection, { scan, row }: Place, name: string): Promise<string> {
  const i = scan.columns.findIndex((column) => column.name === name);
  const sql = `SELECT ${textSql(scan, i)} FROM ${scan.from} LIMIT 1 OFFSET ${row}`;
  const reader = await connection.runAndReadAll(sql, [...scan.parameters]);
  return String(reader.getRows()[0][0]);
}

/** Settles the missing cells and makes the table. */
function finish(
  readers: readonly ColumnReader[],
  sourceRows: number,
  sourceColumns: readonly string[],
  policy: "error" | "drop" | "keep",
  source: string,
): Table {
  const where = [source];
  const incomplete = readers.filter((column) => column.missing > 0);
  if (incomplete.length === 0) {
    const columns = readers.map((column) => ({ name: column.name, values: column.join() }));
    return { columns, rows: sourceRows, sourceRows, rowIndex: undefined, sourceColumns, notices: [] };
  }
  const listing = someNames(
    incomplete.map(({ name, missing }) => `${name} (${missing.toLocaleString("en-US")})`),
  );
  const exclude = `--exclude ${formatNames(incomplete.map((column) => column.name))}`;
  if (policy === "error")
    throw new LogdetError(
      "data",
      `values are missing in ${count(incomplete.length, "column")} of ${count(sourceRows, "row")}: ${listing}`,
      { where, hint: `To drop the rows that miss any: --missing drop; to leave the columns out: ${exclude}` },
    );

  let columns: NumericColumn[] = readers.map((column) => ({ name: column.name, values: column.join() }));
  const rowIndex = completeRows(columns, sourceRows);
  if (rowIndex.length === 0)
    throw new LogdetError("data", `every row misses a value: ${listing}`, {
      where,
      hint: `Leave out the columns that miss most: ${exclude}`,
    });
  columns = columns.map(({ name, values }) => ({
    name,
    values: Float64Array.from(rowIndex, (row) => values[row]),
  }));
  const left = sourceRows - rowIndex.length;
  const notice = `${count(left, "row")} of ${sourceRows.toLocaleString("en-US")} with missing values ${
    policy === "drop" ? `${left === 1 ? "was" : "were"} dropped` : `get${left === 1 ? "s" : ""} no result`
  }: ${listing}.`;
  return { columns, rows: rowIndex.length, sourceRows, rowIndex, sourceColumns, notices: [notice] };
}

function completeRows(columns: readonly NumericColumn[], rows: number): Uint32Array {
  const complete = new Uint8Array(rows).fill(1);
  for (const { values } of columns)
    for (let i = 0; i < rows; i++) if (Number.isNaN(values[i])) complete[i] = 0;
  const index = new Uint32Array(complete.reduce((sum, one) => sum + one, 0));
  for (let i = 0, k = 0; i < rows; i++) if (complete[i] === 1) index[k++] = i;
  return index;
}
