import { add, identity, matmul, mul, reshape, sumTo, type Tensor, transpose } from "../tensor/index.js";
import type { JacobianEstimator, LayerGradient } from "./estimator.js";

/** G = Wᵀ∇W + bᵀ∇b, [D, D]: an ordinary gradient in the Lie algebra, as yᵀΔ is the data's. */
export function inAlgebra({ weight, bias, dW, db }: LayerGradient): Tensor {
  const linear = matmul(transpose(weight), dW);
  const column = (b: Tensor) => reshape(b, [b.shape[0], 1]);
  return db ? add(linear, matmul(column(bias), transpose(column(db)))) : linear;
}

/**
 * The optimizer runs in the Lie algebra: it sees G = yᵀΔ + ḡ I, makes a step u of it, and W ← W (I − u).
 *
 * Exact. Its statistics live in a frame that moves with W, so Adam's element-wise rescaling happens where the relative
 * gradient is natural; that is what Adam on dW = W G destroys: the path of the outputs is equivariant under every
 * optimizer. Cost O(B D²) for G, and O(D³) for W·u: fine up to a D of a few hundred, beyond which `relative` is the
 * faster. Plain descent keeps the low rank of G and pays 2 B D² for W·u where 2 B < D. Memory: two D² of scratch
 * space a net beside the optimizer's.
 *
 * The trust region ‖u‖_F <= clip < 1 holds under every optimizer, after every scaling, and proves that W stays
 * invertible: see training/multiplicative.ts.
 */
export const lie: JacobianEstimator = {
  name: "lie",
  summary: "the optimizer runs on the relative gradient in the Lie algebra, W ← W (I − step); the default",
  rules: {
    linear: (y, upstream) => {
      const [, weight, bias] = y.inputs;
      return [
        matmul(upstream, transpose(weight)),
        matmul(transpose(y), upstream),
        sumTo(upstream, bias.shape),
      ];
    },
    logAbsDet: (node, upstream) => [mul(upstream, identity(node.inputs[0].shape[0] as number)), undefined],
  },
  update: "multiply",
  direction: (layer) => ({ dW: inAlgebra(layer), db: layer.db }),
  factors: ({ y, delta, share }) => ({ left: y, right: delta, share }),
  exact: true,
};
