// Rows drawn given some of their cells, against densities whose conditionals are known in closed form.

import { describe, expect, it } from "vitest";
import { GaussianCopula } from "../../src/data/index.js";
import { allowedLogProb } from "../../src/distributions/index.js";
import { averageOf } from "../../src/fit/average.js";
import { CategoryDraws } from "../../src/model/conditional-categories.js";
import { type Model, mostMemory, sampleGiven } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { expectClose } from "../helpers/index.js";
import {
  categoryColumn,
  gaussian,
  gaussians,
  ignorantFiller,
  mixed,
  modelOf,
  plainColumn,
} from "./known-models.js";

const nan = Number.NaN;
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;

/** One column of row-major rows. */
const column = (rows: Float64Array, width: number, c: number) => rows.filter((_, i) => i % width === c);

/** A share is a mean of n draws of 0 and 1: within 4 standard errors. */
function expectShare(draws: readonly boolean[], share: number): void {
  const error = Math.sqrt((share * (1 - share)) / draws.length);
  expectClose([draws.filter(Boolean).length / draws.length], [share], { relative: 0, absolute: 4 * error });
}

describe("given numbers of a Gaussian", () => {
  const mu = [1, -1, 0.5, 0];
  const sigma = [
    [1, 0.8, 0.3, -0.5],
    [0.8, 1.5, 0.2, -0.4],
    [0.3, 0.2, 0.7, 0.1],
    [-0.5, -0.4, 0.1, 1],
  ];
  const names = ["a", "b", "c", "d"];

  /** What the textbook says of the unknown given the known. */
  function conditional(known: readonly number[]) {
    const unknown = known.flatMap((value, d) => (Number.isNaN(value) ? [d] : []));
    const given = known.flatMap((value, d) => (Number.isNaN(value) ? [] : [d]));
    // Gaussian elimination of the known variables, one at a time.
    const covariance = sigma.map((row) => [...row]);
    const center = [...mu];
    for (const k of given) {
      const pivot = covariance[k][k];
      const gain = covariance.map((row) => row[k] / pivot);
      const surprise = known[k] - center[k];
      const rowOfK = [...covariance[k]];
      for (let i = 0; i < 4; i++) {
        center[i] += gain[i] * surprise;
        for (let j = 0; j < 4; j++) covariance[i][j] -= gain[i] * rowOfK[j];
      }
    }
    return {
      unknown,
      center: unknown.map((i) => center[i]),
      covariance: unknown.map((i) => unknown.map((j) => covariance[i][j])),
    };
  }

  it.each([
    { known: [2, nan, nan, nan] },
    { known: [nan, 0, nan, 1.5] },
    { known: [2, 0, -1, nan] },
    { known: [-2, nan, nan, 2] },
  ])("has the conditional mean and covariance of the textbook: $known", async ({ known }) => {
    // The filler takes the columns for independent and wide: what is right then is the chains' doing.
    const model = modelOf(gaussian(mu, sigma), names.map(plainColumn), ignorantFiller(4, 1.5));
    const n = 1500;
    const { rows, memory } = await sampleGiven(model, n, known, { seed: 3, sweeps: 20 });
    const truth = conditional(known);
    const drawn = truth.unknown.map((d) => column(rows, 4, d));
    const centers = drawn.map(mean);
    for (const [i, center] of centers.entries()) {
      const error = Math.sqrt(truth.covariance[i][i] / n);
      expectClose([center], [truth.center[i]], { relative: 0, absolute: 4 * error });
      for (let j = 0; j <= i; j++) {
        const products = drawn[i].map((value, row) => (value - center) * (drawn[j][row] - centers[j]));
        const { covariance: c } = truth;
        const spread = Math.sqrt((c[i][i] * c[j][j] + c[i][j] ** 2) / n);
        expectClose([mean(products)], [c[i][j]], { relative: 0, absolute: 4 * spread });
      }
    }
    for (const [d, value] of known.entries())
      if (!Number.isNaN(value)) expect(column(rows, 4, d).every((cell) => cell === value)).toBe(true);
    expect(memory?.correlation).toBeLessThan(mostMemory);
  });

  it("draws rows like the model's own where nothing is given", async () => {
    const model = modelOf(gaussian(mu, sigma), names.map(plainColumn));
    const n = 4000;
    const { rows, memory } = await sampleGiven(model, n, [nan, nan, nan, nan], { seed: 1 });
    expect(memory).toBeUndefined();
    for (let d = 0; d < 4; d++) {
      const values = column(rows, 4, d);
      expectClose([mean(values)], [mu[d]], { relative: 0, absolute: 4 * Math.sqrt(sigma[d][d] / n) });
      const squares = values.map((value) => (value - mu[d]) ** 2);
      const error = Math.sqrt(2 / n) * sigma[d][d];
      expectClose([mean(squares)], [sigma[d][d]], { relative: 0, absolute: 4 * error });
    }
  });

  it("draws the same rows for the same seed, others for another", async () => {
    const model = modelOf(gaussian(mu, sigma), names.map(plainColumn), ignorantFiller(4));
    const known = [nan, 0, nan, 1];
    const [first, same, other] = await Promise.all(
      [5, 5, 6].map((seed) => sampleGiven(model, 3, known, { seed, sweeps: 3 })),
    );
    expect(first.rows).toHaveLength(12);
    expect(same.rows).toEqual(first.rows);
    expect(other.rows).not.toEqual(first.rows);
  });

  it("returns a row with nothing unknown as it is", async () => {
    const model = modelOf(gaussian(mu, sigma), names.map(plainColumn));
    const { rows, memory } = await sampleGiven(model, 2, [1, 2, 3, 4]);
    expect([...rows]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(memory).toBeUndefined();
  });
});

describe("given a number between two groups of rows", () => {
  const weights = [0.25, 0.75];
  const covariance = [
    [1, 0],
    [0, 0.04],
  ];

  it("draws rows of both groups, with their weights", async () => {
    const flow = gaussians(
      weights,
      [
        [-1, -3],
        [1, 3],
      ],
      covariance,
    );
    const model = modelOf(flow, ["x", "y"].map(plainColumn), ignorantFiller(2, 3));
    const { rows } = await sampleGiven(model, 2000, [0.4, nan], { seed: 2, sweeps: 20 });
    // Bayes: 0.25 N(0.4; −1, 1) against 0.75 N(0.4; 1, 1).
    const [low, high] = [0.25 * Math.exp(-0.5 * 1.4 ** 2), 0.75 * Math.exp(-0.5 * 0.6 ** 2)];
    const drawn = [...column(rows, 2, 1)];
    expectShare(
      drawn.map((y) => y < 0),
      low / (low + high),
    );
    for (const y of drawn) expect(Math.abs(Math.abs(y) - 3)).toBeLessThan(1.2);
  });

  it("says so where chains cannot come from one group to the other, which the starts then have to", async () => {
    const dim = 10;
    const far = (sign: number) => [0, ...new Array(dim - 1).fill(4 * sign)];
    const tight = Array.from({ length: dim }, (_, i) =>
      Array.from({ length: dim }, (_, j) => (i === j ? (i === 0 ? 1 : 0.01) : 0)),
    );
    const names = Array.from({ length: dim }, (_, d) => `x${d}`);
    const model = modelOf(
      gaussians(weights, [far(-1), far(1)], tight),
      names.map(plainColumn),
      ignorantFiller(dim, 4),
    );
    const { rows, memory } = await sampleGiven(model, 1000, [0.2, ...new Array(dim - 1).fill(nan)], {
      sweeps: 20,
    });
    expect(memory?.correlation).toBeGreaterThan(mostMemory);
    // 1,000 starts of 1,024 rows near by: the share of a group has the error of a sample of those, and of the chains.
    const share = [...column(rows, dim, 1)].filter((x) => x < 0).length / 1000;
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75 * 2) / 1000));
  });
});

