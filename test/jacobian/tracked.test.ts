// Determinants and inverses that are carried along, against a fresh LU factorisation.

import { describe, expect, it } from "vitest";
import { denseFlow, type Flow } from "../../src/flows/index.js";
import { relative, tracked } from "../../src/jacobian/index.js";
import { adam, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { factorize, Program } from "../../src/runtime/index.js";
import { input, inverse, logAbsDet } from "../../src/tensor/index.js";
import { Likelihood, type StepOptions, TrainingStep } from "../../src/training/index.js";
import { expectClose } from "../helpers/index.js";
import { smallTrainer } from "../training/support.js";
import { largest, normalRows } from "./support.js";

const net = (dim: number, base = "logistic") =>
  denseFlow({ dim, layers: 2, activation: "smooth-leaky-relu", base, front: false, random: new Random(2) });

const create = (flow: Flow, options: Partial<StepOptions> = {}) =>
  TrainingStep.create(flow, {
    estimator: tracked({ pace: 1, checkEvery: 1e9 }),
    optimizer: adam(),
    float: "float64",
    threads: 1,
    ...options,
  });

/** How far what is carried of each layer is from a factorisation of its matrix. */
async function drift(flow: Flow, step: TrainingStep) {
  let [volume, inverted] = [0, 0];
  for (const [name, weight] of Object.entries(flow.parameters)) {
    if (!name.endsWith(".weight")) continue;
    const known = { volume: step.known(logAbsDet(weight)), inverse: step.known(inverse(weight)) };
    const program = await Program.compile(known, { parameters: step.store, threads: 1 });
    const found = await program.run();
    const fresh = factorize(Float64Array.from(step.store.view(weight)), flow.dim);
    volume = Math.max(volume, Math.abs(found.volume[0] - fresh.logAbsDet));
    const truth = fresh.inverse();
    inverted = Math.max(
      inverted,
      largest(truth.map((value, i) => value - found.inverse[i])) / largest(truth),
    );
    await program.release();
  }
  return { volume, inverted };
}

/** Rows whose columns depend on each other, a new batch every step. */
function batch(rows: number, dim: number, seed: number): Float64Array {
  const z = normalRows(rows, dim, seed);
  return z.map((value, i) => value * (1 + (i % dim) / dim) + 0.6 * z[i - (i % dim)] + 0.5);
}

describe("what tracked carries along", () => {
  it.each([
    { dim: 6, rows: 4, way: "the identities for few rows" },
    { dim: 4, rows: 32, way: "factorising afresh" },
    { dim: 1, rows: 8, way: "factorising afresh" },
  ])("is that of an LU after 1,000 steps by $way, D = $dim", async ({ dim, rows }) => {
    const flow = net(dim);
    const step = await create(flow);
    for (let i = 1; i <= 1000; i++) {
      await step.gradient(batch(rows, dim, i));
      await step.update(0.03, i);
    }
    const moved = step.store.view(flow.parameters["bijection.0.weight"]);
    expect(largest(moved.map((value, i) => value - (i % (dim + 1) === 0 ? 1 : 0)))).toBeGreaterThan(0.1);
    const { volume, inverted } = await drift(flow, step);
    expect(volume).toBeLessThan(1e-10);
    expect(inverted).toBeLessThan(1e-10);
    await step.release();
  });

  it("drifts in float32, is measured and mended, and the size of the drift is returned", async () => {
    const [dim, rows] = [6, 4];
    const flow = net(dim);
    const step = await create(flow, { float: "float32", estimator: tracked({ pace: 1, checkEvery: 200 }) });
    const reports = [];
    for (let i = 1; i <= 399; i++) {
      await step.gradient(batch(rows, dim, i));
      const report = await step.update(0.03, i);
      if (report) reports.push({ step: i, ...report });
    }
    const before = await drift(flow, step);
    await step.gradient(batch(rows, dim, 400));
    const report = await step.update(0.03, 400);
    const after = await drift(flow, step);
    expect(reports.map((found) => found.step)).toEqual([200]);
    expect(before.inverted).toBeGreaterThan(1e-7);
    expect(before.inverted).toBeLessThan(1e-3);
    expect(report?.inverse).toBeGreaterThan(1e-7);
    expect(report?.logAbsDet).toBeGreaterThan(0);
    expect(report?.logAbsDet).toBeLessThan(1e-4);
    expect(after.volume).toBeLessThan(1e-6);
    expect(after.inverted).toBeLessThan(1e-6);
    await step.release();
  });

  it("makes the loss of a step the whole negative log-likelihood", async () => {
    const dim = 5;
    const flow = net(dim);
    const step = await create(flow);
    const likelihood = await Likelihood.create(flow, step.store, 1);
    for (let i = 1; i <= 20; i++) {
      const rows = batch(3, dim, i);
      expectClose([await step.gradient(rows)], [await likelihood.nll(rows)], { relative: 1e-11 });
      await step.update(0.05, i);
    }
    await likelihood.release();
    await step.release();
  });

  it("gives a mixture its shares of the rows: no component's determinant is computed for them", async () => {
    const dim = 4;
    const flow = denseFlow({
      dim,
      layers: 1,
      activation: "spline",
      base: "logistic",
      front: false,
      components: 2,
      random: new Random(2),
    });
    const [found, truth] = [await create(flow), await create(flow, { estimator: relative })];
    for (let i = 1; i <= 30; i++) {
      await found.gradient(batch(3, dim, i));
      await found.update(0.05, i);
    }
    for (const each of Object.values(flow.parameters)) truth.store.view(each).set(found.store.view(each));
    const rows = batch(3, dim, 31);
    expectClose([await found.gradient(rows)], [await truth.gradient(rows)], { relative: 1e-10 });
    for (const each of Object.values(flow.parameters).filter(({ trainable }) => trainable))
      expectClose(found.store.view(each, "gradient"), truth.store.view(each, "gradient"), { absolute: 1e-9 });
    expect((await drift(flow, found)).inverted).toBeLessThan(1e-11);
    await found.release();
    await truth.release();
  });

  it("is known to no other estimator, which leaves formulas as they are", async () => {
    const flow = net(2);
    const step = await create(flow, { estimator: relative });
    const density = flow.logProb(input("x", ["batch", 2]));
    expect(step.known(density)).toBe(density);
    await step.release();
  });

  it("is checked while a trainer runs, which tells what was found", async () => {
    const { trainer, events } = await smallTrainer({
      estimator: tracked({ checkEvery: 10 }),
      batchSize: 1,
      steps: 30,
      evaluateEvery: 30,
    });
    await trainer.run();
    const found = events.flatMap((event) => (event.type === "drift" ? [event] : []));
    expect(found.map(({ step }) => step)).toEqual([10, 20, 30]);
    for (const { logAbsDet, inverse } of found) {
      expect(logAbsDet).toBeLessThan(1e-4);
      expect(inverse).toBeLessThan(1e-4);
      expect(inverse).toBeGreaterThan(0);
    }
    await trainer.release();
  });

  it("is an exact sampler: rows drawn through it go back to the latent they came from", async () => {
    const dim = 3;
    const flow = denseFlow({ dim, layers: 1, activation: "spline", base: "normal", front: false });
    const step = await create(flow);
    for (let i = 1; i <= 50; i++) {
      await step.gradient(batch(2, dim, i));
      await step.update(0.05, i);
    }
    const x = step.known(flow.sample({ normal: input("normal", ["batch", dim]) }));
    const program = await Program.compile(
      { x, latent: flow.density(x).latent },
      { parameters: step.store, threads: 1 },
    );
    const normal = normalRows(7, dim, 4);
    expectClose((await program.run({ normal })).latent, normal, { absolute: 1e-11 });
    await program.release();
    await step.release();
  });
});

describe("the trust region of tracked", () => {
  const dim = 4;

  it.each([3, 20])("takes at most reach/‖G‖_F of G, however large the rate: %i rows", async (rows) => {
    const flow = net(dim);
    const reach = 0.4;
    const step = await create(flow, { estimator: tracked({ pace: 1, reach, checkEvery: 1e9 }) });
    const before = new Map(
      Object.entries(flow.parameters).map(([name, each]) => [name, step.store.view(each).slice()]),
    );
    await step.gradient(batch(rows, dim, 1));
    await step.update(1e6, 1);
    for (const [name, weight] of Object.entries(flow.parameters)) {
      if (!name.endsWith(".weight")) continue;
      // W^{-1} W' = I − μG.
      const old = factorize(Float64Array.from(before.get(name) ?? []), dim);
      const factor = old.solve(Float64Array.from(step.store.view(weight)), dim);
      const taken = Math.sqrt(
        factor.reduce((total, value, i) => total + (value - (i % (dim + 1) === 0 ? 1 : 0)) ** 2, 0),
      );
      expect(taken).toBeCloseTo(reach, 9);
    }
    expect((await drift(flow, step)).volume).toBeLessThan(1e-11);
    await step.release();
  });

  it("leaves shorter steps as plain relative descent takes them, with the rest moved by the optimizer", async () => {
    const [one, other] = [net(dim, "student-t"), net(dim, "student-t")];
    const found = await create(one, { optimizer: sgd({ momentum: 0 }), gradientClip: 0.7 });
    const truth = await create(other, {
      estimator: relative,
      optimizer: sgd({ momentum: 0 }),
      gradientClip: 0.7,
    });
    for (let i = 1; i <= 20; i++)
      for (const step of [found, truth]) {
        await step.gradient(batch(3, dim, i));
        await step.update(0.02, i);
      }
    for (const [name, parameter] of Object.entries(one.parameters))
      expectClose(found.store.view(parameter), truth.store.view(other.parameters[name]), { absolute: 1e-12 });
    await found.release();
    await truth.release();
  });

  it("has a reach between 0 and 1", () => {
    for (const reach of [0, 1, -1, Number.NaN]) expect(() => tracked({ reach })).toThrow(/reach/);
    expect(() => tracked({ pace: 0 })).toThrow(/pace/);
    expect(() => tracked({ checkEvery: 0.5 })).toThrow(/checkEvery/);
  });
});
