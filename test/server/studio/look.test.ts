// What the page Look is told, beside densities that are known in closed form.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fit } from "../../../src/fit/index.js";
import { Random } from "../../../src/random/index.js";
import type {
  LookAxis,
  LookDensity,
  LookLatent,
  LookModel,
  LookPoints,
  LookRow,
  LookSamples,
} from "../../../src/server/studio/look-answers.js";
import { placesOf } from "../../../src/server/studio/look-axes.js";
import {
  categoryColumn,
  gaussian,
  gaussians,
  mixed,
  modelOf,
  plainColumn,
} from "../../model/known-models.js";
import { errorOf, save } from "../served.js";
import { workplace } from "./workplace.js";

const mean = [1, -1, 0.5];
const covariance = [
  [1, 0.6, 0.3],
  [0.6, 1.5, -0.4],
  [0.3, -0.4, 0.8],
];
const plane = [
  [1, 0.5],
  [0.5, 2],
];
/** Two categories' slots (and one for any other), in two latent classes. */
const classes = {
  weights: [0.7, 0.3],
  first: [
    [0.8, 0.2, 1e-9],
    [0.1, 0.9, 1e-9],
  ],
  second: [
    [0.6, 0.4, 1e-9],
    [0.3, 0.7, 1e-9],
  ],
};

const slots = [0, 1, 2, 3, 4, 5];

const place = await workplace(async (folder) => {
  mkdirSync(folder);
  const three = ["a", "b", "c"].map(plainColumn);
  await save(modelOf(gaussian(mean, covariance), three), join(folder, "three.logdet"));
  await save(modelOf(gaussian([0, 0], plane), three.slice(0, 2)), join(folder, "two.logdet"));
  const steps = modelOf(gaussian([0, 0], plane), [
    { ...three[0], kind: "discrete", quantum: 0.5, lattice: false },
    { ...three[1], kind: "discrete", quantum: 1, lattice: true, minimum: -20, maximum: 20 },
  ]);
  await save(steps, join(folder, "steps.logdet"));
  const pairs = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "0,0\n" : "1.5,1\n"));
  writeFileSync(join(folder, "steps.csv"), `a,b\n${pairs.join("")}`);
  const two = gaussians(
    [1, 1],
    [
      [-3, 0],
      [3, 0],
    ],
    plane,
  );
  await save(modelOf(two, three.slice(0, 2)), join(folder, "mixture.logdet"));
  const flow = mixed(
    [3, 3],
    classes.weights,
    slots.map((slot) => [0, 1].map((k) => [...classes.first[k], ...classes.second[k]][slot])),
    [[1], [-1], [0], [0], [0], [0]],
    [[0.25]],
  );
  const columns = [plainColumn("x"), categoryColumn("kind", ["p", "q"]), categoryColumn("size", ["s", "t"])];
  await save(modelOf(flow, columns), join(folder, "mixed.logdet"));
  const random = new Random(9);
  // Rows of the model itself, by its covariance's square root; then others.
  const rows = Array.from({ length: 2500 }, () => {
    const [u, v] = random.fillNormal(new Float64Array(2));
    return [u, 0.5 * u + Math.sqrt(1.75) * v];
  });
  const lines = (shift: number) => rows.map(([a, b]) => `${a + shift},${b}\n`).join("");
  writeFileSync(join(folder, "own.csv"), `a,b\n${lines(0)}`);
  writeFileSync(join(folder, "shifted.csv"), `a,b\n${lines(0.4)}`);
  writeFileSync(join(folder, "holes.csv"), "a,b\n1,2\n,3\n4,5\n6,\n7,8\n");
  writeFileSync(join(folder, "words.csv"), "kind,x,size\np,0.5,s\nq,-1,t\np,1.5,s\n");
  const pets = Array.from(
    { length: 120 },
    (_, i) => `${i % 3 === 0 ? "cat" : "dog"},${i % 2 ? "yes" : "no"}\n`,
  );
  writeFileSync(join(folder, "pets.csv"), `pet,tame\n${pets.join("")}`);
  const { model } = await fit(join(folder, "pets.csv"), { search: false, threads: 1 });
  await save(model, join(folder, "pets.logdet"));
});

