// The order in which executors work.

import { expect, it } from "vitest";
import { type Executor, schedule } from "../../src/runtime/schedule.js";
import {
  add,
  composite,
  exp,
  input,
  mul,
  neg,
  sum,
  type Tensor,
  topologicalOrder,
} from "../../src/tensor/index.js";

const x = input("x", ["batch"]);

/** Phases as text, executors given by a map; the rest are kernels. */
function phases(roots: readonly Tensor[], special: ReadonlyMap<Tensor, Executor>): string[] {
  const order = topologicalOrder(roots);
  const name = (node: Tensor) => node.operation.name;
  return schedule(order, (node) => special.get(node) ?? "kernels").map(
    ({ executor, nodes }) => `${executor}: ${nodes.map(name).join(" ")}`,
  );
}

it("is one phase where one executor does everything", () => {
  expect(phases([sum(exp(neg(x)))], new Map())).toEqual(["kernels: neg exp sum"]);
});

it("goes on with an executor until everything left waits for another", () => {
  const product = exp(neg(x));
  const root = add(mul(product, product), sum(x));
  expect(phases([root], new Map([[product, "graph"]]))).toEqual([
    "kernels: neg sum",
    "graph: exp",
    "kernels: mul add",
  ]);
});

it("gives the host its work as soon as it can be done", () => {
  const determinant = neg(x);
  expect(phases([add(exp(x), determinant)], new Map([[determinant, "host"]]))).toEqual([
    "host: neg",
    "kernels: exp add",
  ]);
});

it("keeps the results of a composite together", () => {
  const pair = composite({
    name: "pair",
    shapes: ([a]) => [a.shape, a.shape],
    define: ([a]) => [neg(a), exp(a)],
  });
  const [first, second] = pair([x]);
  const large = exp(first);
  expect(phases([add(large, second)], new Map([[large, "graph"]]))).toEqual([
    "kernels: pair.0 pair.1",
    "graph: exp",
    "kernels: add",
  ]);
});

it("puts every value after those it is made of", () => {
  const a = exp(x);
  const b = neg(a);
  const c = exp(b);
  const d = add(neg(c), a);
  const order = topologicalOrder([d]);
  const done = new Set<Tensor>([x]);
  for (const { nodes } of schedule(order, (node) => (node === b || node === d ? "graph" : "kernels")))
    for (const node of nodes) {
      expect(node.inputs.every((from) => done.has(from))).toBe(true);
      done.add(node);
    }
  expect(done.size).toBe(order.length);
});
