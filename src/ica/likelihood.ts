// The likelihood of a linear separation and its relative gradient, over all rows in one pass of the kernels.

import { LogdetError } from "../errors.js";
import { instantiateKernels, type Kernels } from "../kernels/index.js";

/** Samples of all sources that are worked on together: they stay in the second cache. A multiple of 4. */
const blockSize = 256;

const logPi = Math.log(Math.PI);
const logNormal = 0.5 * Math.log(2 * Math.PI) + 0.5;

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
  readonly n: number;
  readonly rows: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #at: Record<"data" | "weight" | "y" | "score" | "product" | "sums" | "scratch", number>;

  /** @throws LogdetError "data" if the rows do not fit in a WebAssembly memory. */
  constructor(rows: number, n: number) {
    this.n = n;
    this.rows = rows;
    const samples = Math.ceil(rows / 4) * 4;
    // The kernels are asked for their scratch space before there is a memory to work in.
    const { smallProductScratch } = instantiateKernels(new WebAssembly.Memory({ initial: 1 }));
    const scratch = Math.max(smallProductScratch(n, blockSize, n), smallProductScratch(n, n, blockSize));
    let end = 0;
    const reserve = (bytes: number) => {
      const start = end;
      end = Math.ceil((start + bytes) / 64) * 64;
      return start;
    };
    this.#at = {
      data: reserve(4 * n * samples),
      weight: reserve(4 * n * n),
      y: reserve(4 * n * blockSize),
      score: reserve(4 * n * blockSize),
      product: reserve(4 * n * n),
      sums: reserve(24),
      scratch: reserve(scratch),
    };
    if (end > 65_536 * 65_536)
      throw new LogdetError("data", `${rows} rows of ${n} components do not fit in memory (4 GiB)`, {
        hint: "Take fewer rows, or fewer components with --components.",
      });
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65_536) });
    this.#kernels = instantiateKernels(this.#memory);
  }

  /**
   * Stores the rows' whitened columns.
   *
   * @param columns D columns of `rows` numbers of mean 0 and variance 1
   * @param map row-major [D, n]; a row's n whitened numbers are its columns times map
   */
  fill(columns: readonly Float64Array[], map: Float64Array): void {
    const { n, rows } = this;
    const dim = columns.length;
    // Products in float32, in a memory of its own: this one has no place for all columns.
    const room = 4 * (dim * n + dim * blockSize);
    const { smallProductScratch } = this.#kernels;
    const end = Math.ceil(room / 64) * 64 + 4 * n * blockSize;
    const memory = new WebAssembly.Memory({
      initial: Math.ceil((end + smallProductScratch(n, blockSize, dim)) / 65_536),
    });
    const kernels = instantiateKernels(memory);
    new Float32Array(memory.buffer, 0, dim * n).set(map);
    const from = new Float32Array(memory.buffer, 4 * dim * n, dim * blockSize);
    const to = end - 4 * n * blockSize;
    const data = new Float32Array(this.#memory.buffer, this.#at.data, n * Math.ceil(rows / 4) * 4);
    for (let start = 0; start < rows; start += blockSize) {
      const count = Math.min(blockSize, rows - start);
      const width = Math.ceil(count / 4) * 4;
      // What fills up the last block stays 0.
      from.fill(0);
      for (let d = 0; d < dim; d++) from.set(columns[d].subarray(start, start + count), d * width);
      kernels.smallProduct(n, width, dim, 0, 1, 4 * dim * n, 0, 1, 0, 0, 0, to, end);
      // Blocks lie one after another, each [n, width].
      data.set(new Float32Array(memory.buffer, to, n * width), start * n);
    }
  }

  /**
   * Loss, gradient and curvature at W. O(rows n²), 4 products and one exponential an element.
   *
   * @param weight W, row-major [n, n]
   * @param flat one a source: 1 for the flat density
   */
  evaluate(weight: Float64Array, flat: Uint8Array): Pass {
    const { n, rows } = this;
    const at = this.#at;
    const kernels = this.#kernels;
    const { buffer } = this.#memory;
    new Float32Array(buffer, at.weight, n * n).set(weight);
    const product = new Float32Array(buffer, at.product, n * n);
    const sums = new Float64Array(buffer, at.sums, 3);
    const gradient = new Float64Array(n * n);
    const logCosh = new Float64Array(n);
    const squaredTanh = new Float64Array(n);
    const power = new Float64Array(n);
    for (let start = 0; start < rows; start += blockSize) {
      const width = Math.ceil(Math.min(blockSize, rows - start) / 4) * 4;
      const data = at.data + 4 * start * n;
      kernels.smallProduct(n, width, n, at.weight, 1, data, 0, 1, 0, 0, 0, at.y, at.scratch);
      for (let j = 0; j < n; j++) {
        const offset = 4 * j * width;
        kernels.icaScore(width, at.y + offset, flat[j], at.score + offset, at.sums);
        logCosh[j] += sums[0] / rows;
        squaredTanh[j] += sums[1] / rows;
        power[j] += sums[2] / rows;
      }
      kernels.smallProduct(n, n, width, at.y, 0, at.score, 1, 1, 0, 0, 0, at.product, at.scratch);
      for (let i = 0; i < n * n; i++) gradient[i] += product[i] / rows;
    }

    let loss = 0;
    const slope = new Float64Array(n);
    const peakedness = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      const own = gradient[j * n + j];
      const slopeOfTanh = 1 - squaredTanh[j];
      const tanhPart = flat[j] ? power[j] - own : own;
      loss += flat[j] ? 0.5 * power[j] - logCosh[j] + logNormal : logCosh[j] + logPi;
      slope[j] = flat[j] ? 1 - slopeOfTanh : slopeOfTanh;
      peakedness[j] = slopeOfTanh * power[j] - tanhPart;
      gradient[j * n + j] = own - 1;
    }
    return { loss, gradient, power, slope, peakedness };
  }
}
