// Exact log-likelihoods of many rows, a batch at a time.

import type { Flow } from "../flows/index.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import { input } from "../tensor/index.js";

/** Rows scored by one run of the program: large enough for the products, small enough for the cache. */
const batchRows = 1024;

/** Evaluates a flow's log-density with the store's current parameters. */
export class Likelihood {
  readonly #program: Program<"logProb">;
  readonly #dim: number;

  private constructor(program: Program<"logProb">, dim: number) {
    this.#program = program;
    this.#dim = dim;
  }

  static async create(flow: Flow, parameters: ParameterStore, threads?: number): Promise<Likelihood> {
    const x = input("x", ["batch", flow.dim]);
    const program = await Program.compile({ logProb: flow.logProb(x) }, { parameters, threads });
    return new Likelihood(program, flow.dim);
  }

  /** Log-density of each row in nats; rows: [n, D]. */
  async logProb(rows: FloatArray): Promise<Float64Array> {
    const count = rows.length / this.#dim;
    const result = new Float64Array(count);
    for (let row = 0; row < count; row += batchRows) {
      const batch = rows.subarray(row * this.#dim, Math.min(rows.length, (row + batchRows) * this.#dim));
      const x = this.#program.float === "float64" ? Float64Array.from(batch) : batch;
      result.set((await this.#program.run({ x })).logProb, row);
    }
    return result;
  }

  /** Mean negative log-likelihood, nats a row. */
  async nll(rows: FloatArray): Promise<number> {
    const logProb = await this.logProb(rows);
    return -logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
  }

  async release(): Promise<void> {
    await this.#program.release();
  }
}
