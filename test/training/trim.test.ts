// Trimmed likelihood: which rows count, and what their mean is.

import { describe, expect, it } from "vitest";
import { keepLikeliest, likeliest, trimmedNll } from "../../src/training/trim.js";

describe("the likeliest rows", () => {
  it("are all but the share of the least likely, in their order; of equals the first", () => {
    expect(likeliest([-1, -5, -2, -9, -3], 0.4)).toEqual([0, 2, 4]);
    expect(likeliest([-1, -1, -1, -1], 0.5)).toEqual([0, 1]);
    expect(likeliest([-3, -2, -1], 0)).toEqual([0, 1, 2]);
  });

  it("are as many as the share leaves, rounded up, and one at least", () => {
    expect(likeliest(new Float64Array(9), 0.1)).toHaveLength(9);
    expect(likeliest(new Float64Array(10), 0.1)).toHaveLength(9);
    expect(likeliest([-7], 0.4)).toEqual([0]);
  });

  it("are no rows whose density is not a number, as long as there are others", () => {
    expect(likeliest([Number.NaN, -1, Number.NEGATIVE_INFINITY, -2], 0.5)).toEqual([1, 3]);
  });

  it("have the mean of what is left", () => {
    expect(trimmedNll([-1, -5, -2, -9, -3], 0.4)).toBe(2);
    expect(trimmedNll([-1, -5, -2, -9, -3], 0)).toBe(4);
    expect(trimmedNll([-1, Number.NaN], 0)).toBeNaN();
  });

  it("come to the front of a batch, cells and all", () => {
    const rows = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const kept = keepLikeliest(rows, 2, [-4, -1, -3, -2], 0.5);
    expect([...kept]).toEqual([3, 4, 7, 8]);
    expect(kept.buffer).toBe(rows.buffer);
  });
});
