// A table in memory: named float64 columns of numbers and of codes for categories. Where it came from is kept for
// messages and so that results can be put back beside the rows they belong to.

import { LogdetError } from "../errors.js";
import { codeOf, encodeLabels } from "./categories.js";
import type { ColumnType } from "./column-types.js";

export interface TableColumn {
  readonly name: string;
  /**
   * One value a row: finite, or NaN where it is missing and missing cells were asked for. Of a categorical column: k for
   * `categories[k]`, and `categories.length` for what is none of them.
   */
  readonly values: Float64Array;
  /** What the codes of a categorical column stand for. */
  readonly categories?: readonly string[];
  /** Which part of a date this column is. */
  readonly part?: DatePart;
}

/** A column as a model knows it. */
export type KnownColumn = Pick<TableColumn, "name" | "categories" | "part">;

/**
 * Whole weeks since Monday 1970-01-05; the day of the week, a category; hours since midnight. The instant is their sum, and
 * they follow from it. Times count as they are written, whatever offset from UTC follows; what Parquet keeps in UTC is in
 * UTC.
 */
export type DatePartName = "week" | "weekday" | "hour";

/** What must be known of a column that is part of a date, for other dates to be taken apart in the same way. */
export interface DatePart {
  /** The date's column. */
  readonly source: string;
  readonly part: DatePartName;
  /** Hour at which days begin, in [0, 24): hours lie in [cut, cut + 24). Absent: 0. */
  readonly cut?: number;
  /** The parts that never vary and are no columns, weekdays as 0 (Monday) … 6. */
  readonly fixed?: Readonly<Partial<Record<DatePartName, number>>>;
  /** What the times of day are whole multiples of, seconds; absent where there is no such unit, or no time of day. */
  readonly unit?: number;
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  /** Rows in the files, those with missing values included. */
  readonly sourceRows: number;
  /** For each row here, its place (from 0) among the `sourceRows`; undefined when all of them are here. */
  readonly rowIndex: Uint32Array | undefined;
  /** Every column of the files, the ones not used included. */
  readonly sourceColumns: readonly string[];
  /**
   * What the files' columns hold, where that was asked for or found out: all but columns of numbers, which are told apart
   * by `analyzeColumns`. Columns that were left out are among them.
   */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** What the user should know, a sentence or two each. */
  readonly notices: readonly string[];
}

/** A column in memory. */
export interface GivenColumn {
  readonly name: string;
  /** Numbers, of which NaN is missing; codes, if there are `categories`; or text and truth values, null being missing. */
  readonly values: ArrayLike<number> | readonly (string | boolean | null)[];
  /** What codes stand for. Default: the different values of text, sorted. */
  readonly categories?: readonly string[] | undefined;
  readonly part?: DatePart | undefined;
}

/**
 * A table from columns that are in memory already.
 *
 * @param options.missing whether missing cells may stay ("cells"); they are an error by default
 * @throws LogdetError (shape) if the columns differ in length or two have the same name; (data) if a value is not finite,
 *   or no code where there are categories
 *
 * @example tableFromColumns([{ name: "x", values: [1, 2.5] }, { name: "kind", values: ["a", "b"] }])
 */
export function tableFromColumns(
  given: readonly GivenColumn[],
  { missing = "error" }: { readonly missing?: "error" | "cells" } = {},
): Table {
  if (given.length === 0) throw new LogdetError("shape", "a table needs at least one column");
  const rows = given[0].values.length;
  const names = new Set<string>();
  for (const { name, values } of given) {
    if (names.has(name)) throw new LogdetError("shape", `two columns have the same name: "${name}"`);
    names.add(name);
    if (values.length !== rows)
      throw new LogdetError("shape", `columns must have equal lengths, got ${rows} and ${values.length}`, {
        where: [`column ${name}`],
      });
  }
  const columns = given.map(toColumn);
  for (const { name, values, categories } of columns) {
    const fits = (value: number) =>
      categories ? Number.isInteger(value) && value >= 0 : Number.isFinite(value);
    const wrong = values.findIndex((value) => !fits(value) && !(missing === "cells" && Number.isNaN(value)));
    if (wrong < 0) continue;
    const problem = categories && !Number.isNaN(values[wrong]) ? "no code of a category" : "not finite";
    throw new LogdetError("data", `${values[wrong]} is ${problem}`, {
      where: [`row ${wrong + 1}`, `column ${name}`],
    });
  }
  return { columns, rows, sourceRows: rows, rowIndex: undefined, sourceColumns: [...names], notices: [] };
}

function toColumn({ name, values, categories, part }: GivenColumn): TableColumn {
  const rest = { name, ...(part ? { part } : {}) };
  const known = categories ? { categories } : {};
  if (isNumeric(values))
    return { ...rest, values: Float64Array.from(values, (value) => value ?? Number.NaN), ...known };
  const cells = values.map((cell) => (cell === null ? null : String(cell)));
  if (categories === undefined) return { ...rest, ...encodeLabels(cells) };
  const code = codeOf(categories);
  return {
    ...rest,
    values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : code(cell))),
    ...known,
  };
}

function isNumeric(values: GivenColumn["values"]): values is ArrayLike<number> {
  return (
    ArrayBuffer.isView(values) ||
    !Array.from<unknown>(values).some((cell) => typeof cell === "string" || typeof cell === "boolean")
  );
}

/**
 * A table from a row-major matrix.
 *
 * @param values [rows, dim], row after row
 * @param dim the number of columns
 * @param names one a column; default x1, x2, …
 * @throws LogdetError as `tableFromColumns`; (shape) if `values` is no whole number of rows
 */
export function tableFromRows(values: ArrayLike<number>, dim: number, names?: readonly string[]): Table {
  if (!Number.isInteger(dim) || dim < 1 || values.length % dim !== 0)
    throw new LogdetError("shape", `${values.length} values are not rows of ${dim}`);
  if (names !== undefined && names.length !== dim)
    throw new LogdetError("shape", `expected ${dim} names, got ${names.length}`);
  const rows = values.length / dim;
  return tableFromColumns(
    Array.from({ length: dim }, (_, d) => {
      const column = new Float64Array(rows);
      for (let i = 0; i < rows; i++) column[i] = values[i * dim + d];
      return { name: names?.[d] ?? `x${d + 1}`, values: column };
    }),
  );
}

/**
 * Results for the rows of `table` laid out for the rows of its files: NaN where a row was left out.
 *
 * @param values one number a row of `table`
 * @returns one number a source row
 */
export function toSourceRows(table: Table, values: ArrayLike<number>): Float64Array {
  if (values.length !== table.rows)
    throw new LogdetError("shape", `expected ${table.rows} values, got ${values.length}`);
  const { rowIndex } = table;
  if (rowIndex === undefined) return Float64Array.from(values);
  const out = new Float64Array(table.sourceRows).fill(Number.NaN);
  for (let i = 0; i < rowIndex.length; i++) out[rowIndex[i]] = values[i];
  return out;
}
