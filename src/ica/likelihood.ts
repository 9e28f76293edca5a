// The likelihood of a linear separation and its relative gradient, over all rows in one pass of the kernels.

import { LogdetError } from "../errors.js";
import { instantiateKernels, type Kernels } from "../kernels/index.js";
import { multiply } from "./matrices.js";

/** Rows that are worked on together: those of some 32 sources stay in the nearest caches. */
const blockRows = 128;
/** Blocks whose products are summed in float32, before they are added up in float64. */
const blocksTogether = 8;

const logPi = Math.log(Math.PI);
const logNormal = 0.5 * Math.log(2 * Math.PI) + 0.5;

/** The golden ratio's fraction: steps of so much of a circle fill it evenly, however many they are. */
const goldenFraction = (Math.sqrt(5) - 1) / 2;

/** What one pass over the rows tells of a matrix W. All in float64. */
export interface Pass {
  /** −Σ_j E[log p_j(y_j)], nats; without log|det W|. */
  readonly loss: number;
  /** G_ij = E[y_i ψ_j(y_j)] − δ_ij, row-major [n, n]. */
  readonly gradient: Float64Array;
  /** E[y_j²], [n]. */
  readonly power: Float64Array;
  /** E[ψ_j′(y_j)], [n]. */
  readonly slope: Float64Array;
  /** E[tanh′(y_j)] E[y_j²] − E[y_j tanh y_j], [n]: above 0 for a peaked source, below for a flat one, 0 for a normal. */
  readonly peakedness: Float64Array;
}

/**
 * Rows of n whitened columns in float32, and densities for the sources y = zW. A peaked source has the density
 * 1 / (π cosh y), a flat one that of two normals at ±1: their scores are tanh y and y − tanh y, and neither has a
 * parameter, since the scale is W's.
 *
 * @see Lee, Girolami and Sejnowski, "Independent component analysis using an extended infomax algorithm", Neural
 * Computation 1999
 */
export class SourceLikelihood {
  /** Sources. */
  readonly n: number;
  readonly rows: number;
  /** n, rounded up to whole vectors: what fills rows up stays 0. */
  readonly #width: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #at: Record<"data" | "weight" | "y" | "tanh" | "product" | "sums", number>;
  /** E[zᵀz], row-major [n, n], of the first so many rows. */
  #moments: { readonly rows: number; readonly values: Float64Array } | undefined;

