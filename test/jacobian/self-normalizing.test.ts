// The learned inverse: exact where it is one, biased where it is not, and a fast sampler.

import { describe, expect, it } from "vitest";
import { selfNormalizingLinear } from "../../src/bijections/index.js";
import { denseFlow, type Flow } from "../../src/flows/index.js";
import { exact, type SelfNormalizingOptions, selfNormalizing } from "../../src/jacobian/index.js";
import { adam } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { factorize, ParameterStore, Program } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { expectClose, product, transposed } from "../helpers/index.js";
import { direction, largest, matrix, nll, normalRows, scaled, scattered, sum } from "./support.js";

const dim = 3;
const net = (layers = 2): Flow =>
  denseFlow({
    dim,
    layers,
    activation: "smooth-leaky-relu",
    base: "logistic",
    front: false,
    layer: "self-normalizing-linear",
  });
const rows = normalRows(17, dim, 5).map((value) => 1.4 * value + 0.5);

const create = (flow: Flow, options?: SelfNormalizingOptions) =>
  TrainingStep.create(flow, {
    estimator: selfNormalizing(options),
    optimizer: adam(),
    float: "float64",
    threads: 1,
  });

/** A step at scattered weights, each R off the inverse by noise. */
async function scatteredStep(flow: Flow, noise: number, options?: SelfNormalizingOptions) {
  const step = await create(flow, options);
  const start = scattered(flow, 8, 0.3);
  const random = new Random(3);
  for (const [name, each] of Object.entries(flow.parameters)) {
    if (name.endsWith(".learnedInverse")) continue;
    step.store.view(each).set(start.view(each));
    if (!name.endsWith(".weight")) continue;
    const inverse = factorize(Float64Array.from(start.view(each)), dim).inverse();
    const learned = flow.parameters[name.replace("weight", "learnedInverse")];
    step.store.view(learned).set(inverse.map((value) => value + noise * random.normal()));
  }
  return { step, truth: await direction(flow, start, rows, exact) };
}

