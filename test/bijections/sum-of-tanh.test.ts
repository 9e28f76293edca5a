// The sum of tanh against its formula, from its starts to curves that are hard to invert.

import { describe, expect, it } from "vitest";
import { sumOfTanh } from "../../src/bijections/index.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";
import { input } from "../../src/tensor/index.js";
import { oddColumns, shapeOf } from "./odd-columns.js";
import { evaluate, randomStore, worstError } from "./support.js";

const x = input("x", ["batch", 1]);
const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

it("is a x + Σ b tanh(c x + d)", async () => {
  const layer = sumOfTanh({ dim: 1, units: 2 });
  const store = randomStore(layer.parameters, { noise: 0 });
  store.view(layer.parameters.slope).set([-3]);
  store.view(layer.parameters.height).set([0.5, 2]);
  store.view(layer.parameters.steepness).set([1.5, -1]);
  store.view(layer.parameters.shift).set([-0.3, 2]);
  const [a, b, c, d] = [1e-3 + softplus(-3), [0.5, 2].map(softplus), [1.5, -1].map(softplus), [-0.3, 2]];
  const points = Float64Array.of(-1e4, -40, -3, -0.5, 0, 1e-3, 0.7, 5, 90, 1e4);
  const { y, logDet } = await evaluate(layer.forward(x), { x: points }, store);
  const each = (v: number, f: (j: number, inner: number) => number) =>
    [0, 1].reduce((total, j) => total + f(j, c[j] * v + d[j]), 0);
  const value = points.map((v) => a * v + each(v, (j, inner) => b[j] * Math.tanh(inner)));
  const slope = points.map((v) => a + each(v, (j, inner) => (b[j] * c[j]) / Math.cosh(inner) ** 2));
  expect(worstError(y, value)).toBeLessThan(1e-14);
  expect(worstError(logDet, slope.map(Math.log))).toBeLessThan(1e-12);
});

it.each([1, 2, 5, 12])("starts with slopes near 1, with %i units", async (units) => {
  const layer = sumOfTanh({ dim: 1, units, random: new Random(3) });
  const points = Float64Array.from({ length: 101 }, (_, i) => (i - 50) / 40);
  const { y, logDet } = await evaluate(
    layer.forward(x),
    { x: points },
    randomStore(layer.parameters, { noise: 0 }),
  );
  expect(Math.max(...logDet.map(Math.abs))).toBeLessThan(0.2);
  expect(Math.abs(y[50])).toBeLessThan(0.1);
});

it("starts no two columns alike, and the same seed alike", () => {
  const first = (seed: number) =>
    sumOfTanh({ dim: 2, units: 3, random: new Random(seed) }).parameters.shift.initial;
  const shift = Float64Array.from(first(1));
  expect(shift.slice(0, 3)).not.toEqual(shift.slice(3));
  expect(Float64Array.from(first(1))).toEqual(shift);
  expect(Float64Array.from(first(2))).not.toEqual(shift);
});

it("starts from a sample with curves that bring its columns near a normal", async () => {
  const sample = oddColumns(2000);
  const layer = sumOfTanh({ dim: 2, units: 8, sample });
  const { y } = layer.forward(input("x", ["batch", 2]));
  const result = await evaluate({ y }, { x: sample }, randomStore(layer.parameters, { noise: 0 }));
  // Before: skewness 2.4 and −0.3, kurtosis 17 and 1.5.
  for (const column of [0, 1]) {
    const { variance, skewness, kurtosis } = shapeOf(result.y, column);
    expect(variance).toBeCloseTo(1, 0.5);
    expect(Math.abs(skewness)).toBeLessThan(0.2);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.6);
  }
});

describe("the inverse", () => {
  it.each(["float64", "float32"] as const)(
    "undoes curves with steep steps and flat stretches in %s",
    async (float) => {
      const dim = 40;
      const units = 6;
      const layer = sumOfTanh({ dim, units });
      const store = randomStore(layer.parameters, { noise: 2.5, float, seed: 7 });
      const rows = input("x", ["batch", dim]);
      const values = Float64Array.from({ length: 200 * dim }, (_, i) =>
        Math.sinh((Math.floor(i / dim) - 100) / 10),
      );
      const back = layer.inverse(rows);
      const result = await evaluate(
        { y: layer.forward(back.x).y, sum: back.logDet, forward: layer.forward(back.x).logDet },
        { x: values },
        store,
      );
      expect(worstError(result.y, values)).toBeLessThan(float === "float64" ? 1e-11 : 1e-5);
    },
  );
});

it("refuses units that are not a whole number from 1", () => {
  for (const units of [0, 1.5, Number.NaN]) expect(() => sumOfTanh({ dim: 1, units })).toThrow(LogdetError);
});
