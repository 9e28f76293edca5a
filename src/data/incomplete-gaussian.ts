// Multivariate normals of rows with missing cells: estimating one, and what it says of the cells that are missing given
// the others. Host code in float64.

import { factorize } from "../runtime/index.js";

/** EM stops when no number of the mean and covariance changes by more, or after so many rounds. */
const TOLERANCE = 1e-4;
const MOST_ROUNDS = 50;

/** A multivariate normal: mean [D] and covariance, row-major [D, D]. O(D³) to make. */
export class Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  /** The covariance's inverse. */
  readonly precision: Float64Array;
  /** ½ log|det Σ|, nats. */
  readonly halfLogDet: number;

  /** @throws LogdetError (numeric) if the covariance is singular */
  constructor(mean: Float64Array, covariance: Float64Array) {
    this.mean = mean;
    this.covariance = covariance;
    const { logAbsDet, inverse } = factorize(covariance, mean.length);
    this.precision = inverse();
    this.halfLogDet = logAbsDet / 2;
  }
}

/**
 * What a Gaussian says of some coordinates given the others, by the blocks of its precision Λ = Σ^{-1}:
 *
 *   x_m | x_o ~ N(μ_m − Λ_mm^{-1} Λ_mo (x_o − μ_o), Λ_mm^{-1})
 *
 * O(M³) to make for M missing coordinates, O(M D) a row: where few cells are missing, next to nothing.
 */
export class Conditional {
  readonly known: Uint32Array;
  readonly missing: Uint32Array;
  /** ½ log|det Λ_mm|, nats. */
  readonly halfLogDet: number;
  readonly #gaussian: Gaussian;
  /** Cholesky factor of Λ_mm. */
  readonly #factor: Float64Array;
  readonly #scratch: Float64Array;

  /** @param isMissing of each coordinate */
  constructor(gaussian: Gaussian, isMissing: (d: number) => boolean) {
    const { mean, precision } = gaussian;
    const dim = mean.length;
    const all = Uint32Array.from(mean, (_, d) => d);
    this.known = all.filter((d) => !isMissing(d));
    this.missing = all.filter((d) => isMissing(d));
    const m = this.missing.length;
    const block = new Float64Array(m * m);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < m; j++) block[i * m + j] = precision[this.missing[i] * dim + this.missing[j]];
    const { factor, halfLogDet } = cholesky(block, m);
    this.halfLogDet = halfLogDet;
    this.#gaussian = gaussian;
    this.#factor = factor;
    this.#scratch = new Float64Array(m);
  }

  /** Numbers kept, roughly. */
  get size(): number {
    return this.#factor.length + this.#gaussian.mean.length;
  }

  /**
   * The missing coordinates of a row, filled in in place: their expectation for noise 0, a draw for standard normal noise.
   *
   * @param x [D], of which the known coordinates are read
   * @param noise [M]
   */
  complete(x: Float64Array, noise: Float64Array): void {
    const { mean } = this.#gaussian;
    const u = this.#pull(x);
    const m = u.length;
    for (let i = m - 1; i >= 0; i--) {
      let sum = u[i] + noise[i];
      for (let j = i + 1; j < m; j++) sum -= this.#factor[j * m + i] * u[j];
      u[i] = sum / this.#factor[i * m + i];
    }
    for (let i = 0; i < m; i++) x[this.missing[i]] = mean[this.missing[i]] + u[i];
  }

  /** The noise, [M], of which `complete` makes the missing coordinates of a row: its inverse. */
  noiseOf(x: Float64Array): Float64Array {
    const { mean } = this.#gaussian;
    const m = this.missing.length;
    return this.#pull(x).map((pull, i) => {
      let sum = -pull;
      for (let j = i; j < m; j++)
        sum += this.#factor[j * m + i] * (x[this.missing[j]] - mean[this.missing[j]]);
      return sum;
    });
  }

  /** (x_o − μ_o)ᵀ Σ_oo^{-1} (x_o − μ_o) of the known coordinates of a row, by Σ_oo^{-1} = Λ_oo − Λ_om Λ_mm^{-1} Λ_mo. */
  squaredDistance(x: Float64Array): number {
    const { mean, precision } = this.#gaussian;
    let sum = 0;
    for (const i of this.known)
      for (const j of this.known) sum += (x[i] - mean[i]) * precision[i * mean.length + j] * (x[j] - mean[j]);
    for (const value of this.#pull(x)) sum -= value * value;
    return sum;
  }

  /** Λ_mm^{-1}, row-major [M, M]. */
  covariance(): Float64Array {
    const m = this.missing.length;
    // Rows of the factor's inverse: Λ_mm^{-1} = L^{-T} L^{-1}.
    const inverse = new Float64Array(m * m);
    for (let j = 0; j < m; j++)
      for (let i = j; i < m; i++) {
        let sum = i === j ? 1 : 0;
        for (let k = j; k < i; k++) sum -= this.#factor[i * m + k] * inverse[k * m + j];
        inverse[i * m + j] = sum / this.#factor[i * m + i];
      }
    const result = new Float64Array(m * m);
    for (let i = 0; i < m; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = i; k < m; k++) sum += inverse[k * m + i] * inverse[k * m + j];
        result[i * m + j] = result[j * m + i] = sum;
      }
    return result;
  }

  /** −L^{-1} Λ_mo (x_o − μ_o), L the factor of Λ_mm. */
  #pull(x: Float64Array): Float64Array {
    const { mean, precision } = this.#gaussian;
    const { known, missing } = this;
    const dim = mean.length;
    const m = missing.length;
    const u = this.#scratch;
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let k = 0; k < known.length; k++) {
        const d = known[k];
        sum -= precision[missing[i] * dim + d] * (x[d] - mean[d]);
      }
      for (let j = 0; j < i; j++) sum -= this.#factor[i * m + j] * u[j];
      u[i] = sum / this.#factor[i * m + i];
    }
    return u;
  }
}

