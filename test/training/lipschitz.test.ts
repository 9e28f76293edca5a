// The Lipschitz penalty: its value and gradient against differences, how its gradient meets an estimator's, and what it
// does to a flow.

import { describe, expect, it } from "vitest";
import { denseFlow, type Flow } from "../../src/flows/index.js";
import {
  exact,
  jacobianEstimators,
  lie,
  relative,
  relativeAffine,
  tracked,
} from "../../src/jacobian/index.js";
import { adam, descent } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { Program } from "../../src/runtime/index.js";
import { input, mean, neg } from "../../src/tensor/index.js";
import { lipschitz, type Penalty, TrainingStep } from "../../src/training/index.js";
import { expectClose, finiteDifferences, generate, product, transposed } from "../helpers/index.js";
import { smallTrainer } from "./support.js";

const dim = 3;
const rows = new Random(8).fillNormal(new Float64Array(5 * dim), 1.2);

const flowOf = (options: Partial<Parameters<typeof denseFlow>[0]> = {}) =>
  denseFlow({
    ...{ dim, layers: 2, activation: "smooth-leaky-relu", base: "normal", front: false },
    ...{ random: new Random(3), ...options },
  });

/** A step in float64 with every number moved away from where it starts. */
async function scatteredStep(flow: Flow, estimator = exact, penalties?: readonly Penalty[]) {
  const step = await TrainingStep.create(flow, {
    ...{ estimator, penalties, optimizer: descent(), float: "float64", threads: 1, random: new Random(2) },
  });
  // By name: where a parameter lies in the arena depends on the estimator.
  for (const [name, parameter] of Object.entries(flow.parameters)) {
    const noise = new Random(5).split(name);
    const values = step.store.view(parameter);
    for (let i = 0; i < values.length; i++) if (parameter.trainable) values[i] += 0.3 * noise.normal();
  }
  return step;
}

/** ∇(likelihood with penalties) − ∇(likelihood), by parameter. */
async function penaltyPart(flow: () => Flow, estimator: typeof exact, penalties: readonly Penalty[]) {
  const steps = [await scatteredStep(flow(), estimator, penalties), await scatteredStep(flow(), estimator)];
  const [withIt, without] = await Promise.all(
    steps.map(async (step) => {
      await step.gradient(rows, 1);
      const { store } = step;
      const trained = Object.entries(step.flow.parameters).filter(([, { trainable }]) => trainable);
      return Object.fromEntries(
        trained.map(([name, parameter]) => [
          name,
          {
            value: store.view(parameter).slice(),
            gradient: store.view(parameter, "gradient").slice(),
          },
        ]),
      );
    }),
  );
  for (const step of steps) await step.release();
  return Object.fromEntries(
    Object.entries(withIt).map(([name, { value, gradient }]) => [
      name,
      {
        value,
        gradient: gradient.map((each, i) => each - without[name].gradient[i]),
      },
    ]),
  );
}

describe("the Lipschitz penalty", () => {
  it("is weight · max(0, log(‖Jᵀv‖²/D) − 2 log L)², averaged over rows", async () => {
    const [weight, bound] = [0.7, 0.8];
    const flow = flowOf();
    const step = await scatteredStep(flow);
    const x = input("x", ["batch", dim]);
    const built = lipschitz({ weight, bound }).build(flow, x);
    const program = await Program.compile({ value: built.value }, { parameters: step.store });
    const noise = built.noise?.(5, new Random(1)) ?? {};
    const found = (await program.run({ x: rows, ...noise })).value[0];
    const forward = await Program.compile({ y: flow.bijection.forward(x).y }, { parameters: step.store });
    let total = 0;
    for (let row = 0; row < 5; row++) {
      const v = noise.lipschitz_direction.subarray(row * dim, (row + 1) * dim);
      expectClose([Math.hypot(...v)], [Math.sqrt(dim)], { relative: 1e-12 });
      const at = rows.subarray(row * dim, (row + 1) * dim);
      const alongV = async (moved: number[]) =>
        Float64Array.from((await forward.run({ x: Float64Array.from(moved) })).y).reduce(
          (sum, y, i) => sum + y * v[i],
          0,
        );
      const pulled = await finiteDifferences(alongV, at);
      const stretching = pulled.reduce((sum, value) => sum + value * value, 0) / dim;
      total += Math.max(0, Math.log(stretching) - 2 * Math.log(bound)) ** 2;
    }
    expect(total).toBeGreaterThan(0.1);
    expectClose([found], [(weight * total) / 5], { relative: 1e-7 });
    for (const each of [program, forward]) await each.release();
    await step.release();
  });

  it.each([
    ["smooth-leaky-relu", {}],
    ["splines", { activation: "spline" as const, front: true }],
    ["a mixture of nets", { components: 2 }],
  ])("has the gradient that differences have: %s", async (_, options) => {
    const penalties = [lipschitz({ weight: 2, bound: 0.5 })];
    const found = await penaltyPart(() => flowOf(options), exact, penalties);
    const flow = flowOf(options);
    const step = await scatteredStep(flow);
    const built = penalties[0].build(flow, input("x", ["batch", dim]));
    const program = await Program.compile({ value: built.value }, { parameters: step.store });
    const noise = built.noise?.(5, new Random(2).split("step 1").split("penalty 1")) ?? {};
    for (const [name, parameter] of Object.entries(flow.parameters)) {
      if (!found[name]) continue;
      const view = step.store.view(parameter);
      const at = view.slice();
      const truth = await finiteDifferences(async (moved) => {
        view.set(moved);
        return (await program.run({ x: rows, ...noise })).value[0];
      }, at);
      view.set(at);
      expectClose(found[name].gradient, truth, { absolute: 1e-7, relative: 1e-6 });
    }
    await program.release();
    await step.release();
  });

  it("refuses a negative weight, a bound of zero, and an estimator that moves matrices by itself", async () => {
    expect(() => lipschitz({ weight: -1 })).toThrow(/weight must be/);
    expect(() => lipschitz({ weight: 1, bound: 0 })).toThrow(/bound positive/);
    const step = scatteredStep(flowOf(), tracked(), [lipschitz({ weight: 1 })]);
    await expect(step).rejects.toThrow(/knows no penalties/);
  });
});

