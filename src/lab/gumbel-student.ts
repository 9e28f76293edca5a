// The target of Laszkiewicz et al.: two Student-t(2) columns joined by a Gumbel copula, θ = 2.5. Draws and density from
// textbook formulas, apart from the library's own copulas, which are measured against it.

import type { Random } from "../random/index.js";

const theta = 2.5;

/** Differential entropy in nats: 2 · 1.960279 of a t(2), − 0.561983 of the copula. The tests integrate it. */
export const entropy = 3.3586;

/**
 * Draws, row-major [count, 2].
 *
 *   u_i = exp(−(E_i / V)^(1/θ)),  E_i exponential, V positive stable of index 1/θ
 *
 * @see Marshall and Olkin, "Families of multivariate distributions", JASA 83, 1988
 * @see Kanter, "Stable densities under change of scale and total variation inequalities", 1975, for V
 */
export function drawGumbelStudent(count: number, random: Random): Float32Array {
  const rows = new Float32Array(2 * count);
  const index = 1 / theta;
  const exponential = () => -Math.log(1 - random.uniform());
  for (let row = 0; row < count; row++) {
    const angle = Math.PI * (1 - random.uniform());
    const stable =
      (Math.sin(index * angle) / Math.sin(angle) ** theta) *
      (Math.sin((1 - index) * angle) / exponential()) ** (theta - 1);
    for (let i = 0; i < 2; i++) {
      const s = (exponential() / stable) ** index;
      // The quantile function of t(2), (2u − 1) / √(2u(1 − u)), at u = e⁻ˢ.
      const [u, rest] = [Math.exp(-s), -Math.expm1(-s)];
      rows[2 * row + i] = (u - rest) / Math.sqrt(2 * u * rest);
    }
  }
  return rows;
}

/** The log-density at (x, y), nats. */
export function logDensity(x: number, y: number): number {
  const [p, q] = [minusLogProbability(x), minusLogProbability(y)];
  const s = p ** theta + q ** theta;
  const joint = s ** (1 / theta);
  const logCopula =
    -joint +
    p +
    q +
    (theta - 1) * Math.log(p * q) +
    (1 / theta - 2) * Math.log(s) +
    Math.log(joint + theta - 1);
  return logCopula + logStudent(x) + logStudent(y);
}

/** −log F(x) of a t(2), F(x) = ½ + x / (2 √(2 + x²)). */
function minusLogProbability(x: number): number {
  const root = Math.sqrt(2 + x * x);
  // √(2 + x²) − |x| without cancellation.
  const tail = 1 / (root * (root + Math.abs(x)));
  return x < 0 ? -Math.log(tail) : -Math.log1p(-tail);
}

const logStudent = (x: number): number => -1.5 * Math.log(2 + x * x);
