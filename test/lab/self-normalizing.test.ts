// The lab self-normalizing at its smallest size, and its parts against independent truths.

import { describe, expect, it } from "vitest";
import { selfNormalizingLinear } from "../../src/bijections/index.js";
import { normal } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { exact, relative, selfNormalizing } from "../../src/jacobian/index.js";
import { eigenvalues } from "../../src/lab/relative/spectrum.js";
import type { TimeRow } from "../../src/lab/relative/step-times.js";
import { strokes } from "../../src/lab/relative/strokes.js";
import { bestLearned, type EndRow } from "../../src/lab/self-normalizing/compare.js";
import {
  drawFilteredGumbel,
  filteredGumbelLogProb,
  leastVariance,
} from "../../src/lab/self-normalizing/filtered-gumbel.js";
import { drawBothWays, InverseMeter, netFor } from "../../src/lab/self-normalizing/net.js";
import { leastWeightTimesVariance, type RestRow } from "../../src/lab/self-normalizing/rest.js";
import { digitTables, whitened } from "../../src/lab/self-normalizing/tables.js";
import { type WidthRow, width } from "../../src/lab/self-normalizing/width.js";
import { drawWidth } from "../../src/lab/self-normalizing/width-picture.js";
import {
  judgeInverse,
  judgeLikelihood,
  judgeRest,
  judgeTimes,
  judgeWidth,
  selfNormalizingLab,
} from "../../src/lab/self-normalizing.js";
import { descent } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { covarianceOf, ParameterStore } from "../../src/runtime/index.js";
import { Likelihood, TrainingStep } from "../../src/training/index.js";

const options = { full: false, smoke: true, seed: 0, threads: 1 };

describe("the lab self-normalizing", () => {
  it("finds the cost and the resting places claimed, and not the likelihood on correlated rows", async () => {
    const heard: string[] = [];
    const { held, verdict, figures, svg } = await selfNormalizingLab.run({
      ...options,
      onProgress: (text) => heard.push(text),
    });
    const sentences = verdict.split(/(?<=\.) (?=[A-Z])/);
    const told = (start: string) => sentences.filter((sentence) => sentence.startsWith(start)).length;
    expect({ held, verdict }).toEqual({
      held: false,
      verdict: expect.stringMatching(
        /^From D = 128 to 512 .* In one normal column .* Did not hold: On strokes \(16 columns\)/,
      ),
    });
    expect(told("Did not hold: From") + told("Did not hold: In one")).toBe(0);
    expect(told("After 200 steps at D = 16")).toBe(1);
    expect(told("Did not hold: After 10 steps at D = 16 to 32")).toBe(1);
    expect(new Set(figures.map(({ part }) => part))).toEqual(
      new Set(["time", "rest", "end", "curve", "width"]),
    );
    expect(new Set(figures.map(({ table }) => table).filter(Boolean))).toEqual(
      new Set(["strokes", "strokes, whitened", "digits", "digits, whitened"]),
    );
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
    expect(heard).toContain("steps of self-normalizing at D = 512");
  }, 120_000);

  it("ends when it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(selfNormalizingLab.run({ ...options, signal })).rejects.toThrow("enough");
  });
});

describe("the verdict on times", () => {
  const rows = (powers: Record<string, number>): TimeRow[] =>
    Object.entries(powers).flatMap(([estimator, power]) =>
      [64, 128, 256, 512].map((dim) => ({
        ...{ part: "time" as const, estimator, dim, milliseconds: 1 },
        processor: 1e-5 * dim ** power,
      })),
    );

  it("holds where the exact step alone is cubic", () => {
    expect(judgeTimes(rows({ "self-normalizing": 2.1, relative: 2, exact: 2.8 })).held).toBe(true);
  });

  it.each([
    ["all are quadratic", { "self-normalizing": 2, relative: 2, exact: 2 }],
    ["all are cubic", { "self-normalizing": 2.9, relative: 2.9, exact: 2.9 }],
    ["the exact one was not timed", { "self-normalizing": 2, relative: 2 }],
  ])("does not where %s", (_, powers) => {
    expect(judgeTimes(rows(powers)).held).toBe(false);
  });
});

