// One column on its way from the files into the table: what it holds and who says so, what was read of it, and what it
// becomes.

import type { DuckDBConnection } from "@duckdb/node-api";
import { codeOf } from "./categories.js";
import type { ColumnType } from "./column-types.js";
import { splitDates, splitKnownDates } from "./dates.js";
import { identifierNotice, inferTypes } from "./inference.js";
import { count, shorten } from "./messages.js";
import { freeName, someNames } from "./names.js";
import { type ColumnReader, DateReader, LabelReader, NumberReader, readFile } from "./readers.js";
import {
  type Authority,
  refuseAsked,
  refuseInfinite,
  refuseMany,
  refuseNumbers,
  refuseOthers,
  refuseUntrue,
} from "./refusals.js";
import type { Scan } from "./scan.js";
import type { KnownColumn, TableColumn } from "./table.js";

/** A column on its way from the files into the table. */
export interface Reading {
  readonly name: string;
  /** Who says what it holds. */
  readonly authority: Authority;
  /** Whether the user named it: then it is not left out. */
  readonly isAsked: boolean;
  /** The model's columns that come from it. */
  readonly known: readonly KnownColumn[];
  /** Undefined until it is known, and for numbers of no certain kind. */
  type: ColumnType | undefined;
  /** Undefined for what is left out. */
  reader: ColumnReader | undefined;
  /** Why it is left out. */
  notice?: string;
}

/** A column to be read as the user says, or as its cells say. */
export function openReading(
  name: string,
  types: Readonly<Record<string, ColumnType>>,
  isNamed: boolean,
): Reading {
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  const authority = type === undefined ? "cells" : "user";
  const isAsked = isNamed || type !== undefined;
  return { name, authority, isAsked, known: [], type, reader: readerOf(name, type) };
}

/** The columns of the files that a model's columns come from, to be read as it knows them. */
export function knownReadings(model: readonly KnownColumn[]): Reading[] {
  const bySource = new Map<string, KnownColumn[]>();
  for (const column of model) {
    const source = sourceOf(column);
    bySource.set(source, [...(bySource.get(source) ?? []), column]);
  }
  return [...bySource].map(([name, known]) => {
    const type = known[0].part ? "date" : known[0].categories ? "categorical" : undefined;
    return { name, authority: "model", isAsked: true, known, type, reader: readerOf(name, type) };
  });
}

/** The column of the files that a model's column comes from. */
export function sourceOf({ name, part }: KnownColumn): string {
  return part?.source ?? name;
}

function readerOf(name: string, type: ColumnType | undefined): ColumnReader | undefined {
  switch (type) {
    case "identifier":
    case "text":
      return undefined;
    case "categorical":
    case "boolean":
      return new LabelReader(name);
    case "date":
      return new DateReader(name);
    default:
      return new NumberReader(name);
  }
}

/** Reads, for each column that has a reader, all rows of all files. */
export async function readColumns(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  readings: readonly Reading[],
): Promise<void> {
  const readers = readings.flatMap(({ reader }) => reader ?? []);
  for (const scan of readers.length > 0 ? scans : []) await readFile(connection, scan, readers);
}

/** Columns that turned out not to hold numbers: finds out what they hold, and reads that. */
export async function lookAgain(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  readings: readonly Reading[],
): Promise<void> {
  const open = readings.filter(
    ({ authority, reader }) => authority === "cells" && reader instanceof NumberReader && reader.isOther,
  );
  if (open.length === 0) return;
  const names = open.map(({ name }) => name);
  const findings = await inferTypes(connection, scans, names);
  for (const reading of open) {
    const { type, notice } = findings.get(reading.name)!;
    if (reading.isAsked && (type === "identifier" || type === "text"))
      refuseAsked(reading.name, scans[0].file.name, type);
    reading.type = type;
    reading.notice = notice;
    reading.reader = readerOf(reading.name, type);
  }
  await readColumns(connection, scans, open);
}

