// What columns hold that do not hold numbers, and which whole numbers are no measurements. Every cell has a say, not a
// sample.

import type { DuckDBConnection } from "@duckdb/node-api";
import { type ColumnType, typesFlag } from "./column-types.js";
import { count, shorten } from "./messages.js";
import { instantSql, labelSql, type Scan } from "./scan.js";

/** A column with more different values than this is not taken for one of categories by itself. */
export const fewCategories = 100;

/** Identifiers are short, seldom hold a blank and are seldom the same; the share that may be otherwise. */
const identifierLength = 64;
const exceptions = 0.05;

/** With fewer rows 1, 2, 3, … may be chance. */
const fewestCounted = 10;

const TRUE = "'true', 'yes', 't', 'y'";
const FALSE = "'false', 'no', 'f', 'n'";

/** What a column turned out to hold. */
export interface Finding {
  readonly type: Extract<ColumnType, "categorical" | "boolean" | "date" | "identifier" | "text">;
  /** Why the column is left out: a sentence or two. */
  readonly notice?: string;
}

/** What all cells of a column, read as text, say together. Missing cells do not count. */
interface Summary {
  readonly cells: number;
  readonly distinct: number;
  readonly dates: number;
  /** Cells that say true or false, and how many of the two occur. */
  readonly truths: number;
  readonly distinctTruths: number;
  readonly longest: number;
  readonly spaced: number;
  /** Cells of digits and marks without a letter, as 12,5 or 31.12.2024, and one of them. */
  readonly figures: number;
  readonly figure: string;
}

/**
 * What columns of text, truth values and dates hold.
 *
 * - date: most cells are dates;
 * - boolean: all say true/false, yes/no, t/f or y/n, and both occur;
 * - categorical: at most 100 different values, and two cells for each on average;
 * - identifier: nearly all differ, are short and hold no blanks;
 * - text: all else.
 *
 * @param names columns most of whose cells are no numbers
 */
export async function inferTypes(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  names: readonly string[],
): Promise<Map<string, Finding>> {
  const isDate = (name: string) =>
    scans.every(({ columns }) => columns.find((column) => column.name === name)?.kind === "date");
  const summaries = await summarize(
    connection,
    scans,
    names.filter((name) => !isDate(name)),
  );
  return new Map(
    names.map((name) => {
      const summary = summaries.get(name);
      return [name, summary === undefined ? { type: "date" } : judge(name, summary)];
    }),
  );
}

async function summarize(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  names: readonly string[],
): Promise<Map<string, Summary>> {
  if (names.length === 0) return new Map();
  const selects = scans.map((scan) => {
    const labels = names.map((name, k) => {
      const i = scan.columns.findIndex((column) => column.name === name);
      return `${labelSql(scan, i)} AS t${k}`;
    });
    return `SELECT ${labels.join(", ")} FROM ${scan.from}`;
  });
  const summaries = names.flatMap((_, k) => [
    `count(t${k})`,
    `count(DISTINCT t${k})`,
    `count(${instantSql(`t${k}`)})`,
    `count(*) FILTER (lower(t${k}) IN (${TRUE}, ${FALSE}))`,
    `count(DISTINCT lower(t${k}) IN (${TRUE}))`,
    `max(length(t${k}))`,
    `count(*) FILTER (contains(t${k}, ' '))`,
    `count(*) FILTER (regexp_full_match(t${k}, '[^\\pL]*[0-9][^\\pL]*'))`,
    `min(t${k}) FILTER (regexp_full_match(t${k}, '[^\\pL]*[0-9][^\\pL]*'))`,
  ]);
  const reader = await connection.runAndReadAll(
    `SELECT ${summaries.join(", ")} FROM (${selects.join(" UNION ALL ")})`,
    scans.flatMap((scan) => [...scan.parameters]),
  );
  const [answers] = reader.getRows();
  const width = answers.length / names.length;
  return new Map(
    names.map((name, k) => {
      const [cells, distinct, dates, truths, distinctTruths, longest, spaced, figures] = answers
        .slice(k * width)
        .map(Number);
      const figure = String(answers[(k + 1) * width - 1]);
      return [name, { cells, distinct, dates, truths, distinctTruths, longest, spaced, figures, figure }];
    }),
  );
}

function judge(name: string, summary: Summary): Finding {
  const { cells, distinct, dates, truths, distinctTruths, longest, spaced, figures, figure } = summary;
  if (2 * dates > cells) return { type: "date" };
  if (truths === cells && distinctTruths === 2) return { type: "boolean" };
  if (distinct <= fewCategories && distinct <= Math.max(2, cells / 2)) return { type: "categorical" };

  const found = `${count(distinct, "different value")} in ${count(cells, "cell")}`;
  const leftOut = (what: string) =>
    `Column ${name} was left out: it holds ${what}. To use its values as categories: ${typesFlag(name, "categorical")}.`;
  if (2 * figures > cells)
    return {
      type: "text",
      notice: leftOut(
        `text such as ${shorten(figure)}, neither a number (1234.5) nor a date (2024-02-29) as they are read here`,
      ),
    };
  const isIdentifier =
    distinct >= (1 - exceptions) * cells && longest <= identifierLength && spaced <= exceptions * cells;
  return isIdentifier
    ? { type: "identifier", notice: leftOut(`identifiers (${found})`) }
    : { type: "text", notice: leftOut(`text (${found})`) };
}

/**
 * Why a column of numbers is an identifier, which is left out: it counts the rows from 0 or 1 on, or is named as one
 * (id, customer_id, customerId) and holds a different whole number in every row. Undefined if it is none.
 */
export function identifierNotice(name: string, values: Float64Array): string | undefined {
  const isCounter =
    values.length >= fewestCounted &&
    (values[0] === 0 || values[0] === 1) &&
    values.every((value, i) => value === values[0] + i);
  const reason = isCounter
    ? "it numbers the rows"
    : "it holds identifiers, another whole number in every row";
  if (isCounter || (isNamedIdentifier(name) && isDistinctIntegers(values)))
    return `Column ${name} was left out: ${reason}. To use it: ${typesFlag(name, "integer")}.`;
  return undefined;
}

function isNamedIdentifier(name: string): boolean {
  return /^(.*[^\p{L}])?(id|uid|uuid|guid)$/iu.test(name) || /\p{Ll}(Id|ID)$/u.test(name);
}

function isDistinctIntegers(values: Float64Array): boolean {
  return values.length > 1 && values.every(Number.isInteger) && new Set(values).size === values.length;
}