describe("the verdict on where training rests", () => {
  const row = (weightTimesVariance: number, short: number | null): RestRow => ({
    part: "rest",
    weightTimesVariance,
    short,
    stable: weightTimesVariance > leastWeightTimesVariance,
  });

  it("holds where the optimum is kept above an eighth and left below", () => {
    expect(judgeRest([row(1 / 16, 0.3), row(1 / 32, null), row(1, 1e-7)]).held).toBe(true);
  });

  it("does not where it is left above or kept below", () => {
    expect(judgeRest([row(1 / 16, 0.3), row(1, 0.1)]).held).toBe(false);
    expect(judgeRest([row(1 / 16, 0), row(1, 0)]).held).toBe(false);
  });
});

const end = (name: string, changed: Partial<EndRow> = {}): EndRow => ({
  ...{ part: "end", table: "made up", columns: 10, leastWeight: 1, case: name, rate: 1, rateAtEdge: false },
  ...{ nats: -5, standardError: null, diverged: 0, netError: null },
  ...{ largestInverseError: null, lastInverseError: null, drawnByR: null, drawnByInverse: null },
  ...changed,
});
const learned = (name: string, changed: Partial<EndRow> = {}) =>
  end(name, {
    ...{ largestInverseError: 0.05, lastInverseError: 0.01, drawnByR: -6, drawnByInverse: -6.1 },
    ...changed,
  });

describe("the verdict on likelihood", () => {
  it("takes the best weight", () => {
    const rows = [end("exact"), end("relative"), learned("λ = 1", { nats: -9 }), learned("λ = 2")];
    expect(bestLearned(rows).case).toBe("λ = 2");
    expect(judgeLikelihood(rows).held).toBe(true);
  });

  it.each([
    ["a hundredth of a nat a column short", -5.099, true],
    ["more", -5.11, false],
    ["ahead", -3, true],
    ["no number", Number.NaN, false],
  ])("%s", (_, nats, held) => {
    expect(judgeLikelihood([end("exact"), end("relative"), learned("λ = 1", { nats })]).held).toBe(held);
  });
});

const wide = (name: string, changed: Partial<WidthRow> = {}): WidthRow => ({
  ...{ part: "width", dim: 64, steps: 9, batch: 100, case: name, rateTimesDim: 1, tuned: true },
  ...{ start: -2, nats: -1.5, truth: -1, largestInverseError: null, lastInverseError: null },
  ...changed,
});
const wideLearned = (changed: Partial<WidthRow> = {}) =>
  wide("self-normalizing, λ = 3", { largestInverseError: 0.5, lastInverseError: 0.05, ...changed });

describe("the verdict on width", () => {
  it("holds where the likelihood is equal and the inverse close at every dimension", () => {
    const at = (dim: number) => [
      wide("exact", { dim }),
      wide("relative", { dim }),
      wideLearned({ dim, nats: -1.509 }),
    ];
    expect(judgeWidth([...at(32), ...at(64)])).toMatchObject({
      held: true,
      sentence: expect.stringMatching(
        /^After 9 steps at D = 32 to 64 .* 0.0090 nats .* gained 0.50 or more .* 5.0 %\.$/,
      ),
    });
  });

  it.each([
    ["one is short", [wide("exact"), wideLearned({ nats: -1.511 })]],
    ["an inverse is far off at the end", [wide("exact"), wideLearned({ lastInverseError: 0.11 })]],
    ["nothing was learned", [wide("exact", { nats: -1.95 }), wideLearned({ nats: -1.95 })]],
    ["training diverged", [wide("exact"), wideLearned({ nats: -Infinity })]],
    ["the exact one diverged", [wide("exact", { nats: -Infinity }), wideLearned()]],
    ["there is none to compare with", [wideLearned()]],
  ])("does not where %s", (_, rows) => {
    expect(judgeWidth(rows).held).toBe(false);
  });
});

