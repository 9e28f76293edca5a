// What the combined statistic knows beside the flow: coarse densities, and how large each part of it is of normal rows.

import { Random } from "../random/index.js";
import type { ColumnConfig } from "./config.js";
import { fitPrototypes, type Prototypes, prototypesLogProb } from "./prototypes.js";

/** A logistic law by which a number's tail probability is told. */
export interface Tail {
  readonly median: number;
  /** > 0. */
  readonly scale: number;
}

/** Learned from training and validation rows, never from calibration rows. */
export interface Reference {
  /** Densities of standardised rows, the coarsest first. */
  readonly mixtures: readonly Prototypes[];
  /** Of −log p of the flow, and of each mixture. */
  readonly tails: readonly Tail[];
}

export interface ReferenceOptions {
  /** Whether some training rows may be unlike the others: the fewer groups, the fewer of those. Default: false. */
  readonly isCoarse?: boolean;
  /** Of the mixtures' first centres. */
  readonly random?: Random;
}

/** Groups of rows of each density: one alone is too coarse for some tables, or too fine, and k-means has its moods. */
export const mixtureGroups = [64, 128, 256] as const;
/** The same where some rows may be unlike the others, and would make groups of their own. */
const coarseGroups = [8, 16, 32] as const;
/** More rows do not change a coarse density. */
const mostRows = 10_000;
/** Multiplications of one fit of 15 rounds and a start: a few seconds. */
const mostWork = 6e9 / 16;
/** With fewer validation rows training rows judge too: they are not quite as strange as new ones, but they are more. */
const fewestJudges = 20;
/** The scale as a share of 1 + |median|, at least: float32 says no more of a log-density. */
const finestScale = 1e-5;

/**
 * Learns the mixtures from training rows and the tails from validation rows; nothing where columns have categories, between
 * which there are no distances: of rows of those the flow's density alone knows more.
 *
 * @param training row-major [n · columns], in the columns' units, NaN where missing; 10,000 rows of them are enough
 * @param judges rows that the flow was not trained on, and their log-densities; few: see `judgesOf`
 */
export function learnReference(
  columns: readonly ColumnConfig[],
  training: Float64Array,
  judges: { readonly rows: Float64Array; readonly logProb: Float64Array },
  { isCoarse = false, random = new Random(0) }: ReferenceOptions = {},
): Reference | undefined {
  if (columns.some(({ kind }) => kind === "categorical")) return undefined;
  const groups = isCoarse ? coarseGroups : mixtureGroups;
  const dim = columns.length;
  const all = groups.reduce((a, b) => a + b, 0);
  const most = Math.min(mostRows, Math.max(1, Math.floor(mostWork / (all * dim))));
  const rows = standardized(columns, some(training, columns.length, most));
  // A row is in the middle of what is not known of it.
  const complete = rows.map((value) => (Number.isNaN(value) ? 0 : value));
  const mixtures = groups.map((count) =>
    fitPrototypes(complete, dim, { groups: count, random: random.split(`${count} groups`) }),
  );
  const parts = partsOf(mixtures, columns, judges.rows, judges.logProb);
  return { mixtures, tails: parts.map(tailOf) };
}

/** The validation rows; and training rows where those are too few to judge by. */
export function judgesOf(training: Float64Array, validation: Float64Array, columns: number): Float64Array {
  if (validation.length >= fewestJudges * columns) return validation;
  return Float64Array.from([...validation, ...some(training, columns, 10 * fewestJudges)]);
}

/** At most so many rows, evenly spaced: tables may be sorted. */
function some(rows: Float64Array, columns: number, most: number): Float64Array {
  const n = rows.length / columns;
  if (n <= most) return rows;
  const result = new Float64Array(most * columns);
  for (let i = 0; i < most; i++) {
    const row = Math.floor((i * n) / most);
    result.set(rows.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return result;
}

/**
 * How strange rows are to the flow and the mixtures together, [n]:
 *
 *   Σ_j log(1 + exp((s_j − m_j) / b_j)),   s_j = −log p_j(x)
 *
 * Each term is −log of the probability that a logistic law gives to numbers above s_j; m_j and b_j are such that it has the
 * median and the 90 % quantile of validation rows. The sum is Fisher's combination of tail probabilities. O(448 D) a row.
 *
 * @param rows row-major [n · columns], in the columns' units
 * @param logProb their log-densities under the flow, nats
 * @see Fisher, "Statistical methods for research workers", 1932, §21.1
 */
export function combinedStrangeness(
  { mixtures, tails }: Reference,
  columns: readonly ColumnConfig[],
  rows: Float64Array,
  logProb: Float64Array,
): Float64Array {
  const parts = partsOf(mixtures, columns, rows, logProb);
  return logProb.map((_, row) =>
    parts.reduce((sum, part, j) => sum + softplus((part[row] - tails[j].median) / tails[j].scale), 0),
  );
}

/** −log density of the mixtures' geometric mean, up to a constant, [n]. */
export function prototypeStrangeness(
  { mixtures }: Reference,
  columns: readonly ColumnConfig[],
  rows: Float64Array,
): Float64Array {
  const logProb = mixtureLogProb(mixtures, columns, rows);
  return logProb[0].map((_, row) => -logProb.reduce((sum, each) => sum + each[row], 0) / mixtures.length);
}

/** By how much float32's rounding of a log-density moves the combined statistic, in units of its rounding of 1. */
export const combinedRounding = ({ tails: [{ median, scale }] }: Reference): number =>
  (1 + Math.abs(median)) / scale;

function partsOf(
  mixtures: readonly Prototypes[],
  columns: readonly ColumnConfig[],
  rows: Float64Array,
  logProb: Float64Array,
): Float64Array[] {
  return [logProb, ...mixtureLogProb(mixtures, columns, rows)].map((each) => each.map((value) => -value));
}

function mixtureLogProb(
  mixtures: readonly Prototypes[],
  columns: readonly ColumnConfig[],
  rows: Float64Array,
): Float64Array[] {
  const values = standardized(columns, rows);
  return mixtures.map((mixture) => prototypesLogProb(mixture, values));
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function standardized(columns: readonly ColumnConfig[], rows: Float64Array): Float64Array {
  return rows.map((value, i) => {
    const { center, scale } = columns[i % columns.length];
    return (value - center) / scale;
  });
}

/** The logistic law with the median and the 90 % quantile of some numbers. */
function tailOf(values: Float64Array): Tail {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) return { median: 0, scale: 1 };
  const median = quantile(sorted, 0.5);
  const scale = (quantile(sorted, 0.9) - median) / Math.log(9);
  return { median, scale: Math.max(scale, finestScale * (1 + Math.abs(median))) };
}

function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
