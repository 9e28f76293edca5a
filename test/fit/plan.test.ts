// What is chosen when nothing is said, and what must be said properly.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { fitOptionsSchema, parseFitOptions, plan } from "../../src/fit/index.js";
import { recipe } from "../../src/flows/index.js";

const rows = fc.integer({ min: 16, max: 3_000_000 });
const dims = fc.integer({ min: 1, max: 4000 });

describe("a plan", () => {
  it("is something that can be done, whatever the table", () => {
    fc.assert(
      fc.property(rows, dims, (trainRows, dim) => {
        const { recipe, steps, epochs, evaluateEvery, noise } = plan({}, trainRows, dim);
        expect(recipe.batch).toBeGreaterThanOrEqual(1);
        expect(recipe.batch).toBeLessThanOrEqual(trainRows);
        expect(Number.isInteger(steps) && steps >= 3000).toBe(true);
        expect(Number.isInteger(evaluateEvery) && evaluateEvery >= 1 && evaluateEvery <= steps).toBe(true);
        expect(epochs).toBeGreaterThan(0);
        expect(noise[0]).toBe(0);
      }),
    );
  });

  it("tries input noise where rows are few or columns many", () => {
    expect(plan({}, 1000, 5).noise.length).toBeGreaterThan(1);
    expect(plan({}, 100_000, 40).noise.length).toBeGreaterThan(1);
    expect(plan({}, 100_000, 5).noise).toEqual([0]);
  });

  it("leaves the Lie rule where its product costs too much, unless asked for", () => {
    expect(plan({}, 10_000, 100).recipe.jacobian).toBe("lie");
    expect(plan({}, 10_000, 2000).recipe.jacobian).toBe("relative");
    expect(plan({ jacobian: "lie" }, 10_000, 2000).recipe.jacobian).toBe("lie");
  });

  it("does what it is told", () => {
    const told = {
      layers: 7,
      activation: "leaky-tanh",
      base: "laplace",
      jacobian: "exact",
      optimizer: "sgd",
      learningRate: 0.5,
      batch: 10,
    } as const;
    const found = plan({ ...told, epochs: 3, patience: 4, validation: 0.4, seed: 9, threads: 2 }, 105, 3);
    expect(found.recipe).toMatchObject(told);
    expect(found).toMatchObject({ steps: 30, epochs: 3, patience: 4, validation: 0.4, seed: 9, threads: 2 });
    expect(plan({ flow: "published" }, 1000, 3).recipe).toEqual(recipe("published"));
    expect(plan({ epochs: 0.001 }, 1000, 3).steps).toBe(1);
  });
});

describe("options", () => {
  it("that are well formed pass as they are", () => {
    const options = { layers: 3, learningRate: 1e-3, epochs: 0.5, jitter: 0, seed: -5, threads: 1 };
    expect(parseFitOptions(options)).toEqual(options);
    expect(parseFitOptions({})).toEqual({});
  });

  it.each([
    ["layers", 0],
    ["layers", 1.5],
    ["layers", 1000],
    ["activation", "relu"],
    ["learningRate", 0],
    ["learningRate", Number.POSITIVE_INFINITY],
    ["batch", -1],
    ["epochs", Number.NaN],
    ["patience", "3"],
    ["validation", 0],
    ["validation", 1],
    ["jitter", -0.1],
    ["seed", 2 ** 40],
    ["threads", 0],
    ["colour", "red"],
  ] as const)("that are not are refused by name: %s = %s", (name, value) => {
    expect(() => parseFitOptions({ [name]: value }, ["fit.json"])).toThrow(LogdetError);
    expect(() => parseFitOptions({ [name]: value }, ["fit.json"])).toThrow(name);
    try {
      parseFitOptions({ [name]: value }, ["fit.json"]);
    } catch (error) {
      expect(error).toMatchObject({ code: "usage", where: ["fit.json"] });
    }
  });

  it("of any other kind are refused too", () => {
    for (const value of [null, 3, "x", [], [{}]]) expect(() => parseFitOptions(value)).toThrow(LogdetError);
    expect(fitOptionsSchema.safeParse({ __proto__: null }).success).toBe(true);
  });
});
