// The Gumbel copula: large values come together, small ones hardly.

import { invertMonotone } from "../bijections/guarded-inverse.js";
import {
  add,
  div,
  exp,
  expm1,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  softplus,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";
import { type ArchimedeanFamily, archimedeanCopula, ordered } from "./archimedean-copula.js";
import type { CopulaOptions } from "./copula.js";
import type { Distribution } from "./distribution.js";
import { logAddExp, logitOfMinusLog, logShortfall, logSoftplus } from "./stable-logarithms.js";

/** Steps of the inverse of Kendall's function, which is nearly a straight line in logarithms. */
const steps = 5;

/** Draws stop where a probability is e^(−e^6). */
const mostCoordinate = 6;

/**
 * Columns joined by Gumbel copulas of dependence θ = 1 + exp(raw) >= 1.
 *
 *   C(u, v) = exp(−((−log u)^θ + (−log v)^θ)^(1/θ))
 *
 * The extreme-value copula: the chance of a large value, given one, tends to 2 − 2^(1/θ). Kendall's τ of a pair is
 * 1 − 1/θ; its function K(t) = t − t log(t) / θ. Columns and draws as archimedeanCopula says.
 *
 * @see Nelsen, "An introduction to copulas", 2006, family 4.2.4
 * @example const base = gumbelCopula({ dim: 2, margin: { type: "student-t", degreesOfFreedom: 2 } })
 */
export function gumbelCopula(options: CopulaOptions): Distribution {
  return archimedeanCopula(gumbel, options);
}

/** Coordinate: log(−log u). */
const gumbel: ArchimedeanFamily = {
  type: "gumbel-copula",
  start: 0,
  fromLogit: (logit) => logSoftplus(neg(logit)),
  toLogit(x) {
    // Near probability 1, −log(exp(eˣ) − 1) without eˣ, which may be no float.
    const near = minimum(x, -5);
    const a = exp(near);
    const series = neg(add(near, mul(a, add(0.5, div(a, 24)))));
    return where(less(x, -5), series, logitOfMinusLog(exp(minimum(maximum(x, -5), mostCoordinate))));
  },
  join(u, v, raw) {
    const excess = exp(raw);
    const theta = add(1, excess);
    const { high, low } = ordered(u, v);
    const apart = sub(high, low);
    const grown = div(softplus(mul(neg(theta), apart)), theta);
    // −log C = t, with log t = high + grown.
    const logT = add(high, grown);
    const powers = sub(mul(sub(1, mul(2, theta)), grown), mul(excess, apart));
    const exponents = sub(exp(low), mul(exp(high), expm1(grown)));
    return {
      logDensity: add(sub(add(powers, exponents), high), logAddExp(logT, raw)),
      joint: logKendall(logT, raw).y,
    };
  },
  split(joint, share, raw) {
    const theta = add(1, exp(raw));
    // t is at least w = −log K, and at most w + √(2w): t − log(1 + t) is below w, and reaches it no later than there.
    const high = logAddExp(joint, mul(0.5, add(joint, Math.LN2)));
    const logT = invertMonotone({
      forward: (y) => logKendall(y, raw),
      y: joint,
      low: joint,
      high,
      start: high,
      steps,
    });
    const of = (part: Tensor) => add(logT, div(log(part), theta));
    return [of(share), of(sub(1, share))];
  },
};

/** log(−log K) at log t, t = −log C: −log K = t − log(1 + t/θ). */
function logKendall(logT: Tensor, raw: Tensor): { y: Tensor; derivative: Tensor } {
  const excess = exp(raw);
  const theta = add(1, excess);
  const t = exp(logT);
  const share = log(div(add(excess, logShortfall(div(t, theta))), theta));
  return {
    y: add(logT, share),
    derivative: mul(exp(neg(share)), div(add(excess, t), add(theta, t))),
  };
}
