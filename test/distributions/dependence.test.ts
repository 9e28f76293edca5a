// That base densities whose columns depend on each other are densities, and that their draws follow them.

import { describe, expect, it } from "vitest";
import { input } from "../../src/tensor/index.js";
import { evaluate, integral, lineGrid, randomStore } from "../bijections/support.js";
import { dependentCases } from "./cases.js";
import { draws } from "./support.js";

describe.each(Object.entries(dependentCases))("%s", (_, make) => {
  it("integrates to one in one dimension", async () => {
    const base = make(1);
    const store = randomStore(base.parameters, { noise: 0.3 });
    const total = await integral(base.logProb(input("x", ["batch", 1])), 1, store, {
      reach: 40,
      count: 4001,
    });
    expect(total).toBeCloseTo(1, 4);
  });

  it("integrates to one in two, and draws what its density says, quadrant by quadrant", async () => {
    const count = 20_000;
    const base = make(2);
    const store = randomStore(base.parameters, { noise: 0.3 });
    const { points, weights } = lineGrid(9, 281);
    const size = points.length;
    const x = Float64Array.from({ length: size * size * 2 }, (_, i) =>
      i % 2 === 0 ? points[Math.floor(i / 2 / size)] : points[Math.floor(i / 2) % size],
    );
    const { density } = await evaluate({ density: base.logProb(input("x", ["batch", 2])) }, { x }, store);
    const mass = density.map(
      (value, i) => Math.exp(value) * weights[Math.floor(i / size)] * weights[i % size],
    );
    // The kink of the Laplace density costs 7e-4 here.
    expect(Math.abs(mass.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-3);

    const values = await draws(base, count, store);
    const lines = [90, 120, 140, 160, 190];
    for (const i of lines)
      for (const j of lines) {
        let expected = 0;
        // Half of the masses at the edges lies beyond them.
        for (let a = 0; a <= i; a++)
          for (let b = 0; b <= j; b++)
            expected += mass[a * size + b] * (a === i ? 0.5 : 1) * (b === j ? 0.5 : 1);
        let found = 0;
        for (let row = 0; row < count; row++)
          if (values[2 * row] <= points[i] && values[2 * row + 1] <= points[j]) found++;
        // Exceeded by chance once in 15,000 comparisons.
        const chance = 4 * Math.sqrt(Math.abs(expected * (1 - expected)) / count);
        expect(Math.abs(found / count - expected), `at ${points[i]}, ${points[j]}`).toBeLessThan(
          chance + 1e-3,
        );
      }
  });
});
