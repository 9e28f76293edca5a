// What an energy is: minus the logarithm of a density that is known up to a constant, as a formula or as a callback.

import type { Tensor } from "../tensor/index.js";

/** An energy written in tensors: its gradient is derived, and it runs inside the training program. */
export interface EnergyFormula {
  /** Number of coordinates, D. */
  readonly dim: number;
  /** Energy of each row in nats: [batch, D] -> [batch]. */
  formula(x: Tensor): Tensor;
}

/** What a callback gives for n rows. */
export interface EnergyValues {
  /** Energy of each row in nats, [n]. */
  readonly values: ArrayLike<number>;
  /** Its gradient with respect to the row's coordinates, row-major [n, D]. */
  readonly gradients: ArrayLike<number>;
}

/** An energy that something else computes: a simulator, a server. */
export interface EnergyCallback {
  /** Number of coordinates, D. */
  readonly dim: number;
  /** Energies and their gradients at rows, row-major [n, D]. Asked once a training step, for the whole batch. */
  evaluate(rows: Float64Array): EnergyValues | Promise<EnergyValues>;
}

/**
 * A density up to its constant: p(x) = exp(−energy(x)) / Z.
 *
 * @example
 * const doubleWell: Energy = {
 *   dim: 2,
 *   formula: (x) => sum(pow(sub(mul(x, x), 1), 2), 1),
 * }
 */
export type Energy = EnergyFormula | EnergyCallback;
