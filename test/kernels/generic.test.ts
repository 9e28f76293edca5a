// The accuracy of the element-wise and reducing kernels, in units in the last place, against JavaScript's float64.
import { describe, expect, test } from "vitest";
import { type GenericKernels, instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";
import { erf } from "../helpers/index.js";

const memory = new WebAssembly.Memory({ initial: 16 });
const kernels = instantiateKernels(memory);
const count = 50_001;
const [x, y, out] = [0, 1, 2].map((i) => new Float32Array(memory.buffer, 64 + i * 4 * (count + 3), count));
const random = new Random(3);

function fillUniform(array: Float32Array, low: number, high: number): void {
  for (let i = 0; i < array.length; i++) array[i] = low + (high - low) * random.uniform();
}

/** The distance from the exact value, in units in the last place of a float32 there. */
const unitsFrom = (exact: number, value: number) =>
  exact === value
    ? 0
    : Math.abs(value - exact) / 2 ** (Math.max(Math.floor(Math.log2(Math.abs(exact))), -126) - 23);

function worst(exact: (i: number) => number, length = count): number {
  let largest = 0;
  for (let i = 0; i < length; i++) {
    const units = unitsFrom(exact(i), out[i]);
    if (!(units <= largest)) largest = units;
  }
  return largest;
}

const sigmoid = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

type Unary = keyof GenericKernels & `unary${string}`;
const functions: [name: Unary, f: (x: number) => number, low: number, high: number][] = [
  ["unaryExp", Math.exp, -87, 88],
  ["unaryLog", Math.log, 1e-6, 3],
  ["unaryLog1p", Math.log1p, -0.999, 3],
  ["unaryLog1p", Math.log1p, -1e-3, 1e-3],
  ["unaryExpm1", Math.expm1, -40, 88],
  ["unaryExpm1", Math.expm1, -1, 1],
  ["unaryTanh", Math.tanh, -12, 12],
  ["unaryTanh", Math.tanh, -1e-3, 1e-3],
  ["unarySigmoid", sigmoid, -86, 20],
  ["unarySoftplus", softplus, -86, 90],
  ["unarySoftplus", softplus, -3, 3],
  ["unaryErf", erf, -5, 5],
  ["unaryErf", erf, -1e-3, 1e-3],
  ["unarySin", Math.sin, -1e6, 1e6],
  ["unaryCos", Math.cos, -1e6, 1e6],
];

test.each(functions)("%s is right to 3 units in the last place (%# of the ranges)", (name, f, low, high) => {
  fillUniform(x, low, high);
  kernels[name](count, x.byteOffset, out.byteOffset);
  expect(worst((i) => f(x[i]))).toBeLessThan(3);
});

describe("powers", () => {
  const power = (length: number) =>
    kernels.binaryPow(1, 1, 1, length, x.byteOffset, 0, 0, 0, 4, y.byteOffset, 0, 0, 0, 4, out.byteOffset);

  test("are right to the last place", () => {
    fillUniform(x, 0.01, 10);
    fillUniform(y, -10, 10);
    power(count);
    expect(worst((i) => x[i] ** y[i])).toBeLessThan(0.51);
  });

  test("have the special cases of C", () => {
    const bases = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 1e30, -7, Infinity, -Infinity, Number.NaN];
    const exponents = [...bases, 3, -3, 2.5, -2.5];
    const pairs = bases.flatMap((base) => exponents.map((exponent) => [base, exponent] as const));
    for (const [i, [base, exponent]] of pairs.entries()) [x[i], y[i]] = [base, exponent];
    power(pairs.length);
    for (const [i, [base, exponent]] of pairs.entries()) {
      // JavaScript differs from C where |base| is 1.
      const one = base === 1 || (base === -1 && Math.abs(exponent) === Infinity);
      const exact = one ? 1 : Math.fround(Math.fround(base) ** exponent);
      expect(
        Object.is(out[i], exact) || unitsFrom(exact, out[i]) <= 1,
        `${base} ** ${exponent}: ${out[i]}`,
      ).toBe(true);
    }
  });
});

describe("an element's result does not depend on where it lies", () => {
  test.each([1, 2, 3, 4, 5, 7, 8, 9])("in %i elements", (length) => {
    fillUniform(x, -3, 3);
    kernels.unarySoftplus(100, x.byteOffset, y.byteOffset);
    out.fill(Number.NaN);
    kernels.unarySoftplus(length, x.byteOffset + 4, out.byteOffset + 4);
    expect(out.slice(1, length + 1)).toEqual(y.slice(1, length + 1));
    expect([out[0], out[length + 1]]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe("sums of fifty thousand numbers", () => {
  /** The sum of every `step`-th number in float64, and from left to right in float32. */
  const sums = (from: number, step: number) => {
    let [exact, naive] = [0, 0];
    for (let i = from; i < count - (count % step); i += step) {
      exact += x[i];
      naive = Math.fround(naive + x[i]);
    }
    return { exact, naive };
  };

  test.each([1, 2, 7, 16])(
    "are right to the last place in %i columns, which float32 alone loses",
    (columns) => {
      fillUniform(x, 0, 1);
      kernels.sumAlong(1, Math.floor(count / columns), columns, x.byteOffset, out.byteOffset);
      let naiveError = 0;
      for (let column = 0; column < columns; column++) {
        const { exact, naive } = sums(column, columns);
        expect(Math.abs(out[column] / exact - 1)).toBeLessThan(1.2e-7);
        naiveError = Math.max(naiveError, Math.abs(naive / exact - 1));
      }
      expect(naiveError).toBeGreaterThan(1.2e-7);
    },
  );
});
