// What may be added to the loss beside the negative log-likelihood, and how its gradient meets a Jacobian estimator's.

import type { Flow } from "../flows/index.js";
import type { JacobianEstimator, NoiseDraws } from "../jacobian/index.js";
import { add, gradients, type Parameter, type Tensor, topologicalOrder } from "../tensor/index.js";

/** A term of the loss: what it asks of a flow besides being likely. */
export interface Penalty {
  readonly name: string;
  /** The term at rows x, [batch, D], its weight included. */
  build(flow: Flow, x: Tensor): BuiltPenalty;
}

export interface BuiltPenalty {
  /** A scalar, [], in nats a row: it is added to the mean negative log-likelihood. */
  readonly value: Tensor;
  /** Values for the inputs that the term takes beside the rows, drawn afresh for every step. */
  readonly noise?: NoiseDraws;
}

/**
 * The gradients of a penalty in the frame of an estimator's.
 *
 * The rules of an estimator turn ∇W and ∇b of the likelihood into another direction: `lie` into Wᵀ∇W + bᵀ∇b. A sum of
 * losses rests where its ordinary gradient is zero only if both parts are turned alike. But a rule for y = x W + b knows
 * only gradients that came through y, and those of a penalty on the Jacobian come through W itself as well: so the
 * ordinary gradient is found first, and turned by `estimator.direction`.
 *
 * @param loss where the dense layers stand
 * @param matrices those for which the estimator's rules hold
 */
export function penaltyGradients(
  value: Tensor,
  of: readonly Parameter[],
  {
    estimator,
    loss,
    matrices,
  }: { estimator: JacobianEstimator; loss: Tensor; matrices: readonly Parameter[] },
): (Tensor | undefined)[] {
  const found = new Map(
    gradients(value, of).map((gradient, i): [Tensor, Tensor | undefined] => [of[i], gradient]),
  );
  if (estimator.direction)
    for (const { operation, inputs } of topologicalOrder([loss])) {
      const [, weight, bias] = inputs;
      const dW = operation.name === "linear" ? found.get(weight) : undefined;
      if (!dW || !matrices.some((matrix) => matrix === weight)) continue;
      const turned = estimator.direction({ weight, bias, dW, db: found.get(bias) });
      found.set(weight, turned.dW);
      if (found.has(bias)) found.set(bias, turned.db);
    }
  return of.map((parameter) => found.get(parameter));
}

/** Element by element, where either may be missing. */
export const sumOf = (a: readonly (Tensor | undefined)[], b: readonly (Tensor | undefined)[]) =>
  a.map((x, i) => (x && b[i] ? add(x, b[i]) : (x ?? b[i])));
