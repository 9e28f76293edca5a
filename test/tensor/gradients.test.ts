import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as t from "../../src/tensor/index.js";
import {
  elementwise,
  erf,
  evaluate,
  evaluator,
  expectClose,
  finiteDifferences,
  inverseMatrix,
  type NdArray,
  transposed,
} from "../helpers/index.js";

const x = t.input("x", ["batch", 3]);
const names = (roots: readonly (t.Tensor | undefined)[]) =>
  t.topologicalOrder(roots.filter((root) => root !== undefined)).map((node) => node.operation.name);

describe("gradients", () => {
  test("are undefined for what the scalar does not depend on", () => {
    const other = t.input("other", [3]);
    expect(t.gradients(t.sum(x), [other, t.exp(x)])).toEqual([undefined, undefined]);
  });

  test("reach intermediate tensors and the scalar itself", async () => {
    const inner = t.exp(x);
    const loss = t.sum(t.mul(inner, inner));
    const [toInner, toLoss] = t.gradients(loss, [inner, loss]) as t.Tensor[];
    const results = await evaluate({ toInner, toLoss }, { x: [0, 1, 2] });
    expectClose(
      results.toInner,
      [0, 1, 2].map((z) => 2 * Math.exp(z)),
      { relative: 1e-12 },
    );
    expect(results.toLoss).toEqual([1]);
  });

  test("add up over all the ways a tensor is used", async () => {
    const loss = t.sum(t.add(t.mul(x, x), t.sub(t.mul(x, 3), t.sin(x))));
    const { result } = await evaluate({ result: t.gradients(loss, [x])[0] as t.Tensor }, { x: [0, 1, 2] });
    expectClose(
      result,
      [0, 1, 2].map((z) => 2 * z + 3 - Math.cos(z)),
      { relative: 1e-12 },
    );
  });

  test("start from an upstream gradient if one is given", async () => {
    const upstream = t.input("u", ["batch", 3]);
    const [gradient] = t.gradients(t.exp(x), [x], { upstream }) as t.Tensor[];
    const { result } = await evaluate({ result: gradient }, { x: [0, 1, 2], u: [1, 10, 100] });
    expectClose(result, [1, 10 * Math.E, 100 * Math.E ** 2], { relative: 1e-12 });
  });

  test("do not pass stopGradient, which changes no value", async () => {
    const y = t.mul(x, t.stopGradient(x));
    const [gradient] = t.gradients(t.sum(y), [x]) as t.Tensor[];
    expect(t.gradients(t.sum(t.stopGradient(x)), [x])).toEqual([undefined]);
    const results = await evaluate({ y, gradient }, { x: [1, 2, 3] });
    expect(results).toEqual({ y: [1, 4, 9], gradient: [1, 2, 3] });
  });

  test("share themselves among elements that tie for the largest", async () => {
    const [gradient] = t.gradients(t.sum(t.max(x, 1)), [x]) as t.Tensor[];
    expect((await evaluate({ gradient }, { x: [1, 2, 2] })).gradient).toEqual([0, 0.5, 0.5]);
  });

  test("go to the first of two numbers that tie", async () => {
    const y = t.input("y", ["batch", 3]);
    const [dx, dy] = t.gradients(t.sum(t.add(t.minimum(x, y), t.maximum(x, y))), [x, y]) as t.Tensor[];
    expect(await evaluate({ dx, dy }, { x: [1, 1, 1], y: [1, 1, 1] })).toEqual({
      dx: [2, 2, 2],
      dy: [0, 0, 0],
    });
  });

  test("make transposed products by flags, with no transpose of their own", () => {
    const w = t.parameter([3, 3], new Float64Array(9));
    for (const left of [x, t.transpose(t.input("z", [3, "batch"]))])
      for (const right of [w, t.transpose(w)]) {
        const loss = t.sum(t.tanh(t.matmul(left, right)));
        const gradients = t.gradients(loss, t.topologicalOrder([loss]).slice(0, 2));
        // One transpose an argument at most: all of them are read by products.
        const order = t.topologicalOrder(gradients.filter((gradient) => gradient !== undefined));
        for (const node of order)
          for (const from of node.inputs)
            expect(`${node.operation.name} of ${from.operation.name}`).not.toBe("matmul of transpose");
      }
  });
});

