// Matrix products, and the three operations whose gradient rules a Jacobian estimator may replace: linear,
// logAbsDet and (through them) inverse. Their namesakes in -Each work on a matrix for every row.

import { mul, neg } from "./elementwise.js";
import { reshape, sumTo, transpose, transposedMatrix } from "./layout.js";
import { type Shape, sameShape, shapeError } from "./shape.js";
import { type GradientRule, type Operation, requireType, Tensor } from "./tensor.js";

const flipped = (shape: Shape, flip: boolean): Shape => (flip ? [shape[1], shape[0]] : shape);

const matmulOperation: Operation = {
  name: "matmul",
  infer: ([a, b], { transposeA, transposeB }) => {
    requireType("matmul", "float", [a, b]);
    const left = flipped(a.shape, transposeA as boolean);
    const right = flipped(b.shape, transposeB as boolean);
    if (a.rank !== 2 || b.rank !== 2) throw shapeError("matmul", "takes two matrices", a.shape, b.shape);
    if (left[1] !== right[0]) throw shapeError("matmul", "inner sizes must agree", left, right);
    return { shape: [left[0], right[1]], type: "float" };
  },
  gradient: (node, upstream) => {
    const { transposeA, transposeB } = node.attributes;
    const a = transposeA ? transpose(node.inputs[0]) : node.inputs[0];
    const b = transposeB ? transpose(node.inputs[1]) : node.inputs[1];
    return [
      transposeA ? matmul(b, transpose(upstream)) : matmul(upstream, transpose(b)),
      transposeB ? matmul(transpose(upstream), a) : matmul(transpose(a), upstream),
    ];
  },
};

/** The product of two matrices, [m, k] by [k, n]. Transposed arguments cost nothing: they become flags. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const left = transposedMatrix(a);
  const right = transposedMatrix(b);
  return new Tensor(matmulOperation, [left ?? a, right ?? b], {
    transposeA: left !== undefined,
    transposeB: right !== undefined,
  });
}

const linearOperation: Operation = {
  name: "linear",
  infer: ([x, weight, bias]) => {
    requireType("linear", "float", [x, weight, bias]);
    if (x.rank !== 2 || weight.rank !== 2)
      throw shapeError("linear", "takes rows and a matrix", x.shape, weight.shape);
    if (x.shape[1] !== weight.shape[0])
      throw shapeError("linear", "row length and matrix height must agree", x.shape, weight.shape);
    if (!sameShape(bias.shape, [weight.shape[1]]))
      throw shapeError("linear", "the bias must have the matrix's width", weight.shape, bias.shape);
    return { shape: [x.shape[0], weight.shape[1]], type: "float" };
  },
  gradient: (node, upstream) => {
    const [x, weight, bias] = node.inputs;
    return [matmul(upstream, transpose(weight)), matmul(transpose(x), upstream), sumTo(upstream, bias.shape)];
  },
};

/** y = x W + b for rows x [batch, m], W [m, n], b [n]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return new Tensor(linearOperation, [x, weight, bias]);
}

function requireSquare(operation: string, matrix: Tensor): void {
  requireType(operation, "float", [matrix]);
  if (matrix.rank !== 2 || matrix.shape[0] !== matrix.shape[1] || matrix.shape[0] === "batch")
    throw shapeError(operation, "takes a square matrix", matrix.shape);
}

const logAbsDetOperation: Operation = {
  name: "logAbsDet",
  infer: ([weight]) => {
    requireSquare("logAbsDet", weight);
    return { shape: [], type: "float" };
  },
  gradient: (node, upstream) => [mul(upstream, transpose(inverse(node.inputs[0]))), undefined],
};

/**
 * log|det W| of the map x ↦ x W + b, a scalar in nats. It does not depend on b; b is named so that a gradient rule
 * that works in the affine group can see the whole map. Computed on the host: O(n³).
 */
export function logAbsDet(weight: Tensor, bias?: Tensor): Tensor {
  return new Tensor(logAbsDetOperation, bias ? [weight, bias] : [weight]);
}

const inverseOperation: Operation = {
  name: "inverse",
  infer: ([weight]) => {
    requireSquare("inverse", weight);
    return { shape: weight.shape, type: "float" };
  },
  gradient: (node, upstream) => {
    const transposed = transpose(node);
    return [neg(matmul(matmul(transposed, upstream), transposed))];
  },
};

