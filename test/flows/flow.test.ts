// A flow is its parts: a change of variables, put together from configurations and taken apart into them.

import { describe, expect, it } from "vitest";
import { chain, linear, smoothLeakyRelu } from "../../src/bijections/index.js";
import { distributions, normal } from "../../src/distributions/index.js";
import { LogdetError } from "../../src/errors.js";
import { activations, buildFlow, denseFlow, Flow, recipe, recipes } from "../../src/flows/index.js";
import { jacobianEstimator } from "../../src/jacobian/index.js";
import { optimizer } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { input } from "../../src/tensor/index.js";
import { determinant, evaluate, expectClose, generate } from "../helpers/index.js";

const all = activations.flatMap((activation) =>
  Object.keys(distributions).flatMap((base) => [true, false].map((front) => ({ activation, base, front }))),
);

describe("a flow", () => {
  it.each(all)(
    "has the density of the change of variables: $activation, $base, spline in front: $front",
    async (options) => {
      const dim = 3;
      const flow = denseFlow({ dim, layers: 3, random: new Random(2), ...options });
      const { density, latent } = {
        density: flow.density(input("x", ["batch", dim])),
        latent: input("z", ["batch", dim]),
      };
      const at = new Random(5).fillNormal(new Float64Array(dim));
      // The row and its neighbours on both sides of each column.
      const h = 1e-5;
      const rows = [0, ...Array.from({ length: 2 * dim }, (_, k) => k + 1)].flatMap((k) =>
        Array.from(at, (value, j) =>
          k > 0 && Math.floor((k - 1) / 2) === j ? value + (k % 2 ? h : -h) : value,
        ),
      );
      const { logProb, z } = await evaluate({ logProb: density.logProb, z: density.latent }, { x: rows });
      const jacobian = generate(
        [dim, dim],
        ([i, j]) => (z[(1 + 2 * i) * dim + j] - z[(2 + 2 * i) * dim + j]) / (2 * h),
      );
      const { base } = await evaluate({ base: flow.base.logProb(latent) }, { z: z.slice(0, dim) });
      expectClose([logProb[0]], [base[0] + Math.log(Math.abs(determinant(jacobian)))], { absolute: 1e-6 });
    },
  );

  it.each(all)("can be built again from its configuration as JSON: $activation, $base, $front", (options) => {
    const flow = denseFlow({ dim: 2, layers: 2, ...options });
    const again = buildFlow(JSON.parse(JSON.stringify(flow.config())));
    expect(again.config()).toEqual(flow.config());
    expect(again.parameterCount).toBe(flow.parameterCount);
    expect(
      Object.entries(again.parameters).map(([name, { shape, trainable }]) => [name, shape, trainable]),
    ).toEqual(
      Object.entries(flow.parameters).map(([name, { shape, trainable }]) => [name, shape, trainable]),
    );
  });

  it("names its parameters by their place, and counts the trained ones", () => {
    const flow = new Flow(
      chain([linear({ dim: 2 }), smoothLeakyRelu({ dim: 2 }), linear({ dim: 2 })]),
      normal({ dim: 2 }),
    );
    expect(Object.keys(flow.parameters)).toEqual([
      "bijection.0.weight",
      "bijection.0.bias",
      "bijection.2.weight",
      "bijection.2.bias",
    ]);
    expect(flow.parameterCount).toBe(12);
  });

  it("refuses a base of another dimension", () => {
    expect(() => new Flow(chain([linear({ dim: 2 })]), normal({ dim: 3 }))).toThrow(/2 columns.*3|takes 3/);
  });
});

describe("dense flows", () => {
  it("start from the seed's weights, near the identity, every layer with its own", () => {
    const weights = (seed: number) =>
      Object.entries(
        denseFlow({
          dim: 4,
          layers: 2,
          activation: "spline",
          base: "normal",
          front: true,
          random: new Random(seed),
        }).parameters,
      )
        .filter(([name]) => name.endsWith("weight"))
        .map(([, { initial }]) => Array.from(initial));
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
    const [first, second] = weights(1);
    expect(first).not.toEqual(second);
    for (const [i, value] of first.entries())
      expect(Math.abs(value - (i % 5 === 0 ? 1 : 0))).toBeLessThan(0.2);
  });

  it("have layers and activations in turn", () => {
    const types = (flow: Flow) =>
      (flow.config().bijection.parts as { type: string }[]).map(({ type }) => type);
    const options = { dim: 2, layers: 3, activation: "leaky-tanh", base: "normal" } as const;
    const body = ["linear", "leaky-tanh", "linear", "leaky-tanh", "linear"];
    expect(types(denseFlow({ ...options, front: false }))).toEqual(body);
    expect(types(denseFlow({ ...options, front: true }))).toEqual(["rational-quadratic-spline", ...body]);
  });

  it("start with the sample's quantiles where they are given one", async () => {
    const sample = new Random(1)
      .fillNormal(new Float64Array(4000))
      .map((value) => Math.sign(value) * value * value);
    const flow = denseFlow({ dim: 1, layers: 1, activation: "spline", base: "normal", front: true, sample });
    const { z } = await evaluate(
      { z: flow.density(input("x", ["batch", 1])).latent },
      { x: Array.from(sample) },
    );
    const inside = z.filter((value) => Math.abs(value) < 1).length / z.length;
    // As many as a standard normal has there.
    expect(Math.abs(inside - 0.683)).toBeLessThan(0.05);
  });

  it("refuse activations and bases that do not exist", () => {
    const options = { dim: 2, layers: 2, activation: "spline", base: "normal", front: false } as const;
    expect(() => denseFlow({ ...options, activation: "relu" as never })).toThrow(LogdetError);
    expect(() => denseFlow({ ...options, base: "constructor" })).toThrow(LogdetError);
  });
});

describe("recipes", () => {
  it.each(Object.keys(recipes))("name things that exist, and build: %s", (name) => {
    const found = recipe(name);
    expect(found.name).toBe(name);
    expect(jacobianEstimator(found.jacobian).name).toBe(found.jacobian);
    expect(optimizer(found.optimizer).name).toBe(found.optimizer);
    expect(denseFlow({ ...found, dim: 3 }).dim).toBe(3);
  });

  it("of unknown names are refused, also of names that every object has", () => {
    for (const name of ["glow", "constructor", "__proto__", ""])
      expect(() => recipe(name)).toThrow(/no flow named/);
  });
});
