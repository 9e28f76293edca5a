import { describe, expect, test } from "vitest";
import { spellings } from "../../src/onnx/index.js";
import { Random } from "../../src/random/index.js";
import {
  add,
  bindShape,
  gradients,
  type Input,
  input,
  mul,
  sum,
  type Tensor,
  topologicalOrder,
} from "../../src/tensor/index.js";
import { evaluate, evaluator, expectClose, finiteDifferences, type NdArray } from "../helpers/index.js";
import { batch, type OperationCase, operationCases } from "./operation-cases.js";

/** A random order of numbers that keep a distance: no two tie, none is near the ends or, if it splits evenly, 0. */
function spread(size: number, [low, high]: readonly [number, number], random: Random): Float64Array {
  const spacing = (high - low) / size;
  return Float64Array.from(
    random.permutation(size),
    (i) => low + spacing * (i + 0.25 + 0.5 * random.uniform()),
  );
}

/** The numbers for a case. Inputs with the same domain share one spread, so that they do not tie either. */
function valuesFor({ name, shapes, domain }: OperationCase): NdArray[] {
  const random = new Random(1).split(name);
  const shaped = shapes.map((shape) => bindShape(shape, batch));
  const sizes = shaped.map((shape) => shape.reduce((a, b) => a * b, 1));
  const ranges = shapes.map((_, i) => domain?.[i] ?? ([-2, 2] as const));
  const shared = ranges.every((range) => `${range}` === `${ranges[0]}`);
  const all = shared && spread(2 * sizes.reduce((a, b) => a + b), ranges[0], random);
  let start = 0;
  return shaped.map((shape, i) => {
    const data = all ? all.slice(start, start + sizes[i]) : spread(sizes[i], ranges[i], random);
    start += sizes[i];
    return { shape, data };
  });
}

const named = (arrays: readonly NdArray[], prefix = "x") =>
  Object.fromEntries(arrays.map(({ data }, i) => [`${prefix}${i}`, data]));
const normals = (length: number, name: string) =>
  new Random(2).split(name).fillNormal(new Float64Array(length));

/** A case with Σ w f(x) on top, its gradients, and the sum of those in a random direction. */
function differentiated(operation: OperationCase) {
  const values = valuesFor(operation);
  const inputs: Input[] = operation.shapes.map((shape, i) => input(`x${i}`, shape));
  const y = operation.build(...inputs);
  const weights = input("w", y.shape);
  const directions = operation.shapes.map((shape, i) => input(`v${i}`, shape));
  const loss = sum(mul(weights, y));
  const slope = gradients(loss, inputs);
  const along = slope.flatMap((gradient, i) => (gradient ? [sum(mul(directions[i], gradient))] : []));
  const directional = along.length > 0 ? along.reduce(add) : undefined;
  const given = {
    ...named(values),
    w: normals(operation.reference(...values).data.length, operation.name),
    ...named(
      values.map(({ shape, data }, i) => ({ shape, data: normals(data.length, `${operation.name} ${i}`) })),
      "v",
    ),
  };
  return { values, inputs, y, loss, slope, directional, given };
}

/** Compares gradients of a scalar with finite differences, input by input. */
async function expectGradients(
  scalar: Tensor,
  found: readonly (Tensor | undefined)[],
  values: readonly NdArray[],
  given: Readonly<Record<string, Float64Array>>,
): Promise<void> {
  const outputs: Record<string, Tensor> = { scalar };
  for (const [i, gradient] of found.entries()) if (gradient) outputs[`g${i}`] = gradient;
  const run = await evaluator(outputs);
  const results = await run(given);
  for (const [i, { data }] of values.entries()) {
    const numeric = await finiteDifferences(
      async (x) => (await run({ ...given, [`x${i}`]: x })).scalar[0],
      data,
    );
    expectClose(results[`g${i}`] ?? new Float64Array(data.length), numeric, {
      relative: 1e-7,
      absolute: 1e-8,
    });
  }
}

describe.each(operationCases)("$name", (operation) => {
  const { values, y, loss, slope, inputs, directional, given } = differentiated(operation);

  test("equals plain JavaScript in float64", async () => {
    const expected = operation.reference(...values);
    expect(bindShape(y.shape, batch)).toEqual(expected.shape);
    const { result } = await evaluate({ result: y }, named(values));
    expectClose(result, expected.data, { relative: 1e-12, absolute: 1e-14 });
  });

  test("equals plain JavaScript in float32", async () => {
    const rounded = values.map(({ shape, data }) => ({ shape, data: data.map(Math.fround) }));
    const { result } = await evaluate({ result: y }, named(rounded), "float32");
    expectClose(result, operation.reference(...rounded).data, { relative: 2e-6, absolute: 5e-7 });
  });

  test("has the gradient of finite differences", () => expectGradients(loss, slope, values, given));

  test("has the second derivatives of finite differences", async () => {
    if (!directional) return expect(slope.every((gradient) => gradient === undefined)).toBe(true);
    // The loss is added so that every input takes part, also where the gradient is constant.
    const scalar = add(directional, loss);
    await expectGradients(scalar, gradients(scalar, inputs), values, given);
  });
});

test("every operation that the cases and their derivatives make is spelled in ONNX or computed on the host", () => {
  const roots = operationCases.flatMap((operation) => {
    const { inputs, loss, slope, directional } = differentiated(operation);
    return [loss, ...slope, ...(directional ? gradients(directional, inputs) : [])];
  });
  const used = new Set(
    topologicalOrder(roots.filter((root) => root !== undefined)).map((node) => node.operation.name),
  );
  const elsewhere = new Set(["input", "constant", "logAbsDet", "inverse", "logAbsDetEach", "inverseEach"]);
  expect([...used].filter((name) => !elsewhere.has(name) && !(name in spellings))).toEqual([]);
  // What remains has its own tests: fused products, and the operation that stops gradients.
  expect(
    Object.keys(spellings)
      .filter((name) => !used.has(name))
      .sort(),
  ).toEqual(["gemm", "stopGradient"]);
});
