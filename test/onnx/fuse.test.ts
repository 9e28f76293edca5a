import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { type FloatType, fuseProducts, writeOnnxModel } from "../../src/onnx/index.js";
import {
  add,
  constant,
  input,
  matmul,
  mergeCommon,
  mul,
  neg,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../src/tensor/index.js";
import { elementwise, evaluate, expectClose, type NdArray, product, transposed } from "../helpers/index.js";

const v = input("v", ["batch", 4]);
const d = input("d", ["batch", 3]);
const w = input("w", [4, 3]);

/** The nodes an ONNX file of the fused expression holds, without the one that names the output. */
function nodesOf(root: Tensor, float: FloatType = "float32") {
  const bytes = writeOnnxModel({
    inputs: [v, d, w].map((tensor) => ({ name: tensor.name, tensor })),
    outputs: [{ name: "y", tensor: fuseProducts(mergeCommon([root]), float)[0] }],
    float,
  });
  const nodes = fromBinary(ModelProtoSchema, bytes).graph?.node ?? [];
  return nodes
    .filter((node) => node.name !== "y")
    .map((node) => ({
      type: node.opType,
      inputs: node.input,
      ...Object.fromEntries(
        node.attribute.map(({ name, i, f }) => [name, ["alpha", "beta"].includes(name) ? f || 0 : Number(i)]),
      ),
    }));
}

const gemm = (alpha: number, beta: number, c = ["w"]) => [
  { type: "Gemm", inputs: ["v", "d", ...c], transA: 1, transB: 0, alpha, beta },
];

describe("products are fused with what is around them into one Gemm", () => {
  const vd = () => matmul(transpose(v), d);

  test("the relative gradient vᵀΔ − W", () => expect(nodesOf(sub(vd(), w))).toEqual(gemm(1, -1)));
  test("the product taken away: W − vᵀΔ", () => expect(nodesOf(sub(w, vd()))).toEqual(gemm(-1, 1)));
  test("the product added on either side", () => {
    expect(nodesOf(add(vd(), w))).toEqual(gemm(1, 1));
    expect(nodesOf(add(w, vd()))).toEqual(gemm(1, 1));
  });
  test("a scaled product", () => {
    expect(nodesOf(mul(vd(), 3))).toEqual(gemm(3, 0, []));
    expect(nodesOf(mul(0.5, neg(vd())))).toEqual(gemm(-0.5, 0, []));
  });
  test("a scaled product and a scaled addend", () => {
    expect(nodesOf(sub(mul(2, vd()), mul(w, 0.25)))).toEqual(gemm(2, -0.25));
    expect(nodesOf(add(neg(w), mul(2, vd())))).toEqual(gemm(2, -1));
  });
  test("a scaled sum", () => {
    expect(nodesOf(mul(4, sub(vd(), w)))).toEqual(gemm(4, -4));
    expect(nodesOf(neg(sub(w, vd())))).toEqual(gemm(1, -1));
  });
  test("two products, one of which is the other's addend", () => {
    expect(
      nodesOf(sub(matmul(transpose(v), d), matmul(w, transpose(matmul(transpose(d), d))))).map(
        ({ type }) => type,
      ),
    ).toEqual(["Gemm", "Gemm", "Gemm"]);
  });
});

describe("products are left alone", () => {
  const types = (root: Tensor, float?: FloatType) => nodesOf(root, float).map(({ type }) => type);
  const vd = matmul(transpose(v), d);

  test("where they are used twice", () => {
    expect(types(add(vd, vd))).toEqual(["Gemm", "Add"]);
    expect(types(mul(sub(vd, w), vd))).toEqual(["Gemm", "Sub", "Mul"]);
  });
  test("where they are an output themselves", () => {
    const [whole, part] = fuseProducts([sub(vd, w), vd], "float32");
    expect([whole.operation.name, part.operation.name]).toEqual(["sub", "matmul"]);
  });
  test("where the addend has another shape", () => {
    expect(types(add(vd, 4))).toEqual(["Gemm", "Add"]);
    expect(types(add(vd, constant([1, 2, 3])))).toEqual(["Gemm", "Add"]);
  });
  test("where the sum stretches the product", () => {
    const row = sum(v, 0, { keep: true });
    expect(types(add(w, matmul(row, w)))).toEqual(["ReduceSum", "MatMul", "Add"]);
  });
  test("where the factor is not a float32, as Gemm's is, but the matrices are float64", () => {
    expect(types(mul(0.1, vd), "float64")).toEqual(["Gemm", "Mul"]);
    expect(types(sub(mul(0.5, vd), w), "float64")).toEqual(["Gemm"]);
    expect(types(mul(0.1, vd), "float32")).toEqual(["Gemm"]);
  });
  test("rather than computed once scaled and once not", () => {
    const shared = matmul(transpose(v), v);
    const negative = neg(shared);
    const other = matmul(w, transpose(w));
    expect(
      types(matmul(add(other, negative), negative)).filter((type) => type === "Gemm" || type === "MatMul"),
    ).toHaveLength(3);
  });
});

describe("random expressions of products, sums and scalings", () => {
  /** An expression in both worlds. */
  interface Both {
    readonly tensor: Tensor;
    readonly value: NdArray;
  }
  const sizes = [1, 2, 3];
  const numbers = new Map<string, Both>(
    sizes.flatMap((m) =>
      sizes.map((n) => {
        const data = Float64Array.from({ length: m * n }, (_, i) => Math.sin(1 + 7 * m + 13 * n + 3 * i));
        return [`${m} ${n}`, { tensor: input(`x${m}${n}`, [m, n]), value: { shape: [m, n], data } }] as const;
      }),
    ),
  );
  const given = Object.fromEntries(
    [...numbers.values()].map(({ tensor, value }) => [`x${tensor.shape.join("")}`, value.data]),
  );
  const times = (factor: number) => elementwise((a) => factor * a);
  const plus = elementwise((a, b) => a + b);
  const minus = elementwise((a, b) => a - b);

  const size = fc.constantFrom(...sizes);
  const factor = fc.constantFrom(2, -1, 0.5, 0.1, 1 / 3, 0);
  const leaf = (m: number, n: number) => fc.constant(numbers.get(`${m} ${n}`) as Both);

  const expression = (m: number, n: number, depth: number): fc.Arbitrary<Both> => {
    if (depth === 0) return leaf(m, n);
    const same = expression(m, n, depth - 1);
    const sign = fc.boolean();
    const sumOf = (a: Both, b: Both, negative: boolean): Both => ({
      tensor: negative ? sub(a.tensor, b.tensor) : add(a.tensor, b.tensor),
      value: negative ? minus(a.value, b.value) : plus(a.value, b.value),
    });
    const scaled = (x: Both, by: number, right: boolean): Both => ({
      tensor: right ? mul(x.tensor, by) : mul(by, x.tensor),
      value: times(by)(x.value),
    });
    const multiplied = size.chain((k) =>
      fc
        .tuple(expression(m, k, depth - 1), expression(k, n, depth - 1))
        .map(([a, b]) => ({ tensor: matmul(a.tensor, b.tensor), value: product(a.value, b.value) })),
    );
    return fc.oneof(
      { arbitrary: multiplied, weight: 4 },
      { arbitrary: fc.tuple(same, same, sign).map(([a, b, negative]) => sumOf(a, b, negative)), weight: 3 },
      // A stretched operand: one row for all.
      fc.tuple(expression(1, n, depth - 1), same, sign).map(([a, b, negative]) => sumOf(a, b, negative)),
      fc.tuple(same, factor, sign).map(([x, by, right]) => scaled(x, by, right)),
      same.map((x) => ({ tensor: neg(x.tensor), value: times(-1)(x.value) })),
      // The same expression used twice, once of it scaled.
      fc.tuple(same, factor, sign).map(([x, by, negative]) => sumOf(x, scaled(x, by, true), negative)),
      expression(n, m, depth - 1).map((x) => ({ tensor: transpose(x.tensor), value: transposed(x.value) })),
    );
  };

  test.each([
    ["float64", { relative: 1e-10, absolute: 1e-10 }],
    ["float32", { relative: 1e-3, absolute: 1e-3 }],
  ] as const)("have the values of plain JavaScript in %s", async (float, tolerance) => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size).chain(([m, n]) => expression(m, n, 4)),
        async ({ tensor, value }) => {
          const { result } = await evaluate({ result: tensor }, given, float);
          const scale = Math.max(1, ...value.data.map(Math.abs));
          expectClose(result, value.data, { ...tolerance, absolute: tolerance.absolute * scale });
        },
      ),
      { numRuns: 150, seed: 3 },
    );
  });
});
