// Nonlinear sources: what they are made of, and that the regulariser brings them nearer to known ones.

import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../../src/data/index.js";
import { ica, matchSources, nonlinearIca } from "../../src/ica/index.js";
import { Random } from "../../src/random/index.js";
import { captured } from "./captured.js";

const rows = 2000;
const valuesOf = ({ sources }: { sources: readonly { values: Float64Array }[] }) =>
  sources.map(({ values }) => values);
const table = (columns: readonly Float64Array[]) =>
  tableFromColumns(columns.map((values, d) => ({ name: `x${d}`, values })));

/** Two logistic sources, as logarithm of the radius and angle in the plane: they move it in orthogonal directions. */
function spiral(seed: number) {
  const random = new Random(seed).split("data");
  const draw = () => 0.2 * Math.log(1 / (1 - random.uniform()) - 1);
  const sources = [0, 1].map(() => Float64Array.from({ length: rows }, draw));
  const at = (axis: (angle: number) => number) =>
    sources[0].map((radius, i) => Math.exp(0.8 * radius) * axis(sources[1][i] + 0.5));
  return { sources, data: table([at(Math.cos), at(Math.sin)]) };
}

describe("nonlinearIca", () => {
  const { data } = spiral(0);

  it("comes nearer to true sources if they are to move the columns in orthogonal directions", async () => {
    const nearness = { linear: 0, free: 0, held: 0 };
    const seeds = [2, 3, 4];
    for (const seed of seeds) {
      const { sources, data } = spiral(seed);
      const mcc = (found: Parameters<typeof valuesOf>[0]) => matchSources(valuesOf(found), sources).mcc;
      const free = await nonlinearIca(data, { steps: 1000, seed });
      const held = await nonlinearIca(data, { steps: 1000, seed, independentMechanisms: 1 });
      nearness.linear += mcc(await ica(data)) / seeds.length;
      nearness.free += mcc(free) / seeds.length;
      nearness.held += mcc(held) / seeds.length;
      expect(mcc(held)).toBeGreaterThan(0.9);
      expect(held.contrast).toBeGreaterThanOrEqual(0);
      expect(free.contrast).toBeGreaterThan(2 * held.contrast);
      // Both see more in the data than a linear mixture.
      expect(free.logProb).toBeGreaterThan(free.linearLogProb! + 0.02);
      expect(held.logProb).toBeGreaterThan(held.linearLogProb! + 0.02);
    }
    expect(nearness.held).toBeGreaterThan(nearness.free + 0.03);
    expect(nearness.held).toBeGreaterThan(nearness.linear + 0.03);
  });

  it("is linear with one layer: then the columns are their means and the sources times the mixing", async () => {
    const found = await nonlinearIca(data, { layers: 1, steps: 100 });
    const { mean, mixing } = found;
    const s = valuesOf(found);
    data.columns.forEach(({ values }, d) => {
      for (const row of [0, 7, rows - 1])
        expect(mean[d] + s[0][row] * mixing[d] + s[1][row] * mixing[2 + d]).toBeCloseTo(values[row], 4);
    });
    // E‖∂x/∂s_i‖² is ‖mixing_i‖² here, columns standardised.
    const variance = data.columns.map(
      ({ values }, d) => values.reduce((sum, x) => sum + (x - mean[d]) ** 2, 0) / rows,
    );
    const shares = [0, 1].map((i) => mixing[2 * i] ** 2 / variance[0] + mixing[2 * i + 1] ** 2 / variance[1]);
    found.sources.forEach(({ contribution, values, stability }, i) => {
      expect(contribution).toBeCloseTo(shares[i] / (shares[0] + shares[1]), 4);
      expect(values.reduce((sum, x) => sum + x * x, 0) / rows).toBeCloseTo(1, 9);
      expect(stability).toBeNull();
    });
    // The closed form of a linear map, in the columns' units.
    const determinant = Math.abs(mixing[0] * mixing[3] - mixing[1] * mixing[2]);
    const lengths = Math.hypot(mixing[0], mixing[1]) * Math.hypot(mixing[2], mixing[3]);
    expect(found.contrast).toBeCloseTo(Math.log(lengths / determinant), 3);
  });

  it("counts its density in the columns' units: other units shift it by log|det| alone, and change no source", async () => {
    const other = table([
      data.columns[0].values.map((x) => 1e6 * x),
      data.columns[1].values.map((x) => 1e6 * x),
    ]);
    const [one, two] = [await nonlinearIca(data, { steps: 60 }), await nonlinearIca(other, { steps: 60 })];
    expect(one.logProb! - two.logProb!).toBeCloseTo(2 * Math.log(1e6), 3);
    expect(two.contrast).toBeCloseTo(one.contrast, 3);
    expect(matchSources(valuesOf(two), valuesOf(one)).mcc).toBeGreaterThan(0.9999);
  });

  it("gives the same for the same seed, and says how stable sources are over starts", async () => {
    const run = () => nonlinearIca(data, { starts: 2, steps: 60, seed: 5 });
    const [one, two] = [await run(), await run()];
    expect(two.mixing).toEqual(one.mixing);
    expect(one.steps).toBe(120);
    for (const { stability } of one.sources) {
      expect(stability).toBeGreaterThan(0);
      expect(stability).toBeLessThanOrEqual(1);
    }
  });

  it("finds fewer sources than columns, whose density is then that of no row", async () => {
    const third = data.columns[0].values.map(
      (x, i) => x - 2 * data.columns[1].values[i] + 1e-3 * Math.sin(i),
    );
    const found = await nonlinearIca(table([...valuesOf({ sources: data.columns }), third]), {
      ...{ components: 2, steps: 60, independentMechanisms: 1 },
    });
    expect(found.sources).toHaveLength(2);
    expect(found.mixing).toHaveLength(6);
    expect(found.logProb).toBeNull();
    expect(found.contrast).toBeGreaterThanOrEqual(0);
  });

  it("refuses options out of range, and stops when it is told to", async () => {
    for (const options of [{ steps: 0 }, { layers: 1.5 }, { starts: 0 }, { independentMechanisms: -1 }])
      expect((await captured(() => nonlinearIca(data, options))).code).toBe("usage");
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const stopped = await captured(() => nonlinearIca(data, { signal: controller.signal, onProgress }));
    expect(stopped.code).toBe("interrupted");
  });
});
