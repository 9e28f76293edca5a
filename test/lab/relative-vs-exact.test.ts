// The lab relative-vs-exact at its smallest size, and its parts against independent truths.

import { describe, expect, it } from "vitest";
import { instantiateKernels } from "../../src/kernels/index.js";
import type { LagRow } from "../../src/lab/relative/lag.js";
import { applyMetric } from "../../src/lab/relative/metric.js";
import { epochAdam, oneMomentAdam } from "../../src/lab/relative/optimizers.js";
import { conditionNumber, eigenvalues } from "../../src/lab/relative/spectrum.js";
import { exponent, type TimeRow, upperHalf } from "../../src/lab/relative/step-times.js";
import { strokes } from "../../src/lab/relative/strokes.js";
import { judgeLag, judgeTimes, relativeVsExact } from "../../src/lab/relative-vs-exact.js";
import { adam, type Optimizer } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { expectClose, generate, product, transposed } from "../helpers/index.js";

const options = { full: false, smoke: true, seed: 1, threads: 1 };

describe("the lab relative-vs-exact", () => {
  it("holds at its smallest size", async () => {
    const heard: string[] = [];
    const result = await relativeVsExact.run({ ...options, onProgress: (text) => heard.push(text) });
    expect(result.verdict).not.toContain("Did not hold");
    expect(result.held).toBe(true);
    expect(result.svg).toMatch(/^<svg /);
    expect(new Set(result.figures.map((row) => row.part))).toEqual(new Set(["time", "optimum", "lag"]));
    expect(heard).toContain("steps of exact at D = 512");
  }, 60_000);

  it("ends when it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(relativeVsExact.run({ ...options, signal })).rejects.toThrow("enough");
  });
});

const powerLaw = (relative: number, exact: number): TimeRow[] =>
  [64, 128, 256, 512, 1024].flatMap((dim) => [
    { part: "time", estimator: "relative", dim, milliseconds: 1, processor: 1e-5 * dim ** relative },
    { part: "time", estimator: "exact", dim, milliseconds: 1, processor: 1e-7 * dim ** exact },
  ]);

describe("the verdict on times", () => {
  it("finds the exponents of power laws, over the larger dimensions", () => {
    const rows = powerLaw(2, 3);
    expect(upperHalf([64, 128, 256, 512, 1024])).toEqual([256, 512, 1024]);
    expect(exponent(rows, "relative", [256, 512, 1024])).toBeCloseTo(2, 10);
    expect(exponent(rows, "exact", [256, 512, 1024])).toBeCloseTo(3, 10);
    expect(judgeTimes(rows).held).toBe(true);
  });

  it("denies what is not so", () => {
    expect(judgeTimes(powerLaw(3, 3)).held).toBe(false);
    expect(judgeTimes(powerLaw(2, 2)).held).toBe(false);
  });
});

describe("the verdict on the lag", () => {
  const rows = (nats: Record<string, number>): LagRow[] =>
    Object.entries(nats).map(([name, value]) => ({
      ...{ part: "lag", table: "made up", changed: "", case: name, rate: 1, rateAtEdge: false },
      ...{ nats: value, standardError: null, diverged: 0, conditionFirst: 1, conditionLast: 1 },
    }));
  const asClaimed = {
    exact: -8,
    relative: -9,
    published: -10,
    "metric in the first layer": -9,
    "metric in the last layer": -8,
    "metric damped": -8,
    "exact, one moment": -8,
    "relative, one moment": -9,
  };

  it("holds where the first layer's metric carries it", () => {
    expect(judgeLag(rows(asClaimed)).held).toBe(true);
  });

  it.each([
    ["the last layer's metric does as much", { "metric in the last layer": -9.1 }],
    ["damping does not help", { "metric damped": -9 }],
    [
      "the first layer's does little",
      { "metric in the first layer": -8.4, "metric in the last layer": -8.3 },
    ],
    ["the bias rule costs nothing", { published: -8.9 }],
    ["a case is missing", { relative: Number.NaN }],
  ])("does not where %s", (_, changed) => {
    expect(judgeLag(rows({ ...asClaimed, ...changed })).held).toBe(false);
  });
});

