import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogdetError } from "../../src/errors.js";
import * as t from "../../src/tensor/index.js";
import { broadcastShape } from "../helpers/index.js";

const rows = t.input("rows", ["batch", 8]);
const column = t.input("column", ["batch", 1]);
const square = t.parameter([7, 7], new Float64Array(49));
const vector = t.parameter([3], [1, 2, 3]);
const scalar = t.constant(2);
const condition = t.less(rows, 0);
const whole = t.toInt(vector);

const mistakes: [what: string, build: () => unknown, message: string][] = [
  [
    "inner sizes of a product",
    () => t.matmul(rows, square),
    "matmul: inner sizes must agree, got [batch, 8] and [7, 7]",
  ],
  [
    "inner sizes of a product with a transposed argument",
    () => t.matmul(t.transpose(rows), square),
    "matmul: inner sizes must agree, got [8, batch] and [7, 7]",
  ],
  [
    "a product with a vector",
    () => t.matmul(rows, vector),
    "matmul: takes two matrices, got [batch, 8] and [3]",
  ],
  [
    "matrices for every row that do not fit",
    () => t.matmulEach(t.input("a", ["batch", 2, 3]), t.input("b", ["batch", 2, 3])),
    "matmulEach: inner sizes must agree, got [batch, 2, 3] and [batch, 2, 3]",
  ],
  [
    "matrices for other rows",
    () => t.matmulEach(t.input("a", ["batch", 2, 3]), t.input("b", [5, 3, 2])),
    "matmulEach: both need as many matrices, got [batch, 2, 3] and [5, 3, 2]",
  ],
  [
    "one matrix instead of one a row",
    () => t.logAbsDetEach(square),
    "logAbsDetEach: takes matrices, [batch, m, n], got [7, 7]",
  ],
  [
    "inverses of matrices that are not square",
    () => t.inverseEach(t.input("a", ["batch", 2, 3])),
    "inverseEach: takes square matrices, got [batch, 2, 3]",
  ],
  [
    "sizes of a sum",
    () => t.add(rows, vector),
    "add: shapes must agree or be 1, aligned at the end, got [batch, 8] and [3]",
  ],
  [
    "a batch against a number",
    () => t.mul(column, t.reshape(vector, [3, 1])),
    "mul: shapes must agree or be 1, aligned at the end, got [batch, 1] and [3, 1]",
  ],
  [
    "the branches of a choice",
    () => t.where(condition, rows, vector),
    "where: shapes must agree or be 1, aligned at the end, got [batch, 8] and [3]",
  ],
  [
    "the condition of a choice",
    () => t.where(rows, rows, 0),
    "where: takes bool tensors, got float input[batch, 8]",
  ],
  ["a bool in a sum", () => t.add(condition, rows), "add: takes float tensors, got bool less[batch, 8]"],
  [
    "a bool in a sum with nothing",
    () => t.add(condition, 0),
    "add: takes float tensors, got bool less[batch, 8]",
  ],
  ["an integer in a function", () => t.exp(whole), "exp: takes float tensors, got int toInt[3]"],
  ["a bool in a reduction", () => t.sum(condition), "sum: takes float tensors, got bool less[batch, 8]"],
  ["float indices", () => t.gather(square, vector), "gather: takes int tensors, got float parameter[3]"],
  [
    "an axis too far",
    () => t.sum(rows, 2),
    "sum: axes (2) must be distinct axes of the tensor, got [batch, 8]",
  ],
  [
    "an axis named twice",
    () => t.mean(rows, [1, -1]),
    "mean: axes (1, -1) must be distinct axes of the tensor, got [batch, 8]",
  ],
  [
    "an axis that is not whole",
    () => t.logSoftmax(rows, 0.5),
    "logSoftmax: axes (0.5) must be distinct axes of the tensor, got [batch, 8]",
  ],
  [
    "an order of axes that leaves one out",
    () => t.transpose(rows, [1]),
    "transpose: the order (1) must name every axis, got [batch, 8]",
  ],
  ["the transpose of a vector", () => t.transpose(vector), "transpose: takes a matrix, got [3]"],
  [
    "a slice beyond the end",
    () => t.slice(rows, 1, 4, 9),
    "slice: [4, 9) must lie within axis 1, got [batch, 8]",
  ],
  ["an empty slice", () => t.slice(rows, 1, 4, 4), "slice: [4, 4) must lie within axis 1, got [batch, 8]"],
  [
    "half an element",
    () => t.slice(rows, 1, 0, 3.5),
    "slice: [0, 3.5) must lie within axis 1, got [batch, 8]",
  ],
  ["a slice of the batch", () => t.slice(rows, 0, 1), "slice: cannot cut the batch, got [batch, 8]"],
  ["zeros around the batch", () => t.pad(rows, 0, 1, 1), "pad: cannot pad the batch, got [batch, 8]"],
  [
    "fewer than no zeros",
    () => t.pad(rows, 1, -1, 0),
    "pad: takes numbers of zeros, not (-1, 0), got [batch, 8]",
  ],
  [
    "joining rows of other shapes",
    () => t.concat([rows, square], 1),
    "concat: shapes must agree outside axis 1, got [batch, 8] and [7, 7]",
  ],
  ["joining batches", () => t.concat([rows, rows], 0), "concat: cannot join along the batch, got [batch, 8]"],
  [
    "joining bools to floats",
    () => t.concat([rows, condition], 1),
    "concat: takes float tensors, got bool less[batch, 8]",
  ],
  [
    "picking from the batch",
    () => t.gather(rows, whole),
    "gather: takes a table with a fixed number of rows, got [batch, 8]",
  ],
  [
    "scattering to other places than there are values",
    () => t.scatterAdd(whole, square, 3),
    "scatterAdd: values must begin with the indices' shape, got [3] and [7, 7]",
  ],
  [
    "a reshape to another number of elements",
    () => t.reshape(square, [7, 8]),
    "reshape: the number of elements must stay, before and after the batch, got [7, 7] and [7, 8]",
  ],
  [
    "a reshape that mixes rows",
    () => t.reshape(rows, [8, "batch"]),
    "reshape: the number of elements must stay, before and after the batch, got [batch, 8] and [8, batch]",
  ],
  [
    "a reshape that forgets the batch",
    () => t.reshape(rows, [8]),
    "reshape: the number of elements must stay, before and after the batch, got [batch, 8] and [8]",
  ],
  [
    "a broadcast that would shrink",
    () => t.broadcastTo(square, [7]),
    "broadcastTo: the first must stretch to the second, got [7, 7] and [7]",
  ],
  [
    "a matrix of the wrong height",
    () => t.linear(rows, square, vector),
    "linear: row length and matrix height must agree, got [batch, 8] and [7, 7]",
  ],
  [
    "a bias of the wrong length",
    () => t.linear(t.slice(rows, 1, 0, 7), square, vector),
    "linear: the bias must have the matrix's width, got [7, 7] and [3]",
  ],
  ["the determinant of rows", () => t.logAbsDet(rows), "logAbsDet: takes a square matrix, got [batch, 8]"],
  ["the inverse of a vector", () => t.inverse(vector), "inverse: takes a square matrix, got [3]"],
  [
    "the gradient of many numbers",
    () => t.gradients(rows, [rows]),
    "gradients: takes a scalar, or an upstream gradient, got [batch, 8]",
  ],
  [
    "an upstream gradient of another shape",
    () => t.gradients(rows, [rows], { upstream: scalar }),
    "gradients: the upstream gradient must have the output's shape, got [] and [batch, 8]",
  ],
  [
    "the gradient of a bool",
    () => t.gradients(t.less(scalar, 1), [scalar]),
    "gradients: less[] is bool, only float has a gradient",
  ],
  [
    "a parameter with too few values",
    () => t.parameter([2, 2], [1, 2, 3]),
    "parameter: [2, 2] takes 4 values, got 3",
  ],
  [
    "a constant with too many values",
    () => t.constant([1, 2, 3], [2]),
    "constant: [2] does not hold 3 values",
  ],
];

