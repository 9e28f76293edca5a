// Rows of both samples as points: what the tests of whole rows work on.

import type { SampledColumn, Samples } from "./samples.js";
import { normalQuantile } from "./special-functions.js";

/**
 * How a column of numbers becomes a coordinate. "ranks": the normal quantile of its rank among the rows of both samples,
 * so that neither units nor outliers weigh; "units": (value − mean) / standard deviation of both.
 */
export type Scaling = "ranks" | "units";

/** Rows of both samples, the reference's first. */
export interface Points {
  /** Row-major [rows, dim]; every coordinate has mean 0. */
  readonly values: Float64Array;
  readonly dim: number;
  readonly rows: number;
  /** How many of the rows are the reference's. */
  readonly first: number;
  /** For each coordinate, the column that it is of: categories take several. */
  readonly columnOf: Uint32Array;
}

/** Categories with a coordinate of their own; the rarest share one. */
const mostCategories = 20;

/**
 * Some rows of the samples as points. Categories become indicators, all of a column together of variance 1. A column of
 * numbers some of which are missing becomes two coordinates: the numbers, with their mean where there is none, and an
 * indicator of what is missing; in a column of categories missing is one more. Both samples are treated alike, as one:
 * tests by permutation keep their level. O(rows log rows) a column.
 */
export function pointsOf(
  { columns }: Samples,
  reference: Uint32Array,
  current: Uint32Array,
  scaling: Scaling = "ranks",
): Points {
  const rows = reference.length + current.length;
  const coordinates: Float64Array[] = [];
  const columnOf: number[] = [];
  for (const [j, column] of columns.entries()) {
    const pooled = new Float64Array(rows);
    for (let i = 0; i < reference.length; i++) pooled[i] = column.reference[reference[i]];
    for (let i = 0; i < current.length; i++) pooled[reference.length + i] = column.current[current[i]];
    for (const coordinate of coordinatesOf(column, pooled, scaling)) {
      coordinates.push(coordinate);
      columnOf.push(j);
    }
  }
  const dim = coordinates.length;
  const values = new Float64Array(rows * dim);
  for (const [d, coordinate] of coordinates.entries())
    for (let i = 0; i < rows; i++) values[i * dim + d] = coordinate[i];
  return { values, dim, rows, first: reference.length, columnOf: Uint32Array.from(columnOf) };
}

function coordinatesOf(
  { categories }: SampledColumn,
  pooled: Float64Array,
  scaling: Scaling,
): Float64Array[] {
  if (categories) return indicators(pooled);
  const numbers = scaling === "ranks" ? normalScores(pooled) : pooled;
  const known = numbers.filter((value) => !Number.isNaN(value));
  if (known.length === numbers.length) return scaleTogether([numbers]);
  const mean = known.reduce((sum, value) => sum + value / known.length, 0);
  return scaleTogether([
    numbers.map((value) => (Number.isNaN(value) ? mean : value)),
    pooled.map((value) => Number(Number.isNaN(value))),
  ]);
}

/** The normal quantiles of middle ranks among the N numbers that are known, Φ⁻¹((rank − ½) / N); NaN for the others. */
export function normalScores(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys())
    .filter((i) => !Number.isNaN(values[i]))
    .sort((a, b) => values[a] - values[b]);
  const scores = new Float64Array(values.length).fill(Number.NaN);
  for (let i = 0; i < order.length; ) {
    let end = i + 1;
    while (end < order.length && values[order[end]] === values[order[i]]) end++;
    const score = normalQuantile((i + end) / 2 / order.length);
    for (; i < end; i++) scores[order[i]] = score;
  }
  return scores;
}

/** One coordinate a category, but for the most frequent: it is known from the others. */
function indicators(codes: Float64Array): Float64Array[] {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1]).map(([code]) => code);
  const own = byCount.slice(1, mostCategories);
  const others = new Set(byCount.slice(mostCategories));
  // One category alone still has its place: a coordinate that says nothing.
  if (own.length === 0) return [new Float64Array(codes.length)];
  return scaleTogether([
    ...own.map((category) => codes.map((code) => (Object.is(code, category) ? 1 : 0))),
    ...(others.size > 0 ? [codes.map((code) => (others.has(code) ? 1 : 0))] : []),
  ]);
}

/** Coordinates with mean 0, and variance 1 in all. */
function scaleTogether(coordinates: readonly Float64Array[]): Float64Array[] {
  const centered = coordinates.map((values) => {
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    return values.map((value) => value - mean);
  });
  const variance = centered.reduce(
    (sum, values) => sum + values.reduce((squares, value) => squares + value * value, 0) / values.length,
    0,
  );
  const scale = variance > 0 ? Math.sqrt(variance) : 1;
  return centered.map((values) => values.map((value) => value / scale));
}