async function answerOf<T>(path: string, question: object): Promise<T> {
  const response = await place.ask(`/api/look/${path}`, question);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text);
}

const densityOf = (model: string, question: object = {}) =>
  answerOf<LookDensity>("density", { model: `${model}.logdet`, ...question });

/** The plane's normal density. */
function normal2(
  x: number,
  y: number,
  [m, n]: readonly number[],
  [[a, b], [, d]]: readonly (readonly number[])[],
): number {
  const determinant = a * d - b * b;
  const [u, v] = [x - m, y - n];
  const distance = (d * u * u - 2 * b * u * v + a * v * v) / determinant;
  return Math.exp(-0.5 * distance) / (2 * Math.PI * Math.sqrt(determinant));
}

const normal1 = (x: number, m: number, variance: number) =>
  Math.exp((-0.5 * (x - m) ** 2) / variance) / Math.sqrt(2 * Math.PI * variance);

/** Calls back at every place of the grid. */
function everywhere(
  { x, y, density }: LookDensity,
  see: (x: number, y: number, density: number) => void,
): void {
  const [xs, ys] = [placesOf(x), y ? placesOf(y) : Float64Array.of(0)];
  expect(density).toHaveLength(xs.length * ys.length);
  for (const [i, value] of density.entries()) see(xs[i % xs.length], ys[Math.floor(i / xs.length)], value);
}

const cell = (axis: LookAxis) => (axis.kind === "numbers" ? (axis.to - axis.from) / axis.size : 1);

describe("the density of two columns", () => {
  it("averaged over the others is their marginal, widened by the kernel", async () => {
    const answer = await densityOf("three", { x: "a", y: "c" });
    expect(answer).toMatchObject({ how: "draws", draws: 50_000, x: { name: "a" }, y: { name: "c" } });
    const [h, k] = answer.bandwidth;
    expect(h).toBeCloseTo(0.7 * 50_000 ** (-1 / 6), 2);
    const widened = [
      [1 + h * h, 0.3],
      [0.3, 0.8 + k * k],
    ];
    const peak = normal2(1, 0.5, [1, 0.5], widened);
    everywhere(answer, (x, y, density) => {
      expect(Math.abs(density - normal2(x, y, [1, 0.5], widened))).toBeLessThan(0.06 * peak);
    });
    const total = answer.density.reduce((a, b) => a + b, 0) * cell(answer.x) * cell(answer.y as LookAxis);
    expect(total).toBeCloseTo(1, 2);
    expect(answer.outside).toBeLessThan(0.001);
  });

  it("held is the conditional density, whatever row the cells come from", async () => {
    const answer = await densityOf("three", { x: "a", y: "b", held: { cells: { c: 2 } } });
    expect(answer.how).toBe("held");
    // a, b given c = 2: the mean moves by Σ₁₂ Σ₂₂⁻¹ (c − mean).
    const by = (2 - 0.5) / 0.8;
    const given = [1 + 0.3 * by, -1 - 0.4 * by];
    const left = [
      [1 - 0.09 / 0.8, 0.6 + 0.12 / 0.8],
      [0.6 + 0.12 / 0.8, 1.5 - 0.16 / 0.8],
    ];
    everywhere(answer, (x, y, density) => {
      const truth = normal2(x, y, given, left);
      expect(Math.abs(density - truth)).toBeLessThan(0.002 + 0.01 * truth);
    });
    // At a row of a table; what it holds of the picture's columns is of no account.
    writeFileSync(join(place.folder, "three.csv"), "a,b,c\n9,9,9\n-1,-2,2\n");
    const same = await densityOf("three", {
      x: "a",
      y: "b",
      table: "three.csv",
      held: { row: 2, cells: {} },
    });
    expect(same.density).toEqual(answer.density);
  });

  it("of a model of two columns is its own, exactly", async () => {
    const answer = await densityOf("two");
    expect(answer).toMatchObject({ how: "exact", x: { name: "a", size: 80 }, y: { name: "b", size: 80 } });
    everywhere(answer, (x, y, density) =>
      expect(Math.abs(density - normal2(x, y, [0, 0], plane))).toBeLessThan(1e-4),
    );
  });

  it("of one column alone is a curve", async () => {
    const answer = await densityOf("three", { x: "b" });
    expect(answer).toMatchObject({ how: "draws", y: null, x: { size: 160 } });
    const variance = 1.5 + answer.bandwidth[0] ** 2;
    everywhere(answer, (x, _, density) =>
      expect(Math.abs(density - normal1(x, -1, variance))).toBeLessThan(0.02),
    );
  });

  it("of a number and a category is a curve a category, whose area is how probable it is", async () => {
    const answer = await densityOf("mixed", { x: "kind", y: "x" });
    const p = 0.7 * 0.8 + 0.3 * 0.1;
    const variance = 0.25 + answer.bandwidth[0] ** 2;
    everywhere(answer, (kind, x, density) => {
      const truth = (kind === 0 ? p : 1 - p) * normal1(x, kind === 0 ? 1 : -1, variance);
      expect(Math.abs(density - truth)).toBeLessThan(0.025);
    });
    const held = await densityOf("mixed", { x: "x", y: "kind", held: { cells: { size: 1 } } });
    // p(kind | size = t)
    const joint = (kind: number) =>
      [0, 1].reduce((sum, k) => sum + classes.weights[k] * classes.first[k][kind] * classes.second[k][1], 0);
    const share = (kind: number) =>
      held.density.slice(kind * 160, (kind + 1) * 160).reduce((a, b) => a + b, 0) * cell(held.x);
    expect(share(0)).toBeCloseTo(joint(0) / (joint(0) + joint(1)), 3);
    expect(share(0) + share(1)).toBeCloseTo(1, 3);
  });

  it("of two categories is how probable every pair is", async () => {
    const answer = await densityOf("mixed", { x: "kind", y: "size" });
    expect(answer.bandwidth).toEqual([]);
    everywhere(answer, (kind, size, density) => {
      const truth = [0, 1].reduce(
        (sum, k) => sum + classes.weights[k] * classes.first[k][kind] * classes.second[k][size],
        0,
      );
      expect(Math.abs(density - truth)).toBeLessThan(0.01);
    });
  });
});

