// The Jacobian at a row, as the studio's pages get it: against finite differences and the density that it is a part of.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { latentMaps } from "../../../src/flows/index.js";
import { load, type Model } from "../../../src/model/index.js";
import { flowPoints, runOnce } from "../../../src/server/studio/flow-points.js";
import type { JacobianAnswer, JacobianRowsAnswer } from "../../../src/server/studio/jacobian-answers.js";
import { jacobianAt } from "../../../src/server/studio/jacobian-at.js";
import type { LookDensity } from "../../../src/server/studio/look-answers.js";
import { input } from "../../../src/tensor/index.js";
import { expectClose } from "../../helpers/index.js";
import { exampleModel } from "../../model/example-model.js";
import { errorOf, mixedModel, names, numbersModel, save, someRows } from "../served.js";
import { workplace } from "./workplace.js";

const count = 60;
const cells = someRows(count);
/** Far from all others. */
const outlier = 17;
cells.set([9, -9, 9], 3 * (outlier - 1));

const place = await workplace(async (folder) => {
  mkdirSync(folder);
  await save(await numbersModel(), join(folder, "numbers.logdet"));
  const lines = Array.from({ length: count }, (_, i) => `${cells.slice(3 * i, 3 * i + 3).join(",")}\n`);
  // A row that misses a cell, which this model cannot take.
  writeFileSync(join(folder, "numbers.csv"), `${names.join(",")}\n${lines.join("")}1,,3\n`);
  await save(await mixedModel(folder), join(folder, "trees.logdet"));
  const wide = exampleModel({ dim: 45, layers: 1, front: false, activation: "smooth-leaky-relu" });
  await save(wide, join(folder, "wide.logdet"));
  // Of the first column there are three values.
  const [years, ...numbers] = (await numbersModel()).columns;
  const few = { ...years, kind: "discrete", lattice: true, quantum: 1, minimum: -1, maximum: 1 } as const;
  await save(exampleModel({ dim: 3, columns: [few, ...numbers] }), join(folder, "years.logdet"));
  const tooWide = exampleModel({ dim: 257, layers: 1, front: false, activation: "smooth-leaky-relu" });
  await save(tooWide, join(folder, "too-wide.logdet"));
});

const jacobian = async (question: unknown): Promise<JacobianAnswer> => {
  const response = await place.ask("/api/jacobian", question);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as JacobianAnswer;
};
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The latent of one net by central differences of fourth order in each standardised number, row-major [D, D]. */
async function byDifferences(model: Model, row: Float64Array, net: number): Promise<Float64Array> {
  const { x: point, width } = flowPoints(model, row);
  const dim = model.numericDim;
  const h = 1e-4;
  const moves = [h, -h, 2 * h, -2 * h];
  const x = Float64Array.from({ length: dim * moves.length * width }, (_, i) => {
    const [copy, at] = [Math.floor(i / width), i % width];
    return point[at] + (at === Math.floor(copy / moves.length) ? moves[copy % moves.length] : 0);
  });
  const { latent } = await runOnce(
    model,
    { latent: latentMaps(model.flow, input("x", ["batch", width]))[net].latent },
    { x },
    "float64",
  );
  return Float64Array.from({ length: dim * dim }, (_, at) => {
    const [i, j] = [Math.floor(at / dim), at % dim];
    const moved = (k: number) => latent[(j * moves.length + k) * width + i];
    return (8 * (moved(0) - moved(1)) - (moved(2) - moved(3))) / (12 * h);
  });
}