  /**
   * Whitens the rows, and stores each a golden step from the one before, around and around: so the first places hold
   * rows that are spread over all of the table, in step with no period. O(rows D n).
   *
   * @param columns D columns of mean 0 and variance 1
   * @param map row-major [D, n]; a row's n whitened numbers are its columns times map
   * @throws LogdetError "data" if the rows do not fit in a WebAssembly memory.
   */
  constructor(columns: readonly Float64Array[], map: Float64Array) {
    const dim = columns.length;
    const n = map.length / dim;
    const rows = columns[0].length;
    const width = Math.ceil(n / 4) * 4;
    this.n = n;
    this.rows = rows;
    this.#width = width;
    let end = 0;
    const reserve = (bytes: number) => {
      const start = end;
      end = Math.ceil((start + bytes) / 64) * 64;
      return start;
    };
    this.#at = {
      sums: reserve(16 * width),
      weight: reserve(4 * width * width),
      y: reserve(4 * width * blockRows),
      tanh: reserve(4 * width * blockRows),
      product: reserve(4 * width * width),
      data: reserve(4 * width * rows),
    };
    const at = { block: reserve(4 * dim * blockRows), map: reserve(4 * dim * width) };
    if (end > 65_536 * 65_536)
      throw new LogdetError("data", `${rows} rows of ${n} components do not fit in memory (4 GiB)`, {
        hint: "Take fewer rows, or fewer components with --components.",
      });
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65_536) });
    this.#kernels = instantiateKernels(this.#memory);

    const { buffer } = this.#memory;
    pad(new Float32Array(buffer, at.map, dim * width), width, map, n);
    const block = new Float32Array(buffer, at.block, dim * blockRows);
    const white = new Float32Array(buffer, this.#at.y, width * blockRows);
    const data = new Float32Array(buffer, this.#at.data, width * rows);
    const step = goldenStep(rows);
    let place = 0;
    for (let start = 0; start < rows; start += blockRows) {
      const count = Math.min(blockRows, rows - start);
      for (let d = 0; d < dim; d++) {
        const values = columns[d];
        for (let i = 0; i < count; i++) block[i * dim + d] = values[start + i];
      }
      this.#product(count, width, dim, at.block, false, at.map, false, this.#at.y);
      for (let i = 0; i < count; i++, place = (place + step) % rows)
        data.set(white.subarray(i * width, (i + 1) * width), place * width);
    }
  }

  /**
   * Loss, gradient and curvature at W. O(rows n²), 4 products and one exponential an element.
   *
   * @param weight W, row-major [n, n]
   * @param flat one a source: 1 for the flat density
   * @param rows how many, spread over the table. Default: all
   */
  evaluate(weight: Float64Array, flat: Uint8Array, rows = this.rows): Pass {
    const n = this.n;
    const width = this.#width;
    const at = this.#at;
    const { buffer } = this.#memory;
    pad(new Float32Array(buffer, at.weight, width * width), width, weight, n);
    const sums = new Float64Array(buffer, at.sums, 2 * width).fill(0);
    const gradient = this.#expectation(rows, (data, count) => {
      this.#product(count, width, width, data, false, at.weight, false, at.y);
      this.#kernels.icaScore(count, width, at.y, at.tanh, at.sums);
      return [at.y, at.tanh];
    });
    // E[yᵀy] = Wᵀ E[zᵀz] W.
    const second = multiply(transposed(weight, n), multiply(this.#momentsOf(rows), weight, n, n, n), n, n, n);

    let loss = 0;
    const power = new Float64Array(n);
    const slope = new Float64Array(n);
    const peakedness = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      const logCosh = sums[j] / rows - Math.LN2;
      const slopeOfTanh = 1 - sums[width + j] / rows;
      power[j] = second[j * n + j];
      peakedness[j] = slopeOfTanh * power[j] - gradient[j * n + j];
      loss += flat[j] ? 0.5 * power[j] - logCosh + logNormal : logCosh + logPi;
      slope[j] = flat[j] ? 1 - slopeOfTanh : slopeOfTanh;
      if (flat[j]) for (let i = 0; i < n; i++) gradient[i * n + j] = second[i * n + j] - gradient[i * n + j];
      gradient[j * n + j] -= 1;
    }
    return { loss, gradient, power, slope, peakedness };
  }

  #momentsOf(rows: number): Float64Array {
    if (this.#moments?.rows !== rows)
      this.#moments = { rows, values: this.#expectation(rows, (data) => [data, data]) };
    return this.#moments.values;
  }

  /** E[aᵀb], row-major [n, n], for what `factors` makes of a block of `count` rows: the places of its a and b. */
  #expectation(rows: number, factors: (data: number, count: number) => [a: number, b: number]): Float64Array {
    const n = this.n;
    const width = this.#width;
    const product = new Float32Array(this.#memory.buffer, this.#at.product, width * width);
    const out = new Float64Array(n * n);
    for (let start = 0, block = 0; start < rows; start += blockRows, block++) {
      const count = Math.min(blockRows, rows - start);
      const [a, b] = factors(this.#at.data + 4 * start * width, count);
      this.#product(width, width, count, a, true, b, block % blocksTogether > 0, this.#at.product);
      if (start + count < rows && (block + 1) % blocksTogether > 0) continue;
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] += product[i * width + j] / rows;
    }
    return out;
  }

  /** out ← a b or aᵀb, or (`adds`) that much more, for a [m, k] or [k, m] and b [k, columns], of whole vectors. */
  #product(
    m: number,
    columns: number,
    k: number,
    a: number,
    turned: boolean,
    b: number,
    adds: boolean,
    out: number,
  ) {
    this.#kernels.smallProduct(m, columns, k, a, +turned, b, 0, 1, 1, adds ? out : 0, 0, out, 0);
  }
}

/** Copies rows of n numbers to rows of `width`. */
function pad(to: Float32Array, width: number, from: Float64Array, n: number): void {
  for (let i = 0; i * n < from.length; i++) to.set(from.subarray(i * n, (i + 1) * n), i * width);
}

function transposed(a: Float64Array, n: number): Float64Array {
  return a.map((_, at) => a[(at % n) * n + Math.floor(at / n)]);
}

/** The whole number nearest to rows · 0.618 that shares no divisor with `rows`: its multiples come by every place. */
function goldenStep(rows: number): number {
  const near = Math.round(rows * goldenFraction);
  for (let distance = 0; ; distance++)
    for (const step of [near + distance, near - distance])
      if (step >= 1 && greatestDivisor(step, rows) === 1) return step;
}

function greatestDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
