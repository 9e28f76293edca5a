// Fits to targets whose constant is known, and what is said of energies that are none.

import { describe, expect, it } from "vitest";
import {
  type Energy,
  type EnergyFitEvent,
  type EnergyFitOptions,
  fitEnergy,
} from "../../src/energy/index.js";
import { LogdetError } from "../../src/errors.js";
import { buildFlow } from "../../src/flows/index.js";
import { jacobianEstimators } from "../../src/jacobian/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import {
  add,
  div,
  greater,
  log,
  mul,
  pow,
  slice,
  sub,
  sum,
  type Tensor,
  toFloat,
} from "../../src/tensor/index.js";
import { Likelihood } from "../../src/training/index.js";
import { expectClose } from "../helpers/index.js";

/** ½ (x − m)ᵀ A (x − m) with m = (3, −1), A = [[2, 0.8], [0.8, 1]]: log Z = log 2π − ½ log(2 − 0.64). */
const centre = [3, -1];
const gaussian: Energy = {
  dim: 2,
  formula(x) {
    const [u, v] = [0, 1].map((i) => sub(slice(x, 1, i, i + 1), centre[i]));
    return sum(add(add(mul(u, u), mul(0.8, mul(u, v))), mul(0.5, mul(v, v))), 1);
  },
};
const gaussianCallback: Energy = {
  dim: 2,
  evaluate(rows) {
    const values = new Float64Array(rows.length / 2);
    const gradients = new Float64Array(rows.length);
    for (const i of values.keys()) {
      const [u, v] = [rows[2 * i] - centre[0], rows[2 * i + 1] - centre[1]];
      values[i] = u * u + 0.8 * u * v + 0.5 * v * v;
      gradients.set([2 * u + 0.8 * v, 0.8 * u + v], 2 * i);
    }
    return { values, gradients };
  },
};
const gaussianLogZ = Math.log(2 * Math.PI) - 0.5 * Math.log(2 - 0.64);

/** Draws of it: x = m + ε L^{-1} with A = Lᵀ L ... by the conditional of v given u. */
function gaussianSamples(count: number): Float64Array {
  const random = new Random(11);
  const rows = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    // The margin of u has precision 2 − 0.64; v given u is N(−0.8 u, 1).
    const u = random.normal() / Math.sqrt(2 - 0.64);
    rows.set([centre[0] + u, centre[1] - 0.8 * u + random.normal()], 2 * i);
  }
  return rows;
}

const small: EnergyFitOptions = {
  ...{ layers: 2, steps: 300, batch: 128, learningRate: 0.03, threads: 1 },
};

/** What the promise is refused with. */
async function refusal(promise: Promise<unknown>): Promise<LogdetError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LogdetError);
  return error as LogdetError;
}

