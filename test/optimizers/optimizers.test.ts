// Every optimizer against its paper's algorithm, one number at a time in plain JavaScript.

import { describe, expect, it } from "vitest";
import { instantiateKernels } from "../../src/kernels/index.js";
import { adam, adamW, type Optimizer, optimizer, optimizers, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { parameter } from "../../src/tensor/index.js";
import { expectClose } from "../helpers/index.js";

/** One parameter's update: keeps its own memory between calls. */
type Rule = (value: number, gradient: number, learningRate: number) => number;

const momentum = (mu: number) => (): Rule => {
  let velocity = 0;
  return (value, gradient, rate) => {
    velocity = mu * velocity + gradient;
    return value - rate * velocity;
  };
};

const adamRule = (beta1: number, beta2: number, epsilon: number, decay: number) => (): Rule => {
  let [m, v, step] = [0, 0, 0];
  return (value, gradient, rate) => {
    step++;
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient ** 2;
    const direction = m / (1 - beta1 ** step) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
    return value - rate * (direction + decay * value);
  };
};

const cases: readonly (readonly [string, Optimizer, () => Rule])[] = [
  ["sgd without momentum", sgd({ momentum: 0 }), momentum(0)],
  ["sgd, as it comes", sgd(), momentum(0.9)],
  ["adam, as it comes", adam(), adamRule(0.9, 0.999, 1e-8, 0)],
  [
    "adam with its own constants",
    adam({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
    adamRule(0.8, 0.95, 1e-3, 0),
  ],
  ["adamw, as it comes", adamW(), adamRule(0.9, 0.999, 1e-8, 0.01)],
  ["adamw with strong decay", adamW({ weightDecay: 0.5 }), adamRule(0.9, 0.999, 1e-8, 0.5)],
];

/** Twenty steps with gradients that change in size from step to step and element to element. */
function run(rule: Optimizer, float: "float32" | "float64", make: () => Rule) {
  const size = 37;
  const random = new Random(3);
  const weight = parameter([size], random.fillNormal(new Float64Array(size)));
  const store = new ParameterStore([weight], { float, buffers: ["gradient", ...rule.slots] });
  const kernels = instantiateKernels(store.memory)[float];
  const rules = Array.from({ length: size }, make);
  const wanted = Array.from(store.view(weight));
  for (let step = 1; step <= 20; step++) {
    const gradient = store.view(weight, "gradient");
    for (let i = 0; i < size; i++) gradient[i] = random.normal() * 10 ** ((i % 9) - 4) * Math.cos(step / 3);
    const learningRate = 0.1 / step;
    for (let i = 0; i < size; i++) wanted[i] = rules[i](wanted[i], gradient[i], learningRate);
    rule.update({
      kernels,
      target: store.view(weight),
      gradient,
      slots: rule.slots.map((name) => store.view(weight, name)),
      learningRate,
      step,
    });
  }
  return { found: store.view(weight), wanted };
}

describe.each(cases)("%s", (_, rule, make) => {
  it("is its algorithm over twenty steps, in float64", () => {
    const { found, wanted } = run(rule, "float64", make);
    expectClose(found, wanted, { relative: 1e-12, absolute: 1e-12 });
  });

  it("is its algorithm over twenty steps up to rounding, in float32", () => {
    const { found, wanted } = run(rule, "float32", make);
    expectClose(found, wanted, { relative: 1e-4, absolute: 1e-4 });
  });
});

describe("weight decay", () => {
  it("shrinks a weight without gradient by η λ a step, and nothing else moves it", () => {
    const weight = parameter([4], [1, -2, 0, 1e6]);
    const rule = adamW({ weightDecay: 0.1 });
    const store = new ParameterStore([weight], { float: "float64", buffers: ["gradient", ...rule.slots] });
    const kernels = instantiateKernels(store.memory).float64;
    for (let step = 1; step <= 3; step++)
      rule.update({
        kernels,
        target: store.view(weight),
        gradient: store.view(weight, "gradient"),
        slots: rule.slots.map((name) => store.view(weight, name)),
        learningRate: 0.5,
        step,
      });
    const left = (1 - 0.5 * 0.1) ** 3;
    expectClose(store.view(weight), [left, -2 * left, 0, 1e6 * left], { relative: 1e-14 });
  });
});

describe("the table of optimizers", () => {
  it("makes each by its own name", () => {
    for (const name of Object.keys(optimizers)) expect(optimizer(name).name).toBe(name);
    expect(Object.keys(optimizers).sort()).toEqual(["adam", "adamw", "descent", "sgd"]);
  });

  it("refuses unknown names, and names that every object has", () => {
    for (const name of ["lbfgs", "constructor", "__proto__", ""])
      expect(() => optimizer(name)).toThrow(/no optimizer/);
  });
});
