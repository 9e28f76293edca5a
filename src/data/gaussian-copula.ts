// The simple density that missing cells are drawn from: a Gaussian copula with the columns' own margins. Host code in
// float64; the copulas that flows are trained on are among the distributions.

import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import type { FloatArray } from "../runtime/index.js";
import {
  Conditional,
  fitIncompleteGaussian,
  Gaussian,
  isPositiveDefinite,
  patternOf,
} from "./incomplete-gaussian.js";
import { NormalScores, type NormalScoresState, type Support } from "./normal-scores.js";

/** Plain numbers: what is saved. */
export interface GaussianCopulaState {
  /** One a column. */
  readonly margins: readonly NormalScoresState[];
  /** Of the columns' normal scores: [D]. */
  readonly mean: readonly number[];
  /** Row-major [D, D]. */
  readonly covariance: readonly number[];
}

export interface GaussianCopulaOptions {
  /** Numbers from one row to the next; default: D. */
  readonly stride?: number;
  /** Where each column's values can be; default: anywhere. */
  readonly supports?: readonly Support[];
}

/** More rows than these change a correlation by less than 0.01; and the D³ that each may cost are not to exceed so many. */
const MOST_ROWS = 20_000;
const MOST_OPERATIONS = 1e10;

/** Numbers in cached factorisations: 32 MB. */
const MOST_CACHED = 2 ** 22;

/** An extreme cell tells no more of the others than one this far beyond the outermost knot. */
const SCORE_BEYOND = 1;

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * Columns whose normal scores g_d (normal-scores.ts) are jointly normal:
 *
 *   log p(x) = log N(g; μ, Σ) − Σ_d log Q_d'(g_d)
 *
 * Fitted to rows with missing cells, and able to draw those given the others, with the exact log-density of the draw.
 * That makes an exact density of incomplete rows of any density p̃ of filled ones: with q(x_mis | x_obs) this one's
 * conditional, p(x_obs) = p̃(x_obs, x_mis) / q(x_mis | x_obs) if p̃ has learned rows filled by q, however good q is.
 * For conditioning, scores far beyond the knots are pulled in: extreme cells then do not give extreme fills.
 *
 * Cost of a fit: see `fitIncompleteGaussian`, on 20,000 rows at most; of a fill: O(M D) a row with M missing cells, and
 * O(M³) for each new set of these.
 *
 * @example
 * const copula = GaussianCopula.fit(rows, 8) // row-major [n, 8], NaN where a cell is missing
 * const logQ = copula.fill(rows, rows.length / 8, 8, new Random(1))
 */
export class GaussianCopula {
  readonly dim: number;
  readonly #margins: readonly NormalScores[];
  readonly #gaussian: Gaussian;
  /** By pattern, the one used last at the end. */
  readonly #conditionals = new Map<string, Conditional>();
  #cached = 0;

  private constructor(margins: readonly NormalScores[], gaussian: Gaussian) {
    this.dim = margins.length;
    this.#margins = margins;
    this.#gaussian = gaussian;
  }

  /**
   * @param rows row-major [n, stride], the columns first; NaN where a cell is missing. Columns of about unit scale;
   *   values of discrete ones with their noise
   * @throws LogdetError (data) if there are no rows
   */
  static fit(
    rows: FloatArray,
    dim: number,
    { stride = dim, supports }: GaussianCopulaOptions = {},
  ): GaussianCopula {
    const total = Math.floor(rows.length / stride);
    if (total === 0) throw new LogdetError("data", "a Gaussian copula needs rows to be fitted to");
    const margins = Array.from({ length: dim }, (_, d) => {
      const values = new Float64Array(total);
      let known = 0;
      for (let row = 0; row < total; row++) {
        const value = rows[row * stride + d];
        if (!Number.isNaN(value)) values[known++] = value;
      }
      return NormalScores.fit(values.subarray(0, known).sort(), supports?.[d]);
    });
    const count = Math.min(total, MOST_ROWS, Math.max(10 * dim, Math.ceil(MOST_OPERATIONS / dim ** 3)));
    const scores = new Float64Array(count * dim);
    for (let i = 0; i < scores.length; i++) {
      // Evenly spaced: a table may be sorted.
      const row = Math.floor((Math.floor(i / dim) * total) / count);
      scores[i] = clampedScore(margins[i % dim], rows[row * stride + (i % dim)]);
    }
    return new GaussianCopula(margins, fitIncompleteGaussian(scores, dim));
  }

  /** @throws LogdetError (model) if the numbers are none of a copula's. */
  static from({ margins, mean, covariance }: GaussianCopulaState): GaussianCopula {
    const dim = margins.length;
    if (mean.length !== dim || covariance.length !== dim * dim)
      throw new LogdetError(
        "model",
        `a Gaussian copula of ${dim} columns has ${dim} means and ${dim * dim} covariances, ` +
          `got ${mean.length} and ${covariance.length}`,
      );
    const matrix = Float64Array.from(covariance);
    if (!isPositiveDefinite(matrix, dim))
      throw new LogdetError("model", "the covariance of a Gaussian copula is not positive definite");
    return new GaussianCopula(
      margins.map((margin) => new NormalScores(margin)),
      new Gaussian(Float64Array.from(mean), matrix),
    );
  }

