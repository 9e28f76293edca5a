// A fitted model: a flow with values, and the columns it was fitted to. Everything here speaks the columns' units.

import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import { farthest } from "../onnx/index.js";
import { Random } from "../random/index.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import { input, type Tensor } from "../tensor/index.js";
import { Calibration } from "./calibration.js";
import type { ColumnConfig, ModelConfig } from "./config.js";
import { draw } from "./draw.js";
import { type ModelParts, scoreOf, unitsLogDet } from "./parts.js";
import { type SaveOptions, saveModel } from "./save.js";
import { type StatisticName, squaredLatentNorm, statisticNames, statistics } from "./statistics.js";

/** Rows as one row-major array, [n · D], or as an array of rows. Columns in the order of `model.columns`. */
export type Rows = Float32Array | Float64Array | readonly (readonly number[])[];

export interface SampleOptions {
  /** Same seed, same rows. */
  seed?: number;
  /** Round discrete columns to their lattice, as the data were. Default: true. */
  round?: boolean;
}

export interface PValueOptions {
  /** What ranks the rows: "density", "typicality" or "latent-norm". Default: "density". */
  statistic?: StatisticName;
  /** The rows' log-densities, where they are known already: spares a pass. */
  logProb?: Float64Array;
}

/** Rows a program works on at once: bounds the memory, whatever the number of rows. */
const batchRows = 1024;

/**
 * A fitted density.
 *
 * Cost: O(D²) a row for every method (an inverse, O(D³), once for `sample`). Numbers in and out are float64 in the
 * columns' units; inside, rows are standardised in float64 and the flow works in float32.
 *
 * @example
 * const model = await load("weather.logdet")
 * const nats = await model.logProb([[0, 12.8, 5, 4.7]])
 * const rows = await model.sample(1000, { seed: 1 })
 */
export class Model implements ModelParts {
  readonly flow: Flow;
  readonly parameters: ParameterStore;
  readonly config: ModelConfig;
  readonly #threads: number | undefined;
  readonly #programs = new Map<string, Promise<Program>>();
  #calibration: Calibration | undefined;

  constructor(
    flow: Flow,
    parameters: ParameterStore,
    config: ModelConfig,
    threads?: number,
    calibration?: Calibration,
  ) {
    this.flow = flow;
    this.parameters = parameters;
    this.config = config;
    this.#threads = threads;
    this.#calibration = calibration;
  }

  get columns(): readonly ColumnConfig[] {
    return this.config.columns;
  }

  get dim(): number {
    return this.flow.dim;
  }

  /**
   * Log-density of each row, in nats, per unit of the original columns. A discrete column is read at the middle of
   * its cell.
   *
   * @throws LogdetError "shape" if the rows do not have D columns, "data" if a number is not finite.
   */
  async logProb(rows: Rows): Promise<Float64Array> {
    const logProb = await this.#map("logProb", rows, 1, (x) => this.flow.logProb(x));
    const shift = unitsLogDet(this.config);
    return logProb.map((value) => value + shift);
  }

  /** The rows in the base's space, where they should look like draws of the base: [n · D]. */
  async latent(rows: Rows): Promise<Float64Array> {
    return this.#map("latent", rows, this.dim, (x) => this.flow.density(x).latent);
  }

  /**
   * ‖z‖² of each row's latent, [n]; for a mixture or an average of nets, its expectation over the net that the row is of.
   */
  async latentNorm(rows: Rows): Promise<Float64Array> {
    return this.#map("latentNorm", rows, 1, (x) => squaredLatentNorm(this.flow, x));
  }

  /** What p-values are ranked among; undefined if no rows were set apart for it. */
  get calibration(): Calibration | undefined {
    return this.#calibration;
  }

  /**
   * Calibrates the model's p-values with rows that were not used to fit it, instead of those that `fit` set apart: with
   * today's normal rows, say. They are saved with the model.
   *
   * @throws LogdetError "shape" if there are no rows; otherwise as `logProb`.
   */
  async calibrate(rows: Rows): Promise<void> {
    const flat = Float64Array.from(flatten(rows, this.dim));
    const logProb = await this.logProb(flat);
    const scores: Partial<Record<StatisticName, Float64Array>> = {};
    for (const name of statisticNames) scores[name] = await statistics[name].scores(this, flat, logProb);
    this.#calibration = new Calibration(scores);
  }

  /**
   * The conformal p-value of each row, [n]: its rank among the calibration rows,
   *
   *   p = (1 + #{calibration rows at least as strange}) / (calibration rows + 1)
   *
   * A row from the distribution that the calibration rows came from has p ≤ α with probability α at most, whatever the
   * model.
   *
   * @throws LogdetError "model" if the model is not calibrated, "usage" if there is no such statistic; otherwise as
   * `logProb`.
   * @example const flagged = benjaminiHochberg(await model.pValues(rows), 0.1)
   */
  async pValues(rows: Rows, { statistic, logProb }: PValueOptions = {}): Promise<Float64Array> {
    const calibration = this.#calibration;
    if (!calibration)
      throw new LogdetError(
        "model",
        "the model is not calibrated: no rows were set apart when it was fitted",
        {
          hint: "Fit it again with calibration rows (--calibration 0.1), or call calibrate with rows it was not fitted to.",
        },
      );
    const name = statistic ?? calibration.defaultStatistic;
    // Before any work: an error if there is no such statistic.
    calibration.scores(name);
    const flat = Float64Array.from(flatten(rows, this.dim));
    const known = logProb ?? (await this.logProb(flat));
    if (known.length * this.dim !== flat.length)
      throw new LogdetError("shape", `${flat.length / this.dim} rows, but ${known.length} log-densities`);
    return calibration.pValues(name, await statistics[name].scores(this, flat, known));
  }

