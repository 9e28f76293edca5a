// A model with a Jacobian of its own for every row, exported: its determinants and inverses are written out as nodes.

import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { chain, type GdnInverse, gdn, linear } from "../../src/bijections/index.js";
import { normal } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { Model } from "../../src/model/index.js";
import { exportLogProb, exportSample } from "../../src/model/onnx-export.js";
import { Random } from "../../src/random/index.js";
import { randomStore } from "../bijections/support.js";
import { expectClose } from "../helpers/index.js";
import { exampleModel, exampleRows } from "./example-model.js";

const dim = 6;

function gdnModel(inverse: GdnInverse): Model {
  const dense = linear({ dim, noise: 0.2, random: new Random(1) });
  const flow = new Flow(chain([dense, gdn({ dim, inverse }), linear({ dim, noise: 0.2 })]), normal({ dim }));
  const { config } = exampleModel({ dim });
  return new Model(flow, randomStore(flow.parameters, { float: "float32", noise: 0.2 }), {
    ...config,
    flow: flow.config(),
  });
}

async function run(bytes: Uint8Array, feeds: Record<string, Tensor>) {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const results = await session.run(feeds);
  await session.release();
  return (name: string) => Float64Array.from(results[name].data as Float64Array);
}

it("log_prob.onnx of a model with GDN gives the library's log-density, latent and score", async () => {
  const model = gdnModel("newton");
  const rows = exampleRows(model, 30);
  const found = await run(await exportLogProb(model), { x: new Tensor("float64", rows, [30, dim]) });
  const perUnit = (values: Float64Array) => values.map((value, i) => value * model.columns[i % dim].scale);
  expectClose(found("log_prob"), await model.logProb(rows), { relative: 1e-5, absolute: 1e-4 });
  expectClose(found("latent"), await model.latent(rows), { absolute: 1e-4 });
  expectClose(perUnit(found("score")), perUnit(await model.scoreFunction(rows)), { absolute: 1e-3 });
  await model.release();
});

it.each(["newton", "fixed-point"] as const)(
  "sample.onnx of a model with GDN turns noise into the rows that the library draws, inverse %s",
  async (inverse) => {
    const model = gdnModel(inverse);
    const noise = new Random(11).fillNormal(new Float32Array(50 * dim));
    const found = await run(await exportSample(model), { normal: new Tensor("float32", noise, [50, dim]) });
    const standard = (values: Float64Array) =>
      values.map((value, i) => (value - model.columns[i % dim].center) / model.columns[i % dim].scale);
    const drawn = standard(await model.sample(50, { seed: 11, round: false }));
    expect(drawn.every(Number.isFinite)).toBe(true);
    expectClose(standard(found("x")), drawn, { relative: 1e-4, absolute: 1e-4 });
    await model.release();
  },
);
