// The model as ONNX files that run without logdet: raw columns in, log-density, latent and score out; and a sampler.

import { layoutOf } from "../data/index.js";
import { type Port, writeOnnxModel } from "../onnx/index.js";
import { Program } from "../runtime/index.js";
import {
  add,
  type Constant,
  constant,
  expandComposites,
  input,
  Parameter,
  slice,
  substitute,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import { fromCoordinates, toColumns, toCoordinates } from "./coordinate-graph.js";
import { type ModelParts, noiseInputs, scoreOf, unitsLogDet } from "./parts.js";

/**
 * `log_prob.onnx`: input `x`, float64 [batch, D], columns in the model's order and units, categories as their codes,
 * numbers all there; outputs `log_prob` [batch] (nats, original units), `latent` [batch, numeric columns], left out where
 * there are none, and `score` [batch, D] (float64, nats per unit; 0 for categories).
 */
export async function exportLogProb(model: ModelParts): Promise<Uint8Array> {
  const { flow, config } = model;
  const layout = layoutOf(config.columns);
  const x = input("x", ["batch", config.columns.length]);
  const coordinates = toCoordinates(x, config.columns, layout);
  const { logProb, latent } = flow.density(coordinates);
  const [density, score, ...latents] = await freeze(model, [
    add(logProb, unitsLogDet(config)),
    toColumns(scoreOf(flow, coordinates), layout),
    ...(layout.dim === 0 ? [] : [layout.blocks.length > 0 ? slice(latent, 1, 0, layout.dim) : latent]),
  ]);
  const none = new Float64Array(config.columns.length);
  const perUnit = Float64Array.from(config.columns, ({ scale }) => 1 / scale);
  return writeOnnxModel({
    inputs: [{ name: "x", tensor: x, units: unitsOf(model) }],
    outputs: [
      { name: "log_prob", tensor: density },
      ...latents.map((tensor) => ({ name: "latent", tensor })),
      { name: "score", tensor: score, units: { center: none, scale: perUnit } },
    ],
    metadata: metadata(model),
  });
}

/**
 * `sample.onnx`: inputs `uniform` in (0, 1) and standard `normal`, float32, those of the two that the base needs;
 * output `x`, float64 [batch, D], in the columns' units (not rounded to a lattice), categories as their codes.
 */
export async function exportSample(model: ModelParts): Promise<Uint8Array> {
  const noise = noiseInputs(model.flow.base);
  const { columns } = model.config;
  const [x] = await freeze(model, [fromCoordinates(model.flow.sample(noise), layoutOf(columns))]);
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
    ...categoriesOf(model),
  };
}

/** What the codes of categorical columns stand for, by column. */
function categoriesOf({ config: { columns } }: ModelParts): Record<string, string> {
  const categories = columns.flatMap((column) =>
    column.categories ? [[column.name, column.categories] as const] : [],
  );
  return categories.length > 0 ? { categories: JSON.stringify(Object.fromEntries(categories)) } : {};
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
