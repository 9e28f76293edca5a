import type { JacobianEstimator } from "./estimator.js";

/**
 * The ordinary gradient: ∇W = xᵀΔ + ḡ W^{-T}.
 *
 * Exact. Cost O(B D² + D³): three products and one inverse a layer and step, the inverse on the host. Memory: that
 * inverse, D². Works with every optimizer, equivariant under none. Below D of about 64 the inverse is cheaper than
 * everything around it, and nothing is gained by avoiding it.
 */
export const exact: JacobianEstimator = {
  name: "exact",
  summary: "the ordinary gradient, with an inverse a layer and step: O(D³)",
  rules: {},
  update: "add",
  exact: true,
};
