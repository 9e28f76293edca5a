// The Laplace base: sharper at its centre than a normal, with exponential tails.

import type { Tensor } from "../tensor/index.js";
import { abs, log, minimum, mul, neg, sign, sub, sum } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

/**
 * Independent Laplace variables of scale 1.
 *
 *   log p(z) = Σ −|z| − log 2
 *
 * z: [batch, D]; log-density: [batch], nats. No parameters.
 *
 * @example const base = laplace({ dim: 8 })
 */
export function laplace({ dim }: { dim: number }): Distribution {
  return {
    dim,
    parameters: {},
    logProb: (z) => sub(neg(sum(abs(z), 1)), dim * Math.LN2),
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }: Noise) => {
      const u = uniform as Tensor;
      // The quantile function, as exact in the upper tail as in the lower: log 2u below ½, −log 2(1 − u) above.
      const toNearerEnd = minimum(u, sub(1, u));
      return mul(sign(sub(0.5, u)), log(mul(2, toNearerEnd)));
    },
    config: () => ({ type: "laplace", dim }),
  };
}
