// How layers bend a grid, as the studio's pages get it: against the model's own latent and an eigendecomposition.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layersOf } from "../../../src/flows/index.js";
import { symmetricEigen } from "../../../src/ica/symmetric-eigen.js";
import type { Model } from "../../../src/model/index.js";
import { Random } from "../../../src/random/index.js";
import type { LayersAnswer } from "../../../src/server/studio/layers-answers.js";
import { lineCount, linePoints } from "../../../src/server/studio/layers-grid.js";
import { followPlane } from "../../../src/server/studio/layers-plane.js";
import { expectClose } from "../../helpers/index.js";
import { exampleModel, exampleRows } from "../../model/example-model.js";
import { mixedModel, save } from "../served.js";
import { workplace } from "./workplace.js";

const gridPoints = lineCount * linePoints;
const count = 100;

async function put(folder: string, name: string, model: Model): Promise<void> {
  await save(model, join(folder, `${name}.logdet`));
  const rows = exampleRows(model, count);
  const lines = Array.from({ length: count }, (_, i) => [...rows.slice(i * model.dim, (i + 1) * model.dim)]);
  const header = model.columns.map((column) => column.name).join(",");
  writeFileSync(
    join(folder, `${name}.csv`),
    `${header}\n${lines.map((row) => `${row.join(",")}\n`).join("")}`,
  );
}

const plane = exampleModel({ dim: 2, disorder: 0.15, base: "normal" });
const space = exampleModel({ dim: 5, disorder: 0.15, base: "normal" });
const mixture = exampleModel({ dim: 2, components: 3, front: false, disorder: 0.3, seed: 2 });

const place = await workplace(async (folder) => {
  mkdirSync(folder);
  await put(folder, "plane", plane);
  await put(folder, "space", space);
  await put(folder, "mixture", mixture);
  await save(exampleModel({ dim: 1 }), join(folder, "line.logdet"));
  await save(await mixedModel(folder), join(folder, "trees.logdet"));
});

const layers = async (question: unknown): Promise<LayersAnswer> => {
  const response = await place.ask("/api/layers", question);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as LayersAnswer;
};

/** Points of the plane, standardised, in the columns' units. */
const inUnits = (points: readonly number[], { columns }: Model) =>
  Float64Array.from(points, (value, i) => columns[i % 2].center + columns[i % 2].scale * value);

describe("the layers of a model of two columns", () => {
  it("take grid and rows to the model's latent, one by one", async () => {
    const answer = await layers({ model: "plane.logdet", table: "plane.csv" });
    expect(answer.stages.map(({ name }) => name)).toEqual([
      ...["data", "spline 1", "matrix 1", "spline 2", "matrix 2"],
    ]);
    expect(answer).toMatchObject({
      ...{ numeric: ["column 1", "column 2"], x: "column 1", y: "column 2", isProjected: false },
      ...{ rows: count, areDrawn: false, net: { number: 1, count: 1, share: 1 } },
    });
    expect(answer.heldRow).toBeUndefined();
    const [first, last] = [answer.stages[0], answer.stages[answer.stages.length - 1]];
    expect(first.lines).toHaveLength(2 * gridPoints);
    const rows = exampleRows(plane, count);
    expectClose(inUnits(first.points, plane), rows, { relative: 1e-3, absolute: 1e-6 });
    expectClose(last.points, await plane.latent(rows), { absolute: 2e-3 });
    expectClose(last.lines, await plane.latent(inUnits(first.lines, plane)), { absolute: 2e-3 });
    // Splines bend every coordinate by itself.
    const { lines } = answer.stages[1];
    for (let i = 1; i < linePoints; i++) expect(lines[2 * i]).toBe(lines[0]);
  });

  it("are those of the net with the largest share, without a layer that moves nothing", async () => {
    const answer = await layers({ model: "mixture.logdet", table: "mixture.csv" });
    expect(layersOf(mixture.flow).map((net) => net[0].name)).toEqual([
      ...["standardization 1", "standardization 1", "standardization 1"],
    ]);
    expect(answer.stages[1].name).toBe("matrix 1");
    expect(answer.net.count).toBe(3);
    // A net's share is that of the draws, too, which come from the nets by their weights alone: not tiny.
    expect(answer.net.share).toBeGreaterThan(1 / 3);
    expect(answer.net.share).toBeLessThan(1);
  });

  it("are shown with draws where there is no table", async () => {
    const { areDrawn, rows } = await layers({ model: "plane.logdet" });
    expect({ areDrawn, rows }).toEqual({ areDrawn: true, rows: 400 });
  });
});

