// Determinants and inverses of many matrices as ONNX files, run by onnxruntime-node alone, against the host's.

import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { type FloatType, writeOnnxModel } from "../../src/onnx/index.js";
import { Random } from "../../src/random/index.js";
import { factorizeEach } from "../../src/runtime/linear-algebra.js";
import { input, inverseEach, logAbsDetEach } from "../../src/tensor/index.js";
import { expectClose } from "../helpers/index.js";

const rows = 4;

async function run(matrices: Float64Array, n: number, float: FloatType) {
  const x = input("x", ["batch", n, n]);
  const outputs = { logAbsDet: logAbsDetEach(x), inverse: inverseEach(x) };
  const bytes = writeOnnxModel({
    inputs: [{ name: "x", tensor: x }],
    outputs: Object.entries(outputs).map(([name, tensor]) => ({ name, tensor })),
    float,
  });
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const values = float === "float64" ? matrices : Float32Array.from(matrices);
  const found = await session.run({ x: new OrtTensor(float, values, [matrices.length / (n * n), n, n]) });
  await session.release();
  return {
    logAbsDet: Float64Array.from(found.logAbsDet.data as Float64Array),
    inverse: Float64Array.from(found.inverse.data as Float64Array),
    dims: [found.logAbsDet.dims, found.inverse.dims],
  };
}

async function onHost(matrices: Float64Array, n: number) {
  const logAbsDet = new Float64Array(matrices.length / (n * n));
  const inverse = new Float64Array(matrices.length);
  await factorizeEach(matrices, n, { logAbsDet, inverse });
  return { logAbsDet, inverse };
}

describe.each([1, 2, 5, 16])("matrices of %i rows", (n) => {
  const matrices = new Random(n).fillNormal(new Float64Array(rows * n * n));

  it.each([
    ["float64", 1e-10],
    ["float32", 2e-3],
  ] as const)("have the determinants and inverses that the host finds, in %s", async (float, tolerance) => {
    const found = await run(matrices, n, float);
    const wanted = await onHost(matrices, n);
    expect(found.dims).toEqual([[rows], [rows, n, n]]);
    expectClose(found.logAbsDet, wanted.logAbsDet, { relative: tolerance, absolute: tolerance });
    expectClose(found.inverse, wanted.inverse, { relative: tolerance, absolute: tolerance });
  });
});

it("rows are taken in the order that pivots need, another for every matrix", async () => {
  // Permutations, but for their scale: without a choice of pivots every one of them divides by zero.
  const matrices = Float64Array.of(0, 2, 0, 0, 0, 4, 8, 0, 0, 0, 0, 5, 0, -1, 0, 3, 0, 0);
  const { logAbsDet, inverse } = await run(matrices, 3, "float64");
  expectClose(logAbsDet, [Math.log(64), Math.log(15)], { absolute: 1e-14 });
  const wanted = [0, 0, 1 / 8, 1 / 2, 0, 0, 0, 1 / 4, 0, 0, 0, 1 / 3, 0, -1, 0, 1 / 5, 0, 0];
  expectClose(inverse, wanted, { absolute: 1e-15 });
});

it("a determinant that overflows has its logarithm all the same", async () => {
  const n = 8;
  const matrices = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1e30 : 0));
  const { logAbsDet } = await run(matrices, n, "float32");
  expect(logAbsDet[0]).toBeCloseTo(n * Math.log(1e30), 3);
});
