// What every base density offers. One a file; table.ts lists them.

import type { Bijection, Config } from "../bijections/index.js";
import type { Parameter, Tensor } from "../tensor/index.js";

/** Standard random numbers that a draw is made from: uniforms in (0, 1) and standard normals, so many a row. */
export interface NoiseColumns {
  readonly uniform: number;
  readonly normal: number;
}

/** The noise itself: [batch, uniform] and [batch, normal]; absent where the count is 0. */
export interface Noise {
  readonly uniform?: Tensor;
  readonly normal?: Tensor;
}

/**
 * A density on rows of `dim` numbers, and how to draw from it. `context`, [batch, contextDim], is for conditional
 * densities; others ignore it.
 */
export interface Distribution {
  readonly dim: number;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Log-density in nats: [batch, dim] -> [batch]. */
  logProb(z: Tensor, context?: Tensor): Tensor;
  /** What `sample` needs for a row. */
  readonly noise: NoiseColumns;
  /** Draws, as a deterministic function of the noise (so that it can be exported): [batch, dim]. */
  sample(noise: Noise, context?: Tensor): Tensor;
  /** Set where a draw is a draw of one of several densities, so that only that one need be computed. */
  readonly choice?: Choice;
  /** Set where the density is a base's, seen through a bijection. */
  readonly through?: { readonly bijection: Bijection; readonly base: Distribution };
  /** Set where rows are [x | e] and the density is p(x | e) p(e). */
  readonly factors?: Factors;
  config(): Config;
}

/** The two factors of a joint density. */
export interface Factors {
  /** p(x | e): e is its context. */
  readonly conditional: Distribution;
  /** p(e) */
  readonly categories: Distribution;
}

/** How a mixture's draw comes about. */
export interface Choice {
  readonly components: readonly Distribution[];
  /** Logarithms of the components' weights, [K]. */
  readonly logWeights: Tensor;
  /** The component that each row's noise chooses, 0 … K − 1: [batch]. */
  pick(noise: Noise): Tensor;
  /** Uniforms at the front of a row's noise that a component does not take; normals it takes from the first on. */
  readonly uniforms: number;
}