describe("rows as points", () => {
  it("are thinned evenly, and those that miss a cell are counted", async () => {
    const all = await answerOf<LookPoints>("points", { model: "two.logdet", table: "own.csv" });
    expect(all).toMatchObject({ total: 2500, missing: 0 });
    expect(all.rows).toHaveLength(1500);
    expect(all.rows[0]).toBe(1);
    expect(new Set(all.rows.slice(1).map((row, i) => row - all.rows[i]))).toEqual(new Set([1, 2]));
    // The model knows of no missing cells, so the reader leaves those rows out; numbers stay those of the file.
    const some = await answerOf<LookPoints>("points", { model: "two.logdet", table: "holes.csv" });
    expect(some).toEqual({ total: 3, missing: 0, rows: [1, 3, 5], x: [1, 4, 7], y: [2, 5, 8] });
    const drawn = await answerOf<LookPoints>("points", { model: "two.logdet" });
    expect(drawn).toMatchObject({ total: 2000, missing: 0 });
  });

  it("are told in full, with the share of draws that are less likely", async () => {
    const row = await answerOf<LookRow>("row", { model: "two.logdet", table: "holes.csv", row: 1 });
    expect(row.cells).toEqual([
      { name: "a", value: 1, text: "1" },
      { name: "b", value: 2, text: "2" },
    ]);
    const density = normal2(1, 2, [0, 0], plane);
    expect(row.logProb).toBeCloseTo(Math.log(density), 4);
    // Mahalanobis' distance of a draw is χ² with two degrees of freedom: P(larger) = exp(−½ d²).
    const truth = density / normal2(0, 0, [0, 0], plane);
    expect(Math.abs(row.lessLikely - truth)).toBeLessThan(4 * Math.sqrt((truth * (1 - truth)) / row.draws));
    const words = await answerOf<LookRow>("row", { model: "mixed.logdet", table: "words.csv", row: 2 });
    expect(words.cells.map(({ text }) => text)).toEqual(["-1", "q", "t"]);
    const missing = await place.ask("/api/look/row", { model: "two.logdet", table: "holes.csv", row: 2 });
    expect([missing.status, await errorOf(missing)]).toEqual([404, expect.stringContaining("misses cells")]);
    const beyond = await place.ask("/api/look/row", { model: "two.logdet", table: "holes.csv", row: 6 });
    expect([beyond.status, await errorOf(beyond)]).toEqual([404, expect.stringContaining("1 to 5")]);
  });
});

