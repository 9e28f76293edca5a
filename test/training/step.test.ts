// One step: what moves, by how much, and what is not computed.

import { describe, expect, it } from "vitest";
import { type Bijection, chain, linear, smoothLeakyRelu } from "../../src/bijections/index.js";
import { normal } from "../../src/distributions/index.js";
import { denseFlow, Flow } from "../../src/flows/index.js";
import {
  exact,
  type JacobianEstimator,
  jacobianEstimators,
  lie,
  relative,
} from "../../src/jacobian/index.js";
import { adam, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import {
  add,
  constant,
  linear as linearMap,
  logAbsDet,
  matmul,
  mul,
  parameter,
  type Tensor,
  tanh,
} from "../../src/tensor/index.js";
import { Likelihood, type StepOptions, TrainingStep } from "../../src/training/index.js";
import { determinant, expectClose } from "../helpers/index.js";

const plain = sgd({ momentum: 0 });
const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

const config = () => ({ type: "made by a test" });
const neverInverse = (): never => {
  throw new Error("training needs no inverse");
};

function rows(count: number, dim: number): Float64Array {
  return new Random(7).fillNormal(new Float64Array(count * dim)).map((value, i) => 1.5 * value + (i % 3));
}

const create = (flow: Flow, options: Partial<StepOptions> & { estimator: JacobianEstimator }) =>
  TrainingStep.create(flow, { optimizer: plain, float: "float64", threads: 1, ...options });

describe("a step in the Lie algebra", () => {
  // Small ones by the SIMD kernel, large ones by a product of ONNX Runtime; odd sizes end between two SIMD vectors.
  it.each([1, 3, 16, 37, 192, 193, 197, 200])(
    "is W (I − η G), and beyond 16 columns 16/D of that, D = %i",
    async (dim) => {
      const rate = 0.001;
      const shrunk = rate * Math.min(1, 16 / dim);
      const flow = denseFlow({
        dim,
        layers: 2,
        activation: "smooth-leaky-relu",
        base: "logistic",
        front: false,
      });
      const step = await create(flow, { estimator: lie, stepClip: 0.99 });
      const { store } = step;
      const batch = rows(10, dim);
      for (let i = 1; i <= 2; i++) {
        const before = store.trainable.slice();
        await step.gradient(batch);
        await step.update(rate, i);
        for (const [name, moved] of Object.entries(flow.parameters)) {
          const offset = store.offset(moved);
          const old = before.subarray(offset, offset + moved.size);
          const gradient = store.view(moved, "gradient");
          const wanted = old.map((value, k) => {
            if (!name.endsWith(".weight")) return value - rate * gradient[k];
            const [row, column] = [Math.floor(k / dim), k % dim];
            let product = 0;
            for (let j = 0; j < dim; j++) product += old[row * dim + j] * gradient[j * dim + column];
            return value - shrunk * product;
          });
          expectClose(store.view(moved), wanted, { relative: 1e-9, absolute: 1e-11 });
        }
      }
      await step.release();
    },
  );

  it("is never longer than the clip, layer by layer", async () => {
    const dim = 5;
    const flow = denseFlow({ dim, layers: 2, activation: "leaky-tanh", base: "normal", front: false });
    const step = await create(flow, { estimator: lie, stepClip: 0.3 });
    const { store } = step;
    const before = new Map(Object.values(flow.parameters).map((p) => [p, store.view(p).slice()]));
    await step.gradient(rows(20, dim));
    await step.update(100, 1);
    for (const [name, moved] of Object.entries(flow.parameters)) {
      if (!name.endsWith(".weight")) continue;
      const gradient = store.view(moved, "gradient");
      const direction = gradient.map((value) => (0.3 * value) / norm(gradient));
      const old = before.get(moved) as Float64Array;
      const wanted = old.map((value, k) => {
        let product = 0;
        for (let j = 0; j < dim; j++)
          product += old[Math.floor(k / dim) * dim + j] * direction[j * dim + (k % dim)];
        return value - product;
      });
      expectClose(store.view(moved), wanted, { relative: 1e-10, absolute: 1e-12 });
    }
    await step.release();
  });

  it("leaves matrices alone that are not trained", async () => {
    const dim = 3;
    const fixed = parameter([dim, dim], [2, 1, 0, 0, 1, 0.5, 0.3, 0, 1], { trainable: false });
    const shift = parameter([dim], [1, 2, 3], { trainable: false });
    const forward = (x: Tensor) => ({ y: linearMap(x, fixed, shift), logDet: logAbsDet(fixed, shift) });
    const whitening = { dim, parameters: { fixed, shift }, forward, inverse: neverInverse, config };
    const flow = new Flow(chain([whitening, smoothLeakyRelu({ dim }), linear({ dim })]), normal({ dim }));
    const step = await create(flow, { estimator: lie, optimizer: adam() });
    const trained = flow.parameters["bijection.2.weight"];
    const before = step.store.values.slice();
    for (let i = 1; i <= 3; i++) {
      await step.gradient(rows(20, dim));
      await step.update(0.02, i);
    }
    const since = (p: typeof fixed) => {
      const offset = step.store.offset(p);
      return norm(step.store.view(p).map((value, k) => value - before[offset + k]));
    };
    expect([since(fixed), since(shift)]).toEqual([0, 0]);
    expect(since(trained)).toBeGreaterThan(0.01);
    await step.release();
  });
});

describe("the gradient rules of an estimator", () => {
  const dim = 3;
  const random = new Random(2);
  const numbers = (size: number) => random.fillNormal(new Float64Array(size), 0.5);

  /** Adds to the first column what a dense network makes of the others: a map of volume 1. */
  const coupling = (): Bijection => {
    const [inner, bias] = [parameter([dim, dim], numbers(dim * dim)), parameter([dim], numbers(dim))];
    const forward = (x: Tensor) => ({
      y: add(x, mul(constant([1, 0, 0]), tanh(linearMap(mul(x, constant([0, 1, 1])), inner, bias)))),
      logDet: constant(0),
    });
    return { dim, parameters: { inner, bias }, forward, inverse: neverInverse, config };
  };

  /** A dense layer whose matrix is made of two. */
  const factored = (): Bijection => {
    const [left, right] = [
      parameter([dim, dim], numbers(dim * dim)),
      parameter([dim, dim], numbers(dim * dim)),
    ];
    const bias = parameter([dim], numbers(dim));
    const weight = matmul(left, right);
    const forward = (x: Tensor) => ({ y: linearMap(x, weight, bias), logDet: logAbsDet(weight, bias) });
    return { dim, parameters: { left, right, bias }, forward, inverse: neverInverse, config };
  };

  const ordinary = Object.values(jacobianEstimators).filter(({ name }) => name !== "free-form");
  it.each(ordinary)("$name: are for matrices that are parameters with a volume", async (estimator) => {
    const flow = new Flow(chain([coupling(), factored()]), normal({ dim }));
    const [found, truth] = [await create(flow, { estimator }), await create(flow, { estimator: exact })];
    for (const step of [found, truth]) await step.gradient(rows(10, dim));
    for (const each of Object.values(flow.parameters))
      expectClose(found.store.view(each, "gradient"), truth.store.view(each, "gradient"), {
        relative: 1e-12,
      });
    for (const step of [found, truth]) await step.release();
  });
});

describe("gradient clipping", () => {
  it.each([lie, relative, exact])("scales the whole gradient down to the limit: $name", async (estimator) => {
    const dim = 4;
    const flow = denseFlow({ dim, layers: 2, activation: "spline", base: "laplace", front: false });
    const free = await create(flow, { estimator });
    const clipped = await create(flow, { estimator, gradientClip: 0.5 });
    const loose = await create(flow, { estimator, gradientClip: 1e6 });
    const batch = rows(16, dim);
    for (const step of [free, clipped, loose]) {
      await step.gradient(batch);
      await step.update(1e-3, 1);
    }
    const whole = free.store.buffer("gradient");
    expect(norm(whole)).toBeGreaterThan(0.5);
    expectClose(
      clipped.store.buffer("gradient"),
      whole.map((value) => (0.5 * value) / norm(whole)),
      { relative: 1e-12, absolute: 1e-15 },
    );
    expect(Array.from(loose.store.buffer("gradient"))).toEqual(Array.from(whole));
    for (const step of [free, clipped, loose]) await step.release();
  });
});

describe("the loss of a step", () => {
  const dim = 3;
  const flow = denseFlow({ dim, layers: 2, activation: "smooth-leaky-relu", base: "normal", front: false });
  const weight = flow.parameters["bijection.0.weight"];

  it.each([relative, lie])(
    "asks for no factorisation: a singular matrix is no error under $name",
    async (estimator) => {
      const step = await create(flow, { estimator });
      step.store.view(weight).fill(1);
      const loss = await step.gradient(rows(10, dim));
      expect(loss).toSatisfy(Number.isFinite);
      expect(Array.from(step.store.buffer("gradient")).every(Number.isFinite)).toBe(true);
      await step.release();
    },
  );

  it("is the mean negative log-likelihood but for the log|det W| of every layer", async () => {
    const step = await create(flow, { estimator: relative });
    step.store.trainable.set(new Random(3).fillNormal(step.store.trainable.slice()));
    const batch = rows(10, dim);
    const volume = ["bijection.0.weight", "bijection.2.weight"].reduce((total, name) => {
      const data = Float64Array.from(step.store.view(flow.parameters[name]));
      return total + Math.log(Math.abs(determinant({ shape: [dim, dim], data })));
    }, 0);
    const likelihood = await Likelihood.create(flow, step.store, 1);
    expectClose([await step.gradient(batch)], [(await likelihood.nll(batch)) + volume], { relative: 1e-12 });
    await likelihood.release();
    await step.release();
  });

  it("takes float32 rows whatever the arithmetic", async () => {
    const batch = Float32Array.from(rows(10, dim));
    const single = await create(flow, { estimator: relative, float: "float32" });
    const double = await create(flow, { estimator: relative, float: "float64" });
    expectClose([await single.gradient(batch)], [await double.gradient(batch)], { relative: 1e-5 });
    await single.release();
    await double.release();
  });
});
