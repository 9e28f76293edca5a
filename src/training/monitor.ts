// What a flow does to small volumes and small distances around rows: looked at while it trains.

import { type Flow, type LatentMap, latentMaps } from "../flows/index.js";
import { type FloatArray, type ParameterStore, Program, singularValues } from "../runtime/index.js";
import { gradients, input, type Tensor } from "../tensor/index.js";
import { spread } from "./spread.js";

export interface MonitorOptions {
  /** Evaluations from one look to the next. Default: 1. */
  readonly every?: number;
  /** Rows whose volumes are looked at. Default: 1,000. */
  readonly volumeRows?: number;
  /** Rows whose Jacobians are looked at, up to 64 columns. Default: 8. */
  readonly rows?: number;
}

/** log|det J_f(x)| over rows: expansion where it is positive, contraction where it is negative. Nats. */
export interface VolumeBalance {
  readonly mean: number;
  readonly standardDeviation: number;
  /** The 5 %, 25 %, 50 %, 75 % and 95 % quantiles. */
  readonly quantiles: readonly number[];
  /** Share of the rows around which volume expands. */
  readonly expanded: number;
  readonly rows: number;
}

/**
 * Local bi-Lipschitz constants: singular values of J_f(x), latent standard deviations for one of the input, over a
 * handful of rows.
 */
export interface Stretching {
  /** The largest of all rows: how much f can magnify a small change. */
  readonly largest: number;
  /** The smallest of all rows: its inverse is how much f^{-1} can. */
  readonly smallest: number;
  /** Medians over the rows of each row's largest and smallest. */
  readonly medianLargest: number;
  readonly medianSmallest: number;
  /** Largest ratio, over the rows, of a row's largest to its smallest: the condition number of J_f(x). */
  readonly condition: number;
  readonly rows: number;
}

export interface MonitorReading {
  readonly volume: VolumeBalance;
  /** Absent beyond 64 columns, and where a Jacobian is singular to rounding. */
  readonly stretching?: Stretching;
}

/** Beyond this dimension a Jacobian takes longer than the steps between two looks. */
const widest = 64;
/** Rows computed at once. */
const batchRows = 1024;

/**
 * Looks at a flow's Jacobian at rows, with the store's current parameters.
 *
 * In a mixture a row is mapped by the net that gives it the largest share of its density. A look costs one pass forward
 * through `volumeRows` rows, and a pass through `rows` · D rows and back: row j of J_f(x) is e_jᵀ J_f, a vector-Jacobian
 * product, and the D of them are one batch in which x stands D times. Jacobians are computed in the store's precision,
 * float32 as a rule, so that condition numbers beyond 10⁷ are only known to be large; singular values in float64.
 *
 * @example
 * const monitor = await Monitor.create(flow, store)
 * const { volume, stretching } = await monitor.look(rows)
 */
export class Monitor {
  readonly #dim: number;
  readonly #options: MonitorOptions;
  readonly #volumes: Program;
  readonly #pulled: Program | undefined;
  readonly #nets: number;

