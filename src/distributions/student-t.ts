// The Student-t base: tails as heavy as the data ask for, learned column by column.

import { LogdetError } from "../errors.js";
import type { Tensor } from "../tensor/index.js";
import {
  add,
  cos,
  div,
  exp,
  expm1,
  log,
  log1p,
  minimum,
  mul,
  neg,
  parameter,
  slice,
  sqrt,
  sub,
  sum,
} from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";
import { logGammaHalfStep } from "./log-gamma.js";
import { halfLog2Pi } from "./normal.js";

export interface StudentTOptions {
  /** Number of columns, D. */
  dim: number;
  /** Degrees of freedom to start from, in every column; above 0.01. */
  degreesOfFreedom?: number;
}

/** Degrees of freedom never fall below this, where the density would hardly have a centre left. */
const smallest = 0.01;

/** Draws stop at about e^80, before float32 ends; only ν below 0.21 gets that far. */
const mostLogRadius = 80;

/**
 * Independent Student-t variables, each column with its own learned degrees of freedom ν = 0.01 + exp(raw).
 *
 *   log p(z) = Σ log Γ((ν + 1)/2) − log Γ(ν/2) − ½ log(νπ) − ½ (ν + 1) log(1 + z²/ν)
 *
 * z: [batch, D]; log-density: [batch], nats. The parameter `logDegreesOfFreedom`, [D], is raw. Location and scale are
 * left to the affine layer in front.
 *
 * @throws LogdetError "usage" if the degrees of freedom are not above 0.01 and finite.
 * @see Bailey, "Polar generation of random variates with the t-distribution", Mathematics of Computation 62, 1994
 * @example const base = studentT({ dim: 8, degreesOfFreedom: 5 })
 */
export function studentT({ dim, degreesOfFreedom = 10 }: StudentTOptions): Distribution {
  if (!(degreesOfFreedom > smallest && degreesOfFreedom < Infinity))
    throw new LogdetError(
      "usage",
      `Student-t: degrees of freedom must be above ${smallest}, got ${degreesOfFreedom}`,
    );
  const raw = Math.log(degreesOfFreedom - smallest);
  const logDegreesOfFreedom = parameter([dim], new Float64Array(dim).fill(raw));
  const nu = add(exp(logDegreesOfFreedom), smallest);
  return {
    dim,
    parameters: { logDegreesOfFreedom },
    logProb: (z) => sum(studentTLogDensity(z, nu), 1),
    noise: { uniform: 2 * dim, normal: 0 },
    sample: ({ uniform }: Noise) => {
      const radiusNoise = slice(uniform as Tensor, 1, 0, dim);
      const angleNoise = slice(uniform as Tensor, 1, dim);
      return studentTDraw(radiusNoise, angleNoise, nu);
    },
    config: () => ({ type: "student-t", dim }),
  };
}

/** The log-density of Student-t variables with ν degrees of freedom, element by element, in nats. */
export function studentTLogDensity(z: Tensor, nu: Tensor): Tensor {
  // ½ log(νπ) = ½ log(ν/2) + ½ log 2π, and the first half is within logGammaHalfStep.
  const atZero = sub(logGammaHalfStep(mul(0.5, nu)), halfLog2Pi);
  const fall = mul(mul(0.5, add(nu, 1)), log1p(div(mul(z, z), nu)));
  return sub(atZero, fall);
}

/** Student-t draws from two uniforms each, by Bailey's polar method. */
export function studentTDraw(radiusNoise: Tensor, angleNoise: Tensor, nu: Tensor): Tensor {
  // r = √(ν (u^(−2/ν) − 1)) with w = −log(u) / ν, as eʷ √(ν (1 − e^(−2w))): no cancellation for large ν, no
  // early overflow for small.
  const w = minimum(div(neg(log(radiusNoise)), nu), mostLogRadius);
  const radius = mul(exp(w), sqrt(mul(nu, neg(expm1(mul(-2, w))))));
  return mul(radius, cos(mul(2 * Math.PI, angleNoise)));
}
