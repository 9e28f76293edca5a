// The parts of a separation, each against an independent truth.

import { expect, it } from "vitest";
import { bestAssignment } from "../../src/ica/assignment.js";
import { multiply, randomRotation } from "../../src/ica/matrices.js";
import { symmetricEigen } from "../../src/ica/symmetric-eigen.js";
import { instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";

const random = new Random(11);

function permutations(items: readonly number[]): number[][] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

it("assigns as well as the best of all permutations", () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 3],
    [5, 5],
    [2, 5],
    [4, 6],
  ])
    for (let trial = 0; trial < 20; trial++) {
      // Some gains are equal, some negative.
      const gain = Float64Array.from({ length: rows * columns }, () => random.integer(7) - 3);
      const total = (order: ArrayLike<number>) =>
        Array.from({ length: rows }, (_, i) => gain[i * columns + order[i]]).reduce((a, b) => a + b, 0);
      const found = bestAssignment(gain, rows, columns);
      expect(new Set(found).size).toBe(rows);
      const best = Math.max(...permutations([...Array(columns).keys()]).map(total));
      expect(total(found)).toBe(best);
    }
});

it("finds eigenvalues in falling order and vectors that make the matrix again", () => {
  for (const n of [1, 2, 7, 20]) {
    const vectors = randomRotation(n, random);
    const values = Array.from({ length: n }, (_, i) => (i === 3 ? 2 : 10 / (i + 1)));
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++) matrix[i * n + j] += values[k] * vectors[k * n + i] * vectors[k * n + j];
    const found = symmetricEigen(matrix, n);
    values
      .sort((a, b) => b - a)
      .forEach((value, i) => {
        expect(found.values[i]).toBeCloseTo(value, 12);
      });
    const transposed = found.vectors.map((_, at) => found.vectors[(at % n) * n + Math.floor(at / n)]);
    const scaled = found.vectors.map((value, at) => value * found.values[at % n]);
    multiply(scaled, transposed, n, n, n).forEach((value, at) => {
      expect(value).toBeCloseTo(matrix[at], 12);
    });
  }
});

it("draws rotations", () => {
  const n = 9;
  const q = randomRotation(n, random);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += q[i * n + k] * q[j * n + k];
      expect(sum).toBeCloseTo(i === j ? 1 : 0, 14);
    }
});

it("computes scores and their sums in the kernel as Math does, zeros adding nothing", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(memory);
  const values = [0, -0, 1e-6, -0.3, 0.7, 1.5, -4, 30, -200, 1e4, 0, 0];
  for (let i = 0; i < 600; i++) values.push(5 * random.normal());
  const y = new Float32Array(memory.buffer, 0, values.length);
  const score = new Float32Array(memory.buffer, 16_384, values.length);
  const sums = new Float64Array(memory.buffer, 32_768, 3);
  y.set(values);
  const logCosh = (x: number) => Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x))) - Math.LN2;
  const sumOf = (f: (x: number) => number) => y.reduce((sum, x) => sum + f(x), 0);
  for (const flat of [0, 1]) {
    kernels.icaScore(values.length, 0, flat, 16_384, 32_768);
    y.forEach((x, i) => {
      const truth = flat ? x - Math.tanh(x) : Math.tanh(x);
      expect(Math.abs(score[i] - truth)).toBeLessThan(2e-7 * (1 + Math.abs(x)));
    });
    const expected = [sumOf(logCosh), sumOf((x) => Math.tanh(x) ** 2), sumOf((x) => x * x)];
    expected.forEach((value, k) => {
      expect(Math.abs(sums[k] / value - 1)).toBeLessThan(3e-6);
    });
  }
});
