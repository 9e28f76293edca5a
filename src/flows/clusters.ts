// Where the components of a mixture of flows start: the rows in groups (k-means), and for each group the affine map that
// makes it round (ZCA).

import type { AffineMap } from "../bijections/index.js";
import type { Random } from "../random/index.js";
import { covarianceOf, factorize } from "../runtime/index.js";

/** Share of its mean variance that is added to a group's covariance, so that a flat group has an inverse. */
const groupRidge = 0.05;

/**
 * The group of each row, 0 … k − 1: Lloyd's k-means from k-means++ starts.
 *
 * @param rows row-major [n, dim]
 * @see Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007
 */
export function kMeans(
  rows: ArrayLike<number>,
  dim: number,
  k: number,
  random: Random,
  iterations = 30,
): Uint32Array {
  const count = rows.length / dim;
  const centres = seeds(rows, dim, k, random);
  const groups = new Uint32Array(count);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let changed = 0;
    for (let row = 0; row < count; row++) {
      const nearest = nearestCentre(rows, row, dim, centres);
      if (nearest !== groups[row]) changed++;
      groups[row] = nearest;
    }
    if (changed === 0 && iteration > 0) break;
    const sizes = new Float64Array(k);
    const sums = new Float64Array(k * dim);
    for (let row = 0; row < count; row++) {
      sizes[groups[row]]++;
      for (let d = 0; d < dim; d++) sums[groups[row] * dim + d] += rows[row * dim + d];
    }
    // A group that lost all its rows keeps its centre.
    for (let i = 0; i < centres.length; i++)
      if (sizes[Math.floor(i / dim)] > 0) centres[i] = sums[i] / sizes[Math.floor(i / dim)];
  }
  return groups;
}

function squaredDistance(rows: ArrayLike<number>, row: number, dim: number, centre: Float64Array): number {
  let total = 0;
  for (let d = 0; d < dim; d++) total += (rows[row * dim + d] - centre[d]) ** 2;
  return total;
}

function nearestCentre(rows: ArrayLike<number>, row: number, dim: number, centres: Float64Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < centres.length / dim; k++) {
    const distance = squaredDistance(rows, row, dim, centres.subarray(k * dim, (k + 1) * dim));
    if (distance < least) {
      least = distance;
      best = k;
    }
  }
  return best;
}

/** Rows far from one another: each is drawn with a chance proportional to its squared distance from those before. */
function seeds(rows: ArrayLike<number>, dim: number, k: number, random: Random): Float64Array {
  const count = rows.length / dim;
  const centres = new Float64Array(k * dim);
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let chosen = random.integer(count);
  for (let i = 0; i < k; i++) {
    const centre = centres.subarray(i * dim, (i + 1) * dim);
    for (let d = 0; d < dim; d++) centre[d] = rows[chosen * dim + d];
    let total = 0;
    for (let row = 0; row < count; row++) {
      distances[row] = Math.min(distances[row], squaredDistance(rows, row, dim, centre));
      total += distances[row];
    }
    let left = random.uniform() * total;
    chosen = 0;
    while (chosen < count - 1 && left >= distances[chosen]) left -= distances[chosen++];
  }
  return centres;
}

/**
 * The symmetric affine map that gives rows mean 0 and covariance I (ZCA): W = (Σ + ridge)^{-1/2}, b = −μ W.
 *
 * @param rows row-major [n, dim], n >= 2
 * @throws LogdetError "numeric" if all rows are equal
 */
export function whitening(rows: ArrayLike<number>, dim: number, { ridge = groupRidge } = {}): AffineMap {
  const { mean, covariance } = covarianceOf(rows, dim);
  let trace = 0;
  for (let i = 0; i < dim; i++) trace += covariance[i * (dim + 1)];
  for (let i = 0; i < dim; i++) covariance[i * (dim + 1)] += (ridge * trace) / dim;
  const weight = inverseSquareRoot(covariance, dim);
  const bias = Float64Array.from({ length: dim }, (_, j) => {
    let total = 0;
    for (let i = 0; i < dim; i++) total -= mean[i] * weight[i * dim + j];
    return total;
  });
  return { weight, bias };
}

/**
 * A^{-1/2} of a symmetric positive definite matrix, by the coupled Newton iteration Y ← ½(Y + Z^{-1}), Z ← ½(Z + Y^{-1}),
 * which ends with Y = A^{1/2}, Z = A^{-1/2}.
 *
 * @see Denman and Beavers, "The matrix sign function and computations in systems", 1976
 */
export function inverseSquareRoot(matrix: Float64Array, dim: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < dim; i++) trace += matrix[i * (dim + 1)];
  const scale = trace / dim;
  let y = matrix.map((value) => value / scale);
  let z = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) z[i * (dim + 1)] = 1;
  for (let iteration = 0; iteration < 60; iteration++) {
    const [inverseY, inverseZ] = [factorize(y, dim).inverse(), factorize(z, dim).inverse()];
    const nextY = y.map((value, i) => 0.5 * (value + inverseZ[i]));
    z = z.map((value, i) => 0.5 * (value + inverseY[i]));
    const change = largest(nextY.map((value, i) => value - y[i]));
    y = nextY;
    if (change < 1e-12 * largest(y)) break;
  }
  return z.map((value) => value / Math.sqrt(scale));
}

/** The largest absolute value: of a matrix, too many numbers for the arguments of one call. */
const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** One map a group of rows: its whitening, or that of all rows where a group has too few to tell a covariance. */
export function clusterMaps(
  rows: Float32Array | Float64Array,
  dim: number,
  k: number,
  random: Random,
): AffineMap[] {
  const groups = kMeans(rows, dim, k, random.split("clusters"));
  return Array.from({ length: k }, (_, group) => {
    const own = rows.filter((_, i) => groups[Math.floor(i / dim)] === group);
    return whitening(own.length / dim > 2 * dim ? own : rows, dim);
  });
}
