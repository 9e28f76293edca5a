// A coarse density, to stand beside a flow's: round Gaussians about the centres of k-means. No columns, no files.

import type { Random } from "../random/index.js";

/** K round Gaussians in D dimensions. */
export interface Prototypes {
  readonly dim: number;
  /** Row-major [K, D]. */
  readonly centers: Float64Array;
  /** Of each dimension, [K]. */
  readonly variances: Float64Array;
  /** Summing to 1, [K]. */
  readonly weights: Float64Array;
}

/** Of each group, on average, so many rows at least. */
const rowsPerGroup = 8;
/** A smaller group is left out: its centre would all but be a row, and odd rows should not vouch for odd rows. */
const smallestGroup = 3;
/** A group's variance is that of its rows and of so many rows as spread as all rows are about their centres. */
const borrowedRows = 5;
const mostRounds = 15;
/** Rows that are all the same have some variance still, or nothing could be said of others. */
const smallestVariance = 1e-6;

/**
 * Groups rows by k-means and gives every group a round Gaussian.
 *
 *   p(x) = Σ_k w_k N(x; c_k, v_k I),   v_k = (Σ_{i in k} ‖x_i − c_k‖² / D + 5 v) / (n_k + 5)
 *
 * v is the same mean over all groups. The first centres are drawn far from each other (k-means++); then at most 15 rounds.
 * Groups of fewer than three rows are left out. O(rows · K · D) a round.
 *
 * @param rows standardised, row-major [n · D], n ≥ 1, without NaN
 * @param groups K at most; fewer where rows are few, or are few different ones
 * @see Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007
 * @example const prototypes = fitPrototypes(rows, 2, { groups: 64, random })
 */
export function fitPrototypes(
  rows: Float64Array,
  dim: number,
  { groups, random }: { groups: number; random: Random },
): Prototypes {
  const n = rows.length / dim;
  const most = Math.max(1, Math.min(groups, Math.floor(n / rowsPerGroup)));
  const centers = firstCenters(rows, dim, most, random);
  const group = new Uint32Array(n).fill(centers.length);
  const distances = new Float64Array(n);
  for (let round = 0; round < mostRounds; round++) {
    if (!assign(rows, dim, centers, group, distances)) break;
    moveToMeans(rows, dim, centers, group);
  }
  assign(rows, dim, centers, group, distances);
  return gaussiansOf(centers, dim, group, distances);
}

/** Rows drawn as far from those drawn before as chance, in proportion to the squared distance, has it. */
function firstCenters(rows: Float64Array, dim: number, count: number, random: Random): Float64Array {
  const n = rows.length / dim;
  const centers = new Float64Array(count * dim);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  let chosen = random.integer(n);
  for (let k = 0; k < count; k++) {
    const center = rows.subarray(chosen * dim, (chosen + 1) * dim);
    centers.set(center, k * dim);
    let total = 0;
    for (let i = 0; i < n; i++) {
      nearest[i] = Math.min(nearest[i], squaredDistance(rows, i * dim, center, 0, dim));
      total += nearest[i];
    }
    // Fewer different rows than groups.
    if (total === 0) return centers.slice(0, (k + 1) * dim);
    let left = random.uniform() * total;
    chosen = nearest.findIndex((distance) => {
      left -= distance;
      return left < 0;
    });
    // Rounding may leave a little over at the end.
    if (chosen < 0) chosen = n - 1;
  }
  return centers;
}

/** Every row to its nearest centre; whether any row changed. */
function assign(
  rows: Float64Array,
  dim: number,
  centers: Float64Array,
  group: Uint32Array,
  distances: Float64Array,
): boolean {
  let changed = false;
  for (let i = 0; i < group.length; i++) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k * dim < centers.length; k++) {
      const distance = squaredDistance(rows, i * dim, centers, k * dim, dim);
      if (distance < least) {
        least = distance;
        best = k;
      }
    }
    changed ||= group[i] !== best;
    group[i] = best;
    distances[i] = least;
  }
  return changed;
}

/** Centres to the means of their rows; those of no rows stay. */
function moveToMeans(rows: Float64Array, dim: number, centers: Float64Array, group: Uint32Array): void {
  const sums = new Float64Array(centers.length);
  const counts = new Uint32Array(centers.length / dim);
  for (const [i, k] of group.entries()) {
    counts[k]++;
    for (let d = 0; d < dim; d++) sums[k * dim + d] += rows[i * dim + d];
  }
  for (let j = 0; j < centers.length; j++) {
    const count = counts[Math.floor(j / dim)];
    if (count > 0) centers[j] = sums[j] / count;
  }
}

function gaussiansOf(
  centers: Float64Array,
  dim: number,
  group: Uint32Array,
  distances: Float64Array,
): Prototypes {
  const counts = new Float64Array(centers.length / dim);
  const spreads = new Float64Array(counts.length);
  for (const [i, k] of group.entries()) {
    counts[k]++;
    spreads[k] += distances[i] / dim;
  }
  const all = Math.max(smallestVariance, spreads.reduce((a, b) => a + b, 0) / group.length);
  const largest = Math.max(...counts);
  const kept = [...counts.keys()].filter((k) => counts[k] >= Math.min(smallestGroup, largest));
  const total = kept.reduce((sum, k) => sum + counts[k], 0);
  return {
    dim,
    centers: Float64Array.from(kept.flatMap((k) => [...centers.subarray(k * dim, (k + 1) * dim)])),
    variances: Float64Array.from(kept, (k) => (spreads[k] + borrowedRows * all) / (counts[k] + borrowedRows)),
    weights: Float64Array.from(kept, (k) => counts[k] / total),
  };
}

function squaredDistance(a: Float64Array, atA: number, b: Float64Array, atB: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) {
    const difference = a[atA + d] - b[atB + d];
    sum += difference * difference;
  }
  return sum;
}

/**
 * Log-density of rows, nats, [n]. Where cells are missing (NaN), of the others: round Gaussians know no more. O(K · D) a row.
 *
 * @param rows as the prototypes' own, row-major [n · D]
 */
export function prototypesLogProb(
  { dim, centers, variances, weights }: Prototypes,
  rows: Float64Array,
): Float64Array {
  const logWeights = weights.map(Math.log);
  // Of each dimension that is known.
  const logVolumes = variances.map((variance) => Math.log(2 * Math.PI * variance) / 2);
  const terms = new Float64Array(weights.length);
  return Float64Array.from({ length: rows.length / dim }, (_, i) => {
    const row = rows.subarray(i * dim, (i + 1) * dim);
    const known = row.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
    const distance = known === dim ? squaredDistance : knownDistance;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < terms.length; k++) {
      const far = distance(row, 0, centers, k * dim, dim) / (2 * variances[k]);
      terms[k] = logWeights[k] - known * logVolumes[k] - far;
      largest = Math.max(largest, terms[k]);
    }
    // Too far for float64 to say how far.
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    let sum = 0;
    for (const term of terms) sum += Math.exp(term - largest);
    return largest + Math.log(sum);
  });
}

/** In the dimensions that are known of `a`. */
function knownDistance(a: Float64Array, atA: number, b: Float64Array, atB: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) if (!Number.isNaN(a[atA + d])) sum += (a[atA + d] - b[atB + d]) ** 2;
  return sum;
}