  toJSON(): GaussianCopulaState {
    return {
      margins: this.#margins.map((margin) => margin.state()),
      mean: Array.from(this.#gaussian.mean),
      covariance: Array.from(this.#gaussian.covariance),
    };
  }

  /**
   * Replaces each NaN in the columns by a draw given the row's other cells; rows without one are not touched.
   *
   * @param rows row-major [count, stride], the columns first
   * @param random where the standard normals come from: one a missing cell, in the rows' order
   * @returns log q(fill | known cells) of each row, nats; 0 where nothing was missing
   */
  fill(rows: FloatArray, count: number, stride: number, random: Pick<Random, "normal">): Float64Array {
    const { dim } = this;
    const logQ = new Float64Array(count);
    const scores = new Float64Array(dim);
    const noise = new Float64Array(dim);
    for (let row = 0; row < count; row++) {
      const from = row * stride;
      const conditional = this.#conditionalOf(rows, from);
      if (conditional === undefined) continue;
      const { known, missing } = conditional;
      for (let i = 0; i < known.length; i++)
        scores[known[i]] = clampedScore(this.#margins[known[i]], rows[from + known[i]]);
      let total = conditional.halfLogDet;
      for (let i = 0; i < missing.length; i++) {
        noise[i] = random.normal();
        total -= 0.5 * (noise[i] ** 2 + LOG_TWO_PI);
      }
      conditional.complete(scores, noise);
      for (let i = 0; i < missing.length; i++) {
        const d = missing[i];
        rows[from + d] = this.#margins[d].value(scores[d]);
        total -= this.#margins[d].logSlope(scores[d]);
      }
      logQ[row] = total;
    }
    return logQ;
  }

  /**
   * The standard normals of which `fill` makes given cells: its inverse, for chains that move them (model/conditional).
   * Cells far beyond the knots get those of cells less extreme.
   *
   * @param rows row-major [count, stride], NaN where a cell is missing
   * @param filled the same rows, complete
   * @returns row-major [count, D]; a row's first numbers are those of its missing cells, in their order
   */
  noiseOf(rows: FloatArray, filled: FloatArray, count: number, stride: number): Float64Array {
    const { dim } = this;
    const result = new Float64Array(count * dim);
    const scores = new Float64Array(dim);
    for (let row = 0; row < count; row++) {
      const conditional = this.#conditionalOf(rows, row * stride);
      if (conditional === undefined) continue;
      for (let d = 0; d < dim; d++) scores[d] = clampedScore(this.#margins[d], filled[row * stride + d]);
      result.set(conditional.noiseOf(scores), row * dim);
    }
    return result;
  }

  /**
   * Log-density of the known cells of each row, nats per unit of each; 0 where none is known.
   *
   * @param rows row-major [n, D], NaN where a cell is missing
   */
  logProb(rows: FloatArray): Float64Array {
    const { dim } = this;
    const scores = new Float64Array(dim);
    const complete = new Conditional(this.#gaussian, () => false);
    return Float64Array.from({ length: rows.length / dim }, (_, row) => {
      const conditional = this.#conditionalOf(rows, row * dim) ?? complete;
      // det Σ_oo = det Σ det Λ_mm
      let total = -this.#gaussian.halfLogDet - conditional.halfLogDet;
      for (const d of conditional.known) {
        scores[d] = this.#margins[d].score(rows[row * dim + d]);
        total -= this.#margins[d].logSlope(scores[d]) + 0.5 * LOG_TWO_PI;
      }
      return total - 0.5 * conditional.squaredDistance(scores);
    });
  }

  /** Of a row with missing cells. */
  #conditionalOf(rows: FloatArray, from: number): Conditional | undefined {
    const { dim } = this;
    let isComplete = true;
    for (let d = 0; d < dim && isComplete; d++) isComplete = !Number.isNaN(rows[from + d]);
    if (isComplete) return undefined;
    const key = patternOf(rows, from, dim);
    const known = this.#conditionals.get(key);
    const conditional = known ?? new Conditional(this.#gaussian, (d) => key[d] === "1");
    if (known) this.#conditionals.delete(key);
    else this.#cached += conditional.size;
    this.#conditionals.set(key, conditional);
    for (const [oldest, { size }] of this.#conditionals) {
      if (this.#cached <= MOST_CACHED || oldest === key) break;
      this.#conditionals.delete(oldest);
      this.#cached -= size;
    }
    return conditional;
  }
}

/** NaN stays NaN. */
function clampedScore(margin: NormalScores, x: number): number {
  const limit = margin.reach + SCORE_BEYOND;
  return Math.max(-limit, Math.min(limit, margin.score(x)));
}
