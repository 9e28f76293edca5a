import { add, type GradientRule, matmul, mul, reshape, sumTo, transpose } from "../tensor/index.js";
import type { JacobianEstimator } from "./estimator.js";
import { inAlgebra } from "./lie.js";

/**
 * The part of the affine group's gradient that comes from the data: dW = W (yᵀΔ), db = b (yᵀΔ) + 1ᵀΔ, with the whole
 * y = x W + b. Shared with the published rule, which stops here for b.
 */
export const affineLinear: GradientRule = (y, upstream) => {
  const [, weight, bias] = y.inputs;
  const v = matmul(y, transpose(weight));
  const yDotB = sumTo(mul(y, bias), [y.shape[0], 1]);
  return [
    matmul(upstream, transpose(weight)),
    matmul(transpose(v), upstream),
    sumTo(add(mul(yDotB, upstream), upstream), bias.shape),
  ];
};

/** An ordinary gradient in the affine group: dW = W G, db = b G + ∇b, with G = Wᵀ∇W + bᵀ∇b. */
export const affineDirection: NonNullable<JacobianEstimator["direction"]> = (layer) => {
  const { weight, bias, db } = layer;
  const inside = inAlgebra(layer);
  const carried = reshape(matmul(reshape(bias, [1, bias.shape[0]]), inside), bias.shape);
  return { dW: matmul(weight, inside), db: db ? add(carried, db) : carried };
};

/**
 * The relative gradient of the affine group: [x, 1] acts on [[W, 0], [b, 1]]. With G = yᵀΔ + ḡ I:
 *
 *   dW = W G,   db = b G + 1ᵀΔ
 *
 * Exact. Cost O(B D²), four products; memory: nothing of order D². Equivariant under affine mixing with plain descent
 * and momentum; Adam loses that, as for `relative`.
 */
export const relativeAffine: JacobianEstimator = {
  name: "relative-affine",
  summary: "the relative gradient of the affine group, bias included: exact fixed points at O(D²)",
  rules: {
    linear: affineLinear,
    logAbsDet: (node, upstream) => {
      const [weight, bias] = node.inputs;
      return [mul(upstream, weight), bias && mul(upstream, bias)];
    },
  },
  update: "add",
  direction: affineDirection,
  exact: true,
};
