// The LU kernels themselves: P A = L U multiplied out, at sizes around their cuts and blocks.
import { expect, test } from "vitest";
import { instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";

const memory = new WebAssembly.Memory({ initial: 64 });
const kernels = instantiateKernels(memory);

function place(n: number) {
  const a = 64;
  const out = a + n * n * 8;
  const pivots = out + n * n * 8;
  const scratch = pivots + n * 8;
  return { a, out, pivots, scratch, end: scratch + kernels.luScratch(n) };
}

test.each([4, 8, 16, 20, 36, 132, 260])("luFactor of %i rows multiplies out to the permuted matrix", (n) => {
  const { a, pivots, scratch, end } = place(n);
  expect(end).toBeLessThan(memory.buffer.byteLength - 8);
  const lu = new Float64Array(memory.buffer, a, n * n);
  const original = new Random(n).fillNormal(new Float64Array(n * n));
  lu.set(original);
  const guard = new Float64Array(memory.buffer, end, 1);
  guard[0] = 42;
  expect(kernels.luFactor(n, a, pivots, scratch)).toBe(0);
  expect(guard[0]).toBe(42);

  const rows = Array.from({ length: n }, (_, i) => i);
  for (const [i, other] of new Int32Array(memory.buffer, pivots, n).entries()) {
    expect(other).toBeGreaterThanOrEqual(i);
    [rows[i], rows[other]] = [rows[other], rows[i]];
  }
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = i <= j ? lu[i * n + j] : 0;
      for (let k = 0; k < Math.min(i, j + 1); k++) sum += lu[i * n + k] * lu[k * n + j];
      worst = Math.max(worst, Math.abs(sum - original[rows[i] * n + j]));
      if (j < i) expect(Math.abs(lu[i * n + j])).toBeLessThanOrEqual(1);
    }
  expect(worst).toBeLessThan(1e-14 * n);
});

test("luFactor returns one more than the column whose pivot is zero", () => {
  const n = 20;
  const { a, pivots, scratch } = place(n);
  for (let zero = 0; zero < n; zero++) {
    const lu = new Random(zero).fillNormal(new Float64Array(memory.buffer, a, n * n));
    for (let i = 0; i < n; i++) lu[i * n + zero] = 0;
    expect(kernels.luFactor(n, a, pivots, scratch)).toBe(zero + 1);
  }
});

test.each([4, 20, 132])("luInverse and luSolve agree with A for %i rows", (n) => {
  const { a, out, pivots, scratch } = place(n);
  const original = new Random(n).fillNormal(new Float64Array(n * n));
  new Float64Array(memory.buffer, a, n * n).set(original);
  kernels.luFactor(n, a, pivots, scratch);
  const times = (x: Float64Array, columns: number) => {
    const product = new Float64Array(n * columns);
    for (let i = 0; i < n; i++)
      for (let k = 0; k < n; k++)
        for (let j = 0; j < columns; j++)
          product[i * columns + j] += original[i * n + k] * x[k * columns + j];
    return product;
  };
  kernels.luInverse(n, a, pivots, out, scratch);
  for (const [at, value] of times(new Float64Array(memory.buffer, out, n * n), n).entries())
    expect(value).toBeCloseTo(at % (n + 1) === 0 ? 1 : 0, 9);

  const b = new Random(1).fillNormal(new Float64Array(n * 4));
  const x = new Float64Array(memory.buffer, out, n * 4);
  x.set(b);
  kernels.luSolve(n, a, pivots, out, 4, scratch);
  for (const [at, value] of times(x, 4).entries()) expect(value).toBeCloseTo(b[at], 9);
});
