// What conditional draws ask of a model, in its coordinates: densities of rows, numbers given categories, and the
// categories' own probabilities.

import { type GaussianCopula, type Layout, layoutOf } from "../data/index.js";
import type { LatentClassTable } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { Program } from "../runtime/index.js";
import { input } from "../tensor/index.js";
import { CategoryDraws } from "./conditional-categories.js";
import { categoriesOf, givenDraw } from "./conditional-flow.js";
import type { Target } from "./conditional-target.js";
import type { ColumnConfig } from "./config.js";
import type { Model } from "./model.js";
import { noiseInputs } from "./parts.js";

/** A program plans anew for every size of batch, and keeps four plans: rows are padded to one of these sizes. */
const batchSizes = [16, 64, 256, 1024];

/** Rows with their log-densities, nats in standardised units. */
export interface Pool {
  /** Row-major [n, width]. */
  readonly rows: Float32Array;
  readonly logProb: Float64Array;
}

/** A model's programs for conditional draws; to be released. */
export class ConditionalSpace {
  readonly columns: readonly ColumnConfig[];
  readonly layout: Layout;
  readonly filler: GaussianCopula | undefined;
  /** Undefined where there are no categories, and no cells that may be missing. */
  readonly classes: LatentClassTable | undefined;
  readonly #density: Program<"value">;
  readonly #draw: Program<"value">;
  /** Noise that a draw takes. */
  readonly #noise: { readonly uniform: number; readonly normal: number };

  /** Those that were asked for. */
  readonly #categories = new WeakMap<Pick<Target, "allowed">, CategoryDraws>();

  private constructor(
    { columns, filler, flow, parameters }: Model,
    { density, draw }: { readonly density: Program<"value">; readonly draw: Program<"value"> },
  ) {
    this.columns = columns;
    this.layout = layoutOf(columns);
    this.filler = filler;
    this.#density = density;
    this.#draw = draw;
    this.#noise = givenDraw(flow.base).noise;
    const categories = categoriesOf(flow.base);
    if (categories === undefined) return;
    const { logWeights, logProbabilities } = categories.parameters;
    this.classes = {
      sizes: this.layout.blocks.map(({ size }) => size),
      logWeights: parameters.view(logWeights).slice(),
      logProbabilities: parameters.view(logProbabilities).slice(),
    };
  }

  static async open(model: Model, threads?: number): Promise<ConditionalSpace> {
    const { flow, parameters, columns } = model;
    const { dim, width } = layoutOf(columns);
    const given = givenDraw(flow.base);
    const e = width > dim ? input("e", ["batch", width - dim]) : undefined;
    const compile = (value: Parameters<typeof Program.compile<"value">>[0]["value"]) =>
      Program.compile({ value }, { parameters, threads });
    return new ConditionalSpace(model, {
      density: await compile(flow.logProb(input("x", ["batch", width]))),
      draw: await compile(flow.bijection.inverse(given.rows(noiseInputs(given), e)).x),
    });
  }

  /** Log-densities of rows, row-major [n, width]; nats in standardised units, -Infinity where there is none. */
  async logProb(rows: Float32Array): Promise<Float64Array> {
    const { width } = this.layout;
    const result = new Float64Array(rows.length / width);
    await eachBatch(result.length, async (start, count, size) => {
      const x = new Float32Array(size * width);
      for (let i = 0; i < size; i++) {
        const row = (start + Math.min(i, count - 1)) * width;
        x.set(rows.subarray(row, row + width), i * width);
      }
      const { value } = await this.#density.run({ x });
      for (let i = 0; i < count; i++) result[start + i] = Number.isNaN(value[i]) ? -Infinity : value[i];
    });
    return result;
  }

  /** Rows of the model whose slots are allowed: the categories drawn first, then the numbers given them. Exact. */
  async draw(count: number, target: Pick<Target, "allowed">, random: Random): Promise<Pool> {
    const { dim, width } = this.layout;
    const categories = this.categoriesOf(target);
    const rows = new Float32Array(count * width);
    await eachBatch(count, async (start, wanted, size) => {
      const e = new Float32Array(size * (width - dim));
      for (let i = 0; i < size; i++) categories?.draw(e, i * (width - dim), random);
      const { value } = await this.#draw.run({
        e,
        uniform: random.fillUniform(new Float32Array(size * this.#noise.uniform)),
        normal: random.fillNormal(new Float32Array(size * this.#noise.normal)),
      });
      rows.set(value.subarray(0, wanted * width), start * width);
    });
    return { rows, logProb: await this.logProb(rows) };
  }

  /** The categories of a target's rows; undefined where there are none. */
  categoriesOf(target: Pick<Target, "allowed">): CategoryDraws | undefined {
    if (this.classes === undefined) return undefined;
    const known = this.#categories.get(target);
    const categories = known ?? new CategoryDraws(this.classes, target.allowed);
    this.#categories.set(target, categories);
    return categories;
  }

  /** What unknown numbers are first drawn from. @throws LogdetError "model" if the model has no such thing. */
  requireFiller(): GaussianCopula {
    if (this.filler) return this.filler;
    throw new LogdetError("model", "this model has nothing to draw some numbers from given others", {
      hint: "Fit it again with this version; with more than 64 columns of numbers, with --missing model.",
    });
  }

  async release(): Promise<void> {
    await this.#density.release();
    await this.#draw.release();
  }
}

/** Calls back for so many rows in batches, with the sizes that they are padded to. */
async function eachBatch(
  rows: number,
  batch: (start: number, count: number, size: number) => Promise<void>,
): Promise<void> {
  const largest = batchSizes[batchSizes.length - 1];
  for (let start = 0; start < rows; start += largest) {
    const count = Math.min(largest, rows - start);
    await batch(start, count, batchSizes.find((size) => size >= count) ?? largest);
  }
}
