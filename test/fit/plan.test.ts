// What is chosen when nothing is said, and what must be said properly.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { type FitOptions, fitOptionsSchema, parseFitOptions, plan } from "../../src/fit/index.js";
import { recipe } from "../../src/flows/index.js";

const rows = fc.integer({ min: 16, max: 3_000_000 });
const dims = fc.integer({ min: 1, max: 4000 });

describe("a plan", () => {
  it("is something that can be done, whatever the table", () => {
    fc.assert(
      fc.property(rows, dims, (trainRows, dim) => {
        const { recipe, steps, epochs, evaluateEvery, search, runs } = plan({}, { trainRows, dim });
        expect(recipe.batch).toBeGreaterThanOrEqual(1);
        expect(recipe.batch).toBeLessThanOrEqual(trainRows);
        expect(Number.isInteger(steps) && steps >= 3000).toBe(true);
        expect(Number.isInteger(evaluateEvery) && evaluateEvery >= 1 && evaluateEvery <= steps).toBe(true);
        expect(epochs).toBeGreaterThan(0);
        expect(search).toMatchObject({ rows: trainRows, dim, steps, batch: recipe.batch });
        expect(search.first).toEqual({ layers: recipe.layers, components: 1, noise: 0, start: 0 });
        expect(Number.isInteger(runs) && runs >= 1).toBe(true);
      }),
    );
  });

  it("searches over what was not said, and over nothing where it should not", () => {
    const table = { trainRows: 10_000, dim: 5 };
    const open = (options: FitOptions) => [...plan(options, table).search.open].sort();
    expect(open({})).toEqual(["components", "layers", "noise", "start"]);
    expect(open({ layers: 4 })).toEqual(["components", "noise", "start"]);
    expect(open({ layers: 2, components: 3, noise: 0.05 })).toEqual(["start"]);
    expect(open({ search: false })).toEqual([]);
    expect(open({ flow: "published" })).toEqual([]);
    expect(open({ flow: "published", search: true })).toContain("layers");
    expect(plan({ search: false }, table).runs).toBe(1);
    const told = plan({ layers: 2, components: 3, noise: 0.05 }, table).search.first;
    expect(told).toEqual({ layers: 2, components: 3, noise: 0.05, start: 0 });
  });

  it("takes a table for discrete where more than half of its columns are", () => {
    const isDiscrete = (discreteColumns?: number) =>
      plan({}, { trainRows: 1000, dim: 4, discreteColumns }).search.isDiscrete;
    expect([undefined, 2, 3].map(isDiscrete)).toEqual([false, false, true]);
  });

  it("takes few rows for discrete only where values crowd, as rounding leaves a density smooth", () => {
    const choice = (trainRows: number, crowdedColumns: number) => {
      const { recipe, search } = plan({}, { trainRows, dim: 4, discreteColumns: 4, crowdedColumns });
      return [recipe.frontBins, search.isDiscrete];
    };
    expect(choice(100, 2)).toEqual([8, false]);
    expect(choice(100, 3)).toEqual([64, true]);
    expect(choice(799, 0)).toEqual([9, false]);
    expect(choice(800, 0)).toEqual([64, true]);
  });

  it("leaves the Lie rule where its product costs too much, unless asked for", () => {
    expect(plan({}, { trainRows: 10_000, dim: 100 }).recipe.jacobian).toBe("lie");
    expect(plan({}, { trainRows: 10_000, dim: 2000 }).recipe.jacobian).toBe("relative");
    expect(plan({ jacobian: "lie" }, { trainRows: 10_000, dim: 2000 }).recipe.jacobian).toBe("lie");
  });

  it("gives continuous columns no more pieces in front than their rows can fill", () => {
    const pieces = (table: Parameters<typeof plan>[1]) => plan({}, table).recipe.frontBins;
    expect(pieces({ trainRows: 100, dim: 4 })).toBe(8);
    expect(pieces({ trainRows: 800, dim: 4 })).toBe(10);
    expect(pieces({ trainRows: 100_000, dim: 4 })).toBe(64);
    expect(pieces({ trainRows: 100, dim: 4, discreteColumns: 4 })).toBe(64);
    expect(plan({ frontBins: 12 }, { trainRows: 100, dim: 4 }).recipe.frontBins).toBe(12);
  });

  it("does what it is told", () => {
    const told = {
      layers: 7,
      activation: "leaky-tanh",
      base: "laplace",
      components: 3,
      bins: 5,
      frontBins: 9,
      jacobian: "exact",
      optimizer: "sgd",
      learningRate: 0.5,
      batch: 10,
    } as const;
    const found = plan(
      { ...told, epochs: 3, patience: 4, validation: 0.4, seed: 9, threads: 2 },
      { trainRows: 105, dim: 3 },
    );
    expect(found.recipe).toMatchObject(told);
    expect(found).toMatchObject({ steps: 30, epochs: 3, patience: 4, validation: 0.4, seed: 9, threads: 2 });
    expect(plan({ flow: "published" }, { trainRows: 1000, dim: 3 }).recipe).toEqual(recipe("published"));
    expect(plan({ epochs: 0.001 }, { trainRows: 1000, dim: 3 }).steps).toBe(1);
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
    ["components", 0],
    ["components", 65],
    ["noise", -0.1],
    ["noise", Number.POSITIVE_INFINITY],
    ["search", "no"],
    ["bins", 1],
    ["frontBins", 1000],
    ["base", 7],
    ["base", { margin: "normal" }],
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

  it("may give the base as a configuration", () => {
    for (const base of [
      "gumbel-copula",
      { type: "gumbel-copula", margin: { type: "student-t" } },
      { type: "student-t", degreesOfFreedom: 3 },
    ])
      expect(parseFitOptions({ base })).toEqual({ base });
  });

  it.each([
    ["a name of no base", "gumbel", ["base"], /no base density of type "gumbel"/],
    ["a type of no base", { type: "gumbel" }, ["base"], /no base density of type "gumbel"/],
    ["a density made of others", { type: "mixture", components: [] }, ["base"], /"mixture"/],
    ["a size, which is the table's", { type: "normal", dim: 3 }, ["base"], /leave out dim/],
    ["an option that it does not have", { type: "normal", width: 3 }, ["base", "normal"], /"width"/],
    [
      "a margin that there is not",
      { type: "frank-copula", margin: { type: "gamma" } },
      ["base", "frank-copula"],
      /margin/,
    ],
  ])("refuse a base that is %s, and say where it stood", (_, base, where, message) => {
    const parse = () => parseFitOptions({ base }, ["fit.json"]);
    expect(parse).toThrow(expect.objectContaining({ code: "usage", where: ["fit.json", ...where] }));
    expect(parse).toThrow(message);
  });

  it("of any other kind are refused too", () => {
    for (const value of [null, 3, "x", [], [{}]]) expect(() => parseFitOptions(value)).toThrow(LogdetError);
    expect(fitOptionsSchema.safeParse({ __proto__: null }).success).toBe(true);
  });
});
