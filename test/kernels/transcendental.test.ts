// exp and log of four lanes at once, in units of the last place from the correctly rounded result.
import { expect, test } from "vitest";
import { instantiateKernels, type UnaryKernel } from "../../src/kernels/index.js";

const memory = new WebAssembly.Memory({ initial: 16 });
const kernels = instantiateKernels(memory);
const count = 50_000;
const input = new Float32Array(memory.buffer, 64, count);
const output = new Float32Array(memory.buffer, 64 + 4 * count, count);

function evaluate(kernel: UnaryKernel, values: readonly number[]): number[] {
  input.set(values);
  kernel(values.length, input.byteOffset, output.byteOffset);
  return [...output.subarray(0, values.length)];
}

/** The largest error of f on [from, to], in float32 units in the last place of the true value. */
function worstUnits(
  kernel: UnaryKernel,
  truth: (x: number) => number,
  at: (share: number) => number,
): number {
  input.set(Float32Array.from({ length: count }, (_, i) => at(i / count)));
  kernel(count, input.byteOffset, output.byteOffset);
  return output.reduce((worst, y, i) => {
    const expected = truth(input[i]);
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(expected) || 1)) - 23);
    return Math.max(worst, Math.abs(y - expected) / unit);
  }, 0);
}

test("exp is right to 2 units in the last place wherever its result is a normal number", () => {
  expect(worstUnits(kernels.unaryExp, Math.exp, (share) => -87.33 + share * (88.72 + 87.33))).toBeLessThan(2);
  expect(worstUnits(kernels.unaryExp, Math.exp, (share) => share - 0.5)).toBeLessThan(2);
});

test("log is right to 2 units in the last place for all normal numbers, also near 1", () => {
  const anySize = (share: number) => Math.exp(-87.33 + share * (88.72 + 87.33));
  expect(worstUnits(kernels.unaryLog, Math.log, anySize)).toBeLessThan(2);
  expect(worstUnits(kernels.unaryLog, Math.log, (share) => 0.5 + share)).toBeLessThan(2);
});

test("exp saturates: infinity above its range, zero below, NaN at NaN", () => {
  const x = [88.73, 1e9, Infinity, -87.4, -1e9, -Infinity, Number.NaN, 0];
  expect(evaluate(kernels.unaryExp, x)).toEqual([Infinity, Infinity, Infinity, 0, 0, 0, Number.NaN, 1]);
});

test("log keeps its limits: minus infinity at zero, NaN below, infinity at infinity, NaN at NaN", () => {
  const x = [0, -0, -1, -Infinity, Infinity, Number.NaN, 1];
  expect(evaluate(kernels.unaryLog, x)).toEqual([
    -Infinity,
    -Infinity,
    Number.NaN,
    Number.NaN,
    Infinity,
    Number.NaN,
    0,
  ]);
});
