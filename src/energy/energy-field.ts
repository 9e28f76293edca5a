// An energy at work: evaluated and checked on the host, and as the density at the end of a flow that is being trained.

import type { Distribution } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { type FloatArray, Program } from "../runtime/index.js";
import {
  add,
  formatShape,
  gradients,
  input,
  mul,
  neg,
  type Parameter,
  parameter,
  stopGradient,
  sub,
  sum,
  Tensor,
} from "../tensor/index.js";
import type { Energy, EnergyFormula, EnergyValues } from "./energy.js";

/** Rows a formula is evaluated on at once. */
const batchRows = 1024;

/** Names of the inputs by which a callback's results reach the training program. */
const valuesName = "energy";
const gradientsName = "energyGradient";

/** Energies of rows in nats, [n], and their gradients, [n, D]: all finite. */
export interface CheckedValues {
  readonly values: Float64Array;
  readonly gradients: Float64Array;
}

/** A density exp(−β energy) up to a constant; β is a number in the store, to be moved by an annealing. */
export interface EnergyTarget extends Distribution {
  readonly inverseTemperature: Parameter;
}

/** An energy that has been looked at once: the dimension is sound, the formula gives one number a row. */
export class EnergyField {
  readonly dim: number;
  readonly #energy: Energy;
  /** Of a formula, in float64: weights are differences of large numbers. */
  readonly #program: Program<"values" | "gradients"> | undefined;

  private constructor(energy: Energy, program: Program<"values" | "gradients"> | undefined) {
    this.dim = energy.dim;
    this.#energy = energy;
    this.#program = program;
  }

  /** @throws LogdetError "usage" for a dimension that is none, "shape" for a formula that is not [batch, D] -> [batch]. */
  static async create(energy: Energy): Promise<EnergyField> {
    const { dim } = energy;
    if (!Number.isInteger(dim) || dim < 1)
      throw new LogdetError("usage", `an energy has a whole number of coordinates, at least 1, got ${dim}`, {
        where: ["energy", "dim"],
      });
    if (!("formula" in energy)) return new EnergyField(energy, undefined);
    const x = input("x", ["batch", dim]);
    const values = checkedFormula(energy, x);
    const [slope] = gradients(sum(values), [x]);
    if (!slope)
      throw new LogdetError("usage", "the energy has no gradient with respect to its coordinates", {
        where: ["energy", "formula"],
      });
    const outputs = { values, gradients: slope };
    return new EnergyField(energy, await Program.compile(outputs, { float: "float64", threads: 1 }));
  }

  /** Whether the training program cannot compute the energy by itself, and is to be given `inputs`. */
  get isCallback(): boolean {
    return this.#program === undefined;
  }

  /**
   * Energies and gradients at rows, [n, D].
   *
   * @param place what a row is called in an error
   * @throws LogdetError "numeric" that names the first row where one of them is not finite, "shape" if a callback gives
   * another number of values.
   */
  async evaluate(rows: FloatArray, place = "row"): Promise<CheckedValues> {
    const { dim } = this;
    const count = rows.length / dim;
    const result = { values: new Float64Array(count), gradients: new Float64Array(rows.length) };
    if (this.#program)
      for (let row = 0; row < count; row += batchRows) {
        const x = Float64Array.from(rows.subarray(row * dim, (row + batchRows) * dim));
        const found = await this.#program.run({ x });
        result.values.set(found.values, row);
        result.gradients.set(found.gradients, row * dim);
      }
    else if ("evaluate" in this.#energy) {
      const found = await this.#energy.evaluate(Float64Array.from(rows));
      requireLength(found, "values", count);
      requireLength(found, "gradients", rows.length);
      result.values.set(found.values);
      result.gradients.set(found.gradients);
    }
    requireFinite(result, rows, dim, place);
    return result;
  }

  /** What a gradient program takes as inputs where the energy is a callback's. */
  inputs({ values, gradients }: CheckedValues): Record<string, FloatArray> {
    return { [valuesName]: values, [gradientsName]: gradients };
  }

  /**
   * exp(−β energy) up to a constant, to be trained against. It cannot be drawn from.
   *
   * Of a callback only value and gradient at the batch's rows are known, given as inputs. Its expansion to first order
   * there, E + ⟨∇E, x − x₀⟩ with x₀ the rows held constant, has the same value and the same gradient.
   */
  target(): EnergyTarget {
    const { dim } = this;
    const energy = this.#energy;
    const inverseTemperature = parameter([1], [1], { trainable: false });
    const values = input(valuesName, ["batch"]);
    const slopes = input(gradientsName, ["batch", dim]);
    const energyOf = (x: Tensor): Tensor =>
      "formula" in energy
        ? checkedFormula(energy, x)
        : add(values, sum(mul(slopes, sub(x, stopGradient(x))), 1));
    return {
      dim,
      parameters: { inverseTemperature },
      inverseTemperature,
      logProb: (x) => neg(mul(inverseTemperature, energyOf(x))),
      noise: { uniform: 0, normal: 0 },
      sample() {
        throw new LogdetError("usage", "an energy is what a flow is fitted to; it cannot be drawn from");
      },
      config: () => ({ type: "energy", dim }),
    };
  }

  async release(): Promise<void> {
    await this.#program?.release();
  }
}

function checkedFormula({ formula }: EnergyFormula, x: Tensor): Tensor {
  const values = formula(x);
  if (values instanceof Tensor && values.type === "float" && values.rank === 1 && values.shape[0] === "batch")
    return values;
  const got = values instanceof Tensor ? `${values.type} ${formatShape(values.shape)}` : typeof values;
  throw new LogdetError("shape", `an energy gives one float a row, [batch], got ${got}`, {
    where: ["energy", "formula"],
    hint: "Sum over coordinates: sum(…, 1).",
  });
}

function requireLength(found: EnergyValues, name: keyof EnergyValues, wanted: number): void {
  const got = found?.[name]?.length;
  if (got !== wanted)
    throw new LogdetError("shape", `the callback must give ${wanted} ${name}, got ${got ?? "none"}`, {
      where: ["energy", "evaluate"],
      hint: "values: one a row; gradients: row-major, as long as the rows.",
    });
}

function requireFinite(
  { values, gradients }: CheckedValues,
  rows: FloatArray,
  dim: number,
  place: string,
): void {
  for (const [row, value] of values.entries()) {
    const slopes = gradients.subarray(row * dim, (row + 1) * dim);
    if (Number.isFinite(value) && slopes.every(Number.isFinite)) continue;
    const what = Number.isFinite(value) ? `gradient is (${slopes.join(", ")})` : `value is ${value}`;
    const at = Array.from(rows.subarray(row * dim, (row + 1) * dim), (x) => Number(x.toPrecision(6)));
    throw new LogdetError("numeric", `the energy's ${what} at x = (${at.join(", ")})`, {
      where: ["energy", `${place} ${row + 1}`],
      hint: "An energy must be finite, with a finite gradient, wherever the flow may put a sample: everywhere. A hard wall can be made a steep slope.",
    });
  }
}
