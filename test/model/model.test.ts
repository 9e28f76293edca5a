// What a model tells about rows: densities in the columns' units, their slopes, draws.

import { describe, expect, it } from "vitest";
import type { ColumnConfig } from "../../src/model/index.js";
import { unitsLogDet } from "../../src/model/parts.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import {
  type ExampleOptions,
  exampleColumns,
  exampleModel,
  exampleRows,
  shapeName,
  shapes,
} from "./example-model.js";

const named = shapes.map((options) => ({ name: shapeName(options), options }));

describe("a density", () => {
  // z = sinh t reaches far into the tails; dx = scale · cosh t dt.
  const grid = (reach: number, count: number) => {
    const step = (2 * reach) / (count - 1);
    return Array.from({ length: count }, (_, i) => {
      const t = -reach + i * step;
      return { z: Math.sinh(t), weight: step * Math.cosh(t) };
    });
  };

  it.each(["normal", "laplace", "logistic", "student-t", "mixture-of-gaussians"])(
    "integrates to one over a column in any unit: %s",
    async (base) => {
      for (const column of exampleColumns(5)) {
        const model = exampleModel({ dim: 1, base, columns: [column], disorder: 0.2, layers: 2 });
        // A Student-t's tail falls slowly.
        const points = grid(base === "student-t" ? 12 : 5, 4001);
        const rows = Float64Array.from(points, ({ z }) => column.center + column.scale * z);
        const logProb = await model.logProb(rows);
        const total = points.reduce(
          (sum, { weight }, i) => sum + weight * Math.exp(logProb[i] + Math.log(column.scale)),
          0,
        );
        expect(Math.abs(total - 1)).toBeLessThan(2e-3);
        await model.release();
      }
    },
  );

  it.each([
    { activation: "spline", base: "mixture-of-gaussians", front: true },
    { activation: "leaky-tanh", base: "logistic", front: false },
  ] as const)("integrates to one over two columns: $activation, $base", async (options) => {
    const model = exampleModel({ dim: 2, disorder: 0.2, ...options });
    const [a, b] = model.columns;
    const points = grid(5, 301);
    const rows = new Float64Array(points.length ** 2 * 2);
    for (const [i, p] of points.entries())
      for (const [j, q] of points.entries())
        rows.set([a.center + a.scale * p.z, b.center + b.scale * q.z], 2 * (i * points.length + j));
    const logProb = await model.logProb(rows);
    let total = 0;
    for (const [i, p] of points.entries())
      for (const [j, q] of points.entries())
        total +=
          p.weight *
          q.weight *
          Math.exp(logProb[i * points.length + j] + Math.log(a.scale) + Math.log(b.scale));
    expect(Math.abs(total - 1)).toBeLessThan(5e-3);
    await model.release();
  });
});

describe.each(named)("$name", ({ options }) => {
  it("has the score function that differences of the log-density have, per unit of each column", async () => {
    const model = exampleModel(options);
    const { dim, columns } = model;
    const rows = exampleRows(model, 12);
    const score = await model.scoreFunction(rows);
    // Float32 densities: a wide step. A spline's slope has kinks: away from a knot on one side, the other side is right.
    const h = 4e-3;
    let worst = 0;
    for (let row = 0; row < 12; row++)
      for (let d = 0; d < dim; d++) {
        const moved = (by: number) => {
          const x = Array.from(rows.subarray(row * dim, (row + 1) * dim));
          x[d] += by * h * columns[d].scale;
          return x;
        };
        const [below, here, above] = await model.logProb([moved(-1), moved(0), moved(1)]);
        // Outside the support of a base that has one, no slope is left of −1e30.
        if (Math.min(below, here, above) < -1e20) continue;
        const slopes = [(above - below) / (2 * h), (above - here) / h, (here - below) / h];
        const found = score[row * dim + d] * columns[d].scale;
        const errors = slopes.map((slope) => Math.abs(found - slope) / (1 + Math.abs(slope)));
        worst = Math.max(worst, Math.min(...errors));
      }
    expect(worst).toBeLessThan(0.02);
    await model.release();
  });

  it("draws rows whose latents are draws of the base", async () => {
    const model = exampleModel(options);
    const { dim } = model;
    const count = 1500;
    const latent = await model.latent(await model.sample(count, { seed: 3 }));
    const base = await model.sampleBase(count, new Random(99));
    for (let d = 0; d < dim; d++) {
      const column = (values: Float64Array) =>
        Float64Array.from({ length: count }, (_, i) => values[i * dim + d]);
      // Kolmogorov and Smirnov's distance of two samples: above 1.95 √(2/n) once in a thousand.
      expect(distance(column(latent), column(base))).toBeLessThan(1.95 * Math.sqrt(2 / count));
    }
    await model.release();
  });

  it("gives every wild row a number", async () => {
    const model = exampleModel(options);
    const { dim } = model;
    const wild = [0, 1e30, -1e30, 1e300, -1e300, 1e-300, Number.MAX_VALUE, -Number.MAX_VALUE];
    const rows = wild.map((value) => Array<number>(dim).fill(value));
    for (const values of [
      await model.logProb(rows),
      await model.latent(rows),
      await model.scoreFunction(rows),
    ])
      expect(Array.from(values).filter((value) => !Number.isFinite(value))).toEqual([]);
    await model.release();
  });
});

