// The baseline: a Gaussian with a full covariance matrix, against the density written out.

import { describe, expect, it } from "vitest";
import { gaussianBaseline, gaussianLogProb } from "../../src/fit/gaussian.js";
import { Random } from "../../src/random/index.js";
import { determinant, expectClose, generate, inverseMatrix } from "../helpers/index.js";

const dim = 3;
function rows(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  const values = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    values.set([a + 2, 0.7 * a + b, 0.2 * b - a + 0.5 * c - 1], i * dim);
  }
  return values;
}

describe("the Gaussian baseline", () => {
  it("is the mean log-density of other rows under the training rows' mean and covariance", () => {
    const [train, test] = [rows(200, 1), rows(70, 2)];
    const mean = Array.from({ length: dim }, (_, j) => {
      let total = 0;
      for (let i = j; i < train.length; i += dim) total += train[i];
      return (total * dim) / train.length;
    });
    const covariance = generate([dim, dim], ([i, j]) => {
      let total = 0;
      for (let row = 0; row < train.length; row += dim)
        total += (train[row + i] - mean[i]) * (train[row + j] - mean[j]);
      return (total * dim) / train.length;
    });
    const precision = inverseMatrix(covariance).data;
    let total = 0;
    for (let row = 0; row < test.length; row += dim) {
      let distance = 0;
      for (let i = 0; i < dim; i++)
        for (let j = 0; j < dim; j++)
          distance += (test[row + i] - mean[i]) * precision[i * dim + j] * (test[row + j] - mean[j]);
      total -= 0.5 * (distance + dim * Math.log(2 * Math.PI) + Math.log(determinant(covariance)));
    }
    expectClose([gaussianLogProb(train, test, dim) as number], [(total * dim) / test.length], {
      relative: 1e-6,
    });
  });

  it("is the closed form on its own rows: −½ [D (1 + log 2π) + log det Σ]", () => {
    const values = rows(100, 3).map((value, i) => (i % dim === 0 ? value : 0));
    const one = Float32Array.from({ length: 100 }, (_, i) => values[i * dim]);
    const mean = one.reduce((sum, value) => sum + value, 0) / 100;
    const variance = one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100;
    expectClose(
      [gaussianLogProb(one, one, 1) as number],
      [-0.5 * (1 + Math.log(2 * Math.PI) + Math.log(variance))],
      {
        relative: 1e-6,
      },
    );
  });

  it("has an optimum that is the training rows' own, −½ [D (1 + log 2π) + Σ log λ], whatever the others are", () => {
    // Four rows at the corners of a turned rectangle: the eigenvalues of their covariance are 9 and 1/4.
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    const train = Float32Array.from(
      [3, -3].flatMap((a) => [0.5, -0.5].flatMap((b) => [c * a - s * b + 1, s * a + c * b - 7])),
    );
    const { optimum, heldOut } = gaussianBaseline(train, Float32Array.of(100, 50, -3, 4), 2) ?? {};
    const wanted = -0.5 * (2 * (1 + Math.log(2 * Math.PI)) + Math.log(9) + Math.log(0.25));
    expectClose([optimum as number], [wanted], { relative: 1e-6 });
    expect(heldOut).toBeLessThan(wanted - 100);
    expectClose([gaussianLogProb(train, train, 2) as number], [wanted], { relative: 1e-6 });
  });

  it("does not exist where the rows lie in a plane", () => {
    const flat = rows(50, 4).map((value, i, all) => (i % dim === 2 ? all[i - 1] : value));
    expect(gaussianLogProb(flat, rows(10, 5), dim) ?? Number.NEGATIVE_INFINITY).toBeLessThan(-1e5);
    expect(gaussianLogProb(rows(3, 1), rows(10, 5), dim)).toBeUndefined();
  });
});