describe("given cells of a table with categories", () => {
  // Kinds a, b and sizes s, m, l that depend on each other through two classes; a third, a fourth slot: never seen.
  const classWeights = [0.4, 0.6];
  const unseen = 1e-4;
  const probabilities = [
    [0.9, 0.2],
    [0.1 - unseen, 0.8 - unseen],
    [unseen, unseen],
    [0.6, 0.1],
    [0.3, 0.3],
    [0.1 - unseen, 0.6 - unseen],
    [unseen, unseen],
  ];
  const means = [
    [-1, 0],
    [1, 0.5],
    [0, 0],
    [0, -1],
    [0, 0],
    [0.5, 1],
    [0, 0],
  ];
  const covariance = [
    [0.8, 0.3],
    [0.3, 0.5],
  ];
  const columns = [
    categoryColumn("kind", ["a", "b"]),
    plainColumn("x"),
    categoryColumn("size", ["s", "m", "l"]),
    plainColumn("y"),
  ];
  const flow = mixed([3, 4], classWeights, probabilities, means, covariance);
  const model = modelOf(flow, columns, ignorantFiller(2, 1.5));
  /** P(kind, size), categories that were seen. */
  const joint = (kind: number, size: number) =>
    classWeights.reduce((sum, w, k) => sum + w * probabilities[kind][k] * probabilities[3 + size][k], 0);
  const combinations = [0, 1].flatMap((kind) => [0, 1, 2].map((size) => ({ kind, size })));
  const meanOf = (kind: number, size: number, d: number) => means[kind][d] + means[3 + size][d];

  it("has the exact distribution given categories alone", async () => {
    const n = 3000;
    const { rows, memory } = await sampleGiven(model, n, [1, nan, nan, nan], { seed: 4 });
    expect(memory).toBeUndefined();
    const total = [0, 1, 2].reduce((sum, size) => sum + joint(1, size), 0);
    const sizes = [...column(rows, 4, 2)];
    for (const size of [0, 1, 2]) {
      expectShare(
        sizes.map((code) => code === size),
        joint(1, size) / total,
      );
      const x = column(rows, 4, 1).filter((_, row) => sizes[row] === size);
      const y = column(rows, 4, 3).filter((_, row) => sizes[row] === size);
      expectClose([mean(x), mean(y)], [meanOf(1, size, 0), meanOf(1, size, 1)], {
        relative: 0,
        absolute: 4 * Math.sqrt(0.8 / x.length),
      });
      const products = x.map((value, i) => (value - meanOf(1, size, 0)) * (y[i] - meanOf(1, size, 1)));
      const spread = Math.sqrt((0.8 * 0.5 + 0.3 ** 2) / x.length);
      expectClose([mean(products)], [0.3], { relative: 0, absolute: 4 * spread });
    }
    expect(column(rows, 4, 0).every((code) => code === 1)).toBe(true);
  });

  it("draws only categories of the data, though others have a probability", async () => {
    const { rows } = await sampleGiven(model, 3000, [nan, nan, nan, nan]);
    expect(new Set(column(rows, 4, 0))).toEqual(new Set([0, 1]));
    expect(new Set(column(rows, 4, 2))).toEqual(new Set([0, 1, 2]));
  });

  it("follows Bayes' rule for categories given numbers", async () => {
    const [x, y] = [0.2, 0.4];
    const { rows } = await sampleGiven(model, 2000, [nan, x, nan, y], { seed: 5, sweeps: 20 });
    const determinant = 0.8 * 0.5 - 0.3 ** 2;
    const posterior = combinations.map(({ kind, size }) => {
      const [u, v] = [x - meanOf(kind, size, 0), y - meanOf(kind, size, 1)];
      const distance = (0.5 * u * u - 2 * 0.3 * u * v + 0.8 * v * v) / determinant;
      return joint(kind, size) * Math.exp(-0.5 * distance);
    });
    const total = posterior.reduce((a, b) => a + b, 0);
    const [kinds, sizes] = [column(rows, 4, 0), column(rows, 4, 2)];
    for (const [i, { kind, size }] of combinations.entries())
      expectShare(
        Array.from(kinds, (code, row) => code === kind && sizes[row] === size),
        posterior[i] / total,
      );
  });

  it("follows it where a number and categories are unknown together", async () => {
    const x = 0.6;
    const { rows, memory } = await sampleGiven(model, 2000, [nan, x, nan, nan], { seed: 6, sweeps: 30 });
    expect(memory?.correlation).toBeLessThan(mostMemory);
    const posterior = combinations.map(
      ({ kind, size }) => joint(kind, size) * Math.exp((-0.5 * (x - meanOf(kind, size, 0)) ** 2) / 0.8),
    );
    const total = posterior.reduce((a, b) => a + b, 0);
    const [kinds, sizes, ys] = [column(rows, 4, 0), column(rows, 4, 2), column(rows, 4, 3)];
    let expected = 0;
    for (const [i, { kind, size }] of combinations.entries()) {
      expectShare(
        Array.from(kinds, (code, row) => code === kind && sizes[row] === size),
        posterior[i] / total,
      );
      const center = meanOf(kind, size, 1) + (0.3 / 0.8) * (x - meanOf(kind, size, 0));
      expected += (posterior[i] / total) * center;
    }
    expectClose([mean(ys)], [expected], { relative: 0, absolute: 4 * Math.sqrt(1.2 / 2000) });
  });

  it("takes a category never seen as given", async () => {
    const { rows } = await sampleGiven(model, 500, [2, nan, nan, 0.5], { seed: 7, sweeps: 20 });
    expect(column(rows, 4, 0).every((code) => code === 2)).toBe(true);
    expect(column(rows, 4, 1).every(Number.isFinite)).toBe(true);
  });

  it("says of drawn categories what latent classes say", () => {
    const table = {
      sizes: [3, 4],
      logWeights: classWeights.map(Math.log),
      logProbabilities: probabilities.flat().map(Math.log),
    };
    const draws = new CategoryDraws(table, Uint8Array.of(0, 1, 0, 1, 1, 1, 0));
    const random = new Random(12);
    const rows = new Float32Array(5 * 9);
    for (let i = 0; i < 5; i++) {
      const from = 9 * i + 2;
      draws.draw(rows, from, random);
      const slots = rows.subarray(from, from + 7);
      expect([slots[1], slots[0] + slots[2], slots[3] + slots[4] + slots[5], slots[6]]).toEqual([1, 0, 1, 0]);
      expectClose([draws.logProb(rows, from)], [allowedLogProb(table, slots)], { relative: 1e-12 });
    }
  });

  it("draws from the average of several densities as from one", async () => {
    const other = mixed(
      [3, 4],
      classWeights,
      probabilities,
      means.map(([a, b]) => [a + 3, b]),
      covariance,
    );
    const members = [flow, other].map((one) => ({
      flow: one,
      store: new ParameterStore(Object.values(one.parameters)),
    }));
    const average = averageOf(members);
    const averaged = modelOf(average.flow, columns);
    for (const parameter of Object.values(average.flow.parameters))
      averaged.parameters.view(parameter).set(average.store.view(parameter));
    const { rows } = await sampleGiven(averaged, 2000, [0, nan, 1, nan], { seed: 8 });
    // Half the rows have their mean at −1, half at 5, both with a variance of 0.8.
    expectClose([mean(column(rows, 4, 1))], [2], { relative: 0, absolute: 4 * Math.sqrt(9.8 / 2000) });
    const low = Array.from(column(rows, 4, 1), (x) => x < 2);
    expectShare(low, 0.5);
  });
});

