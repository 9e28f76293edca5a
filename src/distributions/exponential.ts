// The exponential base: for flows whose values are positive.

import type { Tensor } from "../tensor/index.js";
import { greaterOrEqual, log, neg, sum, where } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";
import { impossible } from "./uniform.js";

/**
 * Independent exponential variables of rate 1.
 *
 *   log p(z) = Σ −z for z >= 0, −10³⁰ for each negative column
 *
 * z: [batch, D]; log-density: [batch], nats. No parameters.
 *
 * A flow whose values can be negative cannot be trained with this base: there is no slope that would lead back. Put a
 * map onto the positive numbers in front.
 *
 * @example const base = exponential({ dim: 8 })
 */
export function exponential({ dim }: { dim: number }): Distribution {
  return {
    dim,
    parameters: {},
    logProb: (z) => sum(where(greaterOrEqual(z, 0), neg(z), impossible), 1),
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }: Noise) => neg(log(uniform as Tensor)),
    config: () => ({ type: "exponential", dim }),
  };
}
