// What the messages of this room are made of: DuckDB's complaints turned into errors of ours, and short pieces of text.

import { LogdetError } from "../errors.js";
import type { SourceFile } from "./sources.js";

/** What DuckDB says when it cannot read a file, as an error of ours. */
export function readingFailed(file: SourceFile, error: unknown): LogdetError {
  const text = error instanceof Error ? error.message : String(error);
  const where = [file.name];
  const line = /CSV Error on Line: (\d+)/.exec(text);
  if (line) {
    // DuckDB counts records here, the header included (blank lines too, lines inside quotes not).
    where.push(`row ${Number(line[1]) - 1}`);
    const original = shorten(
      /Original Line: ([\s\S]*?)\n(?:Expected|Value|Invalid|Possible)/.exec(text)?.[1].trim() ?? "",
    );
    const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
    if (fields)
      return new LogdetError(
        "data",
        `found ${count(Number(fields[2]), "field")} where the header has ${fields[1]}: ${original}`,
        { where, hint: "Mend that line: each row needs one field a column.", cause: error },
      );
    if (/unterminated quote/.test(text))
      return new LogdetError("data", `a quoted field does not end: ${original}`, {
        where,
        hint: 'A double quote inside a quoted field is written twice: "".',
        cause: error,
      });
  }
  if (/utf-?8|unicode/i.test(text))
    return new LogdetError("data", "the file is not UTF-8 text", {
      where,
      hint: "Save it as UTF-8, or check that it is a table at all.",
      cause: error,
    });
  if (/invalid state/.test(text))
    return new LogdetError("data", "the lines end in more than one way, or quotes are misplaced", {
      where: [file.name],
      hint: "Save the file with one kind of line end.",
      cause: error,
    });
  const format = { csv: "CSV", tsv: "TSV", parquet: "Parquet", json: "JSON" }[file.format ?? "csv"];
  // "Invalid Input Error: Malformed JSON in file "x", at byte 6 in record/value 3: unexpected end of data."
  const reason = text
    .split("\n")[0]
    .replace(/^[A-Za-z ]+ Error: /, "")
    .replaceAll(file.path, file.name);
  return new LogdetError("data", `this is not valid ${format}: ${shorten(reason, 200)}`, {
    where: [file.name],
    hint: "The file may be damaged or of another format.",
    cause: error,
  });
}

/** Text for a message: on one line, cut where it is long. */
export function shorten(text: string, most = 40): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

/** "1 row", "2 rows". */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}
