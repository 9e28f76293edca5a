// Every estimator against the exact gradient, which is itself checked against differences of the likelihood.

import { describe, expect, it } from "vitest";
import { denseFlow } from "../../src/flows/index.js";
import {
  exact,
  jacobianEstimator,
  jacobianEstimators,
  lie,
  published,
  relative,
  relativeAffine,
} from "../../src/jacobian/index.js";
import { expectClose, type NdArray, product, transposed } from "../helpers/index.js";
import { augmented, direction, matrix, nll, normalRows, parts, scattered, sum } from "./support.js";

const close = { relative: 1e-9, absolute: 1e-9 };

const cases = [
  { layers: 2, dim: 3, activation: "smooth-leaky-relu", base: "normal", front: false },
  { layers: 2, dim: 4, activation: "spline", base: "mixture-of-gaussians", front: true },
  { layers: 3, dim: 3, activation: "spline", base: "logistic", front: false },
  { layers: 3, dim: 4, activation: "leaky-tanh", base: "student-t", front: false },
  { layers: 1, dim: 1, activation: "spline", base: "laplace", front: true },
] as const;

describe.each(cases)("$layers dense layers with $activation before a $base base, D = $dim", (options) => {
  const { dim } = options;
  const flow = denseFlow(options);
  const store = scattered(flow, options.layers + dim);
  const rows = normalRows(23, dim, 5).map((value) => value + 1);
  const names = Object.keys(flow.parameters);
  const layers = names
    .filter((name) => name.endsWith(".weight"))
    .map((name) => name.slice(0, -".weight".length));
  const weightOf = (layer: string): NdArray => matrix(store.view(flow.parameters[`${layer}.weight`]), dim);
  const biasOf = (layer: string) => store.view(flow.parameters[`${layer}.bias`]);

  /** For each layer: the exact gradients, what an estimator gives, and the layer's own values. */
  const compare = async (estimator: (typeof jacobianEstimators)[string]) => {
    const truth = await direction(flow, store, rows, exact);
    const found = await direction(flow, store, rows, estimator);
    for (const name of Object.keys(truth))
      if (!layers.some((layer) => name === `${layer}.weight` || name === `${layer}.bias`))
        expectClose(found[name], truth[name], close);
    return layers.map((layer) => ({
      weight: weightOf(layer),
      bias: matrix(biasOf(layer), dim),
      exactWeight: matrix(truth[`${layer}.weight`], dim),
      exactBias: matrix(truth[`${layer}.bias`], dim),
      foundWeight: found[`${layer}.weight`],
      foundBias: found[`${layer}.bias`],
    }));
  };

  it("the exact estimator gives the slope of the likelihood", async () => {
    const truth = await direction(flow, store, rows, exact);
    const values = store.trainable;
    const moves = normalRows(values.length, 1, 9);
    const start = values.slice();
    const along = Object.entries(truth).reduce((total, [name, gradient]) => {
      const offset = store.offset(flow.parameters[name]);
      return total + gradient.reduce((sum, value, i) => sum + value * moves[offset + i], 0);
    }, 0);
    const at = async (distance: number) => {
      for (let i = 0; i < values.length; i++) values[i] = start[i] + distance * moves[i];
      const value = await nll(flow, store, rows);
      values.set(start);
      return value;
    };
    const h = 1e-4;
    const slope =
      (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h);
    expectClose([along], [slope], { relative: 1e-5, absolute: 1e-6 });
  });

  it("relative is W Wᵀ times the exact gradient, with the exact gradient for the bias", async () => {
    for (const { weight, exactWeight, exactBias, foundWeight, foundBias } of await compare(relative)) {
      expectClose(foundWeight, product(product(weight, transposed(weight)), exactWeight).data, close);
      expectClose(foundBias, exactBias.data, close);
    }
  });

  it("relative-affine is M Mᵀ times the exact gradient for the augmented matrix M", async () => {
    for (const { weight, bias, exactWeight, exactBias, foundWeight, foundBias } of await compare(
      relativeAffine,
    )) {
      const m = augmented(weight, bias.data);
      const gradient = augmented(exactWeight, exactBias.data, 0);
      const wanted = parts(product(product(m, transposed(m)), gradient));
      expectClose(foundWeight, wanted.weight, close);
      expectClose(foundBias, wanted.bias, close);
    }
  });

  it("lie is the exact gradient carried to the Lie algebra, Wᵀ∇W + bᵀ∇b", async () => {
    for (const { weight, bias, exactWeight, exactBias, foundWeight, foundBias } of await compare(lie)) {
      const wanted = sum(product(transposed(weight), exactWeight), product(transposed(bias), exactBias));
      expectClose(foundWeight, wanted.data, close);
      expectClose(foundBias, exactBias.data, close);
    }
  });

  it("published is relative-affine but for the bias itself, which it leaves out", async () => {
    const affine = await compare(relativeAffine);
    for (const [i, { bias, foundWeight, foundBias }] of (await compare(published)).entries()) {
      expectClose(foundWeight, affine[i].foundWeight, close);
      expectClose(foundBias, sum(matrix(affine[i].foundBias, dim), bias).data, close);
    }
  });
});

describe("the table of estimators", () => {
  it("lists each under its own name", () => {
    for (const [name, estimator] of Object.entries(jacobianEstimators)) {
      expect(estimator.name).toBe(name);
      expect(jacobianEstimator(name)).toBe(estimator);
    }
    expect(Object.keys(jacobianEstimators).sort()).toEqual([
      "exact",
      "free-form",
      "lie",
      "lu",
      "published",
      "rank-one",
      "relative",
      "relative-affine",
      "self-normalizing",
      "tracked",
    ]);
  });

  it("refuses unknown names, and names that every object has", () => {
    for (const name of ["adjoint", "constructor", "__proto__", ""])
      expect(() => jacobianEstimator(name)).toThrow(/no Jacobian estimator/);
  });
});
