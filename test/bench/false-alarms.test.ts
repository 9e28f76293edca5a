// The law of false alarms that the anomaly benchmark holds its rates to, and the verdict on all of them.

import { describe, expect, it } from "vitest";
import type { AnomalyRow } from "../../bench/lib/anomaly-report.js";
import {
  centralBand,
  falseAlarmChance,
  flaggedLaw,
  sumLaw,
  twoSidedP,
} from "../../bench/lib/false-alarm-law.js";
import { falseAlarmTests, verdict } from "../../bench/lib/false-alarm-tests.js";
import { falseAlarms } from "../../bench/lib/false-alarms.js";

/** All sets of `size` of the places 0 … n − 1. */
function subsets(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  if (n < size) return [];
  return [...subsets(n - 1, size), ...subsets(n - 1, size - 1).map((set) => [...set, n - 1])];
}

describe("the law of flags", () => {
  it("is that of all orders in which calibration rows and test rows may lie", () => {
    for (const [calibration, test, level] of [
      [4, 3, 0.2],
      [4, 3, 0.45],
      [5, 4, 0.5],
      [9, 2, 0.1],
      [3, 5, 0.1],
    ]) {
      const orders = subsets(calibration + test, test);
      const counts = new Float64Array(test + 1);
      for (const tested of orders) {
        // A place is a score: the p-value counts the calibration rows at larger places.
        const p = tested.map((place) => {
          const stranger = calibration + test - 1 - place - tested.filter((other) => other > place).length;
          return (1 + stranger) / (calibration + 1);
        });
        counts[p.filter((value) => value <= level).length] += 1 / orders.length;
      }
      const law = flaggedLaw(level, { calibration, test });
      expect(law).toHaveLength(test + 1);
      for (const [flags, share] of counts.entries()) expect(law[flags]).toBeCloseTo(share, 13);
    }
  });

  it("has the probabilities, tails and bands of exact fractions, for tables of real sizes", () => {
    // C(k + j − 1, j) C(n − k + m − j, m − j) / C(n + m, m) in Python's whole numbers.
    const law = flaggedLaw(0.05, { calibration: 999, test: 1000 });
    expect(law[50]).toBeCloseTo(0.04082814870201624, 13);
    expect(twoSidedP(law, 30)).toBeCloseTo(2 * 0.014610693449410708, 13);
    expect(twoSidedP(law, 81)).toBeCloseTo(0.004846370821903185, 13);
    const rare = flaggedLaw(0.01, { calibration: 470, test: 2014 });
    expect(twoSidedP(rare, 56)).toBeCloseTo(0.004023657031471186, 13);
    const wide = flaggedLaw(0.1, { calibration: 3191, test: 13_674 });
    expect(wide[1366]).toBeCloseTo(0.004948763893614111, 13);
    expect(wide.reduce((a, b) => a + b)).toBeCloseTo(1, 11);
    // scipy 1.17.1: betabinom(m, k, n + 1 - k).
    expect([law, rare, wide].map((one) => centralBand(one, 0.99))).toEqual([
      [28, 78],
      [1, 50],
      [1166, 1581],
    ]);
  });

  it("of several seeds is the convolution of their laws", () => {
    // Python's whole numbers, convolved.
    const law = sumLaw([
      flaggedLaw(0.1, { calibration: 30, test: 60 }),
      flaggedLaw(0.1, { calibration: 30, test: 50 }),
      flaggedLaw(0.05, { calibration: 39, test: 40 }),
    ]);
    expect(law).toHaveLength(151);
    expect(law[10]).toBeCloseTo(0.07463469726254908, 14);
    expect(twoSidedP(law, 20)).toBeCloseTo(0.22286271299882388, 14);
  });

  it("has a band of exactly the counts whose p-values are above what is outside", () => {
    const law = flaggedLaw(0.05, { calibration: 199, test: 150 });
    const [least, most] = centralBand(law, 0.9);
    for (let flags = 0; flags < law.length; flags++)
      expect(twoSidedP(law, flags) > 0.1).toBe(least <= flags && flags <= most);
  });

  it("is all at no flag where the level is out of reach, and is unknown without p-values", () => {
    expect(flaggedLaw(0.01, { calibration: 98, test: 2 })).toEqual(Float64Array.of(1, 0, 0));
    const { band, p } = falseAlarmChance(Float64Array.of(0.2, 0.9), 9);
    expect([band["0.01"], p["0.01"]]).toEqual([[0, 0], 1]);
    expect(p["0.1"]).toBe(1);
    expect(falseAlarmChance(undefined, 9)).toEqual({
      band: { "0.01": null, "0.05": null, "0.1": null },
      p: { "0.01": null, "0.05": null, "0.1": null },
    });
  });
});

