// Rows as a flow sees them: standardised, dequantised, shuffled, in batches. `RowSource` is all that training knows of
// data; it need not hold the table.

import { LogdetError } from "../errors.js";
import { Random, type RandomState } from "../random/index.js";
import type { ColumnPlan } from "./columns.js";
import { type Layout, layoutOf, writeColumn } from "./coordinates.js";
import type { Table } from "./table.js";

/** Some rows. */
export interface Batch {
  /** Row-major [rows, dim]: coordinates, see coordinates.ts. */
  readonly values: Float32Array;
  readonly rows: number;
  /** How many times all rows were drawn before this batch's. */
  readonly epoch: number;
}

/** Where a stream of batches stands: plain JSON, a few numbers. */
export interface BatchPosition {
  readonly epoch: number;
  /** Rows of this epoch already drawn. */
  readonly offset: number;
  /** The seed the epochs' orders follow from. */
  readonly seed: number;
  /** The generator of the dequantisation noise, and of what missing cells are filled with. */
  readonly noise: RandomState;
}

/**
 * Batches without end: after one epoch comes the next, in a new order. Stop by not asking for more.
 *
 * `state()` after batch k, given to `restore()` of a stream over the same rows with the same batch size, makes that
 * stream's next batch equal, bit for bit, to batch k + 1 of this one.
 *
 * @example
 * for await (const { values, rows, epoch } of source.batches({ batchSize: 256, random })) {
 *   if (epoch === 10) break
 * }
 */
export interface BatchStream extends AsyncIterable<Batch> {
  readonly batchSize: number;
  /**
   * The next batch. It is written to `into` (at least batchSize · dim long) where given, which spares an allocation a
   * step; `values` is then a view of it.
   */
  next(into?: Float32Array): Promise<Batch>;
  state(): BatchPosition;
  restore(position: BatchPosition): void;
}

/** Puts numbers in the place of missing ones. */
export interface Filler {
  /**
   * Replaces each NaN in the first coordinates of some rows by a draw, and leaves all else as it is.
   *
   * @param rows row-major [count, stride]
   * @param random where all its chance comes from
   */
  fill(rows: Float32Array, count: number, stride: number, random: Random): unknown;
}

/** Anything that gives batches of rows. */
export interface RowSource {
  /** Coordinates a row. */
  readonly dim: number;
  /** Undefined while unknown. */
  readonly rows: number | undefined;
  /**
   * @param options.batchSize rows a batch; with fewer rows than that every batch holds them all. What is left over at the
   *   end of an epoch is not drawn in it: the next epoch's order is another
   * @param options.random order and noise follow from its seed alone: nothing is drawn from it
   */
  batches(options: { batchSize: number; random: Random }): BatchStream;
}

/**
 * The rows of a table as coordinates: (value + noise − center) / scale of each numeric column, then the blocks of
 * categorical columns and of missing cells (coordinates.ts).
 *
 * Columns are found by name, so the table may have others, in any order.
 *
 * @param indices the rows to take; default all
 * @param noise a generator: values of discrete columns are spread over their cells; "centre": they stay at the centres
 * @param filler what missing numbers are replaced with, after the noise; without one, or at the centres, they stay NaN
 * @returns row-major [indices.length, width]: one coordinate a plan, unless there are categories or missing cells
 * @throws LogdetError (data) if a planned column is not in the table
 */
export function standardizedRows(
  table: Table,
  plans: readonly ColumnPlan[],
  indices?: Uint32Array,
  noise: Random | "centre" = "centre",
  filler?: Filler,
): Float32Array {
  const rows = indices?.length ?? table.rows;
  const layout = layoutOf(plans);
  const out = new Float32Array(rows * layout.width);
  plans.forEach((plan, c) => {
    const column = table.columns.find(({ name }) => name === plan.name);
    if (column === undefined) throw new LogdetError("data", `the table has no column "${plan.name}"`);
    const { values } = column;
    writeColumn(plan, layout, c, rows, (i) => values[indices?.[i] ?? i], out);
  });
  if (noise !== "centre") {
    new Dequantizer(plans, layout).addNoise(out, rows, noise);
    filler?.fill(out, rows, layout.width, noise);
  }
  return out;
}

/** Adds uniform noise of one cell's width to the discrete coordinates of standardised rows. */
class Dequantizer {
  readonly #width: number;
  readonly #coordinates: Uint32Array;
  /** Widths of the cells in standardised units. */
  readonly #cells: Float32Array;
  #uniform = new Float32Array(0);

  constructor(plans: readonly ColumnPlan[], layout: Layout) {
    const discrete = plans.flatMap(({ quantum, scale }, c) => {
      const { coordinate } = layout.places[c];
      return quantum === undefined || coordinate === undefined ? [] : [{ coordinate, cell: quantum / scale }];
    });
    this.#width = layout.width;
    this.#coordinates = Uint32Array.from(discrete, ({ coordinate }) => coordinate);
    this.#cells = Float32Array.from(discrete, ({ cell }) => cell);
  }

