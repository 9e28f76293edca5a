// The root finder on functions where Newton alone would fail.

import { expect, it } from "vitest";
import { invertMonotone, type MonotoneFunction } from "../../src/bijections/guarded-inverse.js";
import {
  abs,
  add,
  div,
  exp,
  gradients,
  input,
  mul,
  neg,
  parameter,
  sigmoid,
  sqrt,
  sub,
  sum,
  tanh,
} from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "./support.js";

const y = input("y", ["batch", 1]);

/** Nearly a step: from most points Newton leaves the bracket. */
const step: MonotoneFunction = (x) => {
  const high = tanh(mul(50, x));
  return { y: add(high, mul(1e-3, x)), derivative: add(mul(50, sub(1, mul(high, high))), 1e-3) };
};

it("finds roots where Newton alone runs away, by halving the bracket", async () => {
  const targets = Float64Array.from({ length: 401 }, (_, i) => (i - 200) / 199);
  const [low, high] = [mul(0, y), mul(0, y)].map((zero, i) => add(zero, i ? 1e4 : -1e4));
  const x = invertMonotone({ forward: step, y, low, high, steps: 60 });
  const { reached } = await evaluate({ reached: step(x).y }, { y: targets }, randomStore({}));
  expect(worstError(reached, targets)).toBeLessThan(1e-11);
});

it("gives the gradient of the implicit function theorem, for the value and for parameters", async () => {
  // f(x) = x + e^a x³ has a known inverse derivative: dx/dy = 1 / f', dx/da = −e^a x³ / f'.
  const a = parameter([], [0.3]);
  const forward: MonotoneFunction = (x) => ({
    y: add(x, mul(exp(a), mul(x, mul(x, x)))),
    derivative: add(1, mul(mul(3, exp(a)), mul(x, x))),
  });
  const x = invertMonotone({ forward, y, low: sub(y, 100), high: add(y, 100), steps: 40 });
  const [forY, forA] = gradients(sum(x), [y, a]);
  if (!forY || !forA) throw new Error("both gradients exist");
  const result = await evaluate(
    { x, forY, forA },
    { y: Float64Array.of(-30, -1, 0.2, 5) },
    randomStore({ a }, { noise: 0 }),
  );
  const slopes = result.x.map((v) => 1 + 3 * Math.exp(0.3) * v * v);
  expect(
    worstError(
      result.forY,
      slopes.map((s) => 1 / s),
    ),
  ).toBeLessThan(1e-12);
  const each = result.x.map((v, i) => (-Math.exp(0.3) * v ** 3) / slopes[i]);
  expect(result.forA[0]).toBeCloseTo(
    each.reduce((p, q) => p + q),
    10,
  );
});

it("stays at the root once it is found, however many steps follow", async () => {
  const forward: MonotoneFunction = (x) => {
    const s = sigmoid(x);
    return { y: s, derivative: mul(s, sigmoid(neg(x))) };
  };
  const targets = Float64Array.of(0.01, 0.5, 0.9);
  const bracket = { low: sub(y, 50), high: add(y, 50) };
  for (const steps of [12, 13, 100]) {
    const x = invertMonotone({ forward, y, ...bracket, start: mul(0, y), steps });
    const { found } = await evaluate({ found: x }, { y: targets }, randomStore({}));
    expect(
      worstError(
        found,
        targets.map((p) => Math.log(p / (1 - p))),
      ),
    ).toBeLessThan(1e-12);
  }
});

it("finds, when asked to halve, roots that Newton circles, and stays there", async () => {
  // x / √(|x| + e): Newton's next point is −x |x| / (|x| + 2e), all but the mirror image.
  const e = 1e-9;
  const forward: MonotoneFunction = (x) => {
    const inner = add(abs(x), e);
    return { y: div(x, sqrt(inner)), derivative: div(add(mul(0.5, abs(x)), e), mul(inner, sqrt(inner))) };
  };
  const zero = mul(0, y);
  const bracket = { low: sub(zero, 3), high: add(zero, 5), start: add(zero, 1) };
  const solve = (steps: number, halving: boolean) =>
    invertMonotone({ forward, y: zero, ...bracket, steps, halving });
  const outputs = { circling: solve(60, false), found: solve(60, true), stays: solve(100, true) };
  const result = await evaluate(outputs, { y: Float64Array.of(1) }, randomStore({}));
  expect(Math.abs(result.circling[0])).toBeGreaterThan(0.9);
  expect(Math.abs(result.found[0])).toBeLessThan(1e-12);
  expect(Math.abs(result.stays[0])).toBeLessThan(1e-12);
});
