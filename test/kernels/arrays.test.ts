// Every array kernel against the same formula in plain JavaScript, at odd lengths and offsets, in both precisions.
import { describe, expect, test } from "vitest";
import { type ArrayKernels, instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";

type FloatArray = Float32Array | Float64Array;

const memory = new WebAssembly.Memory({ initial: 8 });
const kernels = instantiateKernels(memory);
const counts = [0, 1, 3, 4, 5, 17, 1000];

const precisions = [
  { name: "float32" as const, Type: Float32Array, tolerance: 2e-6 },
  { name: "float64" as const, Type: Float64Array, tolerance: 1e-14 },
];

describe.each(precisions)("in $name", ({ name, Type, tolerance }) => {
  const array: ArrayKernels = kernels[name];
  const random = new Random(7);

  /** Normal arrays of `count` elements in the memory, each with one guard element around it. */
  function arrays(count: number, many: number): FloatArray[] {
    const whole = new Type(memory.buffer);
    whole.fill(Number.NaN, 0, many * (count + 1) + 1);
    return Array.from({ length: many }, (_, i) => {
      const from = 1 + i * (count + 1);
      return random.fillNormal(whole.subarray(from, from + count));
    });
  }

  /** The elements between the arrays must still be as `arrays` left them. */
  function expectGuards(count: number, many: number): void {
    const whole = new Type(memory.buffer);
    for (let i = 0; i <= many; i++) expect(whole[i * (count + 1)]).toBeNaN();
  }

  function expectClose(actual: FloatArray, expected: readonly number[]): void {
    expect(actual.length).toBe(expected.length);
    for (let i = 0; i < expected.length; i++)
      expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected[i])));
  }

  const map = (x: FloatArray, f: (value: number, i: number) => number) => Array.from(x, f);

  test.each(counts)("sgd with momentum and weight decay moves %i elements", (count) => {
    const [value, gradient, velocity] = arrays(count, 3);
    const v = map(velocity, (old, i) => 0.9 * old + gradient[i]);
    const x = map(value, (old, i) => old - 0.05 * (v[i] + 0.01 * old));
    array.sgd(count, value.byteOffset, gradient.byteOffset, velocity.byteOffset, 0.05, 0.9, 0.01);
    expectClose(velocity, v);
    expectClose(value, x);
    expectGuards(count, 3);
  });

  test.each(counts)("adam with weight decay moves %i elements", (count) => {
    const [value, gradient, m, v] = arrays(count, 4);
    for (let i = 0; i < count; i++) v[i] = v[i] ** 2;
    const [rate, beta1, beta2, epsilon, decay, step] = [0.02, 0.9, 0.999, 1e-8, 0.1, 3];
    const [c1, c2] = [1 - beta1 ** step, 1 - beta2 ** step];
    const mean = map(m, (old, i) => beta1 * old + (1 - beta1) * gradient[i]);
    const square = map(v, (old, i) => beta2 * old + (1 - beta2) * gradient[i] ** 2);
    const x = map(
      value,
      (old, i) => old - (rate * (mean[i] / c1)) / (Math.sqrt(square[i] / c2) + epsilon) - rate * decay * old,
    );
    array.adam(
      count,
      value.byteOffset,
      gradient.byteOffset,
      m.byteOffset,
      v.byteOffset,
      rate,
      beta1,
      beta2,
      epsilon,
      c1,
      c2,
      decay,
    );
    expectClose(m, mean);
    expectClose(v, square);
    expectClose(value, x);
    expectGuards(count, 4);
  });

  test.each(counts)("average mixes %i elements", (count) => {
    const [average, value] = arrays(count, 2);
    const expected = map(average, (old, i) => 0.99 * old + 0.01 * value[i]);
    array.average(count, average.byteOffset, value.byteOffset, 0.99);
    expectClose(average, expected);
    expectGuards(count, 2);
  });

  test.each(counts)("fill, scale and addScaled touch %i elements and no more", (count) => {
    const [x, y] = arrays(count, 2);
    const sum = map(y, (old, i) => old - 0.7 * x[i]);
    array.addScaled(count, y.byteOffset, x.byteOffset, -0.7);
    expectClose(y, sum);
    const scaled = map(x, (old) => 3.5 * old);
    array.scale(count, x.byteOffset, 3.5);
    expectClose(x, scaled);
    array.fill(count, y.byteOffset, -2.25);
    expectClose(y, Array<number>(count).fill(-2.25));
    expectGuards(count, 2);
  });

  test.each(counts)("sumOfSquares adds %i squares in float64", (count) => {
    const [x] = arrays(count, 1);
    const expected = map(x, (value) => value * value).reduce((sum, square) => sum + square, 0);
    expect(Math.abs(array.sumOfSquares(count, x.byteOffset) - expected)).toBeLessThanOrEqual(
      1e-13 * expected,
    );
  });

  test("sumOfSquares neither loses small numbers beside large ones nor overflows float32", () => {
    const [x] = arrays(18, 1);
    x.fill(1);
    x[0] = 2 ** 14; // its square is 2²⁸: in float32, adding 1 would leave it as it is
    expect(array.sumOfSquares(18, x.byteOffset)).toBe(2 ** 28 + 17);
    x.fill(1e30);
    expect(array.sumOfSquares(18, x.byteOffset) / 18e60).toBeCloseTo(1, 6);
  });

  test.each([1, 3, 5, 17, 100])("allFinite finds one bad element anywhere among %i", (count) => {
    const [x] = arrays(count, 1);
    x[0] = -0;
    x[count - 1] = name === "float32" ? 3e38 : 1e308;
    expect(array.allFinite(count, x.byteOffset)).toBe(true);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (let i = 0; i < count; i++) {
        const good = x[i];
        x[i] = bad;
        expect(array.allFinite(count, x.byteOffset)).toBe(false);
        x[i] = good;
      }
  });

  test.each([
    [1, 1],
    [3, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 6],
    [7, 7],
    [2, 9],
    [16, 16],
    [13, 17],
    [40, 30],
    [67, 67],
  ])("rightMultiplyAdd gives W + W U for W [%i, %i]", (rows, n) => {
    const guard = n * Math.max(rows, n);
    const [w, u, out] = arrays(guard, 3);
    const expected: number[] = [];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < n; j++) {
        let sum = w[i * n + j];
        for (let k = 0; k < n; k++) sum += w[i * n + k] * u[k * n + j];
        expected.push(sum);
      }
    const rest = out.slice(rows * n);
    array.rightMultiplyAdd(rows, n, w.byteOffset, u.byteOffset, out.byteOffset);
    expect(out.subarray(rows * n)).toEqual(rest);
    for (let i = 0; i < rows * n; i++)
      expect(Math.abs(out[i] - expected[i])).toBeLessThanOrEqual(4 * tolerance * (n + 1));
    expectGuards(guard, 3);
  });

  test("an element's result does not depend on where in the array it lies", () => {
    const [value, gradient, m, v] = arrays(7, 4);
    for (const x of [value, gradient, m, v]) x.fill(Math.abs(x[0]) + 0.1);
    const offsets = [value, gradient, m, v].map((x) => x.byteOffset) as [number, number, number, number];
    array.adam(7, ...offsets, 0.01, 0.9, 0.999, 1e-8, 0.1, 0.001, 0);
    for (const x of [value, m, v]) expect(new Set(x).size).toBe(1);
  });
});

