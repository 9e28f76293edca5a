// Architectures in words.

import { expect, it } from "vitest";
import { denseFlow } from "../../src/flows/index.js";
import { flowWords } from "../../src/model/index.js";

const options = { dim: 3, activation: "spline", base: "mixture-of-gaussians", front: true } as const;

it("names the layers from data to base, and what repeats once", () => {
  expect(flowWords(denseFlow({ ...options, layers: 1 }).config())).toBe(
    "rational quadratic spline → linear → mixture of gaussians",
  );
  expect(flowWords(denseFlow({ ...options, layers: 4 }).config())).toBe(
    "(rational quadratic spline → linear) × 4 → mixture of gaussians",
  );
  expect(flowWords(denseFlow({ ...options, layers: 3, front: false }).config())).toBe(
    "(linear → rational quadratic spline) × 2 → linear → mixture of gaussians",
  );
});

it("describes the nets of a mixture", () => {
  expect(flowWords(denseFlow({ ...options, layers: 2, components: 3 }).config())).toBe(
    "rational quadratic spline → mixture of 3 × [linear → rational quadratic spline → linear → mixture of gaussians]",
  );
});
