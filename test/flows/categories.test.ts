// Flows over numbers and categories: exact densities, trained ones that come to the truth, and the Gaussian's closed form.

import { describe, expect, it } from "vitest";
import type { Batch, BatchStream } from "../../src/data/index.js";
import { latentClasses } from "../../src/distributions/index.js";
import {
  besideCategories,
  buildFlow,
  categoryGaussian,
  denseFlow,
  type Flow,
} from "../../src/flows/index.js";
import { jacobianEstimator, jacobianEstimators } from "../../src/jacobian/index.js";
import { optimizer } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { add, concat, constant, gradients, input, mul, sum, type Tensor } from "../../src/tensor/index.js";
import { Likelihood, Trainer, TrainingStep } from "../../src/training/index.js";
import { evaluate, integral, normalRows, randomStore, worstError } from "../bijections/support.js";

const log = Math.log;

/** Two numbers and a block of three slots: the first category round at (−2, 0), the second slanted at (1, 1). */
const dim = 2;
const width = 5;
const share = 0.3;

function population(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const [a, b] = [random.normal(), random.normal()];
    const isFirst = random.uniform() < share;
    rows.set(isFirst ? [-2 + 0.5 * a, b, 1, 0, 0] : [1 + a, 1 + 0.9 * a + 0.3 * b, 0, 1, 0], row * width);
  }
  return rows;
}

/** The true log-density of a row. */
function trueLogProb(row: ArrayLike<number>): number {
  const normal = (z: number, deviation: number) =>
    -0.5 * (z / deviation) ** 2 - log(deviation) - 0.5 * log(2 * Math.PI);
  if (row[2] === 1) return log(share) + normal(row[0] + 2, 0.5) + normal(row[1], 1);
  const a = row[0] - 1;
  return log(1 - share) + normal(a, 1) + normal(row[1] - 1 - 0.9 * a, 0.3);
}

const rowsOf = (rows: Float32Array) =>
  Array.from({ length: rows.length / width }, (_, i) => rows.subarray(i * width, (i + 1) * width));
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;

const categories = (smoothing = 1 / 3) => {
  const n = 1000;
  const counts = Float64Array.of(share * n, (1 - share) * n, 0);
  return latentClasses({
    sizes: [3],
    logProbabilities: counts.map((c) => log((c + smoothing) / (n + 3 * smoothing))),
  });
};

const settings = { dim, layers: 2, activation: "spline", base: "mixture-of-gaussians", front: true } as const;