  /**
   * The score function ∇ₓ log p(x): how the log-density changes with each column, in nats per unit, [n · D].
   */
  async scoreFunction(rows: Rows): Promise<Float64Array> {
    const score = await this.#map("score", rows, this.dim, (x) => scoreOf(this.flow, x));
    const { columns, dim } = this;
    return score.map((value, i) => value / columns[i % dim].scale);
  }

  /** n rows drawn from the density, row-major [n · D], in the columns' units. */
  async sample(n: number, { seed = 0, round = true }: SampleOptions = {}): Promise<Float64Array> {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new LogdetError("usage", `the number of rows to draw must be a whole number, got ${n}`);
    const { dim, columns } = this;
    const drawn = await this.#draw("sample", n, new Random(seed), (z) => this.flow.bijection.inverse(z).x);
    return drawn.map((value, i) => {
      const column = columns[i % dim];
      const original = value * column.scale + column.center;
      return round ? onLattice(original, column) : original;
    });
  }

  /** n rows drawn from the base density, in latent space: [n · D]. */
  async sampleBase(n: number, random: Random): Promise<Float64Array> {
    return this.#draw("base", n, random, (z) => z);
  }

  /** Applies one of the methods above to batches as they come, so that the rows never need to fit in memory. */
  async *logProbStream(batches: AsyncIterable<Rows> | Iterable<Rows>): AsyncGenerator<Float64Array> {
    for await (const rows of batches) yield await this.logProb(rows);
  }

  /**
   * Writes the model's folder (configuration, parameters, ONNX files), whole or not at all. `saveFitted` adds the
   * report and the model card.
   *
   * @throws LogdetError "io" if the folder exists and `force` is not given, or cannot be written.
   */
  async save(folder: string, options: SaveOptions = {}): Promise<void> {
    await saveModel(this, folder, options);
  }

  /** Frees ONNX Runtime's memory. */
  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
  }

  #program(name: string, build: () => Tensor): Promise<Program> {
    const existing = this.#programs.get(name);
    if (existing) return existing;
    const compiled = Program.compile(
      { value: build() },
      { parameters: this.parameters, threads: this.#threads },
    );
    this.#programs.set(name, compiled);
    return compiled;
  }

  #draw(name: string, n: number, random: Random, rows: (latent: Tensor) => Tensor): Promise<Float64Array> {
    const program = (key: string, build: () => Tensor) => this.#program(key, build);
    return draw(n, random, { name, base: this.flow.base, rows, program });
  }

  /** Runs a row-wise function over rows in batches. */
  async #map(name: string, rows: Rows, width: number, f: (x: Tensor) => Tensor): Promise<Float64Array> {
    const { dim } = this;
    const program = await this.#program(name, () => f(input("x", ["batch", dim])));
    const flat = flatten(rows, dim);
    const count = flat.length / dim;
    const result = new Float64Array(count * width);
    for (let row = 0; row < count; row += batchRows) {
      const x = this.#standardize(flat, row, Math.min(batchRows, count - row));
      result.set((await program.run({ x })).value, row * width);
    }
    return result;
  }

  #standardize(flat: FloatArray, from: number, count: number): Float32Array {
    const { dim, columns } = this;
    const x = new Float32Array(count * dim);
    for (let i = 0; i < x.length; i++) {
      const { name, center, scale } = columns[i % dim];
      const value = flat[from * dim + i];
      if (!Number.isFinite(value))
        throw new LogdetError("data", `${value} is not a finite number`, {
          where: [`row ${from + Math.floor(i / dim) + 1}`, `column ${name}`],
        });
      x[i] = Math.max(-farthest, Math.min(farthest, (value - center) / scale));
    }
    return x;
  }
}

function onLattice(value: number, { lattice, quantum, minimum }: ColumnConfig): number {
  if (!lattice || quantum === undefined) return value;
  const rounded = minimum + Math.round((value - minimum) / quantum) * quantum;
  // 0.1 · 3 is 0.30000000000000004: print what the data printed. No lattice is finer than 9 decimals; + 0 mends −0.
  return Number(rounded.toFixed(9)) + 0;
}

function flatten(rows: Rows, dim: number): FloatArray {
  if (rows instanceof Float32Array || rows instanceof Float64Array) {
    if (rows.length % dim !== 0)
      throw new LogdetError("shape", `rows of ${dim} columns expected, got ${rows.length} numbers`);
    return rows;
  }
  const flat = new Float64Array(rows.length * dim);
  for (const [i, row] of rows.entries()) {
    if (row.length !== dim)
      throw new LogdetError("shape", `rows of ${dim} columns expected, got ${row.length}`, {
        where: [`row ${i + 1}`],
      });
    flat.set(row, i * dim);
  }
  return flat;
}