describe("the latent space", () => {
  const latentOf = (question: object) =>
    answerOf<LookLatent>("latent", { model: "two.logdet", x: 0, y: 1, net: 0, ...question });

  it("of rows that the model would draw does not differ from the base", async () => {
    const answer = await latentOf({ table: "own.csv" });
    expect(answer).toMatchObject({ dimensions: 2, nets: 1, net: 1, rows: 2000, of: 2500, draws: 50_000 });
    expect(answer.checks).toHaveLength(2);
    for (const { counts, expected, adjusted } of answer.checks) {
      expect(counts.reduce((a, b) => a + b, 0)).toBe(2000);
      expect(expected * counts.length).toBeCloseTo(2000, 9);
      expect(adjusted).toBeGreaterThan(0.05);
    }
    // The base is standard normal.
    everywhere(answer.base as LookDensity, (x, y, density) =>
      expect(Math.abs(density - normal1(x, 0, 1) * normal1(y, 0, 1))).toBeLessThan(0.02),
    );
    // Latents are the rows, whitened: their second moment is what the rows' Mahalanobis distance is on average.
    const { x, y } = answer.points;
    const moment = x.reduce((sum, value, i) => sum + value ** 2 + y[i] ** 2, 0) / x.length;
    expect(Math.abs(moment - 2)).toBeLessThan(0.2);
  });

  it("of shifted rows differs where the shift leads, the strangest dimension first", async () => {
    const { checks } = await latentOf({ table: "shifted.csv" });
    expect(checks[0].adjusted).toBeLessThan(1e-6);
    expect(checks[0].pValue).toBeLessThanOrEqual(checks[1].pValue);
    const { counts, band } = checks[0];
    expect(counts.filter((count) => count < band[0] || count > band[1]).length).toBeGreaterThan(5);
  });

  it("of a mixture is one net's, with the rows that are likely its own", async () => {
    const one = await latentOf({ model: "mixture.logdet", net: 0 });
    const two = await latentOf({ model: "mixture.logdet", net: 1 });
    expect(one).toMatchObject({ nets: 2, net: 1, isAverage: false });
    expect(one.rows + two.rows).toBe(2000);
    expect(Math.abs(one.rows - 1000)).toBeLessThan(120);
    // A dimension that there is not is the last one, and the same twice is one alone.
    const last = await latentOf({ model: "mixture.logdet", x: 1, y: 60 });
    expect(last.base).toMatchObject({ x: { name: "latent 2" }, y: null });
    expect(last.points.y).toEqual([]);
    const wrong = await place.ask("/api/look/latent", { model: "mixture.logdet", x: 0, y: 1, net: 2 });
    expect([wrong.status, await errorOf(wrong)]).toEqual([400, expect.stringContaining("2 nets")]);
  });

  it("is none for categories alone", async () => {
    const answer = await latentOf({ model: "pets.logdet", table: "pets.csv" });
    expect(answer).toMatchObject({ dimensions: 0, base: null, checks: [] });
    const density = await densityOf("pets");
    expect(density).toMatchObject({ how: "exact", x: { kind: "values", name: "pet" } });
    expect(density.density.reduce((a, b) => a + b, 0)).toBeGreaterThan(0.9);
  });
});

