// Tables of numbers and categories, and with missing cells, whose densities are known in closed form.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, describe, expect, it } from "vitest";
import type { Table, TableColumn } from "../../src/data/index.js";
import { type FitOptions, saveFitted } from "../../src/fit/index.js";
import { load, type Model } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { mean, quickFit } from "./support.js";

const tableOf = (columns: readonly TableColumn[]): Table => ({
  columns,
  rows: columns[0].values.length,
  sourceRows: columns[0].values.length,
  rowIndex: undefined,
  sourceColumns: columns.map(({ name }) => name),
  notices: [],
});

const logNormal = (x: number, mean: number, sd: number) =>
  -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);

/** Kinds of fruit: how often, mean and standard deviation of weight, share of ripe ones. */
const kinds = [
  { name: "apple", share: 0.6, mean: 150, sd: 10, ripe: 0.9 },
  { name: "cherry", share: 0.3, mean: 8, sd: 1, ripe: 0.5 },
  { name: "melon", share: 0.1, mean: 2000, sd: 300, ripe: 0.2 },
];

function fruit(rows: number, seed = 1): Table {
  const random = new Random(seed);
  const [kind, ripe, weight, sugar] = [0, 1, 2, 3].map(() => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    const u = random.uniform();
    kind[i] = u < 0.6 ? 0 : u < 0.9 ? 1 : 2;
    const one = kinds[kind[i]];
    ripe[i] = random.uniform() < one.ripe ? 1 : 0;
    weight[i] = one.mean + one.sd * random.normal();
    sugar[i] = 5 + 3 * ripe[i] + 0.5 * random.normal();
  }
  return tableOf([
    { name: "weight", values: weight },
    { name: "kind", values: kind, categories: kinds.map(({ name }) => name) },
    { name: "ripe", values: ripe, categories: ["false", "true"] },
    { name: "sugar", values: sugar },
  ]);
}

/** log p of a row [weight, kind, ripe, sugar], in closed form. */
function truth([weight, kind, ripe, sugar]: Float64Array): number {
  const one = kinds[kind];
  return (
    Math.log(one.share) +
    Math.log(ripe === 1 ? one.ripe : 1 - one.ripe) +
    logNormal(weight, one.mean, one.sd) +
    logNormal(sugar, 5 + 3 * ripe, 0.5)
  );
}

function rowsOf({ columns, rows }: Table): Float64Array {
  return Float64Array.from(
    { length: rows * columns.length },
    (_, i) => columns[i % columns.length].values[Math.floor(i / columns.length)],
  );
}

const rowAt = (rows: Float64Array, row: number, dim: number) => rows.subarray(row * dim, (row + 1) * dim);

