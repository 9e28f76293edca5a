// One relative layer before a super-Gaussian base separates independent sources: the oldest use of the relative gradient.

import { describe, expect, it } from "vitest";
import { chain, linear } from "../../src/bijections/index.js";
import { logistic } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { relative } from "../../src/jacobian/index.js";
import { sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { expectClose, product } from "../helpers/index.js";
import { matrix } from "./support.js";

const dim = 3;
const count = 3000;

/** Independent Laplace sources. */
const sources = matrix(
  new Random(12)
    .fillUniform(new Float64Array(count * dim))
    .map((u) => (u < 0.5 ? Math.log(2 * u) : -Math.log(2 - 2 * u))),
  dim,
);
const mixing = matrix([1, 0.6, -0.4, -0.5, 1.2, 0.3, 0.7, -0.2, 0.9], dim);

const correlation = (a: readonly number[], b: readonly number[]): number => {
  const centred = (x: readonly number[]) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    return x.map((value) => value - mean);
  };
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  const [x, y] = [centred(a), centred(b)];
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
};

describe("a relative layer on mixed Laplace sources", () => {
  const run = async () => {
    const rows = product(sources, mixing).data;
    const flow = new Flow(chain([linear({ dim, random: new Random(3) })]), logistic({ dim }));
    const step = await TrainingStep.create(flow, {
      estimator: relative,
      optimizer: sgd({ momentum: 0.5 }),
      float: "float64",
      threads: 1,
    });
    for (let i = 1; i <= 800; i++) {
      await step.gradient(rows);
      await step.update(0.1, i);
    }
    const weight = matrix(step.store.view(flow.parameters["bijection.0.weight"]), dim);
    const bias = Float64Array.from(step.store.view(flow.parameters["bijection.0.bias"]));
    await step.release();
    return { u: product(matrix(rows, dim), weight), bias };
  };

  it("stops where E[uᵀφ(y)] = I and E[φ(y)] = 0, with the sources recovered", async () => {
    const { u, bias } = await run();
    // φ = −∂ log p / ∂y of the logistic density is tanh(y / 2).
    const phi = u.data.map((value, i) => Math.tanh((value + bias[i % dim]) / 2));
    const moments = Float64Array.from({ length: dim * dim }, (_, k) => {
      let total = 0;
      for (let row = 0; row < count; row++)
        total += u.data[row * dim + Math.floor(k / dim)] * phi[row * dim + (k % dim)];
      return total / count;
    });
    expectClose(moments, [1, 0, 0, 0, 1, 0, 0, 0, 1], { absolute: 1e-4 });
    for (let j = 0; j < dim; j++)
      expect(
        Math.abs(phi.reduce((sum, value, i) => sum + (i % dim === j ? value : 0), 0) / count),
      ).toBeLessThan(1e-4);

    const column = ({ data }: { data: Float64Array }, j: number) =>
      Array.from({ length: count }, (_, row) => data[row * dim + j]);
    const partners = Array.from({ length: dim }, (_, j) => {
      const found = Array.from({ length: dim }, (_, k) =>
        Math.abs(correlation(column(u, j), column(sources, k))),
      );
      expect(Math.max(...found)).toBeGreaterThan(0.95);
      return found.indexOf(Math.max(...found));
    });
    expect(new Set(partners).size).toBe(dim);
  });
});
