// Singular values against matrices that are made of known ones.

import { expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { singularValues, stretchedDirections } from "../../src/runtime/index.js";
import { determinant, expectClose, generate, product, transposed } from "../helpers/index.js";

/** A random rotation: Gram-Schmidt on normal rows. */
function rotation(n: number, seed: number): ReturnType<typeof generate> {
  const values = new Random(seed).fillNormal(new Float64Array(n * n));
  for (let i = 0; i < n; i++) {
    const row = values.subarray(i * n, (i + 1) * n);
    // Twice: the first pass leaves what rounding has left.
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = values.subarray(j * n, (j + 1) * n);
        const along = row.reduce((sum, value, k) => sum + value * other[k], 0);
        row.forEach((value, k) => {
          row[k] = value - along * other[k];
        });
      }
    const length = Math.hypot(...row);
    row.forEach((value, k) => {
      row[k] = value / length;
    });
  }
  return { shape: [n, n], data: values };
}

it.each([1, 2, 5, 17, 64])("finds the singular values that a matrix was made of, n = %i", (n) => {
  const known = Array.from({ length: n }, (_, i) => 10 ** (3 - (7 * i) / n));
  const diagonal = generate([n, n], ([i, j]) => (i === j ? known[i] : 0));
  const matrix = product(product(rotation(n, 1), diagonal), rotation(n, 2));
  expectClose(singularValues(matrix.data, n), known, { relative: 1e-8 });
});

it("keeps the digits of small ones where rows differ in length by 10¹⁶", () => {
  const matrix = [1e8, 2e8, 3e-8, -1e-8];
  const values = singularValues(matrix, 2);
  expectClose([values[0]], [Math.hypot(1e8, 2e8)], { relative: 1e-15 });
  // Their product is |det|.
  expectClose([values[0] * values[1]], [7], { relative: 1e-14 });
});

it("takes matrices without full rank", () => {
  expectClose(singularValues([1, 2, 2, 4], 2), [5, 0], { absolute: 1e-15 });
  expect(Array.from(singularValues(new Float64Array(9), 3))).toEqual([0, 0, 0]);
  expect(Array.from(singularValues([-3], 1))).toEqual([3]);
});

it("multiplies to |det A|, and squares to the trace of A Aᵀ", () => {
  const n = 6;
  const data = new Random(3).fillNormal(new Float64Array(n * n));
  const matrix = { shape: [n, n], data };
  const values = singularValues(data, n);
  expectClose([values.reduce((a, b) => a * b)], [Math.abs(determinant(matrix))], { relative: 1e-12 });
  const gram = product(matrix, transposed(matrix)).data;
  const trace = values.reduce((sum, value) => sum + value * value, 0);
  expectClose([trace], [gram.filter((_, i) => i % (n + 1) === 0).reduce((a, b) => a + b)], {
    relative: 1e-13,
  });
});

it.each([1, 2, 5, 17])("finds the directions that are stretched by them, n = %i", (n) => {
  const known = Array.from({ length: n }, (_, i) => 10 ** (3 - (7 * i) / n));
  const diagonal = generate([n, n], ([i, j]) => (i === j ? known[i] : 0));
  const right = rotation(n, 2);
  const matrix = product(product(rotation(n, 1), diagonal), right);
  const { values, directions } = stretchedDirections(matrix.data, n);
  expectClose(values, known, { relative: 1e-8 });
  // The rows of Vᵀ, each up to its sign.
  const overlaps = product({ shape: [n, n], data: directions }, transposed(right)).data;
  const unit = Array.from(overlaps, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  expectClose(overlaps.map(Math.abs), unit, { absolute: 1e-6 });
});

it("gives no direction to what is not stretched at all", () => {
  const { values, directions } = stretchedDirections([0, 0, 3, 4], 2);
  expect(Array.from(values)).toEqual([5, 0]);
  expectClose(directions, [0.6, 0.8, 0, 0], { absolute: 1e-15 });
});
