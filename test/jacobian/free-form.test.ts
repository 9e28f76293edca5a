// The sampled trace: exact on average where the decoder is the inverse, and what the probes must be for that.

import { describe, expect, it } from "vitest";
import { denseFlow } from "../../src/flows/index.js";
import { exact, freeForm, freeFormLoss, freeFormProbes } from "../../src/jacobian/index.js";
import { adam } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import { gradients, input, matmul, mul, parameter, sum, type Tensor, tanh } from "../../src/tensor/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { expectClose } from "../helpers/index.js";
import { direction, largest, normalRows, scattered } from "./support.js";

describe("probes", () => {
  it("are orthogonal vectors of length √D in every row", () => {
    const [rows, dim, count] = [5, 4, 3];
    const probes = freeFormProbes({ rows, dim, count, random: new Random(1) });
    for (let row = 0; row < rows; row++)
      for (const [i, a] of probes.entries())
        for (const [j, b] of probes.entries()) {
          let dot = 0;
          for (let k = 0; k < dim; k++) dot += a[row * dim + k] * b[row * dim + k];
          expect(dot).toBeCloseTo(i === j ? dim : 0, 12);
        }
  });

  it("have the identity as the mean of v vᵀ", () => {
    const [rows, dim] = [40_000, 3];
    const [v] = freeFormProbes({ rows, dim, count: 1, random: new Random(2) });
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) {
        let mean = 0;
        for (let row = 0; row < rows; row++) mean += (v[row * dim + i] * v[row * dim + j]) / rows;
        // Five standard errors.
        expect(Math.abs(mean - (i === j ? 1 : 0))).toBeLessThan(5 / Math.sqrt(rows));
      }
  });

  it("cannot be more than there are dimensions", () => {
    expect(() => freeFormProbes({ rows: 1, dim: 2, count: 3, random: new Random(0) })).toThrow(/1 to 2/);
  });
});

/** A net at scattered weights and its free-form loss with its own inverse as the decoder. */
function inverted(dim: number, probes: number) {
  const flow = denseFlow({ dim, layers: 2, activation: "spline", base: "logistic", front: false });
  const store = scattered(flow, 6, 0.3);
  const names = Array.from({ length: probes }, (_, i) => `v${i}`);
  const loss = freeFormLoss({
    x: input("x", ["batch", dim]),
    encode: (x) => flow.bijection.forward(x).y,
    decode: (z) => flow.bijection.inverse(z).x,
    logBase: (z) => flow.base.logProb(z),
    probes: names.map((name) => input(name, ["batch", dim])),
  });
  const encoder = Object.values(flow.parameters).filter(({ trainable }) => trainable);
  return { flow, store, loss, encoder, names };
}

async function compile(
  loss: Tensor,
  of: readonly Parameters<typeof gradients>[1][number][],
  store: ParameterStore,
) {
  const found = gradients(loss, of);
  const outputs = Object.fromEntries(found.flatMap((each, i) => (each ? [[`g${i}`, each]] : [])));
  return Program.compile(outputs, { parameters: store, threads: 1 });
}

describe("the gradient of the free-form loss, with the inverse as the decoder", () => {
  const rows = (dim: number) => normalRows(6, dim, 5);

  it.each([1, 3])("is the exact one with as many probes as dimensions, D = %i", async (dim) => {
    const { flow, store, loss, encoder, names } = inverted(dim, dim);
    const program = await compile(loss, encoder, store);
    const drawn = freeFormProbes({ rows: 6, dim, count: dim, random: new Random(9) });
    const found = await program.run({
      x: rows(dim),
      ...Object.fromEntries(names.map((name, i) => [name, drawn[i]])),
    });
    const truth = await direction(flow, store, rows(dim), exact);
    const named = Object.entries(flow.parameters);
    for (const [i, parameter] of encoder.entries()) {
      const [name] = named.find(([, each]) => each === parameter) ?? [""];
      expectClose(found[`g${i}`], truth[name], { relative: 1e-7, absolute: 1e-8 });
    }
    await program.release();
  });

  it("is the exact one on average over single probes, within five standard errors", async () => {
    const [dim, draws] = [3, 400];
    const { flow, store, loss, encoder } = inverted(dim, 1);
    const program = await compile(loss, encoder, store);
    const truth = await direction(flow, store, rows(dim), exact);
    const at = encoder.indexOf(flow.parameters["bijection.0.weight"]);
    const size = dim * dim;
    const [mean, square] = [new Float64Array(size), new Float64Array(size)];
    const random = new Random(11);
    for (let draw = 0; draw < draws; draw++) {
      const [v0] = freeFormProbes({ rows: 6, dim, count: 1, random });
      const values = (await program.run({ x: rows(dim), v0 }))[`g${at}`];
      for (let i = 0; i < size; i++) {
        mean[i] += values[i] / draws;
        square[i] += values[i] ** 2 / draws;
      }
    }
    const wanted = truth["bijection.0.weight"];
    for (let i = 0; i < size; i++) {
      const error = Math.sqrt((square[i] - mean[i] ** 2) / draws);
      expect(Math.abs(mean[i] - wanted[i])).toBeLessThan(5 * error + 1e-9);
    }
    expect(largest(square.map((value, i) => value - mean[i] ** 2))).toBeGreaterThan(1e-4);
    await program.release();
  });
});