/** A table's row with so many flags among 1,000 normal rows at 0.01, 0.05 and 0.1, calibrated by 999. */
function rowOf(table: string, flags: readonly [number, number, number], changed: Partial<AnomalyRow> = {}) {
  const [hundredth, twentieth, tenth] = flags.map((count) => count / 1000);
  return {
    ...{ table, protocol: "normal", detector: "combined", seed: 0, auroc: 0.8, averagePrecision: 0.5 },
    falseAlarm: { "0.01": hundredth, "0.05": twentieth, "0.1": tenth },
    falseAlarmBand: falseAlarmChance(undefined, undefined).band,
    falseAlarmP: falseAlarms(undefined),
    ...{ seconds: 2, normals: 1000, anomalies: 50, calibration: 999, note: null },
    ...changed,
  } satisfies AnomalyRow;
}

describe("the verdict on false alarms", () => {
  it("is one test a table and level, of the detector's calibrated rows alone", () => {
    const rows = [
      rowOf("a", [10, 50, 81]),
      rowOf("a", [99, 99, 99], { detector: "density" }),
      rowOf("a", [99, 99, 99], { protocol: "unsupervised", calibration: null }),
      rowOf("b", [10, 81, 100]),
    ];
    const tests = falseAlarmTests(rows, "combined");
    expect(tests.map(({ table, level }) => `${table} ${level}`)).toEqual([
      "a 0.01",
      "a 0.05",
      "a 0.1",
      "b 0.01",
      "b 0.05",
      "b 0.1",
    ]);
    expect(tests[4]).toMatchObject({ seeds: 1, falseAlarm: 0.081, expected: 0.05, from: 0.028, to: 0.078 });
    // The p-value of 81 flags at 0.05 as above, and six times that.
    expect(tests[4].p).toBeCloseTo(0.004846370821903185, 13);
    expect(tests[4].holm).toBeCloseTo(6 * 0.004846370821903185, 12);
  });

  it("calls rates off that Holm's rule leaves, and says on which side", () => {
    const off = verdict(falseAlarmTests([rowOf("a", [10, 50, 55]), rowOf("b", [10, 81, 100])], "combined"));
    expect(off).toMatch(/^combined, 6 rates: a at 0.1 is below, b at 0.05 is above what it promises/);
    const fine = verdict(falseAlarmTests([rowOf("a", [10, 50, 100]), rowOf("b", [10, 78, 100])], "combined"));
    expect(fine).toMatch(/^combined, 6 rates: all are within sampling error/);
    expect(fine).toMatch(/The least p-value is 0\.01\d* \(b at 0\.05\), 0\.06\d* by Holm's rule\.$/);
  });

  it("takes the seeds of a table together: what is likely once is not, three times over", () => {
    const once = [rowOf("a", [10, 70, 100])];
    const thrice = [0, 1, 2].map((seed) => rowOf("a", [10, 70, 100], { seed }));
    const [alone, together] = [once, thrice].map((rows) => falseAlarmTests(rows, "combined")[1]);
    expect(together).toMatchObject({ seeds: 3, falseAlarm: 0.07, expected: 0.05 });
    expect(alone.p).toBeGreaterThan(0.03);
    expect(together.p).toBeLessThan(0.002);
    expect(together.to - together.from).toBeLessThan((alone.to - alone.from) / 1.6);
  });

  it("leaves out levels for which calibration rows are too few", () => {
    const few = rowOf("a", [0, 50, 100], { calibration: 60 });
    expect(falseAlarmTests([few], "combined").map(({ level }) => level)).toEqual([0.05, 0.1]);
  });
});
