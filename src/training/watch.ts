// What a page shows of a net while it trains: how strong the gradient is, and what each layer does to volumes.

import type { Beside } from "../bijections/beside.js";
import type { Bijection, Chain } from "../bijections/index.js";
import type { Flow } from "../flows/index.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import { concat, input, slice, type Tensor } from "../tensor/index.js";

/** What one bijection does to volumes. */
export interface LayerVolume {
  /** The bijection's type in words: "linear", "rational quadratic spline". */
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

  private constructor(store: ParameterStore, program: Program, { steps, nets }: Walk, rows: FloatArray) {
    this.#store = store;
    this.#program = program;
    this.#names = steps.map(({ layer }) => layer);
    this.#nets = nets;
    this.#rows = program.float === "float64" ? Float64Array.from(rows) : Float32Array.from(rows);
  }

  /** @param rows row-major [n, D]; 256 of them at most are looked at, evenly spread */
  static async create(flow: Flow, store: ParameterStore, rows: FloatArray, threads?: number): Promise<Watch> {
    const walk = through(flow, input("x", ["batch", flow.dim]));
    const outputs = Object.fromEntries(walk.steps.map(({ logDet }, i) => [`logDet_${i}`, logDet]));
    const program = await Program.compile(outputs, { parameters: store, threads });
    return new Watch(store, program, walk, spread(rows, flow.dim));
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

/** A bijection on the way, and its log|det|. */
interface Step {
  readonly layer: string;
  readonly logDet: Tensor;
}

interface Walk {
  readonly steps: readonly Step[];
  readonly nets: number;
}

/** All bijections from rows to the latent, one after another. */
function through({ bijection, base }: Pick<Flow, "bijection" | "base">, x: Tensor): Walk {
  const { y, steps } = walk(bijection, x);
  const components = base.choice?.components.filter((component) => component.through) ?? [];
  const next = base.through ?? components[0]?.through;
  if (!next) return { steps, nets: 1 };
  const further = through(next, y);
  return { steps: [...steps, ...further.steps], nets: Math.max(components.length, further.nets) };
}

/** The bijections that one is made of, at rows x. */
function walk(bijection: Bijection, x: Tensor, context?: Tensor): { y: Tensor; steps: Step[] } {
  if (isChain(bijection)) {
    const steps: Step[] = [];
    let y = x;
    for (const part of bijection.parts) {
      const found = walk(part, y, context);
      steps.push(...found.steps);
      y = found.y;
    }
    return { y, steps };
  }
  if (isBeside(bijection) && bijection.extra > 0) {
    const { dim } = bijection.inner;
    const others = slice(x, 1, dim);
    const { y, steps } = walk(bijection.inner, slice(x, 1, 0, dim), others);
    return { y: concat([y, others], 1), steps };
  }
  const { y, logDet } = bijection.forward(x, context);
  return { y, steps: [{ layer: bijection.config().type.replaceAll("-", " "), logDet }] };
}

const isChain = (bijection: Bijection): bijection is Chain => "parts" in bijection;
const isBeside = (bijection: Bijection): bijection is Beside => "inner" in bijection;

/** At most 256 of the rows, evenly spaced. */
function spread(rows: FloatArray, dim: number): FloatArray {
  const count = rows.length / dim;
  if (count <= mostRows) return rows;
  const chosen = new Float64Array(mostRows * dim);
  for (let i = 0; i < mostRows; i++) {
    const from = Math.floor((i * count) / mostRows) * dim;
    chosen.set(rows.subarray(from, from + dim), i * dim);
  }
  return chosen;
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
