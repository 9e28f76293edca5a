// What a page shows of a net while it trains: how strong the gradient is, and what each layer does to volumes.

import { type Flow, type Layer, layersOf } from "../flows/index.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import { input, type Tensor } from "../tensor/index.js";
import { spread } from "./spread.js";

/** What one bijection does to volumes. */
export interface LayerVolume {
  /** Its name among the net's layers: "spline 1", "matrix 1", "spline 2". */
  readonly layer: string;
  /** log|det ∂y/∂x|, the mean over rows; nats, standardised units. */
  readonly logDet: number;
}

export interface WatchReading {
  /** Euclidean norm of the last step's gradient, as the estimator gives it to the optimizer; null before the first step. */
  readonly gradientNorm: number | null;
  /** From data to latent. Of a mixture of nets: what they share, then the first net. */
  readonly layers: readonly LayerVolume[];
  /** Nets in the mixture; 1: no mixture. */
  readonly nets: number;
}

/** Rows whose volumes are looked at: their mean is a line in a picture. */
const mostRows = 256;

/**
 * Looks at a net while it trains, with the store's current parameters; changes none of them. A look costs one pass forward
 * through 256 rows at most, and each dense layer's log|det W|, O(D³).
 *
 * @example
 * const watch = await Watch.create(flow, store, heldOut)
 * const { gradientNorm, layers } = await watch.look(step > 0)
 */
export class Watch {
  readonly #store: ParameterStore;
  readonly #program: Program;
  readonly #names: readonly string[];
  readonly #nets: number;
  readonly #rows: FloatArray;

  private constructor(store: ParameterStore, program: Program, nets: readonly Layer[][], rows: FloatArray) {
    this.#store = store;
    this.#program = program;
    this.#names = nets[0].map(({ name }) => name);
    this.#nets = nets.length;
    this.#rows = program.float === "float64" ? Float64Array.from(rows) : Float32Array.from(rows);
  }

  /** @param rows row-major [n, D]; 256 of them at most are looked at, evenly spread */
  static async create(flow: Flow, store: ParameterStore, rows: FloatArray, threads?: number): Promise<Watch> {
    const nets = layersOf(flow);
    let y: Tensor = input("x", ["batch", flow.dim]);
    const logDets = nets[0].map(({ bijection }, i) => {
      const image = bijection.forward(y);
      y = image.y;
      return [`logDet_${i}`, image.logDet] as const;
    });
    const program = await Program.compile(Object.fromEntries(logDets), { parameters: store, threads });
    return new Watch(store, program, nets, spread(rows, flow.dim, mostRows));
  }

  /** @param hasGradient whether a step was taken, so that the store's gradient is one */
  async look(hasGradient: boolean): Promise<WatchReading> {
    const found = await this.#program.run({ x: this.#rows });
    const layers = this.#names.map((layer, i) => ({ layer, logDet: meanOf(found[`logDet_${i}`]) }));
    const gradientNorm = hasGradient ? normOf(this.#store.buffer("gradient")) : null;
    return { gradientNorm, layers, nets: this.#nets };
  }

  async release(): Promise<void> {
    await this.#program.release();
  }
}

const meanOf = (values: FloatArray): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};

const normOf = (values: FloatArray): number => {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
};
