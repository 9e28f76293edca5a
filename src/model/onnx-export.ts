// The model as ONNX files that run without logdet: raw columns in, log-density, latent and score out; and a sampler.

import { type Port, writeOnnxModel } from "../onnx/index.js";
import { Program } from "../runtime/index.js";
import {
  add,
  type Constant,
  constant,
  expandComposites,
  input,
  Parameter,
  substitute,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import { type ModelParts, noiseInputs, scoreOf, unitsLogDet } from "./parts.js";

/**
 * `log_prob.onnx`: input `x`, float64 [batch, D], columns in the model's order and units; outputs `log_prob` [batch]
 * (nats, original units), `latent` [batch, D] and `score` [batch, D] (float64, nats per unit).
 */
export async function exportLogProb(model: ModelParts): Promise<Uint8Array> {
  const { flow, config } = model;
  const x = input("x", ["batch", flow.dim]);
  const { logProb, latent } = flow.density(x);
  const [density, z, score] = await freeze(model, [
    add(logProb, unitsLogDet(config)),
    latent,
    scoreOf(flow, x),
  ]);
  const none = new Float64Array(flow.dim);
  const perUnit = Float64Array.from(config.columns, ({ scale }) => 1 / scale);
  return writeOnnxModel({
    inputs: [{ name: "x", tensor: x, units: unitsOf(model) }],
    outputs: [
      { name: "log_prob", tensor: density },
      { name: "latent", tensor: z },
      { name: "score", tensor: score, units: { center: none, scale: perUnit } },
    ],
    metadata: metadata(model),
  });
}

/**
 * `sample.onnx`: inputs `uniform` in (0, 1) and standard `normal`, float32, those of the two that the base needs;
 * output `x`, float64 [batch, D], in the columns' units (not rounded to a lattice).
 */
export async function exportSample(model: ModelParts): Promise<Uint8Array> {
  const noise = noiseInputs(model.flow.base);
  const [x] = await freeze(model, [model.flow.sample(noise)]);
  return writeOnnxModel({
    inputs: Object.values(noise).map((tensor) => ({ name: tensor.name, tensor })),
    outputs: [{ name: "x", tensor: x, units: unitsOf(model) }],
    metadata: metadata(model),
  });
}

function unitsOf({ config: { columns } }: ModelParts): NonNullable<Port["units"]> {
  return {
    center: Float64Array.from(columns, ({ center }) => center),
    scale: Float64Array.from(columns, ({ scale }) => scale),
  };
}

function metadata(model: ModelParts): Record<string, string> {
  return {
    logdet_version: model.config.version,
    columns: JSON.stringify(model.config.columns.map(({ name }) => name)),
  };
}

/** The tensors with parameters replaced by their values, and log-determinants and inverses by theirs. */
async function freeze(model: ModelParts, roots: readonly Tensor[]): Promise<Tensor[]> {
  const frozen = new Map<Tensor, Tensor>();
  const order = topologicalOrder(roots);
  const host = order.filter(
    ({ operation }) => operation.name === "logAbsDet" || operation.name === "inverse",
  );
  if (host.length > 0) {
    const program = await Program.compile(Object.fromEntries(host.map((node, i) => [`host_${i}`, node])), {
      parameters: model.parameters,
    });
    const values = await program.run();
    for (const [i, node] of host.entries())
      frozen.set(node, constantLike(node, Float64Array.from(values[`host_${i}`])));
    await program.release();
  }
  for (const node of order)
    if (node instanceof Parameter)
      frozen.set(node, constantLike(node, Float64Array.from(model.parameters.view(node))));
  return expandComposites(substitute(roots, frozen));
}

function constantLike(node: Tensor, values: Float64Array): Constant {
  return constant(values, node.shape as readonly number[]);
}