describe("columns of other kinds", () => {
  it("rounds drawn cells to their lattice, and leaves given ones alone", async () => {
    const columns = [
      plainColumn("x"),
      { ...plainColumn("count"), lattice: true, quantum: 0.5, minimum: -20 },
    ];
    const flow = gaussian(
      [0, 0],
      [
        [1, 0.5],
        [0.5, 1],
      ],
    );
    const model = modelOf(flow, columns, ignorantFiller(2));
    const { rows } = await sampleGiven(model, 200, [0.123, nan]);
    expect(column(rows, 2, 0).every((x) => x === 0.123)).toBe(true);
    expect(column(rows, 2, 1).every((x) => Number.isInteger(2 * x))).toBe(true);
    const raw = await sampleGiven(model, 200, [0.123, nan], { round: false });
    expect(column(raw.rows, 2, 1).some((x) => Number.isInteger(2 * x))).toBe(false);
  });

  it("keeps every category of a wide column within reach", async () => {
    // 60 categories, more than are tried at a time, each with a mean of its own.
    const size = 61;
    const probabilities = Array.from({ length: size }, (_, k) => [k < 60 ? (k + 1) / 1830 - 1e-8 : 6e-7]);
    const means = Array.from({ length: size }, (_, k) => [k < 60 ? k / 10 : 0]);
    const columns = [
      plainColumn("x"),
      categoryColumn(
        "code",
        Array.from({ length: 60 }, (_, k) => `c${k}`),
      ),
    ];
    const model = modelOf(mixed([size], [1], probabilities, means, [[1]]), columns, ignorantFiller(1));
    const { rows } = await sampleGiven(model, 2000, [2.2, nan], { seed: 9, sweeps: 20 });
    const weights = Array.from({ length: 60 }, (_, k) => (k + 1) * Math.exp(-0.5 * (2.2 - k / 10) ** 2));
    const total = weights.reduce((a, b) => a + b, 0);
    const expected = weights.reduce((sum, w, k) => sum + (k * w) / total, 0);
    const variance = weights.reduce((sum, w, k) => sum + ((k - expected) ** 2 * w) / total, 0);
    expectClose([mean(column(rows, 2, 1))], [expected], {
      relative: 0,
      absolute: 4 * Math.sqrt(variance / 2000),
    });
  });

  it("draws cells that are present, however many were missing in the data", async () => {
    // One number that is missing in 9 of 10 rows, and a category that is missing in half.
    const columns = [
      plainColumn("x"),
      { ...plainColumn("y"), missing: true },
      categoryColumn("kind", ["a", "b"], true),
    ];
    const probabilities = [[0.1], [0.9], [0.3], [0.2 - 1e-4], [1e-4], [0.5]];
    const means = [
      [0, 0],
      [0, 5],
      [1, 0],
      [-1, 0],
      [0, 0],
      [0, 0],
    ];
    const flow = mixed([2, 4], [1], probabilities, means, [
      [1, 0.6],
      [0.6, 1],
    ]);
    const model = modelOf(flow, columns, ignorantFiller(2, 1.5));
    const { rows } = await sampleGiven(model, 1500, [0.5, nan, nan], { seed: 10, sweeps: 20 });
    // Given presence y does not have the mean of 5 that rows without it were filled with.
    const [a, b] = [0.3 * Math.exp(-0.5 * 0.5 ** 2), 0.2 * Math.exp(-0.5 * 1.5 ** 2)];
    expectShare(
      Array.from(column(rows, 3, 2), (code) => code === 0),
      a / (a + b),
    );
    const expected = 0.6 * ((a / (a + b)) * (0.5 - 1) + (b / (a + b)) * (0.5 + 1));
    expectClose([mean(column(rows, 3, 1))], [expected], { relative: 0, absolute: 4 * Math.sqrt(1.1 / 1500) });
  });
});

