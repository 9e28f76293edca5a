// The lab "mnist": its verdict at the smoke size, its criterion, and pictures as rows.

import { describe, expect, it } from "vitest";
import { PixelRows } from "../../src/lab/mnist/pixel-rows.js";
import { judgeMnist, mnist } from "../../src/lab/mnist.js";
import { blockSums, pixels, readMnist } from "../../src/lab/mnist-images.js";
import { Random } from "../../src/random/index.js";

describe("the lab mnist", () => {
  it("holds on shrunken pictures: splines and two dense layers, far below the Gaussian", async () => {
    const { held, verdict, figures, svg } = await mnist.run({
      full: false,
      smoke: true,
      seed: 0,
      threads: 1,
    });
    expect(held, verdict).toBe(true);
    const [gaussian, relu, splines] = figures.map(({ pixelNats }) => Number(pixelNats));
    expect(splines).toBeLessThan(relu);
    expect(relu).toBeLessThan(gaussian);
    expect(svg).toContain("<image");
  });

  it.each([
    [1094, 960, 784, true],
    [1094, 961, 784, false],
    [1060, 950, 784, false],
    [100, 91, 49, true],
    [100, 92, 49, false],
  ])("judges a Gaussian's %d nats and the net's %d over %d pixels: %s", (gaussian, dense, dim, held) => {
    const scores = (pixelNats: number) => ({ pixelNats, logitNats: 0 });
    expect(judgeMnist(scores(gaussian), scores(dense), dim)).toBe(held);
  });
});

describe("the pictures", () => {
  it("are 60,000 and 10,000, of which the first is a five of known ink", async () => {
    const training = await readMnist("training");
    expect([training.count, (await readMnist("test")).count]).toEqual([60_000, 10_000]);
    // Sum of the first training picture's pixels, and their mean over all: 33.3184 is the figure everyone quotes.
    expect(training.values.subarray(0, pixels).reduce((a, b) => a + b, 0)).toBe(27_525);
    expect(training.values.reduce((a, b) => a + b, 0) / training.values.length).toBeCloseTo(33.3184, 4);
  });

  it("keep their ink when blocks are summed", () => {
    const values = new Random(1).fillUniform(new Float32Array(2 * pixels)).map((u) => Math.floor(256 * u));
    const images = { count: 2, values: Uint8Array.from(values) };
    for (const block of [1, 2, 4] as const) {
      const sums = blockSums(images, block);
      expect(sums.length).toBe((2 * pixels) / block ** 2);
      expect(sums.reduce((a, b) => a + b, 0)).toBe(values.reduce((a, b) => a + b, 0));
    }
  });
});

describe("rows of pixels", () => {
  const rows = new PixelRows(
    Uint16Array.from({ length: 600 }, (_, i) => i % 7),
    3,
    7,
  );

  it("lie in their number's cell, elsewhere at every draw", () => {
    const [one, other] = [rows.draw(new Random(1)), rows.draw(new Random(2))];
    for (const [i, x] of one.entries()) {
      expect(Math.floor(7 * x)).toBe(i % 7);
      expect(Math.floor(7 * other[i])).toBe(i % 7);
    }
    expect(one).not.toEqual(other);
  });

  it("come in batches that go on where they were, every row once an epoch", async () => {
    const stream = rows.batches({ batchSize: 40, random: new Random(3) });
    for (let i = 0; i < 3; i++) await stream.next();
    const position = stream.state();
    const next = await stream.next();
    const other = rows.batches({ batchSize: 40, random: new Random(4) });
    other.restore(position);
    expect((await other.next()).values).toEqual(next.values);
    const counts = new Map<number, number>();
    const fresh = rows.batches({ batchSize: 40, random: new Random(5) });
    for (let i = 0; i < 5; i++)
      for (const x of (await fresh.next()).values)
        counts.set(Math.floor(7 * x), (counts.get(Math.floor(7 * x)) ?? 0) + 1);
    expect([...counts.values()].every((count) => count === 85 || count === 86)).toBe(true);
  });

  it("know their logits' log-slopes as differences do", () => {
    const x = Float32Array.of(0.1, 0.5, 0.97);
    const h = 1e-5;
    const expected = Array.from(x).reduce(
      (total, value) => total + Math.log((rows.logit(value + h) - rows.logit(value - h)) / (2 * h)),
      0,
    );
    expect(rows.meanLogSlope(x.map(rows.logit))).toBeCloseTo(expected, 4);
  });
});
