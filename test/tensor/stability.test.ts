// Large and tiny arguments: values and gradients stay right, and finite where the result is.

import { describe, expect, test } from "vitest";
import {
  concat,
  erf,
  expm1,
  gradients,
  input,
  log1p,
  logSoftmax,
  logSumExp,
  reshape,
  sigmoid,
  slice,
  softplus,
  sum,
  type Tensor,
  tanh,
} from "../../src/tensor/index.js";
import { erf as erfReference, evaluate, expectClose, type Tolerance } from "../helpers/index.js";

const logistic = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const everywhere = [-1e4, -88, -20, -1, -1e-8, 0, 1e-8, 1, 20, 88, 1e4];
/** 1 − y² and y (1 − y) leave no more of a small slope than y has digits. */
const tail = { relative: 1e-6, absolute: 5e-7 };

interface Case {
  name: string;
  build: (x: Tensor) => Tensor;
  value: (x: number) => number;
  slope: (x: number) => number;
  points?: number[];
  /** Of the value in float32. */
  tolerance?: Tolerance;
}

const cases: Case[] = [
  {
    name: "softplus",
    build: softplus,
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    slope: logistic,
    // Kernels give 0 below the smallest normal number.
    tolerance: { absolute: 2 ** -126, relative: 1e-6 },
  },
  {
    name: "sigmoid (ONNX Runtime's float32 one is 0 below −18)",
    build: sigmoid,
    value: logistic,
    slope: (x) => logistic(x) * logistic(-x),
    tolerance: { absolute: 2e-7, relative: 0 },
  },
  { name: "tanh", build: tanh, value: Math.tanh, slope: (x) => 1 / Math.cosh(x) ** 2 },
  {
    name: "erf",
    build: erf,
    value: erfReference,
    slope: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  },
  {
    name: "log1p",
    build: log1p,
    value: Math.log1p,
    slope: (x) => 1 / (1 + x),
    points: [-0.999, -0.5, -1e-4, -1e-8, 0, 1e-8, 1e-4, 1, 20, 88, 1e4, 1e30, 3e38],
  },
  {
    name: "expm1, infinite where the floats end",
    build: expm1,
    value: Math.expm1,
    slope: Math.exp,
  },
];

describe.each(cases)("$name", ({ build, value, slope, points = everywhere, tolerance }) => {
  const x = input("x", ["batch"]);
  const y = build(x);
  const [gradient] = gradients(sum(y), [x]) as Tensor[];
  const at = points.map(Math.fround);

  test("has the right values and slopes in float32", async () => {
    const results = await evaluate({ y, gradient }, { x: at }, "float32");
    expectClose(
      results.y,
      at.map((z) => Math.fround(value(z))),
      tolerance,
    );
    expectClose(
      results.gradient,
      at.map((z) => Math.fround(slope(z))),
      tail,
    );
  });

  test("has the right values and slopes in float64", async () => {
    const results = await evaluate({ y, gradient }, { x: at });
    expectClose(results.y, at.map(value), { relative: 1e-14, absolute: 2e-15 });
    expectClose(results.gradient, at.map(slope), { relative: 1e-14, absolute: 2e-15 });
  });
});

test("softplus of a fixed number of elements, which ONNX Runtime computes, is right in float32", async () => {
  const at = everywhere.map(Math.fround);
  const y = softplus(input("x", [at.length]));
  const expected = at.map((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
  const { result } = await evaluate({ result: y }, { x: at }, "float32");
  expectClose(result, expected, { relative: 1e-6, absolute: 1e-38 });
});

describe("log-sum-exp and the softmax", () => {
  const far = [
    [1e4, 1e4],
    [1e4, 1e4 - 1],
    [1e4, -1e4],
    [-1e4, -1e4],
    [-1e4, -1e4 + 2],
    [88, -88],
    [-88, -87],
    [20, -20],
    [0, 1e-8],
  ];
  const x = input("x", ["batch", 2]);
  const given = { x: far.flat() };
  const softmax = ([a, b]: number[]) => [logistic(a - b), logistic(b - a)];
  const logLogistic = (z: number) => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
  const sums = far.map(([a, b]) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))));

  test("have the right values in float32", async () => {
    const { total, logs } = await evaluate(
      { total: logSumExp(x, 1), logs: logSoftmax(x, 1) },
      given,
      "float32",
    );
    expectClose(total, sums);
    expectClose(
      logs,
      far.flatMap(([a, b]) => [logLogistic(a - b), logLogistic(b - a)]),
      { relative: 1e-6, absolute: 1e-8 },
    );
  });

  test("have the right gradients in float32", async () => {
    const first = reshape(slice(logSoftmax(x, 1), 1, 0, 1), ["batch"]);
    const [ofSum] = gradients(sum(logSumExp(x, 1)), [x]) as Tensor[];
    const [ofFirst] = gradients(sum(first), [x]) as Tensor[];
    const results = await evaluate({ ofSum, ofFirst }, given, "float32");
    expectClose(results.ofSum, far.flatMap(softmax), tail);
    expectClose(
      results.ofFirst,
      far.flatMap((row) => [1 - softmax(row)[0], -softmax(row)[1]]),
      tail,
    );
  });

  test("of one element is that element, with slope one", async () => {
    const y = logSumExp(reshape(x, ["batch", 2, 1]), 2);
    const results = await evaluate({ y, slope: gradients(sum(y), [x])[0] as Tensor }, given, "float32");
    expectClose(results.y, given.x);
    expectClose(
      results.slope,
      given.x.map(() => 1),
    );
  });

  test("of −∞ beside a number is the number", async () => {
    const y = logSumExp(concat([x, x], 1), 1);
    const { result } = await evaluate({ result: y }, { x: [Number.NEGATIVE_INFINITY, 3] }, "float32");
    expectClose(result, [3 + Math.LN2]);
    expect(result.every(Number.isFinite)).toBe(true);
  });
});
