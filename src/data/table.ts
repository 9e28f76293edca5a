// A table of numbers in memory: named float64 columns, nothing missing. Where it came from is kept for messages and
// so that results can be put back beside the rows they belong to.

import { LogdetError } from "../errors.js";

export interface NumericColumn {
  readonly name: string;
  /** One finite value a row. */
  readonly values: Float64Array;
}

export interface Table {
  readonly columns: readonly NumericColumn[];
  readonly rows: number;
  /** Rows in the files, those with missing values included. */
  readonly sourceRows: number;
  /** For each row here, its place (from 0) among the `sourceRows`; undefined when all of them are here. */
  readonly rowIndex: Uint32Array | undefined;
  /** Every column of the files, the ones not used included. */
  readonly sourceColumns: readonly string[];
  /** What the user should know, a sentence or two each. */
  readonly notices: readonly string[];
}

/**
 * A table from columns that are in memory already.
 *
 * @throws LogdetError (shape) if the columns differ in length or two have the same name; (data) if a value is not finite
 *
 * @example tableFromColumns([{ name: "x", values: [1, 2.5] }, { name: "y", values: [0, 3] }])
 */
export function tableFromColumns(
  columns: readonly { readonly name: string; readonly values: ArrayLike<number> }[],
): Table {
  if (columns.length === 0) throw new LogdetError("shape", "a table needs at least one column");
  const rows = columns[0].values.length;
  const names = new Set<string>();
  for (const { name, values } of columns) {
    if (names.has(name)) throw new LogdetError("shape", `two columns have the same name: "${name}"`);
    names.add(name);
    if (values.length !== rows)
      throw new LogdetError("shape", `columns must have equal lengths, got ${rows} and ${values.length}`, {
        where: [`column ${name}`],
      });
    for (let i = 0; i < rows; i++)
      if (!Number.isFinite(values[i]))
        throw new LogdetError("data", `${values[i]} is not finite`, {
          where: [`row ${i + 1}`, `column ${name}`],
        });
  }
  return {
    columns: columns.map(({ name, values }) => ({ name, values: Float64Array.from(values) })),
    rows,
    sourceRows: rows,
    rowIndex: undefined,
    sourceColumns: [...names],
    notices: [],
  };
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
