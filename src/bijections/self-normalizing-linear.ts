// The dense layer that carries a learned inverse beside its matrix.

import { inverse as inverseOf } from "../runtime/index.js";
import { inverse, linear as linearMap, logAbsDet, matmul, neg, parameter, sub } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { denseStart, type LinearOptions } from "./dense-start.js";

export interface SelfNormalizingLinearOptions extends LinearOptions {
  /**
   * Whether `inverse` multiplies by the learned R in place of W^{-1}: O(D²) a row with no factorisation, and as wrong as
   * R W is not the identity. Its logDet stays that of W.
   */
  approximateInverse?: boolean;
}

/**
 * A dense square layer with a second matrix R ≈ W^{-1}, kept close by training: see the estimator
 * `self-normalizing`.
 *
 *   y = x W + b,   log|det dy/dx| = log|det W|
 *
 * x, y: [batch, D]; logDet: a scalar in nats, exact, O(D³) on the host where its value is asked for. R is saved with the
 * layer, and starts as the exact inverse.
 *
 * @see Keller et al., "Self normalizing flows", ICML 2021
 * @example const layer = selfNormalizingLinear({ dim: 8, approximateInverse: true })
 */
export function selfNormalizingLinear({
  dim,
  approximateInverse = false,
  ...options
}: SelfNormalizingLinearOptions): Bijection {
  const start = denseStart({ dim, ...options });
  const weight = parameter([dim, dim], start.weight);
  const learnedInverse = parameter([dim, dim], inverseOf(start.weight, dim));
  const bias = parameter([dim], start.bias);
  return {
    dim,
    parameters: { weight, learnedInverse, bias },
    forward: (x) => ({ y: linearMap(x, weight, bias), logDet: logAbsDet(weight, bias) }),
    inverse: (y) => ({
      x: matmul(sub(y, bias), approximateInverse ? learnedInverse : inverse(weight)),
      logDet: neg(logAbsDet(weight, bias)),
    }),
    config: () => ({
      type: "self-normalizing-linear",
      dim,
      ...(approximateInverse && { approximateInverse }),
    }),
  };
}
