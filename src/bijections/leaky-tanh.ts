// A squashing curve that never quite flattens, and so stays invertible on the whole line.

import { LogdetError } from "../errors.js";
import {
  add,
  div,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  sigmoid,
  sub,
  sum,
  type Tensor,
  tanh,
  where,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";

export interface LeakyTanhOptions {
  /** Number of columns, D. */
  dim: number;
  /** Steepness of the tanh, > 0. */
  alpha?: number;
  /** Slope that remains for x → ±∞, > 0. */
  beta?: number;
}

/**
 * Leaky tanh, applied to each column.
 *
 *   y = tanh(αx) + βx,   log|dy/dx| = log(α sech²(αx) + β)
 *
 * x, y: [batch, D]; logDet: [batch], nats. No parameters. Cost O(batch · D). The inverse is found by guarded Newton
 * steps from the end of a bracket where none of them overshoots.
 *
 * @throws LogdetError "usage" if alpha or beta is not a positive number.
 * @example const layer = leakyTanh({ dim: 8, beta: 0.2 })
 */
export function leakyTanh({ dim, alpha = 1, beta = 0.1 }: LeakyTanhOptions): Bijection {
  for (const [name, value] of Object.entries({ alpha, beta }))
    if (!(value > 0 && value < Infinity))
      throw new LogdetError("usage", `leaky tanh: ${name} must be a positive number, got ${value}`);
  const curve: MonotoneFunction = (x) => ({
    y: add(tanh(mul(alpha, x)), mul(beta, x)),
    // sech²(u) = 4 sigmoid(2u) sigmoid(−2u): unlike 1 − tanh², exact far out, where a small β must not drown.
    derivative: add(mul(4 * alpha, mul(sigmoid(mul(2 * alpha, x)), sigmoid(mul(-2 * alpha, x)))), beta),
  });
  const logDet = (derivative: Tensor) => sum(log(derivative), 1);

  // Measured over |y| <= 1e4 and α/β from 1 to 1e6: two steps more than float64 needs.
  const steps = 4 + Math.ceil(Math.log1p(alpha / beta));

  const solve = (y: Tensor): Tensor => {
    // For x > 0: βx < f(x) < (α + β) x, and f(x) < 1 + βx. The mirror image for x < 0.
    const steepest = div(y, alpha + beta);
    const flattest = div(y, beta);
    const low = maximum(div(sub(y, 1), beta), minimum(steepest, flattest));
    const high = minimum(div(add(y, 1), beta), maximum(steepest, flattest));
    // f is concave for x > 0, convex for x < 0: Newton from the end nearer to 0 walks to the root without passing it.
    const start = where(greater(y, 0), low, high);
    return invertMonotone({ forward: curve, y, low, high, start, steps });
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
      const x = solve(y);
      return { x, logDet: neg(logDet(curve(x).derivative)) };
    },
    config: () => ({ type: "leaky-tanh", dim, alpha, beta }),
  };
}
