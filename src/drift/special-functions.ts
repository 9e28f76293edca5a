// The two functions of probability theory that the tests need on the host, to about nine digits.

/**
 * The quantile of the standard normal, Φ⁻¹(p), 0 < p < 1; relative error below 1.2e-9.
 *
 * @see Acklam, "An algorithm for computing the inverse normal cumulative distribution function", 2003
 * @example normalQuantile(0.975)  // 1.96
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(tailNumerator, q) / polynomial(tailDenominator, q);
  }
  const q = p - 0.5;
  return (q * polynomial(middleNumerator, q * q)) / polynomial(middleDenominator, q * q);
}

/** Coefficients, the highest power first. */
const middleNumerator = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
];
const middleDenominator = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const tailNumerator = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const tailDenominator = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduce((value, coefficient) => value * x + coefficient, 0);

/**
 * P(X ≥ x) for X chi-squared with so many degrees of freedom: by the recurrence that moves them down by two,
 *
 *   Q(k) = Q(k − 2) + (x/2)^(k/2 − 1) e^{−x/2} / Γ(k/2),   Q(2) = e^{−x/2},   Q(1) = erfc √(x/2)
 *
 * Every term is positive, so nothing cancels. O(k).
 *
 * @see NIST Digital Library of Mathematical Functions, 8.8.6
 * @example chiSquaredTail(3.841, 1)  // 0.05
 */
export function chiSquaredTail(x: number, degrees: number): number {
  if (x <= 0) return 1;
  const half = x / 2;
  const isEven = degrees % 2 === 0;
  let tail = isEven ? Math.exp(-half) : complementaryError(Math.sqrt(half));
  // The term for k = 4, or for k = 3: Γ(3/2) = √π / 2.
  let logTerm = isEven
    ? Math.log(half) - half
    : 0.5 * Math.log(half) - half - Math.log(Math.sqrt(Math.PI) / 2);
  for (let k = isEven ? 4 : 3; k <= degrees; k += 2) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(half / (k / 2));
  }
  return Math.min(1, tail);
}

/** erfc for x ≥ 0: a series near 0, a continued fraction elsewhere. */
function complementaryError(x: number): number {
  const gaussian = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2.5) {
    let term = 2 * x * gaussian;
    let sum = term;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - sum;
  }
  // Lentz is not needed: the fraction is taken from its end, and 60 levels suffice from 2.5 on.
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return gaussian / fraction;
}