describe("the layers of a model of more columns", () => {
  it("are seen in the plane in which the grid is most spread out", async () => {
    const answer = await layers({ model: "space.logdet", table: "space.csv", x: "column 4", y: "column 2" });
    expect(answer).toMatchObject({ isProjected: true, x: "column 4", y: "column 2" });
    const held = answer.heldRow ?? 0;
    const rows = exampleRows(space, count);
    const last = answer.stages[answer.stages.length - 1];
    // The grid in the columns' units, the other columns those of the held row.
    const grid = Float64Array.from({ length: gridPoints * 5 }, (_, i) => {
      const [point, d] = [Math.floor(i / 5), i % 5];
      const { center, scale } = space.columns[d];
      const along = d === 3 ? 0 : d === 1 ? 1 : undefined;
      return along === undefined
        ? rows[(held - 1) * 5 + d]
        : center + scale * answer.stages[0].lines[2 * point + along];
    });
    const latent = await space.latent(grid);
    const mean = [0, 1, 2, 3, 4].map(
      (d) => latent.filter((_, i) => i % 5 === d).reduce((a, b) => a + b, 0) / gridPoints,
    );
    const covariance = new Float64Array(25);
    for (let p = 0; p < gridPoints; p++)
      for (let i = 0; i < 5; i++)
        for (let j = 0; j < 5; j++)
          covariance[5 * i + j] +=
            ((latent[5 * p + i] - mean[i]) * (latent[5 * p + j] - mean[j])) / gridPoints;
    const { values } = symmetricEigen(covariance, 5);
    const total = values.reduce((a, b) => a + b, 0);
    expect(last.seen).toBeCloseTo((values[0] + values[1]) / total, 3);
    const variance = [0, 1].map((d) => {
      const own = last.lines.filter((_, i) => i % 2 === d);
      const middle = own.reduce((a, b) => a + b, 0) / own.length;
      return own.reduce((a, b) => a + (b - middle) ** 2, 0) / own.length;
    });
    expectClose([variance[0] + variance[1]], [values[0] + values[1]], { relative: 1e-3 });
  });

  it("leave categories out of the plane, and rows with missing numbers out of the picture", async () => {
    const answer = await layers({ model: "trees.logdet", table: "trees.csv", x: "kind" });
    expect(answer.numeric).not.toContain("kind");
    expect(answer.heldRow).toBeGreaterThan(0);
    // 24 of 240 rows miss a number.
    expect(answer.rows).toBe(216);
    expect(answer.stages.map(({ name }) => name)).toContain("shift by categories 1");
  });

  it("are not shown where there is no plane", async () => {
    const response = await place.ask("/api/layers", { model: "line.logdet" });
    expect(await response.json()).toEqual({ notShown: expect.stringContaining("one column of numbers") });
    expect((await place.ask("/api/layers", { model: "plane.logdet", x: "none" })).status).toBe(400);
  });
});

describe("a plane that is followed", () => {
  const random = new Random(3);
  const cloud = (n: number, dim: number) => {
    const points = random.fillNormal(new Float64Array(n * dim));
    return points.map((value, i) => value * [3, 2, 0.1, 0.1][i % dim]);
  };

  it("shows a cloud that only turns as one that does not move", async () => {
    const before = cloud(50, 4);
    // Coordinates change places and signs: (a, b, c, d) to (d, −a, c, b).
    const after = before.map((_, i) => {
      const at = i - (i % 4);
      return [before[at + 3], -before[at], before[at + 2], before[at + 1]][i % 4];
    });
    const [first, second] = await followPlane([before, after], { dim: 4, places: [0, 1], leading: 50 });
    // But for where its middle is, and for the little that stands out of the plane.
    const mean = [0, 1].map(
      (d) => first.values.filter((_, i) => i % 2 === d).reduce((a, b) => a + b, 0) / 50,
    );
    expectClose(
      second.values,
      first.values.map((value, i) => value - mean[i % 2]),
      { absolute: 0.15 },
    );
    expect(second.seen).toBeGreaterThan(0.99);
  });

  it("turns by the best of all angles, mirrored or not", async () => {
    const [before, after] = [cloud(40, 3), cloud(40, 3)];
    const [first, second] = await followPlane([before, after], { dim: 3, places: [0, 1], leading: 40 });
    const moved = (angle: number, sign: number) => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      let total = 0;
      for (let i = 0; i < 80; i += 2) {
        const [u, v] = [second.values[i], sign * second.values[i + 1]];
        total += (c * u - s * v - first.values[i]) ** 2 + (s * u + c * v - first.values[i + 1]) ** 2;
      }
      return total;
    };
    const best = moved(0, 1);
    for (let angle = 0; angle < 6.28; angle += 0.05)
      for (const sign of [1, -1]) expect(moved(angle, sign)).toBeGreaterThan(best - 1e-9);
  });

  it("puts the other points in the middle, and takes a cloud without extent", async () => {
    const stages = [cloud(30, 3), cloud(30, 3), new Float64Array(90)];
    const [, second, third] = await followPlane(stages, { dim: 3, places: [2, 0], leading: 20 });
    const rest = second.values.subarray(40);
    for (const d of [0, 1])
      expect(rest.filter((_, i) => i % 2 === d).reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
    expect(Array.from(third.values)).toEqual(Array.from({ length: 60 }, () => 0));
    expect(third.seen).toBe(1);
  });
});
