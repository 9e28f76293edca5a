// The logistic base: close to a normal at its centre, with exponential tails.

import type { Tensor } from "../tensor/index.js";
import { add, log, mul, neg, softplus, sub, sum } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

/**
 * Independent standard logistic variables: the distribution function is the sigmoid.
 *
 *   log p(z) = Σ −z − 2 log(1 + e^(−z))
 *
 * z: [batch, D]; log-density: [batch], nats. No parameters.
 *
 * @example const base = logistic({ dim: 8 })
 */
export function logistic({ dim }: { dim: number }): Distribution {
  return {
    dim,
    parameters: {},
    logProb: (z) => neg(sum(add(z, mul(2, softplus(neg(z)))), 1)),
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }: Noise) => {
      const u = uniform as Tensor;
      return sub(log(u), log(sub(1, u)));
    },
    config: () => ({ type: "logistic", dim }),
  };
}
