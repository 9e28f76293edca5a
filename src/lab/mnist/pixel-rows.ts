// Pictures as rows in the unit cube, dequantised afresh whenever they are drawn.

import { type BatchStream, type RowSource, ShuffledBatches } from "../../data/index.js";
import type { Random } from "../../random/index.js";

/** How far a logit's argument stays from 0 and 1. */
export const logitMargin = 1e-6;

/**
 * Whole numbers from 0 to levels − 1 as rows (value + u) / levels, u uniform in [0, 1): a density of x has an integral
 * over each number's cell, and so a probability for the picture.
 */
export class PixelRows implements RowSource {
  readonly dim: number;
  readonly rows: number;
  readonly levels: number;
  readonly #values: Uint16Array;

  /** @param values row-major [rows, dim] */
  constructor(values: Uint16Array, dim: number, levels: number) {
    this.dim = dim;
    this.rows = values.length / dim;
    this.levels = levels;
    this.#values = values;
  }

  /** Nats a picture that a density loses when it is one of whole numbers rather than of x: log of the cells' number. */
  get cellNats(): number {
    return this.dim * Math.log(this.levels);
  }

  /** The logit of one number of a row; a property, to be mapped with. */
  readonly logit = (x: number): number => {
    const s = logitMargin + (1 - 2 * logitMargin) * x;
    return Math.log(s / (1 - s));
  };

  /** Mean over rows, given as logits, of the map's log-determinant: log|d logit / dx| summed over a row, in nats. */
  meanLogSlope(logits: Float32Array): number {
    let total = 0;
    // 1 / (s (1 − s)) = (1 + e^y) (1 + e^−y)
    for (const y of logits) total += Math.abs(y) + 2 * Math.log1p(Math.exp(-Math.abs(y)));
    return (total * this.dim) / logits.length + this.dim * Math.log(1 - 2 * logitMargin);
  }

  /** Some rows, the first by default, each with noise of its own: row-major [n, dim]. */
  draw(
    random: Random,
    indices: Uint32Array = Uint32Array.from({ length: this.rows }, (_, i) => i),
  ): Float32Array {
    return this.fill(new Float32Array(indices.length * this.dim), indices, random);
  }

  /** Writes the rows of these indices, with noise. */
  fill(into: Float32Array, indices: Uint32Array, random: Random): Float32Array {
    const { dim, levels } = this;
    random.fillUniform(into);
    for (let i = 0; i < indices.length; i++)
      for (let d = 0; d < dim; d++)
        into[i * dim + d] = (this.#values[indices[i] * dim + d] + into[i * dim + d]) / levels;
    return into;
  }

  batches({ batchSize, random }: { batchSize: number; random: Random }): BatchStream {
    const { rows, dim } = this;
    const fill = this.fill.bind(this);
    return new ShuffledBatches({ rows, dim, batchSize, random, fill });
  }
}
