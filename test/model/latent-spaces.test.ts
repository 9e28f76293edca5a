import { describe, expect, it } from "vitest";
import { standardization } from "../../src/bijections/index.js";
import { type Distribution, mixture, normal, transformed } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { baseDraws, isAverage, latentsOf, netCount } from "../../src/model/latent-spaces.js";
import { Random } from "../../src/random/index.js";
import { exampleModel, exampleRows } from "./example-model.js";
import { categoryColumn, gaussian, gaussians, mixed, modelOf, plainColumn } from "./known-models.js";

const plain = ["a", "b"].map(plainColumn);
const whitening = (mean: number) =>
  standardization({ dim: 1, center: Float64Array.of(mean), scale: Float64Array.of(1) });

describe("the latent spaces of a model's nets", () => {
  it("of a plain flow are one: what the model calls its latent", async () => {
    const model = exampleModel({ dim: 4 });
    const rows = exampleRows(model, 1100);
    const { latent, net } = await latentsOf(model, rows, 0);
    expect(netCount(model)).toBe(1);
    expect(isAverage(model)).toBe(true);
    const known = await model.latent(rows);
    for (const [i, value] of latent.entries()) expect(value).toBeCloseTo(known[i], 4);
    expect(new Set(net)).toEqual(new Set([0]));
  });

  it("of a mixture are each net's own, and rows belong to the likelier net", async () => {
    const means = [
      [-3, 0],
      [3, 1],
    ];
    const covariance = [
      [1, 0.5],
      [0.5, 2],
    ];
    const model = modelOf(gaussians([0.5, 0.5], means, covariance), plain);
    expect([netCount(model), isAverage(model)]).toEqual([2, false]);
    const rows = Float64Array.of(-2, 1, 4, 0, -3, 0);
    for (const [k, mean] of means.entries()) {
      const { latent, net } = await latentsOf(model, rows, k);
      for (let row = 0; row < 3; row++) {
        const [u, v] = [rows[2 * row] - mean[0], rows[2 * row + 1] - mean[1]];
        // Σ⁻¹ by hand: the squared length of a latent is Mahalanobis' distance.
        const distance = (2 * u * u - 2 * 0.5 * u * v + v * v) / (2 - 0.25);
        expect(latent[2 * row] ** 2 + latent[2 * row + 1] ** 2).toBeCloseTo(distance, 4);
      }
      expect(Array.from(net)).toEqual([0, 1, 0]);
    }
    await expect(latentsOf(model, rows, 2)).rejects.toMatchObject({ code: "usage" });
    await expect(baseDraws(model, -1, 10, new Random(1))).rejects.toMatchObject({ code: "usage" });
  });

  it("of an average are fitted to all rows, of a mixture within it not", () => {
    const component = (mean: number) => transformed({ bijection: whitening(mean), base: normal({ dim: 1 }) });
    const nets = [component(-1), component(1)];
    const average = mixture({ components: nets, weights: [0.5, 0.5], learned: false });
    const flow = (base: Distribution) => new Flow(whitening(0), base);
    expect(isAverage(modelOf(flow(average), [plain[0]]))).toBe(true);
    const inner = transformed({ bijection: whitening(0), base: mixture({ components: nets }) });
    const outer = mixture({ components: [inner, component(2)], weights: [0.5, 0.5], learned: false });
    const model = modelOf(flow(outer), [plain[0]]);
    expect([netCount(model), isAverage(model)]).toEqual([3, false]);
  });

  it("beside categories hold the numbers alone, and the base's draws are standard normal there", async () => {
    const flow = mixed([3], [1], [[0.5, 0.3, 0.2]], [[1], [-1], [0]], [[4]]);
    const model = modelOf(flow, [plainColumn("x"), categoryColumn("kind", ["p", "q"])]);
    const { latent } = await latentsOf(model, Float64Array.of(3, 0, -1, 1), 0);
    // (x − mean of the category) / 2
    expect(latent[0]).toBeCloseTo(1, 5);
    expect(latent[1]).toBeCloseTo(0, 5);
    const draws = await baseDraws(model, 0, 20_000, new Random(1));
    expect(draws).toHaveLength(20_000);
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((sum, z) => sum + z * z, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it("draws the same base for the same generator", async () => {
    const model = modelOf(
      gaussian(
        [0, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      plain,
    );
    const [one, same] = [
      await baseDraws(model, 0, 50, new Random(2)),
      await baseDraws(model, 0, 50, new Random(2)),
    ];
    expect(same).toEqual(one);
    expect(one).toHaveLength(100);
  });
});
