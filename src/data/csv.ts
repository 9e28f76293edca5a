// What a CSV file looks like: its delimiter and its header. DuckDB reads the rows; it is told the dialect rather than
// left to guess it, because its guess silently turns a file with one ragged row into a table of one text column.

import type { DuckDBConnection } from "@duckdb/node-api";
import { LogdetError } from "../errors.js";
import { literalPath } from "./duckdb.js";
import { readingFailed } from "./messages.js";
import { freeName } from "./names.js";
import { misplacedQuotes, parseRecords } from "./records.js";
import type { SourceFile } from "./sources.js";

/** How a CSV file is written. */
export interface CsvDialect {
  readonly delimiter: string;
  /** Column names, in the file's order, never empty, never twice the same. */
  readonly names: readonly string[];
  /** Blank lines before the header. */
  readonly skip: number;
}

const DELIMITERS = [",", "\t", ";", "|"];

/** Lines looked at to tell the delimiter. */
const SAMPLE_LINES = 100;

/** The first lines of a text file, decompressed, without their ends; a blank line is "". */
export async function firstLines(connection: DuckDBConnection, file: SourceFile): Promise<string[]> {
  // A delimiter that no text file holds makes each line one field.
  const sql = `SELECT line FROM read_csv(?, auto_detect = false, header = false, columns = {line: 'VARCHAR'},
    delim = '\u0001', quote = '', escape = '', strict_mode = false, compression = ?) LIMIT ${SAMPLE_LINES}`;
  try {
    const reader = await connection.runAndReadAll(sql, [literalPath(file.path), file.compression]);
    return reader.getRows().map(([line]) => (line === null ? "" : String(line)));
  } catch (error) {
    throw readingFailed(file, error);
  }
}

/**
 * Tells delimiter and header from a file's first lines: the delimiter with which most lines have as many fields as the
 * header has, quotes stand where they belong, and the fields are most.
 *
 * @param delimiter given where the file's name or the user says it
 * @throws LogdetError (data) if two columns have the same name or the header is a row of numbers
 */
export function csvDialect(lines: readonly string[], file: SourceFile, delimiter?: string): CsvDialect {
  const skip = lines.findIndex((line) => line.trim() !== "");
  const text = lines
    .slice(skip)
    .join("\n")
    .replace(/^\uFEFF/, "");
  let best = { delimiter: delimiter ?? ",", agreement: 0, misplaced: 0, width: 1 };
  for (const candidate of delimiter === undefined ? DELIMITERS : []) {
    const records = parseRecords(text, candidate);
    const width = records[0].length;
    const agreement = records.filter((record) => record.length === width).length / records.length;
    const misplaced = misplacedQuotes(text, candidate);
    // As many fields in every line may be chance; quotes in the right places are not.
    const isBetter = agreement - best.agreement || best.misplaced - misplaced || width - best.width;
    if (width > 1 && isBetter > 0) best = { delimiter: candidate, agreement, misplaced, width };
  }
  const header = parseRecords(text, best.delimiter)[0];
  if (header.every((name) => name.trim() !== "" && Number.isFinite(Number(name))))
    throw new LogdetError("data", "the first line holds numbers where the column names should be", {
      where: [file.name],
      hint: "Put a line with the names of the columns at the top of the file.",
    });
  refuseDuplicates(header, file);
  const taken = new Set(header);
  const names = header.map((name, i) => {
    if (name !== "") return name;
    const free = freeName(`column${i + 1}`, taken); // the unnamed index column of many exports
    taken.add(free);
    return free;
  });
  return { delimiter: best.delimiter, names, skip };
}

function refuseDuplicates(header: readonly string[], file: SourceFile): void {
  const seen = new Map<string, number>();
  header.forEach((name, i) => {
    const first = seen.get(name);
    if (first !== undefined && name !== "")
      throw new LogdetError(
        "data",
        `two columns have the same name: "${name}" is column ${first + 1} and column ${i + 1}`,
        {
          where: [file.name],
          hint: "Give each column a name of its own.",
        },
      );
    seen.set(name, i);
  });
}
