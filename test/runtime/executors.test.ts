// Kernels and ONNX graphs give the same numbers, model by model: densities, gradients, scores, draws.

import { describe, expect, it } from "vitest";
import type { ColumnTransform } from "../../src/bijections/index.js";
import { latentClasses } from "../../src/distributions/index.js";
import { denseFlow, type Flow } from "../../src/flows/index.js";
import { jacobianEstimators } from "../../src/jacobian/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import {
  gradients,
  input,
  mean,
  neg,
  Parameter,
  sum,
  type Tensor,
  topologicalOrder,
} from "../../src/tensor/index.js";

type Outputs = Readonly<Record<string, Tensor>>;

/** The largest difference between the two executors, relative to the largest element of each output. */
async function disagreement(
  outputs: Outputs,
  inputs: (batch: number) => Record<string, Float32Array>,
  batches: readonly number[],
): Promise<number> {
  const parameters = topologicalOrder(Object.values(outputs)).filter((node) => node instanceof Parameter);
  const store = new ParameterStore(parameters);
  const random = new Random(5);
  const { trainable } = store;
  for (let i = 0; i < trainable.length; i++) trainable[i] += 0.3 * random.normal();
  const kernels = await Program.compile(outputs, { parameters: store, threads: 1 });
  const graph = await Program.compile(outputs, { parameters: store, threads: 1, executor: "graph" });
  let worst = 0;
  for (const batch of batches) {
    const given = inputs(batch);
    const [found, wanted] = [await kernels.run(given), await graph.run(given)];
    for (const name of Object.keys(outputs)) {
      const scale = Math.max(1e-3, ...wanted[name].map(Math.abs));
      expect(found[name].length).toBe(wanted[name].length);
      for (let i = 0; i < wanted[name].length; i++)
        worst = Math.max(worst, Math.abs(found[name][i] - wanted[name][i]) / scale);
    }
  }
  await kernels.release();
  await graph.release();
  return worst;
}

const normals = (dim: number) => (batch: number) => ({
  x: new Random(batch).fillNormal(new Float32Array(batch * dim), 1.5),
});

const flows: Readonly<Record<string, (dim: number) => Flow>> = {
  "the default": (dim) =>
    denseFlow({ dim, layers: 4, activation: "spline", base: "mixture-of-gaussians", front: true }),
  "with many bins": (dim) =>
    denseFlow({ dim, layers: 2, activation: "spline", base: "mixture-of-gaussians", front: false, bins: 20 }),
  "smooth leaky ReLUs and a normal base": (dim) =>
    denseFlow({ dim, layers: 3, activation: "smooth-leaky-relu", base: "normal", front: false }),
  "leaky tanh and a Student-t base": (dim) =>
    denseFlow({ dim, layers: 2, activation: "leaky-tanh", base: "student-t", front: true }),
  "given categories, with curves in front": (dim) => {
    const extra = Math.floor(dim / 2);
    const kinds: readonly ColumnTransform[] = [
      { type: "log", bound: -3 },
      { type: "logit", lower: -4, upper: 5 },
      { type: "asinh", width: 0.5 },
      { type: "log-below", bound: 4 },
    ];
    return denseFlow({
      dim: dim - extra,
      ...{ layers: 2, activation: "spline", base: "mixture-of-gaussians", front: true, interactions: 3 },
      transforms: Array.from({ length: dim - extra }, (_, i) => kinds[i % kinds.length]),
      categories: extra > 0 ? latentClasses({ sizes: [extra] }) : undefined,
    });
  },
};

describe.each(Object.entries(flows))("%s", (_, make) => {
  it.each([1, 3, 8, 17])("has the same log-density and latent in %i dimensions", async (dim) => {
    const { logProb, latent } = make(dim).density(input("x", ["batch", dim]));
    expect(await disagreement({ logProb, latent }, normals(dim), [1, 7, 300, 7])).toBeLessThan(2e-5);
  });

  it.each(Object.keys(jacobianEstimators))("has the same gradients under %s", async (name) => {
    const dim = 5;
    const flow = make(dim);
    const loss = neg(mean(flow.logProb(input("x", ["batch", dim]))));
    const wanted = Object.values(flow.parameters).filter(({ trainable }) => trainable);
    const found = gradients(loss, wanted, { rules: jacobianEstimators[name].rules });
    const outputs = Object.fromEntries(
      found.flatMap((gradient, i) => (gradient ? [[`g${i}`, gradient]] : [])),
    );
    expect(Object.keys(outputs).length).toBeGreaterThan(4);
    expect(await disagreement({ ...outputs, loss }, normals(dim), [256, 33])).toBeLessThan(2e-4);
  });

  it("has the same score", async () => {
    const dim = 6;
    const x = input("x", ["batch", dim]);
    const [score] = gradients(sum(make(dim).logProb(x)), [x]) as Tensor[];
    expect(await disagreement({ score }, normals(dim), [64])).toBeLessThan(2e-4);
  });

  it("draws the same rows", async () => {
    const dim = 4;
    const flow = make(dim);
    const { uniform, normal } = flow.base.noise;
    const noise = {
      ...(uniform > 0 && { uniform: input("uniform", ["batch", uniform]) }),
      ...(normal > 0 && { normal: input("normal", ["batch", normal]) }),
    };
    const given = (batch: number): Record<string, Float32Array> => ({
      ...(uniform > 0 && { uniform: new Random(1).fillUniform(new Float32Array(batch * uniform)) }),
      ...(normal > 0 && { normal: new Random(2).fillNormal(new Float32Array(batch * normal)) }),
    });
    expect(await disagreement({ x: flow.sample(noise) }, given, [50, 1])).toBeLessThan(2e-4);
  });
});

it("agrees where products go to a graph and splines to kernels", async () => {
  const dim = 96;
  const flow = flows["the default"](dim);
  const loss = neg(mean(flow.logProb(input("x", ["batch", dim]))));
  const wanted = Object.values(flow.parameters).filter(({ trainable }) => trainable);
  const found = gradients(loss, wanted, { rules: jacobianEstimators.lie.rules }) as Tensor[];
  const outputs = Object.fromEntries(found.map((gradient, i) => [`g${i}`, gradient]));
  expect(await disagreement(outputs, normals(dim), [256])).toBeLessThan(2e-4);
});
