// What the report of a fit is made of: everything there, and in the columns' units.

import { describe, expect, it } from "vitest";
import { reportData } from "../../src/fit/index.js";
import { parseModelConfig } from "../../src/model/config.js";
import { determinant, expectClose, generate } from "../helpers/index.js";
import { bentTable, mean, quickFit } from "./support.js";

describe("the report's data", () => {
  it("is complete and finite, with as many columns and rows as can be shown", async () => {
    const { a, b, c } = bentTable(500);
    const columns = {
      a,
      b,
      c,
      d: a.map((x, i) => Math.round(x * b[i])),
      e: b.map((x, i) => x * c[i]),
      f: a.map(Math.exp),
      g: b.map(Math.tanh),
    };
    const fitted = await quickFit(
      { ...columns, same: new Float64Array(500) },
      { epochs: 5, seed: 4, calibration: 0 },
    );
    const { config } = fitted.model;
    const data = await reportData(fitted, "a title");
    const held = config.training.validationRows;

    expect(data.title).toBe("a title");
    expect(data.created).toBe(config.created);
    expect(data.data).toMatchObject({
      rows: 500,
      trainRows: 500 - held,
      validationRows: held,
      dropped: ["same"],
    });
    expect(data.data.notices.length).toBeGreaterThanOrEqual(2);
    expect(data.data.columns.map(({ name }) => name)).toEqual(Object.keys(columns));
    for (const [i, values] of Object.values(columns).entries()) {
      const column = data.data.columns[i];
      expectClose([column.mean], [mean(values)], { absolute: 1e-9 * (1 + Math.abs(mean(values))) });
      expect([column.minimum, column.maximum]).toEqual([Math.min(...values), Math.max(...values)]);
      expect(column.standardDeviation).toBeGreaterThan(0);
    }
    expect(data.model).toMatchObject({
      base: config.flow.base.type,
      seed: 4,
      recipe: "dense",
      jacobian: "lie",
    });
    expect(data.model.parameters).toBe(fitted.model.flow.parameterCount);
    expect(data.model.description).toContain("linear");
    expect(data.metrics).toEqual(config.metrics);
    expect(data.training.curve).toEqual(config.training.curve);
    expect(data.training.stoppedBy).toMatch(/planned steps/);

    expect(data.pairs.names).toEqual(["a", "b", "c", "d", "e", "f"]);
    for (const values of [...data.pairs.data, ...data.pairs.samples]) {
      expect(values.length).toBe(held);
      expect(values.every(Number.isFinite)).toBe(true);
    }
    // Held-out rows in their units: among the table's own numbers.
    for (const value of data.pairs.data[0])
      expect(Math.min(...a.map((x) => Math.abs(x - value)))).toBeLessThan(1e-5);
    expect(data.heldOutLogProb.length).toBe(held);
    expectClose([mean(data.heldOutLogProb)], [config.metrics.validationLogProb], { absolute: 1e-4 });
    expect(data.pit.length).toBe(6);
    for (const { values } of data.pit) {
      expect(values.length).toBe(held);
      expect(values.every((u) => u > 0 && u < 1)).toBe(true);
    }
    await fitted.model.release();
  });

  it("holds the best affine flow, in the columns' units, and what the monitor saw of the best net", async () => {
    const columns = bentTable(600);
    const fitted = await quickFit(columns, { epochs: 10, monitor: true, lipschitz: 0.1, seed: 2 });
    const { metrics, training } = await reportData(fitted, "x");
    // A Gaussian is told by its covariance: the mean log-density of its own rows needs nothing else.
    const held = fitted.model.config.training.validationRows;
    expect(metrics.affineOptimum).toBeGreaterThan((metrics.gaussianLogProb as number) - 1);
    const all = gaussianOptimum(Object.values(columns));
    // Of the rows that were trained on, 85 % of those that were not set apart; all rows differ by their sampling error.
    expect(held).toBe(81);
    expect(Math.abs((metrics.affineOptimum as number) - all)).toBeLessThan(0.15);

    expect(training.lipschitz).toBe(0.1);
    expect(training.monitor?.map(({ step }) => step)).toEqual(training.curve.map(({ step }) => step));
    for (const { volume, stretching } of training.monitor ?? []) {
      expect(volume.rows).toBe(held);
      expect(stretching?.smallest).toBeGreaterThan(0);
      expect(stretching?.largest).toBeGreaterThan(stretching?.smallest as number);
    }
    expect(parseModelConfig(JSON.stringify(fitted.model.config))).toEqual(fitted.model.config);
    await fitted.model.release();
  });

  it("counts categories and missing cells, of held-out rows and of draws", async () => {
    const { a } = bentTable(400);
    const side = Array.from(a, (value, i) => (i % 8 === 0 ? null : value < 0 ? "left" : "right"));
    const table = { a, side, b: a.map((value, i) => (i % 4 === 0 ? Number.NaN : Math.sin(value))) };
    const fitted = await quickFit(table, { epochs: 5, seed: 1, missing: "model" });
    const { counts } = await reportData(fitted, "x");
    const held = fitted.model.config.training.validationRows;
    expect(counts?.rows).toBe(held);
    expect(counts?.columns.map(({ name }) => name)).toEqual(["side", "missing cells"]);
    const [sides, missing] = counts!.columns;
    expect(sides.bars.map(({ name }) => name)).toEqual(["left", "right", "(missing)"]);
    for (const [of, total] of [
      ["data", held],
      ["model", counts!.draws],
    ] as const) {
      expect(sides.bars.reduce((sum, bar) => sum + bar[of], 0)).toBe(total);
      // An eighth and a quarter are missing; of 54 held-out rows no such share is off by more than a fifth.
      expect(Math.abs(sides.bars[2][of] / total - 1 / 8)).toBeLessThan(0.2);
      expect(Math.abs(missing.bars[0][of] / total - 1 / 4)).toBeLessThan(0.2);
    }
    await fitted.model.release();
  });

  it("has what the model says of its own draws, and of a row of typical cells", async () => {
    const { a, b } = bentTable(400);
    const kind = Array.from(a, (value, i) => (i % 3 === 0 ? "rare" : value < 0 ? "often" : "more often"));
    const fitted = await quickFit({ a, kind, b }, { epochs: 5, seed: 1, calibration: 0.2 });
    const { model } = fitted;
    const { drawnLogProb, example, data, pairs } = await reportData(fitted, "x");
    const drawn = await model.logProb(await model.sample(2000, { seed: 1 }));
    expect(drawnLogProb).toEqual(Array.from(drawn));

    const [first, code, last] = example.values;
    const { categories } = data.columns[1];
    // A tenth of the standard deviation, rounded down to a power of ten, is the row's last digit.
    const medians = pairs.data.map((values) => [...values].sort((x, y) => x - y)[(values.length - 1) >> 1]);
    expect(Math.abs(first - medians[0])).toBeLessThan(data.columns[0].standardDeviation / 10);
    expect(Math.abs(last - medians[1])).toBeLessThan(data.columns[2].standardDeviation / 10);
    expect(["often", "more often"]).toContain(categories?.[code]);
    expect(example.table).toEqual([
      { name: "a", cell: first },
      { name: "kind", cell: categories?.[code] },
      { name: "b", cell: last },
    ]);
    expect(example.logProb).toBe((await model.logProb([[...example.values]]))[0]);
    expect(example.pValue).toBe((await model.pValues([[...example.values]]))[0]);
    await model.release();
  });

  it("gives columns with bounds the mean and standard deviation of held-out rows", async () => {
    const { a } = bentTable(2000);
    const fitted = await quickFit(
      { a, size: a.map((value) => Math.exp(3 * value)) },
      { epochs: 2, calibration: 0 },
    );
    const { data, pairs } = await reportData(fitted, "x");
    expect(fitted.model.columns[1]).toMatchObject({ type: "positive", center: 0 });
    const held = pairs.data[1];
    const average = mean(held);
    const spread = Math.sqrt(mean(held.map((value) => (value - average) ** 2)));
    expectClose([data.columns[1].mean, data.columns[1].standardDeviation], [average, spread], {
      relative: 1e-9,
    });
    await fitted.model.release();
  });

  it("judges draws of the heaviest tails that there are", async () => {
    const { a, b } = bentTable(400);
    const columns = { a, b: b.map((value) => Math.exp(8 * value)) };
    const fitted = await quickFit(columns, { epochs: 2, base: "cauchy" });
    const { drawnLogProb = [] } = await reportData(fitted, "x");
    const drawn = await fitted.model.sample(2000, { seed: fitted.model.config.training.seed });
    expect(Math.max(...drawn)).toBeGreaterThan(1e20);
    expect(drawnLogProb.length).toBe(2000);
    expect(drawnLogProb.some(Number.isNaN)).toBe(false);
    await fitted.model.release();
  });

  it("has transforms that are near uniform once the model is good", async () => {
    const fitted = await quickFit(bentTable(3000), { epochs: 20, validation: 0.3 });
    const { pit } = await reportData(fitted, "x");
    for (const { values } of pit) {
      const sorted = Float64Array.from(values).sort();
      const distance = Math.max(
        ...sorted.map((u, i) =>
          Math.max(Math.abs(u - i / sorted.length), Math.abs(u - (i + 1) / sorted.length)),
        ),
      );
      // A perfect model stays below 1.95 / √n nearly always; this one is a little off.
      expect(distance).toBeLessThan(3 / Math.sqrt(sorted.length));
    }
    await fitted.model.release();
  });
});

/** −½ [D (1 + log 2π) + log det Σ] of columns. */
function gaussianOptimum(columns: readonly Float64Array[]): number {
  const dim = columns.length;
  const means = columns.map(mean);
  const covariance = generate([dim, dim], ([i, j]) =>
    mean(columns[i].map((value, row) => (value - means[i]) * (columns[j][row] - means[j]))),
  );
  return -0.5 * (dim * (1 + Math.log(2 * Math.PI)) + Math.log(determinant(covariance)));
}