describe("fitEnergy, from the energy alone", () => {
  it("finds a normal density and its free energy, and knows how well", async () => {
    const fitted = await fitEnergy(gaussian, small);
    const estimate = await fitted.estimate(4000);
    expect(estimate.ess).toBeGreaterThan(0.98);
    expect(Math.abs(estimate.freeEnergy + gaussianLogZ)).toBeLessThan(4 * estimate.standardError + 1e-4);
    expect(estimate.elbo).toBeLessThan(gaussianLogZ + 3 * estimate.elboError);
    expect(await fitted.forwardEss(gaussianSamples(1000))).toBeGreaterThan(0.97);

    const { rows, logProb, logWeights } = await fitted.weigh(500, new Random(3));
    expectClose(await fitted.logProb(rows), logProb, { absolute: 1e-3 });
    for (const i of logWeights.keys()) {
      const [u, v] = [rows[2 * i] - centre[0], rows[2 * i + 1] - centre[1]];
      expect(logWeights[i]).toBeCloseTo(-(u * u + 0.8 * u * v + 0.5 * v * v) - logProb[i], 5);
    }
    expect(await fitted.sample(500, new Random(3))).toEqual(rows);
    await fitted.release();
  }, 30_000);

  it.each(["path", "total"] as const)(
    "fits a callback as it fits the formula, by %s gradients",
    async (gradient) => {
      const options = { ...small, steps: 20, gradient };
      const [formula, callback] = [
        await fitEnergy(gaussian, options),
        await fitEnergy(gaussianCallback, options),
      ];
      expectClose(await callback.sample(50), await formula.sample(50), { absolute: 1e-3 });
    },
  );

  it("reaches both wells, however far apart, when the energy is annealed", async () => {
    const energy: Energy = { dim: 1, formula: (x) => sum(mul(4, pow(sub(mul(0.25, mul(x, x)), 1), 2)), 1) };
    // Z by the trapezoidal rule.
    let mass = 0;
    for (let x = -6; x <= 6; x += 0.01) mass += 0.01 * Math.exp(-4 * (0.25 * x * x - 1) ** 2);
    const fitted = await fitEnergy(energy, { ...small, scale: 2, annealing: { from: 0.1 } });
    const estimate = await fitted.estimate(4000);
    expect(Math.abs(estimate.logZ - Math.log(mass))).toBeLessThan(0.05);
    const right = (await fitted.sample(2000)).filter((x) => x > 0).length / 2000;
    expect(right).toBeGreaterThan(0.4);
    expect(right).toBeLessThan(0.6);
  });

  it("trains by every estimator that has no companion", async () => {
    for (const name of ["exact", "relative", "relative-affine", "lu"]) {
      const jacobian = jacobianEstimators[name];
      const fitted = await fitEnergy(gaussian, { ...small, steps: 150, learningRate: 0.02, jacobian });
      expect((await fitted.estimate(1000)).ess, name).toBeGreaterThan(0.8);
    }
  });

  it("gives the same flow for the same seed, tells how it goes, and stops when asked", async () => {
    const events: EnergyFitEvent[] = [];
    const options = { ...small, steps: 40, annealing: { from: 0.5 } };
    const first = await fitEnergy(gaussian, {
      ...options,
      ...{ evaluateEvery: 20, evaluationRows: 200, onEvent: (event) => events.push(event) },
    });
    const second = await fitEnergy(gaussian, options);
    expect(await first.sample(20)).toEqual(await second.sample(20));
    expect(await first.sample(20)).not.toEqual(
      await (await fitEnergy(gaussian, { ...options, seed: 1 })).sample(20),
    );
    expect(events.map(({ type }) => type)).toEqual(["start", "step", "evaluation", "step", "evaluation"]);
    expect(events[1]).toMatchObject({ step: 20, steps: 40 });
    expect(events[3]).toMatchObject({ inverseTemperature: 1 });

    const controller = new AbortController();
    const stopped = fitEnergy(gaussian, {
      ...options,
      signal: controller.signal,
      onEvent: ({ type }) => type === "step" && controller.abort(),
    });
    expect(await refusal(stopped)).toMatchObject({
      code: "interrupted",
      message: expect.stringMatching(/step 21 of 40/),
    });
  });

  it("can be kept: the flow's configuration and its numbers give the same density", async () => {
    const { flow, parameters } = await fitEnergy(gaussian, { ...small, steps: 20 });
    const kept = JSON.stringify({
      config: flow.config(),
      numbers: Object.entries(flow.parameters).map(([name, parameter]) => [
        name,
        [...parameters.view(parameter)],
      ]),
    });
    const { config, numbers } = JSON.parse(kept) as {
      config: typeof flow extends { config(): infer C } ? C : never;
      numbers: [string, number[]][];
    };
    const again = buildFlow(config);
    const store = new ParameterStore(Object.values(again.parameters));
    for (const [name, values] of numbers) store.view(again.parameters[name]).set(values);
    const rows = new Float32Array(gaussianSamples(20));
    const density = async (likelihood: Promise<Likelihood>) => (await likelihood).logProb(rows);
    expect(await density(Likelihood.create(again, store, 1))).toEqual(
      await density(Likelihood.create(flow, parameters, 1)),
    );
  });
});

describe("fitEnergy, from samples of the target", () => {
  it("comes closer with the energy's gradients than by maximum likelihood, from a hundred samples", async () => {
    const samples = gaussianSamples(100);
    const ess = async (gradient: "path" | "total") => {
      const fitted = await fitEnergy(gaussian, { ...small, samples, gradient });
      return fitted.forwardEss(gaussianSamples(2000));
    };
    const [aware, plain] = [await ess("path"), await ess("total")];
    expect(aware).toBeGreaterThan(0.95);
    expect(aware).toBeGreaterThan(plain + 0.02);
  }, 30_000);
});

describe("fitEnergy, with samples held out", () => {
  it("keeps the numbers that these liked best, and tells how probable they were on the way", async () => {
    const validation = gaussianSamples(500);
    const seen: number[] = [];
    const fitted = await fitEnergy(gaussian, {
      ...{ ...small, samples: gaussianSamples(12), validation, gradient: "total", evaluateEvery: 30 },
      onEvent(event) {
        if (event.type !== "evaluation") return;
        seen.push(event.validationNll ?? Number.NaN);
        expect(event.forwardEss).toBeLessThanOrEqual(1);
      },
    });
    const logProb = await fitted.logProb(validation);
    const nll = -logProb.reduce((total, value) => total + value, 0) / logProb.length;
    expect(seen).toHaveLength(10);
    expect(nll).toBeCloseTo(Math.min(...seen), 4);
    // Twelve samples: maximum likelihood ends far beyond its best.
    expect(seen[9]).toBeGreaterThan(nll + 0.1);
  });
});