test("kernels bound to two memories do not mix them, and survive growth", () => {
  const [one, two] = [new WebAssembly.Memory({ initial: 1 }), new WebAssembly.Memory({ initial: 1 })];
  const [first, second] = [instantiateKernels(one), instantiateKernels(two)];
  first.float32.fill(10, 0, 1);
  second.float32.fill(10, 0, 2);
  two.grow(3);
  second.float32.fill(1, 3 * 65_536, 5);
  expect(first.float32.sumOfSquares(10, 0)).toBe(10);
  expect(second.float32.sumOfSquares(10, 0)).toBe(40);
  expect(new Float32Array(two.buffer, 3 * 65_536, 1)[0]).toBe(5);
});

test("offsets beyond 2 GiB reach the memory they name", () => {
  const offset = 2 ** 31 + 64;
  const large = new WebAssembly.Memory({ initial: 2 ** 15 + 1 });
  const { float32 } = instantiateKernels(large);
  float32.fill(101, offset, 2);
  expect(float32.sumOfSquares(101, offset)).toBe(404);
  expect(new Float32Array(large.buffer, offset, 101).every((x) => x === 2)).toBe(true);
  float32.scale(101, offset, 2);
  float32.addScaled(3, offset + 800, offset, 1);
  expect([...new Float32Array(large.buffer, offset + 800, 3)]).toEqual([4, 4, 4]);
});
