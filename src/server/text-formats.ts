// Rows as text: JSON, NDJSON and CSV, by the names that HTTP has for them.

import { csvLine } from "./csv.js";
import type { Row } from "./rows.js";

export type TextFormat = "json" | "ndjson" | "csv";

const names: Readonly<Record<string, TextFormat>> = {
  "application/json": "json",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "text/csv": "csv",
};

/** The type that an answer says it is. */
export const mediaTypes: Readonly<Record<TextFormat, string>> = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
};

/** The first of a header's types that is one of these: Content-Type has one, Accept has several. */
export function textFormat(header = ""): TextFormat | undefined {
  for (const part of header.split(",")) {
    const type = part.split(";")[0].trim().toLowerCase();
    if (Object.hasOwn(names, type)) return names[type];
  }
  return undefined;
}

/** Rows, and the order of their columns: an object's own puts names that are numbers first. */
export interface NamedRows {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}

/** A line a row. */
export const ndjson = (rows: readonly Row[]): string =>
  rows.map((row) => `${JSON.stringify(row, finite)}\n`).join("");

/** The answer with all rows. */
export function rowsResponse(format: TextFormat, model: string, { names, rows }: NamedRows): Response {
  const text =
    format === "json"
      ? JSON.stringify({ model, rows }, finite)
      : format === "ndjson"
        ? ndjson(rows)
        : [names, ...rows.map((row) => names.map((name) => row[name]))].map(csvLine).join("");
  return new Response(text, { headers: { "Content-Type": mediaTypes[format] } });
}

/** JSON has no infinity: it writes null, and so do we, knowingly. */
const finite = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? null : value;
