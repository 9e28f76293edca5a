// The map that keeps the base, and the lab's verdict.

import { describe, expect, it } from "vitest";
import {
  composeWithTwist,
  jacobianDeterminant,
  judge,
  type Results,
} from "../../src/lab/jacobian-determinant.js";
import { logAbsDetByDifferences, type Point, twist } from "../../src/lab/jacobian-determinant-twist.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";

const normalRows = (count: number, seed: number): Float64Array =>
  new Random(seed).fillNormal(new Float64Array(2 * count));

describe("determinants by differences", () => {
  it("are those of maps whose determinants are known", () => {
    const sheared = ([x, y]: Point): Point => [3 * x + y, 0.5 * y];
    const squared = ([x, y]: Point): Point => [x * x - y * y, 2 * x * y];
    expectClose([logAbsDetByDifferences(sheared, [0.3, 2])], [Math.log(1.5)], { absolute: 1e-10 });
    // 4 |z|² at z = 3 + 4i.
    expectClose([logAbsDetByDifferences(squared, [3, 4])], [Math.log(100)], { absolute: 1e-10 });
  });
});

describe("the twist", () => {
  it("keeps the normal density at every row, by differences alone, and changes volumes at most of them", () => {
    const { densityError, changed, changes } = composeWithTwist({ latent: normalRows(20_000, 1) });
    expect(densityError).toBeLessThan(1e-6);
    expect(changed).toBeGreaterThan(0.55);
    // Expanded here and contracted there.
    expect(Math.max(...changes)).toBeGreaterThan(0.5);
    expect(Math.min(...changes)).toBeLessThan(-0.5);
  });

  it("takes normal rows to normal rows: quantiles of both coordinates and of the radius stay", () => {
    const count = 40_000;
    const rows = normalRows(count, 2);
    const moved = Array.from({ length: count }, (_, i) => twist([rows[2 * i], rows[2 * i + 1]]));
    const share = (inside: (z: Point) => boolean) => moved.filter(inside).length / count;
    // Φ(0.6745) = 3/4; ‖z‖² exceeds 2 log 4 with probability 1/4. The standard error is 0.0022.
    for (const i of [0, 1] as const) {
      expect(Math.abs(share((z) => z[i] < 0.6745) - 0.75)).toBeLessThan(0.009);
      expect(Math.abs(share((z) => z[i] < 0) - 0.5)).toBeLessThan(0.01);
    }
    expect(Math.abs(share(([x, y]) => x * x + y * y > 2 * Math.log(4)) - 0.25)).toBeLessThan(0.009);
    expect(Math.abs(share(([x, y]) => x * y > 0) - 0.5)).toBeLessThan(0.01);
  });

  it("is one to one: its determinant is positive everywhere, and far out it is the identity", () => {
    const step = 1e-5;
    for (let x = -4; x <= 4; x += 0.05)
      for (let y = -4; y <= 4; y += 0.05) {
        const [at, right, up] = [twist([x, y]), twist([x + step, y]), twist([x, y + step])];
        const area = (right[0] - at[0]) * (up[1] - at[1]) - (right[1] - at[1]) * (up[0] - at[0]);
        if (!(area > 0)) expect.fail(`turned over at ${x}, ${y}`);
      }
    for (const angle of [0, 1, 2, 3, 4, 5, 6]) {
      const far: Point = [6 * Math.cos(angle), 6 * Math.sin(angle)];
      expectClose(twist(far), far, { relative: 1e-7 });
    }
  });

  it("leaves the origin's neighbourhood and far rows finite", () => {
    for (const z of [
      [0, 0],
      [1e-12, 0],
      [8, 0],
      [0, -8.2],
      [40, 3],
    ] as const)
      expect(twist(z).every(Number.isFinite), `${z}`).toBe(true);
  });
});

describe("the judge", () => {
  const stretching = (weight: number, medianLargest: number) => ({
    ...{ weight, medianLargest, largest: 9, smallest: 0.1, condition: 90, nll: 2 },
  });
  const good: Results = {
    affine: 1e-5,
    twist: { changes: [], median: 0, changed: 0.01, densityError: 1e-9 },
    seeds: { logDet: 0.1, logProb: 0.1, pairs: 1 },
    rise: { logLikelihood: 1, logDet: 1, correlation: 0.9, expanded: [0.5, 0.7] },
    stretching: [stretching(0, 4), stretching(1, 3), stretching(10, 1)],
  };
  const all = { unique: true, eigenvalues: true, rises: true, bounded: true };

  it("holds what the figures hold", () => {
    expect(judge(good)).toEqual(all);
  });

  it.each<[string, Partial<Results>, Partial<typeof all>]>([
    ["another determinant at most rows", { twist: { ...good.twist, changed: 0.6 } }, { unique: false }],
    [
      "nets that differ by more than their densities",
      { seeds: { ...good.seeds, logDet: 0.3 } },
      { unique: false },
    ],
    ["a net that stays behind the optimum", { affine: 0.002 }, { eigenvalues: false }],
    ["volumes that shrink", { rise: { ...good.rise, logDet: -1 } }, { rises: false }],
    ["volumes that go their own way", { rise: { ...good.rise, correlation: 0.5 } }, { rises: false }],
    [
      "a penalty that does too little",
      { stretching: [stretching(0, 4), stretching(10, 3)] },
      { bounded: false },
    ],
    [
      "a number that is none",
      { stretching: [stretching(0, 4), stretching(10, Number.NaN)] },
      { bounded: false },
    ],
  ])("is not taken in by %s", (_, replaced, expected) => {
    expect(judge({ ...good, ...replaced })).toEqual({ ...all, ...expected });
  });

  it("refutes nothing by a map that does not keep the density", () => {
    const twist = { ...good.twist, changed: 0.9, densityError: 1e-3 };
    expect(judge({ ...good, twist })).toEqual(all);
  });
});

describe("the lab jacobian-determinant", () => {
  it("refutes uniqueness and holds the rest, at its smallest size", async () => {
    const said: string[] = [];
    const { held, verdict, figures, svg } = await jacobianDeterminant.run({
      ...{ full: false, smoke: true, seed: 0, threads: 1 },
      onProgress: (text) => said.push(text),
    });
    expect({ held, verdict }).toEqual({
      held: false,
      verdict: expect.stringMatching(
        /Uniqueness does not hold.* optimum holds.* with the likelihood holds.* by a penalty holds/,
      ),
    });
    expect(said).toHaveLength(4);
    const value = (measure: string) => figures.find((row) => row.measure === measure)?.value as number;
    expect(value("eigenvalue optimum") - value("reached")).toBeGreaterThan(-1e-5);
    expect(value("largest |Δ log p|")).toBeLessThan(1e-6);
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
    expect(svg).not.toContain("NaN");
  }, 30_000);
});
