// What is cut out of joined tensors.

import { expect, it } from "vitest";
import { concat, input, slice } from "../../src/tensor/index.js";
import { evaluate } from "../helpers/index.js";

const a = input("a", ["batch", 2]);
const b = input("b", ["batch", 3]);
const joined = concat([a, b, a], 1);

it("gives the part itself where exactly one is cut out", () => {
  expect(slice(joined, 1, 0, 2)).toBe(a);
  expect(slice(joined, 1, 2, 5)).toBe(b);
  expect(slice(joined, 1, 5)).toBe(a);
});

it("cuts through parts, and along other axes, as ever", async () => {
  const inputs = { a: [1, 2, 3, 4], b: [5, 6, 7, 8, 9, 10] };
  const across = concat([concat([a, b], 1), concat([b, a], 1)], 1);
  const { through, inside, nested } = await evaluate(
    { through: slice(joined, 1, 1, 4), inside: slice(joined, 1, 2, 4), nested: slice(across, 1, 2, 8) },
    inputs,
  );
  expect([...through]).toEqual([2, 5, 6, 4, 8, 9]);
  expect([...inside]).toEqual([5, 6, 8, 9]);
  expect([...nested]).toEqual([5, 6, 7, 5, 6, 7, 8, 9, 10, 8, 9, 10]);
});
