// The statistics of the benchmarks, on numbers whose answers are known; never a time.

import { describe, expect, it } from "vitest";
import { median, medianTime, slope } from "../../bench/lib/timing.js";

describe("timing", () => {
  it("calls the function for the warm-up and then at least minimumRuns times", async () => {
    let calls = 0;
    const { ms, runs } = await medianTime(async () => void calls++, {
      seconds: 0,
      minimumRuns: 5,
      warmup: 2,
    });
    expect([calls, runs]).toEqual([7, 5]);
    expect(ms).toBeGreaterThanOrEqual(0);
  });

  it("takes the middle value, or the mean of the middle two, and leaves the values as they were", () => {
    const values = [10, 9, 100];
    expect(median(values)).toBe(10);
    expect(values).toEqual([10, 9, 100]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow(/no values/);
  });

  it("finds the exponent of a power law, whatever its factor", () => {
    const points = [64, 256, 784, 2048].map((x) => ({ x, y: 3e-5 * x ** 2.15 }));
    expect(slope(points)).toBeCloseTo(2.15, 12);
  });

  it("fits a power law by least squares of the logarithms", () => {
    // log2: (0, 0), (1, 2), (2, 2): slope = sum (x - 1)(y - 4/3) / sum (x - 1)^2 = (4/3 + 2/3) / 2.
    const points = [
      { x: 1, y: 1 },
      { x: 2, y: 4 },
      { x: 4, y: 4 },
    ];
    expect(slope(points)).toBeCloseTo(1, 12);
  });

  it("refuses points that have no log-log slope", () => {
    expect(() => slope([{ x: 2, y: 1 }])).toThrow(/two different x/);
    expect(() =>
      slope([
        { x: 0, y: 1 },
        { x: 2, y: 1 },
      ]),
    ).toThrow(/positive/);
  });
});
