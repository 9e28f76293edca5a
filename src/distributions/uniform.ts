// The uniform base: for flows that end in the unit box.

import type { Tensor } from "../tensor/index.js";
import { equal, maximum, minimum, mul, sum, where } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

/**
 * The log-density of what is impossible, in place of −∞: its exponential is 0 too, but sums over columns and means over
 * rows stay finite in float32.
 */
export const impossible = -1e30;

/**
 * Independent uniform variables on [0, 1].
 *
 *   log p(z) = 0 within the box, −10³⁰ for each column outside
 *
 * z: [batch, D]; log-density: [batch], nats. No parameters.
 *
 * A flow whose values can leave the box cannot be trained with this base: outside there is no slope that would lead
 * back. Put a map onto (0, 1) in front.
 *
 * @example const base = uniform({ dim: 8 })
 */
export function uniform({ dim }: { dim: number }): Distribution {
  return {
    dim,
    parameters: {},
    logProb(z) {
      const isWithin = equal(z, minimum(maximum(z, 0), 1));
      // 0 · z, not 0: the density does depend on z, with a gradient of zero.
      return sum(where(isWithin, mul(0, z), impossible), 1);
    },
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }: Noise) => uniform as Tensor,
    config: () => ({ type: "uniform", dim }),
  };
}
