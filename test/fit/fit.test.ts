// From a table to a model, as `logdet fit` does it.

import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tableFromColumns } from "../../src/data/index.js";
import { fit, saveFitted } from "../../src/fit/index.js";
import { load } from "../../src/model/index.js";
import { expectClose } from "../helpers/index.js";
import { bentTable, type Columns, mean, normalColumn, quickFit } from "./support.js";

const root = await mkdtemp(join(tmpdir(), "logdet-fit-"));
afterAll(() => rm(root, { recursive: true }));

/** Rows of columns, row-major. */
function flat(columns: Columns): Float64Array {
  const all = Object.values(columns);
  return Float64Array.from(
    { length: all[0].length * all.length },
    (_, i) => all[i % all.length][Math.floor(i / all.length)],
  );
}

describe("a fit", () => {
  it("of bent and two-humped columns beats the Gaussian, also on rows it never saw", async () => {
    const { model, stoppedBy, validation } = await quickFit(bentTable(1500));
    const { metrics, training } = model.config;
    expect(stoppedBy).toBe("finished");
    expect(metrics.gaussianLogProb).not.toBeNull();
    expect(metrics.validationLogProb).toBeGreaterThan((metrics.gaussianLogProb as number) + 0.7);
    expect(validation.length).toBe(3 * training.validationRows);
    const unseen = await model.logProb(flat(bentTable(1500, 2)));
    expect(Math.abs(mean(unseen) - metrics.validationLogProb)).toBeLessThan(0.3);
    await model.release();
  });

  it("says what the validation rows' log-density is in the columns' units", async () => {
    const { model, validation } = await quickFit(bentTable(400), { epochs: 20 });
    const { columns, dim, config } = model;
    const rows = Float64Array.from(
      validation,
      (value, i) => value * columns[i % dim].scale + columns[i % dim].center,
    );
    const logProb = await model.logProb(rows);
    expectClose([mean(logProb)], [config.metrics.validationLogProb], { absolute: 1e-4 });
    const best = config.training.curve.find(({ step }) => step === config.training.bestStep);
    expectClose([best?.validationNll as number], [-config.metrics.validationLogProb], { absolute: 1e-4 });
    const spread = logProb.map((value) => (value - mean(logProb)) ** 2);
    const error = Math.sqrt((mean(spread) * logProb.length) / (logProb.length - 1) / logProb.length);
    expectClose([config.metrics.standardError], [error], { relative: 1e-3 });
    await model.release();
  });

  it("compares itself with the Gaussian of all training rows, also where the rows are sorted", async () => {
    const sorted = normalColumn(3000).sort();
    const { model } = await quickFit({ x: sorted }, { epochs: 1, batch: 1000 });
    // The mean log-density of a standard normal, −½ (1 + log 2π), to within what 450 rows can tell.
    expect(Math.abs((model.config.metrics.gaussianLogProb as number) + 1.4189)).toBeLessThan(0.12);
    const [{ trainNll, validationNll }] = model.config.training.curve;
    expect(Math.abs(trainNll - validationNll)).toBeLessThan(0.2);
    await model.release();
  });

  it("draws rows like those it was given", async () => {
    const columns = bentTable(1500);
    const { model } = await quickFit(columns);
    const drawn = await model.sample(4000, { seed: 1 });
    for (const [d, values] of Object.values(columns).entries()) {
      const sample = Float64Array.from({ length: 4000 }, (_, i) => drawn[3 * i + d]).sort();
      const data = values.slice().sort();
      const width = data[Math.floor(0.9 * data.length)] - data[Math.floor(0.1 * data.length)];
      for (const q of [0.1, 0.25, 0.75, 0.9])
        expect(
          Math.abs(sample[Math.floor(q * 4000)] - data[Math.floor(q * data.length)]) / width,
          `column ${d + 1} at ${q}`,
        ).toBeLessThan(0.12);
    }
    await model.release();
  });

  it("of one column works", async () => {
    const { model } = await quickFit({ x: normalColumn(800, 1, 5) });
    expect(model.dim).toBe(1);
    const points = Float64Array.from({ length: 2001 }, (_, i) => (i - 1000) * 0.06);
    const logProb = await model.logProb(points);
    const total = logProb.reduce((sum, value) => sum + 0.06 * Math.exp(value), 0);
    expect(Math.abs(total - 1)).toBeLessThan(0.01);
    // Close to the density it was drawn from: the divergence over rows that it never saw, in nats.
    const unseen = normalColumn(4000, 2, 5);
    const found = await model.logProb(unseen);
    const truth = unseen.map((x) => -0.5 * (x / 5) ** 2 - Math.log(5) - 0.5 * Math.log(2 * Math.PI));
    expect(Math.abs(mean(truth) - mean(found))).toBeLessThan(0.03);
    // And where most rows lie.
    for (const x of [-5, 0, 5]) {
      const truth = -0.5 * (x / 5) ** 2 - Math.log(5) - 0.5 * Math.log(2 * Math.PI);
      expect(Math.abs((await model.logProb([[x]]))[0] - truth)).toBeLessThan(0.25);
    }
    await model.release();
  });

  it.each([1e30, 1e-30, 1e150])(
    "of a column times %s is the same fit, shifted by its logarithm",
    async (factor) => {
      const { a, b } = bentTable(400);
      const scaled = a.map((value) => value * factor);
      const plain = await quickFit({ a, b }, { epochs: 15 });
      const large = await quickFit({ a: scaled, b }, { epochs: 15 });
      const there = await plain.model.logProb(flat({ a, b }));
      const here = await large.model.logProb(flat({ a: scaled, b }));
      expectClose(
        here,
        there.map((value) => value - Math.log(factor)),
        { absolute: 0.05 },
      );
      expectClose(
        [large.model.config.metrics.validationLogProb],
        [plain.model.config.metrics.validationLogProb - Math.log(factor)],
        { absolute: 0.01 },
      );
      await plain.model.release();
      await large.model.release();
    },
  );

  it("with the same seed makes the same model, and another with another", async () => {
    const columns = bentTable(300);
    const paths: string[] = [];
    for (const [i, seed] of [3, 3, 4].entries()) {
      const path = join(root, `seed ${i}`);
      const fitted = await quickFit(columns, { epochs: 10, seed });
      await saveFitted(fitted, path);
      await fitted.model.release();
      paths.push(path);
    }
    const weights = await Promise.all(paths.map((path) => readFile(join(path, "model.safetensors"))));
    expect(weights[1].equals(weights[0])).toBe(true);
    expect(weights[2].equals(weights[0])).toBe(false);
  });

  it("of counted columns draws what could have been counted, and says why it spread them", async () => {
    const { a, b } = bentTable(800);
    const columns = {
      count: a.map((value) => Math.round(3 * value)),
      tenths: b.map((value) => Math.round(10 * value) / 10),
    };
    const { model } = await quickFit(columns, { calibration: 0 });
    const [count, tenths] = model.columns;
    expect([count.kind, count.quantum, count.lattice]).toEqual(["discrete", 1, true]);
    expect([tenths.kind, tenths.quantum, tenths.lattice]).toEqual(["discrete", 0.1, true]);
    expect(model.config.training.notices.join()).toMatch(/dequantised/);
    const drawn = await model.sample(1000, { seed: 3 });
    for (let i = 0; i < 1000; i++) {
      expect(Number.isInteger(drawn[2 * i])).toBe(true);
      expect(drawn[2 * i + 1]).toBe(Number(drawn[2 * i + 1].toFixed(1)));
    }
    // A density over cells of known size: the probabilities of all cells add up to one.
    let total = 0;
    const cells: number[][] = [];
    for (let x = count.minimum - 12; x <= count.maximum + 12; x++)
      for (let y = tenths.minimum - 3; y <= tenths.maximum + 3; y += 0.1) cells.push([x, y]);
    for (const value of await model.logProb(cells)) total += 0.1 * Math.exp(value);
    expect(Math.abs(total - 1)).toBeLessThan(0.05);
    await model.release();
  });

  it("leaves constant columns out, and says so", async () => {
    const notices: string[] = [];
    const { model } = await quickFit(
      { a: normalColumn(200), same: new Float64Array(200).fill(7) },
      { epochs: 2 },
      { onEvent: (event) => event.type === "notice" && notices.push(event.text) },
    );
    expect(model.columns.map(({ name }) => name)).toEqual(["a"]);
    expect(model.config.training.dropped).toEqual(["same"]);
    expect(notices.join()).toMatch(/same \(always 7\)/);
    await model.release();
  });

  it("takes a table as well as columns", async () => {
    const { a, b } = bentTable(100);
    const table = tableFromColumns([
      { name: "a", values: a },
      { name: "b", values: b },
    ]);
    const [fromTable, fromColumns] = [
      await quickFit(table, { epochs: 3 }),
      await quickFit({ a, b }, { epochs: 3 }),
    ];
    const rows = flat({ a, b });
    expect(await fromTable.model.logProb(rows)).toEqual(await fromColumns.model.logProb(rows));
    await fromTable.model.release();
    await fromColumns.model.release();
  });
});

