// What an estimator of the Jacobian term is: gradient rules for two operations, and how the resulting direction is
// applied to a matrix.

import type { JacobianRules } from "../tensor/index.js";

/**
 * How the gradient of log|det W| (and with it the gradient for W and b of a dense layer) is found.
 *
 * Notation, as in the formulas of each file: a layer y = x W + b, rows; Δ = ∂loss/∂y, [batch, D]; ḡ = ∂loss/∂log|det W|
 * (−1 for a mean negative log-likelihood). Costs are a layer and step, B the batch, D the dimension.
 */
export interface JacobianEstimator {
  readonly name: string;
  /** One line for help texts and tables. */
  readonly summary: string;
  /** Gradient rules used in place of the exact ones. */
  readonly rules: JacobianRules;
  /**
   * "add": the rule gives dW, and W ← W − step. "multiply": the rule gives G in the Lie algebra, where the optimizer
   * runs, and W ← W (I − step).
   */
  readonly update: "add" | "multiply";
  /** Whether its fixed points are those of the likelihood. */
  readonly exact: boolean;
}
