// A smooth bend between two slopes: the activation of the published relative-gradient recipe.

import { LogdetError } from "../errors.js";
import {
  add,
  div,
  log,
  minimum,
  mul,
  neg,
  sigmoid,
  softplus,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { type MonotoneFunction, withImplicitGradient } from "./guarded-inverse.js";

export interface SmoothLeakyReluOptions {
  /** Number of columns, D. */
  dim: number;
  /** Slope for x → −∞, in (0, 1]; for x → ∞ it is 1. */
  alpha?: number;
}

/**
 * Smooth leaky ReLU, applied to each column.
 *
 *   y = αx + (1 − α) log(1 + eˣ),   log|dy/dx| = log(α + (1 − α) sigmoid(x))
 *
 * x, y: [batch, D]; logDet: [batch], nats. No parameters. Cost O(batch · D). The inverse has no closed form; it is
 * found by Newton steps from above, where a convex increasing function lets none of them overshoot.
 *
 * @throws LogdetError "usage" if alpha is not in (0, 1].
 * @see Gresele et al., "Relative gradient optimization of the Jacobian term in unsupervised deep learning",
 * NeurIPS 2020, §5
 * @example const layer = smoothLeakyRelu({ dim: 8, alpha: 0.01 })
 */
export function smoothLeakyRelu({ dim, alpha = 0.3 }: SmoothLeakyReluOptions): Bijection {
  if (!(alpha > 0 && alpha <= 1))
    throw new LogdetError("usage", `smooth leaky ReLU: alpha must be in (0, 1], got ${alpha}`);
  const bend = 1 - alpha;
  const curve: MonotoneFunction = (x) => ({
    y: add(mul(alpha, x), mul(bend, softplus(x))),
    derivative: add(alpha, mul(bend, sigmoid(x))),
  });
  const logDet = (derivative: Tensor) => sum(log(derivative), 1);

  // Measured over |y| <= 1e4 and alpha from 1 to 1e-6: two steps more than float64 needs. Towards the flat side
  // every Newton step moves by about 1, and the way to go is log(1 / alpha).
  const steps = 4 + Math.ceil(Math.log(1 / alpha));

  const solve = (y: Tensor): Tensor => {
    // Tangents lie below a convex function, so their roots lie above its root: both asymptotes, and the one at 0.
    const asymptotes = minimum(y, div(y, alpha));
    const atZero = div(sub(y, bend * Math.LN2), (1 + alpha) / 2);
    let x = minimum(asymptotes, atZero);
    for (let step = 0; step < steps; step++) {
      const { y: reached, derivative } = curve(x);
      x = sub(x, div(sub(reached, y), derivative));
    }
    return x;
  };

  return {
    dim,
    columnwise: true,
    parameters: {},
    forward(x) {
      const { y, derivative } = curve(x);
      return { y, logDet: logDet(derivative) };
    },
    inverse(y) {
      const x = withImplicitGradient(curve, solve(stopGradient(y)), y);
      return { x, logDet: neg(logDet(curve(x).derivative)) };
    },
    config: () => ({ type: "smooth-leaky-relu", dim, alpha }),
  };
}