describe("the Jacobian at a row", () => {
  it("is that of finite differences, and its volume the model's log-density less the rest", async () => {
    const model = await load(join(place.folder, "numbers.logdet"));
    for (const row of [1, 8, outlier]) {
      const own = cells.slice(3 * row - 3, 3 * row);
      const { matrix } = await jacobianAt(model, own);
      expectClose(matrix, await byDifferences(model, own, 0), { relative: 1e-6, absolute: 1e-6 });
      const answer = await jacobian({ model: "numbers.logdet", table: "numbers.csv", row });
      expectClose(answer.matrix.flat(), matrix);
      expectClose([sum(answer.singularValues.map(Math.log))], [answer.logDet], { absolute: 1e-9 });
      // Scales 1, 2 and 3.
      expectClose([answer.unitsLogDet], [-Math.log(6)]);
      const [logProb] = await model.logProb(own);
      expectClose([answer.baseLogProb + answer.logDet + answer.unitsLogDet], [logProb], { relative: 1e-4 });
      expectClose([answer.logProb], [logProb], { relative: 1e-4 });
      expect(answer).toMatchObject({ row, size: 3, columns: names, latents: [1, 2, 3], othersLogProb: 0 });
      expect(answer.net).toEqual({ number: 1, count: 1, share: 1 });
      expect(answer.cells.map(({ value }) => value)).toEqual(Array.from(own));
    }
    await model.release();
  });

  it("says which steps move the latent most and least, by unit vectors that it stretches so", async () => {
    const { matrix, most, least, singularValues } = await jacobian({
      ...{ model: "numbers.logdet", table: "numbers.csv", row: 3 },
    });
    for (const [step, value] of [
      [most, singularValues[0]],
      [least, singularValues[2]],
    ] as const) {
      const v = names.map((name) => step.parts.find(({ column }) => column === name)?.share ?? 0);
      expect(v.reduce((total, share) => total + share ** 2, 0)).toBeGreaterThan(0.97);
      expect(step.parts[0].share).toBeGreaterThan(0);
      const moved = matrix.map((row) => row.reduce((total, slope, j) => total + slope * v[j], 0));
      // Shares below a tenth are left out.
      expect(Math.abs(Math.hypot(...moved) - value)).toBeLessThan(0.2 * singularValues[0]);
      expect(step.stretch).toBe(value);
    }
  });

  it("finds the strangest row, and a typical one", async () => {
    const question = { model: "numbers.logdet", table: "numbers.csv" };
    const strangest = await jacobian({ ...question, row: "strangest" });
    expect(strangest.row).toBe(outlier);
    const typical = await jacobian({ ...question, row: "typical" });
    const logProb = await place.studio.models.use("numbers.logdet", (model) => model.logProb(cells));
    const below = logProb.filter((value) => value < logProb[typical.row - 1]).length;
    expect(below).toBe(count / 2);
    // Without a table, among the model's draws.
    const drawn = await jacobian({ model: "numbers.logdet", row: "typical" });
    expect((await jacobian({ model: "numbers.logdet", row: drawn.row })).logProb).toBe(drawn.logProb);
  });

  it("is of the net that makes up most of a mixture's density there, which is told", async () => {
    const model = exampleModel({ dim: 3, components: 3, disorder: 0.4, seed: 4 });
    const row = Float64Array.of(3.001, -2.1e4, 1);
    const { matrix, net, logDet, baseLogProb } = await jacobianAt(model, row);
    expect(net.count).toBe(3);
    expectClose(matrix, await byDifferences(model, row, net.place), { relative: 1e-6, absolute: 1e-6 });
    const units = -Math.log(1e-3 * 1e4 * 2);
    const [logProb] = await model.logProb(row);
    expectClose([baseLogProb + logDet + units - Math.log(net.share)], [logProb], { absolute: 1e-3 });
    expect(net.share).toBeGreaterThan(1 / 3);
    await model.release();
  });

  it("holds categories, and takes missing numbers as what the model expects there", async () => {
    const lines = readFileSync(join(place.folder, "trees.csv"), "utf8").split("\n");
    const question = { model: "trees.logdet", table: "trees.csv" };
    const whole = await jacobian({ ...question, row: 2 });
    const model = await load(join(place.folder, "trees.logdet"));
    expect(whole.size).toBe(model.numericDim);
    const table = await place.studio.tables.of(model, "trees.csv");
    const row = Float64Array.from(table.columns, ({ values }) => values[1]);
    expectClose([whole.logProb], await model.logProb(row), { absolute: 1e-3 });
    const { matrix } = await jacobianAt(model, row);
    expectClose(matrix, await byDifferences(model, row, whole.net.number - 1), {
      ...{ relative: 1e-6, absolute: 1e-6 },
    });
    expect(lines[1]).toMatch(/^"oak",[^,]*,,/);
    const { cells: shown } = await jacobian({ ...question, row: 1 });
    expect(shown.find(({ column }) => column === "kind")).toEqual({
      ...{ column: "kind", value: "oak", filled: null },
    });
    const height = shown.find(({ column }) => column === "height");
    expect(height?.value).toBeNull();
    expect(height?.filled).toBeGreaterThan(-3);
    expect(height?.filled).toBeLessThan(9);
    await model.release();
  });

  it("shows the 40 strongest of more columns, and none of hundreds", async () => {
    const { size, columns, latents, matrix, singularValues } = await jacobian({
      ...{ model: "wide.logdet", row: "typical" },
    });
    expect([size, columns.length, latents.length, singularValues.length]).toEqual([45, 40, 40, 45]);
    expect(matrix.map((row) => row.length)).toEqual(latents.map(() => 40));
    const many = await place.ask("/api/jacobian", { model: "too-wide.logdet", row: 1 });
    expect(await many.json()).toEqual({
      notShown: "The model has 257 columns of numbers; this is shown for up to 256.",
    });
  });

  it("refuses rows that there are not, and questions of another shape", async () => {
    const question = { model: "numbers.logdet", table: "numbers.csv" };
    const status = async (asked: unknown, path = "/api/jacobian") => {
      const response = await place.ask(path, asked);
      return [response.status, await errorOf(response)] as const;
    };
    expect(await status({ ...question, row: count + 2 })).toEqual([
      404,
      expect.stringContaining(`The rows are 1 to ${count + 1}`),
    ]);
    expect(await status({ ...question, row: count + 1 })).toEqual([
      404,
      expect.stringContaining(`row ${count + 1} misses cells`),
    ]);
    for (const row of [0, -1, 1.5, 1e12, "next", null])
      expect((await status({ ...question, row }))[0]).toBe(400);
    expect((await status({ ...question, row: 1, more: 1 }))[0]).toBe(400);
    expect((await status({ model: "../numbers.logdet", row: 1 }))[0]).toBe(403);
    expect((await status({ ...question, table: "none.csv", row: 1 }))[0]).toBe(404);
    expect(await status({ ...question, x: "d" }, "/api/jacobian/rows")).toEqual([
      400,
      expect.stringContaining('no column "d"'),
    ]);
  });
});

