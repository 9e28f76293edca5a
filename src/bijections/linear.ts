// The dense layer: the reason this library exists.

import { inverse, linear as linearMap, logAbsDet, matmul, neg, parameter, sub } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { denseStart, type LinearOptions } from "./dense-start.js";

/**
 * A dense square layer without any constraint on W.
 *
 *   y = x W + b,   log|det dy/dx| = log|det W|
 *
 * x, y: [batch, D]; logDet: a scalar in nats. The product costs O(batch · D²). The value of log|det W| and the
 * inverse cost O(D³), on the host, and only programs that ask for them pay; how the term's *gradient* is found is
 * the Jacobian estimator's choice (jacobian/).
 *
 * @see Gresele et al., "Relative gradient optimization of the Jacobian term in unsupervised deep learning",
 * NeurIPS 2020
 * @example const layer = linear({ dim: 8, random: new Random(1) })
 */
export function linear({ dim, ...options }: LinearOptions): Bijection {
  const start = denseStart({ dim, ...options });
  const weight = parameter([dim, dim], start.weight);
  const bias = parameter([dim], start.bias);
  return {
    dim,
    parameters: { weight, bias },
    forward: (x) => ({ y: linearMap(x, weight, bias), logDet: logAbsDet(weight, bias) }),
    inverse: (y) => ({ x: matmul(sub(y, bias), inverse(weight)), logDet: neg(logAbsDet(weight, bias)) }),
    config: () => ({ type: "linear", dim }),
  };
}
