// The targets' constants and draws against integrals and closed forms, the judge, and the lab at its smallest size.

import { describe, expect, it } from "vitest";
import { EnergyField } from "../../src/energy/energy-field.js";
import { judge, pathGradientsLab } from "../../src/lab/path-gradients.js";
import type { TargetRuns } from "../../src/lab/path-gradients-runs.js";
import { corners, type Target, targets, wells } from "../../src/lab/path-gradients-targets.js";
import { Random } from "../../src/random/index.js";

/** ∫ exp(−energy) and ∫ energy exp(−energy) over a square of the plane. */
async function integrate({ energy }: Target, reach: number, step: number) {
  const points: number[] = [];
  for (let x = -reach; x <= reach; x += step) for (let y = -reach; y <= reach; y += step) points.push(x, y);
  const { values } = await (await EnergyField.create(energy)).evaluate(Float64Array.from(points));
  let [mass, mean] = [0, 0];
  for (const value of values) {
    mass += Math.exp(-value) * step * step;
    mean += value * Math.exp(-value) * step * step;
  }
  return { logZ: Math.log(mass), meanEnergy: mean / mass };
}

async function meanEnergyOfDraws({ energy, sample }: Target, n: number) {
  const { values } = await (await EnergyField.create(energy)).evaluate(sample(n, new Random(3)));
  return values.reduce((a, b) => a + b) / n;
}

describe("the targets of the lab path-gradients", () => {
  it("two wells have the constant and the mean energy that integrals over the plane find", async () => {
    const target = wells(2);
    const { logZ, meanEnergy } = await integrate(target, 3, 0.03);
    expect(target.logZ).toBeCloseTo(logZ, 5);
    expect(Math.abs((await meanEnergyOfDraws(target, 4000)) - meanEnergy)).toBeLessThan(0.06);
  });

  it("eight modes are a density, and its draws have its entropy", async () => {
    const [target] = targets();
    const { logZ, meanEnergy } = await integrate(target, 6, 0.05);
    expect(target.logZ).toBe(0);
    expect(logZ).toBeCloseTo(0, 6);
    expect(Math.abs((await meanEnergyOfDraws(target, 20_000)) - meanEnergy)).toBeLessThan(0.04);
  });

  it("the cube's modes are what their density says: coordinates are independent, each of two normals", async () => {
    const target = corners();
    const field = await EnergyField.create(target.energy);
    const x = [0.3, -1.2, 0.8, 2, -0.1, 1];
    const normal = (at: number) => Math.exp(-at * at) / Math.sqrt(Math.PI);
    const truth = x.reduce((total, at) => total - Math.log(0.5 * (normal(at - 1) + normal(at + 1))), 0);
    expect((await field.evaluate(Float64Array.from(x))).values[0]).toBeCloseTo(truth, 9);
    const draws = target.sample(5000, new Random(4));
    const squares = draws.reduce((total, at) => total + at * at, 0) / draws.length;
    expect(Math.abs(squares - 1.5)).toBeLessThan(0.03);
  });
});

describe("the verdict of the lab path-gradients", () => {
  const divergences = (...values: number[]) => values.map((divergence) => ({ divergence }));
  const runs = (pathVariance: number, path: number[], aware: number[]) =>
    ({
      target: corners(),
      reverse: {
        path: divergences(...path).map((run) => ({
          ...run,
          spreads: [{ step: 10, variance: { path: pathVariance, total: 10 } }],
        })),
        total: divergences(0.3, 0.31, 0.29),
      },
      forward: { path: divergences(...aware), total: divergences(0.5, 0.6, 0.55) },
    }) as unknown as TargetRuns;

  it("is that the claim holds where variance and both divergences are lower", () => {
    expect(judge(runs(2, [0.1, 0.12, 0.11], [0.2, 0.3, 0.2])).held).toBe(true);
  });

  it.each([
    ["the variance is not lower", 11, [0.1, 0.12, 0.11], [0.2, 0.3, 0.2]],
    ["the reverse divergence is higher", 2, [0.4, 0.42, 0.41], [0.2, 0.3, 0.2]],
    ["the reverse divergence is lower in the mean, but not clearly", 2, [0.1, 0.5, 0.2], [0.2, 0.3, 0.2]],
    ["the forward divergence is higher", 2, [0.1, 0.12, 0.11], [0.7, 0.8, 0.7]],
    ["a number is none", 2, [0.1, Number.NaN, 0.11], [0.2, 0.3, 0.2]],
  ])("is that it does not where %s", (_, variance, path, aware) => {
    expect(judge(runs(variance, path, aware)).held).toBe(false);
  });
});

describe("the lab path-gradients", () => {
  it("holds on the paper's mixture, at its smallest size", async () => {
    const said: string[] = [];
    const { held, verdict, figures, svg } = await pathGradientsLab.run({
      ...{ full: false, smoke: true, seed: 0, threads: 1 },
      onProgress: (text) => said.push(text),
    });
    expect({ held, verdict }).toEqual({
      held: true,
      verdict: expect.stringMatching(/^64 modes: held; .* from 100 samples/),
    });
    expect(said).toHaveLength(3);
    expect(figures).toHaveLength(6);
    for (const { freeEnergy, freeEnergyStandardError, effectiveSampleSize } of figures) {
      expect(Math.abs(freeEnergy as number)).toBeLessThan(5 * (freeEnergyStandardError as number));
      expect(effectiveSampleSize).toBeGreaterThan(0.9);
    }
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
  }, 30_000);

  it("stops when asked", async () => {
    const options = { full: false, smoke: true, seed: 0, threads: 1, signal: AbortSignal.abort() };
    await expect(pathGradientsLab.run(options)).rejects.toThrow(/abort/);
  });
});
