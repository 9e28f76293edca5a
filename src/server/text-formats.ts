// Rows as text: JSON, NDJSON and CSV, by the names that HTTP has for them.

import { csvLine } from "./csv.js";
import type { Row } from "./rows.js";

export type TextFormat = "json" | "ndjson" | "csv";

const formats: Readonly<Record<string, TextFormat>> = {
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
    if (Object.hasOwn(formats, type)) return formats[type];
  }
  return undefined;
}

/** A line a row. JSON has no infinity: it writes null for what is not finite. */
export const ndjson = (rows: readonly Row[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/**
 * An answer of rows, made in pieces.
 *
 * @example
 * const writer = new RowsWriter("csv", "weather", ["a", "b"])
 * writer.add([{ a: 1, b: 2 }])
 * return writer.response()
 */
export class RowsWriter {
  readonly #format: TextFormat;
  readonly #model: string;
  readonly #names: readonly string[];
  readonly #pieces: string[] = [];

  /** @param names the columns' order in CSV: an object's own puts names that are numbers first */
  constructor(format: TextFormat, model: string, names: readonly string[]) {
    this.#format = format;
    this.#model = model;
    this.#names = names;
  }

  add(rows: readonly Row[]): void {
    if (rows.length > 0) this.#pieces.push(this.#text(rows));
  }

  response(): Response {
    return new Response(this.#body(), { headers: { "Content-Type": mediaTypes[this.#format] } });
  }

  #text(rows: readonly Row[]): string {
    if (this.#format === "ndjson") return ndjson(rows);
    if (this.#format === "json") return rows.map((row) => JSON.stringify(row)).join(",");
    return rows.map((row) => csvLine(this.#names.map((name) => row[name]))).join("");
  }

  #body(): string {
    if (this.#format === "ndjson") return this.#pieces.join("");
    if (this.#format === "csv") return csvLine(this.#names) + this.#pieces.join("");
    return `{"model":${JSON.stringify(this.#model)},"rows":[${this.#pieces.join(",")}]}`;
  }
}
