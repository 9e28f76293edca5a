// Fixed curves a column: by their formulas within a sample, straight beyond, and the same in numbers and in formulas.

import { describe, expect, it } from "vitest";
import {
  type ColumnTransform,
  columnTransforms,
  normalProbability,
  throughTransforms,
} from "../../src/bijections/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { add, gradients, input, sum, type Tensor } from "../../src/tensor/index.js";
import { evaluate, worstError } from "./support.js";

const kinds: Readonly<Record<string, { transform: ColumnTransform; make: (z: number) => number }>> = {
  log: { transform: { type: "log", bound: -1.5 }, make: (z) => -1.5 + Math.exp(z) },
  "log-below": { transform: { type: "log-below", bound: 2 }, make: (z) => 2 - Math.exp(-0.5 * z) },
  logit: { transform: { type: "logit", lower: -1, upper: 3 }, make: (z) => 4 / (1 + Math.exp(-z)) - 1 },
  asinh: { transform: { type: "asinh", width: 0.3 }, make: (z) => 0.3 * Math.sinh(2 * z) },
};

const normals = new Random(3).fillNormal(new Float64Array(2000));

/** Values whose curve gives back normals. */
const sampleOf = (name: string) => normals.map(kinds[name].make);

/** y and log|dy/dx| at values of one column. */
async function through(
  transform: ColumnTransform,
  sample: Float64Array,
  values: Float64Array,
  float: "float32" | "float64" = "float64",
) {
  const bijection = columnTransforms({ dim: 1, transforms: [transform], sample });
  const store = new ParameterStore(Object.values(bijection.parameters), { float });
  const x = input("x", ["batch", 1]);
  const { y, logDet } = bijection.forward(x);
  const back = bijection.inverse(y).x;
  const [slope] = gradients(sum(y), [x]) as Tensor[];
  const [bend] = gradients(sum(add(logDet, 0)), [x]) as Tensor[];
  return evaluate({ y, logDet, back, slope, bend }, { x: values }, store);
}

describe.each(Object.entries(kinds))("%s", (name, { transform }) => {
  const sample = sampleOf(name);

  it("undoes what made the column normal: mean 0 and deviation 1, row by row", async () => {
    const { y } = await through(transform, sample, sample);
    const mean = normals.reduce((a, b) => a + b) / normals.length;
    const deviation = Math.sqrt(normals.reduce((total, z) => total + (z - mean) ** 2, 0) / normals.length);
    expect(
      worstError(
        y,
        normals.map((z) => (z - mean) / deviation),
      ),
    ).toBeLessThan(1e-9);
  });

  it("gives the same in numbers as in formulas, also far beyond the sample", async () => {
    const values = Float64Array.from([...sample, -1e4, -5, 0, 1.99, 5, 1e4]);
    const { y } = await through(transform, values, values);
    expect(worstError(y, throughTransforms(values, [transform]))).toBeLessThan(1e-9);
  });

  it("has the slope of its curve, everywhere, and comes back", async () => {
    const values = Float64Array.from([...sample.subarray(0, 50), -100, -1.51, -1, 2, 3, 3.01, 100]);
    const { slope, logDet, back } = await through(transform, sample, values);
    expect(worstError(logDet.map(Math.exp), slope)).toBeLessThan(1e-9);
    expect(worstError(back, values)).toBeLessThan(1e-9);
  });

  it("holds float32's digits within the sample", async () => {
    const { back } = await through(transform, sample, sample, "float32");
    const given = Float64Array.from(Float32Array.from(sample));
    for (const [i, value] of back.entries())
      expect(Math.abs(value - given[i])).toBeLessThan(3e-6 * (1 + Math.abs(given[i])));
  });

  it("has numbers everywhere, gradients included, and puts what is out of bounds far out", async () => {
    const edges = Float64Array.of(-1e6, -1.5, -1.500001, -1, -1.00001, 0, 2, 2.00001, 3, 3.00001, 1e6);
    const results = await through(transform, sample, edges, "float32");
    for (const [output, values] of Object.entries(results))
      expect(values.every(Number.isFinite), output).toBe(true);
    if (name !== "asinh") {
      const outside = { log: -1.6, "log-below": 2.1, logit: 3.1 }[name] as number;
      const { y } = await through(transform, sample, Float64Array.of(outside), "float32");
      expect(Math.abs(y[0])).toBeGreaterThan(8);
    }
  });
});

it("gives a log-normal column its closed-form density, by a normal base", async () => {
  const sample = sampleOf("log");
  const values = sample.subarray(0, 20);
  const { y, logDet } = await through(kinds.log.transform, sample, values);
  const fitted = normals.reduce((a, b) => a + b) / normals.length;
  const deviation = Math.sqrt(normals.reduce((t, z) => t + (z - fitted) ** 2, 0) / normals.length);
  for (const [i, value] of values.entries()) {
    const logNormal =
      -0.5 * ((Math.log(value + 1.5) - fitted) / deviation) ** 2 -
      0.5 * Math.log(2 * Math.PI) -
      Math.log(deviation * (value + 1.5));
    expect(-0.5 * y[i] ** 2 - 0.5 * Math.log(2 * Math.PI) + logDet[i]).toBeCloseTo(logNormal, 9);
  }
  // What a fitted normal holds beyond the bound is what a draw could fall out by: hardly anything.
  const { y: atBound } = await through(kinds.log.transform, sample, Float64Array.of(-1.5));
  expect(normalProbability(atBound[0])).toBeLessThan(1 / sample.length);
});

it("leaves identity columns as they are, to the bit", async () => {
  const bijection = columnTransforms({
    dim: 2,
    transforms: [{ type: "identity" }, { type: "log", bound: 0 }],
    sample: [1, 2, 3, 4, 50, 6],
  });
  const store = new ParameterStore(Object.values(bijection.parameters), { float: "float32" });
  const x = input("x", ["batch", 2]);
  const given = Float32Array.of(0.1, 1, -1e-20, 2, 12345.678, 3);
  const { y } = await evaluate({ y: bijection.forward(x).y }, { x: given }, store);
  for (const i of [0, 2, 4]) expect(y[i]).toBe(given[i]);
});

it("takes a sample that lies on its bounds, or all on one value", async () => {
  for (const sample of [Float64Array.of(0, 0, 1, 1), Float64Array.of(0, 0, 0), Float64Array.of(0.5, 0.5)]) {
    const results = await through({ type: "logit", lower: 0, upper: 1 }, sample, sample, "float32");
    for (const values of Object.values(results)) expect(values.every(Number.isFinite)).toBe(true);
  }
});

it("refuses bounds and widths that are none, by column", () => {
  const identity = { type: "identity" } as const;
  const of = (transform: ColumnTransform) => () =>
    columnTransforms({ dim: 2, transforms: [identity, transform] });
  expect(of({ type: "log", bound: Number.NaN })).toThrow("no proper transform");
  expect(of({ type: "logit", lower: 1, upper: 1 })).toThrow("no proper transform");
  expect(of({ type: "asinh", width: 0 })).toThrow(
    expect.objectContaining({ where: ["column 2"] }) as unknown as Error,
  );
  expect(() => columnTransforms({ dim: 2, transforms: [identity] })).toThrow("got 1 for 2");
});
