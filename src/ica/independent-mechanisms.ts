// How far a flow's sources are from independent mechanisms: its Jacobians, layer by layer, and a regulariser made of them.

import type { Bijection, Chain } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import {
  add,
  constant,
  div,
  fullLike,
  gradients,
  inverse,
  log,
  matmul,
  mean,
  mul,
  sub,
  sum,
  type Tensor,
} from "../tensor/index.js";
import type { Penalty } from "../training/index.js";

/** A fixed affine map from a flow's rows to the columns that the mechanisms are judged by. */
export interface Columns {
  /** Row-major [D, columns]: a change of the flow's row times it is one of the columns. */
  readonly matrix: Float64Array;
  /** ½ log det(matrix matrixᵀ): log|det matrix| where it is square. */
  readonly logVolume: number;
}

/**
 * The Jacobians of the mixing x = f⁻¹(s) at rows x: for each source i, ∂x/∂s_i, [batch, D] (or [1, D] where it is the
 * same for every row). No inverse a row is taken: dense layers multiply by W⁻¹, curves divide by their slope.
 *
 *   ∂x/∂s = W_L⁻¹ D_{L−1}⁻¹ W_{L−1}⁻¹ … W_1⁻¹
 *
 * Cost: D products [batch, D] × [D, D] and an inverse a dense layer.
 *
 * @throws LogdetError "usage" if the chain holds other maps than dense layers and curves a column
 */
export function mixingJacobian(bijection: Bijection, x: Tensor, columns?: Columns): Tensor[] {
  const parts = (bijection as Partial<Chain>).parts ?? [bijection];
  let z = x;
  const undo = parts.map((part) => {
    const from = z;
    z = part.forward(from).y;
    const { type } = part.config();
    if (type === "linear") {
      const back = inverse(part.parameters.weight);
      return (row: Tensor) => matmul(row, back);
    }
    const [slope] = part.columnwise ? gradients(z, [from], { upstream: fullLike(z, 1) }) : [];
    if (!slope)
      throw new LogdetError("usage", `independent mechanisms cannot be seen through the map ${type}`, {
        hint: "Build the flow from dense layers and curves a column.",
      });
    return (row: Tensor) => div(row, slope);
  });
  const { dim } = bijection;
  const last = columns && constant(columns.matrix, [dim, columns.matrix.length / dim]);
  return Array.from({ length: dim }, (_, i) => {
    const unit = constant(
      Float64Array.from({ length: dim }, (_, j) => +(i === j)),
      [1, dim],
    );
    const row = undo.reduceRight((change, back) => back(change), unit as Tensor);
    return last ? matmul(row, last) : row;
  });
}

/**
 * The contrast of independent mechanism analysis at rows x: with J the Jacobian of the mixing x = f⁻¹(s),
 *
 *   C = mean over rows of  Σ_i log ‖∂x/∂s_i‖ − log|det J|
 *
 * in nats. By Hadamard's inequality C ≥ 0, and 0 only where the columns' changes with different sources are orthogonal
 * everywhere. It is blind to the order and the scale of sources, and to maps of one source alone; not to the units of
 * the columns.
 *
 * @param x rows, [batch, D]
 * @returns a scalar, []
 * @see Gresele, von Kügelgen, Stimper, Schölkopf and Besserve, "Independent mechanism analysis, a new concept?",
 * NeurIPS 2021, eq. 12
 * @example const contrast = independentMechanismContrast(flow.bijection, input("x", ["batch", 2]))
 */
export function independentMechanismContrast(bijection: Bijection, x: Tensor, columns?: Columns): Tensor {
  const logLengths = mixingJacobian(bijection, x, columns).map((change) =>
    mul(0.5, log(sum(mul(change, change), 1))),
  );
  const { logDet } = bijection.forward(x);
  return sub(mean(add(logLengths.reduce(add), logDet)), columns?.logVolume ?? 0);
}

/**
 * A penalty for training: `weight` times the contrast of independent mechanism analysis, in nats a row. At a weight of 1
 * the likelihood's log|det J| gives way to Σ log ‖∂x/∂s_i‖ altogether.
 *
 * @param options.columns the map from the flow's rows to the columns. Default: they are the columns
 * @throws LogdetError "usage" if the weight is negative; at training, if the flow is not made of dense layers and curves
 * @see independentMechanismContrast
 * @example const step = await TrainingStep.create(flow, { ...options, penalties: [independentMechanisms({ weight: 1 })] })
 */
export function independentMechanisms({ weight, columns }: { weight: number; columns?: Columns }): Penalty {
  if (!(weight >= 0 && weight < Infinity))
    throw new LogdetError(
      "usage",
      `independent mechanisms: the weight must be a number of at least 0, got ${weight}`,
    );
  return {
    name: "independent-mechanisms",
    build: ({ bijection }: Flow, x) => ({
      value: mul(weight, independentMechanismContrast(bijection, x, columns)),
    }),
  };
}