describe("free-form training", () => {
  it("starts with the inverse as the decoder: the first gradient has no reconstruction error", async () => {
    const dim = 3;
    const flow = denseFlow({
      dim,
      layers: 2,
      activation: "spline",
      base: "normal",
      front: true,
      random: new Random(3),
    });
    const [weak, strong] = await Promise.all(
      [1e-6, 1e6].map((beta) =>
        TrainingStep.create(flow, {
          estimator: freeForm({ beta }),
          optimizer: adam(),
          float: "float64",
          threads: 1,
        }),
      ),
    );
    const rows = normalRows(20, dim, 4);
    const [a, b] = [await weak.gradient(rows), await strong.gradient(rows)];
    expectClose([a], [b], { absolute: 1e-9 });
    await weak.release();
    await strong.release();
  });

  it("takes maps that are no bijections: a bottleneck of a few units", async () => {
    const [dim, latent] = [4, 2];
    const random = new Random(5);
    const numbers = (rows: number, columns: number) =>
      parameter([rows, columns], random.fillNormal(new Float64Array(rows * columns), 0.5));
    const [into, out] = [numbers(dim, latent), numbers(latent, dim)];
    const loss = freeFormLoss({
      x: input("x", ["batch", dim]),
      encode: (x) => matmul(tanh(x), into),
      decode: (z) => matmul(z, out),
      logBase: (z) => mul(-0.5, sum(mul(z, z), 1)),
      probes: [input("v", ["batch", latent])],
    });
    const store = new ParameterStore([into, out], { float: "float64" });
    const [first, second] = gradients(loss, [into, out]);
    if (!first || !second) throw new Error("both maps must have a gradient");
    const program = await Program.compile({ loss, first, second }, { parameters: store, threads: 1 });
    const x = normalRows(3, dim, 1);
    const [v] = freeFormProbes({ rows: 3, dim: latent, count: 1, random });
    const run = async () =>
      Object.fromEntries(
        Object.entries(await program.run({ x, v })).map(([name, values]) => [
          name,
          Float64Array.from(values),
        ]),
      );
    // The decoder's gradient is that of the reconstruction alone, so that the whole loss, with the trace's factor from
    // the decoder held fixed, cannot be checked by moving it; the encoder's can.
    const { first: slope } = await run();
    const view = store.view(into);
    for (let i = 0; i < view.length; i++) {
      const centre = view[i];
      view[i] = centre + 1e-5;
      const above = (await run()).loss[0];
      view[i] = centre - 1e-5;
      const below = (await run()).loss[0];
      view[i] = centre;
      expectClose([slope[i]], [(above - below) / 2e-5], { relative: 1e-6, absolute: 1e-7 });
    }
    await program.release();
  });

  it("refuses numbers that make no sense", () => {
    expect(() => freeForm({ beta: 0 })).toThrow(/beta/);
    expect(() => freeForm({ probes: 0 })).toThrow(/probes/);
    const same = (x: Tensor) => x;
    const x = input("x", ["batch", 2]);
    const problem = { x, encode: same, decode: same, logBase: (z: Tensor) => sum(z, 1) };
    expect(() => freeFormLoss({ ...problem, probes: [] })).toThrow(/at least one probe/);
  });
});
