// The exported files, run by onnxruntime-node alone, against the library.

import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { Model } from "../../src/model/index.js";
import { exportLogProb, exportSample } from "../../src/model/onnx-export.js";
import { Random } from "../../src/random/index.js";
import { exampleColumns, exampleModel, exampleRows, shapeName, shapes } from "./example-model.js";

const named = shapes.map((options) => ({ name: shapeName(options), options }));

/** Runs a model file as any program would. */
async function run(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  expect([...session.inputNames].sort()).toEqual(Object.keys(feeds).sort());
  const results = await session.run(feeds);
  await session.release();
  return results as Record<string, Tensor>;
}

const doubles = (values: Float64Array, columns: number) =>
  new Tensor("float64", values, [values.length / columns, columns]);

/** Largest difference, relative to 1 or to the wanted number where that is larger. */
function worst(
  found: ArrayLike<unknown>,
  wanted: ArrayLike<number>,
  unit: (i: number) => number = () => 1,
): number {
  expect(found.length).toBe(wanted.length);
  return Array.from(wanted, (value, i) => {
    const error = Math.abs(Number(found[i]) - value) / Math.max(unit(i), Math.abs(value));
    return Number.isFinite(Number(found[i])) ? error : Number.POSITIVE_INFINITY;
  }).reduce((a, b) => Math.max(a, b), 0);
}

async function compare(model: Model, rows: Float64Array) {
  const { dim, columns } = model;
  const { log_prob, latent, score } = await run(await exportLogProb(model), { x: doubles(rows, dim) });
  expect([log_prob.dims, latent.dims, score.dims]).toEqual([
    [rows.length / dim],
    [rows.length / dim, dim],
    [rows.length / dim, dim],
  ]);
  expect([log_prob.type, latent.type, score.type]).toEqual(["float32", "float32", "float64"]);
  const perUnit = (i: number) => 1 / columns[i % dim].scale;
  expect(worst(log_prob.data, await model.logProb(rows))).toBeLessThan(1e-4);
  expect(worst(latent.data, await model.latent(rows))).toBeLessThan(1e-4);
  expect(worst(score.data, await model.scoreFunction(rows), perUnit)).toBeLessThan(1e-4);
}

describe.each(named)("$name", ({ options }) => {
  it("log_prob.onnx gives the log-density, the latent and the score of raw rows", async () => {
    const model = exampleModel(options);
    await compare(model, exampleRows(model, 40));
    await model.release();
  });

  it("log_prob.onnx gives wild rows the numbers that the library gives them", async () => {
    const model = exampleModel(options);
    const wild = [0, 1e30, -1e30, 1e300, -Number.MAX_VALUE, 5e-324];
    await compare(model, Float64Array.from(wild.flatMap((value) => Array<number>(model.dim).fill(value))));
    await model.release();
  });

  it("sample.onnx turns the same noise into the same rows", async () => {
    const model = exampleModel(options);
    const count = 200;
    const { uniform, normal } = model.flow.base.noise;
    const random = new Random(11);
    const feeds: Record<string, Tensor> = {};
    if (uniform) {
      const values = random.fillUniform(new Float32Array(count * uniform));
      feeds.uniform = new Tensor("float32", values, [count, uniform]);
    }
    if (normal) {
      const values = random.fillNormal(new Float32Array(count * normal));
      feeds.normal = new Tensor("float32", values, [count, normal]);
    }
    const { x } = await run(await exportSample(model), feeds);
    expect([x.type, x.dims]).toEqual(["float64", [count, model.dim]]);
    const wanted = await model.sample(count, { seed: 11, round: false });
    expect(worst(x.data, wanted, (i) => model.columns[i % model.dim].scale)).toBeLessThan(1e-4);
    await model.release();
  });
});

describe("the exported files", () => {
  it("take any number of rows, none included", async () => {
    const model = exampleModel({ dim: 2 });
    const bytes = await exportLogProb(model);
    for (const count of [0, 1, 2, 1500]) {
      const { log_prob } = await run(bytes, { x: doubles(exampleRows(model, count), 2) });
      expect(log_prob.dims).toEqual([count]);
    }
    await model.release();
  });

  it("name the columns and the version that wrote them", async () => {
    const columns = exampleColumns(2).map((column, i) => ({ ...column, name: ['Größe, "cm"', "x\n2"][i] }));
    const model = exampleModel({ dim: 2, columns });
    for (const bytes of [await exportLogProb(model), await exportSample(model)]) {
      const text = new TextDecoder().decode(bytes);
      expect(text).toContain(JSON.stringify(columns.map(({ name }) => name)));
      expect(text).toContain("logdet_version");
    }
    await model.release();
  });

  it("follow the weights that the model has, not those it once had", async () => {
    const model = exampleModel({ dim: 2 });
    const rows = exampleRows(model, 5);
    await compare(model, rows);
    const [first] = Object.values(model.flow.parameters);
    model.parameters.view(first)[0] += 1;
    await compare(model, rows);
    await model.release();
  });
});
