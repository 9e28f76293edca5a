// The trust region of steps in the Lie algebra, and their evaluation for less than D³.

import { describe, expect, it } from "vitest";
import { denseFlow } from "../../src/flows/index.js";
import { lie } from "../../src/jacobian/index.js";
import { adam, type Optimizer, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { factorize } from "../../src/runtime/index.js";
import { TrainingStep } from "../../src/training/index.js";
import { expectClose } from "../helpers/index.js";

const net = (dim: number) =>
  denseFlow({ dim, layers: 1, activation: "spline", base: "logistic", front: false, random: new Random(1) });

const rows = (count: number, dim: number) =>
  new Random(7).fillNormal(new Float64Array(count * dim)).map((value, i) => 3 * value + (i % 3));

const create = (dim: number, optimizer: Optimizer, stepClip?: number) =>
  TrainingStep.create(net(dim), { estimator: lie, optimizer, stepClip, float: "float64", threads: 1 });

const frobenius = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((total, value) => total + value * value, 0));

describe("the trust region", () => {
  // 20 columns and more: after the shrinking by 16/D, too; beyond 192 by both evaluations.
  it.each([
    { dim: 1, optimizer: adam() },
    { dim: 5, optimizer: adam() },
    { dim: 5, optimizer: sgd() },
    { dim: 20, optimizer: adam() },
    { dim: 200, optimizer: adam() },
    { dim: 200, optimizer: sgd({ momentum: 0 }) },
  ])(
    "bounds ‖W^{-1}W' − I‖_F by the clip at any rate, so that W stays invertible: D = $dim, $optimizer.name",
    async ({ dim, optimizer }) => {
      const clip = 0.9;
      const step = await create(dim, optimizer, clip);
      const weight = step.flow.parameters["bijection.0.weight"];
      for (let i = 1; i <= 3; i++) {
        const before = factorize(Float64Array.from(step.store.view(weight)), dim);
        await step.gradient(rows(8, dim));
        await step.update(1e5, i);
        const after = Float64Array.from(step.store.view(weight));
        const factor = before.solve(after, dim);
        for (let k = 0; k < dim; k++) factor[k * (dim + 1)] -= 1;
        const length = frobenius(factor);
        expect(length).toBeLessThan(clip * (1 + 1e-9));
        expect(length).toBeGreaterThan(clip * (1 - 1e-9));
        const { logAbsDet, sign } = factorize(after, dim);
        expect(sign).toBe(before.sign);
        // |log|det(I − u)|| <= √D ‖u‖_F / (1 − ‖u‖_F)
        expect(Math.abs(logAbsDet - before.logAbsDet)).toBeLessThan((Math.sqrt(dim) * clip) / (1 - clip));
      }
      await step.release();
    },
  );

  it.each([0, 1, 2, -0.5, Number.NaN])("cannot be as wide as %d", async (clip) => {
    await expect(create(2, adam(), clip)).rejects.toThrow(/clip must lie between 0 and 1/);
  });
});

describe("a plain step by the factors of G", () => {
  it("moves W as the whole product does", async () => {
    const dim = 196;
    // The same rule, but not known to be plain: evaluated as a product of D³.
    const { plain: _, ...unknown } = sgd({ momentum: 0 });
    const [cheap, whole] = [await create(dim, sgd({ momentum: 0 })), await create(dim, unknown)];
    for (const rate of [1e-3, 10])
      for (const step of [cheap, whole]) {
        await step.gradient(rows(9, dim));
        await step.update(rate, 1);
      }
    const weight = (step: TrainingStep) => step.store.view(step.flow.parameters["bijection.0.weight"]);
    expectClose(weight(cheap), weight(whole), { absolute: 1e-11 });
    await cheap.release();
    await whole.release();
  });
});
