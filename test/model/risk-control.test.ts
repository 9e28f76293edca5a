// Weighted conformal p-values and conformal risk control: their promises, by simulation and by hand.

import { describe, expect, it } from "vitest";
import { conformalPValues, controlRisk, weightedPValues } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("weighted p-values", () => {
  it("are the ordinary ones where all weights are equal", () => {
    const random = new Random(1);
    const calibration = Array.from({ length: 50 }, () => Math.round(10 * random.normal()));
    const scores = Array.from({ length: 30 }, () => Math.round(12 * random.normal()));
    const weighted = weightedPValues({
      ...{ calibration, calibrationWeights: calibration.map(() => 3) },
      ...{ scores, weights: scores.map(() => 3) },
    });
    const plain = conformalPValues(calibration, scores);
    expect([...weighted]).toEqual([...plain].map((p) => expect.closeTo(p, 12)));
  });

  it("count calibration rows as much as they weigh, by hand", () => {
    const [low, high] = weightedPValues({
      ...{ calibration: [5, 1, 3], calibrationWeights: [1, 2, 4] },
      ...{ scores: [3, 6], weights: [1, 1] },
    });
    expect(low).toBeCloseTo((4 + 1 + 1) / 8, 12);
    expect(high).toBeCloseTo(1 / 8, 12);
  });

  it("keep the false-alarm rate where rows have shifted, which ordinary ones do not", () => {
    // Calibration rows x ~ N(0, 1), new rows x ~ N(1, 1), both normal; the score is x itself; the ratio is exp(x − ½).
    const random = new Random(2);
    const weight = (x: number) => Math.exp(x - 0.5);
    let [weighted, plain] = [0, 0];
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const calibration = Array.from({ length: 400 }, () => random.normal());
      const scores = Array.from({ length: 20 }, () => 1 + random.normal());
      const p = weightedPValues({
        ...{ calibration, calibrationWeights: calibration.map(weight) },
        ...{ scores, weights: scores.map(weight) },
      });
      weighted += mean([...p].map((value) => (value <= 0.1 ? 1 : 0))) / trials;
      plain +=
        mean([...conformalPValues(calibration, scores)].map((value) => (value <= 0.1 ? 1 : 0))) / trials;
    }
    expect(plain).toBeGreaterThan(0.3);
    expect(weighted).toBeLessThan(0.115);
    expect(weighted).toBeGreaterThan(0.06);
  });

  it("take what is not a number for the strangest", () => {
    const [p] = weightedPValues({
      calibration: [1, 2],
      calibrationWeights: [1, 1],
      scores: [Number.NaN],
      weights: [1],
    });
    expect(p).toBeCloseTo(1 / 3, 12);
  });

  it("refuse weights that are none", () => {
    const options = { calibration: [1, 2], calibrationWeights: [1, -1], scores: [1], weights: [1] };
    expect(() => weightedPValues(options)).toThrow(/-1 is no weight/);
    expect(() => weightedPValues({ ...options, calibrationWeights: [1] })).toThrow(/a weight for each/);
    expect(() => weightedPValues({ ...options, calibrationWeights: [0, 0], weights: [0] })).toThrow(/all 0/);
  });
});

describe("conformal risk control", () => {
  it("gives the threshold of conformal p-values for a loss of 0 and 1", () => {
    const random = new Random(3);
    const scores = Array.from({ length: 99 }, () => random.normal());
    const loss = (row: number, threshold: number) => (scores[row] > threshold ? 1 : 0);
    const found = controlRisk({ rows: 99, loss, thresholds: scores, bound: 1, level: 0.1 });
    // Of 99 rows, 9 may lie above: (9 + 1) / 100.
    expect(found).toEqual({
      threshold: [...scores].sort((a, b) => a - b)[89],
      risk: expect.closeTo(0.1, 12),
    });
  });

  it("keeps the expected cost of false alarms below the level, over many calibrations", () => {
    const random = new Random(4);
    const draw = () => ({ score: random.normal(), cost: 5 * random.uniform() });
    const trials = 2000;
    let cost = 0;
    for (let trial = 0; trial < trials; trial++) {
      const rows = Array.from({ length: 60 }, draw);
      const found = controlRisk({
        rows: rows.length,
        loss: (row, threshold) => (rows[row].score > threshold ? rows[row].cost : 0),
        thresholds: rows.map(({ score }) => score),
        ...{ bound: 5, level: 0.3 },
      });
      const next = draw();
      if (found === undefined) continue;
      if (next.score > found.threshold) cost += next.cost / trials;
    }
    // The standard error is 0.02.
    expect(cost).toBeLessThan(0.3 + 0.06);
    expect(cost).toBeGreaterThan(0.15);
  });

  it("says where no threshold keeps the level", () => {
    expect(controlRisk({ rows: 5, loss: () => 1, thresholds: [1, 2], bound: 1, level: 0.5 })).toBeUndefined();
    expect(controlRisk({ rows: 5, loss: () => 0, thresholds: [1, 2], bound: 1, level: 0.1 })).toBeUndefined();
  });

  it("refuses losses out of bounds, and such as rise with the threshold", () => {
    const options = { rows: 3, thresholds: [1, 2], bound: 1, level: 0.5 };
    expect(() => controlRisk({ ...options, loss: () => 2 })).toThrow(/does not lie between 0 and 1/);
    expect(() => controlRisk({ ...options, loss: (_, t) => t / 2 })).toThrow(/rises with the threshold/);
    expect(() => controlRisk({ ...options, thresholds: [], loss: () => 0 })).toThrow(
      /thresholds to choose from/,
    );
    expect(() => controlRisk({ ...options, level: 0, loss: () => 0 })).toThrow(/above 0/);
  });
});
