// Two tables as two samples of the same columns: matched by name, categories by what they are called.

import { nearestName, type Table, type TableColumn } from "../data/index.js";
import { LogdetError } from "../errors.js";

/** A column of both samples. */
export interface SampledColumn {
  readonly name: string;
  /** One number a row; codes where there are categories; NaN where the cell is missing. */
  readonly reference: Float64Array;
  readonly current: Float64Array;
  /** What code k stands for: the reference's categories, then those that only the new rows have. */
  readonly categories?: readonly string[];
  /** How many of the categories are the reference's. */
  readonly known?: number;
}

export interface Samples {
  readonly columns: readonly SampledColumn[];
  readonly referenceRows: number;
  readonly currentRows: number;
  readonly notices: readonly string[];
}

/** With fewer rows there is nothing to set apart for a density, and no test that would see anything. */
export const fewestReferenceRows = 40;
export const fewestCurrentRows = 10;

/**
 * The columns of the reference in both tables. Columns that are the same constant in both are left out; further columns
 * of the new table are ignored. Missing cells stay: tables have some only where they were read so.
 *
 * @throws LogdetError "data" if a column is missing in the new table or has changed its type, if no column varies or if
 * there are too few rows
 */
export function samplesOf(reference: Table, current: Table): Samples {
  requireRows(reference.rows, fewestReferenceRows, "reference");
  requireRows(current.rows, fewestCurrentRows, "new table");
  const notices: string[] = [];
  const columns: SampledColumn[] = [];
  const constants: string[] = [];
  const missing: string[] = [];
  for (const column of reference.columns) {
    const other = current.columns.find(({ name }) => name === column.name);
    if (other === undefined) missing.push(column.name);
    else if (isConstant(column, other)) constants.push(column.name);
    else columns.push(match(column, other));
  }
  if (missing.length > 0) throw missingColumns(missing, reference, current);
  if (columns.length === 0)
    throw new LogdetError("data", "no column varies: every one has the same value in both tables", {
      hint: "Give columns that vary; constants cannot drift unseen.",
    });
  if (constants.length > 0)
    notices.push(
      `${constants.length === 1 ? "A column that has one value in both tables was" : `${constants.length} columns that have one value in both tables were`} ` +
        `left out: ${constants.join(", ")}.`,
    );
  const extra = current.columns.filter(
    ({ name }) => !reference.columns.some((column) => column.name === name),
  );
  if (extra.length > 0)
    notices.push(`Not in the reference, so not looked at: ${extra.map(({ name }) => name).join(", ")}.`);
  return { columns, referenceRows: reference.rows, currentRows: current.rows, notices };
}

function requireRows(rows: number, fewest: number, which: string): void {
  if (rows >= fewest) return;
  throw new LogdetError(
    "data",
    `the ${which} has ${rows === 1 ? "one row" : `${rows} rows`}; a test of drift needs at least ${fewest}`,
    {
      hint: "Give more rows, or several files.",
    },
  );
}

function missingColumns(missing: readonly string[], reference: Table, current: Table): LogdetError {
  const unused = current.columns
    .map(({ name }) => name)
    .filter((name) => !reference.columns.some((column) => column.name === name));
  const nearest = missing.length === 1 ? nearestName(missing[0], unused) : undefined;
  return new LogdetError(
    "data",
    `${missing.length === 1 ? "a column" : `${missing.length} columns`} of the reference ${missing.length === 1 ? "is" : "are"} missing in the new table: ${missing.join(", ")}`,
    {
      hint: `${nearest === undefined ? "" : `Rename "${nearest}" to "${missing[0]}"? `}To leave columns out: --exclude ${missing.join(",")}`,
    },
  );
}

const isConstant = (a: TableColumn, b: TableColumn) => {
  const value = wordOf(a, a.values[0]);
  return (
    a.values.every((other) => Object.is(wordOf(a, other), value)) &&
    b.values.every((other) => Object.is(wordOf(b, other), value))
  );
};

/** A value as both tables mean it: codes of categories may differ, and zero has no sign. */
const wordOf = ({ categories }: TableColumn, value: number) => categories?.[value] ?? value + 0;

function match(reference: TableColumn, current: TableColumn): SampledColumn {
  const { name, categories } = reference;
  if ((categories === undefined) !== (current.categories === undefined))
    throw new LogdetError(
      "data",
      `the column holds ${categories ? "categories" : "numbers"} in the reference and ${categories ? "numbers" : "categories"} in the new table`,
      { where: [`column ${name}`], hint: `Mend the column, or leave it out: --exclude ${name}` },
    );
  if (categories === undefined || current.categories === undefined)
    return { name, reference: reference.values, current: current.values };
  const all = [...new Set([...categories, ...current.categories])];
  const code = new Map(all.map((category, i) => [category, i]));
  // A code beyond the list is a category that its reader did not know: one more, shared.
  const recode = (column: TableColumn) =>
    column.values.map((value) =>
      Number.isNaN(value) ? value : (code.get(column.categories?.[value] ?? "") ?? all.length),
    );
  return {
    name,
    reference: recode(reference),
    current: recode(current),
    categories: all,
    known: categories.length,
  };
}
