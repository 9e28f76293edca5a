// Shapley values of a quadratic log-density, which have a closed form for any set of draws.

import { expect, it } from "vitest";
import { explain } from "../../src/explain/index.js";
import { expectClose } from "../helpers/index.js";
import { correlated, type Gaussian, gaussian } from "./known-models.js";

/**
 * −φ_d of v(S) = mean log p(x_S, b_rest) over draws b: main effects, and half of what two columns do together. With
 * u = x − μ, m and c the draws' first and second moments about μ,
 *
 *   −φ_d = ½ Λ_dd (u_d² − c_dd) + ½ Σ_{j≠d} Λ_dj (u_d m_j − c_dj + u_d u_j − m_d u_j)
 */
function closedForm({ mean, precision }: Gaussian, row: readonly number[], draws: Float64Array): number[] {
  const dim = mean.length;
  const count = draws.length / dim;
  const u = row.map((value, d) => value - mean[d]);
  const moment = (f: (b: (d: number) => number) => number) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += f((d) => draws[i * dim + d] - mean[d]);
    return total / count;
  };
  const m = mean.map((_, d) => moment((b) => b(d)));
  return mean.map((_, d) =>
    mean.reduce((sum, _, j) => {
      const c = moment((b) => b(d) * b(j));
      const together = j === d ? u[d] ** 2 - c : u[d] * m[j] - c + u[d] * u[j] - m[d] * u[j];
      return sum + (precision[d][j] * together) / 2;
    }, 0),
  );
}

const wide = gaussian(
  Array.from({ length: 9 }, (_, d) => d),
  Array.from({ length: 9 }, (_, i) =>
    Array.from({ length: 9 }, (_, j) => (i === j ? 1 + i : 0.5 / (1 + Math.abs(i - j)))),
  ),
);

it.each([
  { name: "over all subsets of three columns", model: correlated(), row: [13, -1, 460] },
  { name: "over pairs of opposite orders of nine", model: wide, row: [3, 1, -2, 3, 8, 5, 6, 0, 8] },
])("are the closed form of a Gaussian: $name", async ({ model, row }) => {
  const [{ reasons, baseline, logProb }] = await explain(model, [row], { method: "shapley", seed: 4 });
  const draws = (await model.sample(256, { seed: 4 })).subarray(0, 32 * row.length);
  const nats = model.columns.map(({ name }) => reasons.find(({ column }) => column === name)!.nats);
  expectClose(nats, closedForm(model, row, draws), { absolute: 1e-8 });
  const mean = (await model.logProb(draws)).reduce((sum, value) => sum + value / 32, 0);
  expect(baseline).toBeCloseTo(mean, 8);
  expect(nats.reduce((sum, value) => sum + value)).toBeCloseTo(mean - logProb, 8);
});
