// The Frank copula: dependence in the middle, none in the tails, and no preference for either side.

import { invertMonotone } from "../bijections/guarded-inverse.js";
import {
  add,
  clamp,
  div,
  exp,
  expm1,
  fullLike,
  less,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  sigmoid,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";
import { type ArchimedeanFamily, archimedeanCopula, ordered } from "./archimedean-copula.js";
import type { CopulaOptions } from "./copula.js";
import type { Distribution } from "./distribution.js";

/** Where e^θ still fits a float32; a Kendall's τ of 0.95. */
const mostDependence = 80;

/** Steps of the inverse of Kendall's function, whose slope is infinite at 0 and nothing at 1: some are bisections. */
const steps = 16;

const smallestProbability = 1e-30;

/**
 * Columns joined by Frank copulas of dependence θ = 80 s(raw), between 0 and 80.
 *
 *   C(u, v) = −(1/θ) log(1 − (1 − e^(−θu)) (1 − e^(−θv)) / (1 − e^(−θ)))
 *
 * Negative dependence is left to a change of sign in the layer in front. Kendall's τ of a pair is
 * 1 − (4/θ) (1 − D_1(θ)) with Debye's function D_1; its function K(t) = t + φ(t) (e^(θt) − 1) / θ. Columns and draws as
 * archimedeanCopula says.
 *
 * @see Nelsen, "An introduction to copulas", 2006, family 4.2.5
 * @example const base = frankCopula({ dim: 2 })
 */
export function frankCopula(options: CopulaOptions): Distribution {
  return archimedeanCopula(frank, options);
}

/** Coordinate: u itself; the density is smooth up to the edges of the square. */
const frank: ArchimedeanFamily = {
  type: "frank-copula",
  // θ = 3.
  start: Math.log(3 / (mostDependence - 3)),
  fromLogit: sigmoid,
  toLogit(u) {
    // 1 − 2⁻²⁴ is the last float32 below 1.
    const inside = clamp(u, smallestProbability, 1 - 2 ** -24);
    return sub(log(inside), log1p(neg(inside)));
  },
  join(u, v, raw) {
    const theta = mul(mostDependence, sigmoid(raw));
    const whole = filled(theta);
    const { high, low } = ordered(u, v);
    const fall = mul(theta, sub(high, low));
    // (1 − e^(−θ) − (1 − e^(−θu)) (1 − e^(−θv))) e^(θ low), as a sum of positive terms.
    const rest = add(filled(mul(theta, high)), mul(exp(neg(fall)), filled(mul(theta, sub(1, high)))));
    const logDensity = sub(sub(log(mul(theta, whole)), fall), mul(2, log(rest)));
    // C from the smaller side of 1 − e^(−θC).
    const product = div(mul(filled(mul(theta, u)), filled(mul(theta, v))), whole);
    const byProduct = div(neg(log1p(neg(minimum(product, 0.5)))), theta);
    const byRest = sub(low, div(log(div(rest, whole)), theta));
    const joint = kendall(maximum(where(less(product, 0.5), byProduct, byRest), smallestProbability), theta);
    return { logDensity, joint: minimum(joint.y, 1) };
  },
  split(joint, share, raw) {
    const theta = mul(mostDependence, sigmoid(raw));
    const whole = filled(theta);
    const t = invertMonotone({
      forward: (x) => kendall(maximum(x, smallestProbability), theta),
      y: joint,
      low: fullLike(joint, 0),
      high: joint,
      start: mul(0.5, joint),
      steps,
    });
    const generator = phi(maximum(t, smallestProbability), theta);
    const of = (part: Tensor) => {
      // 1 − e^(−θu) = (1 − e^(−θ)) e^(−part φ), from its smaller side.
      const fall = mul(part, generator);
      const covered = mul(whole, exp(neg(fall)));
      const open = add(exp(neg(theta)), mul(whole, filled(fall)));
      const logOpen = where(less(covered, 0.5), log1p(neg(minimum(covered, 0.5))), log(open));
      return div(neg(logOpen), theta);
    };
    return [of(share), of(sub(1, share))];
  },
};

/** 1 − e^(−x). */
function filled(x: Tensor): Tensor {
  return neg(expm1(neg(x)));
}

/** φ(t) = −log((1 − e^(−θt)) / (1 − e^(−θ))), from the smaller side of the quotient. */
function phi(t: Tensor, theta: Tensor): Tensor {
  const whole = filled(theta);
  const quotient = div(filled(mul(theta, t)), whole);
  const open = div(mul(exp(mul(neg(theta), t)), filled(mul(theta, sub(1, t)))), whole);
  return where(less(quotient, 0.5), neg(log(quotient)), neg(log1p(neg(minimum(open, 0.5)))));
}

/** K(t) = t + φ(t) (e^(θt) − 1) / θ, and K' = φ(t) e^(θt). */
function kendall(t: Tensor, theta: Tensor): { y: Tensor; derivative: Tensor } {
  const scaled = mul(theta, t);
  const generator = phi(t, theta);
  return {
    y: add(t, div(mul(generator, expm1(scaled)), theta)),
    derivative: mul(generator, exp(scaled)),
  };
}
