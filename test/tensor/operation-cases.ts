// One table of every operation: how to build it, numbers to try it on, and what it must give, in plain JavaScript.

import * as t from "../../src/tensor/index.js";
import {
  at,
  determinant,
  elementwise,
  erf,
  generate,
  inverseMatrix,
  type NdArray,
  product,
  transposed,
} from "../helpers/index.js";

type Range = readonly [low: number, high: number];

export interface OperationCase {
  readonly name: string;
  readonly build: (...inputs: t.Tensor[]) => t.Tensor;
  readonly shapes: readonly t.Shape[];
  /** Where each input's numbers come from; they keep a distance from one another and from the ends. */
  readonly domain?: readonly Range[];
  readonly reference: (...arrays: NdArray[]) => NdArray;
}

/** The rows of each run of a case. */
export const batch = 3;

const rows: t.Shape = ["batch", 4];
const indices = (...values: number[]) => t.toInt(t.constant(values));

const oneArgument: Record<string, [t: (x: t.Tensor) => t.Tensor, f: (x: number) => number, domain?: Range]> =
  {
    neg: [t.neg, (x) => -x],
    "neg twice": [(x) => t.neg(t.neg(x)), (x) => x],
    exp: [t.exp, Math.exp],
    log: [t.log, Math.log, [0.2, 3]],
    log1p: [t.log1p, Math.log1p, [-0.8, 3]],
    "log1p near 0": [t.log1p, Math.log1p, [-1e-7, 1e-7]],
    expm1: [t.expm1, Math.expm1],
    "expm1 near 0": [t.expm1, Math.expm1, [-1e-7, 1e-7]],
    tanh: [t.tanh, Math.tanh],
    sigmoid: [t.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
    softplus: [t.softplus, (x) => Math.log(1 + Math.exp(x))],
    erf: [t.erf, erf],
    "erf far out": [t.erf, erf, [-7, 7]],
    sqrt: [t.sqrt, Math.sqrt, [0.2, 3]],
    abs: [t.abs, Math.abs],
    sign: [t.sign, Math.sign],
    sin: [t.sin, Math.sin],
    cos: [t.cos, Math.cos],
    "clamp to both sides": [(x) => t.clamp(x, -1.01, 0.97), (x) => Math.min(Math.max(x, -1.01), 0.97)],
    "toInt and toFloat": [(x) => t.mul(x, t.toFloat(t.toInt(x))), (x) => x * Math.trunc(x)],
    "pow with a constant": [(x) => t.pow(x, 2), (x) => x * x],
    "pow with a constant 3": [(x) => t.pow(x, 3), (x) => x ** 3],
    "pow of a constant": [(x) => t.pow(2, x), (x) => 2 ** x],
    "scalars on the right": [
      (x) => t.add(t.mul(t.sub(t.div(x, 4), 1), 3), 0.5),
      (x) => (x / 4 - 1) * 3 + 0.5,
    ],
    "scalars on the left": [
      (x) => t.add(1, t.mul(3, t.sub(2, t.div(4, x)))),
      (x) => 1 + 3 * (2 - 4 / x),
      [1, 3],
    ],
    "neutral scalars": [(x) => t.pow(t.div(t.mul(1, t.sub(t.add(0, t.add(x, 0)), 0)), 1), 1), (x) => x],
    fullLike: [(x) => t.mul(x, t.fullLike(x, 2.5)), (x) => 2.5 * x],
    "the batch's size": [(x) => t.mul(x, t.sizeOf(x, 0)), (x) => batch * x],
    "a fixed size": [(x) => t.mul(x, t.sizeOf(x, -1)), (x) => 4 * x],
  };

const truth = (holds: boolean) => (holds ? 1 : 0);
const compare =
  (comparison: (a: t.TensorLike, b: t.TensorLike) => t.Tensor) =>
  (a: t.Tensor, b: t.Tensor): t.Tensor =>
    t.toFloat(comparison(a, b));

const twoArguments: Record<
  string,
  [t: (a: t.Tensor, b: t.Tensor) => t.Tensor, f: (a: number, b: number) => number, domain?: Range]
> = {
  add: [t.add, (a, b) => a + b],
  sub: [t.sub, (a, b) => a - b],
  mul: [t.mul, (a, b) => a * b],
  div: [t.div, (a, b) => a / b, [0.5, 3]],
  pow: [t.pow, (a, b) => a ** b, [0.3, 2]],
  minimum: [t.minimum, Math.min],
  maximum: [t.maximum, Math.max],
  less: [compare(t.less), (a, b) => truth(a < b)],
  lessOrEqual: [compare(t.lessOrEqual), (a, b) => truth(a <= b)],
  greater: [compare(t.greater), (a, b) => truth(a > b)],
  greaterOrEqual: [compare(t.greaterOrEqual), (a, b) => truth(a >= b)],
  equal: [compare(t.equal), (a, b) => truth(a === b)],
  where: [(a, b) => t.where(t.less(a, b), t.sin(a), t.mul(b, b)), (a, b) => (a < b ? Math.sin(a) : b * b)],
};

const pairsOfShapes: readonly (readonly [t.Shape, t.Shape])[] = [
  [rows, rows],
  [rows, [4]],
  [
    ["batch", 1],
    [1, 4],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[], rows],
  [rows, ["batch", 1]],
  [["batch", 2, 3], [3]],
];

/** A reduction of the last axis, or of all axes. */
const alongLast =
  (reduce: (elements: number[]) => number, keep = false) =>
  (x: NdArray): NdArray => {
    const outer = x.shape.slice(0, -1);
    const range = [...Array(x.shape[x.shape.length - 1]).keys()];
    return generate(keep ? [...outer, 1] : outer, (index) =>
      reduce(range.map((i) => at(x, [...index.slice(0, outer.length), i]))),
    );
  };
const alongFirst =
  (reduce: (elements: number[]) => number) =>
  (x: NdArray): NdArray =>
    generate(x.shape.slice(1), (index) =>
      reduce([...Array(x.shape[0]).keys()].map((i) => at(x, [i, ...index]))),
    );
const ofAll =
  (reduce: (elements: number[]) => number) =>
  (x: NdArray): NdArray =>
    generate([], () => reduce([...x.data]));

const total = (elements: number[]) => elements.reduce((a, b) => a + b, 0);
const reductions: Record<string, [t: typeof t.sum, f: (elements: number[]) => number]> = {
  sum: [t.sum, total],
  mean: [t.mean, (elements) => total(elements) / elements.length],
  max: [t.max, (elements) => Math.max(...elements)],
  min: [t.min, (elements) => Math.min(...elements)],
  logSumExp: [t.logSumExp, (elements) => Math.log(total(elements.map(Math.exp)))],
};

const logSoftmaxOfLast = (x: NdArray) => {
  const sums = alongLast((elements) => Math.log(total(elements.map(Math.exp))), true)(x);
  return elementwise((element, sum) => element - sum)(x, sums);
};

/** Running sums of the last axis. */
const running = (exclusive: boolean, reverse: boolean) => (x: NdArray) =>
  generate(x.shape, (index) => {
    const position = index[index.length - 1];
    let sum = 0;
    for (let i = 0; i < x.shape[x.shape.length - 1]; i++)
      if ((reverse ? i > position : i < position) || (i === position && !exclusive))
        sum += at(x, [...index.slice(0, -1), i]);
    return sum;
  });

const awayFromSingular = (x: t.Tensor) => t.add(x, t.mul(3, t.identity(3)));
const plusThree = (x: NdArray) => generate(x.shape, ([i, j]) => at(x, [i, j]) + (i === j ? 3 : 0));

/** The matrix of one row of [batch, m, n]. */
const matrixOf = (x: NdArray, row: number): NdArray =>
  generate(x.shape.slice(1), (index) => at(x, [row, ...index]));
/** A matrix for every row. */
const eachOf = (matrix: (row: number) => NdArray, shape: readonly number[]): NdArray => {
  const all = Array.from({ length: batch }, (_, row) => matrix(row));
  return generate([batch, ...shape], ([row, ...index]) => at(all[row], index));
};

export const operationCases: readonly OperationCase[] = [
  ...Object.entries(oneArgument).map(([name, [build, f, domain]]) => ({
    name,
    build,
    shapes: [rows],
    domain: domain && [domain],
    reference: elementwise(f),
  })),
  ...Object.entries(twoArguments).flatMap(([name, [build, f, domain]]) =>
    pairsOfShapes.map((shapes) => ({
      name: `${name} of ${shapes.map(t.formatShape).join(" and ")}`,
      build,
      shapes,
      domain: domain && [domain, domain],
      reference: elementwise(f),
    })),
  ),
  {
    name: "softplus of a fixed number of elements",
    build: t.softplus,
    shapes: [[4]],
    reference: elementwise((x) => Math.log(1 + Math.exp(x))),
  },
  {
    name: "where with three shapes",
    build: (a, b, c) => t.where(t.greater(a, 0.1), t.exp(b), t.mul(c, c)),
    shapes: [["batch", 1], [4], rows],
    reference: elementwise((a, b, c) => (a > 0.1 ? Math.exp(b) : c * c)),
  },

  ...Object.entries(reductions).flatMap(
    ([name, [build, f]]) =>
      [
        { name: `${name} of a row`, build: (x) => build(x, -1), shapes: [rows], reference: alongLast(f) },
        {
          name: `${name} of a row, axis kept`,
          build: (x) => build(x, 1, { keep: true }),
          shapes: [rows],
          reference: alongLast(f, true),
        },
        { name: `${name} of the batch`, build: (x) => build(x, 0), shapes: [rows], reference: alongFirst(f) },
        { name: `${name} of everything`, build: (x) => build(x), shapes: [rows], reference: ofAll(f) },
        { name: `${name} of two axes`, build: (x) => build(x, [0, -1]), shapes: [rows], reference: ofAll(f) },
        {
          name: `${name} where the batch is not first`,
          build: (x) => build(t.transpose(x), 0),
          shapes: [rows],
          reference: alongLast(f),
        },
        {
          name: `${name} of a scalar`,
          build: (x) => build(x),
          shapes: [[]],
          reference: elementwise((x) => x),
        },
      ] satisfies OperationCase[],
  ),
  {
    name: "max and min that tie",
    build: (x) => t.add(t.max(t.concat([x, x], 1), 1), t.min(t.concat([x, x], 1), 1)),
    shapes: [rows],
    reference: alongLast((elements) => Math.max(...elements) + Math.min(...elements)),
  },
  { name: "logSoftmax", build: (x) => t.logSoftmax(x, -1), shapes: [rows], reference: logSoftmaxOfLast },
  {
    name: "logSoftmax of the first axis",
    build: (x) => t.transpose(t.logSoftmax(t.transpose(x), 0)),
    shapes: [rows],
    reference: logSoftmaxOfLast,
  },
  {
    name: "softmax",
    build: (x) => t.softmax(x, 1),
    shapes: [rows],
    reference: (x) => elementwise(Math.exp)(logSoftmaxOfLast(x)),
  },

  {
    name: "reshape",
    build: (x) => t.reshape(t.reshape(x, ["batch", 6]), ["batch", 3, 2]),
    shapes: [["batch", 2, 3]],
    reference: (x) => ({ shape: [batch, 3, 2], data: x.data }),
  },
  {
    name: "reshape with the batch moved by an axis of size 1",
    build: (x) => t.reshape(x, [1, "batch", 4]),
    shapes: [rows],
    reference: (x) => ({ shape: [1, batch, 4], data: x.data }),
  },
  {
    name: "reshape to and from a scalar",
    build: (x) => t.reshape(t.mul(t.reshape(x, []), 2), [1, 1]),
    shapes: [[1]],
    reference: (x) => ({ shape: [1, 1], data: x.data.map((element) => 2 * element) }),
  },
  { name: "transpose", build: (x) => t.transpose(x), shapes: [rows], reference: transposed },
  {
    name: "transpose of many axes, some named from the end",
    build: (x) => t.transpose(x, [-1, 0, 1]),
    shapes: [["batch", 2, 4]],
    reference: (x) => generate([4, batch, 2], ([k, i, j]) => at(x, [i, j, k])),
  },
  {
    name: "transpose twice",
    build: (x) => t.transpose(t.transpose(x, [1, 2, 0]), [1, 2, 0]),
    shapes: [["batch", 2, 4]],
    reference: (x) => generate([4, batch, 2], ([k, i, j]) => at(x, [i, j, k])),
  },
  {
    name: "broadcastTo",
    build: (x) => t.broadcastTo(x, [2, 3, 4]),
    shapes: [[3, 1]],
    reference: (x) => generate([2, 3, 4], (index) => at(x, index)),
  },
  {
    name: "broadcastTo the batch",
    build: (x, like) => t.mul(t.broadcastTo(t.broadcastTo(x, [1, 4]), like.shape), like),
    shapes: [[4], rows],
    reference: elementwise((a, b) => a * b),
  },
  {
    name: "sumTo",
    build: (x) => t.sumTo(x, [1, 4]),
    shapes: [["batch", 2, 4]],
    reference: (x) =>
      generate([1, 4], ([, k]) => {
        let sum = 0;
        for (let i = 0; i < batch; i++) for (let j = 0; j < 2; j++) sum += at(x, [i, j, k]);
        return sum;
      }),
  },
  {
    name: "distances between all rows",
    build: (x) => {
      const row = t.reshape(x, ["batch", 1, 4]);
      const difference = t.sub(row, t.transpose(row, [1, 0, 2]));
      return t.sum(t.log1p(t.sum(t.mul(difference, difference), 2)), 0);
    },
    shapes: [rows],
    reference: (x) =>
      generate([batch], ([i]) =>
        total(
          [0, 1, 2].map((j) =>
            Math.log1p(total([0, 1, 2, 3].map((k) => (at(x, [i, k]) - at(x, [j, k])) ** 2))),
          ),
        ),
      ),
  },

  {
    name: "slice",
    build: (x) => t.slice(x, 1, 1, 3),
    shapes: [rows],
    reference: (x) => generate([batch, 2], ([i, j]) => at(x, [i, j + 1])),
  },
  {
    name: "slice from the end",
    build: (x) => t.slice(x, -1, -2),
    shapes: [["batch", 2, 4]],
    reference: (x) => generate([batch, 2, 2], ([i, j, k]) => at(x, [i, j, k + 2])),
  },
  {
    name: "pad",
    build: (x) => t.pad(x, 1, 2, 1),
    shapes: [rows],
    reference: (x) => generate([batch, 7], ([i, j]) => (j < 2 || j > 5 ? 0 : at(x, [i, j - 2]))),
  },
  {
    name: "concat",
    build: (a, b) => t.concat([a, t.mul(b, b), a], -1),
    shapes: [
      ["batch", 2],
      ["batch", 1],
    ],
    reference: (a, b) =>
      generate([batch, 5], ([i, j]) => (j === 2 ? at(b, [i, 0]) ** 2 : at(a, [i, j < 2 ? j : j - 3]))),
  },
  {
    name: "gather of rows",
    build: (table) => t.gather(table, indices(2, 0, 2, 1)),
    shapes: [[3, 2]],
    reference: (table) => generate([4, 2], ([i, j]) => at(table, [[2, 0, 2, 1][i], j])),
  },
  {
    name: "gather of single numbers",
    build: (table) => t.mul(t.gather(table, t.reshape(indices(1, 1, 0, 2), [2, 2])), 2),
    shapes: [[3]],
    reference: (table) => generate([2, 2], ([i, j]) => 2 * at(table, [[1, 1, 0, 2][2 * i + j]])),
  },
  {
    name: "gather by computed indices",
    build: (table, x) => t.mul(t.gather(table, t.toInt(x)), x),
    shapes: [[3], rows],
    domain: [
      [-2, 2],
      [0.01, 2.99],
    ],
    reference: (table, x) => elementwise((element) => table.data[Math.trunc(element)] * element)(x),
  },
  {
    name: "gather of columns that hold the batch",
    build: (x) => t.gather(t.transpose(x), indices(3, 0, 3)),
    shapes: [rows],
    reference: (x) => generate([3, batch], ([i, j]) => at(x, [j, [3, 0, 3][i]])),
  },
  {
    name: "scatterAdd of rows",
    build: (values) => t.scatterAdd(indices(2, 0, 2), values, 4),
    shapes: [[3, 2]],
    reference: (values) =>
      generate([4, 2], ([i, j]) =>
        i === 2 ? at(values, [0, j]) + at(values, [2, j]) : i === 0 ? at(values, [1, j]) : 0,
      ),
  },
  {
    name: "scatterAdd of single numbers",
    build: (values) => t.scatterAdd(t.reshape(indices(1, 1, 0, 1), [2, 2]), values, 3),
    shapes: [[2, 2]],
    reference: ({ data: [a, b, c, d] }) => ({ shape: [3], data: Float64Array.of(c, a + b + d, 0) }),
  },
  ...[false, true].flatMap((exclusive) =>
    [false, true].map((reverse) => ({
      name: `cumulativeSum${exclusive ? ", exclusive" : ""}${reverse ? ", reverse" : ""}`,
      build: (x: t.Tensor) => t.cumulativeSum(x, -1, { exclusive, reverse }),
      shapes: [rows],
      reference: running(exclusive, reverse),
    })),
  ),
  {
    name: "cumulativeSum over the batch",
    build: (x) => t.transpose(t.cumulativeSum(x, 0)),
    shapes: [rows],
    reference: (x) => running(false, false)(transposed(x)),
  },

  { name: "matmul", build: t.matmul, shapes: [rows, [4, 2]], reference: product },
  {
    name: "matmul, first transposed",
    build: (a, b) => t.matmul(t.transpose(a), b),
    shapes: [rows, ["batch", 2]],
    reference: (a, b) => product(transposed(a), b),
  },
  {
    name: "matmul, second transposed",
    build: (a, b) => t.matmul(a, t.transpose(b)),
    shapes: [rows, [2, 4]],
    reference: (a, b) => product(a, transposed(b)),
  },
  {
    name: "matmul, both transposed",
    build: (a, b) => t.matmul(t.transpose(a), t.transpose(b)),
    shapes: [rows, [2, "batch"]],
    reference: (a, b) => product(transposed(a), transposed(b)),
  },
  {
    name: "matmul of a matrix by itself",
    build: (a) => t.sum(t.sin(t.matmul(a, t.transpose(a))), 1),
    shapes: [rows],
    reference: (a) => alongLast(total)(elementwise(Math.sin)(product(a, transposed(a)))),
  },
  {
    name: "linear",
    build: t.linear,
    shapes: [rows, [4, 2], [2]],
    reference: (x, weight, bias) => elementwise((a, b) => a + b)(product(x, weight), bias),
  },
  {
    name: "identity",
    build: (x) => t.matmul(x, t.identity(4)),
    shapes: [rows],
    reference: (x) => x,
  },
  {
    name: "logAbsDet of a computed matrix",
    build: (x) => t.logAbsDet(awayFromSingular(x)),
    shapes: [[3, 3]],
    reference: (x) => generate([], () => Math.log(Math.abs(determinant(plusThree(x))))),
  },
  {
    name: "logAbsDet where the determinant is negative",
    build: (x, bias) => t.logAbsDet(t.gather(awayFromSingular(x), indices(1, 0, 2)), bias),
    shapes: [[3, 3], [3]],
    reference: (x) => generate([], () => Math.log(determinant(plusThree(x)))),
  },
  {
    name: "inverse of a computed matrix",
    build: (x) => t.inverse(awayFromSingular(x)),
    shapes: [[3, 3]],
    reference: (x) => inverseMatrix(plusThree(x)),
  },
  {
    name: "inverse of a leaf",
    build: (x) => t.inverse(x),
    shapes: [[2, 2]],
    domain: [[0.5, 2]],
    reference: inverseMatrix,
  },
  {
    name: "matmulEach",
    build: t.matmulEach,
    shapes: [
      ["batch", 2, 4],
      ["batch", 4, 3],
    ],
    reference: (a, b) => eachOf((row) => product(matrixOf(a, row), matrixOf(b, row)), [2, 3]),
  },
  {
    name: "matmulEach by one matrix for all rows",
    build: (a, b) => t.matmulEach(a, t.broadcastTo(t.transpose(b), ["batch", 3, 3])),
    shapes: [
      ["batch", 2, 3],
      [3, 3],
    ],
    reference: (a, b) => eachOf((row) => product(matrixOf(a, row), transposed(b)), [2, 3]),
  },
  {
    name: "logAbsDetEach of computed matrices",
    build: (x) => t.logAbsDetEach(awayFromSingular(x)),
    shapes: [["batch", 3, 3]],
    reference: (x) =>
      generate([batch], ([row]) => Math.log(Math.abs(determinant(plusThree(matrixOf(x, row)))))),
  },
  {
    name: "logAbsDetEach where the determinants are negative",
    build: (x) => t.logAbsDetEach(t.neg(awayFromSingular(x))),
    shapes: [["batch", 3, 3]],
    reference: (x) =>
      generate([batch], ([row]) => Math.log(Math.abs(determinant(plusThree(matrixOf(x, row)))))),
  },
  {
    name: "inverseEach of computed matrices",
    build: (x) => t.inverseEach(awayFromSingular(x)),
    shapes: [["batch", 3, 3]],
    reference: (x) => eachOf((row) => inverseMatrix(plusThree(matrixOf(x, row))), [3, 3]),
  },
  {
    name: "inverseEach of a fixed number of leaves",
    build: (x) => t.inverseEach(x),
    shapes: [[2, 1, 1]],
    domain: [[0.5, 2]],
    reference: elementwise((x) => 1 / x),
  },
  {
    name: "logAbsDetEach and inverseEach of the same matrices",
    build: (x) => {
      const matrices = awayFromSingular(x);
      return t.mul(t.reshape(t.logAbsDetEach(matrices), ["batch", 1, 1]), t.inverseEach(matrices));
    },
    shapes: [["batch", 3, 3]],
    reference: (x) =>
      eachOf(
        (row) => {
          const matrix = plusThree(matrixOf(x, row));
          const volume = Math.log(Math.abs(determinant(matrix)));
          return elementwise((element) => volume * element)(inverseMatrix(matrix));
        },
        [3, 3],
      ),
  },
];