  addNoise(values: Float32Array, rows: number, random: Random): void {
    const k = this.#coordinates.length;
    if (k === 0) return;
    if (this.#uniform.length < rows * k) this.#uniform = new Float32Array(rows * k);
    const uniform = random.fillUniform(this.#uniform.subarray(0, rows * k));
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < k; j++)
        values[i * this.#width + this.#coordinates[j]] += this.#cells[j] * (uniform[i * k + j] - 0.5);
  }
}

/** A source that holds its rows as coordinates, in float32: 4 bytes a value. */
export class InMemoryRows implements RowSource {
  readonly dim: number;
  readonly rows: number;
  /** Cell centres, row-major [rows, dim]. */
  readonly #centres: Float32Array;
  readonly #dequantizer: () => Dequantizer;
  readonly #filler: Filler | undefined;

  /**
   * @param indices the rows to take; default all
   * @param filler what missing numbers are replaced with, anew at every draw
   * @throws LogdetError (data) if there are no rows, or missing numbers and no filler
   */
  constructor(table: Table, plans: readonly ColumnPlan[], indices?: Uint32Array, filler?: Filler) {
    const layout = layoutOf(plans);
    this.dim = layout.width;
    this.rows = indices?.length ?? table.rows;
    this.#centres = standardizedRows(table, plans, indices);
    this.#dequantizer = () => new Dequantizer(plans, layout);
    this.#filler = filler;
    if (this.rows === 0) throw new LogdetError("data", "there are no rows to draw from");
    if (filler === undefined && this.#centres.some(Number.isNaN))
      throw new LogdetError("data", "the rows have missing numbers, and nothing to fill them with");
  }

  batches({ batchSize, random }: { batchSize: number; random: Random }): BatchStream {
    const centres = this.#centres;
    const filler = this.#filler;
    const { dim, rows } = this;
    const dequantizer = this.#dequantizer();
    return new ShuffledBatches({
      ...{ rows, dim, batchSize, random },
      fill(into, indices, noise) {
        for (const [i, row] of indices.entries())
          for (let d = 0; d < dim; d++) into[i * dim + d] = centres[row * dim + d];
        dequantizer.addNoise(into, indices.length, noise);
        filler?.fill(into, indices.length, dim, noise);
      },
    });
  }
}

/** Rows that can be had by number, and how. */
export interface ShuffledBatchesOptions {
  readonly rows: number;
  readonly dim: number;
  readonly batchSize: number;
  /** Order and noise follow from its seed alone. */
  readonly random: Random;
  /** Writes the rows of these numbers, row-major [indices.length, dim], each with noise of its own. */
  fill(into: Float32Array, indices: Uint32Array, noise: Random): void;
}

/** Batches of rows that can be had by number: every row once an epoch, in a new order each. */
export class ShuffledBatches implements BatchStream {
  readonly batchSize: number;
  readonly #options: ShuffledBatchesOptions;
  #seed: number;
  #noise: Random;
  #epoch = 0;
  #offset = 0;
  #order: Uint32Array;

  constructor(options: ShuffledBatchesOptions) {
    const { rows, batchSize, random } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new LogdetError("usage", `the batch size must be a positive whole number, got ${batchSize}`);
    this.batchSize = Math.min(batchSize, rows);
    this.#options = options;
    this.#seed = random.seed;
    this.#noise = random.split("dequantisation");
    this.#order = this.#orderOf(0);
  }

  /** An epoch's order follows from seed and epoch alone: that is all a saved position needs. */
  #orderOf(epoch: number): Uint32Array {
    return new Random(this.#seed).split(`order ${epoch}`).permutation(this.#options.rows);
  }

  next(into?: Float32Array): Promise<Batch> {
    const rows = this.batchSize;
    const { dim } = this.#options;
    if (into !== undefined && into.length < rows * dim)
      return Promise.reject(
        new LogdetError("shape", `a batch needs room for [${rows}, ${dim}] values, got ${into.length}`),
      );
    if (this.#offset + rows > this.#order.length) {
      this.#epoch++;
      this.#offset = 0;
      this.#order = this.#orderOf(this.#epoch);
    }
    const values = into?.subarray(0, rows * dim) ?? new Float32Array(rows * dim);
    const indices = this.#order.subarray(this.#offset, this.#offset + rows);
    this.#options.fill(values, indices, this.#noise);
    this.#offset += rows;
    return Promise.resolve({ values, rows, epoch: this.#epoch });
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Batch> {
    for (;;) yield await this.next();
  }

  state(): BatchPosition {
    return { epoch: this.#epoch, offset: this.#offset, seed: this.#seed, noise: this.#noise.state() };
  }

  restore({ epoch, offset, seed, noise }: BatchPosition): void {
    this.#epoch = epoch;
    this.#offset = offset;
    this.#seed = seed;
    this.#noise = Random.from(noise);
    this.#order = this.#orderOf(epoch);
  }
}