describe("a dense flow given categories", () => {
  it.each([
    ["one net", 1, 0],
    ["one net with a hidden layer", 1, 4],
    ["a mixture of nets", 2, 0],
  ])(
    "has a density that integrates to each category's probability: %s",
    async (_, components, interactions) => {
      const flow = denseFlow({ ...settings, dim: 1, components, interactions, categories: categories() });
      const store = randomStore(flow.parameters, { noise: 0.1 });
      for (const [k, probability] of [share, 1 - share].entries())
        expect(await integralGiven(flow, store, k)).toBeCloseTo((probability * 1000 + 1 / 3) / 1001, 3);
    },
  );

  it("has parameters by stable names, and is built again from its configuration", () => {
    const flow = denseFlow({
      ...settings,
      categories: categories(),
      interactions: 3,
      components: 2,
      transforms: [{ type: "log", bound: -9 }, { type: "identity" }],
      sample: population(300, 1),
    });
    expect(flow.dim).toBe(width);
    expect(Object.keys(flow.parameters)).toEqual(
      expect.arrayContaining([
        "bijection.0.low",
        "bijection.1.widths",
        "base.conditional.logits",
        "base.conditional.components.0.bijection.0.shift",
        "base.conditional.components.1.bijection.3.hiddenWeight",
        "base.categories.logProbabilities",
      ]),
    );
    const again = buildFlow(JSON.parse(JSON.stringify(flow.config())));
    expect(again.config()).toEqual(flow.config());
    expect(Object.keys(again.parameters)).toEqual(Object.keys(flow.parameters));
  });

  it("is without them exactly the flow that it was", () => {
    const sample = normalRows(200, dim);
    const plain = denseFlow({ ...settings, sample });
    const identity = denseFlow({
      ...settings,
      sample,
      transforms: [{ type: "identity" }, { type: "identity" }],
    });
    expect(identity.config()).toEqual(plain.config());
    expect(Object.entries(identity.parameters).map(([name, { initial }]) => [name, initial])).toEqual(
      Object.entries(plain.parameters).map(([name, { initial }]) => [name, initial]),
    );
  });

  it("learns a population of two different Gaussians to its true log-density, and stays finite for an unseen category", async () => {
    const train = population(6000, 1);
    const flow = denseFlow({ ...settings, sample: train, categories: categories(), random: new Random(3) });
    const validation = population(2000, 2);
    const trainer = await Trainer.create(flow, {
      batches: streamOf(train, 256),
      validation,
      training: train.subarray(0, 2000 * width),
      estimator: jacobianEstimator("lie"),
      optimizer: optimizer("adam"),
      learningRate: 0.03,
      steps: 1000,
      evaluateEvery: 100,
      threads: 1,
      random: new Random(4),
    });
    await trainer.run();
    const fresh = population(4000, 5);
    const likelihood = await Likelihood.create(flow, trainer.store);
    const found = mean(await likelihood.logProb(fresh));
    const truth = mean(rowsOf(fresh).map(trueLogProb));
    expect(truth - found).toBeGreaterThan(-0.02);
    expect(truth - found).toBeLessThan(0.05);

    const unseen = Float32Array.from([0, 0, 0, 0, 1, -2, 0, 0, 0, 1]);
    for (const value of await likelihood.logProb(unseen)) {
      expect(Number.isFinite(value)).toBe(true);
      expect(value).toBeLessThan(log(1 / 1000));
    }
    await likelihood.release();
  }, 20_000);

  it.each(Object.keys(jacobianEstimators))("takes steps under %s that raise the likelihood", async (name) => {
    const estimator = jacobianEstimator(name);
    const train = population(600, 1);
    const flow = denseFlow({ ...settings, layer: estimator.layer, sample: train, categories: categories() });
    const step = await TrainingStep.create(flow, { estimator, optimizer: optimizer("adam"), threads: 1 });
    const likelihood = await Likelihood.create(flow, step.store);
    const before = await likelihood.nll(train);
    for (let k = 1; k <= 40; k++) {
      await step.gradient(train);
      await step.update(0.01, k);
    }
    expect(await likelihood.nll(train)).toBeLessThan(before);
    await likelihood.release();
  });

  it("has a score that is that of its numbers, and its gradient in categories is no part of it", async () => {
    const flow = denseFlow({ ...settings, categories: categories() });
    const store = randomStore(flow.parameters, { noise: 0.2 });
    const x = input("x", ["batch", width]);
    const [score] = gradients(sum(flow.logProb(x)), [x]) as Tensor[];
    const row = Float64Array.of(0.3, -0.4, 0, 1, 0);
    const h = 1e-5;
    const moved = Float64Array.from({ length: 4 * width }, (_, i) => {
      const [copy, column] = [Math.floor(i / width), i % width];
      return row[column] + (Math.floor(copy / 2) === column ? (copy % 2 ? -h : h) : 0);
    });
    const { found } = await evaluate({ found: score }, { x: row }, store);
    const { p } = await evaluate({ p: flow.logProb(x) }, { x: moved }, store);
    const wanted = Float64Array.of((p[0] - p[1]) / (2 * h), (p[2] - p[3]) / (2 * h));
    expect(worstError(found.subarray(0, 2), wanted)).toBeLessThan(1e-6);
    expect(found.every(Number.isFinite)).toBe(true);
  });
});

describe("categories beside a flow", () => {
  it("add their log-probability to the flow's log-density", async () => {
    const flow = denseFlow({ ...settings });
    const joint = besideCategories(flow, categories());
    const row = input("row", ["batch", width]);
    const own = input("own", ["batch", dim]);
    const rows = population(50, 3);
    const numbers = Float32Array.from({ length: 100 }, (_, i) => rows[Math.floor(i / 2) * width + (i % 2)]);
    const store = randomStore(joint.parameters);
    const { p } = await evaluate({ p: joint.logProb(row) }, { row: rows }, store);
    const { q } = await evaluate({ q: flow.logProb(own) }, { own: numbers }, store);
    for (let i = 0; i < 50; i++)
      expect(p[i] - q[i]).toBeCloseTo(
        log(((rows[i * width + 2] ? share : 1 - share) * 1000 + 1 / 3) / 1001),
        10,
      );
  });

  it("are a flow by themselves where there is nothing else", async () => {
    const flow = besideCategories(undefined, categories());
    expect(flow.dim).toBe(3);
    const { p } = await evaluate(
      { p: flow.logProb(input("row", ["batch", 3])) },
      { row: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) },
      new ParameterStore(Object.values(flow.parameters), { float: "float64" }),
    );
    expect(p.reduce((total, value) => total + Math.exp(value), 0)).toBeCloseTo(1, 12);
    expect(buildFlow(flow.config()).config()).toEqual(flow.config());
  });
});