describe("a penalty's gradient under an estimator", () => {
  const penalties = [lipschitz({ weight: 2, bound: 0.5 })];
  const matrix = (data: ArrayLike<number>, columns: number) => ({
    shape: [data.length / columns, columns],
    data: Float64Array.from(data),
  });

  it.each([lie, relative, relativeAffine])("is turned as the likelihood's is: $name", async (estimator) => {
    const ordinary = await penaltyPart(flowOf, exact, penalties);
    const turned = await penaltyPart(flowOf, estimator, penalties);
    for (const [name, { value, gradient }] of Object.entries(ordinary)) {
      if (!name.endsWith(".weight")) continue;
      const W = matrix(value, dim);
      const dW = matrix(gradient, dim);
      const { value: b, gradient: db } = ordinary[name.replace("weight", "bias")];
      const linear = product(transposed(W), dW);
      const whole = generate([dim, dim], ([i, j]) => linear.data[i * dim + j] + b[i] * db[j]);
      const wanted = {
        lie: () => whole,
        relative: () => product(W, linear),
        "relative-affine": () => product(W, whole),
      }[estimator.name];
      expectClose(turned[name].gradient, wanted?.().data ?? [], { absolute: 1e-12, relative: 1e-10 });
      const along = product(matrix(b, dim), whole).data;
      expectClose(
        turned[name.replace("weight", "bias")].gradient,
        db.map((each, i) => each + (estimator === relativeAffine ? along[i] : 0)),
        { absolute: 1e-12, relative: 1e-10 },
      );
    }
  });

  const unbiased = Object.values(jacobianEstimators).filter((each) => each.exact && each.update !== "own");
  it.each(unbiased)("is doubled by a penalty that is the loss itself: $name", async (estimator) => {
    const again: Penalty = { name: "again", build: (flow, x) => ({ value: neg(mean(flow.logProb(x))) }) };
    const flow = () => flowOf({ layer: estimator.layer });
    const [once, twice] = [
      await scatteredStep(flow(), estimator),
      await scatteredStep(flow(), estimator, [again]),
    ];
    for (const step of [once, twice]) await step.gradient(rows);
    expectClose(
      twice.store.buffer("gradient"),
      once.store.buffer("gradient").map((value) => 2 * value),
      { absolute: 1e-11, relative: 1e-9 },
    );
    for (const step of [once, twice]) await step.release();
  });

  const known = Object.values(jacobianEstimators).filter(({ update }) => update !== "own");
  it.each(known)("comes out finite in float32: $name", async (estimator) => {
    const step = await TrainingStep.create(flowOf({ layer: estimator.layer }), {
      ...{ estimator, penalties, optimizer: adam(), threads: 1 },
    });
    for (let i = 1; i <= 3; i++) {
      await step.gradient(rows, i);
      await step.update(0.01, i);
    }
    expect(step.store.trainable.every(Number.isFinite)).toBe(true);
    await step.release();
  });
});

describe("training with the Lipschitz penalty", () => {
  it("stretches less, the larger the weight, and pays for it in likelihood", async () => {
    const ends = [];
    for (const weight of [0, 0.1, 10]) {
      const penalties = [lipschitz({ weight })];
      const { trainer } = await smallTrainer({ penalties, monitor: { rows: 20 } });
      await trainer.run();
      ends.push({ nll: trainer.history.at(-1)?.validationNll, ...trainer.monitored.at(-1)?.stretching });
      await trainer.release();
    }
    const [none, little, much] = ends.map(({ medianLargest }) => medianLargest as number);
    expect(little).toBeLessThan(0.9 * none);
    expect(much).toBeLessThan(0.9 * little);
    expect(much).toBeLessThan(1.5);
    expect(ends[2].nll).toBeGreaterThan((ends[0].nll as number) + 0.1);
  });

  it("changes nothing where the weight is 0", async () => {
    const [plain, none] = [
      await smallTrainer({ steps: 50 }),
      await smallTrainer({ steps: 50, penalties: [lipschitz({ weight: 0 })] }),
    ];
    for (const { trainer } of [plain, none]) await trainer.run();
    expectClose(none.trainer.store.values, plain.trainer.store.values, { absolute: 1e-5 });
    for (const { trainer } of [plain, none]) await trainer.release();
  });
});
