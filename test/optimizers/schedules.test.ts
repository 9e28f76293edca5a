import { describe, expect, it } from "vitest";
import { constantRate, warmupCosine } from "../../src/optimizers/index.js";

describe("the constant rate", () => {
  it("is the same at every step", () => {
    const { factor } = constantRate();
    expect([1, 17, 1000].map((step) => factor(step, 1000))).toEqual([1, 1, 1]);
  });
});

describe("warm-up and cosine", () => {
  it("rises linearly over the warm-up, under a cosine that ends at zero", () => {
    const { factor } = warmupCosine({ warmup: 50 });
    const cosine = (step: number) => (1 + Math.cos((Math.PI * step) / 3000)) / 2;
    for (const step of [1, 10, 49]) expect(factor(step, 3000)).toBeCloseTo((step / 50) * cosine(step), 12);
    for (const step of [50, 51, 750, 1500, 2250, 2999])
      expect(factor(step, 3000)).toBeCloseTo(cosine(step), 12);
    expect(factor(1500, 3000)).toBeCloseTo(0.5, 12);
    expect(factor(3000, 3000)).toBe(0);
  });

  it("needs no warm-up", () => {
    const { factor } = warmupCosine({ warmup: 0 });
    expect(factor(1, 1000)).toBeCloseTo(1, 4);
  });

  it("stays between 0 and 1, also in runs shorter than the warm-up and beyond the end", () => {
    const { factor } = warmupCosine();
    for (const steps of [1, 7, 49, 51, 400])
      for (let step = 1; step <= 2 * steps; step++) {
        expect(factor(step, steps)).toBeGreaterThanOrEqual(0);
        expect(factor(step, steps)).toBeLessThanOrEqual(1);
      }
  });

  it("never rises again after the warm-up", () => {
    const { factor } = warmupCosine({ warmup: 20 });
    for (let step = 21; step < 500; step++)
      expect(factor(step + 1, 500)).toBeLessThanOrEqual(factor(step, 500));
  });
});
