// Reasons as people read them.

import type { ColumnConfig } from "../model/index.js";
import type { ExplanationMethod } from "./method.js";

/** What stands in a cell: a number, a category, or nothing. */
export type Cell = number | string | null;

/** What a category that the model has never seen is called. */
const neverSeen = "(never seen)";

/** What must be known of a column to read its cells. */
export interface CellKind {
  readonly kind: ColumnConfig["kind"];
  readonly categories?: readonly string[] | undefined;
}

/** A number of `Rows` as the cell that it stands for. */
export function cellOf({ kind, categories = [] }: CellKind, value: number): Cell {
  if (Number.isNaN(value)) return null;
  return kind === "categorical" ? (categories[value] ?? neverSeen) : value;
}

/** A reason, as `explain` gives it. */
interface Part {
  readonly column: string;
  readonly value: Cell;
  readonly expected: Cell;
  readonly nats: number;
}

/** Contributions below this are not worth a word, in nats. */
const worthAWord = 0.05;

/**
 * The reasons of a row in words, those that make it stranger: "pressure 9.1 is 4.2 nats less likely than the 6.3 expected
 * given the rest; …". Empty if there are none.
 */
export function reasonsInWords(
  { sentence }: Pick<ExplanationMethod, "sentence">,
  reasons: readonly Part[],
  columns: readonly ColumnConfig[],
): string {
  return reasons
    .filter(({ nats, value }) => nats >= worthAWord && value !== null)
    .map((reason) => {
      const [value, expected] = cellWords(
        reason,
        columns.find(({ name }) => name === reason.column)?.scale ?? 1,
      );
      return sentence({ column: reason.column, value, expected, nats: natsInWords(reason.nats) });
    })
    .join("; ");
}

/** "4.2"; of large numbers what a reader can take in. */
const natsInWords = (nats: number) => (Math.abs(nats) >= 1e6 ? nats.toPrecision(2) : nats.toFixed(1));

/**
 * Value and expectation as texts. Numbers get the digits that tell the two apart: two of their difference, or of the
 * column's standard deviation where that is smaller; the value itself one more.
 */
export function cellWords(
  { value, expected }: Pick<Part, "value" | "expected">,
  scale: number,
): [string, string] {
  const difference =
    typeof value === "number" && typeof expected === "number" ? Math.abs(value - expected) : 0;
  const digits = 1 - Math.floor(Math.log10(Math.min(scale, difference || scale)));
  const words = (cell: Cell, more: number) =>
    typeof cell === "number"
      ? rounded(cell, digits + more)
      : cell === null
        ? "missing"
        : JSON.stringify(cell);
  return [words(value, 1), words(expected, 0)];
}

/** A number to so many decimals; negative: to tens, hundreds … */
function rounded(value: number, decimals: number): string {
  if (decimals > 15 || Math.abs(value) >= 1e15) return String(Number(value.toPrecision(6)));
  const unit = 10 ** -decimals;
  return String(
    Number((decimals > 0 ? value : Math.round(value / unit) * unit).toFixed(Math.max(0, decimals))),
  );
}
