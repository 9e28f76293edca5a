import { expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { covarianceOf } from "../../src/runtime/index.js";

it("mean and covariance are those of the definition, with divisor n", () => {
  const [rows, dim] = [50, 3];
  const values = new Random(1)
    .fillNormal(new Float32Array(rows * dim))
    .map((value, i) => 4 + (i % dim) * value);
  const column = (d: number) => Array.from({ length: rows }, (_, row) => values[row * dim + d]);
  const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const { mean, covariance } = covarianceOf(values, dim);
  for (let i = 0; i < dim; i++) {
    expect(mean[i]).toBeCloseTo(average(column(i)), 10);
    for (let j = 0; j < dim; j++) {
      const products = column(i).map((value, row) => value * column(j)[row]);
      const expected = average(products) - average(column(i)) * average(column(j));
      expect(covariance[i * dim + j]).toBeCloseTo(expected, 10);
    }
  }
});
