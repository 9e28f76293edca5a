// The benchmark of bare products must compute every product it claims to time.

import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { measureProducts, productsModel } from "../../bench/lib/matmul-limit.js";
import { Random } from "../../src/random/index.js";

type Matrix = number[][];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, i) => sum + value * b[i][j], 0)));
const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const minus = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((value, j) => value - b[i][j]));

describe("the products of a relative step", () => {
  it.each([1, 2, 3])("are those of the formulas, for %i layers", async (layers) => {
    const [dim, batch] = [4, 3];
    const random = new Random(7);
    const draw = (rows: number): Matrix =>
      Array.from({ length: rows }, () => Array.from({ length: dim }, () => Math.fround(random.normal())));
    const [x, delta] = [draw(batch), draw(batch)];
    const weights = Array.from({ length: layers }, () => draw(dim));

    // dW_k = (u_k W_k^T)^T delta_k - W_k, written plainly.
    const expected: Record<string, Matrix> = {};
    const u: Matrix[] = [];
    for (const weight of weights) u.push(product(u.at(-1) ?? x, weight));
    let passed = delta;
    for (let k = layers - 1; k >= 0; k--) {
      const v = product(u[k], transpose(weights[k]));
      expected[`dW${k + 1}`] = minus(product(transpose(v), passed), weights[k]);
      passed = product(passed, transpose(weights[k]));
    }

    const tensor = (matrix: Matrix) =>
      new Tensor("float32", Float32Array.from(matrix.flat()), [matrix.length, dim]);
    const feeds: Record<string, Tensor> = { x: tensor(x), delta: tensor(delta) };
    for (const [k, weight] of weights.entries()) feeds[`W${k + 1}`] = tensor(weight);
    const session = await InferenceSession.create(productsModel({ dim, batch, layers }), {
      graphOptimizationLevel: "all",
    });
    const results = await session.run(feeds);
    await session.release();

    expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, matrix] of Object.entries(expected))
      for (const [i, value] of matrix.flat().entries())
        expect(Math.abs(Number(results[name].data[i]) - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
  });

  it("run from one WebAssembly memory and are counted", async () => {
    const { ms, runs } = await measureProducts({ dim: 16, batch: 8, layers: 2, threads: 1, seconds: 0 });
    expect(runs).toBe(3);
    expect(ms).toBeGreaterThan(0);
  });

  it("are refused for sizes that make no net", async () => {
    await expect(measureProducts({ dim: 0, batch: 8, layers: 2, threads: 1, seconds: 0 })).rejects.toThrow(
      /dim must be a positive integer/,
    );
  });
});