describe("a fit that is interrupted", () => {
  it.each([
    { name: "before it begins", step: -1 },
    { name: "half-way", step: 20 },
  ])("$name returns a model that works", async ({ step }) => {
    const controller = new AbortController();
    if (step < 0) controller.abort();
    const { model, stoppedBy } = await quickFit(
      bentTable(400),
      { epochs: 1000 },
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "training" && event.event.type === "step" && event.event.step >= step)
            controller.abort();
        },
      },
    );
    expect(stoppedBy).toBe("interrupted");
    expect(model.config.training.stoppedBy).toBe("interrupted");
    const rows = flat(bentTable(50, 3));
    expect(Array.from(await model.logProb(rows)).every(Number.isFinite)).toBe(true);
    expect(Array.from(await model.sample(50)).every(Number.isFinite)).toBe(true);
    await model.release();
  });
});

describe("a table that cannot be fitted", () => {
  const { a, b } = bentTable(200);

  it("with too few rows is refused", async () => {
    await expect(fit({ x: normalColumn(19) })).rejects.toMatchObject({
      code: "data",
      message: expect.stringMatching(/19 rows/),
    });
    await expect(fit({ x: normalColumn(1) })).rejects.toMatchObject({
      code: "data",
      message: expect.stringMatching(/one row/),
    });
    await expect(fit({ x: [] })).rejects.toMatchObject({ code: "data" });
  });

  it("with more columns than rows is refused", async () => {
    const wide = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x${i}`, normalColumn(25, i)]));
    await expect(fit(wide)).rejects.toMatchObject({
      code: "data",
      message: expect.stringMatching(/30 columns but only 22 rows beside the 3 set apart/),
    });
  });

  it("with columns that determine each other is refused, saying how; jitter mends it", async () => {
    const columns = { a, b, sum: a.map((value, i) => 2 * value + b[i] + 5) };
    await expect(fit(columns)).rejects.toMatchObject({
      code: "data",
      message: expect.stringMatching(/sum = 2 a \+ b \+ 5/),
      hint: expect.stringMatching(/--jitter/),
    });
    const { model } = await quickFit(columns, { epochs: 10, jitter: 0.01 });
    expect(model.dim).toBe(3);
    expect(Number.isFinite(model.config.metrics.validationLogProb)).toBe(true);
    expect(model.config.training.notices.join()).toMatch(/jitter/);
    await model.release();
  });

  it("with nothing that varies is refused", async () => {
    await expect(fit({ x: new Float64Array(50) })).rejects.toMatchObject({
      code: "data",
      message: expect.stringMatching(/no column varies/),
    });
  });

  it("with a number that is not finite, columns of unequal length, or none at all is refused", async () => {
    const broken = a.slice();
    broken[12] = Number.NaN;
    await expect(fit({ a: broken, b })).rejects.toMatchObject({
      code: "data",
      where: ["row 13", "column a"],
    });
    await expect(fit({ a, b: b.subarray(1) })).rejects.toMatchObject({ code: "shape" });
    await expect(fit({})).rejects.toMatchObject({ code: "shape" });
  });

  it("under options that do not exist is refused, naming the option", async () => {
    await expect(fit({ a }, { learning: 1 } as never)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/learning/),
    });
    await expect(fit({ a }, { validation: 1.5 })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/validation/),
    });
    await expect(fit({ a }, { base: "gumbel" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/gumbel/),
      where: ["base"],
    });
    await expect(fit({ a }, { jacobian: "adjoint" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/adjoint/),
    });
    await expect(fit({ a }, { optimizer: "lbfgs" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/lbfgs/),
    });
    await expect(fit({ a }, { flow: "glow" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/glow/),
    });
  });
});

describe("a saved fit", () => {
  it("has the model, its report, its card and its ONNX files, and loads as the same model", async () => {
    const columns = bentTable(300);
    const fitted = await quickFit(columns, { epochs: 10, seed: 2 }, { sources: ["bent.csv"] });
    const folder = join(root, "bent.logdet");
    await saveFitted(fitted, folder);
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      "onnx",
      "onnx/log_prob.onnx",
      "onnx/sample.onnx",
      "report.html",
    ]);
    for (const name of ["README.md", "report.html"])
      expect((await stat(join(folder, name))).size).toBeGreaterThan(500);
    expect(await readFile(join(folder, "README.md"), "utf8")).toContain("bent.csv");
    const again = await load(folder, { threads: 1 });
    const rows = flat(columns);
    expect(await again.logProb(rows)).toEqual(await fitted.model.logProb(rows));
    expect(again.config.training.sources).toEqual(["bent.csv"]);
    await again.release();
    await fitted.model.release();
  });
});