describe("the mean's 1 / n", () => {
  const scalar = t.parameter([], [2]);
  const perRow = t.sum(t.tanh(x), 1);

  test("cancels for a term that is the same for every row: the batch's size is not read", () => {
    for (const term of [t.add(perRow, scalar), t.add(scalar, perRow)]) {
      const [gradient] = t.gradients(t.mean(term), [scalar]) as t.Tensor[];
      expect(t.scalarValue(gradient)).toBe(1);
      expect(names([gradient])).not.toContain("batchSize");
    }
  });

  test("cancels in the negative log-likelihood, whatever multiple of the term is in it", () => {
    const likelihood = t.mean(t.add(t.add(perRow, t.mul(3, scalar)), perRow));
    const [gradient] = t.gradients(t.neg(likelihood), [scalar]) as t.Tensor[];
    expect(t.scalarValue(gradient)).toBe(-3);
  });

  test("stays where the rows differ", async () => {
    const [gradient] = t.gradients(t.mean(t.mul(perRow, scalar)), [scalar]) as t.Tensor[];
    const rows = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
    const { result } = await evaluate({ result: gradient }, { x: rows });
    expectClose(result, [rows.map(Math.tanh).reduce((a, b) => a + b) / 2], { relative: 1e-12 });
  });
});

describe("gradient rules of the Jacobian term", () => {
  const values: NdArray = { shape: [3, 3], data: Float64Array.of(2, 1, 0, -1, 3, 0.5, 0.2, -0.7, 1.5) };
  const weight = t.parameter([3, 3], values.data);
  const bias = t.parameter([3], [1, 2, 3]);

  test("are exact by default: the gradient of log|det W| is the transposed inverse", async () => {
    const [gradient, none] = t.gradients(t.logAbsDet(weight, bias), [weight, bias]);
    const { result } = await evaluate({ result: gradient as t.Tensor });
    expectClose(result, transposed(inverseMatrix(values)).data, { relative: 1e-12 });
    expect(none).toBeUndefined();
  });

  test("are replaced by those given, and only those", async () => {
    const loss = t.add(t.sum(t.linear(x, weight, bias)), t.logAbsDet(weight, bias));
    const made: t.Tensor[] = [];
    const rules: t.JacobianRules = {
      logAbsDet: (node, upstream) => {
        made.push(node);
        return [t.mul(upstream, t.mul(node.inputs[0], 7)), t.mul(upstream, node.inputs[1])];
      },
    };
    const [dWeight, dBias] = t.gradients(loss, [weight, bias], { rules }) as t.Tensor[];
    expect(made.map((node) => node.operation.name)).toEqual(["logAbsDet"]);
    expect(names([dWeight, dBias])).not.toContain("inverse");
    const results = await evaluate({ dWeight, dBias, loss }, { x: [1, 2, 3, 4, 5, 6] });
    const columnSums = [5, 7, 9];
    expectClose(
      results.dWeight,
      [...values.data].map((w, i) => columnSums[Math.floor(i / 3)] + 7 * w),
      { relative: 1e-12 },
    );
    expectClose(results.dBias, [2 + 1, 2 + 2, 2 + 3], { relative: 1e-12 });
  });

  test("may build on the exact ones", async () => {
    const rules: t.JacobianRules = {
      linear: (node, upstream) =>
        t.exactRules.linear(node, upstream).map((gradient) => gradient && t.mul(gradient, 2)),
    };
    const loss = t.sum(t.linear(x, weight, bias));
    const targets = [x, weight, bias];
    const outputs: Record<string, t.Tensor> = {};
    for (const [i, gradient] of t.gradients(t.mul(2, loss), targets).entries())
      outputs[`expected${i}`] = gradient as t.Tensor;
    for (const [i, gradient] of t.gradients(loss, targets, { rules }).entries())
      outputs[`actual${i}`] = gradient as t.Tensor;
    const results = await evaluate(outputs, { x: [1, 2, 3] });
    for (const i of [0, 1, 2])
      expectClose(results[`actual${i}`], results[`expected${i}`], { relative: 1e-14 });
  });

  test("that give another shape than their input's are refused", () => {
    const rules: t.JacobianRules = { logAbsDet: (_, upstream) => [upstream] };
    expect(() => t.gradients(t.logAbsDet(weight), [weight], { rules })).toThrow(
      "gradient of logAbsDet: must have its input's shape, got [] and [3, 3]",
    );
  });
});

