// Files in, a table out. Every cell of the chosen columns is looked at: nothing is coerced, guessed from a sample or
// left out in silence.

import type { Readable } from "node:stream";
import { LogdetError } from "../errors.js";
import { type ColumnType, checkType } from "./column-types.js";
import { withDatabase } from "./duckdb.js";
import { count } from "./messages.js";
import { settleMissing } from "./missing.js";
import { nearestName, someNames } from "./names.js";
import {
  checkCells,
  columnsOf,
  knownReadings,
  lookAgain,
  openReading,
  type Reading,
  readColumns,
  sourceOf,
} from "./reading.js";
import { refuseText } from "./refusals.js";
import { noRows, openScan, type Scan } from "./scan.js";
import { openSources, type SourceFormat, type Sources } from "./sources.js";
import type { KnownColumn, Table, TableColumn } from "./table.js";

export interface ReadOptions {
  /** The columns to use, in this order. Default: all. */
  readonly columns?: readonly string[];
  /** Columns to leave out. */
  readonly exclude?: readonly string[];
  /**
   * Whether columns that do not hold numbers are looked at: categories become codes, dates become their parts, and
   * identifiers and free text are left out with a notice. Otherwise they are an error. Default: if `types` or `model` is
   * given.
   */
  readonly mixed?: boolean;
  /** What the named columns hold, whatever they look like. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /**
   * The columns of a model, to be read as it knows them: exactly these, in this order, in place of `columns`. Numbers must
   * be numbers; categories get the model's codes, and what is none of them `categories.length`.
   */
  readonly model?: readonly KnownColumn[];
  /**
   * Rows with missing cells: an error (default), dropped, or left out but counted in `sourceRows`, so that
   * `toSourceRows` and `appendColumns` can put results beside every row of the input ("keep"). "cells": all rows stay,
   * and missing cells are NaN.
   */
  readonly missing?: "error" | "drop" | "keep" | "cells";
  /** The files' format. Default: told by content and extension. */
  readonly format?: SourceFormat;
  /** What "-" reads. Default: standard input. */
  readonly stdin?: Readable;
  /** Threads for reading. Default: DuckDB's choice. */
  readonly threads?: number;
}

/**
 * Reads columns of numbers, and with `mixed` of categories and dates, from CSV, TSV, Parquet, JSON or NDJSON files, plain
 * or compressed with gzip or zstd.
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
  const { types = {}, model, mixed = options.types !== undefined || model !== undefined } = options;
  for (const [name, type] of Object.entries(types)) checkType(type, name);
  const paths = files.map((file) => file.path);
  return withDatabase(paths, options.threads, async (connection) => {
    const scans: Scan[] = [];
    for (const file of files) scans.push(await openScan(connection, file));
    const names = commonNames(scans);
    const chosen = chooseColumns(names, options, scans[0].file.name);
    const asked = new Set(options.columns);
    const readings = model
      ? knownReadings(model)
      : chosen.map((name) => openReading(name, types, asked.has(name)));

    await readColumns(connection, scans, readings);
    const rows = readings.find(({ reader }) => reader)?.reader?.length;
    if (rows === 0) throw noRows(scans[0].file);
    if (mixed) await lookAgain(connection, scans, readings);
    else refuseText(readings);
    for (const reading of readings) await checkCells(connection, reading, mixed);

    const where = files.length === 1 ? files[0].name : count(files.length, "file");
    return assemble(readings, names, { ...options, mixed }, where);
  });
}

/** Makes the table of what was read. */
function assemble(
  readings: readonly Reading[],
  sourceColumns: readonly string[],
  { model, mixed = false, missing = "error" }: ReadOptions,
  where: string,
): Table {
  const taken = new Set(sourceColumns);
  const notices: string[] = [];
  const types: [string, ColumnType][] = [];
  const gaps: { name: string; missing: number }[] = [];
  let columns: TableColumn[] = [];
  for (const reading of readings) {
    const { name, reader } = reading;
    const made = columnsOf(reading, {
      taken,
      dropsIdentifiers: mixed,
      dropsEmpty: missing === "cells",
    });
    notices.push(...made.notices);
    columns.push(...made.columns);
    if (made.type) types.push([name, made.type]);
    if (reader && made.columns.length > 0) gaps.push({ name, missing: reader.missing });
  }
  if (columns.length === 0)
    throw new LogdetError("data", ["no column is left to read.", ...notices].join(" "), { where: [where] });
  if (model) {
    const byName = new Map(columns.map((column) => [column.name, column]));
    columns = model.map(({ name }) => byName.get(name)!);
  }
  const rows = columns[0].values.length;
  const table: Table = { columns, rows, sourceRows: rows, rowIndex: undefined, sourceColumns, notices };
  return settleMissing(mixed ? { ...table, types: Object.fromEntries(types) } : table, gaps, missing, where);
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
    ["types", Object.keys(options.types ?? {})],
    ["model", options.model?.map(sourceOf) ?? []],
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
  if (options.model) return [...new Set(options.model.map(sourceOf))];
  const excluded = new Set(options.exclude);
  const chosen = [...new Set(options.columns ?? names)].filter((name) => !excluded.has(name));
  if (chosen.length === 0)
    throw new LogdetError("data", "no column is left to read", {
      where: [file],
      hint: "Leave out fewer columns.",
    });
  return chosen;
}