  private constructor(flow: Flow, options: MonitorOptions, nets: number, programs: [Program, Program?]) {
    this.#dim = flow.dim;
    this.#options = options;
    this.#nets = nets;
    [this.#volumes, this.#pulled] = programs;
  }

  static async create(
    flow: Flow,
    parameters: ParameterStore,
    options: MonitorOptions & { readonly threads?: number } = {},
  ): Promise<Monitor> {
    const { dim } = flow;
    const settings = { parameters, threads: options.threads };
    const x = input("x", ["batch", dim]);
    const maps = latentMaps(flow, x);
    const named = (name: string, read: (map: LatentMap) => Tensor) =>
      Object.fromEntries(maps.map((map, k) => [`${name}_${k}`, read(map)]));
    const volumes = await Program.compile(
      { ...named("logDet", ({ logDet }) => logDet), ...named("logProb", ({ logProb }) => logProb) },
      settings,
    );
    const upstream = input("direction", ["batch", dim]);
    const pulled =
      dim > widest
        ? undefined
        : await Program.compile(
            named("pulled", ({ latent }) => gradients(latent, [x], { upstream })[0] as Tensor),
            settings,
          );
    return new Monitor(flow, options, maps.length, [volumes, pulled]);
  }

  /**
   * @param rows row-major [n, D]; as many of them as the options say are looked at, evenly spread
   */
  async look(rows: FloatArray): Promise<MonitorReading> {
    const { volumeRows = 1000, rows: few = 8 } = this.#options;
    const some = spread(rows, this.#dim, volumeRows);
    const { logDet, net } = await this.#volumesAt(some);
    const sorted = logDet.slice().sort();
    const mean = logDet.reduce((total, value) => total + value, 0) / logDet.length;
    const squares = logDet.reduce((total, value) => total + (value - mean) ** 2, 0);
    const volume: VolumeBalance = {
      mean,
      standardDeviation: Math.sqrt(squares / logDet.length),
      quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => quantile(sorted, share)),
      expanded: logDet.filter((value) => value > 0).length / logDet.length,
      rows: logDet.length,
    };
    if (!this.#pulled) return { volume };
    const jacobians = await this.#jacobians(
      spread(some, this.#dim, few),
      spread(Float64Array.from(net), 1, few),
    );
    const stretching = stretchingOf(jacobians.map((jacobian) => singularValues(jacobian, this.#dim)));
    return { volume, ...(stretching && { stretching }) };
  }

  /** log|det J_f(x)| of each row, and the net that maps it. */
  async #volumesAt(rows: FloatArray): Promise<{ logDet: Float64Array; net: Uint32Array }> {
    const count = rows.length / this.#dim;
    const logDet = new Float64Array(count);
    const net = new Uint32Array(count);
    for (let from = 0; from < count; from += batchRows) {
      const to = Math.min(count, from + batchRows);
      const found = await this.#volumes.run({
        x: inFloat(this.#volumes, rows.subarray(from * this.#dim, to * this.#dim)),
      });
      for (let row = from; row < to; row++) {
        for (let k = 1; k < this.#nets; k++)
          if (found[`logProb_${k}`][row - from] > found[`logProb_${net[row]}`][row - from]) net[row] = k;
        // One number where the volume is the same everywhere.
        const values = found[`logDet_${net[row]}`];
        logDet[row] = values[values.length === 1 ? 0 : row - from];
      }
    }
    return { logDet, net };
  }

  /** J_f at each row, row-major [D, D], of the net that maps it. */
  async #jacobians(rows: FloatArray, net: ArrayLike<number>): Promise<FloatArray[]> {
    const dim = this.#dim;
    const program = this.#pulled as Program;
    const jacobians: FloatArray[] = [];
    for (let row = 0; row < rows.length / dim; row++) {
      const x = new Float64Array(dim * dim);
      const direction = new Float64Array(dim * dim);
      for (let j = 0; j < dim; j++) {
        x.set(rows.subarray(row * dim, (row + 1) * dim), j * dim);
        direction[j * dim + j] = 1;
      }
      const found = await program.run({ x: inFloat(program, x), direction: inFloat(program, direction) });
      jacobians.push(found[`pulled_${net[row]}`].slice());
    }
    return jacobians;
  }

  async release(): Promise<void> {
    await this.#volumes.release();
    await this.#pulled?.release();
  }
}

/** Undefined where a matrix is singular to rounding, or has elements that are no numbers. */
function stretchingOf(perRow: readonly Float64Array[]): Stretching | undefined {
  const largest = perRow.map((values) => values[0]);
  const smallest = perRow.map((values) => values[values.length - 1]);
  const condition = Math.max(...largest.map((value, i) => value / smallest[i]));
  if (!Number.isFinite(condition)) return undefined;
  return {
    largest: Math.max(...largest),
    smallest: Math.min(...smallest),
    medianLargest: quantile(Float64Array.from(largest).sort(), 0.5),
    medianSmallest: quantile(Float64Array.from(smallest).sort(), 0.5),
    condition,
    rows: perRow.length,
  };
}

/** Of values in increasing order, with linear interpolation. */
function quantile(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/** Numbers in a program's precision. */
function inFloat(program: Program, values: FloatArray): FloatArray {
  return program.float === "float64" ? Float64Array.from(values) : Float32Array.from(values);
}