describe("a table of numbers and categories", async () => {
  const folder = await mkdtemp(join(tmpdir(), "logdet-mixed-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const fitted = await quickFit(fruit(3000), { calibration: 0.05, seed: 2 });
  const { model } = fitted;
  const fresh = rowsOf(fruit(2000, 9));

  it("is learned to within 0.15 nats of its own density, on fresh rows", async () => {
    const logProb = await model.logProb(fresh);
    const entropy = mean(logProb.map((_, row) => truth(rowAt(fresh, row, 4))));
    expect(mean(logProb)).toBeGreaterThan(entropy - 0.15);
    expect(mean(logProb)).toBeLessThan(entropy + 0.03);
  });

  it("gives categories true probabilities: over all kinds and numbers its density adds up to 1", async () => {
    // By importance sampling: the mean of p(row) / truth(row) over rows of the truth.
    const rows = rowsOf(fruit(8000, 10));
    const ratios = (await model.logProb(rows)).map((value, row) =>
      Math.exp(value - truth(rowAt(rows, row, 4))),
    );
    const error = Math.sqrt(mean(ratios.map((ratio) => (ratio - mean(ratios)) ** 2)) / ratios.length);
    expect(error).toBeLessThan(0.01);
    expect(Math.abs(mean(ratios) - 1)).toBeLessThan(4 * error);
  });

  it("gives a category never seen a finite, small probability", async () => {
    const [seen, unseen] = await model.logProb([
      [150, 0, 1, 8],
      [150, 3, 1, 8],
    ]);
    expect(Number.isFinite(unseen)).toBe(true);
    expect(unseen).toBeLessThan(seen - 5);
  });

  it("draws valid categories as often as they are, and numbers that go with them", async () => {
    const rows = await model.sample(4000, { seed: 3 });
    for (const [kind, { share, mean: weight, ripe }] of kinds.entries()) {
      const own = Array.from({ length: 4000 }, (_, row) => rowAt(rows, row, 4)).filter(
        (row) => row[1] === kind,
      );
      expect(Math.abs(own.length / 4000 - share)).toBeLessThan(0.04);
      expect(Math.abs(mean(own.map((row) => row[2])) - ripe)).toBeLessThan(0.1);
      expect(Math.abs(mean(own.map((row) => row[0])) / weight - 1)).toBeLessThan(0.1);
    }
    expect(rows.every((value, i) => i % 4 !== 1 || [0, 1, 2].includes(value))).toBe(true);
    expect(rows.every(Number.isFinite)).toBe(true);
  });

  it("keeps its false-alarm rate", async () => {
    const p = await model.pValues(fresh);
    // 150 calibration rows: a rate of 0.1 lies between 0.05 and 0.16 with probability 0.99.
    const rate = mean(p.map((value) => (value <= 0.1 ? 1 : 0)));
    expect(rate).toBeGreaterThan(0.04);
    expect(rate).toBeLessThan(0.17);
  });

  it("has a score function that is the slope of the log-density along numbers, and 0 along categories", async () => {
    const row = [151, 0, 1, 7.8];
    const score = await model.scoreFunction([row]);
    for (const [d, h] of [
      [0, 0.05],
      [3, 0.0005],
    ]) {
      const at = (step: number) => row.map((value, i) => (i === d ? value + step : value));
      const [up, down] = await model.logProb([at(h), at(-h)]);
      const slope = (up - down) / (2 * h);
      expect(Math.abs(score[d] - slope)).toBeLessThan(0.02 * (1 + Math.abs(slope)));
    }
    expect([score[1], score[2]]).toEqual([0, 0]);
  });

  it("comes back from its folder the same, and runs as ONNX from codes", async () => {
    const path = join(folder, "fruit.logdet");
    await saveFitted(fitted, path);
    const back = await load(path, { threads: 1 });
    const rows = fresh.slice(0, 400);
    const expected = await model.logProb(rows);
    expect(await back.logProb(rows)).toEqual(expected);
    expect(await back.pValues(rows)).toEqual(await model.pValues(rows));
    const session = await InferenceSession.create(join(path, "onnx", "log_prob.onnx"), {
      intraOpNumThreads: 1,
    });
    const { log_prob, latent, score } = await session.run({ x: new Tensor("float64", rows, [100, 4]) });
    for (const [i, value] of expected.entries()) expect(Number(log_prob.data[i])).toBeCloseTo(value, 3);
    expect(latent.dims).toEqual([100, 2]);
    const slopes = await model.scoreFunction(rows);
    for (const [i, value] of slopes.entries())
      expect(Math.abs(Number(score.data[i]) - value)).toBeLessThan(1e-3 * (1 + Math.abs(value)));
    const sampler = await InferenceSession.create(join(path, "onnx", "sample.onnx"), {
      intraOpNumThreads: 1,
    });
    const feeds = Object.fromEntries(
      sampler.inputMetadata.map((input) => {
        const columns = Number((input as { shape: readonly (number | string)[] }).shape[1]);
        const random = new Random(4);
        const fill = input.name === "normal" ? random.fillNormal : random.fillUniform;
        return [
          input.name,
          new Tensor("float32", fill.call(random, new Float32Array(500 * columns)) as Float32Array, [
            500,
            columns,
          ]),
        ];
      }),
    );
    const { x } = await sampler.run(feeds);
    const codes = Array.from({ length: 500 }, (_, row) => Number(x.data[4 * row + 1]));
    expect([...new Set(codes)].sort()).toEqual([0, 1, 2]);
    await back.release();
    await session.release();
    await sampler.release();
  });
});

/** x, y normal with correlation 0.8 and a third column apart from them; a share of cells of y and z is missing. */
function withHoles(rows: number, seed = 1): Table {
  const random = new Random(seed);
  const [x, y, z] = [0, 1, 2].map(() => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    x[i] = random.normal();
    y[i] = random.uniform() < 0.3 ? Number.NaN : 10 * (0.8 * x[i] + 0.6 * random.normal());
    z[i] = random.uniform() < 0.1 ? Number.NaN : random.normal();
  }
  return tableOf([
    { name: "x", values: x },
    { name: "y", values: y },
    { name: "z", values: z },
  ]);
}

/** log p(what is known, what is missing) of a row of withHoles. */
function truthWithHoles([x, y, z]: Float64Array): number {
  return (
    logNormal(x, 0, 1) +
    (Number.isNaN(y) ? Math.log(0.3) : Math.log(0.7) + logNormal(y, 8 * x, 6)) +
    (Number.isNaN(z) ? Math.log(0.1) : Math.log(0.9) + logNormal(z, 0, 1))
  );
}

describe("a table with missing cells", async () => {
  const options: FitOptions = { missing: "model", seed: 3, calibration: 0.05 };
  const { model } = await quickFit(withHoles(4000), options);
  const fresh = rowsOf(withHoles(1500, 8));
  const logProb = await model.logProb(fresh);
  const patterns = ["none", "y", "z", "both"] as const;
  const patternOf = (row: ArrayLike<number>) =>
    patterns[(Number.isNaN(row[1]) ? 1 : 0) + (Number.isNaN(row[2]) ? 2 : 0)];

  // Both are missing in 3 % of the rows: few to learn from.
  it.each([
    ["none", 0.1, 0.3],
    ["y", 0.15, 0.3],
    ["z", 0.15, 0.3],
    ["both", 0.3, 0.4],
  ] as const)(
    "gives what is known its density, in closed form, where %s is missing",
    (pattern, bias, error) => {
      const errors = [...logProb.entries()].flatMap(([i, value]) => {
        const row = rowAt(fresh, i, 3);
        return patternOf(row) === pattern ? [value - truthWithHoles(row)] : [];
      });
      expect(errors.length).toBeGreaterThan(20);
      expect(Math.abs(mean(errors))).toBeLessThan(bias);
      expect(mean(errors.map(Math.abs))).toBeLessThan(error);
    },
  );

  it("scores a row by itself: neighbours and order do not matter", async () => {
    const picked = [5, 900, 17].flatMap((row) => [...rowAt(fresh, row, 3)]);
    expect([...(await model.logProb(Float64Array.from(picked)))]).toEqual(
      [5, 900, 17].map((row) => expect.closeTo(logProb[row], 4)),
    );
  });

  it("draws complete rows, unless missing cells are asked for, which are as frequent as in the data", async () => {
    const whole = await model.sample(2000, { seed: 1 });
    expect(whole.every(Number.isFinite)).toBe(true);
    const holey = await model.sample(4000, { seed: 1, missing: true });
    const share = (d: number) =>
      mean(Array.from({ length: 4000 }, (_, row) => (Number.isNaN(holey[3 * row + d]) ? 1 : 0)));
    expect(share(0)).toBe(0);
    expect(Math.abs(share(1) - 0.3)).toBeLessThan(0.04);
    expect(Math.abs(share(2) - 0.1)).toBeLessThan(0.03);
  });

  it("marginalises cells that were never missing in training, too", async () => {
    // x is always there; without it, y has the density N(0, 10²).
    const [got] = await model.logProb([[Number.NaN, 4, 0]]);
    const expected = logNormal(4, 0, 10) + logNormal(0, 0, 1) + Math.log(0.7) + Math.log(0.9);
    expect(Math.abs(got - expected)).toBeLessThan(0.35);
  });

  it("has statistics and p-values of rows with missing cells", async () => {
    const p = await (model as Model).pValues(fresh);
    expect(p.every((value) => value > 0 && value <= 1)).toBe(true);
    const strange = await model.pValues([[0, Number.NaN, 12]]);
    expect(strange[0]).toBeLessThan(0.02);
  });
});

describe("columns with bounds", async () => {
  // Shares that pile up at both ends, and incomes over six orders of magnitude; of both a few lie on the bound.
  const random = new Random(5);
  const share = Float64Array.from({ length: 3000 }, (_, i) =>
    i % 100 === 0 ? (i % 200 === 0 ? 0 : 1) : 0.5 - 0.5 * Math.cos(Math.PI * random.uniform()),
  );
  const income = share.map((value) =>
    random.uniform() < 0.02 ? 0 : Math.exp(2 * random.normal() + 3 * value),
  );
  const { model } = await quickFit({ share, income }, { types: { share: "interval", income: "positive" } });

  it("give values on a bound a finite density, and draws never leave the bounds", async () => {
    expect(model.columns.map(({ type }) => type)).toEqual(["interval", "positive"]);
    const onBounds = await model.logProb([
      [0, 0],
      [1, 3],
      [0.5, 0],
    ]);
    expect(onBounds.every(Number.isFinite)).toBe(true);
    const rows = await model.sample(20_000, { seed: 1 });
    const shares = rows.filter((_, i) => i % 2 === 0);
    const incomes = rows.filter((_, i) => i % 2 === 1);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    expect(Math.min(...incomes)).toBeGreaterThanOrEqual(0);
    expect(mean(shares.map((value) => (value < 0.1 ? 1 : 0)))).toBeCloseTo(
      mean(share.map((value) => (value < 0.1 ? 1 : 0))),
      1,
    );
  });

  it("have a density that integrates to 1 with their curves' Jacobians", async () => {
    // Midpoints in the angle whose cosine the share is, and, as the income spans so much, in log(income + 0.01). Beyond are the
    // outermost thousandths, and what lies on the bounds: 1 % of the shares and 2 % of the incomes.
    const angles = Array.from({ length: 150 }, (_, i) => (i + 0.5) / 150);
    const shares = angles.map((t) => 0.5 - 0.5 * Math.cos(Math.PI * t));
    const widths = angles.map((t) => ((Math.PI / 2) * Math.sin(Math.PI * t)) / 150);
    const logs = Array.from({ length: 400 }, (_, i) => -4.7 + (i + 0.5) * 0.04);
    const rows = shares.flatMap((a) => logs.map((u) => [a, Math.exp(u) - 0.01]));
    const logProb = await model.logProb(rows);
    let total = 0;
    for (const [i, value] of logProb.entries())
      total += Math.exp(value + logs[i % logs.length]) * 0.04 * widths[Math.floor(i / logs.length)];
    expect(total).toBeGreaterThan(0.9);
    expect(total).toBeLessThan(1.02);
  });
});

it("words in memory are categories, and null is a missing cell", async () => {
  const random = new Random(6);
  const kind = Array.from({ length: 300 }, (_, i) => (i % 17 === 0 ? null : i % 3 === 0 ? "cat" : "dog"));
  const mass = kind.map((value) => (value === "cat" ? 4 : 20) + random.normal());
  const { model } = await quickFit({ kind, mass }, { missing: "model", epochs: 200 });
  expect(model.columns[0]).toMatchObject({ kind: "categorical", categories: ["cat", "dog"], missing: true });
  const [cat, dog] = await model.logProb([
    [0, 4],
    [1, 4],
  ]);
  expect(cat).toBeGreaterThan(dog);
});
