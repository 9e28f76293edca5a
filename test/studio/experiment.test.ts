// What the lab's page computes, in Node: the same code without the page.

import { describe, expect, it } from "vitest";
import { activations as allActivations } from "../../src/flows/index.js";
import { jacobianEstimators } from "../../src/jacobian/index.js";
import { Experiment, type Reading, type Update } from "../../studio/lab/experiment.js";
import { gridSize } from "../../studio/lab/grid.js";
import { poseProblem } from "../../studio/lab/problem.js";
import {
  activations,
  defaultSettings,
  densityNames,
  ruleNames,
  usualNoise,
} from "../../studio/lab/settings.js";
import type { Snapshot } from "../../studio/lab/snapshot.js";
import { levelsOf } from "../../studio/page/contour-levels.js";
import { lineCount, linePoints } from "../../studio/page/stage.js";

const small = { ...defaultSettings, rows: 1000, layers: 2, steps: 100 };

async function run(settings: typeof small & { rule: string }, interrupt = false) {
  const updates: Update[] = [];
  let piece = new AbortController();
  const experiment = await Experiment.create(settings, (update) => {
    updates.push(update);
    if (interrupt && update.type === "reading") piece.abort();
  });
  let reason = await experiment.run(piece.signal);
  while (reason === "interrupted") {
    piece = new AbortController();
    reason = await experiment.run(piece.signal);
  }
  await experiment.release();
  const readings = updates.flatMap((update) => (update.type === "reading" ? [update.reading] : []));
  const snapshots = updates.flatMap((update) => (update.type === "snapshot" ? [update.snapshot] : []));
  return { reason, readings, snapshot: snapshots.at(-1) as Snapshot };
}

describe("an experiment of the lab", () => {
  it.each(ruleNames)("learns under the rule %s", async (rule) => {
    const { reason, readings } = await run({ ...small, rule });
    expect(reason).toBe("finished");
    expect(readings.at(-1)!.validationNll).toBeLessThan(readings[0].validationNll);
  });

  it.each(activations)("takes the activation %s", async (activation) => {
    const { reason, readings } = await run({ ...small, activation, rule: "relative" });
    expect(reason).toBe("finished");
    expect(Number.isFinite(readings.at(-1)!.validationNll)).toBe(true);
  });

  it("comes to the same numbers however often it is interrupted", async () => {
    const numbers = (readings: readonly Reading[]) => readings.map(({ seconds, ...rest }) => rest);
    const unbroken = await run({ ...small, rule: "lie" });
    const broken = await run({ ...small, rule: "lie" }, true);
    expect(numbers(broken.readings)).toEqual(numbers(unbroken.readings));
    expect(broken.snapshot).toEqual(unbroken.snapshot);
  });

  it("shows the density that it tells the likelihood of: it integrates to one, and its rows follow it", async () => {
    // Wide and many rows: a grid of 80 sees no detail of a spline that has followed few.
    const wide = { ...small, density: "trimodal", noise: 0.7, rows: 10_000, steps: 300 };
    const { snapshot, readings } = await run({ ...wide, rule: "relative" });
    const { truth } = poseProblem(wide);
    const cell = ((2 * truth.extent) / gridSize) ** 2;
    const total = snapshot.grid.reduce((sum, value) => sum + value, 0) * cell;
    expect(total).toBeCloseTo(1, 1);
    // Σ p(cell) (−log q(cell)) over the true density: the NLL, up to the grid's width and the rows' chance.
    let crossEntropy = 0;
    for (const [i, p] of truth.grid.entries()) crossEntropy -= p * Math.log(snapshot.grid[i] + 1e-300) * cell;
    const best = Math.min(...readings.map(({ validationNll }) => validationNll));
    expect(Math.abs(crossEntropy - best)).toBeLessThan(0.15);
    // The share of drawn rows with x > 0 against the grid's.
    let [drawn, mass] = [0, 0];
    for (let i = 0; i < snapshot.samples.length; i += 2)
      if (snapshot.samples[i] > 0) drawn += 2 / snapshot.samples.length;
    for (const [i, value] of snapshot.grid.entries()) if (i % gridSize >= gridSize / 2) mass += value * cell;
    expect(Math.abs(drawn - mass)).toBeLessThan(5 * Math.sqrt(0.25 / 1000) + 0.02);
  });

  it("bends a grid layer by layer, from the data to the latent", async () => {
    const { snapshot } = await run({ ...small, rule: "exact" });
    expect(snapshot.stages.map(({ name }) => name)).toEqual([
      ...["data", "spline 1", "matrix 1", "spline 2", "matrix 2"],
    ]);
    for (const { lines } of snapshot.stages) expect(lines).toHaveLength(2 * lineCount * linePoints);
    // A spline moves each coordinate by itself: lines that went up still do.
    const [, bent] = snapshot.stages;
    for (let i = 1; i < linePoints; i++) {
      expect(bent.lines[2 * i]).toBe(bent.lines[0]);
      expect(bent.lines[2 * i + 1]).toBeGreaterThan(bent.lines[2 * i - 1]);
    }
  });

  it("poses every density with its entropy", () => {
    for (const density of densityNames) {
      const { truth } = poseProblem({ ...small, density, noise: usualNoise(density) });
      const cell = ((2 * truth.extent) / gridSize) ** 2;
      const mass = truth.grid.reduce((sum, p) => sum + p, 0) * cell;
      const entropy = truth.grid.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0) * cell;
      expect(mass, density).toBeCloseTo(1, 1);
      expect(Math.abs(entropy - truth.entropy), density).toBeLessThan(0.12);
    }
  });

  it("refuses a curve without noise", () => {
    expect(() => poseProblem({ ...small, noise: 0 })).toThrow(/moons without noise is a curve/);
  });
});

describe("the page's choices", () => {
  it("are all of the library's estimators and activations", () => {
    expect(ruleNames).toEqual(Object.keys(jacobianEstimators));
    expect(activations).toEqual(allActivations);
  });
});

describe("the contours' levels", () => {
  it("are those of a normal's ellipses: a share m of the mass lies where the density is above (1 − m) / 2π", () => {
    const size = 200;
    const grid = Float64Array.from({ length: size ** 2 }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)].map((k) => 5 * ((2 * k + 1) / size - 1));
      return Math.exp(-(x ** 2 + y ** 2) / 2) / (2 * Math.PI);
    });
    for (const [i, mass] of [0.9, 0.5, 0.1].entries())
      expect(levelsOf(grid, [0.9, 0.5, 0.1])[i]).toBeCloseTo((1 - mass) / (2 * Math.PI), 3);
  });
});
