// log Γ(a + ½) − log Γ(a) − ½ log a against values computed in 40 digits.

import { expect, it } from "vitest";
import { logGammaHalfStep } from "../../src/distributions/log-gamma.js";
import { gradients, input, sum } from "../../src/tensor/index.js";
import { evaluate, randomStore } from "../bijections/support.js";

// python3 -c "import mpmath as mp; mp.mp.dps = 40; f = lambda a: mp.loggamma(a+.5) - mp.loggamma(a) - mp.log(a)/2
// for a in (.05, .25, .5, 1, 1.25, 3, 5, 7.9, 50, 5000, 1e6): print(a, mp.nstr(f(mp.mpf(a)), 18))"
const known: readonly (readonly [number, number])[] = [
  [0.05, -0.9909822081636093],
  [0.25, -0.39159439270683677],
  [0.5, -0.22579135264472744],
  [1, -0.12078223763524522],
  [1.25, -0.09770106025577727],
  [3, -0.04147972254692593],
  [5, -0.024958818946279514],
  [7.9, -0.015812271250245133],
  [50, -0.002499958338331816],
  [5000, -0.000024999999958333332],
  [1e6, -1.2499999999999478e-7],
];

const a = input("a", ["batch"]);
const points = Float64Array.from(known, ([at]) => at);

it.each([
  ["float64", 1e-12],
  ["float32", 1e-6],
] as const)("keeps the relative accuracy of %s from 0.05 to a million", async (float, tolerance) => {
  const { g } = await evaluate({ g: logGammaHalfStep(a) }, { a: points }, randomStore({}, { float }));
  for (const [i, [, value]] of known.entries()) expect(Math.abs(g[i] / value - 1)).toBeLessThan(tolerance);
});

it("has the derivative that differences show", async () => {
  const [gradient] = gradients(sum(logGammaHalfStep(a)), [a]);
  if (!gradient) throw new Error("the gradient exists");
  const h = 1e-6;
  const moved = Float64Array.from([...points].flatMap((v) => [v * (1 + h), v * (1 - h)]));
  const { g } = await evaluate({ g: logGammaHalfStep(a) }, { a: moved }, randomStore({}));
  const result = await evaluate({ gradient }, { a: points }, randomStore({}));
  for (const [i, at] of points.entries()) {
    const numeric = (g[2 * i] - g[2 * i + 1]) / (2 * h * at);
    expect(Math.abs(result.gradient[i] / numeric - 1)).toBeLessThan(1e-6);
  }
});
