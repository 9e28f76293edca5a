// The line that the page of strange rows draws, beside the library's own decisions.

import { describe, expect, it } from "vitest";
import { benjaminiHochberg } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import {
  decide,
  decisionInWords,
  firstRate,
  rateInWords,
  stopsOf,
} from "../../studio/app/anomalies/decision.js";

/** p-values that are ranks among n calibration rows, a share of them small; and their levels. */
function judged(seed: number, calibrationRows: number, rows: number) {
  const random = new Random(seed);
  const steps = calibrationRows + 1;
  const p = Float64Array.from(
    { length: rows },
    (_, i) => (1 + random.integer(i % 5 === 0 ? Math.ceil(steps / 40) : steps)) / steps,
  );
  const levels = Array.from({ length: steps }, (_, k) => {
    const level = (k + 1) / steps;
    return { p: level, rows: p.filter((value) => value <= level).length };
  });
  return { p, answer: { rows, calibrationRows, levels } };
}

describe("a decision", () => {
  it("by the false discovery rate flags what Benjamini and Hochberg's procedure does", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { p, answer } = judged(seed, 20 + 30 * (seed % 7), 50 + 20 * (seed % 9));
      for (const rate of [0.02, 0.1, 0.3]) {
        const { threshold, flagged, expectedFalse } = decide(answer, "fdr", rate);
        const flags = benjaminiHochberg(p, rate);
        expect(flagged).toBe(flags.filter(Boolean).length);
        expect([...p].map((value) => value <= threshold)).toEqual(flags);
        expect(expectedFalse).toBeCloseTo(rate * flagged, 12);
      }
    }
  });

  it("by the false-alarm rate flags all at and below it, and counts on those that normal rows would give", () => {
    const { p, answer } = judged(3, 99, 400);
    for (const rate of [0.01, 0.02, 0.0299, 0.5]) {
      const { threshold, flagged, expectedFalse } = decide(answer, "alpha", rate);
      expect(flagged).toBe(p.filter((value) => value <= rate).length);
      expect(threshold).toBeCloseTo(Math.floor(rate * 100 + 1e-6) / 100, 12);
      expect(expectedFalse).toBeCloseTo(400 * threshold, 10);
    }
    expect(decide(answer, "alpha", 0.005)).toMatchObject({ threshold: 0, flagged: 0 });
  });

  it("starts at a hundredth, or at the least that can be reached", () => {
    expect(firstRate(judged(1, 999, 10).answer, "alpha")).toBe(0.01);
    expect(firstRate(judged(1, 34, 10).answer, "alpha")).toBeCloseTo(1 / 35, 12);
  });

  it("is said in words with its own numbers", () => {
    const levels = [{ p: 0.01, rows: 7 }];
    const answer = { rows: 344, calibrationRows: 99, levels };
    const words = (rate: number, way: "alpha" | "fdr" = "alpha") =>
      decisionInWords(answer, decide(answer, way, rate));
    expect(words(0.01)).toBe(
      "Of 344 rows, 7 are flagged at a false-alarm rate of 1 in 100; of 344 rows that are normal about 3.4 would be: about half of the flagged may be normal.",
    );
    expect(words(0.001)).toBe(
      "A rate of 1 in 1,000 is out of reach: with 99 calibration rows no p-value is below 0.01.",
    );
    expect(words(0.1, "fdr")).toBe(
      "Of 344 rows, none is flagged: to promise that at most 1 in 10 of the flagged is normal, with 99 calibration rows, 35 rows or more would have to be as strange as the strangest of those.",
    );
    expect(words(0.5, "fdr")).toBe(
      "Of 344 rows, 7 are flagged so that at most 50 % of the flagged is expected to be normal: about 3.5.",
    );
  });
});

describe("a slider", () => {
  it("stops at the smallest level, at one, and evenly on a logarithmic scale between", () => {
    const { answer } = judged(2, 9999, 10);
    const stops = stopsOf(answer.levels);
    expect([stops[0].p, stops.at(-1)?.p]).toEqual([1e-4, 1]);
    for (const [i, { p }] of stops.slice(1).entries()) {
      expect(p).toBeGreaterThan(stops[i].p);
      expect(p / stops[i].p).toBeLessThanOrEqual(2);
    }
    expect(stopsOf(judged(2, 4, 10).answer.levels).map(({ p }) => p)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });

  it("says rates as people do", () => {
    expect([1 / 35, 0.01, 0.34, 0.13].map(rateInWords)).toEqual(["1 in 35", "1 in 100", "34 %", "13 %"]);
  });
});
