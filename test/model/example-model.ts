// Models with random numbers, for the tests of what a model does and how it is kept.

import { distributions } from "../../src/distributions/index.js";
import { activations, type DenseFlowOptions, denseFlow } from "../../src/flows/index.js";
import { type ColumnConfig, Model, type ModelConfig } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";

/** Columns in units that are far from each other's. */
const units = [
  { center: 3, scale: 1e-3 },
  { center: -2e4, scale: 1e4 },
  { center: 0.5, scale: 2 },
  { center: 1e30, scale: 1e29 },
  { center: 0, scale: 1e-30 },
];

export const exampleColumns = (dim: number): ColumnConfig[] =>
  Array.from({ length: dim }, (_, i) => {
    const { center, scale } = units[i % units.length];
    const [minimum, maximum] = [center - 3 * scale, center + 3 * scale];
    return { name: `column ${i + 1}`, kind: "continuous", center, scale, minimum, maximum };
  });

export interface ExampleOptions extends Partial<DenseFlowOptions> {
  dim: number;
  columns?: ColumnConfig[];
  seed?: number;
  /** How far every number is moved from where training would start. */
  disorder?: number;
}

/** A model as `fit` would make it, with every trained number moved by noise. */
export function exampleModel({
  dim,
  columns = exampleColumns(dim),
  seed = 1,
  disorder = 0.25,
  ...options
}: ExampleOptions): Model {
  const random = new Random(seed);
  const flow = denseFlow({
    dim,
    layers: 2,
    activation: "spline",
    base: "mixture-of-gaussians",
    front: true,
    random,
    ...options,
  });
  const store = new ParameterStore(Object.values(flow.parameters));
  for (const parameter of store.parameters)
    if (parameter.trainable) {
      const view = store.view(parameter);
      for (let i = 0; i < view.length; i++) view[i] += disorder * random.normal();
    }
  const config: ModelConfig = {
    format: "logdet/1",
    version: "0.0.0",
    created: "2026-01-02T03:04:05.000Z",
    columns,
    flow: flow.config(),
    training: {
      sources: ["example.csv"],
      rows: 100,
      trainRows: 85,
      validationRows: 15,
      dropped: [],
      notices: [],
      recipe: "dense",
      jacobian: "lie",
      optimizer: "adam",
      learningRate: 0.02,
      batch: 85,
      steps: 10,
      epochs: 10,
      bestStep: 10,
      stoppedBy: "finished",
      noise: 0,
      seed: 1,
      seconds: 1,
      parameters: flow.parameterCount,
      curve: [{ step: 0, trainNll: 1, validationNll: 1 }],
    },
    metrics: { validationLogProb: -1, standardError: 0.1, gaussianLogProb: null },
  };
  return new Model(flow, store, config, { threads: 1 });
}

/** Rows as the columns have them, [count, dim], wide enough to reach the tails of every layer. */
export function exampleRows(model: Model, count: number, seed = 6): Float64Array {
  const rows = new Random(seed).fillNormal(new Float64Array(count * model.dim), 1.7);
  return rows.map((value, i) => {
    const { center, scale } = model.columns[i % model.dim];
    return center + scale * value;
  });
}

/** Every base and every activation at least once, and mixtures of nets, D = 1 included. */
export const shapes: readonly ExampleOptions[] = [
  ...Object.keys(distributions).flatMap((base) => [
    { dim: 3, base, activation: "spline" as const, front: true },
    { dim: 1, base, activation: "smooth-leaky-relu" as const, front: false },
  ]),
  ...activations.flatMap((activation) => [
    { dim: 4, activation, layers: 3, front: false },
    { dim: 1, activation, front: true },
  ]),
  { dim: 3, components: 2 },
  { dim: 1, components: 3, front: false },
];

export const shapeName = ({
  dim,
  base = "mixture-of-gaussians",
  activation = "spline",
  front = true,
  layers = 2,
  components = 1,
}: ExampleOptions) =>
  `D = ${dim}, ${layers} layers, ${activation}${front ? " with a spline in front" : ""}, ${base}` +
  (components > 1 ? `, a mixture of ${components}` : "");
