// The standard normal base.

import type { Tensor } from "../tensor/index.js";
import { mul, sub, sum } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

/** ½ log 2π: what a standard normal's log-density at 0 falls short of 0, in nats. */
export const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

/**
 * Independent standard normals.
 *
 *   log p(z) = Σ −½ z² − ½ log 2π
 *
 * z: [batch, D]; log-density: [batch], nats. No parameters.
 *
 * @example const base = normal({ dim: 8 })
 */
export function normal({ dim }: { dim: number }): Distribution {
  return {
    dim,
    parameters: {},
    logProb: (z) => sub(mul(-0.5, sum(mul(z, z), 1)), dim * halfLog2Pi),
    noise: { uniform: 0, normal: dim },
    sample: ({ normal }: Noise) => normal as Tensor,
    config: () => ({ type: "normal", dim }),
  };
}
