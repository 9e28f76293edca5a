// What every invertible transform offers. One bijection a file; table.ts lists them.

import type { Parameter, Tensor } from "../tensor/index.js";

/** Plain data from which a bijection or base can be built again (without its parameters' values). */
export interface Config {
  readonly type: string;
  readonly [option: string]: unknown;
}

/**
 * An invertible, differentiable map of rows of `dim` numbers. Data to latent, the direction of the density, is
 * "forward".
 *
 * Both directions give the value, [batch, dim], and the log|det Jacobian| in nats: [batch], or a scalar [] where
 * it is the same for every row. `context`, [batch, contextDim], is for conditional maps; others ignore it.
 */
export interface Bijection {
  readonly dim: number;
  /** Set where every column is mapped by itself, so that the Jacobian is diagonal. */
  readonly columnwise?: true;
  /** The numbers it owns, by name; `chain` puts the position of its parts in front. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  forward(x: Tensor, context?: Tensor): { y: Tensor; logDet: Tensor };
  inverse(y: Tensor, context?: Tensor): { x: Tensor; logDet: Tensor };
  config(): Config;
}
