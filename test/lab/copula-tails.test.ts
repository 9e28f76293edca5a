// The target's density, entropy and draws against each other and against integrals, and the lab's verdict.

import { describe, expect, it } from "vitest";
import { copulaTails } from "../../src/lab/copula-tails.js";
import { drawGumbelStudent, entropy, logDensity } from "../../src/lab/gumbel-student.js";
import { Random } from "../../src/random/index.js";

describe("the Gumbel copula with Student-t(2) margins", () => {
  it("integrates to one and has the entropy stated", () => {
    // x = sinh(a + b), y = sinh(a − b): the mass lies along a; dx dy = 2 cosh(a + b) cosh(a − b) da db.
    const [reach, step] = [14, 0.02];
    let [mass, disorder] = [0, 0];
    for (let a = -reach; a <= reach; a += step)
      for (let b = -6; b <= 6; b += step) {
        const logP = logDensity(Math.sinh(a + b), Math.sinh(a - b));
        const share = Math.exp(logP) * 2 * Math.cosh(a + b) * Math.cosh(a - b) * step * step;
        mass += share;
        disorder -= share * logP;
      }
    expect(mass).toBeCloseTo(1, 4);
    expect(disorder).toBeCloseTo(entropy, 3);
  });

  it("draws rows of that density: their mean surprise is the entropy", () => {
    const count = 50_000;
    const rows = drawGumbelStudent(count, new Random(1));
    const surprise = Array.from({ length: count }, (_, i) => -logDensity(rows[2 * i], rows[2 * i + 1]));
    const mean = surprise.reduce((a, b) => a + b) / count;
    const deviation = Math.sqrt(surprise.reduce((total, value) => total + (value - mean) ** 2, 0) / count);
    expect(Math.abs(mean - entropy)).toBeLessThan((4 * deviation) / Math.sqrt(count));
  });

  it("draws columns with the quartiles of a t(2) and Kendall's τ of 1 − 1/θ", () => {
    const count = 3000;
    const rows = drawGumbelStudent(count, new Random(2));
    // F(√(2/3)) = ¾ for two degrees of freedom.
    const below = rows.filter((value) => value < Math.sqrt(2 / 3)).length / rows.length;
    expect(Math.abs(below - 0.75)).toBeLessThan(0.03);
    let agreement = 0;
    for (let i = 0; i < count; i++)
      for (let j = 0; j < i; j++)
        agreement += Math.sign((rows[2 * i] - rows[2 * j]) * (rows[2 * i + 1] - rows[2 * j + 1]));
    expect(Math.abs((2 * agreement) / (count * (count - 1)) - 0.6)).toBeLessThan(0.04);
  });
});

describe("the lab copula-tails", () => {
  it("finds the order with the copula and not without it, at its smallest size", async () => {
    const said: string[] = [];
    const { held, verdict, figures, svg } = await copulaTails.run({
      ...{ full: false, smoke: true, seed: 0, threads: 1 },
      onProgress: (text) => said.push(text),
    });
    expect({ held, verdict }).toEqual({
      held: false,
      verdict: expect.stringMatching(
        /With independent columns the order does not hold.* With joined columns the order holds/,
      ),
    });
    expect(said).toHaveLength(3);
    expect(figures).toHaveLength(7);
    for (const { nll, failed } of figures) {
      expect(failed).toBe(0);
      // A flow beats the entropy on a finite test set by its sampling error alone, 0.008.
      expect(nll).toBeGreaterThan(entropy - 0.03);
    }
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
  }, 30_000);
});
