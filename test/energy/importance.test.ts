// Estimates from weights against normals, for which everything is known in closed form.

import { describe, expect, it } from "vitest";
import { forwardEss, importanceEstimate } from "../../src/energy/index.js";
import { Random } from "../../src/random/index.js";

/** p = N(shift, 1) times exp(logZ), q = N(0, 1): log w at x. */
const shift = 0.5;
const logZ = 3;
const logWeight = (x: number) => logZ + shift * x - 0.5 * shift * shift;

const draws = (count: number, mean: number) => {
  const random = new Random(1);
  return Float64Array.from({ length: count }, () => logWeight(mean + random.normal()));
};

describe("importance estimates", () => {
  const n = 100_000;
  const estimate = importanceEstimate(draws(n, 0));

  it("find the normalising constant, within the error they state", () => {
    expect(estimate.samples).toBe(n);
    expect(Math.abs(estimate.logZ - logZ)).toBeLessThan(4 * estimate.standardError);
    expect(estimate.freeEnergy).toBe(-estimate.logZ);
    // Var(w)/E[w]² = exp(shift²) − 1.
    expect(estimate.standardError).toBeCloseTo(Math.sqrt(Math.expm1(shift * shift) / n), 4);
  });

  it("have the effective sample size exp(−shift²), and so have samples of the target", () => {
    expect(estimate.ess).toBeCloseTo(Math.exp(-shift * shift), 2);
    expect(forwardEss(draws(n, shift))).toBeCloseTo(Math.exp(-shift * shift), 2);
  });

  it("fall short of log Z by the divergence ½ shift²", () => {
    expect(estimate.elbo).toBeCloseTo(logZ - 0.5 * shift * shift, 2);
    expect(estimate.elboError).toBeCloseTo(shift / Math.sqrt(n), 4);
  });

  it("do not overflow, and are exact where all weights are equal", () => {
    for (const level of [-5000, 0, 5000]) {
      const equal = new Float64Array(10).fill(level);
      expect(importanceEstimate(equal)).toMatchObject({ standardError: 0, elboError: 0 });
      expect(importanceEstimate(equal).logZ).toBeCloseTo(level, 9);
      expect(importanceEstimate(equal).ess).toBeCloseTo(1, 12);
      expect(forwardEss(equal)).toBeCloseTo(1, 12);
    }
  });

  it("count one sample in n where one weight outweighs the others", () => {
    const weights = new Float64Array(50).fill(-100);
    weights[7] = 100;
    expect(importanceEstimate(weights).ess).toBeCloseTo(1 / 50, 12);
  });
});
