// Folds scaling and addition around matrix products into one Gemm: α A B + β C. Without this, the relative gradient
// vᵀΔ − W would write a D × D matrix three times instead of once.

import { type Operation, sameShape, scalarValue, Tensor, topologicalOrder } from "../tensor/index.js";
import type { FloatType } from "./writer.js";

interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  readonly c?: Tensor;
  readonly beta: number;
}

const gemmOperation: Operation = {
  name: "gemm",
  infer: ([a, b], { transposeA, transposeB }) => ({
    shape: [a.shape[transposeA ? 1 : 0], b.shape[transposeB ? 0 : 1]],
    type: "float",
  }),
  // Fusion comes after differentiation.
  gradient: () => [],
};

const isProduct = (node: Tensor) => node.operation.name === "matmul" || node.operation.name === "gemm";

function read(node: Tensor): Product {
  const { transposeA, transposeB, alpha = 1, beta = 0 } = node.attributes;
  return {
    a: node.inputs[0],
    b: node.inputs[1],
    transposeA: transposeA as boolean,
    transposeB: transposeB as boolean,
    alpha: alpha as number,
    c: node.inputs[2],
    beta: beta as number,
  };
}

/** x as factor · y, where it is a multiple by a constant. */
function asMultiple(x: Tensor): { factor: number; of: Tensor } {
  if (x.operation.name === "neg") return { factor: -1, of: x.inputs[0] };
  if (x.operation.name === "mul")
    for (const [factor, of] of [x.inputs, [x.inputs[1], x.inputs[0]]]) {
      const value = scalarValue(factor);
      if (value !== undefined) return { factor: value, of };
    }
  return { factor: 1, of: x };
}

/** The roots with products, their scalings and additions merged where the product has no other use. */
export function fuseProducts(roots: readonly Tensor[], float: FloatType): Tensor[] {
  const uses = new Map<Tensor, number>();
  const order = topologicalOrder(roots);
  for (const node of order) for (const from of node.inputs) uses.set(from, (uses.get(from) ?? 0) + 1);
  for (const root of roots) uses.set(root, (uses.get(root) ?? 0) + 1);

  const write = ({ a, b, c, ...attributes }: Product): Tensor | undefined => {
    // Gemm keeps alpha and beta as float32, also where the matrices are float64.
    const exact = [attributes.alpha, attributes.beta].every((factor) => Math.fround(factor) === factor);
    if (float === "float64" && !exact) return undefined;
    return new Tensor(gemmOperation, c ? [a, b, c] : [a, b], attributes);
  };

  const rebuilt = new Map<Tensor, Tensor>();
  const now = (node: Tensor) => rebuilt.get(node) as Tensor;
  const product = (node: Tensor) =>
    uses.get(node) === 1 && isProduct(now(node)) ? read(now(node)) : undefined;

  const fuse = (node: Tensor): Tensor | undefined => {
    const { factor, of } = asMultiple(node);
    if (of !== node) {
      const scaled = product(of);
      return scaled && write({ ...scaled, alpha: factor * scaled.alpha, beta: factor * scaled.beta });
    }
    if (node.operation.name !== "add" && node.operation.name !== "sub") return undefined;
    const sign = node.operation.name === "sub" ? -1 : 1;
    const [left, right] = node.inputs;
    for (const [of, addend, outer, inner] of [
      [left, right, 1, sign],
      [right, left, sign, 1],
    ] as const) {
      const found = product(of);
      if (!found || found.c || !sameShape(of.shape, addend.shape)) continue;
      // A multiple that others use too is computed anyway.
      const { factor, of: c } = uses.get(addend) === 1 ? asMultiple(addend) : { factor: 1, of: addend };
      const fused = write({ ...found, alpha: outer * found.alpha, c: now(c), beta: inner * factor });
      if (fused) return fused;
    }
    return undefined;
  };

  for (const node of order) {
    const inputs = node.inputs.map(now);
    const same = inputs.every((from, i) => from === node.inputs[i]);
    rebuilt.set(node, fuse(node) ?? (same ? node : new Tensor(node.operation, inputs, node.attributes)));
  }
  return roots.map(now);
}