describe("the verdict on the learned inverses", () => {
  it("holds where they are close throughout and draw what the exact ones draw", () => {
    expect(judgeInverse([learned("λ = 1"), learned("λ = 1", { table: "another" })]).held).toBe(true);
  });

  it.each([
    ["one is far off on the way", { largestInverseError: 0.11 }],
    ["what is drawn is less likely", { drawnByR: -7.2 }],
    ["what is drawn is likelier", { drawnByR: -5 }],
  ])("does not where %s", (_, changed) => {
    expect(judgeInverse([learned("λ = 1"), learned("λ = 1", { table: "another", ...changed })]).held).toBe(
      false,
    );
  });
});

describe("the flow of the gradient about the optimum", () => {
  it.each([0.1, 0.5, 2])(
    "turns from leaving to resting at λ s² = 1/8: its determinant is 4λs² − ½ for λ = %d",
    async (weight) => {
      // The Jacobian of the estimator's gradient by differences, in one column whose deviation is s.
      const s = 0.6;
      const layer = selfNormalizingLinear({ dim: 1 });
      const step = await TrainingStep.create(new Flow(layer, normal({ dim: 1 })), {
        ...{ estimator: selfNormalizing({ weight }), optimizer: descent(), float: "float64", threads: 1 },
      });
      const { weight: w, learnedInverse: r } = layer.parameters;
      const at = async (moved: number, learned: number) => {
        step.store.view(w)[0] = (1 + moved) / s;
        step.store.view(r)[0] = (1 + learned) * s;
        await step.gradient(Float64Array.of(-s, s));
        // As shares of the optimum's w and r.
        return [-s * step.store.view(w, "gradient")[0], -step.store.view(r, "gradient")[0] / s];
      };
      const h = 1e-5;
      const slope = (above: number[], below: number[]) =>
        above.map((value, i) => (value - below[i]) / (2 * h));
      const [a, c] = slope(await at(h, 0), await at(-h, 0));
      const [b, d] = slope(await at(0, h), await at(0, -h));
      expect(a + d).toBeLessThan(0);
      expect(a * d - b * c).toBeCloseTo(4 * weight * s ** 2 - 0.5, 6);
      await step.release();
    },
  );
});

describe("the measures of the learned inverses", () => {
  const dim = 5;
  const random = new Random(3);
  const net = netFor(selfNormalizing(), dim, new Random(1));
  const store = new ParameterStore(Object.values(net.flow.parameters), { float: "float64" });
  const rows = random.fillNormal(new Float64Array(400 * dim));

  it("are nothing for a net that has none", async () => {
    expect(await InverseMeter.create(netFor(exact, dim, new Random(1)), store, 1)).toBeUndefined();
  });

  it("are zero where every R is the inverse, and rows drawn either way the same", async () => {
    const meter = await InverseMeter.create(net, store, 1);
    const { layer, net: whole } = (await meter?.measure(rows)) ?? { layer: 1, net: 1 };
    expect(layer).toBeLessThan(1e-12);
    expect(whole).toBeLessThan(1e-9);
    const { byR, byInverse } = await drawBothWays(net, store, rows, 1);
    expect(byR).toBeCloseTo(byInverse, 8);
    // By hand: rows drawn by the inverse have the density of their latents times the volume, and here most of W is 1.
    const likelihood = await Likelihood.create(net.flow, store, 1);
    const perfect = -(await likelihood.nll(rows));
    expect(Math.abs(byInverse - perfect)).toBeLessThan(dim);
    await likelihood.release();
    await meter?.release();
  });

  it("tell by how much an R is too long", async () => {
    const { learnedInverse } = net.parts[2].parameters;
    const view = store.view(learnedInverse);
    const before = view.slice();
    for (let i = 0; i < view.length; i++) view[i] *= 1.03;
    const meter = await InverseMeter.create(net, store, 1);
    expect((await meter?.measure(rows))?.layer).toBeCloseTo(0.03, 9);
    const { byR, byInverse } = await drawBothWays(net, store, rows, 1);
    expect(Math.abs(byR - byInverse)).toBeGreaterThan(0.01);
    view.set(before);
    await meter?.release();
  });
});

