// log Γ(1 + a) against values computed in 30 digits.

import { expect, it } from "vitest";
import { logFactorial } from "../../src/distributions/log-factorial.js";
import { gradients, input, sum, type Tensor } from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "../bijections/support.js";

// import mpmath as mp; mp.mp.dps = 30
// for a in (0, .02, .1, .5, 1, 1.7, 2.5, 4, 10): print(a, mp.nstr(mp.loggamma(1 + mp.mpf(a)), 17))
const known: readonly (readonly [number, number])[] = [
  [0, 0.0],
  [0.02, -0.011218489329770086],
  [0.1, -0.04987244125983973],
  [0.5, -0.12078223763524522],
  [1, 0.0],
  [1.7, 0.43482055365510447],
  [2.5, 1.2009736023470743],
  [4, 3.1780538303479458],
  [10, 15.104412573075516],
];

const a = input("a", ["batch"]);
const points = Float64Array.from(known, ([at]) => at);

it.each([
  ["float64", 1e-13],
  ["float32", 4e-7],
] as const)("is right from 0 to 10 in %s", async (float, tolerance) => {
  const { value } = await evaluate({ value: logFactorial(a) }, { a: points }, randomStore({}, { float }));
  expect(
    worstError(
      value,
      known.map(([, expected]) => expected),
    ),
  ).toBeLessThan(tolerance);
});

it("has the derivative that differences show", async () => {
  const [gradient] = gradients(sum(logFactorial(a)), [a]);
  const h = 1e-6;
  const at = points.map((v) => Math.max(v, h));
  const value = async (side: number) =>
    (await evaluate({ value: logFactorial(a) }, { a: at.map((v) => v + side * h) }, randomStore({}))).value;
  const [below, above] = await Promise.all([value(-1), value(1)]);
  const result = await evaluate({ gradient: gradient as Tensor }, { a: at }, randomStore({}));
  expect(
    worstError(
      result.gradient,
      at.map((_, i) => (above[i] - below[i]) / (2 * h)),
    ),
  ).toBeLessThan(1e-8);
});
