// The toy densities against closed forms and their own samples, and the lab's verdict at its smallest size.

import { describe, expect, it } from "vitest";
import { toyDensities } from "../../src/lab/toy-densities.js";
import { toys } from "../../src/lab/toys.js";
import { Random } from "../../src/random/index.js";

const named = (name: string) => toyDensities.find((density) => density.name === name)!;

describe("a toy density", () => {
  it.each(toyDensities)("integrates to one: $name", ({ logProb }) => {
    // Midpoints of cells of 0.1: narrower than every noise, and the checkerboard's edges lie between them.
    const at = Array.from({ length: 120 }, (_, i) => -6 + (i + 0.5) * 0.1);
    let total = 0;
    for (const x of at) for (const y of at) total += Math.exp(logProb(x, y)) * 0.1 ** 2;
    expect(total).toBeCloseTo(1, 6);
  });

  it.each(toyDensities)("is the density of its samples: $name", ({ sample, logProb }) => {
    // Shares of rows in the squares of a coarse grid, against integrals of the density over them.
    const n = 20_000;
    const rows = sample(n, new Random(1));
    const side = 1;
    const squares = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const key = `${Math.floor(rows[2 * i] / side)} ${Math.floor(rows[2 * i + 1] / side)}`;
      squares.set(key, (squares.get(key) ?? 0) + 1 / n);
    }
    const fine = 12;
    for (const [key, share] of squares) {
      const [left, bottom] = key.split(" ").map((word) => Number(word) * side);
      let mass = 0;
      for (let i = 0; i < fine; i++)
        for (let j = 0; j < fine; j++)
          mass += Math.exp(logProb(left + ((i + 0.5) / fine) * side, bottom + ((j + 0.5) / fine) * side));
      mass *= (side / fine) ** 2;
      // Five standard errors, and a row or two where there should be next to none.
      expect(Math.abs(share - mass), key).toBeLessThan(5 * Math.sqrt(mass / n) + 2 / n);
    }
  });

  it("blurred by noise is the density of its samples and integrates to one", () => {
    // A sum over cells of 0.2, and the mean of exp(−log p) over rows where p is not small: the area of those cells.
    for (const density of toyDensities) {
      const { sample, logProb, noise } = density.withNoise(0.6);
      expect(noise).toBe(0.6);
      const at = Array.from({ length: 80 }, (_, i) => -8 + (i + 0.5) * 0.2);
      const isLikely = (nats: number) => nats > -4.5;
      let [total, area] = [0, 0];
      for (const x of at)
        for (const y of at) {
          const nats = logProb(x, y);
          total += Math.exp(nats) * 0.2 ** 2;
          if (isLikely(nats)) area += 0.2 ** 2;
        }
      expect(total, density.name).toBeCloseTo(1, 3);
      const n = 2000;
      const rows = sample(n, new Random(2));
      let mean = 0;
      for (let i = 0; i < n; i++) {
        const nats = logProb(rows[2 * i], rows[2 * i + 1]);
        if (isLikely(nats)) mean += Math.exp(-nats) / n;
      }
      expect(Math.abs(mean / area - 1), density.name).toBeLessThan(0.1);
    }
  });

  it("blurred checkerboard has the closed form", () => {
    // scipy.stats.norm.cdf, .sf where it is near 1: an eighth of Σ over the squares of the product of (Φ((v − a) / σ) − Φ((v − a − 2) / σ)) / 2.
    const { logProb } = named("checkerboard").withNoise(0.3);
    for (const [x, y, expected] of [
      [-3, -3, -3.467453],
      [-1, -3, -10.121895],
      [0.1, 0.2, -4.037323],
      [3.9, 4.3, -5.767907],
      [-2, 1.5, -4.158883],
      [4.4, -4.5, -41.40627],
    ])
      expect(logProb(x, y)).toBeCloseTo(expected, 2);
  });

  it("trimodal is the mixture of three Gaussians", () => {
    const { logProb } = named("trimodal");
    for (const [x, y] of [
      [0, 2],
      [-1.2, -0.7],
      [0.3, 0.1],
      [3, 3],
    ]) {
      const part = (a: number, b: number) =>
        Math.exp(-2 * ((x - a) ** 2 + (y - b) ** 2)) / (2 * Math.PI * 0.25);
      expect(logProb(x, y)).toBeCloseTo(Math.log((part(0, 2) + part(-1.7, -1) + part(1.7, -1)) / 3), 10);
    }
  });

  it("rings agree with Rice's density of a distance from the centre", () => {
    // scipy.stats.rice.pdf(r, R / s, scale=s) / (2 pi r), s = 0.15, rings R = 1.2, 2.4, 3.6 of weights 1, 2, 3 sixths.
    const expectations: readonly [r: number, logProb: number][] = [
      [0.3, -20.13255514],
      [1.2, -2.831808],
      [1.7, -8.55529934],
      [2.5, -3.07594023],
      [3.6, -2.83355944],
      [4.2, -10.91066583],
    ];
    for (const [r, expected] of expectations)
      for (const angle of [0, 1, 2.5])
        expect(named("rings").logProb(r * Math.cos(angle), r * Math.sin(angle))).toBeCloseTo(expected, 6);
  });

  it("far from every row is small, not lost", () => {
    expect(named("sine").logProb(100, 0)).toBeLessThan(-1e4);
    expect(Number.isFinite(named("sine").logProb(100, 0))).toBe(true);
    expect(named("checkerboard").logProb(-3, -3)).toBeCloseTo(-Math.log(32), 12);
    expect(named("checkerboard").logProb(-1, -3)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("the lab toys", () => {
  it("holds at its smallest size: every flow is within 0.2 nats of the density", async () => {
    const said: string[] = [];
    const { held, verdict, figures, svg } = await toys.run({
      ...{ full: false, smoke: true, seed: 0, threads: 1 },
      onProgress: (text) => said.push(text),
    });
    expect({ held, verdict }).toEqual({ held: true, verdict: expect.stringMatching(/^6 of 6 flows .*\.$/) });
    expect(said).toHaveLength(6);
    for (const { nats, entropy, gap, gaussianGap } of figures as Record<string, number>[]) {
      expect(gap).toBeCloseTo(-entropy - nats, 12);
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThan(0.2);
      expect(gaussianGap).toBeGreaterThan(0.5);
    }
    // Two panels each for the density and three estimators, two densities.
    expect(svg.match(/<image /g)).toHaveLength(8);
    expect(svg.match(/<path /g)).toHaveLength(8);
  });
});