describe("fitEnergy refuses", () => {
  const formula = (f: (x: Tensor) => Tensor, dim = 2): Energy => ({ dim, formula: f });

  it.each([
    ["a dimension of 0", { ...gaussian, dim: 0 }, "usage", /at least 1, got 0/],
    ["a dimension that is no whole number", { ...gaussian, dim: 1.5 }, "usage", /got 1.5/],
    [
      "an energy with a number a coordinate",
      formula((x) => mul(x, x)),
      "shape",
      /\[batch\], got float \[batch, 2\]/,
    ],
    ["an energy of the whole batch", formula((x) => sum(mul(x, x))), "shape", /one float a row/],
    [
      "an energy without a gradient",
      formula((x) => sum(toFloat(greater(x, 0)), 1)),
      "usage",
      /no gradient with respect to its coordinates/,
    ],
    [
      "a callback with too few values",
      { dim: 2, evaluate: () => ({ values: [1], gradients: [] }) },
      "shape",
      /must give 128 values, got 1/,
    ],
    [
      "a callback without gradients",
      {
        dim: 2,
        evaluate: (rows: Float64Array) => ({ values: new Float64Array(rows.length / 2) }),
      } as unknown as Energy,
      "shape",
      /must give 256 gradients, got none/,
    ],
  ] as const)("%s", async (_, energy, code, message) => {
    expect(await refusal(fitEnergy(energy as Energy, small))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("an energy that is not a number somewhere, and names the first such draw", async () => {
    // The logarithm of a negative number, wherever x < −1.
    const halved = formula((x) => sum(sub(mul(x, x), log(add(x, 1))), 1), 1);
    const error = await refusal(fitEnergy(halved, small));
    expect(error.code).toBe("numeric");
    expect(error.message).toMatch(/the energy's value is NaN at x = \(-[1-9]/);
    expect(error.where[0]).toBe("energy");
    expect(error.where[1]).toMatch(/^step 1, draw \d+$/);

    const wall: Energy = {
      dim: 1,
      evaluate: (rows) => ({ values: rows.map((x) => (x < 0 ? Infinity : x)), gradients: rows.map(() => 1) }),
    };
    expect((await refusal(fitEnergy(wall, small))).message).toMatch(/value is Infinity at x = \(-/);
    const corner: Energy = {
      dim: 2,
      evaluate: (rows) => ({
        values: rows.filter((_, i) => i % 2),
        gradients: rows.map((x, i) => (i === 7 ? NaN : x)),
      }),
    };
    const third = await refusal(fitEnergy(corner, small));
    expect(third.message).toMatch(/gradient is \(.*, NaN\)/);
    expect(third.where).toEqual(["energy", "step 1, draw 4"]);
  });

  it("samples that are none, or at which the energy is infinite, by row", async () => {
    const reciprocal = formula((x) => sum(div(1, x), 1), 1);
    const error = await refusal(fitEnergy(reciprocal, { ...small, samples: Float64Array.of(1, 2, 0, 3) }));
    expect(error.where).toEqual(["energy", "sample 3"]);
    for (const [samples, message] of [
      [Float64Array.of(1, 2, 3), /rows of 2 coordinates expected, got 3 numbers/],
      [new Float64Array(0), /got 0 numbers/],
      [Float64Array.of(1, 2, Number.NaN, 3), /NaN is not a finite number/],
    ] as const)
      expect((await refusal(fitEnergy(gaussian, { ...small, samples }))).message).toMatch(message);
  });

  it.each([
    [{ steps: 0 }, /steps must be a whole number/],
    [{ batch: 2.5 }, /batch must be a whole number/],
    [{ learningRate: -1 }, /learning rate must be a positive number/],
    [{ annealing: { from: 0 } }, /annealing.from must lie in/],
    [{ annealing: { from: 0.1, until: 2 } }, /annealing.until must lie in/],
    [{ annealing: { from: 0.1 }, samples: gaussianSamples(10) }, /annealing is for fits to the energy alone/],
    [{ jacobian: jacobianEstimators.tracked }, /cannot be had from the estimator tracked/],
    [{ scale: 0 }, /scale/],
    [{ center: [1, 2, 3] }, /center/],
  ] as [EnergyFitOptions, RegExp][])("options that do not fit: %o", async (options, message) => {
    expect((await refusal(fitEnergy(gaussian, { ...small, ...options }))).message).toMatch(message);
  });
});