function distance(a: Float64Array, b: Float64Array): number {
  const [x, y] = [a.slice().sort(), b.slice().sort()];
  let [i, j, worst] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    if (x[i] <= y[j]) i++;
    else j++;
    worst = Math.max(worst, Math.abs(i / x.length - j / y.length));
  }
  return worst;
}

describe("units", () => {
  it("shift the log-density by −Σ log scale and leave the latent as it is", async () => {
    const plain: ExampleOptions = {
      dim: 3,
      columns: exampleColumns(3).map((column) => ({ ...column, center: 0, scale: 1 })),
    };
    const [inside, outside] = [exampleModel(plain), exampleModel({ dim: 3 })];
    const rows = exampleRows(inside, 50);
    const there = rows.map((value, i) => {
      const { center, scale } = outside.columns[i % 3];
      return center + scale * value;
    });
    const shift = -outside.columns.reduce((total, { scale }) => total + Math.log(scale), 0);
    expect(unitsLogDet(outside.config)).toBeCloseTo(shift, 10);
    expectClose(
      await outside.logProb(there),
      (await inside.logProb(rows)).map((value) => value + shift),
      { absolute: 1e-4 },
    );
    expectClose(await outside.latent(there), await inside.latent(rows), { absolute: 1e-4 });
  });

  it("of 1e30 and 1e-30 lose nothing", async () => {
    const columns = exampleColumns(5).slice(3);
    const model = exampleModel({ dim: 2, columns });
    const rows = exampleRows(model, 30);
    const logProb = await model.logProb(rows);
    expect(Array.from(logProb).every(Number.isFinite)).toBe(true);
    const drawn = await model.sample(500, { seed: 2 });
    for (const [d, { center, scale }] of columns.entries()) {
      const spread = Array.from({ length: 500 }, (_, i) => Math.abs(drawn[2 * i + d] - center) / scale);
      expect(Math.max(...spread)).toBeGreaterThan(0.5);
      expect(Math.max(...spread)).toBeLessThan(1e3);
    }
  });
});

