// The dense layer that changes by one rank at a time: a matrix at rest and a correction on top of it.

import { Random } from "../random/index.js";
import {
  add,
  inverse,
  linear as linearMap,
  logAbsDet,
  matmul,
  neg,
  parameter,
  sub,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { denseStart, type LinearOptions } from "./dense-start.js";

/**
 * A dense square layer W = A + u v, where only the column u and the row v are trained.
 *
 *   y = x A + (x u) v + b,   log|det dy/dx| = log|det(A + u v)|
 *
 * x, y: [batch, D]; u: [D, 1]; v: [1, D]; logDet: a scalar in nats. The product costs O(batch · D²), its gradient
 * for u and v O(batch · D). Values of log|det W| and the inverse cost O(D³), on the host. A is a fixed number of the
 * layer as far as gradients go; the estimator `rank-one` merges u v into it now and then.
 *
 * v starts at zero and u at random, so that the layer starts as A and has a gradient.
 *
 * @see Krämer, Köhler and Noé, "Training invertible linear layers through rank-one perturbations", 2020
 * @example const layer = rankOneLinear({ dim: 8, random: new Random(1) })
 */
export function rankOneLinear({ dim, random = new Random(0), ...options }: LinearOptions): Bijection {
  const start = denseStart({ dim, random, ...options });
  const weight = parameter([dim, dim], start.weight, { trainable: false });
  const column = parameter([dim, 1], random.fillNormal(new Float64Array(dim), 1 / Math.sqrt(dim)));
  const row = parameter([1, dim], new Float64Array(dim));
  const bias = parameter([dim], start.bias);
  const whole = add(weight, matmul(column, row));
  return {
    dim,
    parameters: { weight, column, row, bias },
    forward: (x) => ({
      y: add(linearMap(x, weight, bias), matmul(matmul(x, column), row)),
      logDet: logAbsDet(whole),
    }),
    inverse: (y) => ({ x: matmul(sub(y, bias), inverse(whole)), logDet: neg(logAbsDet(whole)) }),
    config: () => ({ type: "rank-one-linear", dim }),
  };
}