describe("mistakes are named with the operation and what it got", () => {
  test.each(mistakes)("%s", (_, build, message) => {
    let error: unknown;
    try {
      build();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LogdetError);
    expect((error as LogdetError).code).toBe("shape");
    expect((error as LogdetError).message).toBe(message);
  });
});

describe("shapes of element-wise results", () => {
  const size = fc.constantFrom(1, 1, 2, 3, 5);
  const shape = fc.array(size, { maxLength: 4 });
  const tensorOf = (sizes: readonly t.Dimension[]) => t.input("x", sizes);

  test("follow numpy's rule", () => {
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const expected = broadcastShape(a, b);
        if (expected) expect(t.add(tensorOf(a), tensorOf(b)).shape).toEqual(expected);
        else expect(() => t.add(tensorOf(a), tensorOf(b))).toThrow("add: shapes must agree");
      }),
    );
  });

  test("treat the batch as a size that equals only itself", () => {
    const unlikely = 17;
    const asBatch = (sizes: number[]): t.Shape => sizes.map((n) => (n === 5 ? "batch" : n));
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const expected = broadcastShape(...[a, b].map((sizes) => sizes.map((n) => (n === 5 ? unlikely : n))));
        const build = () => t.mul(tensorOf(asBatch(a)), tensorOf(asBatch(b))).shape;
        if (expected) expect(build()).toEqual(expected.map((n) => (n === unlikely ? "batch" : n)));
        else expect(build).toThrow("mul: shapes must agree");
      }),
    );
  });

  test("shrink back to the operands' shapes in gradients", () => {
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        fc.pre(broadcastShape(a, b) !== null);
        const [x, y] = [tensorOf(a), tensorOf(b)];
        const [dx, dy] = t.gradients(t.sum(t.mul(x, y)), [x, y]);
        expect([dx?.shape, dy?.shape]).toEqual([a, b]);
      }),
    );
  });
});
