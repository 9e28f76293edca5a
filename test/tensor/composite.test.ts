// Composites: a definition, gradients derived from it to any order, and results that stay together.

import { expect, it } from "vitest";
import {
  add,
  composite,
  exp,
  expandComposites,
  gradients,
  input,
  mul,
  sin,
  sum,
  type Tensor,
  topologicalOrder,
} from "../../src/tensor/index.js";
import { evaluate } from "../helpers/index.js";

/** (a, b) ↦ (a sin b, e^a + b²), with gradients that are easy to write down. */
const pair = composite({
  name: "pair",
  shapes: ([a]) => [a.shape, a.shape],
  define: ([a, b]) => [mul(a, sin(b)), add(exp(a), mul(b, b))],
});
const withFixedB = composite({
  name: "withFixedB",
  shapes: ([a]) => [a.shape],
  define: ([a, b]) => [mul(a, mul(b, b))],
  constants: [1],
});

const a = input("a", ["batch"]);
const b = input("b", ["batch"]);
const values = { a: Float64Array.of(0.3, -1.2, 2), b: Float64Array.of(-0.7, 0.4, 1.5) };

async function numbers(...tensors: Tensor[]): Promise<number[][]> {
  const named = Object.fromEntries(tensors.map((tensor, i) => [`t${i}`, tensor]));
  const used = new Set(topologicalOrder(expandComposites(tensors)));
  const given = Object.fromEntries(
    Object.entries({ a, b }).flatMap(([name, node]) => (used.has(node) ? [[name, values[name as "a"]]] : [])),
  );
  const results = await evaluate(named, given);
  return tensors.map((_, i) => [...results[`t${i}`]]);
}
const expected = (f: (a: number, b: number) => number) => [...values.a].map((x, i) => f(x, values.b[i]));

function expectAll(found: number[][], truths: ((a: number, b: number) => number)[]): void {
  for (const [i, truth] of truths.entries())
    for (const [row, value] of expected(truth).entries()) expect(found[i][row]).toBeCloseTo(value, 10);
}

it("computes what its definition says", async () => {
  expectAll(await numbers(...pair([a, b])), [(a, b) => a * Math.sin(b), (a, b) => Math.exp(a) + b * b]);
});

it("passes on the gradients of all its results together", async () => {
  const [first, second] = pair([a, b]);
  const found = gradients(sum(add(mul(2, first), mul(first, second))), [a, b]) as Tensor[];
  const [p, q] = [(a: number, b: number) => a * Math.sin(b), (a: number, b: number) => Math.exp(a) + b * b];
  expectAll(await numbers(...found), [
    (a, b) => (2 + q(a, b)) * Math.sin(b) + p(a, b) * Math.exp(a),
    (a, b) => (2 + q(a, b)) * a * Math.cos(b) + p(a, b) * 2 * b,
  ]);
});

it("is one node a result, with one derivative for both, until it is expanded", () => {
  const [first, second] = pair([a, b]);
  const [da] = gradients(sum(add(first, second)), [a]) as Tensor[];
  const named = topologicalOrder([da]).filter(({ operation }) => operation.part);
  expect(new Set(named.map(({ operation }) => operation.part?.of.name))).toEqual(new Set(["pair.gradient"]));
  expect(topologicalOrder(expandComposites([da])).some(({ operation }) => operation.part)).toBe(false);
});

it("keeps the composites that an executor knows", () => {
  const roots = expandComposites(pair([a, b]), ({ name }) => name === "pair");
  expect(roots.every(({ operation }) => operation.part?.of.name === "pair")).toBe(true);
});

it("is differentiated twice", async () => {
  const [first] = pair([a, b]);
  const [da] = gradients(sum(mul(first, first)), [a]) as Tensor[];
  const [second] = gradients(sum(da), [b]) as Tensor[];
  // d/db of 2 a sin² b.
  expectAll(await numbers(second), [(a, b) => 4 * a * Math.sin(b) * Math.cos(b)]);
});

it("gives partial derivatives where one input is computed from another", async () => {
  const [first] = pair([a, mul(a, a)]);
  const [da] = gradients(sum(first), [a]) as Tensor[];
  expectAll(await numbers(da), [(a) => Math.sin(a * a) + 2 * a * a * Math.cos(a * a)]);
});

it("has no gradient for inputs that count as constants", async () => {
  const [y] = withFixedB([a, b]);
  const [da, db] = gradients(sum(y), [a, b]);
  expect(db).toBeUndefined();
  expectAll(await numbers(da as Tensor), [(_, b) => b * b]);
});