describe("samples", () => {
  const samplesOf = (question: object = {}) =>
    answerOf<LookSamples>("samples", {
      model: "two.logdet",
      table: "own.csv",
      seed: 1,
      page: 0,
      ...question,
    });

  it("stand beside the data in shares of the same bars", async () => {
    const answer = await samplesOf();
    expect(answer).toMatchObject({ draws: 2000, columns: ["a", "b"] });
    const [a] = answer.histograms;
    for (const [k, share] of a.drawn.entries()) {
      const [from, to] = [a.edges[k], a.edges[k + 1]];
      // Of a standard normal, by its density in the middle.
      const truth = normal1((from + to) / 2, 0, 1) * (to - from);
      expect(Math.abs(share - truth)).toBeLessThan(0.03);
      expect(Math.abs(a.data[k] - truth)).toBeLessThan(0.03);
    }
    expect(answer.table).toHaveLength(20);
    expect(answer.table[0].map(Number)).toEqual(
      [answer.drawn.x[0], answer.drawn.y[0]].map((v) => Number(v.toPrecision(6))),
    );
  });

  it("of a column that repeats on no lattice stand beside data that are spread over their steps", async () => {
    const answer = await samplesOf({ model: "steps.logdet", table: "steps.csv" });
    expect(answer.between).toEqual(["a"]);
    const { x = [], y = [] } = answer.data ?? {};
    expect(x).toHaveLength(40);
    for (const [i, value] of x.entries())
      expect(Math.abs(value - (i % 2 === 0 ? 0 : 1.5))).toBeLessThan(0.25);
    expect(new Set(x).size).toBe(40);
    // On a lattice draws are rounded, and data are as they are.
    expect(new Set(y)).toEqual(new Set([0, 1]));
  });

  it("are the same for the same seed, and others for another", async () => {
    const [one, same, other] = [await samplesOf(), await samplesOf(), await samplesOf({ seed: 2 })];
    expect(same.drawn).toEqual(one.drawn);
    expect(other.drawn.x).not.toEqual(one.drawn.x);
    const alone = await samplesOf({ table: undefined });
    expect(alone.data).toBeNull();
    expect(alone.histograms[0].data).toEqual([]);
  });
});

describe("questions", () => {
  it("about a model are answered with what its controls need", async () => {
    const answer = await answerOf<LookModel>("model", { model: "mixed.logdet" });
    expect(answer.columns.map(({ name, isCategorical }) => [name, isCategorical])).toEqual([
      ["x", false],
      ["kind", true],
      ["size", true],
    ]);
    expect(answer.columns[1].categories).toEqual([
      { value: 0, label: "p" },
      { value: 1, label: "q" },
    ]);
    // The densest of 256 draws is near a mode: (±1) with the likelier category.
    expect(Math.abs(Math.abs(answer.columns[0].typical) - 1)).toBeLessThan(0.3);
  });

  it("that make no sense are refused in words", async () => {
    const refused = async (path: string, question: object) => {
      const response = await place.ask(`/api/look/${path}`, question);
      return [response.status, await errorOf(response)];
    };
    const model = "two.logdet";
    expect(await refused("density", { model, x: "nothing" })).toEqual([
      400,
      'the model has no column "nothing"',
    ]);
    expect(await refused("density", { model, held: { cells: { nothing: 1 } } })).toEqual([
      400,
      expect.stringContaining("no column"),
    ]);
    expect(await refused("density", { model: "../two.logdet" })).toEqual([403, expect.any(String)]);
    expect(await refused("points", { model, table: "/etc/passwd" })).toEqual([403, expect.any(String)]);
    expect(await refused("points", { model, table: "none.csv" })).toEqual([404, expect.any(String)]);
    expect(await refused("points", { model, table: "words.csv" })).toEqual([400, expect.any(String)]);
    expect(await refused("latent", { model, x: 1e9, y: 0, net: 0 })).toEqual([400, expect.any(String)]);
    expect(await refused("samples", { model, seed: -1, page: 0 })).toEqual([400, expect.any(String)]);
    expect(await refused("model", { model, more: 1 })).toEqual([400, expect.any(String)]);
  });
});