it("begins with the columns that a density begins with: those of many values", async () => {
  const { x, y } = (await (
    await place.ask("/api/jacobian/rows", { model: "years.logdet" })
  ).json()) as JacobianRowsAnswer;
  const density = (await (
    await place.ask("/api/look/density", { model: "years.logdet" })
  ).json()) as LookDensity;
  expect([x, y]).toEqual(["b", "c"]);
  expect([density.x.name, density.y?.name]).toEqual([x, y]);
});

it("gives the rows to choose from in the plane of two columns of numbers", async () => {
  const rowsOf = async (question: unknown) =>
    (await (await place.ask("/api/jacobian/rows", question)).json()) as JacobianRowsAnswer;
  const { x, y, numeric, numbers, xs, ys, areDrawn } = await rowsOf({
    ...{ model: "numbers.logdet", table: "numbers.csv", x: "c" },
  });
  expect({ x, y, numeric, areDrawn }).toEqual({ x: "c", y: "a", numeric: names, areDrawn: false });
  expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expectClose(
    xs as number[],
    cells.filter((_, i) => i % 3 === 2),
  );
  expectClose(
    ys as number[],
    cells.filter((_, i) => i % 3 === 0),
  );
  // Categories are no axes, and missing cells no points.
  const mixed = await rowsOf({ model: "trees.logdet", table: "trees.csv", x: "kind", y: "height" });
  expect(mixed.numeric).not.toContain("kind");
  expect(mixed.x).not.toBe("height");
  expect(mixed.y).toBe("height");
  expect(mixed.ys[0]).toBeNull();
  const drawn = await rowsOf({ model: "numbers.logdet" });
  expect({ areDrawn: drawn.areDrawn, count: drawn.numbers.length }).toEqual({ areDrawn: true, count: 2000 });
});
