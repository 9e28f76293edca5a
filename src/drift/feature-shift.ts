// Which columns moved: Feature Shift Detection by score functions, with Gaussian densities fitted to both samples.

import { breathe } from "../runtime/breathe.js";
import { factorize } from "../runtime/index.js";
import type { Points } from "./coordinates.js";
import {
  momentsOf,
  type PermutationOptions,
  permutationPValue,
  shuffle,
  stopIfAsked,
} from "./permutations.js";

/** What the score-based statistic says of a column. */
export interface ColumnShift {
  /** S_j, nats² per squared unit of the points. */
  readonly statistic: number;
  /** S_j must be above this for the column to count as moved at first sight. */
  readonly threshold: number;
  /** Standard deviations that S_j is above its mean under the null hypothesis. */
  readonly standardized: number;
  readonly moved: boolean;
  /** In which step, from 1, the column was found to have moved. */
  readonly step: number | null;
}

export interface FeatureShift {
  /** Of the hypothesis that no column moved. */
  readonly pValue: number;
  /** One a column. */
  readonly columns: readonly ColumnShift[];
}

export interface FeatureShiftOptions extends PermutationOptions {
  /** Probability of naming a column, at most, where none has moved. */
  readonly level: number;
  /** Columns of the points that there are. */
  readonly columns: number;
}

/** Keeps densities finite where columns determine each other: a variance added to every coordinate, whose own is 1. */
const ridge = 0.01;

/**
 * One column is found in a step, unless the table is wide and many were found before: then at most these shares of those that
 * are left and of those that were found, so that neither steps nor columns named too much become many.
 */
const shareOfLeft = 1 / 16;
const shareOfFound = 1 / 4;

/**
 * The score-based statistic of Kulinski et al. for every column, p and q Gaussian densities fitted to the two samples:
 *
 *   S_j = 1/N Σ_x (∂_j log p(x) − ∂_j log q(x))²   over the rows x of both
 *
 * Its threshold is that of the largest standardised S_j of all columns when the labels of the rows are permuted and both
 * densities fitted anew: at most a share `level` of tables where nothing has moved have a column above it. Exact.
 *
 * A column that moved also changes the scores of those that depend on it. So where some statistic is above its threshold,
 * the column that explains most is taken out of both densities (they are marginalised), the others are tested again without
 * it, and so on until nothing is left to see. What a column explains is how different its conditional distributions are,
 *
 *   J(p, q) − J(p₋ⱼ, q₋ⱼ) = E_p KL(p(x_j | x₋ⱼ) ‖ q(x_j | x₋ⱼ)) + E_q KL(q(x_j | x₋ⱼ) ‖ p(x_j | x₋ⱼ))
 *
 * with J the symmetric Kullback-Leibler divergence. If the columns that moved are found first, a further one is named with
 * probability `level` at most. Of two columns that depend on each other alone it cannot be told which one moved.
 *
 * O(N D² + D³) for each permutation, then O(D³) for each and every column found.
 *
 * @see Kulinski, Bagchi and Inouye, "Feature shift detection: localizing which features have shifted via conditional
 * distribution tests", 2020, §3; thresholds there are by the bootstrap, here by permutation
 */
export async function gaussianFeatureShift(
  points: Points,
  { level, columns, permutations: { count, scale }, random, signal }: FeatureShiftOptions,
): Promise<FeatureShift> {
  const whole = secondMoments(points.values, points.rows, points.dim);
  const labels = new Uint8Array(points.rows).fill(1, 0, points.first);
  const pairs = [pairOf(points, whole, labels)];
  for (let i = 0; i < scale + count; i++) {
    await breathe();
    stopIfAsked(signal);
    shuffle(labels, random);
    pairs.push(pairOf(points, whole, labels));
  }
  const covariance = whole.map((value) => value / points.rows);
  const found = new Array<number | null>(columns).fill(null);
  let first: Step | undefined;
  let left = columns;
  const [observed] = pairs;
  const covariances = observed.map(({ precision }) => factorize(precision, points.dim).inverse());
  for (let step = 1; left > 0; step++) {
    const current = await testStep(pairs, covariance, points, found, { level, scale, signal });
    first ??= current;
    if (current.pValue > level) break;
    const most = Math.max(1, Math.floor(Math.min(left * shareOfLeft, (columns - left) * shareOfFound)));
    for (let taken = 0; taken < most; taken++, left--) {
      const j = mostExplaining(observed, covariances, points, found);
      found[j] = step;
      for (const pair of pairs) marginalize(pair, points, j);
      await breathe();
    }
  }
  const { pValue, statistics, standardized, thresholds } = first as Step;
  return {
    pValue,
    columns: found.map((step, j) => ({
      statistic: statistics[j],
      threshold: thresholds[j],
      standardized: standardized[j],
      moved: step !== null,
      step,
    })),
  };
}

