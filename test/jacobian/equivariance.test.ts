// Mixing the columns of the data by an invertible matrix A, and starting from A^{-1} W, must not change the path of the
// outputs under relative descent.

import { describe, expect, it } from "vitest";
import { denseFlow } from "../../src/flows/index.js";
import {
  exact,
  type JacobianEstimator,
  lie,
  published,
  relative,
  relativeAffine,
  tracked,
} from "../../src/jacobian/index.js";
import { adam, type Optimizer, sgd } from "../../src/optimizers/index.js";
import { Program } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { inverseMatrix, product } from "../helpers/index.js";
import { augmented, largest, matrix, normalRows, parts, scattered } from "./support.js";

const dim = 3;
const rows = matrix(
  normalRows(60, dim, 4).map((value, i) => value * Math.abs(value) + (i % dim)),
  dim,
);
const mixing = matrix([1.5, -0.4, 0.3, 0.6, 0.7, -0.8, -0.3, 0.5, 1.2], dim);
const shift = [2, -1, 3];
const options = { dim, layers: 2, activation: "smooth-leaky-relu", base: "logistic", front: false } as const;

/** The latent rows after every step of a descent that starts with the given first layer. */
async function path(
  data: Float64Array,
  first: { weight: Float64Array; bias: Float64Array },
  estimator: JacobianEstimator,
  optimizer: Optimizer,
): Promise<Float64Array[]> {
  const flow = denseFlow(options);
  const step = await TrainingStep.create(flow, { estimator, optimizer, float: "float64", threads: 1 });
  const start = scattered(flow, 8, 0.2);
  for (const parameter of Object.values(flow.parameters))
    step.store.view(parameter).set(start.view(parameter));
  step.store.view(flow.parameters["bijection.0.weight"]).set(first.weight);
  step.store.view(flow.parameters["bijection.0.bias"]).set(first.bias);
  const { latent } = flow.density(input("x", ["batch", dim]));
  const look = await Program.compile({ latent }, { parameters: step.store, threads: 1 });
  const seen: Float64Array[] = [];
  for (let i = 1; i <= 40; i++) {
    await step.gradient(data);
    await step.update(0.02, i);
    seen.push(Float64Array.from((await look.run({ x: data })).latent));
  }
  await look.release();
  await step.release();
  return seen;
}

const identity = matrix([1, 0.1, 0, 0, 1, -0.1, 0.2, 0, 1], dim);
const none = new Float64Array(dim);

/** How far the paths of the outputs of mixed and plain data come apart, and how far the outputs move at all. */
async function compare(estimator: JacobianEstimator, optimizer: Optimizer, translated = false) {
  const start = { weight: identity.data, bias: none };
  const plain = await path(rows.data, start, estimator, optimizer);
  // [x, 1] ↦ [x A + c, 1] as one matrix; its inverse moves the first layer.
  const change = augmented(mixing, translated ? shift : none);
  const moved = parts(product(inverseMatrix(change), augmented(identity, none)));
  const data = product(rows, mixing).data.map((value, i) => value + (translated ? shift[i % dim] : 0));
  const mixed = await path(data, moved, estimator, optimizer);
  return {
    apart: Math.max(...plain.map((latent, i) => largest(latent.map((value, j) => value - mixed[i][j])))),
    travelled: largest(plain[plain.length - 1].map((value, j) => value - plain[0][j])),
  };
}

const descent = sgd({ momentum: 0 });
const momentum = sgd({ momentum: 0.9 });

describe("mixing the columns", () => {
  it.each([
    { estimator: relative, optimizer: descent, way: "plain descent" },
    { estimator: relative, optimizer: momentum, way: "momentum" },
    { estimator: relativeAffine, optimizer: descent, way: "plain descent" },
    { estimator: published, optimizer: descent, way: "plain descent" },
    { estimator: lie, optimizer: momentum, way: "momentum" },
    { estimator: lie, optimizer: adam(), way: "Adam" },
    { estimator: tracked({ pace: 1 }), optimizer: adam(), way: "plain descent, Adam for the biases" },
  ])("leaves the path of the outputs as it is: $estimator.name, $way", async ({ estimator, optimizer }) => {
    const { apart, travelled } = await compare(estimator, optimizer);
    expect(travelled).toBeGreaterThan(0.1);
    expect(apart).toBeLessThan(1e-9);
  });

  it.each([
    { estimator: exact, optimizer: descent, why: "it is not relative" },
    { estimator: relative, optimizer: adam(), why: "Adam rescales elements of dW" },
    { estimator: relativeAffine, optimizer: adam(), why: "Adam rescales elements of dW" },
  ])("changes the path of $estimator.name where $why", async ({ estimator, optimizer }) => {
    expect((await compare(estimator, optimizer)).apart).toBeGreaterThan(1e-2);
  });
});

describe("mixing and moving the columns", () => {
  it("leaves the path of the outputs as it is for the affine group", async () => {
    const { apart, travelled } = await compare(relativeAffine, descent, true);
    expect(travelled).toBeGreaterThan(0.1);
    expect(apart).toBeLessThan(1e-9);
  });

  it.each([
    { estimator: relative, why: "the linear group knows no shift" },
    { estimator: lie, why: "the bias moves by its plain gradient" },
    { estimator: published, why: "its extra term pulls the bias to zero" },
  ])("changes the path of $estimator.name: $why", async ({ estimator }) => {
    expect((await compare(estimator, descent, true)).apart).toBeGreaterThan(1e-3);
  });
});
