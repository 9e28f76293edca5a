// A quadrature rule for integrals over an interval.

/**
 * Clenshaw-Curtis points and weights on [0, 1]: ∫₀¹ g(s) ds ≈ Σ_k weights[k] g(points[k]).
 *
 * Exact for polynomials of degree `intervals`; for smooth g the error falls faster than any power. All weights are
 * positive, so the rule of an increasing family of integrands is increasing.
 *
 * @param intervals an even number; there is one point more
 * @see Clenshaw and Curtis, "A method for numerical integration on an automatic computer", Numerische Mathematik 2, 1960
 * @example const { points, weights } = clenshawCurtis(16)
 */
export function clenshawCurtis(intervals: number): { points: Float64Array; weights: Float64Array } {
  const n = intervals;
  const points = Float64Array.from({ length: n + 1 }, (_, k) => (1 - Math.cos((Math.PI * k) / n)) / 2);
  const weights = points.map((_, k) => {
    let total = 1;
    for (let j = 1; j <= n / 2; j++) {
      const share = 2 * j === n ? 1 : 2;
      total -= (share * Math.cos((2 * Math.PI * j * k) / n)) / (4 * j * j - 1);
    }
    return (k === 0 || k === n ? total : 2 * total) / (2 * n);
  });
  return { points, weights };
}
