import { describe, expect, test } from "vitest";
import * as t from "../../src/tensor/index.js";
import { evaluate, expectClose } from "../helpers/index.js";

const x = t.input("x", ["batch", 3]);
const count = (roots: readonly t.Tensor[], name: string) =>
  t.topologicalOrder(roots).filter((node) => node.operation.name === name).length;

describe("the order of evaluation", () => {
  test("puts every tensor after its inputs, and each once", () => {
    const shared = t.exp(x);
    const order = t.topologicalOrder([t.mul(shared, t.add(shared, 1)), shared]);
    for (const [i, node] of order.entries())
      for (const from of node.inputs) expect(order.indexOf(from)).toBeLessThan(i);
    expect(new Set(order).size).toBe(order.length);
  });

  test("holds chains of any depth", () => {
    let deep: t.Tensor = x;
    for (let i = 0; i < 20_000; i++) deep = t.tanh(deep);
    expect(t.topologicalOrder([deep])).toHaveLength(20_001);
    expect(t.gradients(t.sum(deep), [x])[0]?.shape).toEqual(["batch", 3]);
  });
});

describe("merging common sub-expressions", () => {
  test("computes equal expressions once", () => {
    const twice = () => t.mul(t.exp(t.add(x, 2)), t.constant([1, 2, 3]));
    const roots = t.mergeCommon([t.add(twice(), twice()), twice()]);
    expect(["exp", "mul", "add", "constant"].map((name) => count(roots, name))).toEqual([1, 1, 2, 2]);
    expect(roots[0].inputs).toEqual([roots[1], roots[1]]);
  });

  test("keeps apart what differs in an attribute", () => {
    const different = [
      t.slice(x, 1, 0, 2),
      t.slice(x, 1, 1, 3),
      t.sum(x, 1, { keep: true }),
      t.sum(x, 1),
      t.cumulativeSum(x, 1),
      t.cumulativeSum(x, 1, { reverse: true }),
      t.matmul(x, t.identity(3)),
      t.matmul(t.transpose(x), x),
    ];
    expect(new Set(t.mergeCommon(different)).size).toBe(different.length);
  });

  test("keeps apart operations and orders of arguments", () => {
    const y = t.tanh(x);
    expect(new Set(t.mergeCommon([t.sub(x, y), t.sub(y, x), t.add(x, y), t.sub(x, y)])).size).toBe(3);
  });

  test("keeps apart 0 and −0, whose quotients differ", async () => {
    const [plus, minus] = t.mergeCommon([
      t.div(1, t.mul(x, t.constant([0]))),
      t.div(1, t.mul(x, t.constant([-0]))),
    ]);
    expect(plus).not.toBe(minus);
    const results = await evaluate({ plus, minus }, { x: [1, 2, 3] });
    expect(results.plus[0]).toBe(Number.POSITIVE_INFINITY);
    expect(results.minus[0]).toBe(Number.NEGATIVE_INFINITY);
  });

  test("keeps apart equal numbers of different shapes", () => {
    const constants = [t.constant(1), t.constant([1]), t.constant([1], [1, 1])];
    expect(new Set(t.mergeCommon(constants)).size).toBe(3);
    expect(t.mergeCommon([t.constant([1, 2]), t.constant([1, 2])])).toSatisfy(([a, b]) => a === b);
  });

  test("never merges leaves that hold a caller's values", () => {
    const leaves = [t.parameter([1], [1]), t.parameter([1], [1]), t.input("x", []), t.input("x", [])];
    expect(t.mergeCommon(leaves)).toEqual(leaves);
  });

  test("leaves a graph without repetitions as it is", () => {
    const root = t.exp(t.add(x, 1));
    expect(t.mergeCommon([root])[0]).toBe(root);
  });
});

describe("substitution", () => {
  test("puts other tensors in place of leaves and of inner nodes", async () => {
    const inner = t.exp(x);
    const root = t.add(t.mul(inner, x), inner);
    const y = t.input("y", ["batch", 3]);
    const [replaced] = t.substitute([root], new Map<t.Tensor, t.Tensor>([[inner, t.mul(y, 2)]]));
    const numbers = { x: [1, 2, 3], y: [5, 6, 7] };
    const { result } = await evaluate({ result: replaced }, numbers);
    expectClose(
      result,
      numbers.x.map((a, i) => 2 * numbers.y[i] * a + 2 * numbers.y[i]),
    );
    expect(count([replaced], "exp")).toBe(0);
  });

  test("keeps what does not depend on the replaced tensors", () => {
    const kept = t.tanh(x);
    const gone = t.input("gone", []);
    const [replaced] = t.substitute([t.add(kept, gone)], new Map([[gone, t.constant(4)]]));
    expect(replaced.inputs[0]).toBe(kept);
  });
});
