// Multivariate normals of rows with missing cells: estimating one, and what it says of the cells that are missing given
// the others. Host code in float64.

/** Mean [D] and covariance, row-major [D, D]. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** EM stops when no number of the mean and covariance changes by more, or after so many rounds. */
const TOLERANCE = 1e-4;
const MOST_ROUNDS = 100;

/**
 * A Gaussian of the coordinates of a row, some first, then the others: what the first say of the rest.
 *
 * With the covariance's Cholesky factor in blocks, [[A, 0], [B, C]],
 *
 *   x₁ = μ₁ + A y,   x₂ | x₁ ~ N(μ₂ + B y, C Cᵀ)
 *
 * so that one factorisation gives the density of the first and the conditional of the others. O(D³) to make, O(D²) a row.
 */
export class Conditional {
  readonly known: Uint32Array;
  readonly missing: Uint32Array;
  /** log|det A| and log|det C|. */
  readonly logDetKnown: number;
  readonly logDetMissing: number;
  readonly #mean: Float64Array;
  /** The factor, row by row, row-major [D, D], known coordinates first. */
  readonly #factor: Float64Array;

  /** @param isMissing of each coordinate */
  constructor({ mean, covariance }: Gaussian, isMissing: (d: number) => boolean) {
    const dim = mean.length;
    const all = Uint32Array.from(mean, (_, d) => d);
    this.known = all.filter((d) => !isMissing(d));
    this.missing = all.filter((d) => isMissing(d));
    const order = [...this.known, ...this.missing];
    this.#mean = Float64Array.from(order, (d) => mean[d]);
    const factor = new Float64Array(dim * dim);
    for (let i = 0; i < dim; i++)
      for (let j = 0; j <= i; j++) {
        let sum = covariance[order[i] * dim + order[j]];
        for (let k = 0; k < j; k++) sum -= factor[i * dim + k] * factor[j * dim + k];
        factor[i * dim + j] = i === j ? Math.sqrt(sum) : sum / factor[j * dim + j];
      }
    this.#factor = factor;
    const logDet = (from: number, to: number) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += Math.log(factor[i * dim + i]);
      return sum;
    };
    this.logDetKnown = logDet(0, this.known.length);
    this.logDetMissing = logDet(this.known.length, dim);
  }

  /** Numbers kept, roughly. */
  get size(): number {
    return this.#factor.length;
  }

  /** y = A^{-1} (x₁ − μ₁), of the known coordinates in their order, in place. */
  whiten(known: Float64Array): void {
    const dim = this.#mean.length;
    for (let i = 0; i < this.known.length; i++) {
      let sum = known[i] - this.#mean[i];
      for (let k = 0; k < i; k++) sum -= this.#factor[i * dim + k] * known[k];
      known[i] = sum / this.#factor[i * dim + i];
    }
  }

  /** Coordinate i of the missing ones: μ₂ + B y + C ε. */
  at(i: number, y: Float64Array, noise: Float64Array): number {
    const dim = this.#mean.length;
    const o = this.known.length;
    const row = (o + i) * dim;
    let sum = this.#mean[o + i];
    for (let k = 0; k < o; k++) sum += this.#factor[row + k] * y[k];
    for (let k = 0; k <= i; k++) sum += this.#factor[row + o + k] * noise[k];
    return sum;
  }

  /** (C Cᵀ)_ij of the missing coordinates i ≥ j. */
  covariance(i: number, j: number): number {
    const dim = this.#mean.length;
    const o = this.known.length;
    let sum = 0;
    for (let k = o; k <= o + j; k++) sum += this.#factor[(o + i) * dim + k] * this.#factor[(o + j) * dim + k];
    return sum;
  }
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
 * Cost, a round: O(n D²), and O(D³) for each set of cells that is missing in some row.
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

  let gaussian: Gaussian = { mean: new Float64Array(dim), covariance: identity(dim) };
  const x = new Float64Array(dim);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = sums.copy();
    for (const [key, group] of groups) {
      const conditional = new Conditional(gaussian, (d) => key[d] === "1");
      const { known, missing } = conditional;
      const y = new Float64Array(known.length);
      const none = new Float64Array(missing.length);
      for (const row of group) {
        for (const [i, d] of known.entries()) x[d] = y[i] = rows[row * dim + d];
        conditional.whiten(y);
        for (const [i, d] of missing.entries()) x[d] = conditional.at(i, y, none);
        next.add(x);
      }
      for (let i = 0; i < missing.length; i++)
        for (let j = 0; j <= i; j++)
          next.products[missing[i] * dim + missing[j]] += group.length * conditional.covariance(i, j);
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
    return { mean, covariance };
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
