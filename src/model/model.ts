// A fitted model: a flow with values, and the columns it was fitted to. Everything here speaks the columns' units.

import {
  type GaussianCopula,
  type Layout,
  layoutOf,
  readCoordinates,
  writeCoordinates,
} from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import { farthest } from "../onnx/index.js";
import { Random } from "../random/index.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import { input, slice, type Tensor } from "../tensor/index.js";
import { Calibration } from "./calibration.js";
import type { ColumnConfig, ModelConfig } from "./config.js";
import { draw } from "./draw.js";
import { fillsPerRow, type IncompleteRows, overFills } from "./incomplete.js";
import { type ModelParts, scoreOf, unitsLogDet } from "./parts.js";
import { judgesOf, learnReference, type Reference, type ReferenceOptions } from "./reference.js";
import { type SaveOptions, saveModel } from "./save.js";
import {
  type Statistic,
  type StatisticName,
  squaredLatentNorm,
  statistics,
  statisticsOf,
} from "./statistics.js";
import { withMissing } from "./with-missing.js";

/**
 * Rows as one row-major array, [n · D], or as an array of rows; columns in the order of `model.columns`. A category is
 * its place in its column's `categories`, any other number is one never seen; a missing cell is NaN.
 */
export type Rows = Float32Array | Float64Array | readonly (readonly number[])[];

export interface SampleOptions {
  /** Same seed, same rows. */
  seed?: number;
  /** Round discrete columns to their lattice and keep columns within their bounds, as the data were. Default: true. */
  round?: boolean;
  /** Leave cells missing (NaN) as often as in the data, if the model was fitted so. Default: rows are complete. */
  missing?: boolean;
}

/** What a model may have besides its flow. */
export interface ModelExtras {
  /** Threads of ONNX Runtime; its own choice by default. */
  readonly threads?: number | undefined;
  readonly calibration?: Calibration | undefined;
  /** What missing cells are filled from; without it rows must be complete. */
  readonly filler?: GaussianCopula | undefined;
  /** What the combined statistic knows beside the flow. */
  readonly reference?: Reference | undefined;
}

export interface PValueOptions {
  /** What ranks the rows: "combined", "density", "typicality", "latent-norm" or "prototypes". Default: "combined". */
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
  readonly filler: GaussianCopula | undefined;
  readonly #layout: Layout;
  readonly #threads: number | undefined;
  readonly #programs = new Map<string, Promise<Program>>();
  #calibration: Calibration | undefined;
  #reference: Reference | undefined;

  constructor(
    flow: Flow,
    parameters: ParameterStore,
    config: ModelConfig,
    { threads, calibration, filler, reference }: ModelExtras = {},
  ) {
    this.flow = flow;
    this.parameters = parameters;
    this.config = config;
    this.filler = filler;
    this.#layout = layoutOf(config.columns);
    this.#threads = threads;
    this.#calibration = calibration;
    this.#reference = reference;
  }

  get columns(): readonly ColumnConfig[] {
    return this.config.columns;
  }

  /** Columns of a row, D. */
  get dim(): number {
    return this.columns.length;
  }

  /** Columns that are numbers, each a dimension of the latent space; 0 for categories alone. */
  get numericDim(): number {
    return this.#layout.dim;
  }

  /** Whether rows may miss cells: there is something to fill numbers from, or no number, or the model knows of missing cells. */
  get takesMissing(): boolean {
    return this.filler !== undefined || this.numericDim === 0 || this.columns.some(({ missing }) => missing);
  }

