// The normal tail in logarithms and its inverse against values computed in 30 digits.

import { expect, it } from "vitest";
import { logNormalTail, normalTailQuantile } from "../../src/bijections/normal-tail.js";
import { gradients, input, sum, type Tensor } from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "./support.js";

const x = input("x", ["batch"]);

/** The first and second derivative of an element-wise function. */
function derivatives(y: Tensor): { first: Tensor; second: Tensor } {
  const [first] = gradients(sum(y), [x]);
  const [second] = gradients(sum(first as Tensor), [x]);
  return { first: first as Tensor, second: second as Tensor };
}

// python3 -c "import mpmath as mp; mp.mp.dps = 30
// f = lambda q: mp.log(mp.erfc(q / mp.sqrt(2)) / 2)
// print([mp.nstr(f(mp.mpf(q)), 17) for q in (0, .1, 1, 3, 8, 30, 100, 5000)])
// for l, near in ((mp.log(.025), 2), (-.7, .01), (-1, .3), (-5, 2.5), (-20, 6), (-100, 14), (-454, 30), (-1e5, 447)):
//     print(mp.nstr(mp.findroot(lambda q: f(q) - l, near), 17))"
const tails: readonly (readonly [number, number])[] = [
  [0, -Math.LN2],
  [0.1, -0.7761545927302733],
  [1, -1.8410216450092636],
  [3, -6.607726221510349],
  [8, -35.01343715991455],
  [30, -454.3212439563432],
  [100, -5005.524208694205],
  [5000, -12500009.436131764],
];
const quantiles: readonly (readonly [number, number])[] = [
  [Math.log(0.025), 1.9599639845400543],
  [-0.7, 0.008559478582480282],
  [-1, 0.33747496376420244],
  [-5, 2.4709386372615882],
  [-20, 5.879209356485336],
  [-100, 13.888476033003887],
  [-454, 29.989301823304743],
  [-1e5, 447.1978936785251],
];

it.each([
  ["float64", 2e-11],
  ["float32", 3e-7],
] as const)("the tail's logarithm is right from 0 to 5,000 in %s", async (float, tolerance) => {
  const at = Float64Array.from(tails, ([q]) => q);
  const { y } = await evaluate({ y: logNormalTail(x) }, { x: at }, randomStore({}, { float }));
  expect(
    worstError(
      y,
      tails.map(([, value]) => value),
    ),
  ).toBeLessThan(tolerance);
});

it.each([
  ["float64", 3e-11],
  ["float32", 5e-7],
] as const)("the quantile is right from the centre to 450 in %s", async (float, tolerance) => {
  const at = Float64Array.from(quantiles, ([logTail]) => logTail);
  const { q } = await evaluate({ q: normalTailQuantile(x).q }, { x: at }, randomStore({}, { float }));
  expect(
    worstError(
      q,
      quantiles.map(([, value]) => value),
    ),
  ).toBeLessThan(tolerance);
});

it("both results have the first and second derivatives that differences show", async () => {
  const { q, logMills } = normalTailQuantile(x);
  const at = Float64Array.of(-0.7, -0.9, -2, -6, -15, -60, -300);
  const h = at.map((value) => 1e-4 * Math.abs(value));
  const values = async (moved: Float64Array) => evaluate({ q, logMills }, { x: moved }, randomStore({}));
  const [below, here, above] = await Promise.all(
    [-1, 0, 1].map((side) => values(at.map((v, i) => v + side * h[i]))),
  );
  for (const [name, result] of Object.entries({ q, logMills }) as ["q" | "logMills", Tensor][]) {
    const { first, second } = await evaluate(derivatives(result), { x: at }, randomStore({}));
    const slope = at.map((_, i) => (above[name][i] - below[name][i]) / (2 * h[i]));
    const curvature = at.map((_, i) => (above[name][i] - 2 * here[name][i] + below[name][i]) / h[i] ** 2);
    for (let i = 0; i < at.length; i++) {
      expect(first[i] / slope[i]).toBeCloseTo(1, 6);
      expect(second[i] / curvature[i]).toBeCloseTo(1, 2);
    }
  }
});

it("nothing is lost at one half, where rounding may put the tail a little above it", async () => {
  for (const float of ["float64", "float32"] as const) {
    const { q, logMills } = normalTailQuantile(x);
    const outputs = { q, logMills, ...derivatives(q) };
    const at = Float64Array.of(-Math.LN2, -Math.LN2 + 1e-7, -Math.LN2 - 1e-7);
    const result = await evaluate(outputs, { x: at }, randomStore({}, { float }));
    expect(worstError(result.q, [0, 0, 0])).toBeLessThan(6e-7);
    expect(worstError(result.logMills, Array(3).fill(0.5 * Math.log(Math.PI / 2)))).toBeLessThan(6e-7);
    expect(worstError(result.first, Array(3).fill(-Math.sqrt(Math.PI / 2)))).toBeLessThan(1e-6);
  }
});
