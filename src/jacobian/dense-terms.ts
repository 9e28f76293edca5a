// Where dense layers stand in a loss, and the signals that reach them: what estimators other than plain gradient rules
// are made of.

import { gradients, type Parameter, sub, type Tensor, topologicalOrder } from "../tensor/index.js";
import type { TrainingProblem } from "./companion.js";

/** One dense layer y = x W + b in a loss. */
export interface DenseTerm {
  readonly matrix: Parameter;
  /** [batch, D] */
  readonly x: Tensor;
  /** y, [batch, D], and without the bias. */
  readonly y: Tensor;
  readonly u: Tensor;
  /** Δ = ∂loss/∂y, [batch, D]. */
  readonly delta: Tensor;
  /** ḡ = ∂loss/∂log|det W|, a scalar. */
  readonly share: Tensor;
  /** The node log|det W|. */
  readonly volume: Tensor;
}

/** The dense layers of a problem's matrices; without those whose matrix is used more than once. */
export function denseTerms({ loss, matrices, rules }: TrainingProblem): DenseTerm[] {
  const order = topologicalOrder([loss]);
  const uses = (name: string, position: number, matrix: Parameter) =>
    order.filter(({ operation, inputs }) => operation.name === name && inputs[position] === matrix);
  const found = matrices.flatMap((matrix) => {
    const maps = uses("linear", 1, matrix);
    const volumes = uses("logAbsDet", 0, matrix);
    return maps.length === 1 && volumes.length === 1 ? [{ matrix, y: maps[0], volume: volumes[0] }] : [];
  });
  const signals = gradients(
    loss,
    found.flatMap(({ y, volume }) => [y, volume]),
    { rules },
  );
  return found.flatMap(({ matrix, y, volume }, i) => {
    const [delta, share] = [signals[2 * i], signals[2 * i + 1]];
    const [x, , bias] = y.inputs;
    return delta && share ? [{ matrix, x, y, u: sub(y, bias), delta, share, volume }] : [];
  });
}