describe("what cannot be drawn", () => {
  const two = () =>
    gaussian(
      [0, 0],
      [
        [1, 0.5],
        [0.5, 1],
      ],
    );
  const columns = ["x", "y"].map(plainColumn);
  const model: Model = modelOf(two(), columns, ignorantFiller(2));

  it("refuses a row of another length, an infinite cell, and counts that are none", async () => {
    await expect(sampleGiven(model, 5, [1])).rejects.toMatchObject({
      code: "shape",
      message: expect.stringMatching(/2 cells expected, got 1/),
    });
    await expect(sampleGiven(model, 5, [nan, Infinity])).rejects.toMatchObject({
      code: "data",
      where: ["column y"],
    });
    await expect(sampleGiven(model, -1, [nan, 1])).rejects.toMatchObject({ code: "usage" });
    await expect(sampleGiven(model, 5, [nan, 1], { sweeps: 0 })).rejects.toMatchObject({ code: "usage" });
  });

  it("says what to do where a model has nothing to draw numbers from", async () => {
    await expect(sampleGiven(modelOf(two(), columns), 5, [nan, 1])).rejects.toMatchObject({
      code: "model",
      hint: expect.stringMatching(/Fit it again/),
    });
  });

  it("stops when asked to", async () => {
    const controller = new AbortController();
    const drawing = sampleGiven(model, 5, [nan, 1], {
      signal: controller.signal,
      onProgress: (done) => done === 2 && controller.abort(),
    });
    await expect(drawing).rejects.toMatchObject({ code: "interrupted" });
  });
});

it("finds the noise that a filler makes cells of", () => {
  const random = new Random(1);
  const rows = random.fillNormal(new Float64Array(500 * 3));
  for (let i = 0; i < rows.length; i += 3) rows[i + 1] = Math.exp(rows[i] + 0.5 * rows[i + 1]);
  const copula = GaussianCopula.fit(rows, 3, { supports: [{}, { lower: 0 }, {}] });
  const holes = Float64Array.of(nan, 1.2, nan, 0.3, nan, -1, nan, nan, nan, 1, 2, 3);
  const noise = [0.3, -0.8, 1.4, -0.2, 0.9, 0.1];
  const given = [...noise];
  const filled = holes.slice();
  copula.fill(filled, 4, 3, { normal: () => given.shift() as number });
  expectClose(copula.noiseOf(holes, filled, 4, 3), [0.3, -0.8, 0, 1.4, 0, 0, -0.2, 0.9, 0.1, 0, 0, 0], {
    relative: 1e-9,
    absolute: 1e-12,
  });
});