interface Step {
  readonly pValue: number;
  readonly statistics: Float64Array;
  readonly standardized: Float64Array;
  readonly thresholds: Float64Array;
  /** What the largest standardised statistic exceeds with probability `level`. */
  readonly quantile: number;
}

async function testStep(
  pairs: readonly Pair[],
  covariance: Float64Array,
  points: Points,
  found: readonly (number | null)[],
  { level, scale, signal }: { level: number; scale: number; signal?: AbortSignal },
): Promise<Step> {
  const draws: Float64Array[] = [];
  for (const pair of pairs) {
    await breathe();
    stopIfAsked(signal);
    draws.push(statisticsOf(pair, covariance, points, found.length));
  }
  return standardizedStep(draws, placesLeft(found), { level, scale });
}

/**
 * Statistics of columns, the observed ones first, then `scale` permutations that standardise them, then those that they
 * are ranked among.
 */
export function standardizedStep(
  [statistics, ...permuted]: readonly Float64Array[],
  left: readonly number[],
  { level, scale }: { level: number; scale: number },
): Step {
  const { means, deviations } = momentsOf(permuted.slice(0, scale), statistics.length);
  const standardize = (values: Float64Array) => values.map((value, j) => (value - means[j]) / deviations[j]);
  const largestOf = (values: Float64Array) => Math.max(...left.map((j) => values[j]));
  const largest = Float64Array.from(permuted.slice(scale), (draw) => largestOf(standardize(draw))).sort();
  const standardized = standardize(statistics);
  // p ≤ level if at most ⌊level (B + 1)⌋ − 1 of the permutations are as large.
  const rank = largest.length - Math.floor(level * (largest.length + 1));
  const quantile = rank < largest.length ? largest[Math.max(0, rank)] : Number.POSITIVE_INFINITY;
  return {
    pValue: permutationPValue(largestOf(standardized), largest),
    statistics,
    standardized,
    thresholds: means.map((mean, j) => mean + deviations[j] * quantile),
    quantile,
  };
}

/** Columns that were not found yet. */
const placesLeft = (found: readonly (number | null)[]) =>
  found.flatMap((step, j) => (step === null ? [j] : []));

/** The column without which the densities differ least. */
function mostExplaining(
  pair: Pair,
  covariances: readonly Float64Array[],
  points: Points,
  found: readonly (number | null)[],
): number {
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (const j of placesLeft(found)) {
    const without: Pair = [copyOf(pair[0]), copyOf(pair[1])];
    marginalize(without, points, j);
    const divergence = symmetricDivergence(without, covariances, points.dim);
    if (best < 0 || divergence < least) [best, least] = [j, divergence];
  }
  return best;
}

const copyOf = ({ mean, precision }: Gaussian): Gaussian => ({ mean, precision: precision.slice() });

/**
 * 2 J = tr(Λ_q Σ_p) + tr(Λ_p Σ_q) − 2 D + δᵀ(Λ_p + Λ_q)δ, δ = μ_p − μ_q, over the D coordinates that are left: those that
 * were taken out have precision 0.
 */
function symmetricDivergence([p, q]: Pair, [ofP, ofQ]: readonly Float64Array[], dim: number): number {
  let divergence = 0;
  for (let a = 0; a < dim; a++)
    for (let b = 0; b < dim; b++) {
      const at = a * dim + b;
      const product = (p.mean[a] - q.mean[a]) * (p.mean[b] - q.mean[b]);
      divergence += q.precision[at] * (ofP[at] + product) + p.precision[at] * (ofQ[at] + product);
      if (a === b && p.precision[at] > 0) divergence -= 2;
    }
  return divergence;
}

