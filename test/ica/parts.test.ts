// The parts of a separation, each against an independent truth.

import { expect, it } from "vitest";
import { bestAssignment } from "../../src/ica/assignment.js";
import { SourceLikelihood } from "../../src/ica/likelihood.js";
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

it("computes tanh and its sums in the kernel as Math does, column by column", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(memory);
  const values = [0, -0, 1e-6, -0.3, 0.7, 1.5, -4, 30, -200, 1e4, 0, 0];
  while (values.length < 8 * 75) values.push(5 * random.normal());
  const width = 8;
  const y = new Float32Array(memory.buffer, 0, values.length);
  const tanhs = new Float32Array(memory.buffer, 16_384, values.length);
  const sums = new Float64Array(memory.buffer, 32_768, 2 * width).fill(1);
  y.set(values);
  kernels.icaScore(values.length / width, width, 0, 16_384, 32_768);
  y.forEach((x, i) => {
    expect(Math.abs(tanhs[i] - Math.tanh(x))).toBeLessThan(2e-7);
  });
  expect(tanhs[0]).toBe(0);
  const log2Cosh = (x: number) => Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x)));
  for (let column = 0; column < width; column++) {
    const own = y.filter((_, i) => i % width === column);
    const sumOf = (f: (x: number) => number) => own.reduce((sum, x) => sum + f(x), 0);
    // Sums are added to what is there.
    expect(Math.abs((sums[column] - 1) / sumOf(log2Cosh) - 1)).toBeLessThan(3e-6);
    expect(Math.abs((sums[width + column] - 1) / sumOf((x) => Math.tanh(x) ** 2) - 1)).toBeLessThan(3e-6);
  }
});

it("computes a likelihood, its relative gradient and curvature as the formulas in float64 do", () => {
  const [dim, n, rows] = [6, 5, 2001];
  const columns = Array.from({ length: dim }, () => random.fillNormal(new Float64Array(rows)));
  const map = random.fillNormal(new Float64Array(dim * n));
  const weight = random.fillNormal(new Float64Array(n * n), 0.5);
  const flat = Uint8Array.of(0, 1, 0, 1, 1);
  const both = multiply(map, weight, dim, n, n);
  const y = Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) =>
      columns.reduce((sum, values, d) => sum + values[i] * both[d * n + j], 0),
    ),
  );
  const mean = (f: (i: number) => number) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += f(i) / rows;
    return sum;
  };
  const logDensity = (x: number, isFlat: number) => {
    const logCosh = Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x))) - Math.LN2;
    // 1 / (π cosh x), or normals at 1 and −1: e^{−(x² + 1)/2} cosh x / √2π.
    return isFlat ? logCosh - (x * x + 1) / 2 - Math.log(2 * Math.PI) / 2 : -Math.log(Math.PI) - logCosh;
  };
  const score = (x: number, isFlat: number) => (isFlat ? x - Math.tanh(x) : Math.tanh(x));

  const likelihood = new SourceLikelihood(columns, map);
  const pass = likelihood.evaluate(weight, flat);
  const loss = y.reduce((sum, values, j) => sum - mean((i) => logDensity(values[i], flat[j])), 0);
  expect(Math.abs(pass.loss / loss - 1)).toBeLessThan(1e-5);
  for (let j = 0; j < n; j++) {
    const slope = mean((i) => 1 - Math.tanh(y[j][i]) ** 2);
    expect(pass.power[j] / mean((i) => y[j][i] ** 2)).toBeCloseTo(1, 5);
    expect(pass.slope[j]).toBeCloseTo(flat[j] ? 1 - slope : slope, 5);
    for (let i = 0; i < n; i++) {
      const expected = mean((row) => y[i][row] * score(y[j][row], flat[j])) - (i === j ? 1 : 0);
      expect(Math.abs(pass.gradient[i * n + j] - expected)).toBeLessThan(2e-5 * (1 + Math.abs(expected)));
    }
  }
  // The first rows are some of all: what they tell is the same but for chance.
  const some = likelihood.evaluate(weight, flat, 500);
  expect(Math.abs(some.loss / loss - 1)).toBeLessThan(0.1);
  expect(some.loss).not.toBe(pass.loss);
});

it("looks first at rows from everywhere, whatever their period", () => {
  const rows = 4096;
  const columns = [3, 7, 64].map((period) =>
    Float64Array.from({ length: rows }, (_, i) => Math.SQRT2 * Math.sin((2 * Math.PI * i) / period)),
  );
  const trend = Float64Array.from({ length: rows }, (_, i) => (i / rows - 0.5) * Math.sqrt(12));
  const identity = Float64Array.from({ length: 16 }, (_, i) => +(i % 5 === 0));
  const likelihood = new SourceLikelihood([...columns, trend], identity);
  for (const power of likelihood.evaluate(identity, new Uint8Array(4), 200).power)
    expect(Math.abs(power - 1)).toBeLessThan(0.1);
});
