// The tail of the standard normal in logarithms, and its inverse: what a probit needs where Φ itself rounds to 0 or 1.
// A quantile by numbers, not expressions, is in quantile-knots.ts.

import {
  add,
  constant,
  div,
  exp,
  log,
  log1p,
  maximum,
  mul,
  neg,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
} from "../tensor/index.js";

const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

/**
 * log M(q) − log t as a polynomial in s = 2t − 1, where t = 1 / (1 + q/4) takes q from 0 to ∞ into (0, 1]:
 * interpolation at 17 Chebyshev points, computed in 40 digits. The error is below 2e-11 for every q >= 0.
 */
const millsSeries: readonly number[] = [
  -0.7480157727626727, 0.8048571559858366, 0.18867367296833867, 0.008203116042539616, -0.023031829565883802,
  -0.009219394226758423, 0.0020657034165730863, 0.0027515633338163034, 0.00019145318429143493,
  -0.0006686004032851773, -0.00019102252817102843, 0.00014021313715546066, 7.199276240005458e-5,
  -2.354977317522308e-5, -1.8114426312728777e-5, 2.3527903200271527e-6, 2.4127217663401246e-6,
];

/** log M(q) of Mills' ratio M(q) = (1 − Φ(q)) / φ(q), for q >= 0: from ½ log(π/2) at 0 down like −log q. */
export function logMillsRatio(q: Tensor): Tensor {
  const t = div(1, add(1, mul(0.25, q)));
  const s = sub(mul(2, t), 1);
  const smooth = millsSeries.reduceRight<Tensor>((total, c) => add(mul(total, s), c), constant(0));
  return add(log(t), smooth);
}

/** log(1 − Φ(q)) for q >= 0, in nats; accurate to the float type's relative precision however far out. */
export function logNormalTail(q: Tensor): Tensor {
  return sub(sub(logMillsRatio(q), mul(0.5, mul(q, q))), halfLog2Pi);
}

/**
 * The q >= 0 beyond which a standard normal has the probability exp(logTail), and log M(q) there.
 *
 *   log(1 − Φ(q)) = logTail,   dq/dlogTail = −M(q)
 *
 * logTail: nats, at most −log 2 (up to rounding), any shape. Two steps of Halley's method from Winitzki's closed form
 * reach the last bits of float32 and 1e-10 in float64. First and second derivatives of both results are exact,
 * so that a score and its Hessian-vector products are; they are written down rather than sent through the search.
 *
 * @see Winitzki, "A handy approximation for the error function and its inverse", 2008
 * @example const { q } = normalTailQuantile(constant([Math.log(0.025)])) // 1.95996
 */
export function normalTailQuantile(logTail: Tensor): { q: Tensor; logMills: Tensor } {
  const target = stopGradient(logTail);
  let root = winitzki(target);
  for (let step = 0; step < 2; step++) {
    const logMills = logMillsRatio(root);
    const mills = exp(logMills);
    const above = sub(sub(sub(logMills, mul(0.5, mul(root, root))), halfLog2Pi), target);
    const newton = mul(above, mills);
    // The logarithm of the tail bends by h''/h' = 1/M − q.
    const bend = mul(0.5, mul(newton, sub(div(1, mills), root)));
    root = add(root, div(newton, add(1, bend)));
  }
  root = stopGradient(root);
  const logMills = stopGradient(logMillsRatio(root));
  const mills = stopGradient(exp(logMills));
  // dM/dq = qM − 1, and with dq = −M dlogTail everything else follows.
  const slope = sub(mul(root, mills), 1);
  const moved = sub(logTail, target);
  const halfSquare = mul(0.5, mul(moved, moved));
  const curvature = mul(mills, slope);
  return {
    q: add(sub(root, mul(mills, moved)), mul(curvature, halfSquare)),
    logMills: sub(
      add(logMills, mul(mul(mills, add(mills, mul(root, slope))), halfSquare)),
      mul(slope, moved),
    ),
  };
}

/** The q with log(1 − Φ(q)) = logTail, to a few thousandths near the centre and within 0.1 anywhere. */
function winitzki(logTail: Tensor): Tensor {
  const a = 0.147;
  // log(1 − erf²(q/√2)) = log 4 Φ(−q) Φ(q)
  const both = add(add(logTail, log1p(neg(exp(logTail)))), Math.log(4));
  const middle = add(2 / (Math.PI * a), mul(0.5, both));
  const square = sub(sqrt(sub(mul(middle, middle), div(both, a))), middle);
  return sqrt(maximum(mul(2, square), 0));
}
