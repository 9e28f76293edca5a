// The text of --given as cells of a row: columns found by name, categories by theirs, dates taken apart.

import { splitKnownDates } from "../data/dates.js";
import { codeOf, nearestName, parseNames, readInstant, type WrittenInstant } from "../data/index.js";
import { someNames } from "../data/names.js";
import { LogdetError } from "../errors.js";
import type { ColumnConfig, Model } from "../model/index.js";

/** What is known of a row. */
export interface GivenCells {
  /** [columns], NaN where nothing is known; categories as codes. */
  readonly cells: Float64Array;
  /** What was understood: column and value, as the model has them. */
  readonly given: Readonly<Record<string, string | number>>;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/**
 * Reads `species=Adelie,bill_length_mm=39.1`; a name or value with a comma in quotes: `"height, cm=180"`.
 *
 * A date is given by its column: `when=2024-02-29T13:45`; without a time of day, that stays unknown.
 *
 * @throws LogdetError "usage" if there is no such column or category, a number is none, or a column is given twice.
 */
export function parseGiven({ columns }: Model, text: string): GivenCells {
  const cells = new Float64Array(columns.length).fill(Number.NaN);
  const given: Record<string, string | number> = {};
  const notes: string[] = [];
  const items = parseNames(text).filter((item) => item.trim() !== "");
  if (items.length === 0)
    throw new LogdetError("usage", "--given names no column", { hint: `For example: ${example(columns)}.` });
  for (const item of items) {
    const { name, value } = split(item, columns);
    if (name in given) throw new LogdetError("usage", `--given: the column "${name}" is given twice`);
    const own = columns.findIndex((column) => column.name === name);
    if (own >= 0) {
      cells[own] = cellOf(columns[own], value, notes);
      given[name] = columns[own].categories?.[cells[own]] ?? cells[own];
    } else {
      for (const [c, cell] of datesOf(name, value, columns, notes)) cells[c] = cell;
      given[name] = value;
    }
  }
  return { cells, given, notes };
}

const sourcesOf = (columns: readonly ColumnConfig[]): string[] => [
  ...new Set(columns.flatMap(({ part }) => part?.source ?? [])),
];

/** `name=value`, at the "=" that leaves a column's name before it: names may have one, too. */
function split(item: string, columns: readonly ColumnConfig[]): { name: string; value: string } {
  const names = [...columns.map(({ name }) => name), ...sourcesOf(columns)];
  for (let at = item.indexOf("="); at >= 0; at = item.indexOf("=", at + 1)) {
    const name = item.slice(0, at);
    const found = names.includes(name) ? name : names.find((one) => one === name.trim());
    if (found === undefined) continue;
    const value = item.slice(at + 1).trim();
    if (value === "")
      throw new LogdetError("usage", `--given: there is no value for the column "${found}"`, {
        hint: `A column that is not known is left out: ${example(columns)}.`,
      });
    return { name: found, value };
  }
  const at = item.indexOf("=");
  if (at < 0)
    throw new LogdetError("usage", `--given: "${item}" has no value`, {
      hint: `Write a column and its value: ${example(columns)}. A comma within one takes quotes: '"height, cm=180"'.`,
    });
  const asked = item.slice(0, at).trim();
  const nearest = nearestName(asked, names);
  throw new LogdetError("usage", `--given: the model has no column "${asked}"`, {
    hint: `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}Its columns are ${someNames(names)}.`,
  });
}

const example = ([{ name, categories, minimum }]: readonly ColumnConfig[]): string =>
  `--given "${name}=${categories?.[0] ?? minimum}"`;

function cellOf(column: ColumnConfig, text: string, notes: string[]): number {
  const { name, categories, minimum, maximum } = column;
  if (categories) {
    const code = codeOf(categories)(text);
    if (code < categories.length) return code;
    const nearest = nearestName(text, categories);
    throw new LogdetError("usage", `--given: "${text}" is no category of the column "${name}"`, {
      hint: `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}It has ${someNames(categories)}.`,
    });
  }
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new LogdetError("usage", `--given: "${text}" is not a number, as the column "${name}" takes`);
  if (value < minimum || value > maximum)
    notes.push(
      `${name} = ${value} lies outside of what the data had (${minimum} to ${maximum}): the model has to guess there.`,
    );
  return value;
}

/** The cells of a date's parts. */
function datesOf(
  source: string,
  text: string,
  columns: readonly ColumnConfig[],
  notes: string[],
): [place: number, cell: number][] {
  const { instant, hasTime } = parseInstant(source, text);
  const known = columns.flatMap((column, c) =>
    column.part?.source === source
      ? [{ c, name: column.name, categories: column.categories, part: column.part }]
      : [],
  );
  const { columns: parts, strangers } = splitKnownDates(known, Float64Array.of(instant));
  for (const part of Object.keys(strangers))
    if (part !== "hour" || hasTime)
      notes.push(
        `All dates of ${source} in the data had the same ${part}; this one has another, which is left out.`,
      );
  return known.flatMap(({ c, name, categories, part }, i): [number, number][] => {
    if (part.part === "hour" && !hasTime) return [];
    const [cell] = parts[i].values;
    if (categories && cell >= categories.length)
      throw new LogdetError("usage", `--given: ${text} falls on a day that the data of ${name} never had`, {
        hint: `They had ${categories.join(", ")}.`,
      });
    const { minimum, maximum } = columns[c];
    if (cell < minimum || cell > maximum)
      notes.push(
        `${source} = ${text} lies outside of the dates that the data had: the model has to guess there.`,
      );
    return [[c, cell]];
  });
}

/** Microseconds since 1970. Without a time of day, the day's last second, which is within it wherever days are cut. */
function parseInstant(source: string, text: string): WrittenInstant {
  const read = readInstant(text);
  if (read) return read.hasTime ? read : { ...read, instant: read.instant + 86_399e6 };
  throw new LogdetError("usage", `--given: "${text}" is not a date, as the column "${source}" takes`, {
    hint: "Write 2024-02-29 or 2024-02-29T13:45:00.",
  });
}