/** W^{-1}, computed on the host: O(n³). Singular matrices are an error when the program runs. */
export function inverse(weight: Tensor): Tensor {
  return weight.is(inverseOperation) ? weight.inputs[0] : new Tensor(inverseOperation, [weight]);
}

function requireMatrices(operation: string, stacks: readonly Tensor[]): void {
  requireType(operation, "float", stacks);
  if (stacks.some(({ rank, shape }) => rank !== 3 || shape[1] === "batch" || shape[2] === "batch"))
    throw shapeError(operation, "takes matrices, [batch, m, n]", ...stacks.map(({ shape }) => shape));
}

function requireSquares(operation: string, stack: Tensor): void {
  requireMatrices(operation, [stack]);
  if (stack.shape[1] !== stack.shape[2]) throw shapeError(operation, "takes square matrices", stack.shape);
}

const matmulEachOperation: Operation = {
  name: "matmulEach",
  infer: ([a, b]) => {
    requireMatrices("matmulEach", [a, b]);
    if (a.shape[0] !== b.shape[0])
      throw shapeError("matmulEach", "both need as many matrices", a.shape, b.shape);
    if (a.shape[2] !== b.shape[1]) throw shapeError("matmulEach", "inner sizes must agree", a.shape, b.shape);
    return { shape: [a.shape[0], a.shape[1], b.shape[2]], type: "float" };
  },
  gradient: ({ inputs: [a, b] }, upstream) => [
    matmulEach(upstream, transpose(b)),
    matmulEach(transpose(a), upstream),
  ],
};

/** The product of two matrices in every row, [batch, m, k] by [batch, k, n]. */
export function matmulEach(a: Tensor, b: Tensor): Tensor {
  return new Tensor(matmulEachOperation, [a, b]);
}

const logAbsDetEachOperation: Operation = {
  name: "logAbsDetEach",
  infer: ([matrices]) => {
    requireSquares("logAbsDetEach", matrices);
    return { shape: [matrices.shape[0]], type: "float" };
  },
  gradient: ({ inputs: [matrices], shape }, upstream) => [
    mul(reshape(upstream, [...shape, 1, 1]), transpose(inverseEach(matrices))),
  ],
};

/**
 * log|det J| in nats of a matrix in every row: [batch, n, n] to [batch]. Computed on the host, in float64 inside:
 * O(batch n³). An exactly singular matrix gives −Infinity, one that is not finite NaN.
 */
export function logAbsDetEach(matrices: Tensor): Tensor {
  return new Tensor(logAbsDetEachOperation, [matrices]);
}

const inverseEachOperation: Operation = {
  name: "inverseEach",
  infer: ([matrices]) => {
    requireSquares("inverseEach", matrices);
    return { shape: matrices.shape, type: "float" };
  },
  gradient: (node, upstream) => {
    const transposed = transpose(node);
    return [neg(matmulEach(matmulEach(transposed, upstream), transposed))];
  },
};

/**
 * J⁻¹ of a matrix in every row, [batch, n, n], computed on the host: O(batch n³); with logAbsDetEach of the same
 * matrices one factorisation serves both. A singular matrix is an error when the program runs, and names its row.
 */
export function inverseEach(matrices: Tensor): Tensor {
  return matrices.is(inverseEachOperation)
    ? matrices.inputs[0]
    : new Tensor(inverseEachOperation, [matrices]);
}

const identityOperation: Operation = {
  name: "identity",
  infer: (_, { size }) => ({ shape: [size as number, size as number], type: "float" }),
  gradient: () => [],
};

/** The identity matrix. */
export function identity(size: number): Tensor {
  return new Tensor(identityOperation, [], { size });
}

/** The gradient rules that an estimator of the Jacobian term may put in place of the exact ones. */
export interface JacobianRules {
  readonly linear?: GradientRule;
  readonly logAbsDet?: GradientRule;
}

/** The exact rules, for estimators that change only a part: ∂(xW + b) and ∂log|det W| = W^{-T}. */
export const exactRules: Required<JacobianRules> = {
  linear: linearOperation.gradient,
  logAbsDet: logAbsDetOperation.gradient,
};
