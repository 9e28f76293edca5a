// One direction at a time: what is carried of A after merges, against a fresh LU factorisation.

import { describe, expect, it } from "vitest";
import { denseFlow, type Flow } from "../../src/flows/index.js";
import { type RankOneOptions, rankOne } from "../../src/jacobian/index.js";
import { adam } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { factorize, Program } from "../../src/runtime/index.js";
import { input, inverse, logAbsDet } from "../../src/tensor/index.js";
import { Likelihood, TrainingStep } from "../../src/training/index.js";
import { expectClose } from "../helpers/index.js";
import { largest, nll, normalRows } from "./support.js";

const net = (dim: number): Flow =>
  denseFlow({
    dim,
    layers: 2,
    activation: "leaky-tanh",
    base: "logistic",
    front: false,
    layer: "rank-one-linear",
    random: new Random(2),
  });

const create = (flow: Flow, options: RankOneOptions = {}) =>
  TrainingStep.create(flow, { estimator: rankOne(options), optimizer: adam(), float: "float64", threads: 1 });

async function train(step: TrainingStep, steps: number, rate = 0.02): Promise<void> {
  for (let i = 1; i <= steps; i++) {
    await step.gradient(
      normalRows(16, step.flow.dim, i).map((value, k) => 2 * value + (k % 2)),
      i,
    );
    await step.update(rate, i);
  }
}

const weights = (flow: Flow) =>
  Object.entries(flow.parameters).flatMap(([name, value]) => (name.endsWith(".weight") ? [value] : []));

describe("rank-one", () => {
  it.each([1, 5])("knows log|det A| and A^{-1} after 100 merges, D = %i", async (dim) => {
    const flow = net(dim);
    const step = await create(flow, { mergeEvery: 5, refineEvery: 1e6 });
    const before = weights(flow).map((weight) => step.store.view(weight).slice());
    await train(step, 500);
    for (const [i, weight] of weights(flow).entries()) {
      const known = { volume: step.known(logAbsDet(weight)), inverse: step.known(inverse(weight)) };
      const program = await Program.compile(known, { parameters: step.store, threads: 1 });
      const found = await program.run();
      const now = Float64Array.from(step.store.view(weight));
      expect(largest(now.map((value, k) => value - before[i][k]))).toBeGreaterThan(0.1);
      const fresh = factorize(now, dim);
      // After a merge the row is zero: W is A.
      expectClose(found.volume, [fresh.logAbsDet], { absolute: 1e-10 });
      expectClose(found.inverse, fresh.inverse(), { absolute: 1e-9 });
      await program.release();
    }
    await step.release();
  });

  it("returns the whole negative log-likelihood as its loss, between merges too, and its gradient's slope", async () => {
    const dim = 3;
    const flow = net(dim);
    const step = await create(flow, { mergeEvery: 5 });
    await train(step, 13);
    const rows = normalRows(9, dim, 5);
    const likelihood = await Likelihood.create(flow, step.store, 1);
    expectClose([await step.gradient(rows)], [await likelihood.nll(rows)], { relative: 1e-11 });
    for (const [name, parameter] of Object.entries(flow.parameters)) {
      if (!parameter.trainable) continue;
      const values = step.store.view(parameter);
      const slopes = [];
      for (let i = 0; i < values.length; i++) {
        const [h, centre] = [1e-5, values[i]];
        values[i] = centre + h;
        const above = await nll(flow, step.store, rows);
        values[i] = centre - h;
        const below = await nll(flow, step.store, rows);
        values[i] = centre;
        slopes.push((above - below) / (2 * h));
      }
      expect(name).toMatch(/row|column|bias/);
      expectClose(step.store.view(parameter, "gradient"), slopes, { relative: 1e-6, absolute: 1e-8 });
    }
    await likelihood.release();
    await step.release();
  });

  it("merges without a change of the density", async () => {
    const dim = 4;
    const flow = net(dim);
    const rows = normalRows(20, dim, 6);
    const [merging, still] = [
      await create(flow, { mergeEvery: 7 }),
      await create(flow, { mergeEvery: 1000 }),
    ];
    for (const step of [merging, still]) await train(step, 7);
    const row = flow.parameters["bijection.0.row"];
    expect(largest(merging.store.view(row))).toBe(0);
    expect(largest(still.store.view(row))).toBeGreaterThan(0.01);
    expectClose([await nll(flow, merging.store, rows)], [await nll(flow, still.store, rows)], {
      relative: 1e-12,
    });
    for (const step of [merging, still]) await step.release();
  });

  it("puts off a merge that changes the volume too much", async () => {
    const flow = net(3);
    const step = await create(flow, { mergeEvery: 5, largestGrowth: 1e-9 });
    const before = weights(flow).map((weight) => step.store.view(weight).slice());
    await train(step, 20);
    for (const [i, weight] of weights(flow).entries())
      expect(Array.from(step.store.view(weight))).toEqual(Array.from(before[i]));
    expect(largest(step.store.view(flow.parameters["bijection.0.row"]))).toBeGreaterThan(0);
    await step.release();
  });

  it("refines an inverse that is off, and factorises where refinement would not converge", async () => {
    const dim = 4;
    const flow = net(dim);
    for (const error of [1e-3, 10]) {
      const step = await create(flow, { mergeEvery: 1, refineEvery: 3 });
      await train(step, 2);
      const [weight] = weights(flow);
      const carried = step.store.parameters.filter(
        (each) => !Object.values(flow.parameters).includes(each) && each.rank === 2,
      );
      const values = step.store.view(carried[0]);
      for (let i = 0; i < values.length; i++) values[i] += i % 3 === 0 ? error / dim : 0;
      const rows = normalRows(16, dim, 9);
      await step.gradient(rows, 3);
      const drift = await step.update(0, 3);
      expect(drift?.inverse).toBeGreaterThan(error / 100);
      const truth = factorize(Float64Array.from(step.store.view(weight)), dim).inverse();
      // Newton-Schulz squares the error.
      const left = largest(truth.map((value, i) => value - step.store.view(carried[0])[i]));
      expect(left).toBeLessThan(error < 1 ? 10 * error ** 2 : 1e-12);
      await step.release();
    }
  });

  it("samples without a factorisation, exactly", async () => {
    const dim = 3;
    const flow = denseFlow({
      dim,
      layers: 1,
      activation: "spline",
      base: "normal",
      front: false,
      layer: "rank-one-linear",
    });
    const step = await create(flow, { mergeEvery: 10 });
    await train(step, 25);
    const x = step.known(flow.sample({ normal: input("normal", ["batch", dim]) }));
    const program = await Program.compile(
      { x, latent: flow.density(x).latent },
      { parameters: step.store, threads: 1 },
    );
    const normal = normalRows(7, dim, 4);
    expectClose((await program.run({ normal })).latent, normal, { absolute: 1e-10 });
    await program.release();
    await step.release();
  });

  it("wants whole numbers of steps, refinements at merges, and layers that change by one rank", async () => {
    for (const options of [
      { mergeEvery: 0 },
      { mergeEvery: 1.5 },
      { mergeEvery: 4, refineEvery: 6 },
      { largestGrowth: 0 },
    ])
      expect(() => rankOne(options)).toThrow(/rank-one/);
    const plain = denseFlow({ dim: 2, layers: 1, activation: "spline", base: "normal", front: false });
    await expect(create(plain)).rejects.toThrow(/one rank/);
  });
});
