// CSV (RFC 4180) as it comes in a request's body and goes back in an answer's.

import { Refusal, shorten } from "./refusal.js";

const [quote, comma, lineFeed, carriageReturn] = ['"', ",", "\n", "\r"].map((sign) => sign.charCodeAt(0));

/**
 * The records of a text, one by one, so that a long one can be worked on in pieces. Blank lines are none.
 *
 * @throws Refusal 400 if a quote is never closed
 */
export function* csvRecords(text: string): Generator<string[]> {
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  const quoted = (): string => {
    let field = "";
    for (;;) {
      const close = text.indexOf('"', at + 1);
      if (close < 0) throw new Refusal(400, "a quote is never closed", { where: [`character ${at + 1}`] });
      field += text.slice(at + 1, close);
      at = close + 1;
      if (text.charCodeAt(at) !== quote) return field;
      field += '"';
    }
  };
  const plain = (): string => {
    const start = at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === comma || code === lineFeed || code === carriageReturn) break;
    }
    return text.slice(start, at);
  };
  while (at < text.length) {
    const start = at;
    const record: string[] = [];
    for (;;) {
      const isQuoted = text.charCodeAt(at) === quote;
      // What stands behind a closing quote is part of the field, as most programs take it.
      record.push((isQuoted ? quoted() : "") + plain());
      if (text.charCodeAt(at) !== comma) break;
      at++;
    }
    const isBlank = at === start;
    while (at < text.length && text.charCodeAt(at) === carriageReturn) at++;
    if (text.charCodeAt(at) === lineFeed) at++;
    if (!isBlank) yield record;
  }
}

/** The columns' names of a table. @throws Refusal 400 if there are none, or one stands twice */
export function csvHeader(records: Iterator<string[]>): string[] {
  const { done, value: names } = records.next();
  if (done)
    throw new Refusal(400, "the table is empty", {
      hint: "It needs a line with the columns' names, then rows.",
    });
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Refusal(400, `two columns have the same name: "${shorten(name)}"`);
    seen.add(name);
  }
  return names;
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
