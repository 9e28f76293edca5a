// The one combination of log Γ that the Student-t density needs, differentiable and free of cancellation. A general
// log Γ is not here: differences of its large values would lose what matters.

import { add, constant, div, log1p, mul, reshape, sub, sum, type Tensor } from "../tensor/index.js";

/** How far the argument is moved up before the asymptotic series takes over. */
const shift = 8;

/**
 * Coefficients of a^−1, a^−3, … in the asymptotic series: (2^(1−n) − 2) B_n / (n (n − 1)) for n = 2, 4, …, with
 * Bernoulli's numbers B_n. At a >= 8 the first term left out is below 1e-13.
 */
const series = [-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224];

/**
 * log Γ(a + ½) − log Γ(a) − ½ log a, element by element, for a > 0.
 *
 * It rises from −∞ at 0 to 0 at ∞, like −1/(8a) for large a. With the recurrence Γ(a + 1) = a Γ(a),
 *
 *   g(a) = g(a + 8) − ½ Σ_{j<8} log(1 + 1 / (4 (a + j) (a + j + 1)))
 *
 * and the first term is a short series. All large terms have one sign, so the relative accuracy is that of the
 * float type.
 *
 * @see NIST Digital Library of Mathematical Functions, 5.11.8
 * @example logGammaHalfStep(constant([0.5, 5])) // −0.2258, −0.0250
 */
export function logGammaHalfStep(a: Tensor): Tensor {
  const moved = add(a, shift);
  const square = mul(moved, moved);
  const tail = series.reduceRight<Tensor>((total, c) => add(div(total, square), c), constant(0));

  const steps = constant(Float64Array.from({ length: shift }, (_, j) => j));
  const each = add(reshape(a, [...a.shape, 1]), steps);
  const product = mul(4, mul(each, add(each, 1)));
  return sub(div(tail, moved), mul(0.5, sum(log1p(div(1, product)), a.rank)));
}
