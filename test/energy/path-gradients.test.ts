// Path gradients against the whole gradient, whose mean they share, against differences of the divergence, and at the
// optimum, where every row's is zero.

import { describe, expect, it } from "vitest";
import { chain, linear, reversed } from "../../src/bijections/index.js";
import { type Distribution, mixtureOfGaussians, normal } from "../../src/distributions/index.js";
import { pathGradients } from "../../src/energy/index.js";
import { Flow } from "../../src/flows/index.js";
import { exact, jacobianEstimators, lie, relative, relativeAffine } from "../../src/jacobian/index.js";
import { Random } from "../../src/random/index.js";
import { add, mul, neg, pow, sub, sum, type Tensor } from "../../src/tensor/index.js";
import { expectClose } from "../helpers/index.js";
import { Gradients, normalDensity, smoothNet } from "./support.js";

/** A density up to its constant, as the end of a flow. */
const end = (dim: number, logProb: (x: Tensor) => Tensor): Distribution => ({
  dim,
  parameters: {},
  logProb,
  noise: { uniform: 0, normal: 0 },
  sample: () => expect.fail("nothing here draws"),
  config: () => ({ type: "test", dim }),
});

/** A lopsided double well. */
const well = (x: Tensor) => sum(add(pow(sub(mul(x, x), 1), 2), mul(0.3, x)), 1);
const wellAt = (x: number) => (x * x - 1) ** 2 + 0.3 * x;

const towards = (of: Flow["bijection"], dim = 1) =>
  new Flow(
    of,
    end(dim, (x) => neg(well(x))),
  );
const fromNormal = (x: Tensor) => neg(x);

describe("the path gradient of the reverse divergence", () => {
  it("has the mean of the whole gradient, which is the slope of the divergence", async () => {
    const flow = towards(smoothNet(1, 3));
    const path = await Gradients.of(flow, pathGradients(exact, fromNormal));
    const total = await Gradients.of(flow, exact);
    const mean = await path.mean(normalDensity);
    const whole = await total.mean(normalDensity);
    // KL = E[log q(x) + energy(x)] + log Z: the loss of a step, but for log|det W|, integrated.
    const { store } = total.step;
    const weights = Object.entries(flow.parameters).filter(([name]) => name.endsWith(".weight"));
    const divergence = async () => {
      const width = 0.2;
      let kl = 0;
      for (const [, weight] of weights) kl -= Math.log(Math.abs(store.view(weight)[0]));
      for (let x = -7; x < 7 + width / 2; x += width)
        kl += (await total.step.gradient(Float64Array.of(x))) * normalDensity(x) * width;
      return kl;
    };
    for (const [name, parameter] of Object.entries(flow.parameters)) {
      if (!parameter.trainable) continue;
      expectClose(mean[name], whole[name], { relative: 1e-8, absolute: 1e-9 });
      const place = store.view(parameter);
      const held = place[0];
      const moved = async (by: number) => {
        place[0] = held + by;
        const kl = await divergence();
        place[0] = held;
        return kl;
      };
      const slope = ((await moved(1e-4)) - (await moved(-1e-4))) / 2e-4;
      expectClose([mean[name][0]], [slope], { relative: 1e-6, absolute: 1e-6 });
    }
  });

  it.each([
    ["exact", exact],
    ["relative", relative],
    ["lie", lie],
  ] as const)("is zero for every row where the flow is the target, by the rule %s", async (_, estimator) => {
    const dim = 3;
    const flowOf = (base: Distribution) => new Flow(smoothNet(dim, 5), base);
    // The same net from the same seed with parameters of its own: the density of the flow, as something fixed.
    const twin = new Flow(reversed(smoothNet(dim, 5)), normal({ dim }));
    const fixed: Distribution = {
      ...end(dim, (x) => twin.logProb(x)),
      parameters: twin.parameters,
    };
    const path = await Gradients.of(flowOf(fixed), pathGradients(estimator, fromNormal));
    const total = await Gradients.of(flowOf(fixed), estimator);
    for (const { step } of [path, total])
      for (const [name, parameter] of Object.entries(twin.parameters)) {
        const own = step.flow.parameters[name];
        step.store.view(parameter).set(step.store.view(own));
      }
    const random = new Random(2);
    for (let row = 0; row < 5; row++) {
      const z = random.fillNormal(new Float64Array(dim));
      const [along, whole] = [await path.at(z), await total.at(z)];
      for (const [name, values] of Object.entries(along)) {
        if (!name.startsWith("bijection.")) continue;
        expectClose(values, new Float64Array(values.length), { absolute: 1e-10 });
      }
      expect(Math.max(...whole["bijection.0.weight"].map(Math.abs))).toBeGreaterThan(0.01);
    }
  });

  it("of an affine flow is what the formula says, row by row", async () => {
    // x = zW + b, score −zW^{-T}, energy ½|x|²: the slope along the path is x − zW^{-T}.
    const dim = 2;
    const flow = new Flow(
      chain([linear({ dim, noise: 0.5, random: new Random(4) })]),
      end(dim, (x) => mul(-0.5, sum(mul(x, x), 1))),
    );
    const path = await Gradients.of(flow, pathGradients(exact, fromNormal));
    const [a, b, c, d] = path.step.store.view(flow.parameters["bijection.0.weight"]);
    const [p, q] = path.step.store.view(flow.parameters["bijection.0.bias"]);
    const [z1, z2] = [0.7, -1.2];
    const det = a * d - b * c;
    const slope = [
      z1 * a + z2 * c + p - (z1 * d - z2 * b) / det,
      z1 * b + z2 * d + q - (z2 * a - z1 * c) / det,
    ];
    const found = await path.at(Float64Array.of(z1, z2));
    expectClose(found["bijection.0.bias"], slope, { relative: 1e-12 });
    expectClose(
      found["bijection.0.weight"],
      [z1, z2].flatMap((z) => slope.map((s) => z * s)),
      { relative: 1e-12 },
    );
  });

  it("goes into the Lie algebra as Wᵀ∇W + bᵀ∇b, and to the relative direction as WWᵀ∇W", async () => {
    const dim = 2;
    const flow = towards(chain([linear({ dim, noise: 0.5, random: new Random(4) })]), dim);
    const rows = new Random(5).fillNormal(new Float64Array(7 * dim));
    const by = async (estimator: typeof exact) => Gradients.of(flow, pathGradients(estimator, fromNormal));
    const plain = await by(exact);
    const { "bijection.0.weight": dW, "bijection.0.bias": db } = await plain.at(rows);
    const W = plain.step.store.view(flow.parameters["bijection.0.weight"]);
    const b = plain.step.store.view(flow.parameters["bijection.0.bias"]);
    const transposed = (i: number, j: number) => W[i] * dW[j] + W[2 + i] * dW[2 + j];
    const cells = [0, 1, 2, 3].map((cell) => [cell >> 1, cell & 1]);
    const inAlgebra = await (await by(lie)).at(rows);
    expectClose(
      inAlgebra["bijection.0.weight"],
      cells.map(([i, j]) => transposed(i, j) + b[i] * db[j]),
      { relative: 1e-9 },
    );
    expectClose(
      (await (await by(relative)).at(rows))["bijection.0.weight"],
      cells.map(([i, j]) => W[2 * i] * transposed(0, j) + W[2 * i + 1] * transposed(1, j)),
      { relative: 1e-9 },
    );
    expect(Object.keys(await (await by(relativeAffine)).at(rows))).toHaveLength(2);
  });
});

