// What a trained flow tells of nonlinear sources: their series, how they move the columns, how likely the rows are.

import type { Table } from "../data/index.js";
import type { Flow } from "../flows/index.js";
import { type ParameterStore, Program } from "../runtime/index.js";
import { concat, input, mean, mul, reshape } from "../tensor/index.js";
import { type Columns, independentMechanismContrast, mixingJacobian } from "./independent-mechanisms.js";
import { logVolume } from "./matrices.js";
import { momentsOf } from "./moments.js";
import type { Separation } from "./separate.js";

/** One source: mean 0, variance 1, the largest of its mean mixing weights (in standard deviations) positive. */
export interface NonlinearSource {
  readonly name: string;
  /** [rows] */
  readonly values: Float64Array;
  /** E[s⁴] − 3: 0 for a normal, above for a peaked source, below for a flat one. */
  readonly kurtosis: number;
  /**
   * The share that a source has in the mean squared Jacobian of the mixing, columns and sources standardised:
   * E‖∂x/∂s_i‖² / Σ_j E‖∂x/∂s_j‖². For a linear mixing it is the share of the columns' variance.
   */
  readonly contribution: number;
  /** Mean |correlation| with the sources it was matched with at the other starts; null if there was one start. */
  readonly stability: number | null;
}

/** Sources by falling contribution, and how small changes of them change the columns, on average. */
export interface NonlinearSeparation {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly sources: readonly NonlinearSource[];
  /** Row-major [n, D]: the mean of ∂x/∂s over the rows, in the columns' units. */
  readonly mixing: Float64Array;
  /** [D]: the columns' means. */
  readonly mean: Float64Array;
  /** Mean log-density of a row under the model, nats, in the columns' units; null if components were left out. */
  readonly logProb: number | null;
  /** The same of the linear model that it started from. */
  readonly linearLogProb: number | null;
  /** Contrast of independent mechanism analysis, nats a row: 0 if sources move the columns in orthogonal directions. */
  readonly contrast: number;
  /** Steps of training, all starts together. */
  readonly steps: number;
  /** Wall clock, reading not included. */
  readonly seconds: number;
}

/** Rows looked at by one run of the program. */
const batchRows = 1024;

/** What flows are trained on. */
export interface LinearStart {
  readonly table: Table;
  readonly linear: Separation;
  /** The linear sources, row-major [rows, n]: the flows' rows. */
  readonly rows: Float32Array;
  /** From them to the columns, whose unit is `unit` here. */
  readonly columns: Columns;
  readonly unit: number;
}

/** The linear sources as rows for a flow. O(rows n). */
export function linearStart(table: Table, linear: Separation): LinearStart {
  const { sources, mixing } = linear;
  const n = sources.length;
  const rows = new Float32Array(table.rows * n);
  sources.forEach(({ values }, j) => {
    for (let i = 0; i < table.rows; i++) rows[i * n + j] = values[i];
  });
  // Columns may be very large or very small; float32 would see neither.
  const unit = Math.sqrt(mixing.reduce((sum, value) => sum + value * value, 0) / mixing.length);
  const matrix = mixing.map((value) => value / unit);
  return { table, linear, rows, columns: { matrix, logVolume: logVolume(matrix, n) }, unit };
}

/** What one trained flow found. */
export interface NonlinearEnd extends Omit<NonlinearSeparation, "steps" | "seconds"> {
  /** Mean log-density of the flow's own rows, nats. */
  readonly rowLogProb: number;
}

/** The flow's latents as sources of the table, with what is known of each. O(rows layers D³). */
export async function describeSources(
  flow: Flow,
  store: ParameterStore,
  start: LinearStart,
  threads?: number,
): Promise<NonlinearEnd> {
  const { table, linear, unit } = start;
  const n = flow.dim;
  const dim = table.columns.length;
  const { latents, jacobian, squares, logProb, contrast } = await look(flow, store, start, threads);
  const moments = table.columns.map(({ values }) => momentsOf(values));

  const found = latents.map((values, i) => {
    const { mean, deviation, kurtosis } = momentsOf(values);
    const loadings = moments.map(
      (column, d) => (jacobian[i * dim + d] * unit * deviation) / column.deviation,
    );
    const strongest = loadings.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
    const spread = moments.reduce(
      (sum, column, d) => sum + squares[i * dim + d] * ((unit * deviation) / column.deviation) ** 2,
      0,
    );
    const signed = strongest < 0 ? -deviation : deviation;
    return { i, values: values.map((value) => (value - mean) / signed), signed, spread, kurtosis };
  });
  const whole = found.reduce((sum, { spread }) => sum + spread, 0);
  found.sort((one, other) => other.spread - one.spread);

  const mixing = new Float64Array(n * dim);
  const digits = String(n).length;
  const sources = found.map(({ i, values, signed, spread, kurtosis }, place): NonlinearSource => {
    for (let d = 0; d < dim; d++) mixing[place * dim + d] = jacobian[i * dim + d] * unit * signed;
    return {
      name: `source_${String(place + 1).padStart(digits, "0")}`,
      values,
      kurtosis,
      contribution: spread / whole,
      stability: null,
    };
  });
  return {
    columns: linear.columns,
    rows: linear.rows,
    sources,
    mixing,
    mean: linear.mean,
    rowLogProb: logProb,
    logProb: n === dim ? logProb - logVolume(linear.mixing, n) : null,
    linearLogProb: linear.logProb,
    contrast,
  };
}

/** Means over all rows, and the latents. */
async function look(flow: Flow, store: ParameterStore, { rows, columns }: LinearStart, threads?: number) {
  const n = flow.dim;
  const dim = columns.matrix.length / n;
  const x = input("x", ["batch", n]);
  const { logProb, latent } = flow.density(x);
  const changes = mixingJacobian(flow.bijection, x, columns);
  const stacked = (rows: typeof changes) =>
    concat(
      rows.map((row) => reshape(mean(row, [0]), [1, dim])),
      0,
    );
  const program = await Program.compile(
    {
      latent,
      logProb: mean(logProb),
      contrast: independentMechanismContrast(flow.bijection, x, columns),
      jacobian: stacked(changes),
      squares: stacked(changes.map((change) => mul(change, change))),
    },
    { parameters: store, threads },
  );
  try {
    const count = rows.length / n;
    const latents = Array.from({ length: n }, () => new Float64Array(count));
    const jacobian = new Float64Array(n * dim);
    const squares = new Float64Array(n * dim);
    let [meanLogProb, contrast] = [0, 0];
    for (let from = 0; from < count; from += batchRows) {
      const to = Math.min(count, from + batchRows);
      const share = (to - from) / count;
      const found = await program.run({ x: rows.subarray(from * n, to * n) });
      for (let i = from; i < to; i++)
        for (let j = 0; j < n; j++) latents[j][i] = found.latent[(i - from) * n + j];
      for (let k = 0; k < n * dim; k++) {
        jacobian[k] += share * found.jacobian[k];
        squares[k] += share * found.squares[k];
      }
      meanLogProb += share * found.logProb[0];
      contrast += share * found.contrast[0];
    }
    return { latents, jacobian, squares, logProb: meanLogProb, contrast };
  } finally {
    await program.release();
  }
}
