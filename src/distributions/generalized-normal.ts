// The generalized normal base: from sharper than a Laplace to nearly uniform, learned column by column.

import { LogdetError } from "../errors.js";
import type { Tensor } from "../tensor/index.js";
import {
  abs,
  add,
  div,
  exp,
  maximum,
  minimum,
  mul,
  parameter,
  pow,
  sign,
  stopGradient,
  sub,
  sum,
} from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";
import { powerTailQuantile } from "./generalized-normal-quantile.js";
import { logFactorial } from "./log-factorial.js";

export interface GeneralizedNormalOptions {
  /** Number of columns, D. */
  dim: number;
  /** The exponent β to start from, in every column; above 0.25. 1 is a Laplace, 2 a normal of variance ½. */
  power?: number;
}

/** β never falls below this, where the density would be little but a cusp. */
const smallest = 0.25;
/** Nearer to 0 than this, |z|^β stands still: its slope there is infinite for β < 1. */
const nearest = 1e-10;
/** |z|^β grows up to about e^80, before float32 ends. */
const mostLog = 80;

/**
 * Independent generalized normal variables, each column with its own learned exponent β = 0.25 + exp(raw).
 *
 *   log p(z) = Σ −log 2 − log Γ(1 + 1/β) − |z|^β
 *
 * z: [batch, D]; log-density: [batch], nats. The parameter `logPower`, [D], is raw. Location and scale are left to the
 * affine layer in front. Draws invert the distribution function of |z| to about 1e-6.
 *
 * @throws LogdetError "usage" if the power is not above 0.25 and finite.
 * @see Nadarajah, "A generalized normal distribution", Journal of Applied Statistics 32, 2005
 * @example const base = generalizedNormal({ dim: 8, power: 1.5 })
 */
export function generalizedNormal({ dim, power = 2 }: GeneralizedNormalOptions): Distribution {
  if (!(power > smallest && power < Infinity))
    throw new LogdetError(
      "usage",
      `generalized normal: the power must be above ${smallest} and finite, got ${power}`,
    );
  const logPower = parameter([dim], new Float64Array(dim).fill(Math.log(power - smallest)));
  const beta = add(exp(logPower), smallest);
  return {
    dim,
    parameters: { logPower },
    logProb(z) {
      const farthest = stopGradient(exp(minimum(div(mostLog, beta), mostLog)));
      const distance = minimum(maximum(abs(z), nearest), farthest);
      const height = sub(-Math.LN2, logFactorial(div(1, beta)));
      return sum(sub(height, pow(distance, beta)), 1);
    },
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }: Noise) => {
      const u = uniform as Tensor;
      // One uniform gives both the side and the distance, which is exact far out on either side.
      const tail = mul(2, minimum(u, sub(1, u)));
      return mul(sign(sub(u, 0.5)), powerTailQuantile(tail, beta));
    },
    config: () => ({ type: "generalized-normal", dim }),
  };
}
