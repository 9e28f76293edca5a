// The score of what comes out of a bijection, carried along with the rows: the fast recursion of path gradients.

import type { Bijection } from "../bijections/index.js";
import { div, gradients, stopGradient, sub, sum, type Tensor } from "../tensor/index.js";

/**
 * Rows through a bijection y = f(x), and the score of their density behind it, given that in front:
 *
 *   ∂ log q_y = (∂ log q_x − ∂ log|det J| / ∂x) J⁻¹
 *
 * x, score and the results: [batch, D]. Exact, layer by layer through chains: no inverse of the whole is evaluated.
 * Column-wise maps divide by their slope; others multiply by J⁻¹ as the gradient of their inverse: W^{-T} for a dense
 * layer, one factorisation a run of the program, O(D³), and a product of batch · D².
 *
 * The results depend on f's parameters, the score too: hold it constant where a path gradient is wanted.
 *
 * @see Vaitl, Winkler, Richter and Kessel, "Fast and unified path gradient estimators for normalizing flows", ICLR 2024,
 * proposition 3.2
 */
export function carryScore(bijection: Bijection, x: Tensor, score: Tensor): { y: Tensor; score: Tensor } {
  if ("parts" in bijection) {
    const parts = bijection.parts as readonly Bijection[];
    return parts.reduce((sofar, part) => carryScore(part, sofar.y, sofar.score), { y: x, score });
  }
  const { y, logDet } = bijection.forward(x);
  const [growth] = gradients(sum(logDet), [x]);
  const own = growth ? sub(score, growth) : score;
  return { y, score: timesInverseJacobian(bijection, x, y, own) };
}

/** rows J⁻¹, J being the Jacobian of y = f(x), [batch, D, D], that is never written down. */
function timesInverseJacobian(bijection: Bijection, x: Tensor, y: Tensor, rows: Tensor): Tensor {
  if (bijection.columnwise) {
    const [slope] = gradients(sum(y), [x]);
    return div(rows, slope as Tensor);
  }
  const arrived = stopGradient(y);
  const [moved] = gradients(bijection.inverse(arrived).x, [arrived], { upstream: rows });
  return moved as Tensor;
}
