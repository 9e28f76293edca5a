// Logarithms of sums and differences that keep their digits where the plain formula loses them.

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
  softplus,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";

/** log(eᵃ + eᵇ). */
export function logAddExp(a: Tensor, b: Tensor): Tensor {
  return add(b, softplus(sub(a, b)));
}

/** log log(1 + eˣ), also where eˣ is no longer a float. */
export function logSoftplus(x: Tensor): Tensor {
  const small = minimum(x, -15);
  return where(less(x, -15), sub(small, mul(0.5, exp(small))), log(softplus(maximum(x, -15))));
}

/** −log(eᵃ − 1): the logit of the probability e^(−a), for a > 0. */
export function logitOfMinusLog(a: Tensor): Tensor {
  return neg(add(a, log(neg(expm1(neg(a))))));
}

/** 1/3, 1/5, 1/7, …: the series of atanh(p)/p in p², without its first term. */
const atanhSeries = Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 3));

/**
 * 1 − log(1 + x)/x for x >= 0, between 0 and 1, with full relative precision: near 0 by log(1 + x) = 2 atanh(p) with
 * p = x / (2 + x).
 */
export function logShortfall(x: Tensor): Tensor {
  const near = minimum(x, 0.5);
  const p = div(near, add(2, near));
  const square = mul(p, p);
  const series = atanhSeries.reduceRight<Tensor>((total, c) => add(mul(total, square), c), constant(0));
  const bySeries = sub(p, mul(sub(1, p), mul(square, series)));
  const far = maximum(x, 0.5);
  return where(less(x, 0.5), bySeries, sub(1, div(log1p(far), far)));
}
