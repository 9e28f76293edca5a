// CSV as it comes in a request's body and goes back in an answer's.

import { parseRecords } from "../data/records.js";
import { Refusal, shorten } from "./refusal.js";

export interface CsvTable {
  readonly names: readonly string[];
  /** Cells as text, one a name. */
  readonly records: readonly (readonly string[])[];
}

/**
 * Reads CSV (RFC 4180) with a header.
 *
 * @throws Refusal 400 if there is no header, a name stands twice, or a row has more or fewer cells than the header
 */
export function readCsv(text: string): CsvTable {
  const [names, ...records] = parseRecords(text.replace(/^\uFEFF/, ""), ",");
  if (names === undefined)
    throw new Refusal(400, "the table is empty", {
      hint: "It needs a line with the columns' names, then rows.",
    });
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Refusal(400, `two columns have the same name: "${shorten(name)}"`);
    seen.add(name);
  }
  for (const [i, record] of records.entries())
    if (record.length !== names.length)
      throw new Refusal(400, `${record.length} cells where the header has ${names.length} names`, {
        where: [`row ${i + 1}`],
      });
  return { names, records };
}

/** A line of CSV with its end; null and NaN are empty cells. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(",")}\n`;
}

function csvCell(cell: unknown): string {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return "";
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