describe("the Gaussian whose means depend on categories", () => {
  it("has each category's mean, and the covariance within categories", async () => {
    const rows = population(4000, 1);
    const flow = categoryGaussian(rows, dim, categories(), [3]);
    const store = new ParameterStore(Object.values(flow.parameters));
    const likelihood = await Likelihood.create(flow, store);
    const found = mean(await likelihood.logProb(rows));
    // By the book: the maximum-likelihood means and the pooled covariance.
    const all = rowsOf(rows);
    const groups = [2, 3].map((slot) => all.filter((row) => row[slot] === 1));
    const means = groups.map((group) => [0, 1].map((j) => mean(group.map((row) => row[j]))));
    const deviations = groups.flatMap((group, g) =>
      group.map((row) => [0, 1].map((j) => row[j] - means[g][j])),
    );
    const c = (i: number, j: number) => mean(deviations.map((d) => d[i] * d[j]));
    const determinant = c(0, 0) * c(1, 1) - c(0, 1) ** 2;
    const numbers = -0.5 * (2 + 2 * log(2 * Math.PI) + log(determinant));
    const shares = all.map((row) => log(((row[2] ? share : 1 - share) * 1000 + 1 / 3) / 1001));
    // A row's worth of shrinkage costs less than this.
    expect(found).toBeCloseTo(numbers + mean(shares), 4);
    await likelihood.release();
  });

  it("gives an unseen category the common mean", async () => {
    const rows = population(4000, 1);
    const flow = categoryGaussian(rows, dim, categories(), [3]);
    const store = new ParameterStore(Object.values(flow.parameters));
    const x = input("x", ["batch", width]);
    const [score] = gradients(sum(flow.logProb(x)), [x]) as Tensor[];
    const at = [0, 1].map((j) => mean(rowsOf(rows).map((row) => row[j])));
    const { s } = await evaluate({ s: score }, { x: Float32Array.from([...at, 0, 0, 1]) }, store);
    for (const value of s.subarray(0, 2)) expect(Math.abs(value)).toBeLessThan(1e-3);
  });

  it("refuses rows and blocks of another width", () => {
    expect(() => categoryGaussian(new Float32Array(7), dim, categories(), [3])).toThrow("no rows of 5");
    expect(() => categoryGaussian(new Float32Array(10), dim, categories(), [2])).toThrow("2 slots");
  });
});

/** ∫ p(x, e) dx over the line for one category. */
async function integralGiven(flow: Flow, store: ParameterStore, k: number): Promise<number> {
  const x = input("x", ["batch", 1]);
  const slots = constant(
    [0, 1, 2].map((slot) => Number(slot === k)),
    [1, 3],
  );
  const row = concat([x, add(mul(0, x), slots)], 1);
  return integral(flow.logProb(row), 1, store, { reach: 40, count: 8001 });
}

/** Batches of random rows. */
function streamOf(rows: Float32Array, batchSize: number): BatchStream {
  const random = new Random(8);
  const next = async (): Promise<Batch> => {
    const values = new Float32Array(batchSize * width);
    for (let i = 0; i < batchSize; i++) {
      const row = random.integer(rows.length / width);
      values.set(rows.subarray(row * width, (row + 1) * width), i * width);
    }
    return { values, rows: batchSize, epoch: 0 };
  };
  return {
    batchSize,
    next,
    state: () => ({ epoch: 0, offset: 0, seed: 8, noise: random.state() }),
    restore: () => {
      throw new Error("these batches cannot be taken up again");
    },
    async *[Symbol.asyncIterator]() {
      for (;;) yield await next();
    },
  };
}
