// The unit interval onto the line, a column at a time.

import { LogdetError } from "../errors.js";
import { add, log, mul, neg, sigmoid, sub, sum, type Tensor } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";

export interface LogitOptions {
  /** Number of columns, D. */
  dim: number;
  /** How far the interval is drawn in at each end, so that 0 and 1 themselves stay finite: in [0, 0.5). */
  alpha?: number;
}

/**
 * The logit of each column, of values in (0, 1).
 *
 *   s = α + (1 − 2α) x,   y = log s − log(1 − s),   log|dy/dx| = log(1 − 2α) − log s − log(1 − s)
 *
 * x in (0, 1), y: [batch, D]; logDet: [batch], nats. No parameters. Cost O(batch · D). With α > 0 the inverse leaves the
 * interval by up to α / (1 − 2α) for y far out. Not among the bijections that are saved by type: it is no map of the
 * whole line.
 *
 * @throws LogdetError "usage" if alpha is not in [0, 0.5).
 * @see Papamakarios, Pavlakou and Murray, "Masked autoregressive flow for density estimation", NeurIPS 2017, appendix D
 * @example const layer = logit({ dim: 784, alpha: 1e-6 })
 */
export function logit({ dim, alpha = 0 }: LogitOptions): Bijection {
  if (!(alpha >= 0 && alpha < 0.5))
    throw new LogdetError("usage", `logit: alpha must be in [0, 0.5), got ${alpha}`);
  const scale = 1 - 2 * alpha;
  const logDet = (logS: Tensor, logRest: Tensor) => sub(dim * Math.log(scale), sum(add(logS, logRest), 1));
  return {
    dim,
    columnwise: true,
    parameters: {},
    forward(x) {
      // Both ends are written out: near 1, s itself has no digits left for 1 − s.
      const logS = log(add(alpha, mul(scale, x)));
      const logRest = log(add(alpha, mul(scale, sub(1, x))));
      return { y: sub(logS, logRest), logDet: logDet(logS, logRest) };
    },
    inverse(y) {
      const s = sigmoid(y);
      const rest = sigmoid(neg(y));
      return { x: mul(1 / scale, sub(s, alpha)), logDet: neg(logDet(log(s), log(rest))) };
    },
    config: () => ({ type: "logit", dim, alpha }),
  };
}
