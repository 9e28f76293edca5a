// The tail of Student's t in logarithms, and its inverse: a distribution function that is smooth in its degrees of
// freedom, where ONNX has no incomplete beta function. The density and draws are in student-t.ts.

import { withImplicitGradient } from "../bijections/guarded-inverse.js";
import {
  add,
  constant,
  div,
  exp,
  expm1,
  less,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  sqrt,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
  where,
} from "../tensor/index.js";
import { logGammaHalfStep } from "./log-gamma.js";
import { halfLog2Pi } from "./normal.js";

/** Beyond this, sinh and cosh are exponentials to the last bit. */
const exponentialFrom = 20;

/** Beyond this, asinh y is log 2y to the last bit; y² is still a float. */
const far = 1e9;

/** Newton's steps, each about doubling the digits. After these, and the one for the gradient, 1e-11 remains. */
const newtonSteps = 4;

/**
 * Points and weights of ∫₀^∞ f(q) dq for an f that falls like e^(−q) or faster: Gauss and Legendre's rule for
 * x in (0, 1), q = 3x / (1 − x).
 */
const quadrature = halfLine(24, 3);

/** u = asinh(z/√ν) for z >= 0: the coordinate in which the tail is nearly a straight line, −νu. */
export function studentTCoordinate(z: Tensor, nu: Tensor): Tensor {
  const y = div(z, sqrt(nu));
  const near = minimum(y, far);
  const square = mul(near, near);
  const exact = log1p(add(near, div(square, add(1, sqrt(add(1, square))))));
  return where(less(y, far), exact, add(log(maximum(y, far)), Math.LN2));
}

/** log cosh u for u >= 0, without overflow, and with full relative precision at 0. */
export function logCosh(u: Tensor): Tensor {
  return logStretched(u, constant(0));
}

/** log(cosh v + t sinh v) for v >= 0 and t in [0, 1]: sums of positive numbers only. */
function logStretched(v: Tensor, t: Tensor): Tensor {
  const m = expm1(minimum(v, exponentialFrom));
  const above = div(mul(m, add(m, mul(t, add(2, m)))), mul(2, add(1, m)));
  return add(log1p(above), maximum(sub(v, exponentialFrom), 0));
}

/**
 * log P(Z > z) of a Student-t variable, at u = asinh(z/√ν) >= 0, in nats, and its derivative in u.
 *
 *   P(Z > z) = c √ν ∫_u^∞ cosh(w)^(−ν) dw,   c = Γ((ν + 1)/2) / (Γ(ν/2) √(νπ))
 *
 * The integral is taken relative to cosh(u)^(−ν), so that it is right however far out: for ν from 0.1 to 10⁴ the
 * relative error is below 1e-7, and below 2e-8 from ν = 0.2. u: any shape; nu: one that stretches to it. Cost: 24
 * evaluations an element, in one tensor with an axis more.
 */
export function logStudentTTail(u: Tensor, nu: Tensor): { y: Tensor; derivative: Tensor } {
  const slope = tanh(u);
  // Beyond u, the integrand falls like e^(−νv tanh u), or for u = 0 like a normal of variance 1/ν.
  const width = div(1, mul(nu, add(slope, div(1, add(1, sqrt(nu))))));
  const perPoint = (x: Tensor) => reshape(x, [...x.shape, 1]);
  const v = mul(perPoint(width), quadrature.points);
  const fall = mul(perPoint(nu), logStretched(v, perPoint(slope)));
  const integral = mul(width, sum(mul(exp(neg(fall)), quadrature.weights), v.rank - 1));
  const logConstant = sub(add(logGammaHalfStep(mul(0.5, nu)), mul(0.5, log(nu))), halfLog2Pi);
  return {
    y: add(sub(logConstant, mul(nu, logCosh(u))), log(integral)),
    derivative: neg(div(1, integral)),
  };
}

/**
 * The u = asinh(z/√ν) >= 0 beyond which a Student-t variable has the probability exp(logTail).
 *
 * logTail: nats, at most −log 2 (up to rounding). The logarithm of the tail is concave in u and lies below
 * log ½ − ν log cosh u; Newton's method from where that bound is met therefore comes down on the root from above and
 * never passes it. First derivatives are exact, in logTail and in ν; second ones are not.
 */
export function studentTTailQuantile(logTail: Tensor, nu: Tensor): Tensor {
  const target = stopGradient(logTail);
  const fixed = stopGradient(nu);
  const bound = div(maximum(sub(-Math.LN2, target), 0), fixed);
  let u = add(bound, log1p(sqrt(neg(expm1(mul(-2, bound))))));
  for (let step = 0; step < newtonSteps; step++) {
    const { y, derivative } = logStudentTTail(u, fixed);
    u = maximum(sub(u, div(sub(y, target), derivative)), 0);
  }
  return withImplicitGradient((root) => logStudentTTail(root, nu), u, logTail);
}

/** Gauss and Legendre's rule of `count` points, carried from (0, 1) to (0, ∞) by q = stretch · x / (1 − x). */
function halfLine(count: number, stretch: number): { points: Tensor; weights: Tensor } {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    // Roots of Legendre's polynomial by Newton's method, from an estimate that is close enough for each.
    let root = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 10; step++) {
      let [before, value] = [1, root];
      for (let n = 2; n <= count; n++)
        [before, value] = [value, ((2 * n - 1) * root * value - (n - 1) * before) / n];
      slope = (count * (root * value - before)) / (root * root - 1);
      root -= value / slope;
    }
    const x = (1 + root) / 2;
    points[i] = (stretch * x) / (1 - x);
    weights[i] = stretch / ((1 - x) ** 2 * (1 - root * root) * slope * slope);
  }
  return { points: constant(points), weights: constant(weights) };
}
