// Since when: windows against a reference, the level kept over them all; and InFlow's gate on top.

import { describe, expect, it } from "vitest";
import { tableFromRows } from "../../src/data/index.js";
import { fitQuickly } from "../../src/drift/density.js";
import { gatedLogProb } from "../../src/drift/gate.js";
import { seriesPicture } from "../../src/drift/picture.js";
import { detectShiftOverTime, detectShiftOverTimeFromModel } from "../../src/drift/series.js";
import { type Feature, windowTests } from "../../src/drift/windows.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";

const normals = (random: Random, count: number, shift = 0) =>
  random.fillNormal(new Float64Array(count)).map((value) => value + shift);
const options = { size: 25, step: 25, alpha: 0.05, random: new Random(1) };

describe("windows", () => {
  it("keep the level over all of them, in 200 simulations of 12 windows and two features", async () => {
    const random = new Random(2);
    let alarms = 0;
    for (let run = 0; run < 200; run++) {
      const features: Feature[] = ["x", "y"].map((name) => ({
        ...{ name, weight: 1 },
        reference: normals(random, 60),
        current: normals(random, 300),
      }));
      const { first } = await windowTests(features, { ...options, random: new Random(run) });
      if (first !== null) alarms++;
    }
    // At most Binomial(200, 0.05): mean 10, standard deviation 3.1.
    expect(alarms).toBeLessThanOrEqual(20);
  });

  it("have uniform p-values whatever the distribution, ties among whole numbers too", async () => {
    const random = new Random(3);
    const whole = (count: number) => normals(random, count).map((value) => Math.round(value));
    let [below, total] = [0, 0];
    for (let run = 0; run < 20; run++) {
      const feature = { name: "n", weight: 1, reference: whole(100), current: whole(1000) };
      const { windows } = await windowTests([feature], { ...options, random: new Random(run) });
      for (const { pValues } of windows) {
        total++;
        if (pValues[0] <= 0.2) below++;
      }
    }
    // Windows of one run share their reference: the deviation is above the binomial's 0.014.
    expect(below / total).toBeGreaterThan(0.12);
    expect(below / total).toBeLessThan(0.28);
  });

  it("say which was the first, and not before it happened", async () => {
    const random = new Random(4);
    const current = Float64Array.from([...normals(random, 500), ...normals(random, 500, 1.5)]);
    const features = [
      { name: "moves", weight: 1, reference: normals(random, 400), current },
      { name: "stays", weight: 1, reference: normals(random, 400), current: normals(random, 1000) },
    ];
    const { windows, first, smallestPValue } = await windowTests(features, options);
    expect(windows).toHaveLength(40);
    expect(first).toBe(20);
    expect(windows[20]).toMatchObject({ from: 500, to: 525, shifted: true });
    expect(windows.slice(0, 20).some(({ shifted }) => shifted)).toBe(false);
    expect(windows[20].pValues[0]).toBe(smallestPValue);
    expect(windows.every(({ adjusted }) => adjusted[1] > 0.05)).toBe(true);
  });

  it("may overlap", async () => {
    const random = new Random(5);
    const feature = { name: "x", weight: 1, reference: normals(random, 50), current: normals(random, 100) };
    const { windows } = await windowTests([feature], { ...options, step: 10 });
    expect(windows.map(({ from, to }) => [from, to])).toEqual(
      Array.from({ length: 8 }, (_, w) => [10 * w, 10 * w + 25]),
    );
  });

  it("are refused where there are too many for the level, or none", async () => {
    const feature = (rows: number) => ({
      ...{ name: "x", weight: 1, reference: new Float64Array(50), current: new Float64Array(rows) },
    });
    const many = windowTests([feature(70_000)], { ...options, step: 1 });
    await expect(many).rejects.toThrow(/69,976 windows are too many: a level of 0.05/);
    await expect(windowTests([feature(20)], options)).rejects.toThrow(/longer than the 20 rows/);
  });
});

/** Two dependent columns; from `moved` on the second is shifted. */
function stream(seed: number, rows: number, moved = rows) {
  const random = new Random(seed);
  return tableFromRows(
    Array.from({ length: rows }, (_, i) => {
      const a = random.normal();
      return [a, 0.8 * a + 0.6 * random.normal() + (i < moved ? 0 : 1.5)];
    }).flat(),
    2,
    ["pressure", "flow"],
  );
}

const quick = { epochs: 30, layers: 1 };

describe("a series", () => {
  it("names window and column, and is drawn", async () => {
    const series = await detectShiftOverTime(stream(1, 600), stream(2, 800, 400), { window: 50, fit: quick });
    expect(series.features).toEqual(["log-density", "pressure", "flow"]);
    expect(series.windows[series.first ?? 0]).toMatchObject({ from: 400, to: 450 });
    expect(series.windows[8].adjusted[2]).toBeLessThanOrEqual(0.05);
    expect(series.windows.every(({ adjusted }) => adjusted[1] > 0.05)).toBe(true);
    const svg = seriesPicture(series);
    expect(svg).toMatch(/^<svg .*xmlns="http:\/\/www.w3.org\/2000\/svg"/s);
    expect(svg).toContain("The first that has shifted starts at row 401.");
  });

  it("works beside a model, with its calibration rows", async () => {
    const { model } = await fitQuickly(stream(3, 800), { options: { ...quick, calibration: 0.3 }, seed: 0 });
    const series = await detectShiftOverTimeFromModel(model, stream(4, 600, 300), { window: 50 });
    expect(series.features).toEqual(["log-density", "latent-norm"]);
    expect(series.referenceRows).toBe(240);
    expect(series.windows[series.first ?? 0].from).toBe(300);
    const none = { window: 5 };
    await expect(detectShiftOverTimeFromModel(model, stream(4, 60), none)).rejects.toThrow(/at least 8 rows/);
    await model.release();
  });
});

describe("InFlow's gate", () => {
  it("lets unmoved windows through as they are and meets the base with moved ones untransformed", async () => {
    const { model } = await fitQuickly(stream(5, 800), { options: quick, seed: 0 });
    const flat = (table: ReturnType<typeof stream>) =>
      Float64Array.from({ length: 2 * table.rows }, (_, i) => table.columns[i % 2].values[Math.floor(i / 2)]);
    const heldOut = await model.logProb(flat(stream(6, 400)));
    const rows = flat(stream(7, 200, 100));
    const gated = await gatedLogProb(model, heldOut, rows, {
      window: 50,
      alpha: 0.01,
      random: new Random(1),
    });
    expect([...gated.gate]).toEqual([1, 1, 0, 0]);
    expect(gated.gated[0]).toBe(gated.ungated[0]);
    const [first, second] = model.columns;
    const standardNormal = Array.from({ length: 50 }, (_, i) => {
      const z = [
        (rows[2 * (100 + i)] - first.center) / first.scale,
        (rows[2 * (100 + i) + 1] - second.center) / second.scale,
      ];
      return -0.5 * (z[0] ** 2 + z[1] ** 2) - Math.log(2 * Math.PI * first.scale * second.scale);
    });
    expect(gated.gated[2]).toBeCloseTo(standardNormal.reduce((sum, value) => sum + value, 0) / 50, 10);
    await model.release();
  });
});

it("throws errors that are LogdetErrors", async () => {
  await expect(
    detectShiftOverTime(stream(1, 60), stream(2, 60), { window: 20, step: 0 }),
  ).rejects.toBeInstanceOf(LogdetError);
});