  /**
   * Log-density of each row, in nats, per unit of the numeric columns. A discrete column is read at the middle of its
   * cell; categories count with their probability. Of a row with missing cells (NaN) it is the density of the others,
   * by 32 draws of what is missing: see `overFills`.
   *
   * @throws LogdetError "shape" if the rows do not have D columns, "data" if a number is not finite, or missing where the
   * model has nothing to fill it from.
   */
  async logProb(rows: Rows): Promise<Float64Array> {
    const flat = flatten(rows, this.dim);
    const logProb = await this.#map("logProb", flat, undefined, (x) => this.flow.logProb(x));
    const shift = unitsLogDet(this.config);
    return logProb.map((value, row) => value + shift + this.#unitsOfMissing(flat, row));
  }

  /**
   * The rows in the base's space, where they should look like draws of the base: [n · numericDim]. Where cells are missing,
   * its expectation. Empty for categories alone.
   */
  async latent(rows: Rows): Promise<Float64Array> {
    const { dim } = this.#layout;
    if (dim === 0) return new Float64Array(0);
    return this.#map("latent", rows, dim, (x) => firstOf(this.flow.density(x).latent, dim));
  }

  /**
   * ‖z‖² of each row's latent, [n]; for a mixture or an average of nets, its expectation over the net that the row is of.
   *
   * @throws LogdetError "model" for categories alone, which have no latent; otherwise as `logProb`.
   */
  async latentNorm(rows: Rows): Promise<Float64Array> {
    if (this.numericDim === 0)
      throw new LogdetError("model", "the model has no latent: all of its columns are categories", {
        hint: "Ask for the statistic density or typicality.",
      });
    return this.#map("latentNorm", rows, 1, (x) => squaredLatentNorm(this.flow, x));
  }

  /** What p-values are ranked among; undefined if no rows were set apart for it. */
  get calibration(): Calibration | undefined {
    return this.#calibration;
  }

  /** What the combined statistic knows beside the flow; undefined where rows have categories, and in models of before. */
  get reference(): Reference | undefined {
    return this.#reference;
  }

  /**
   * Learns what the combined statistic needs, from rows that the flow was trained on and rows that judged it. `fit` does.
   * Calibrate afterwards: what was there is forgotten.
   *
   * Cost: k-means of 10,000 of the training rows at most into 448 groups in all, O(448 D) a row and round.
   *
   * @param training evenly spaced ones are taken of more than 10,000
   * @param validation few are enough; where there are fewer than 20, training rows help out
   * @throws LogdetError as `logProb`.
   * @example await model.learnReference(trainingRows, validationRows)
   */
  async learnReference(training: Rows, validation: Rows, options: ReferenceOptions = {}): Promise<void> {
    const rows = Float64Array.from(flatten(training, this.dim));
    const judges = judgesOf(rows, Float64Array.from(flatten(validation, this.dim)), this.dim);
    const logProb = await this.logProb(judges);
    this.#calibration = undefined;
    this.#reference = learnReference(this.columns, rows, { rows: judges, logProb }, options);
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
    for (const name of statisticsOf(this)) scores[name] = await statistics[name].scores(this, flat, logProb);
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
    const chosen: Statistic = statistics[name];
    return calibration.pValues(name, await chosen.scores(this, flat, known), chosen.rounding?.(this));
  }

  /**
   * The score function ∇ₓ log p(x): how the log-density changes with each column, in nats per unit, [n · D]. 0 for
   * categories and missing cells.
   */
  async scoreFunction(rows: Rows): Promise<Float64Array> {
    const flat = flatten(rows, this.dim);
    const { columns, dim } = this;
    const { dim: numeric, places } = this.#layout;
    if (numeric === 0) return new Float64Array(flat.length);
    const score = await this.#map("score", flat, numeric, (x) => firstOf(scoreOf(this.flow, x), numeric));
    return Float64Array.from(flat, (cell, i) => {
      const { coordinate } = places[i % dim];
      if (coordinate === undefined || Number.isNaN(cell)) return 0;
      return score[Math.floor(i / dim) * numeric + coordinate] / columns[i % dim].scale;
    });
  }

  /** n rows drawn from the density, row-major [n · D], in the columns' units; categories as their codes. */
  async sample(n: number, options: SampleOptions = {}): Promise<Float64Array> {
    const { seed = 0, round = true, missing = false } = options;
    if (!Number.isSafeInteger(n) || n < 0)
      throw new LogdetError("usage", `the number of rows to draw must be a whole number, got ${n}`);
    const random = new Random(seed);
    const { dim, columns } = this;
    const drawn =
      missing && columns.some((column) => column.missing)
        ? await this.#drawMissing(n, random)
        : await this.#draw("sample", n, random, (z) => this.flow.bijection.inverse(z).x);
    const cells = readCoordinates(columns, this.#layout, drawn);
    return cells.map((value, i) => (round ? asInData(value, columns[i % dim]) : value));
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

  /** Coordinates of rows that miss cells, by programs that are made for the call: it is seldom asked for. */
  async #drawMissing(n: number, random: Random): Promise<Float64Array> {
    const { flow, parameters } = withMissing(this, this.columns);
    const programs = new Map<string, Promise<Program>>();
    const program = (name: string, build: () => Tensor) => {
      const compiled =
        programs.get(name) ?? Program.compile({ value: build() }, { parameters, threads: this.#threads });
      programs.set(name, compiled);
      return compiled;
    };
    const rows = (latent: Tensor) => flow.bijection.inverse(latent).x;
    try {
      return await draw(n, random, { name: "sample", base: flow.base, rows, program });
    } finally {
      for (const compiled of programs.values()) await (await compiled).release();
    }
  }

  #draw(name: string, n: number, random: Random, rows: (latent: Tensor) => Tensor): Promise<Float64Array> {
    const program = (key: string, build: () => Tensor) => this.#program(key, build);
    return draw(n, random, { name, base: this.flow.base, rows, program });
  }

  /**
   * Runs a row-wise function over rows in batches: [rows · width], or of a log-density, where `width` is undefined, [rows].
   */
  async #map(
    name: string,
    rows: Rows,
    width: number | undefined,
    f: (x: Tensor) => Tensor,
  ): Promise<Float64Array> {
    const flat = flatten(rows, this.dim);
    const program = await this.#rowProgram(name, f);
    const count = flat.length / this.dim;
    const each = width ?? 1;
    const result = new Float64Array(count * each);
    const incomplete: number[] = [];
    for (let row = 0; row < count; row += batchRows) {
      const x = this.#coordinates(flat, row, Math.min(batchRows, count - row), incomplete);
      result.set((await program.run({ x })).value, row * each);
    }
    if (incomplete.length === 0) return result;

    const ask = async (x: Float32Array) => {
      const density = await this.#rowProgram("logProb", (row) => this.flow.logProb(row));
      const logProb = (await density.run({ x })).value.slice();
      return width === undefined ? { logProb } : { logProb, value: (await program.run({ x })).value };
    };
    const atOnce = batchRows / fillsPerRow;
    for (let i = 0; i < incomplete.length; i += atOnce) {
      const some = incomplete.slice(i, i + atOnce);
      const values = await overFills(this.#withHoles(flat, some), ask, width);
      for (const [k, row] of some.entries())
        result.set(values.subarray(k * each, (k + 1) * each), row * each);
    }
    return result;
  }

  #rowProgram(name: string, f: (x: Tensor) => Tensor): Promise<Program> {
    return this.#program(name, () => f(input("x", ["batch", this.#layout.width])));
  }

  /** Rows with missing cells as coordinates, NaN where a number is missing. */
  #withHoles(flat: FloatArray, rows: readonly number[]): IncompleteRows {
    const { dim, filler } = this;
    const { width } = this.#layout;
    if (filler === undefined) {
      const row = flat.subarray(rows[0] * dim, (rows[0] + 1) * dim);
      const column = this.columns.find(({ kind }, d) => kind !== "categorical" && Number.isNaN(row[d]));
      throw new LogdetError("data", "NaN is not a finite number", {
        where: [`row ${rows[0] + 1}`, `column ${column?.name}`],
        hint: "This model has nothing to fill missing cells from.",
      });
    }
    const cells = new Float64Array(rows.length * dim);
    for (const [i, row] of rows.entries()) cells.set(flat.subarray(row * dim, (row + 1) * dim), i * dim);
    const coordinates = new Float32Array(rows.length * width);
    writeCoordinates(this.columns, this.#layout, cells, coordinates, { limit: farthest });
    return { coordinates, width, filler };
  }
  /**
   * Some rows as coordinates, [count · width]. Rows in which a number is missing go on the list `incomplete`, and have any
   * number there.
   */
  #coordinates(flat: FloatArray, from: number, count: number, incomplete: number[]): Float32Array {
    const { dim, columns } = this;
    const layout = this.#layout;
    const cells = flat.subarray(from * dim, (from + count) * dim);
    const x = new Float32Array(count * layout.width);
    writeCoordinates(columns, layout, cells, x, { limit: farthest });
    for (let row = 0; row < count; row++) {
      let isComplete = true;
      for (const [d, { coordinate }] of layout.places.entries()) {
        if (coordinate === undefined) continue;
        const value = cells[row * dim + d];
        if (Number.isFinite(value)) continue;
        if (!Number.isNaN(value))
          throw new LogdetError("data", `${value} is not a finite number`, {
            where: [`row ${from + row + 1}`, `column ${columns[d].name}`],
          });
        x[row * layout.width + coordinate] = 0;
        isComplete = false;
      }
      if (!isComplete) incomplete.push(from + row);
    }
    return x;
  }

  /** log|det| of the standardisation of a row's missing numbers, nats: they have no density that it belongs to. */
  #unitsOfMissing(flat: FloatArray, row: number): number {
    let total = 0;
    for (const [d, { coordinate }] of this.#layout.places.entries())
      if (coordinate !== undefined && Number.isNaN(flat[row * this.dim + d]))
        total += Math.log(this.columns[d].scale);
    return total;
  }
}

/** The first columns of rows. */
const firstOf = (rows: Tensor, columns: number): Tensor =>
  rows.shape[1] === columns ? rows : slice(rows, 1, 0, columns);

/** A drawn value as one of the column's: within its bounds, on its lattice. */
export function asInData(value: number, column: ColumnConfig): number {
  const { type, center, scale, maximum } = column;
  // The density just beyond a bound is small, but not 0: a draw in some thousands lies there.
  if (type === "positive") return onLattice(maximum > 0 ? Math.max(0, value) : Math.min(0, value), column);
  if (type === "interval") return onLattice(Math.max(center, Math.min(center + scale, value)), column);
  return onLattice(value, column);
}

function onLattice(value: number, { lattice, quantum, minimum }: ColumnConfig): number {
  if (!lattice || quantum === undefined) return value;
  const rounded = minimum + Math.round((value - minimum) / quantum) * quantum;
  // 0.1 · 3 is 0.30000000000000004: print what the data printed. No lattice is finer than 9 decimals; + 0 mends −0.
  return Number(rounded.toFixed(9)) + 0;
}

export function flatten(rows: Rows, dim: number): FloatArray {
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