describe("the path gradient of the forward divergence", () => {
  it("has the mean of maximum likelihood's gradient over the target", async () => {
    const width = 0.01;
    let mass = 0;
    for (let x = -6; x <= 6; x += width) mass += Math.exp(-wellAt(x)) * width;
    const flow = new Flow(smoothNet(1, 6), normal({ dim: 1 }));
    const score = (x: Tensor) => neg(add(mul(4, mul(x, sub(mul(x, x), 1))), 0.3));
    const density = (x: number) => Math.exp(-wellAt(x)) / mass;
    const path = await (await Gradients.of(flow, pathGradients(exact, score))).mean(density, 4);
    const plain = await (await Gradients.of(flow, exact)).mean(density, 4);
    for (const [name, values] of Object.entries(plain))
      expectClose(path[name], values, { relative: 1e-6, absolute: 1e-7 });
  });

  it("leaves the base's own parameters their ordinary gradient", async () => {
    const dim = 2;
    const base = mixtureOfGaussians({ dim, components: 2, random: new Random(7) });
    const flow = new Flow(smoothNet(dim, 8), base);
    const rows = new Random(9).fillNormal(new Float64Array(5 * dim));
    const path = await (await Gradients.of(flow, pathGradients(exact, fromNormal))).at(rows);
    const plain = await (await Gradients.of(flow, exact)).at(rows);
    const names = Object.keys(plain).filter((name) => name.startsWith("base."));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expectClose(path[name], plain[name], { relative: 1e-10, absolute: 1e-12 });
  });
});

it("path gradients refuse estimators with numbers of their own", () => {
  for (const name of ["tracked", "free-form"])
    expect(() => pathGradients(jacobianEstimators[name], fromNormal)).toThrow(
      /cannot be had from the estimator/,
    );
});