export function isPositiveDefinite(matrix: Float64Array, n: number): boolean {
  return Number.isFinite(cholesky(matrix, n).halfLogDet);
}

/** The lower-triangular factor of a symmetric matrix [n, n], and ½ log|det|: NaN if it is not positive definite. */
function cholesky(matrix: Float64Array, n: number): { factor: Float64Array; halfLogDet: number } {
  const factor = new Float64Array(n * n);
  let halfLogDet = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j];
    }
    halfLogDet += Math.log(factor[i * n + i]);
  }
  return { factor, halfLogDet };
}

/** Which cells of a row are missing, as a key. */
export function patternOf(rows: ArrayLike<number>, from: number, dim: number): string {
  let key = "";
  for (let d = 0; d < dim; d++) key += Number.isNaN(rows[from + d]) ? "1" : "0";
  return key;
}

/**
 * The Gaussian that makes the known cells of rows likeliest, by EM: missing cells count with their expectations and the
 * covariance around these. D pseudo-rows of identity covariance keep it positive definite; with them every round raises
 * the posterior density.
 *
 * Cost, a round: O(n D² + D³), and O(M³) for each set of M cells that is missing in some row.
 *
 * @param rows row-major [n, dim], NaN where a cell is missing; columns of about unit variance
 * @see Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39, 1977, §4.1.3
 */
export function fitIncompleteGaussian(rows: Float64Array, dim: number): Gaussian {
  const count = rows.length / dim;
  const groups = new Map<string, number[]>();
  for (let row = 0; row < count; row++) {
    const key = patternOf(rows, row * dim, dim);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const complete = groups.get("0".repeat(dim)) ?? [];
  groups.delete("0".repeat(dim));
  const sums = new Sums(dim);
  for (const row of complete) sums.add(rows.subarray(row * dim, (row + 1) * dim));

  let gaussian = new Gaussian(new Float64Array(dim), identity(dim));
  const x = new Float64Array(dim);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = sums.copy();
    for (const [key, group] of groups) {
      const conditional = new Conditional(gaussian, (d) => key[d] === "1");
      const { missing } = conditional;
      const m = missing.length;
      const none = new Float64Array(m);
      for (const row of group) {
        x.set(rows.subarray(row * dim, (row + 1) * dim));
        conditional.complete(x, none);
        next.add(x);
      }
      const covariance = conditional.covariance();
      for (let i = 0; i < m; i++)
        for (let j = 0; j <= i; j++)
          next.products[missing[i] * dim + missing[j]] += group.length * covariance[i * m + j];
    }
    const previous = gaussian;
    gaussian = next.gaussian(count);
    const change = Math.max(
      difference(previous.mean, gaussian.mean),
      difference(previous.covariance, gaussian.covariance),
    );
    if (groups.size === 0 || change < TOLERANCE) break;
  }
  return gaussian;
}

/** Sums of rows and of their products, the latter below the diagonal and on it. */
class Sums {
  readonly values: Float64Array;
  readonly products: Float64Array;

  constructor(dim: number, values = new Float64Array(dim), products = new Float64Array(dim * dim)) {
    this.values = values;
    this.products = products;
  }

  copy(): Sums {
    return new Sums(this.values.length, this.values.slice(), this.products.slice());
  }

  add(x: Float64Array): void {
    const dim = x.length;
    for (let i = 0; i < dim; i++) {
      this.values[i] += x[i];
      for (let j = 0; j <= i; j++) this.products[i * dim + j] += x[i] * x[j];
    }
  }

  gaussian(count: number): Gaussian {
    const dim = this.values.length;
    const mean = this.values.map((sum) => sum / count);
    const covariance = new Float64Array(dim * dim);
    for (let i = 0; i < dim; i++)
      for (let j = 0; j <= i; j++) {
        const scatter = this.products[i * dim + j] - count * mean[i] * mean[j] + (i === j ? dim : 0);
        covariance[i * dim + j] = covariance[j * dim + i] = scatter / (count + dim);
      }
    return new Gaussian(mean, covariance);
  }
}

function identity(dim: number): Float64Array {
  const matrix = new Float64Array(dim * dim);
  for (let d = 0; d < dim; d++) matrix[d * dim + d] = 1;
  return matrix;
}

function difference(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