/** @throws LogdetError (data) that names the first cell that cannot be used */
export async function checkCells(
  connection: DuckDBConnection,
  { reader, type, authority, known }: Reading,
  isMixed: boolean,
): Promise<void> {
  if (reader instanceof NumberReader) {
    await refuseOthers(connection, reader, authority, isMixed);
    await refuseInfinite(connection, reader, authority);
  } else if (reader instanceof LabelReader) {
    if (type === "boolean") refuseUntrue(reader);
    if (authority !== "model") refuseMany(reader);
    if (authority === "model") refuseNumbers(reader, known[0].categories ?? []);
  }
}

/** What a column becomes. */
interface Made {
  /** None, if it is left out. */
  readonly columns: readonly TableColumn[];
  readonly type: ColumnType | undefined;
  readonly notices: readonly string[];
}

/**
 * @param options.taken names that new columns may not have
 * @param options.dropsIdentifiers leave out whole numbers that look like identifiers
 * @param options.dropsEmpty leave out what holds no value
 */
export function columnsOf(
  reading: Reading,
  options: {
    readonly taken: ReadonlySet<string>;
    readonly dropsIdentifiers: boolean;
    readonly dropsEmpty: boolean;
  },
): Made {
  const { name, type, reader, authority, isAsked, known, notice } = reading;
  const leftOut = (why: string[], found = type): Made => ({ columns: [], type: found, notices: why });
  if (reader === undefined) return leftOut(notice === undefined ? [] : [notice]);
  if (options.dropsEmpty && authority !== "model" && reader.missing === reader.length)
    return leftOut([`Column ${name} was left out: it holds no value.`]);

  if (reader instanceof LabelReader) {
    const categories = known[0]?.categories ?? reader.categories(type === "boolean");
    const values = reader.joinCodes(categories);
    return {
      columns: [{ name, values, categories }],
      type,
      notices: unseenNotices(reader, categories, values),
    };
  }
  const values = reader.join();
  if (reader instanceof DateReader) {
    if (authority === "model") return { type, ...knownDates(name, known, values) };
    const columns = splitDates(name, values);
    return {
      columns: columns.map((one) => ({ ...one, name: freeName(one.name, options.taken) })),
      type,
      notices: [],
    };
  }
  const why = options.dropsIdentifiers && !isAsked ? identifierNotice(name, values) : undefined;
  if (why !== undefined) return leftOut([why], "identifier");
  return { columns: [{ name, values }], type, notices: [] };
}

/** A notice of the rows whose category a model has never seen, if there are any. */
function unseenNotices(
  { name, labels }: LabelReader,
  categories: readonly string[],
  codes: Float64Array,
): string[] {
  const rows = codes.reduce((sum, code) => sum + Number(code === categories.length), 0);
  if (rows === 0) return [];
  const code = codeOf(categories);
  const unseen = [...labels.keys()].filter((label) => code(label) === categories.length);
  return [
    `${holding(rows)} a value of ${name} never seen: ${someNames(
      unseen.map((label) => shorten(label)),
      5,
    )}.`,
  ];
}

function knownDates(
  name: string,
  known: readonly KnownColumn[],
  instants: Float64Array,
): { columns: readonly TableColumn[]; notices: string[] } {
  const parts = known.flatMap((column) => (column.part ? [{ ...column, part: column.part }] : []));
  const { columns, strangers } = splitKnownDates(parts, instants);
  const notices = Object.entries(strangers).map(
    ([part, rows]) =>
      `${holding(rows)} a ${name} whose ${part} is not the only one that the model has seen: it does not count.`,
  );
  for (const { name: part, categories, values } of columns) {
    const rows = categories ? values.reduce((sum, code) => sum + Number(code === categories.length), 0) : 0;
    if (rows > 0) notices.push(`${holding(rows)} a value of ${part} never seen.`);
  }
  return { columns, notices };
}

/** "1 row holds", "2 rows hold". */
function holding(rows: number): string {
  return `${count(rows, "row")} hold${rows === 1 ? "s" : ""}`;
}