describe("self-normalizing", () => {
  it("gives half the exact gradient of every W, and the whole of everything else, where R = W^{-1}", async () => {
    const flow = net();
    const { step, truth } = await scatteredStep(flow, 0);
    await step.gradient(rows);
    for (const [name, parameter] of Object.entries(flow.parameters)) {
      if (name.endsWith(".learnedInverse")) continue;
      const factor = name.endsWith(".weight") ? 0.5 : 1;
      expectClose(
        step.store.view(parameter, "gradient"),
        truth[name].map((value) => factor * value),
        { relative: 1e-9, absolute: 1e-10 },
      );
    }
    await step.release();
  });

  it("gives R half the slope of the likelihood with R^{-1} in place of W, where R = W^{-1}", async () => {
    const flow = net(1);
    const { step } = await scatteredStep(flow, 0);
    await step.gradient(rows);
    const [weight, learned] = ["weight", "learnedInverse"].map(
      (name) => flow.parameters[`bijection.0.${name}`],
    );
    const found = step.store.view(learned, "gradient").slice();
    const start = Float64Array.from(step.store.view(learned));
    const at = async (values: Float64Array) => {
      step.store.view(weight).set(factorize(values, dim).inverse());
      return nll(flow, step.store, rows);
    };
    const slopes = [];
    for (let i = 0; i < start.length; i++) {
      const [above, below] = [start.slice(), start.slice()];
      above[i] += 1e-5;
      below[i] -= 1e-5;
      slopes.push(((await at(above)) - (await at(below))) / 2e-5);
    }
    expectClose(
      found,
      slopes.map((slope) => 0.5 * slope),
      { relative: 1e-6, absolute: 1e-7 },
    );
    await step.release();
  });

  it("is off by ½ (W^{-1} − R)ᵀ and the penalty's slope elsewhere", async () => {
    const flow = net(1);
    const weight = 1e-12;
    const { step, truth } = await scatteredStep(flow, 0.2, { weight });
    await step.gradient(rows);
    const view = (name: string) => Float64Array.from(step.store.view(flow.parameters[`bijection.0.${name}`]));
    const inverse = matrix(factorize(view("weight"), dim).inverse(), dim);
    const off = transposed(sum(inverse, matrix(view("learnedInverse"), dim), -1));
    const wanted = scaled(sum(matrix(truth["bijection.0.weight"], dim), off), 0.5).data;
    const found = step.store.view(flow.parameters["bijection.0.weight"], "gradient");
    expectClose(found, wanted, { absolute: 1e-9 });
    expect(largest(wanted.map((value, i) => value - 0.5 * truth["bijection.0.weight"][i]))).toBeGreaterThan(
      0.05,
    );
    await step.release();
  });

  it("keeps R near W^{-1} while W moves", async () => {
    const flow = net();
    const step = await create(flow);
    for (let i = 1; i <= 300; i++) {
      await step.gradient(normalRows(64, dim, i).map((value, k) => value * (1 + (k % dim))));
      await step.update(0.01, i);
    }
    for (const name of ["bijection.0", "bijection.2"]) {
      const values = (part: string) => matrix(step.store.view(flow.parameters[`${name}.${part}`]), dim);
      expect(largest(values("weight").data.map((v, i) => v - (i % (dim + 1) === 0 ? 1 : 0)))).toBeGreaterThan(
        0.2,
      );
      const almost = product(values("weight"), values("learnedInverse")).data;
      expect(largest(almost.map((value, i) => value - (i % (dim + 1) === 0 ? 1 : 0)))).toBeLessThan(0.1);
    }
    await step.release();
  });

  it("raises an adapted weight while reconstructions are worse than the tolerance, and lowers it after", async () => {
    for (const [tolerance, rises] of [
      [1e-6, true],
      [10, false],
    ] as const) {
      const flow = net(1);
      const { step } = await scatteredStep(flow, 0.1, { weight: 2, tolerance });
      const control = step.store.parameters.find((each) => !Object.values(flow.parameters).includes(each));
      if (!control) throw new Error("there is no adapted weight");
      for (let i = 1; i <= 20; i++) {
        await step.gradient(rows);
        await step.update(0, i);
      }
      const [weight] = step.store.view(control);
      if (rises) expect(weight).toBeGreaterThan(2.05);
      else expect(weight).toBeLessThan(1.95);
      await step.release();
    }
  });

  it("wants layers with a learned inverse, and positive numbers", async () => {
    const plain = denseFlow({ dim, layers: 1, activation: "spline", base: "normal", front: false });
    await expect(create(plain)).rejects.toThrow(/learned inverse/);
    for (const weight of [0, -1, Number.NaN]) expect(() => selfNormalizing({ weight })).toThrow(/weight/);
    expect(() => selfNormalizing({ tolerance: 0 })).toThrow(/tolerance/);
  });
});

describe("the approximate inverse of the layer", () => {
  it("is a product with R, as far off as R is", async () => {
    const layer = selfNormalizingLinear({ dim, approximateInverse: true, random: new Random(4), noise: 0.3 });
    const store = new ParameterStore(Object.values(layer.parameters), { float: "float64" });
    const { x } = layer.inverse(input("y", ["batch", dim]));
    const { y } = layer.forward(input("x", ["batch", dim]));
    const [back, forth] = [
      await Program.compile({ x }, { parameters: store, threads: 1 }),
      await Program.compile({ y }, { parameters: store, threads: 1 }),
    ];
    const image = Float64Array.from((await forth.run({ x: rows })).y);
    expectClose((await back.run({ y: image })).x, rows, { absolute: 1e-12 });
    const learned = store.view(layer.parameters.learnedInverse);
    for (let i = 0; i < learned.length; i++) learned[i] *= 1.01;
    const found = (await back.run({ y: image })).x;
    expectClose(
      found,
      rows.map((value) => 1.01 * value),
      { relative: 1e-12, absolute: 1e-12 },
    );
    await back.release();
    await forth.release();
  });
});