/** A Gaussian by its precision, [D, D], and mean, [D]; rows and columns of coordinates that were taken out are 0. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly precision: Float64Array;
}

/** The Gaussians of the two samples. */
type Pair = readonly [p: Gaussian, q: Gaussian];

/** Σ x xᵀ over the rows, [D, D]. */
export function secondMoments(
  values: Float64Array,
  rows: number,
  dim: number,
  labels?: Uint8Array,
): Float64Array {
  const sums = new Float64Array(dim * dim);
  for (let i = 0; i < rows; i++) {
    if (labels?.[i] === 0) continue;
    const row = i * dim;
    for (let a = 0; a < dim; a++) {
      const value = values[row + a];
      const start = a * dim;
      for (let b = 0; b <= a; b++) sums[start + b] += value * values[row + b];
    }
  }
  for (let a = 0; a < dim; a++) for (let b = 0; b < a; b++) sums[b * dim + a] = sums[a * dim + b];
  return sums;
}

/** Fits a Gaussian to each sample. The moments of the second are what the first leaves of those of all. */
export function pairOf({ values, rows, dim }: Points, whole: Float64Array, labels: Uint8Array): Pair {
  const sums = new Float64Array(dim);
  const all = new Float64Array(dim);
  let first = 0;
  for (let i = 0; i < rows; i++) {
    first += labels[i];
    for (let d = 0; d < dim; d++) {
      all[d] += values[i * dim + d];
      if (labels[i] === 1) sums[d] += values[i * dim + d];
    }
  }
  const moments = secondMoments(values, rows, dim, labels);
  const rest = moments.map((value, i) => whole[i] - value);
  return [
    gaussianOf(moments, sums, first, dim),
    gaussianOf(
      rest,
      all.map((value, d) => value - sums[d]),
      rows - first,
      dim,
    ),
  ];
}

function gaussianOf(moments: Float64Array, sums: Float64Array, rows: number, dim: number): Gaussian {
  const mean = sums.map((sum) => sum / rows);
  const covariance = moments.map((value, i) => value / rows - mean[Math.floor(i / dim)] * mean[i % dim]);
  for (let d = 0; d < dim; d++) covariance[d * dim + d] += ridge;
  return { mean, precision: factorize(covariance, dim).inverse(covariance) };
}

/** The difference of the two score functions, an affine function of x: ∂ log p − ∂ log q = A x + b. */
export function scoreDifference([p, q]: Pair, dim: number): { matrix: Float64Array; offset: Float64Array } {
  const matrix = q.precision.map((value, i) => value - p.precision[i]);
  const offset = new Float64Array(dim);
  for (let a = 0; a < dim; a++)
    for (let b = 0; b < dim; b++)
      offset[a] += p.precision[a * dim + b] * p.mean[b] - q.precision[a * dim + b] * q.mean[b];
  return { matrix, offset };
}

/** S of every column: the mean of (A x + b)² over rows with mean 0 and this covariance is diag(A C Aᵀ) + b². */
function statisticsOf(
  pair: Pair,
  covariance: Float64Array,
  { dim, columnOf }: Points,
  columns: number,
): Float64Array {
  const { matrix, offset } = scoreDifference(pair, dim);
  const statistics = new Float64Array(columns);
  for (let a = 0; a < dim; a++) {
    let square = offset[a] * offset[a];
    for (let b = 0; b < dim; b++) {
      const weight = matrix[a * dim + b];
      if (weight === 0) continue;
      let product = 0;
      for (let c = 0; c < dim; c++) product += covariance[b * dim + c] * matrix[a * dim + c];
      square += weight * product;
    }
    statistics[columnOf[a]] += square;
  }
  return statistics;
}

/** Takes a column out of both densities: the precision of what is left is the Schur complement. */
function marginalize(pair: Pair, { dim, columnOf }: Points, column: number): void {
  for (const { precision } of pair)
    for (let k = 0; k < dim; k++) {
      if (columnOf[k] !== column) continue;
      const own = precision[k * dim + k];
      for (let a = 0; a < dim; a++) {
        if (a === k) continue;
        const share = precision[a * dim + k] / own;
        for (let b = 0; b < dim; b++) if (b !== k) precision[a * dim + b] -= share * precision[k * dim + b];
      }
      for (let a = 0; a < dim; a++) {
        precision[a * dim + k] = 0;
        precision[k * dim + a] = 0;
      }
    }
}