describe("rows", () => {
  const model = exampleModel({ dim: 3 });
  const rows = exampleRows(model, 2500);

  it("may come as arrays or as one array, in float64 or float32", async () => {
    const few = rows.subarray(0, 30);
    const nested = Array.from({ length: 10 }, (_, i) => Array.from(few.subarray(3 * i, 3 * i + 3)));
    const flat = await model.logProb(few);
    expect(await model.logProb(nested)).toEqual(flat);
    expect(await model.logProb(Float32Array.from(few))).toEqual(
      await model.logProb(Float64Array.from(Float32Array.from(few))),
    );
    expect(await model.logProb([])).toEqual(new Float64Array(0));
  });

  it("are each scored alone, however many come together", async () => {
    const together = await model.logProb(rows);
    expect(together.length).toBe(2500);
    for (const i of [0, 1023, 1024, 2047, 2499])
      expectClose(await model.logProb(rows.subarray(3 * i, 3 * i + 3)), [together[i]], { absolute: 1e-5 });
  });

  it("may be scored by several callers at once", async () => {
    const parts = [0, 1, 2, 3].map((i) => rows.subarray(i * 600, (i + 1) * 600));
    const alone: Float64Array[] = [];
    for (const part of parts) alone.push(await model.logProb(part));
    expect(await Promise.all(parts.map((part) => model.logProb(part)))).toEqual(alone);
    const scores: Float64Array[] = [];
    for (const part of parts) scores.push(await model.scoreFunction(part));
    expect(await Promise.all(parts.map((part) => model.scoreFunction(part)))).toEqual(scores);
    const draws = [await model.sample(700, { seed: 1 }), await model.sample(700, { seed: 2 })];
    expect(await Promise.all([model.sample(700, { seed: 1 }), model.sample(700, { seed: 2 })])).toEqual(
      draws,
    );
  });

  it("come as a stream too", async () => {
    const found: number[] = [];
    const parts = [rows.subarray(0, 300), rows.subarray(300, 303), rows.subarray(303, 303)];
    for await (const part of model.logProbStream(parts)) found.push(...part);
    expectClose(found, await model.logProb(rows.subarray(0, 303)), { absolute: 1e-5 });
  });

  it("of another width are refused, naming the row", async () => {
    await expect(model.logProb(new Float64Array(7))).rejects.toMatchObject({ code: "shape" });
    await expect(
      model.logProb([
        [1, 2, 3],
        [1, 2],
      ]),
    ).rejects.toMatchObject({ code: "shape", where: ["row 2"] });
  });

  it("with numbers that are not finite are refused, naming row and column", async () => {
    const bad = rows.slice();
    bad[3 * 1500 + 2] = Number.NaN;
    await expect(model.logProb(bad)).rejects.toMatchObject({
      code: "data",
      where: ["row 1501", "column column 3"],
    });
    bad[3 * 1500 + 2] = Number.POSITIVE_INFINITY;
    await expect(model.latent(bad)).rejects.toMatchObject({
      code: "data",
      where: ["row 1501", "column column 3"],
    });
  });

  it("can still be scored after the programs were released", async () => {
    const before = await model.logProb(rows.subarray(0, 30));
    await model.release();
    expect(await model.logProb(rows.subarray(0, 30))).toEqual(before);
  });
});

describe("draws", () => {
  const model = exampleModel({ dim: 2 });

  it("follow from the seed", async () => {
    expect(await model.sample(100, { seed: 7 })).toEqual(await model.sample(100, { seed: 7 }));
    expect(await model.sample(100, { seed: 7 })).not.toEqual(await model.sample(100, { seed: 8 }));
    expect(await model.sample(100)).toEqual(await model.sample(100, { seed: 0 }));
  });

  it("may be none, and must be a whole number", async () => {
    expect(await model.sample(0)).toEqual(new Float64Array(0));
    for (const n of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])
      await expect(model.sample(n)).rejects.toMatchObject({ code: "usage" });
  });

  const discrete = (quantum: number, minimum: number, scale: number, lattice = true): ColumnConfig => ({
    name: "counted",
    kind: "discrete",
    quantum,
    lattice,
    center: minimum + 10 * scale,
    scale,
    minimum,
    maximum: minimum + 20 * scale,
  });

  it.each([
    { name: "whole numbers", column: discrete(1, 3, 5), digits: 0 },
    { name: "tenths", column: discrete(0.1, -1000, 2), digits: 1 },
    { name: "steps of 0.025", column: discrete(0.025, 0.35, 0.5), digits: 3 },
    { name: "nanoseconds of a second", column: discrete(1e-9, 2, 1e-7), digits: 9 },
    { name: "time stamps in milliseconds", column: discrete(1, 1_700_000_000_123, 4e5), digits: 0 },
    { name: "identifiers near 2^53", column: discrete(7, 9_007_199_253_000_001, 1e4), digits: 0 },
  ])("of a discrete column lie on its lattice: $name", async ({ column, digits }) => {
    const model = exampleModel({ dim: 1, columns: [column] });
    const drawn = await model.sample(400, { seed: 4 });
    const { minimum, quantum = 1 } = column;
    expect(new Set(drawn).size).toBeGreaterThan(5);
    for (const value of drawn) {
      // As it is printed: no 0.30000000000000004.
      expect(Number(value.toFixed(digits))).toBe(value);
      const steps = (value - minimum) / quantum;
      expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-3);
      expect(Object.is(value, -0)).toBe(false);
    }
    const loose = await model.sample(400, { seed: 4, round: false });
    for (const [i, value] of loose.entries())
      expect(Math.abs(value - drawn[i])).toBeLessThanOrEqual(0.5001 * quantum);
    await model.release();
  });

  it("of a repeated column without a lattice are not rounded", async () => {
    const model = exampleModel({ dim: 1, columns: [discrete(0.1, 0, 1, false)] });
    expect(await model.sample(50)).toEqual(await model.sample(50, { round: false }));
  });
});
