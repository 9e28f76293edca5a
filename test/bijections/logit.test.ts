// The logit is no map of the whole line, so it stands outside the battery: its own checks.

import { describe, expect, it } from "vitest";
import { logit } from "../../src/bijections/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/parameter-store.js";
import { Program } from "../../src/runtime/program.js";
import { input } from "../../src/tensor/index.js";

async function evaluate(rows: Float64Array, alpha: number) {
  const [dim, float] = [3, "float64"] as const;
  const layer = logit({ dim, alpha });
  const x = input("x", ["batch", dim]);
  const there = layer.forward(x);
  const back = layer.inverse(there.y);
  const program = await Program.compile(
    { y: there.y, logDet: there.logDet, x: back.x, backDet: back.logDet },
    { parameters: new ParameterStore([], { float }), threads: 1, float },
  );
  const result = await program.run({ x: rows });
  const copy = Object.fromEntries(Object.entries(result).map(([name, values]) => [name, values.slice()]));
  await program.release();
  return copy as Record<"y" | "logDet" | "x" | "backDet", Float64Array>;
}

describe.each([0, 1e-6, 0.05])("logit, alpha = %s", (alpha) => {
  const rows = new Random(1).fillUniform(new Float64Array(60));

  it("is the logarithm of the odds, undone by its inverse", async () => {
    const { y, x } = await evaluate(rows, alpha);
    for (const [i, value] of rows.entries()) {
      const s = alpha + (1 - 2 * alpha) * value;
      expect(y[i]).toBeCloseTo(Math.log(s / (1 - s)), 9);
      expect(x[i]).toBeCloseTo(value, 12);
    }
  });

  it("has the log-determinant of its differences, and the inverse its negative", async () => {
    const h = 1e-6;
    const [low, high] = [-h, h].map((step) =>
      evaluate(
        rows.map((value) => value + step),
        alpha,
      ),
    );
    const [{ y: below }, { y: above }] = [await low, await high];
    const { logDet, backDet } = await evaluate(rows, alpha);
    for (let row = 0; row < logDet.length; row++) {
      let expected = 0;
      for (let d = 3 * row; d < 3 * row + 3; d++) expected += Math.log((above[d] - below[d]) / (2 * h));
      expect(logDet[row]).toBeCloseTo(expected, 4);
      expect(backDet[row]).toBeCloseTo(-logDet[row], 9);
    }
  });
});

describe("the ends of the interval", () => {
  it("stay finite where alpha is not 0", async () => {
    const { y } = await evaluate(Float64Array.of(0, 1, 0.5), 1e-6);
    expect(Array.from(y)).toEqual([
      expect.closeTo(Math.log(1e-6 / (1 - 1e-6)), 9),
      expect.closeTo(-Math.log(1e-6 / (1 - 1e-6)), 9),
      expect.closeTo(0, 12),
    ]);
  });

  it("cannot be drawn in to nothing", () => {
    for (const alpha of [-0.1, 0.5, Number.NaN])
      expect(() => logit({ dim: 2, alpha })).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