describe("random expressions of element-wise operations", () => {
  type Expression =
    | { readonly leaf: 0 | 1 | 2 }
    | { readonly operation: keyof typeof operations; readonly inputs: readonly Expression[] };

  // All smooth, and none so steep that a few of them in a row leave float64's comfort.
  const operations = {
    tanh: [t.tanh, Math.tanh],
    sigmoid: [t.sigmoid, (a: number) => 1 / (1 + Math.exp(-a))],
    softplus: [t.softplus, (a: number) => Math.log1p(Math.exp(a))],
    sin: [t.sin, Math.sin],
    cos: [t.cos, Math.cos],
    erf: [t.erf, erf],
    neg: [t.neg, (a: number) => -a],
    expOfTanh: [(a: t.Tensor) => t.exp(t.tanh(a)), (a: number) => Math.exp(Math.tanh(a))],
    logOfSquare: [(a: t.Tensor) => t.log1p(t.mul(a, a)), (a: number) => Math.log1p(a * a)],
    add: [t.add, (a: number, b: number) => a + b],
    sub: [t.sub, (a: number, b: number) => a - b],
    mul: [(a: t.Tensor, b: t.Tensor) => t.mul(t.sin(a), b), (a: number, b: number) => Math.sin(a) * b],
    div: [
      (a: t.Tensor, b: t.Tensor) => t.div(a, t.add(t.mul(b, b), 2)),
      (a: number, b: number) => a / (b * b + 2),
    ],
    addConstant: [(a: t.Tensor) => t.add(0.75, a), (a: number) => 0.75 + a],
    mulConstant: [(a: t.Tensor) => t.mul(a, -0.4), (a: number) => a * -0.4],
  } as const;
  const arity = (name: keyof typeof operations) => operations[name][1].length;

  const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.record({ leaf: fc.constantFrom(0 as const, 1 as const, 2 as const) }),
      fc.constantFrom(...(Object.keys(operations) as (keyof typeof operations)[])).chain((operation) =>
        fc.record({
          operation: fc.constant(operation),
          inputs: fc.tuple(...Array.from({ length: arity(operation) }, () => tie("expression"))),
        }),
      ),
    ),
  }));

  const build = (node: Expression, leaves: readonly t.Tensor[]): t.Tensor => {
    if ("leaf" in node) return leaves[node.leaf];
    const [make] = operations[node.operation] as readonly [(...inputs: t.Tensor[]) => t.Tensor, unknown];
    return make(...node.inputs.map((from) => build(from, leaves)));
  };
  const compute = (node: Expression, leaves: readonly NdArray[]): NdArray => {
    if ("leaf" in node) return leaves[node.leaf];
    const f = operations[node.operation][1] as (...elements: number[]) => number;
    return elementwise(f)(...node.inputs.map((from) => compute(from, leaves)));
  };

  const leaves: t.Input[] = [t.input("a", ["batch", 2]), t.input("b", [2]), t.input("c", ["batch", 1])];
  const number = fc.double({ min: -2, max: 2, noNaN: true }).map((z) => Math.round(z * 1e4) / 1e4);
  const numbers = fc.tuple(
    fc.array(number, { minLength: 6, maxLength: 6 }),
    fc.array(number, { minLength: 2, maxLength: 2 }),
    fc.array(number, { minLength: 3, maxLength: 3 }),
  );
  const shapes = [[3, 2], [2], [3, 1]];

  test("have the values of plain JavaScript and the gradients of finite differences", async () => {
    await fc.assert(
      fc.asyncProperty(expression, numbers, async (node, given) => {
        // The leaves are added so that the whole batch takes part whatever the expression is.
        const y = t.add(build(node, leaves), t.mul(t.mul(leaves[0], leaves[1]), leaves[2]));
        const loss = t.sum(y);
        const [da, db, dc] = t.gradients(loss, leaves) as t.Tensor[];
        const run = await evaluator({ y, loss, da, db, dc });
        const at = { a: given[0], b: given[1], c: given[2] };
        const results = await run(at);

        const arrays = given.map((data, i) => ({ shape: shapes[i], data: Float64Array.from(data) }));
        const product = elementwise((a, b, c) => a * b * c)(...arrays);
        const expected = elementwise((p, q) => p + q)(product, compute(node, arrays));
        expectClose(results.y, expected.data, { relative: 1e-11, absolute: 1e-12 });
        for (const [name, gradient] of [
          ["a", results.da],
          ["b", results.db],
          ["c", results.dc],
        ] as const) {
          const loss = async (moved: number[]) => (await run({ ...at, [name]: moved })).loss[0];
          expectClose(gradient, await finiteDifferences(loss, at[name]), { relative: 1e-6, absolute: 1e-6 });
        }
      }),
      { numRuns: 60, seed: 5 },
    );
  });
});
