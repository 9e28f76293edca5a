import { describe, expect, it } from "vitest";
import { kernelDensity } from "../../src/model/kernel-density.js";
import { Random } from "../../src/random/index.js";

const normalDensity = (x: number, mean: number, variance: number) =>
  Math.exp(-0.5 * ((x - mean) ** 2 / variance)) / Math.sqrt(2 * Math.PI * variance);

const at = ({ from, to, size }: { from: number; to: number; size: number }, i: number) =>
  from + ((i + 0.5) * (to - from)) / size;

describe("the kernel density on a grid", () => {
  it("is that of the kernels themselves, summed point by point, far points included", () => {
    const random = new Random(3);
    const x = random.fillNormal(new Float64Array(60));
    const y = random.fillNormal(new Float64Array(60), 2);
    // Beyond the grid, but not beyond the kernel's reach; and beyond all.
    x.set([2.1, 50]);
    const axes = [
      { from: -2, to: 2, size: 150 },
      { from: -4, to: 4, size: 140 },
    ];
    const { density, bandwidth } = kernelDensity([x, y], axes);
    const [h, k] = bandwidth;
    for (let j = 3; j < 140; j += 17)
      for (let i = 3; i < 150; i += 13) {
        const [gx, gy] = [at(axes[0], i), at(axes[1], j)];
        const sum = x.reduce(
          (total, value, row) => total + normalDensity(gx, value, h * h) * normalDensity(gy, y[row], k * k),
          0,
        );
        expect(density[j * 150 + i]).toBeCloseTo(sum / 60, 3);
      }
  });

  it("finds a normal density from its draws, widened by the kernel's variance", () => {
    const draws = new Random(4).fillNormal(new Float64Array(50_000), 3);
    const axis = { from: -10, to: 10, size: 160 };
    const { density, bandwidth } = kernelDensity([draws], [axis]);
    // 0.7 · 3 · n^(−1/5)
    expect(bandwidth[0]).toBeCloseTo(0.7 * 3 * 50_000 ** -0.2, 2);
    const variance = 9 + bandwidth[0] ** 2;
    for (let i = 0; i < 160; i++)
      expect(Math.abs(density[i] - normalDensity(at(axis, i), 0, variance))).toBeLessThan(0.004);
    const inside = density.reduce((a, b) => a + b, 0) * (20 / 160);
    expect(inside).toBeGreaterThan(0.998);
    expect(inside).toBeLessThanOrEqual(1);
  });

  it("counts the draws outside of the grid: what is inside has its own share", () => {
    const draws = Float64Array.from({ length: 1000 }, (_, i) => (i < 800 ? i / 800 : 100 + i));
    const { density } = kernelDensity([draws], [{ from: -20, to: 21, size: 50 }]);
    expect(density.reduce((a, b) => a + b, 0) * (41 / 50)).toBeCloseTo(0.8, 3);
  });

  it("bears draws beyond float64, and a spread of which the grid shows nearly nothing", () => {
    const draws = Float64Array.from({ length: 1000 }, (_, i) => (i < 800 ? 0 : i < 990 ? 1e12 * i : 1e200));
    draws.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    const axis = { from: -1, to: 1, size: 80 };
    const { density, bandwidth } = kernelDensity([draws, draws], [axis, axis]);
    expect(bandwidth).toEqual([0.5, 0.5]);
    // 798 of 1,000 draws lie at 0: the height of a kernel of this width there.
    expect(Math.max(...density)).toBeCloseTo(0.798 * normalDensity(0, 0, 0.25) ** 2, 2);
  });

  it("is not widened by far values, and no narrower than can be seen", () => {
    const draws = new Random(5).fillNormal(new Float64Array(2000));
    const alone = kernelDensity([draws], [{ from: -4, to: 4, size: 100 }]).bandwidth[0];
    const far = draws.slice();
    far[0] = 1e6;
    const robust = kernelDensity([far], [{ from: -4, to: 4, size: 100 }]).bandwidth[0];
    expect(robust / alone).toBeGreaterThan(0.9);
    expect(robust / alone).toBeLessThan(1.1);
    expect(kernelDensity([draws], [{ from: -400, to: 400, size: 100 }]).bandwidth[0]).toBeCloseTo(6.4, 9);
  });

  it("of a single value is one bump, of none nothing", () => {
    const same = kernelDensity([new Float64Array(20).fill(1)], [{ from: 0, to: 2, size: 40 }]).density;
    expect(same.reduce((a, b) => a + b, 0) * 0.05).toBeCloseTo(1, 6);
    expect(Math.max(...same)).toBeCloseTo(same[19], 9);
    expect(Math.max(...kernelDensity([new Float64Array(0)], [{ from: 0, to: 2, size: 40 }]).density)).toBe(0);
  });
});
