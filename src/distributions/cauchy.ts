// The Cauchy base: tails so heavy that there is no mean.

import type { Tensor } from "../tensor/index.js";
import { cos, div, log1p, minimum, mul, sign, sin, sub, sum } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

/**
 * Independent standard Cauchy variables: Student-t with one degree of freedom.
 *
 *   log p(z) = Σ −log π − log(1 + z²)
 *
 * z: [batch, D]; log-density: [batch], nats. No parameters.
 *
 * @example const base = cauchy({ dim: 8 })
 */
export function cauchy({ dim }: { dim: number }): Distribution {
  return {
    dim,
    parameters: {},
    logProb: (z) => sub(-dim * Math.log(Math.PI), sum(log1p(mul(z, z)), 1)),
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }: Noise) => {
      const u = uniform as Tensor;
      // The quantile function tan π(u − ½) as a cotangent from the nearer end, as exact in both tails.
      const angle = mul(Math.PI, minimum(u, sub(1, u)));
      return mul(sign(sub(u, 0.5)), div(cos(angle), sin(angle)));
    },
    config: () => ({ type: "cauchy", dim }),
  };
}
