// What an estimator of the Jacobian term is: gradient rules for two operations, how the resulting direction is applied
// to a matrix, and, for those that need more, what goes along with training (companion.ts).

import type { DenseLayer } from "../bijections/index.js";
import type { JacobianRules, Tensor } from "../tensor/index.js";
import type { Companion, TrainingProblem } from "./companion.js";
import type { DenseTerm } from "./dense-terms.js";

/** The ordinary gradient of some loss for a layer y = x W + b: ∇W, [D, D], and ∇b, [D], if there is one. */
export interface LayerGradient {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly dW: Tensor;
  readonly db: Tensor | undefined;
}

/**
 * How the gradient of log|det W| (and with it the gradient for W and b of a dense layer) is found.
 *
 * Notation, as in the formulas of each file: a layer y = x W + b, rows; u = x W; Δ = ∂loss/∂y, [batch, D];
 * ḡ = ∂loss/∂log|det W| (−1 for a mean negative log-likelihood). Costs are a layer and step, B the batch, D the
 * dimension; the ordinary gradient without the Jacobian term takes three products of B D².
 */
export interface JacobianEstimator {
  readonly name: string;
  /** One line for help texts and tables. */
  readonly summary: string;
  /** Gradient rules used in place of the exact ones. */
  readonly rules: JacobianRules;
  /**
   * "add": the rule gives dW, and W ← W − step. "multiply": the rule gives G in the Lie algebra, where the optimizer
   * runs, and W ← W (I − step). "own": its companion moves the matrices, the optimizer everything else.
   */
  readonly update: "add" | "multiply" | "own";
  /** Whether its fixed points are those of the likelihood. */
  readonly exact: boolean;
  /** The dense layer that nets for it are built from, a type of bijection. Default: "linear". */
  readonly layer?: DenseLayer;
  /**
   * Whether numbers that count as fixed for gradients move too. A running average of the trained ones is then no
   * model.
   */
  readonly movesFixed?: boolean;
  /** For "multiply": G = leftᵀ right + share I, left and right [batch, D], so that W G need not cost D³. */
  readonly factors?: (term: DenseTerm) => { left: Tensor; right: Tensor; share: Tensor };
  /**
   * What an ordinary gradient of a layer becomes: the map that `rules` apply to the likelihood's. For losses beside the
   * likelihood. Default: the gradient as it is.
   */
  readonly direction?: (layer: LayerGradient) => Pick<LayerGradient, "dW" | "db">;
  /** What goes along with the training of one flow. */
  readonly accompany?: (problem: TrainingProblem) => Companion;
}
