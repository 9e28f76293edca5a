// How heavy the tails of columns are, and whether a model's are as heavy as those of its data.

import { normalQuantile } from "../bijections/index.js";
import type { ModelConfig } from "./config.js";
import type { Model } from "./model.js";

/** A tail index and its standard error. */
export interface TailIndex {
  readonly index: number;
  readonly standardError: number;
}

/** Tail indices of every column, from so many rows and so many extremes a tail; null where values have no tail. */
export type Tails = NonNullable<ModelConfig["metrics"]["tails"]>;

/** A tail that is significantly heavier in the data or in the model. */
export interface TailMismatch {
  readonly column: string;
  readonly side: "lower" | "upper";
  readonly data: TailIndex;
  readonly model: TailIndex;
}

/** More rows would cost time and say little more. */
const mostRows = 10_000;
/** From fewer rows, a tail is a handful of values. */
const fewestRows = 100;
/** A tail index below this is a light tail whatever its error. */
const lightIndex = 0.1;
/** How often a model whose tails are right is said to have a wrong one. */
const falseAlarms = 0.01;

/**
 * Hill's estimate of the tail index ξ from the k largest values, where P(X > x) falls like x^(−1/ξ).
 *
 *   ξ = (1/k) Σ_{i<=k} log X_(i) − log X_(k+1),   standard error ξ / √k
 *
 * A Student-t variable of ν degrees of freedom has ξ = 1/ν; normal and exponential tails have ξ = 0, of which finite
 * samples show about 0.2. Values that are not finite are left out. Cost O(n log n).
 *
 * @returns undefined if there are not more than k positive values
 * @see Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975
 * @example hillEstimate(values, 100) // { index: 0.52, standardError: 0.052 }
 */
export function hillEstimate(values: ArrayLike<number>, k: number): TailIndex | undefined {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  const from = sorted.length - k;
  const threshold = sorted[from - 1] ?? 0;
  if (k < 1 || threshold <= 0) return undefined;
  let total = 0;
  for (let i = from; i < sorted.length; i++) total += Math.log(sorted[i] / threshold);
  const index = total / k;
  return { index, standardError: index / Math.sqrt(k) };
}

/**
 * Tail indices of every column on both sides of its median, from the 2√n most extreme of n rows each.
 *
 * rows: parts of a table, row-major [n, dim], in any units; of more than 10,000 rows, as many are taken at even distances.
 *
 * @returns undefined for fewer than 100 rows, or where there is no column
 */
export function tailsOf(rows: readonly (Float32Array | Float64Array)[], dim: number): Tails | undefined {
  if (dim === 0) return undefined;
  const all = rows.reduce((total, part) => total + part.length / dim, 0);
  const count = Math.min(mostRows, all);
  if (count < fewestRows) return undefined;
  const extremes = Math.round(2 * Math.sqrt(count));
  const columns = Array.from({ length: dim }, (_, column) => {
    const values = rows.flatMap((part) =>
      Array.from({ length: part.length / dim }, (_, row) => part[row * dim + column]),
    );
    const kept = Float64Array.from({ length: count }, (_, i) => values[Math.floor((i * all) / count)]).sort();
    const median = kept[count >> 1];
    const upper = kept.map((value) => value - median);
    return {
      lower:
        hillEstimate(
          upper.map((value) => -value),
          extremes,
        )?.index ?? null,
      upper: hillEstimate(upper, extremes)?.index ?? null,
    };
  });
  return { rows: count, extremes, columns };
}

/** The tails of as many rows drawn from a model as the data's were estimated from. */
export async function modelTails(model: Model, data: Tails, seed?: number): Promise<Tails | undefined> {
  const { dim } = model;
  const rows = await model.sample(data.rows, { seed, round: false });
  const numeric = model.columns.flatMap(({ kind }, d) => (kind === "categorical" ? [] : [d]));
  const numbers = Float64Array.from(
    { length: data.rows * numeric.length },
    (_, i) => rows[Math.floor(i / numeric.length) * dim + numeric[i % numeric.length]],
  );
  return tailsOf([numbers], numeric.length);
}

/**
 * The tails in which data and model differ by more than chance: over all of them, a model that is right has one with
 * probability 1 %. Two light tails match, whatever their estimates: a tail is light if its index is below 0.1 or not
 * above what so many extremes of exponential tails show.
 */
export function compareTails(data: Tails, model: Tails, names: readonly string[]): TailMismatch[] {
  const sides = ["lower", "upper"] as const;
  const threshold = normalQuantile(1 - falseAlarms / (2 * sides.length * names.length));
  return names.flatMap((column, i) =>
    sides.flatMap((side) => {
      const [a, b] = [tailIndex(data, i, side), tailIndex(model, i, side)];
      if (!a || !b || (isLight(a, data) && isLight(b, model))) return [];
      const error = Math.hypot(a.standardError, b.standardError);
      return Math.abs(a.index - b.index) > threshold * error ? [{ column, side, data: a, model: b }] : [];
    }),
  );
}

/** "column x: upper tail of the data heavier (1.20 ± 0.10) than the model's (0.30 ± 0.03)". */
export function tailSentence({ column, side, data, model }: TailMismatch): string {
  const words = ({ index, standardError }: TailIndex) =>
    `${index.toFixed(2)} ± ${Math.max(0.01, standardError).toFixed(2)}`;
  const comparison = data.index > model.index ? "heavier" : "lighter";
  return `column ${column}: ${side} tail of the data ${comparison} (${words(data)}) than the model's (${words(model)})`;
}

function tailIndex(
  { columns, extremes }: Tails,
  column: number,
  side: "lower" | "upper",
): TailIndex | undefined {
  const index = columns[column][side];
  return index === null ? undefined : { index, standardError: index / Math.sqrt(extremes) };
}

function isLight({ index, standardError }: TailIndex, { rows, extremes }: Tails): boolean {
  return index < lightIndex || index - 2 * standardError < exponentialIndex(extremes / rows);
}

/**
 * What Hill's estimate tends to for exponential tails on both sides of the median, beyond which a fraction of rows
 * lies: E log(1 + E/u) = eᵘ E₁(u) at the threshold u = −log 2·fraction, by the exponential integral's continued
 * fraction.
 */
function exponentialIndex(fraction: number): number {
  const u = -Math.log(2 * fraction);
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / (1 + n / (u + tail));
  return 1 / (u + tail);
}