describe("the metric", () => {
  const dim = 4;
  const random = new Random(3);
  const weight = generate([dim, dim], () => random.normal());
  const gradient = generate([dim, dim], () => random.normal());

  it("multiplies by W Wᵀ", () => {
    const turned = gradient.data.slice();
    applyMetric(weight.data, turned, dim, 0);
    expectClose(turned, product(product(weight, transposed(weight)), gradient).data, { absolute: 1e-12 });
  });

  it("is mostly the identity where it is damped much", () => {
    const turned = gradient.data.slice();
    applyMetric(weight.data, turned, dim, 1e9);
    const size = weight.data.reduce((sum, value) => sum + value ** 2, 0) / dim;
    expectClose(
      turned.map((value) => value / (1e9 * size)),
      gradient.data,
      { absolute: 1e-7 },
    );
  });
});

describe("eigenvalues", () => {
  it("are those of a matrix made of them", () => {
    // A Householder reflection of a diagonal: eigenvalues known.
    const [v, values] = [
      [0.5, -0.5, 0.1, 0.7],
      [4, 1, 0.25, 9],
    ];
    const square = v.reduce((sum, value) => sum + value ** 2, 0);
    const reflect = generate([4, 4], ([i, j]) => (i === j ? 1 : 0) - (2 * v[i] * v[j]) / square);
    const diagonal = generate([4, 4], ([i, j]) => (i === j ? values[i] : 0));
    const made = product(product(reflect, diagonal), reflect);
    expectClose(
      eigenvalues(made.data, 4).sort(),
      values.toSorted((a, b) => a - b),
      { absolute: 1e-12 },
    );
    expect(conditionNumber(product(reflect, diagonal).data, 4)).toBeCloseTo(36, 8);
  });
});

describe("the variants of Adam", () => {
  const count = 4;

  /** Where a few steps with the same gradient, and then others, lead. */
  function walk(optimizer: Optimizer, gradients: readonly (readonly number[])[]): number[] {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const kernels = instantiateKernels(memory).float64;
    const place = (at: number) => new Float64Array(memory.buffer, 64 * at, count);
    const [target, gradient, first, second] = [0, 1, 2, 3].map(place);
    for (const [i, values] of gradients.entries()) {
      gradient.set(values);
      const slots = [first, second];
      optimizer.update({ kernels, target, gradient, slots, learningRate: 0.1, step: i + 1 });
    }
    return [...target];
  }
  const steep = [
    [1, 10, -100, 0],
    [2, 5, -50, 1],
    [1, -5, -80, 0],
  ];

  it("with one moment keep the direction of the first gradient, at a root mean square of the rate", () => {
    const [step] = [walk(oneMomentAdam(), steep.slice(0, 1))];
    const scale = Math.sqrt(steep[0].reduce((sum, value) => sum + value ** 2, 0) / count);
    expectClose(
      step,
      steep[0].map((value) => (-0.1 * value) / scale),
      { absolute: 1e-9 },
    );
  });

  it("with one moment are Adam where all elements are alike", () => {
    const alike = [1, 3, -2, 0.5].map((value) => Array<number>(count).fill(value));
    expectClose(walk(oneMomentAdam(), alike), walk(adam(), alike), { absolute: 1e-12 });
  });

  it("with the epoch's number are Adam where every epoch has one step, and slower where it has many", () => {
    expectClose(walk(epochAdam(1), steep), walk(adam(), steep), { absolute: 1e-15 });
    const constant = Array.from({ length: 2000 }, () => [1, 1, 1, 1]);
    const effective = walk(epochAdam(40), constant)[0] / walk(adam(), constant)[0];
    expect(effective).toBeGreaterThan(0.15);
    expect(effective).toBeLessThan(0.35);
  });
});

describe("strokes", () => {
  it("are standardised, strongly correlated, and the same for the same seed", () => {
    const { dim, train, held } = strokes(500, new Random(2));
    expect([dim, train.length, held.length]).toEqual([16, 500 * 16, 250 * 16]);
    for (let j = 0; j < dim; j++) {
      const column = train.filter((_, i) => i % dim === j);
      const mean = column.reduce((sum, value) => sum + value, 0) / 500;
      expect(mean).toBeCloseTo(0, 4);
      expect(column.reduce((sum, value) => sum + value ** 2, 0) / 500).toBeCloseTo(1, 3);
    }
    expect(conditionNumber(train, dim)).toBeGreaterThan(10);
    expect(strokes(500, new Random(2)).held).toEqual(held);
  });
});
