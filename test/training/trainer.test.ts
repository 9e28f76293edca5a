// The loop: it improves, stops when it should, survives bad batches, and goes on where it was left.

import { describe, expect, it } from "vitest";
import { exact, jacobianEstimators, lie, relative, relativeAffine } from "../../src/jacobian/index.js";
import { adam, constantRate, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import type { TrainingEvent, TrainingState } from "../../src/training/index.js";
import { data, smallFlow, smallTrainer, spoiled } from "./support.js";

const of = <T extends TrainingEvent["type"]>(events: readonly TrainingEvent[], type: T) =>
  events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);

describe("training", () => {
  it.each(Object.values(jacobianEstimators))("improves the held-out likelihood: $name", async (estimator) => {
    const { trainer } = await smallTrainer({
      estimator,
      flow: smallFlow({ layer: estimator.layer }),
      learningRate: estimator === lie ? 2e-2 : 5e-3,
      steps: 300,
    });
    expect(await trainer.run()).toBe("finished");
    const [first] = trainer.history;
    expect(trainer.best.validationNll).toBeLessThan(first.validationNll - 0.5);
    await trainer.release();
  });

  it("leaves the best weights in the store, not the last", async () => {
    const { trainer, data } = await smallTrainer({
      // A rate that does harm in the end.
      schedule: { name: "rising", factor: (step) => 1 + step / 10 },
      learningRate: 2e-2,
      steps: 150,
      evaluateEvery: 10,
    });
    await trainer.run();
    const nlls = trainer.history.map(({ validationNll }) => validationNll);
    expect(trainer.best.validationNll).toBeLessThanOrEqual(Math.min(...nlls) + 1e-4);
    expect(trainer.best.validationNll).toBeLessThan(nlls[nlls.length - 1] - 1e-3);
    expect(await trainer.likelihood.nll(data.validation)).toBe(trainer.best.validationNll);
    await trainer.release();
  });

  it("reports starts, steps, evaluations and the end", async () => {
    const { trainer, events } = await smallTrainer({ steps: 100, evaluateEvery: 25 });
    await trainer.run();
    expect(of(events, "start")).toEqual([
      {
        type: "start",
        steps: 100,
        parameters: trainer.flow.parameterCount,
        estimator: "lie",
        optimizer: "adam",
      },
    ]);
    expect(events[0].type).toBe("start");
    expect(of(events, "step").map(({ step }) => step)).toEqual([20, 40, 60, 80, 100]);
    expect(of(events, "evaluation").map(({ step }) => step)).toEqual([0, 25, 50, 75, 100]);
    expect(
      of(events, "evaluation").map(({ step, trainNll, validationNll }) => ({
        step,
        trainNll,
        validationNll,
      })),
    ).toEqual(trainer.history);
    expect(events.at(-1)).toEqual({ type: "end", step: 100, reason: "finished" });
    await trainer.release();
  });

  it("evaluates the last step too, when the steps are no multiple of the interval", async () => {
    const { trainer } = await smallTrainer({ steps: 37, evaluateEvery: 10 });
    await trainer.run();
    expect(trainer.history.map(({ step }) => step)).toEqual([0, 10, 20, 30, 37]);
    await trainer.release();
  });

  it("stops when patience runs out", async () => {
    const { trainer, events } = await smallTrainer({
      steps: 10_000,
      evaluateEvery: 5,
      patience: 3,
      learningRate: 1e-12,
    });
    expect(await trainer.run()).toBe("patience");
    expect(trainer.history.map(({ step }) => step)).toEqual([0, 5, 10, 15]);
    expect(events.at(-1)).toEqual({ type: "end", step: 15, reason: "patience" });
    await trainer.release();
  });

  it("stops when the signal says so, and keeps the best so far", async () => {
    const controller = new AbortController();
    const { trainer, data } = await smallTrainer({
      steps: 10_000,
      evaluateEvery: 20,
      onEvent: (event) => {
        if (event.type === "evaluation" && event.step === 60) controller.abort();
      },
    });
    expect(await trainer.run(controller.signal)).toBe("interrupted");
    expect(trainer.history.at(-1)?.step).toBe(60);
    expect(await trainer.likelihood.nll(data.validation)).toBe(trainer.best.validationNll);
    await trainer.release();
  });

  it("returns a usable model when it is stopped before the first step", async () => {
    const { trainer, data } = await smallTrainer();
    expect(await trainer.run(AbortSignal.abort())).toBe("interrupted");
    expect(trainer.best.step).toBe(0);
    expect(await trainer.likelihood.nll(data.validation)).toBe(trainer.best.validationNll);
    await trainer.release();
  });

  it.each(["float32", "float64"] as const)("works in %s", async (float) => {
    const { trainer } = await smallTrainer({
      float,
      steps: 60,
      evaluateEvery: 30,
      noise: 0.05,
      averageDecay: 0.9,
    });
    expect(await trainer.run()).toBe("finished");
    expect(trainer.best.validationNll).toBeLessThan(trainer.history[0].validationNll);
    await trainer.release();
  });
});

