// Where knots go in a column: evenly where it is smooth, close together where it has details.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knotPositions, shareBelow } from "../../src/bijections/knot-positions.js";
import { Random } from "../../src/random/index.js";

const sorted = (rows: number, draw: (random: Random) => number) => {
  const random = new Random(3);
  return Float64Array.from({ length: rows }, () => draw(random)).sort();
};

describe("the share of a sample below a value", () => {
  it("is that of its points, and straight between them", () => {
    const sample = Float64Array.of(0, 1, 1, 3, 10);
    expect([-1, 0, 0.5, 2, 3, 6.5, 10, 11].map((value) => shareBelow(sample, value))).toEqual([
      0, 0, 0.125, 0.625, 0.75, 0.875, 1, 1,
    ]);
  });

  it("never falls as the value rises", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: -6, max: 6, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (values, at, more) => {
          const sample = Float64Array.from(values).sort();
          const [low, high] = [shareBelow(sample, at), shareBelow(sample, at + more)];
          expect(low >= 0 && low <= high && high <= 1).toBe(true);
        },
      ),
    );
  });
});

describe("positions of knots", () => {
  it("are points of the sample in ascending order, from one outer quantile to the other", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 80 }),
        fc.double({ min: 0.001, max: 0.25, noNaN: true }),
        (values, bins, lowest) => {
          const sample = Float64Array.from(values).sort();
          const found = knotPositions(sample, bins, lowest);
          const last = sample.length - 1;
          expect(found.length).toBe(bins + 1);
          expect(found[0]).toBe(sample[Math.round(lowest * last)]);
          expect(found[bins]).toBe(sample[Math.round((1 - lowest) * last)]);
          for (const [k, at] of found.entries()) {
            expect(sample.includes(at)).toBe(true);
            if (k > 0) expect(at).toBeGreaterThanOrEqual(found[k - 1]);
          }
        },
      ),
    );
  });

  it("frame a gap", () => {
    const sample = sorted(4000, (random) => (random.uniform() < 0.5 ? 0 : 5) + random.uniform());
    const found = knotPositions(sample, 32, 0.006);
    // No knot within the gap, and one close to each of its edges.
    expect(found.every((at) => at <= 1 || at >= 5)).toBe(true);
    expect(Math.max(...found.filter((at) => at <= 1))).toBeGreaterThan(0.9);
    expect(Math.min(...found.filter((at) => at >= 5))).toBeLessThan(5.1);
  });

  it("frame a spike", () => {
    const sample = sorted(4000, (random) =>
      random.uniform() < 0.3 ? 0.31 + 0.02 * random.uniform() : random.uniform(),
    );
    const found = knotPositions(sample, 32, 0.006);
    const near = (from: number, to: number) => found.filter((at) => at >= from && at <= to).length;
    expect(near(0.3, 0.32)).toBeGreaterThanOrEqual(1);
    expect(near(0.32, 0.34)).toBeGreaterThanOrEqual(1);
    // Elsewhere the density is even: far fewer for as wide a stretch.
    expect(near(0.29, 0.35) / 0.06).toBeGreaterThan(3 * (near(0.5, 0.95) / 0.45));
  });

  it("bring straight lines between them close to the empirical distribution function, whatever its steps", () => {
    const sample = sorted(4000, (random) => {
      const u = random.uniform();
      return u < 0.3 ? random.uniform() : u < 0.6 ? 3 + 0.1 * random.uniform() : 4 + 2 * random.uniform();
    });
    const misses = [8, 32, 64].map((bins) => {
      const at = knotPositions(sample, bins, 0.006);
      const ends = at.map((value) => shareBelow(sample, value));
      return Math.max(
        ...Array.from(sample, (value) => {
          if (value <= at[0] || value >= at[bins]) return 0;
          const k = at.findIndex((knot) => knot > value) - 1;
          const line = ends[k] + ((value - at[k]) * (ends[k + 1] - ends[k])) / (at[k + 1] - at[k]);
          return Math.abs(shareBelow(sample, value) - line);
        }),
      );
    });
    // The even eight miss by a step's height; with more there is little left but the sample's own noise.
    expect(misses[0]).toBeGreaterThan(0.05);
    expect(misses[1]).toBeLessThan(0.05);
    expect(misses[2]).toBeLessThan(0.01);
  });
});
