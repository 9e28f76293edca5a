import type { JacobianEstimator } from "./estimator.js";

/**
 * The plain rival: no estimate at all, but a layer whose determinant is cheap. W = P L U, log|det W| = Σ log|U_ii|, and
 * the ordinary gradient for L and U.
 *
 * Exact. Cost O(B D²): twice the products of a full matrix, half of every factor being zeros; no inverse. Memory D² a
 * layer, as for a full matrix. Works with every optimizer; none is equivariant here, since the parameters are not a
 * group's. The permutation is fixed, so some matrices are out of reach, and near them U_ii goes to infinity or 0.
 */
export const lu: JacobianEstimator = {
  name: "lu",
  summary: "matrices held as P L U: exact, O(D²), the permutation fixed",
  rules: {},
  update: "add",
  exact: true,
  layer: "lu-linear",
};
