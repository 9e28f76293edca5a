// What a column can hold. Reading tells numbers from categories, dates, identifiers and text; what kind of number it is
// follows from the values, in columns.ts.

import { LogdetError } from "../errors.js";
import { formatNames, nearestName } from "./names.js";

/** What a column holds, in the words of `--types`. */
export const columnTypes = [
  "continuous",
  "positive",
  "interval",
  "heavy-tailed",
  "integer",
  "categorical",
  "boolean",
  "date",
  "identifier",
  "text",
] as const;

/**
 * What a column holds.
 *
 * Numbers: `continuous` (the whole line), `positive` (a half-line), `interval`, `heavy-tailed`, `integer`. Codes of
 * categories: `categorical`, `boolean`. `date`: an instant, which becomes columns of its own, one a part. Left out:
 * `identifier` (tells rows apart, says nothing of them) and `text`.
 */
export type ColumnType = (typeof columnTypes)[number];

/** @throws LogdetError (usage) if there is no such type */
export function checkType(type: string, column: string): ColumnType {
  const known = columnTypes.find((one) => one === type);
  if (known !== undefined) return known;
  const nearest = nearestName(type, columnTypes);
  throw new LogdetError("usage", `there is no column type "${type}"`, {
    where: [`column ${column}`],
    hint: `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}The types are: ${columnTypes.join(", ")}.`,
  });
}

/** What to type for a column to be taken for what it is not taken for by itself. */
export function typesFlag(name: string, type: ColumnType): string {
  return `--types ${formatNames([`${name}=${type}`])}`;
}
