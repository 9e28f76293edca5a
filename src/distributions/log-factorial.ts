// log Γ(1 + a) for moderate a, differentiable: what the generalized normal's density needs.

import { add, constant, div, log1p, mul, reshape, sub, sum, type Tensor } from "../tensor/index.js";

/** How far the argument is moved up before the asymptotic series takes over. */
const shift = 9;

/** B_2k / (2k (2k − 1)): coefficients of n^−1, n^−3, … in Stirling's series. Left out at n >= 9: below 1e-12. */
const series = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188];

const stirling = (n: number) => series.reduceRight((total, c) => total / (n * n) + c, 0) / n;

/**
 * log a! = log Γ(1 + a), element by element, for 0 <= a <= 100.
 *
 *   log Γ(1 + a) = a log n − Σ_{j<n} log(1 + a/j) + [log Γ(n + a) − log Γ(n) − a log n],   n = 9
 *
 * The bracket is of the order a²/n and comes from Stirling's series; written as differences from a = 0, nothing large
 * cancels, and the result is exactly 0 at a = 0.
 *
 * @see NIST Digital Library of Mathematical Functions, 5.11.1
 * @example logFactorial(constant([0.5, 4])) // −0.12078, 3.17805
 */
export function logFactorial(a: Tensor): Tensor {
  const n = add(a, shift);
  const square = mul(n, n);
  const tail = div(
    series.reduceRight<Tensor>((total, c) => add(div(total, square), c), constant(0)),
    n,
  );
  const bracket = add(sub(mul(sub(n, 0.5), log1p(div(a, shift))), a), sub(tail, stirling(shift)));
  const steps = constant(Float64Array.from({ length: shift - 1 }, (_, j) => j + 1));
  const product = sum(log1p(div(reshape(a, [...a.shape, 1]), steps)), a.rank);
  return add(sub(mul(Math.log(shift), a), product), bracket);
}
