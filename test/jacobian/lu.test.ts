// Matrices by their LU factors: the volume against a determinant, the gradient against differences.

import { describe, expect, it } from "vitest";
import { luLinear } from "../../src/bijections/index.js";
import { denseFlow } from "../../src/flows/index.js";
import { lu } from "../../src/jacobian/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { determinant, expectClose } from "../helpers/index.js";
import { matrix, nll, normalRows, scattered } from "./support.js";

describe("the gradient of lu", () => {
  it.each([1, 2, 4])("is the slope of the likelihood, number by number, D = %i", async (dim) => {
    const flow = denseFlow({
      dim,
      layers: 2,
      activation: "leaky-tanh",
      base: "logistic",
      front: false,
      layer: "lu-linear",
    });
    const optimizer = { name: "none", slots: [], update: () => undefined };
    const step = await TrainingStep.create(flow, { estimator: lu, optimizer, float: "float64", threads: 1 });
    const start = scattered(flow, 5, 0.3);
    for (const each of Object.values(flow.parameters)) step.store.view(each).set(start.view(each));
    const rows = normalRows(11, dim, 2);
    await step.gradient(rows);
    for (const parameter of Object.values(flow.parameters)) {
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
      expectClose(step.store.view(parameter, "gradient"), slopes, { relative: 1e-6, absolute: 1e-8 });
    }
    await step.release();
  });
});

describe("a layer of LU factors", () => {
  const dim = 4;
  const weight = new Random(3).fillNormal(new Float64Array(dim * dim));
  weight[0] = 0;
  const bias = [1, 2, 3, 4];

  it("starts as the matrix it is given, whatever the order of its pivots", async () => {
    const layer = luLinear({ dim, noise: 0, start: { weight, bias } });
    const store = new ParameterStore(Object.values(layer.parameters), { float: "float64" });
    const { y, logDet } = layer.forward(input("x", ["batch", dim]));
    const program = await Program.compile({ y, logDet }, { parameters: store, threads: 1 });
    const unit = Float64Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0));
    const found = await program.run({ x: unit });
    expectClose(
      found.y,
      weight.map((value, i) => value + bias[i % dim]),
      { absolute: 1e-12 },
    );
    expectClose(found.logDet, [Math.log(Math.abs(determinant(matrix(weight, dim))))], { relative: 1e-12 });
    await program.release();
  });

  it("refuses a start that is singular, and what is no permutation", () => {
    expect(() => luLinear({ dim: 2, noise: 0, start: { weight: [1, 2, 2, 4], bias: [0, 0] } })).toThrow(
      /singular/,
    );
    expect(() => luLinear({ dim: 3, permutation: [0, 1, 1] })).toThrow(/permutation/);
  });
});
