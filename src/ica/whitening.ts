// The map from a table's columns to uncorrelated ones of unit variance, where a separation starts.

import { analyzeColumns, findCollinear, type Table } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { symmetricEigen } from "./symmetric-eigen.js";

/** z = u map and u = z back for standardised columns u = (x − mean) / standardDeviation. */
export interface Whitening {
  /** The standardised columns u. */
  readonly standard: readonly Float64Array[];
  /** [D], in the columns' units. */
  readonly mean: Float64Array;
  /** [D], > 0, in the columns' units. */
  readonly standardDeviation: Float64Array;
  /** Row-major [D, n]: the map to n principal components of the standardised columns, each of unit variance. */
  readonly map: Float64Array;
  /** Row-major [n, D]: where a row's components came from, the closest in squares if n < D. */
  readonly back: Float64Array;
  /**
   * Row-major [n, n]: the rotation from which a separation starts. With all components it makes z as close to the
   * standardised columns as white columns can be; with fewer it is the identity.
   */
  readonly start: Float64Array;
}

/** Rows of all columns that are worked on together: they stay in the cache. */
const blockSize = 1024;
/** An eigenvalue of the correlation matrix, as a share of the largest, below which it is rounding. */
const rounding = 1e-10;

/**
 * Whitens the columns of a table. O(rows D² + D³).
 *
 * @param components how many principal components to keep; default all
 * @throws LogdetError "data" if a column is constant, if there are fewer rows than columns or no more, or if columns
 * determine each other; "usage" if there are fewer columns than components
 */
export function whiten(table: Table, components?: number): Whitening {
  const { columns, rows } = table;
  const dim = columns.length;
  if (rows <= dim)
    throw new LogdetError(
      "data",
      `there are ${dim} columns but only ${rows} rows: sources cannot be told apart`,
      {
        hint: "Give more rows, or fewer columns.",
      },
    );
  const n = components ?? dim;
  if (n > dim)
    throw new LogdetError("usage", `${n} components cannot be found in ${dim} columns`, {
      hint: `Ask for at most ${dim}.`,
    });

  const mean = new Float64Array(dim);
  const standardDeviation = new Float64Array(dim);
  const standard = columns.map(({ name, values }, d) => {
    const moments = momentsOf(values);
    if (moments === undefined)
      throw new LogdetError("data", `column ${name} is constant: it is always ${values[0]}`, {
        where: [`column ${name}`],
        hint: `Leave it out: --exclude ${name}`,
      });
    mean[d] = moments.mean;
    standardDeviation[d] = moments.standardDeviation;
    const out = new Float64Array(rows);
    const scale = 1 / moments.standardDeviation;
    for (let i = 0; i < rows; i++) out[i] = (values[i] - moments.mean) * scale;
    return out;
  });
  const correlation = new Float64Array(dim * dim);
  for (let from = 0; from < rows; from += blockSize) {
    const block = standard.map((values) => values.subarray(from, from + blockSize));
    for (let i = 0; i < dim; i++)
      for (let j = 0; j <= i; j++) correlation[i * dim + j] += dot(block[i], block[j]) / rows;
  }
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < i; j++) correlation[j * dim + i] = correlation[i * dim + j];
  const { values, vectors } = symmetricEigen(correlation, dim);
  if (!(values[n - 1] > rounding * values[0])) throw dependent(table, values);

  const map = new Float64Array(dim * n);
  const back = new Float64Array(n * dim);
  const start = new Float64Array(n * n);
  for (let j = 0; j < n; j++)
    for (let d = 0; d < dim; d++) {
      const vector = vectors[d * dim + j];
      map[d * n + j] = vector / Math.sqrt(values[j]);
      back[j * dim + d] = vector * Math.sqrt(values[j]);
      if (n === dim) start[j * n + d] = vector;
      else start[j * n + j] = 1;
    }
  return { standard, mean, standardDeviation, map, back, start };
}

/** Mean and standard deviation; undefined for a constant column. */
function momentsOf(values: Float64Array): { mean: number; standardDeviation: number } | undefined {
  let sum = 0;
  let largest = 0;
  for (const value of values) {
    sum += value;
    largest = Math.max(largest, Math.abs(value));
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const standardDeviation = Math.sqrt(squares / values.length);
  // A mean is rounded: what differs from it by its last digits does not vary.
  return standardDeviation > 1e-13 * largest ? { mean, standardDeviation } : undefined;
}

/** Σ a b in four sums: one alone would wait for itself. */
function dot(a: Float64Array, b: Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= a.length; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < a.length; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

function dependent(table: Table, values: Float64Array): LogdetError {
  const rank = values.filter((value) => value > rounding * values[0]).length;
  const equations = findCollinear(table, analyzeColumns(table).plans)?.equations;
  return new LogdetError(
    "data",
    equations === undefined
      ? `the ${values.length} columns span only ${rank} dimensions`
      : `columns determine each other: ${equations.join("; ")}`,
    {
      hint: `Leave columns out with --exclude, or ask for as many sources as there can be: --components ${rank}.`,
    },
  );
}
