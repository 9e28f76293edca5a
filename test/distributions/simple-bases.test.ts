// Cauchy, uniform and exponential bases against their formulas, also where they are not.

import { describe, expect, it } from "vitest";
import { cauchy, exponential, uniform } from "../../src/distributions/index.js";
import { gradients, input, sum, type Tensor } from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "../bijections/support.js";

const z = input("z", ["batch", 1]);
const noise = input("uniform", ["batch", 1]);
const plane = input("z", ["batch", 2]);

describe("the Cauchy base", () => {
  // from scipy.stats import cauchy
  // print(cauchy.logpdf([0, -.5, 3, 1e4])); the quantiles are tan π(u − ½) in 30 digits, by mpmath
  it.each([
    ["float64", 1e-11],
    ["float32", 1e-5],
  ] as const)("has scipy's log-density and quantiles in %s", async (float, tolerance) => {
    const base = cauchy({ dim: 1 });
    const store = randomStore({}, { float });
    const { p } = await evaluate({ p: base.logProb(z) }, { z: Float64Array.of(0, -0.5, 3, 1e4) }, store);
    expect(
      worstError(p, [-1.1447298858494002, -1.3678734371636099, -3.447314978843446, -19.565410639801765]),
    ).toBeLessThan(tolerance);
    const u = Float64Array.of(2 ** -24, 0.1, 0.5001, 0.75, 1 - 2 ** -10);
    const { draw } = await evaluate({ draw: base.sample({ uniform: noise }) }, { uniform: u }, store);
    expect(
      worstError(
        draw,
        [-5340353.71544081, -3.077683537175253, 0.0003141592756943707, 1.0, 325.94830079770134],
      ),
    ).toBeLessThan(tolerance);
  });
});

describe("the uniform base", () => {
  const base = uniform({ dim: 2 });

  it("is 0 within the box, its edges included, and hopeless outside", async () => {
    const rows = Float64Array.of(0.2, 0.9, 0, 1, 1.001, 0.5, -1e-6, 2);
    for (const float of ["float64", "float32"] as const) {
      const { p } = await evaluate({ p: base.logProb(plane) }, { z: rows }, randomStore({}, { float }));
      expect([...p.slice(0, 2)]).toEqual([0, 0]);
      expect(worstError(p.slice(2), [-1e30, -2e30])).toBeLessThan(1e-6);
      expect([...p.slice(2)].map(Math.exp)).toEqual([0, 0]);
    }
  });

  it("has a gradient of zero, and draws its noise", async () => {
    const [gradient] = gradients(sum(base.logProb(plane)), [plane]);
    const rows = Float64Array.of(0.2, 3, -1, 0.5);
    const result = await evaluate({ gradient: gradient as Tensor }, { z: rows }, randomStore({}));
    expect([...result.gradient].map(Math.abs)).toEqual([0, 0, 0, 0]);
    const u = input("uniform", ["batch", 2]);
    const { draw } = await evaluate(
      { draw: base.sample({ uniform: u }) },
      { uniform: rows },
      randomStore({}),
    );
    expect([...draw]).toEqual([...rows]);
  });
});

describe("the exponential base", () => {
  const base = exponential({ dim: 2 });

  it("is −Σ z for positive numbers, and hopeless for negative ones", async () => {
    const rows = Float64Array.of(0.2, 3, 0, 1e4, -1e-6, 1, -5, -1);
    for (const float of ["float64", "float32"] as const) {
      const { p } = await evaluate({ p: base.logProb(plane) }, { z: rows }, randomStore({}, { float }));
      expect(worstError(p, [-3.2, -1e4, -1e30, -2e30])).toBeLessThan(1e-6);
    }
  });

  it("draws its quantiles, to the far tail", async () => {
    const half = exponential({ dim: 1 });
    const u = Float64Array.of(2 ** -24, 0.3, 1 - 2 ** -24);
    const { draw } = await evaluate(
      { draw: half.sample({ uniform: noise }) },
      { uniform: u },
      randomStore({}),
    );
    expect(worstError(draw, [24 * Math.LN2, -Math.log(0.3), 2 ** -24])).toBeLessThan(1e-12);
  });
});
