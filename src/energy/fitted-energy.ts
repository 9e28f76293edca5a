// A flow fitted to an energy: draws, densities, weights, and the estimates made of them.

import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import { Random } from "../random/index.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import { input, sub } from "../tensor/index.js";
import { Likelihood } from "../training/index.js";
import type { EnergyField } from "./energy-field.js";
import { forwardEss, type ImportanceEstimate, importanceEstimate } from "./importance.js";

/** Rows a program works on at once. */
const batchRows = 1024;

/** Draws of q. */
interface Drawn {
  /** Row-major [n, D]. */
  readonly rows: Float64Array;
  /** log q of each, nats. */
  readonly logProb: Float64Array;
}

/** Draws of q with what they weigh. */
export interface WeightedRows extends Drawn {
  /** −energy − log q of each, nats: its weight's logarithm, up to log Z. */
  readonly logWeights: Float64Array;
}

interface Programs {
  readonly draws: Program<"x" | "logProb">;
  readonly likelihood: Likelihood;
}

/**
 * What `fitEnergy` returns: the flow q and its numbers.
 *
 * To keep it: `flow.config()` is plain data from which `buildFlow` makes the same flow, and the store's views of
 * `flow.parameters` are its numbers, by name.
 *
 * @example
 * const fitted = await fitEnergy(energy)
 * const { freeEnergy, standardError, ess } = await fitted.estimate(10_000)
 * const rows = await fitted.sample(1000, new Random(1))
 */
export class FittedEnergy {
  /** From data to latent: `flow.logProb` is log q. */
  readonly flow: Flow;
  readonly parameters: ParameterStore;
  readonly #field: EnergyField;
  readonly #programs: Programs;

  private constructor(flow: Flow, parameters: ParameterStore, field: EnergyField, programs: Programs) {
    this.flow = flow;
    this.parameters = parameters;
    this.#field = field;
    this.#programs = programs;
  }

  /** Compiles what it needs over a store whose numbers may still move. */
  static async create(
    flow: Flow,
    parameters: ParameterStore,
    field: EnergyField,
    threads?: number,
  ): Promise<FittedEnergy> {
    const z = input("z", ["batch", flow.dim]);
    const { x, logDet } = flow.bijection.inverse(z);
    const outputs = { x, logProb: sub(flow.base.logProb(z), logDet) };
    return new FittedEnergy(flow, parameters, field, {
      draws: await Program.compile(outputs, { parameters, threads }),
      likelihood: await Likelihood.create(flow, parameters, threads),
    });
  }

  get dim(): number {
    return this.flow.dim;
  }

  /** n draws of q, row-major [n, D]. The same stream of random numbers gives the same rows. */
  async sample(n: number, random: Random = new Random(0)): Promise<Float64Array> {
    return (await this.#draw(n, random)).rows;
  }

  /** log q at rows [n, D], nats: [n]. */
  async logProb(rows: FloatArray): Promise<Float64Array> {
    requireRows(rows, this.dim, "row");
    return this.#programs.likelihood.logProb(Float32Array.from(rows));
  }

  /**
   * n draws of q with their importance weights: Σ w f(x) / Σ w estimates the target's mean of f.
   *
   * @throws LogdetError "numeric" that names the first draw at which the energy is not finite
   */
  async weigh(n: number, random: Random = new Random(0)): Promise<WeightedRows> {
    const { rows, logProb } = await this.#draw(n, random);
    const { values } = await this.#field.evaluate(rows, "draw");
    return { rows, logProb, logWeights: values.map((value, i) => -value - logProb[i]) };
  }

  /** Free energy, bound and effective sample size from n fresh draws of q. n evaluations of the energy. */
  async estimate(n = 10_000, random: Random = new Random(0)): Promise<ImportanceEstimate> {
    return importanceEstimate((await this.weigh(n, random)).logWeights);
  }

  /** Effective sample size as a share, in (0, 1], seen from samples of the target, [n, D]: see `forwardEss`. */
  async forwardEss(samples: FloatArray): Promise<number> {
    const logProb = await this.logProb(samples);
    const { values } = await this.#field.evaluate(samples, "sample");
    return forwardEss(values.map((value, i) => -value - logProb[i]));
  }

  /** Where q's sampler puts standard normal rows, [n, D]. */
  async push(normals: Float32Array): Promise<Float64Array> {
    return (await this.#through(normals)).rows;
  }

  /** Frees ONNX Runtime's memory. */
  async release(): Promise<void> {
    await this.#programs.draws.release();
    await this.#programs.likelihood.release();
    await this.#field.release();
  }

  #draw(n: number, random: Random): Promise<Drawn> {
    if (!Number.isInteger(n) || n < 1)
      throw new LogdetError("usage", `the number of rows to draw must be a whole number from 1 on, got ${n}`);
    return this.#through(random.fillNormal(new Float32Array(n * this.dim)));
  }

  async #through(normals: Float32Array): Promise<Drawn> {
    const { dim } = this;
    const rows = new Float64Array(normals.length);
    const logProb = new Float64Array(normals.length / dim);
    for (let row = 0; row < logProb.length; row += batchRows) {
      const z = normals.subarray(row * dim, (row + batchRows) * dim);
      const drawn = await this.#programs.draws.run({ z });
      rows.set(drawn.x, row * dim);
      logProb.set(drawn.logProb, row);
    }
    return { rows, logProb };
  }
}

/** @throws LogdetError "shape" unless the numbers fill rows, "data" if one of them is not finite. */
export function requireRows(rows: FloatArray, dim: number, place: string): void {
  if (rows.length === 0 || rows.length % dim !== 0)
    throw new LogdetError("shape", `rows of ${dim} coordinates expected, got ${rows.length} numbers`);
  const wrong = rows.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new LogdetError("data", `${rows[wrong]} is not a finite number`, {
      where: [`${place} ${Math.floor(wrong / dim) + 1}`, `coordinate ${(wrong % dim) + 1}`],
    });
}
