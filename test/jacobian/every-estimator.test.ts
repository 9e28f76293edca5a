// What must hold for every estimator in the table: it fits what can be fitted, whatever the dimension, and a run can be
// stopped and continued.

import { describe, expect, it } from "vitest";
import { denseFlow } from "../../src/flows/index.js";
import {
  freeForm,
  type JacobianEstimator,
  jacobianEstimators,
  lu,
  rankOne,
  selfNormalizing,
  tracked,
} from "../../src/jacobian/index.js";
import { adam, sgd } from "../../src/optimizers/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { smallFlow, smallTrainer } from "../training/support.js";
import { nll, normalRows } from "./support.js";

const every = Object.values(jacobianEstimators);
const count = 300;

/** Correlated normal rows off the origin, [count, 2], or one column of them. */
function rows(dim: 1 | 2): Float64Array {
  const z = normalRows(count, 2, 3);
  return Float64Array.from({ length: count * dim }, (_, i) => {
    const [a, b] = z.subarray(2 * Math.floor(i / dim));
    return i % dim === 0 ? 1.3 * a + 0.5 : 0.9 * a + 0.5 * b - 0.7;
  });
}

/** −max of the mean log-likelihood of normal densities: ½ [D (1 + log 2π) + log det Σ]. */
function optimum(data: Float64Array, dim: 1 | 2) {
  const column = (j: number) => Array.from({ length: count }, (_, row) => data[row * dim + j]);
  const mean = (x: readonly number[]) => x.reduce((total, value) => total + value, 0) / count;
  const centred = [0, dim - 1].map((j) => {
    const x = column(j);
    return x.map((value) => value - mean(x));
  });
  const moment = (i: number, j: number) => mean(centred[i].map((value, row) => value * centred[j][row]));
  const determinant = dim === 1 ? moment(0, 0) : moment(0, 0) * moment(1, 1) - moment(0, 1) ** 2;
  const centre = Array.from({ length: dim }, (_, j) => mean(column(j)));
  const precision =
    dim === 1 ? [1 / determinant] : [moment(1, 1), -moment(0, 1), -moment(0, 1), moment(0, 0)];
  const distance =
    dim === 1
      ? centre[0] ** 2 / determinant
      : (precision[0] * centre[0] ** 2 +
          2 * precision[1] * centre[0] * centre[1] +
          precision[3] * centre[1] ** 2) /
        determinant;
  return { nll: 0.5 * (dim * (1 + Math.log(2 * Math.PI)) + Math.log(determinant)), distance };
}

async function fitGaussian(estimator: JacobianEstimator, dim: 1 | 2): Promise<number> {
  const flow = denseFlow({
    dim,
    layers: 1,
    activation: "spline",
    base: "normal",
    front: false,
    layer: estimator.layer,
  });
  // The matrices of tracked move by plain descent, at a tenth of the rate.
  const isPlain = estimator.update === "own";
  const [optimizer, rate] = isPlain ? [sgd({ momentum: 0 }), 0.5] : [adam(), 0.05];
  const step = await TrainingStep.create(flow, {
    estimator,
    optimizer,
    float: "float64",
    threads: 1,
  });
  const data = rows(dim);
  const steps = 1200;
  for (let i = 1; i <= steps; i++) {
    await step.gradient(data, i);
    await step.update(rate * Math.cos((Math.PI / 2) * (i / (steps + 1))) ** 2, i);
  }
  const reached = await nll(flow, step.store, data);
  await step.release();
  return reached;
}

describe.each([1, 2] as const)("a Gaussian in %i dimensions is fitted to the closed-form optimum", (dim) => {
  const best = optimum(rows(dim), dim);

  it.each(every.filter(({ name }) => name !== "published"))("by $name", async (estimator) => {
    const gap = (await fitGaussian(estimator, dim)) - best.nll;
    expect(gap).toBeGreaterThan(-1e-9);
    // The sampled trace keeps free-form moving, and each merge of rank-one starts a new direction.
    expect(gap).toBeLessThan(estimator.name === "free-form" || estimator.name === "rank-one" ? 1e-4 : 1e-8);
  });

  it("but for published, whose bias costs ½ log(1 + ¼ m Σ^{-1} mᵀ)", async () => {
    const gap = (await fitGaussian(jacobianEstimators.published, dim)) - best.nll;
    expect(gap).toBeCloseTo(0.5 * Math.log(1 + best.distance / 4), 6);
  });
});

describe("a mixture of nets", () => {
  it.each(every)("is trained by $name", async (estimator) => {
    const flow = denseFlow({
      dim: 2,
      layers: 2,
      activation: "leaky-tanh",
      base: "normal",
      front: true,
      layer: estimator.layer,
      components: 2,
    });
    const step = await TrainingStep.create(flow, {
      estimator,
      optimizer: adam(),
      float: "float64",
      threads: 1,
    });
    const data = rows(2);
    const before = await nll(flow, step.store, data);
    for (let i = 1; i <= 100; i++) {
      await step.gradient(data, i);
      await step.update(0.02, i);
    }
    expect(await nll(flow, step.store, data)).toBeLessThan(before - 0.1);
    await step.release();
  });
});

describe("a run that is continued from its state", () => {
  const settings = (estimator: JacobianEstimator) => ({
    estimator,
    flow: smallFlow({ layer: estimator.layer, front: false }),
    optimizer: estimator.update === "own" ? sgd() : adam(),
    steps: 30,
    evaluateEvery: 10,
    learningRate: 5e-3,
  });

  // The others: see training/resume.test.ts. Numbers such that merges, checks and adapted weights occur.
  const carrying = [
    tracked({ checkEvery: 7 }),
    rankOne({ mergeEvery: 4, refineEvery: 12 }),
    selfNormalizing({ tolerance: 0.01 }),
    freeForm({ probes: 2 }),
    lu,
  ];
  it.each(carrying)("is the unbroken run, bit for bit: $name", async (estimator) => {
    const { trainer: whole } = await smallTrainer(settings(estimator));
    await whole.run();
    const controller = new AbortController();
    const { trainer: first } = await smallTrainer({
      ...settings(estimator),
      onEvent: (event) => event.type === "step" && controller.abort(),
    });
    await first.run(controller.signal);
    const state = structuredClone(first.state());
    expect(state.step).toBe(20);
    const { trainer: second } = await smallTrainer(settings(estimator));
    second.restore(state);
    await second.run();
    expect(Array.from(second.state().values)).toEqual(Array.from(whole.state().values));
    expect(second.history).toEqual(whole.history);
    for (const trainer of [whole, first, second]) await trainer.release();
  });

  it.each(every.filter(({ movesFixed }) => movesFixed))(
    "is refused with a running average of the weights where that is no model: $name",
    async (estimator) => {
      await expect(smallTrainer({ ...settings(estimator), averageDecay: 0.9 })).rejects.toThrow(
        /running average/,
      );
    },
  );
});
