// The Clayton copula: small values come together, large ones hardly.

import { invertMonotone } from "../bijections/guarded-inverse.js";
import {
  add,
  div,
  exp,
  expm1,
  less,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  softplus,
  sqrt,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";
import { type ArchimedeanFamily, archimedeanCopula, ordered } from "./archimedean-copula.js";
import type { CopulaOptions } from "./copula.js";
import type { Distribution } from "./distribution.js";
import { logitOfMinusLog } from "./stable-logarithms.js";

/** Steps of the inverse of Kendall's function, from above, where it is convex. */
const steps = 8;

/** Draws stop where 1 − probability is e^(−69), which no float can tell from 1. */
const smallestMinusLog = 1e-30;

/**
 * Columns joined by Clayton copulas of dependence θ = exp(raw) > 0.
 *
 *   C(u, v) = (u^(−θ) + v^(−θ) − 1)^(−1/θ)
 *
 * The chance of a small value, given one, tends to 2^(−1/θ). Kendall's τ of a pair is θ / (θ + 2); its function
 * K(t) = t + t (1 − t^θ) / θ. Columns and draws as archimedeanCopula says.
 *
 * @see Nelsen, "An introduction to copulas", 2006, family 4.2.1
 * @example const base = claytonCopula({ dim: 2 })
 */
export function claytonCopula(options: CopulaOptions): Distribution {
  return archimedeanCopula(clayton, options);
}

/** Coordinate: −log u. */
const clayton: ArchimedeanFamily = {
  type: "clayton-copula",
  start: 0,
  fromLogit: (logit) => softplus(neg(logit)),
  toLogit: (a) => logitOfMinusLog(maximum(a, smallestMinusLog)),
  join(u, v, raw) {
    const theta = exp(raw);
    const { high, low } = ordered(u, v);
    const fall = mul(theta, sub(high, low));
    const grown = log1p(mul(exp(neg(fall)), neg(expm1(mul(neg(theta), low)))));
    const t = add(high, div(grown, theta));
    return {
      logDensity: sub(add(log1p(theta), sub(low, fall)), mul(add(2, div(1, theta)), grown)),
      joint: kendall(t, theta).y,
    };
  },
  split(joint, share, raw) {
    const theta = exp(raw);
    // −log K lies above t − log(1 + t), and that reaches w no later than here.
    const high = add(joint, sqrt(mul(2, joint)));
    const t = invertMonotone({
      forward: (x) => kendall(x, theta),
      y: joint,
      low: joint,
      high,
      start: high,
      steps,
    });
    const of = (part: Tensor) => div(logScaledPower(mul(theta, t), part), theta);
    return [of(share), of(sub(1, share))];
  },
};

/** −log K at t = −log C: t − log(1 + (1 − e^(−θt)) / θ). */
function kendall(t: Tensor, theta: Tensor): { y: Tensor; derivative: Tensor } {
  const filled = neg(expm1(mul(neg(theta), t)));
  return {
    y: sub(t, log1p(div(filled, theta))),
    derivative: div(mul(add(theta, 1), filled), add(theta, filled)),
  };
}

/** log(1 + s (eˣ − 1)) for x >= 0 and s in (0, 1). */
function logScaledPower(x: Tensor, s: Tensor): Tensor {
  const near = log1p(mul(s, expm1(minimum(x, 1))));
  const far = add(x, log1p(mul(sub(1, s), expm1(neg(maximum(x, 1))))));
  return where(less(x, 1), near, far);
}