describe("the guard", () => {
  const poison: readonly { name: string; spoil: (values: Float32Array) => void }[] = [
    { name: "NaN", spoil: (values) => values.fill(Number.NaN, 3, 4) },
    { name: "infinity", spoil: (values) => values.fill(Number.POSITIVE_INFINITY, 0, 1) },
    { name: "1e38", spoil: (values) => values.fill(1e38) },
    // Finite losses, but the squares of their gradients are not: Adam would never move again.
    { name: "1e15", spoil: (values) => values.fill(1e15) },
  ];
  const bases = ["normal", "laplace", "logistic", "student-t", "mixture-of-gaussians"];
  /** A Student-t takes 1e15 as it comes: some dozens of nats, and a gradient that is bounded. */
  const poisoned = poison
    .flatMap((each) => bases.map((base) => ({ ...each, base })))
    .filter(({ name, base }) => name !== "1e15" || base !== "student-t");

  /** A trainer whose batches, counted from 1, are spoiled before it sees them. */
  const spoiledTrainer = (
    base: string,
    spoil: (values: Float32Array, n: number) => unknown,
    options: Parameters<typeof smallTrainer>[0] = {},
  ) => {
    const rows = data();
    return smallTrainer({
      data: rows,
      flow: smallFlow({ base, front: false, activation: "smooth-leaky-relu" }),
      steps: 120,
      evaluateEvery: 20,
      batches: spoiled(rows.source.batches({ batchSize: 64, random: new Random(3) }), spoil),
      ...options,
    });
  };

  it.each(poisoned)(
    "falls back after a batch of $name, says so and goes on: $base base",
    async ({ spoil, base }) => {
      const { trainer, events } = await spoiledTrainer(base, (values, n) => n === 50 && spoil(values));
      expect(await trainer.run()).toBe("finished");
      expect(of(events, "rollback")).toEqual([
        { type: "rollback", step: 49, reason: expect.stringContaining("the loss became"), rateFactor: 0.5 },
      ]);
      const [before] = trainer.history.filter(({ step }) => step === 40);
      expect(trainer.best.validationNll).toBeLessThan(before.validationNll - 0.01);
      await trainer.release();
    },
  );

  it("goes back to the best weights with empty slots and half the learning rate", async () => {
    const states: TrainingState[] = [];
    const { trainer, events } = await spoiledTrainer(
      "normal",
      (values, n) => n === 50 && values.fill(Number.NaN),
      {
        schedule: constantRate(),
        learningRate: 1e-2,
        averageDecay: 0.9,
        onEvent: (event) => event.type === "rollback" && states.push(trainer.state()),
      },
    );
    await trainer.run();
    const [state] = states;
    expect(Array.from(state.values)).toEqual(Array.from(state.best.values));
    expect(Array.from(state.buffers.average)).toEqual(
      Array.from(state.best.values.subarray(0, trainer.store.trainableLength)),
    );
    expect(state.slotSteps).toBe(0);
    expect(state.buffers.firstMoment.every((value) => value === 0)).toBe(true);
    expect(state.buffers.secondMoment.every((value) => value === 0)).toBe(true);
    expect(of(events, "step").map(({ learningRate }) => learningRate)).toEqual([
      1e-2, 1e-2, 5e-3, 5e-3, 5e-3, 5e-3,
    ]);
    await trainer.release();
  });

  it("gives up when every batch is bad, with the best weights kept", async () => {
    const { trainer, data, events } = await spoiledTrainer("normal", (values, n) => {
      if (n > 45) values.fill(Number.NaN);
    });
    expect(await trainer.run()).toBe("diverged");
    expect(of(events, "rollback").map(({ rateFactor }) => rateFactor)).toEqual(
      Array.from({ length: 8 }, (_, i) => 2 ** -(i + 1)),
    );
    expect(events.at(-1)).toEqual({ type: "end", step: 45, reason: "diverged" });
    expect(trainer.best.step).toBe(40);
    expect(await trainer.likelihood.nll(data.validation)).toBe(trainer.best.validationNll);
    await trainer.release();
  });

  it.each([
    { estimator: exact, optimizer: adam(), learningRate: 1e3 },
    { estimator: exact, optimizer: sgd(), learningRate: 1e30 },
    { estimator: relative, optimizer: adam(), learningRate: 1e30 },
    { estimator: relativeAffine, optimizer: sgd(), learningRate: 1e3 },
    { estimator: lie, optimizer: sgd(), learningRate: 10 },
    { estimator: lie, optimizer: adam(), learningRate: 1e30 },
  ])(
    "survives a learning rate of $learningRate under $estimator.name",
    async ({ estimator, optimizer, learningRate }) => {
      const { trainer, data, events } = await smallTrainer({
        estimator,
        optimizer,
        learningRate,
        steps: 300,
      });
      expect(await trainer.run()).toMatch(/^(diverged|finished)$/);
      expect(of(events, "rollback").length).toBeGreaterThan(0);
      expect(trainer.best.validationNll).toBeLessThanOrEqual(trainer.history[0].validationNll);
      expect(await trainer.likelihood.nll(data.validation)).toBe(trainer.best.validationNll);
      expect(trainer.history.every((each) => Number.isFinite(each.trainNll + each.validationNll))).toBe(true);
      await trainer.release();
    },
  );

  it("falls back when the held-out likelihood explodes though every batch is fine", async () => {
    const { trainer, events } = await smallTrainer({
      steps: 60,
      evaluateEvery: 20,
      learningRate: 1e-3,
      schedule: { name: "one leap", factor: (step) => (step === 40 ? 1e5 : 1) },
    });
    expect(await trainer.run()).toBe("finished");
    expect(of(events, "rollback")).toMatchObject([{ step: 40, rateFactor: 0.5 }]);
    expect(of(events, "rollback")[0].reason).toMatch(/the validation loss (rose by|became)/);
    await trainer.release();
  });
});
