// Numbers that look random, and are not.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { erf } from "../helpers/index.js";

const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const take = (random: Random, count: number) => Array.from({ length: count }, () => random.uniform());

/** Kolmogorov's distance of numbers from a distribution function, times √n: above 1.95 once in a thousand. */
function distance(values: ArrayLike<number>, probability: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const gaps = sorted.map((x, i) =>
    Math.max(Math.abs(probability(x) - i / n), Math.abs(probability(x) - (i + 1) / n)),
  );
  return Math.max(...gaps) * Math.sqrt(n);
}

const uniform = (x: number) => x;
const normal = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));

describe("a stream", () => {
  it("follows from its seed", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(take(new Random(seed), 5)).toEqual(take(new Random(seed), 5));
        expect(take(new Random(seed), 5)).not.toEqual(take(new Random(seed + 1), 5));
      }),
    );
  });

  it("goes on where its state was taken, also after a trip through JSON", () => {
    fc.assert(
      fc.property(seeds, fc.nat(50), (seed, drawn) => {
        const random = new Random(seed);
        take(random, drawn);
        random.fillNormal(new Float32Array(3));
        const again = Random.from(JSON.parse(JSON.stringify(random.state())));
        expect(take(again, 5)).toEqual(take(random, 5));
        expect(again.seed).toBe(random.seed);
        expect(take(again.split("x"), 3)).toEqual(take(random.split("x"), 3));
      }),
    );
  });

  it("is not changed by taking its state or splitting it", () => {
    const [a, b] = [new Random(1), new Random(1)];
    a.state();
    a.split("other").uniform();
    expect(take(a, 5)).toEqual(take(b, 5));
  });

  it("splits by name alone, however much was drawn", () => {
    const random = new Random(9);
    const before = take(random.split("noise"), 5);
    take(random, 100);
    expect(take(random.split("noise"), 5)).toEqual(before);
    expect(take(random.split("noisf"), 5)).not.toEqual(before);
    expect(take(new Random(10).split("noise"), 5)).not.toEqual(before);
    expect(take(random.split("a").split("b"), 5)).not.toEqual(take(random.split("b").split("a"), 5));
  });

  it("of neighbouring seeds or names begins independently", () => {
    const first = (make: (i: number) => Random) => Array.from({ length: 4000 }, (_, i) => make(i).uniform());
    for (const numbers of [
      first((i) => new Random(i)),
      first((i) => new Random(3).split(`layer ${i}`)),
      first((i) => new Random(i).split("weights")),
    ]) {
      expect(distance(numbers, uniform)).toBeLessThan(1.95);
      let product = 0;
      for (let i = 1; i < numbers.length; i++) product += (numbers[i] - 0.5) * (numbers[i - 1] - 0.5);
      // The correlation of neighbours: 12 E[(u − ½)(v − ½)], of deviation 1 / √n.
      expect(Math.abs((12 * product) / numbers.length)).toBeLessThan(4 / Math.sqrt(numbers.length));
    }
  });
});

describe("numbers", () => {
  it("are uniform in [0, 1)", () => {
    const numbers = take(new Random(4), 20_000);
    expect(numbers.every((u) => u >= 0 && u < 1)).toBe(true);
    expect(distance(numbers, uniform)).toBeLessThan(1.95);
  });

  it("are standard normal, one at a time", () => {
    const random = new Random(5);
    expect(
      distance(
        Array.from({ length: 20_000 }, () => random.normal()),
        normal,
      ),
    ).toBeLessThan(1.95);
  });

  it.each([
    ["float32", () => new Float32Array(20_001)],
    ["float64", () => new Float64Array(20_001)],
  ] as const)("fill %s arrays: uniforms strictly between 0 and 1, normals of the given width", (_, make) => {
    const random = new Random(6);
    const uniforms = random.fillUniform(make());
    expect(uniforms.every((u) => u > 0 && u < 1)).toBe(true);
    expect(distance(uniforms, uniform)).toBeLessThan(1.95);
    const normals = random.fillNormal(make(), 3);
    expect(normals.every(Number.isFinite)).toBe(true);
    expect(
      distance(
        normals.map((x) => x / 3),
        normal,
      ),
    ).toBeLessThan(1.95);
    // The two halves of a pair are independent.
    let product = 0;
    for (let i = 0; i + 1 < normals.length; i += 2) product += (normals[i] * normals[i + 1]) / 9;
    expect(Math.abs(product)).toBeLessThan(4 * Math.sqrt(normals.length / 2));
  });

  it("below a limit are whole and equally frequent", () => {
    const random = new Random(7);
    const counts = new Float64Array(6);
    for (let i = 0; i < 12_000; i++) counts[random.integer(6)]++;
    // χ² with 5 degrees of freedom: above 20.5 once in a thousand.
    expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(20.5);
  });

  it("permute: each order of three equally often, and any size completely", () => {
    const random = new Random(8);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
    fc.assert(
      fc.property(fc.nat(200), seeds, (n, seed) => {
        expect([...new Random(seed).permutation(n)].sort((a, b) => a - b)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        );
      }),
    );
  });
});