describe("rows of any width", () => {
  const rows = drawFilteredGumbel(20_000, 8, new Random(4));

  it("have variances between a quarter and four, whatever their width, and a mean of 0", () => {
    const { covariance, mean } = covarianceOf(rows, 8);
    for (const value of mean) expect(Math.abs(value)).toBeLessThan(0.04);
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++)
        expect(Math.abs(covariance[8 * i + j] - 0.6 ** Math.abs(i - j))).toBeLessThan(0.05);
    const spectrum = (dim: number) =>
      eigenvalues(
        Float64Array.from({ length: dim * dim }, (_, i) => 0.6 ** Math.abs(Math.floor(i / dim) - (i % dim))),
        dim,
      );
    for (const dim of [8, 64]) {
      expect(Math.min(...spectrum(dim))).toBeGreaterThan(leastVariance);
      expect(Math.max(...spectrum(dim))).toBeLessThan(1 / leastVariance);
    }
  });

  it("have a density that integrates to one, and the entropy of Gumbel's innovations", () => {
    const step = 0.05;
    let total = 0;
    for (let x = -12; x < 4; x += step)
      for (let y = -12; y < 5; y += step)
        total += Math.exp(filteredGumbelLogProb(Float32Array.of(x, y), 2)) * step * step;
    expect(total).toBeCloseTo(1, 3);
    // Of each innovation 1 + γ, of its scale √6 / π and, but for the first, √(1 − ρ²).
    const entropy = 8 * (1 + 0.5772156649 + Math.log(Math.sqrt(6) / Math.PI)) + 7 * Math.log(0.8);
    // A standard error is √8 π / √6 / √20,000 at most.
    expect(Math.abs(filteredGumbelLogProb(rows, 8) + entropy)).toBeLessThan(0.08);
  });
});

describe("the part on width", () => {
  const cases = [exact, relative, selfNormalizing({ weight: 3 })].map((estimator) => ({
    name: estimator.name,
    estimator,
  }));

  it("starts every case as the same map and takes the best rate along to wider rows", async () => {
    const rows = await width({ steps: 30, dims: [4, 6], tunedUpTo: 4, rates: [0.5, 1] }, cases, options);
    expect(rows.map((row) => [row.dim, row.case, row.tuned])).toEqual([
      ...cases.map(({ name }) => [4, name, true]),
      ...cases.map(({ name }) => [6, name, false]),
    ]);
    for (const dim of [4, 6]) {
      const [a, b, c] = rows.filter((row) => row.dim === dim);
      expect([b.start, c.start, b.truth, c.truth]).toEqual([a.start, a.start, a.truth, a.truth]);
      for (const row of [a, b, c]) expect(row.nats).toBeGreaterThan(row.start);
      // No density is likelier than the rows' own, but for what a thousand of them are off its mean.
      for (const row of [a, b, c]) expect(row.nats).toBeLessThan(row.truth + 0.02);
    }
    for (const [i, row] of rows.slice(0, 3).entries())
      expect(rows[3 + i].rateTimesDim).toBe(row.rateTimesDim);
    expect(rows.filter(({ lastInverseError }) => lastInverseError !== null).map((row) => row.case)).toEqual([
      "self-normalizing",
      "self-normalizing",
    ]);
    expect(drawWidth(rows)).toMatch(/^<svg .*30 steps.*<\/svg>$/s);
  });
});

describe("the tables", () => {
  it("are uncorrelated where they are whitened, with the volume of the map", () => {
    const plain = strokes(500, new Random(2));
    const { rows, volume } = whitened(plain);
    const spectrum = eigenvalues(covarianceOf(plain.train, 16).covariance, 16);
    expect(volume).toBeCloseTo(-0.5 * spectrum.reduce((sum, value) => sum + Math.log(value), 0), 4);
    for (const value of eigenvalues(covarianceOf(rows.train, 16).covariance, 16))
      expect(value).toBeCloseTo(1, 3);
    expect(rows.held).toHaveLength(plain.held.length);
  });

  it("have a column for every block of a picture", async () => {
    const [plain, white] = await digitTables(200, 100, 4, new Random(1));
    expect([plain.name, white.name]).toEqual(["digits", "digits, whitened"]);
    expect([plain.rows.dim, plain.rows.train.length, plain.rows.held.length]).toEqual([
      49,
      200 * 49,
      100 * 49,
    ]);
    expect(plain.rows.train.every(Number.isFinite) && white.rows.held.every(Number.isFinite)).toBe(true);
  });
});
