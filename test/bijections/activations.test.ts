// The element-wise activations against their formulas, and what they refuse.

import { describe, expect, it } from "vitest";
import { leakyTanh, smoothLeakyRelu, standardization } from "../../src/bijections/index.js";
import { LogdetError } from "../../src/errors.js";
import { input } from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "./support.js";

const x = input("x", ["batch", 1]);
const points = Float64Array.of(-1e4, -40, -3, -0.5, 0, 1e-3, 0.7, 5, 90, 1e4);

describe("smooth leaky ReLU", () => {
  it("is αx + (1 − α) log(1 + eˣ)", async () => {
    const layer = smoothLeakyRelu({ dim: 1, alpha: 0.2 });
    const { y, logDet } = await evaluate(layer.forward(x), { x: points }, randomStore({}));
    const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
    expect(
      worstError(
        y,
        points.map((v) => 0.2 * v + 0.8 * softplus(v)),
      ),
    ).toBeLessThan(1e-14);
    expect(
      worstError(
        logDet,
        points.map((v) => Math.log(0.2 + 0.8 / (1 + Math.exp(-v)))),
      ),
    ).toBeLessThan(1e-13);
  });

  // The bend is where Newton starts farthest from the root, just below y = 0.
  it.each([0.3, 0.01, 1e-4, 1e-6])(
    "is inverted to the last bits on every scale, alpha = %d",
    async (alpha) => {
      const layer = smoothLeakyRelu({ dim: 1, alpha });
      const targets = Float64Array.from({ length: 4001 }, (_, i) => Math.sinh((i - 2000) / 202));
      const bend = Float64Array.from({ length: 2001 }, (_, i) => alpha * (i - 1500) * 0.02);
      const values = Float64Array.from([...targets, ...bend]);
      const back = layer.inverse(x);
      const { y } = await evaluate({ y: layer.forward(back.x).y }, { x: values }, randomStore({}));
      const worst = values.map((v, i) => Math.abs(y[i] - v) / (alpha + Math.abs(v)));
      expect(Math.max(...worst)).toBeLessThan(1e-12);
    },
  );

  it("refuses an alpha outside (0, 1]", () => {
    for (const alpha of [0, -1, 1.1, Number.NaN])
      expect(() => smoothLeakyRelu({ dim: 1, alpha })).toThrow(LogdetError);
  });
});

describe("leaky tanh", () => {
  it("is tanh(αx) + βx", async () => {
    const layer = leakyTanh({ dim: 1, alpha: 2, beta: 0.05 });
    const { y, logDet } = await evaluate(layer.forward(x), { x: points }, randomStore({}));
    expect(
      worstError(
        y,
        points.map((v) => Math.tanh(2 * v) + 0.05 * v),
      ),
    ).toBeLessThan(1e-14);
    const slope = (v: number) => 2 / Math.cosh(2 * v) ** 2 + 0.05;
    expect(
      worstError(
        logDet,
        points.map((v) => Math.log(slope(v))),
      ),
    ).toBeLessThan(1e-12);
  });

  it.each([
    [1, 1],
    [1, 0.1],
    [5, 0.01],
    [0.1, 1e-4],
    [1, 1e-6],
  ])("is inverted to the last bits on every scale, alpha = %d, beta = %d", async (alpha, beta) => {
    const layer = leakyTanh({ dim: 1, alpha, beta });
    const wide = Float64Array.from({ length: 4001 }, (_, i) => Math.sinh((i - 2000) / 202));
    const shoulder = Float64Array.from({ length: 2001 }, (_, i) => 1 + beta * (i - 1000) * 0.03);
    const values = Float64Array.from([...wide, ...shoulder, ...shoulder.map((v) => -v)]);
    const back = layer.inverse(x);
    const { y } = await evaluate({ y: layer.forward(back.x).y }, { x: values }, randomStore({}));
    expect(worstError(y, values)).toBeLessThan(1e-12);
  });

  it("refuses an alpha or beta that is not a positive number", () => {
    expect(() => leakyTanh({ dim: 1, alpha: 0 })).toThrow(/alpha/);
    expect(() => leakyTanh({ dim: 1, beta: -1 })).toThrow(/beta/);
  });
});

describe("standardization", () => {
  it("brings each column to its centre and scale, and knows the volume it takes away", async () => {
    const layer = standardization({ dim: 2, center: [10, -1], scale: [2, -0.5] });
    const rows = input("x", ["batch", 2]);
    const { y, logDet } = await evaluate(
      layer.forward(rows),
      { x: Float64Array.of(12, -1, 10, -2) },
      randomStore(layer.parameters),
    );
    expect([...y]).toEqual([1, -0, 0, 2]);
    expect([...logDet]).toEqual([expect.closeTo(0, 14)]);
  });

  it("is not trained", () => {
    const { parameters } = standardization({ dim: 1, center: [0], scale: [1] });
    expect(Object.values(parameters).some(({ trainable }) => trainable)).toBe(false);
  });

  it("refuses a scale of zero, and names the column", () => {
    const make = () => standardization({ dim: 2, center: [0, 0], scale: [1, 0] });
    expect(make).toThrow(expect.objectContaining({ code: "numeric", where: ["column 2"] }));
  });
});
