// Rows of a model's columns as points of its flow.

import { layoutOf, writeCoordinates } from "../../data/index.js";
import { latentMaps } from "../../flows/index.js";
import type { Model } from "../../model/index.js";
import { farthest } from "../../onnx/index.js";
import { ParameterStore, Program } from "../../runtime/index.js";
import { input, type Tensor } from "../../tensor/index.js";
import { Refusal, shorten } from "../refusal.js";
import type { NotShown } from "./jacobian-answers.js";
import { isOfValues } from "./look-axes.js";

/** Columns of numbers that pictures of single maps are made for: beyond, a page would wait for seconds. */
const widest = 256;

/** Why a picture of single maps cannot be made of a model; undefined where it can. */
export function whyNotShown({ numericDim }: Model, fewest: 1 | 2): NotShown | undefined {
  if (numericDim === 0)
    return { notShown: "All of the model's columns are categories: there is no map to look at." };
  if (numericDim < fewest)
    return { notShown: "The model has one column of numbers: there is no plane that its layers could bend." };
  if (numericDim > widest)
    return { notShown: `The model has ${numericDim} columns of numbers; this is shown for up to ${widest}.` };
  return undefined;
}

/** Names of the columns of numbers, each a coordinate of the flow. */
export const numericColumns = ({ columns }: Model): string[] =>
  columns.filter(({ kind }) => kind !== "categorical").map(({ name }) => name);

/** The columns that a page asks for; one that is no column of numbers asks for nothing. */
export interface Axes {
  readonly x?: string | undefined;
  readonly y?: string | undefined;
}

/**
 * Two different columns of numbers; one, where the model has no more. In place of what is not asked for the first ones of many
 * values: a density is shown over these, too.
 *
 * @throws Refusal 400 where a name is no column's
 */
export function planeOf(model: Model, { x, y }: Axes): readonly [x: string, y: string | undefined] {
  const numeric = model.columns
    .filter(({ kind }) => kind !== "categorical")
    .sort((a, b) => Number(isOfValues(a)) - Number(isOfValues(b)))
    .map(({ name }) => name);
  for (const name of [x, y])
    if (name && !model.columns.some((column) => column.name === name))
      throw new Refusal(400, `the model has no column "${shorten(name)}"`);
  const up = numeric.find((name) => name === y && name !== x);
  const across = numeric.find((name) => name === x) ?? numeric.find((name) => name !== up) ?? numeric[0];
  return [across, up ?? numeric.find((name) => name !== across)];
}

/**
 * Coordinates of rows, row-major [n, width]: standardised numbers first, then what stands for categories. Missing numbers
 * are NaN.
 */
export function flowPoints(model: Model, cells: Float64Array): { x: Float64Array; width: number } {
  const layout = layoutOf(model.columns);
  const x = new Float64Array((cells.length / model.dim) * layout.width);
  writeCoordinates(model.columns, layout, cells, x, { limit: farthest });
  return { x, width: layout.width };
}

/** Runs a formula of rows once, in the precision that is asked for. */
export async function runOnce<Name extends string>(
  model: Model,
  outputs: Readonly<Record<Name, Tensor>>,
  inputs: Readonly<Record<string, Float64Array>>,
  float: "float32" | "float64",
): Promise<Record<Name, Float64Array>> {
  const parameters = float === "float64" ? inDouble(model) : model.parameters;
  const program = await Program.compile(outputs, { parameters, threads: 1 });
  try {
    const given = Object.entries(inputs).map(([name, values]) => [
      name,
      float === "float64" ? values : Float32Array.from(values),
    ]);
    const found = Object.entries(await program.run(Object.fromEntries(given)));
    return Object.fromEntries(
      found.map(([name, values]) => [name, Float64Array.from(values as Float64Array)]),
    ) as Record<Name, Float64Array>;
  } finally {
    await program.release();
  }
}

/** The model's numbers as they are, in float64. */
function inDouble({ flow, parameters }: Model): ParameterStore {
  const all = Object.values(flow.parameters);
  const store = new ParameterStore(all, { float: "float64" });
  for (const parameter of all) store.view(parameter).set(parameters.view(parameter));
  return store;
}

/** What each of a model's nets says of rows: one in a plain flow, several in a mixture or an average. */
export interface NetsAt {
  /** log|det J| of each row and net, nats in standardised units, [nets][n]. */
  readonly logDet: readonly Float64Array[];
  /** What a net adds to the model's density, its weight included, logarithm, nats in standardised units: [nets][n]. */
  readonly logProb: readonly Float64Array[];
  /** The share that a net has in a row's density, [nets][n]. */
  readonly share: readonly Float64Array[];
}

/** Looks at points, row-major [n, width] without NaN. */
export async function netsAt(
  model: Model,
  x: Float64Array,
  width: number,
  float: "float32" | "float64",
): Promise<NetsAt> {
  const rows = x.length / width;
  const maps = latentMaps(model.flow, input("x", ["batch", width]));
  const named = maps.flatMap(({ logDet, logProb }, k): [string, Tensor][] => [
    [`logDet_${k}`, logDet],
    [`logProb_${k}`, logProb],
  ]);
  const found = await runOnce(model, Object.fromEntries(named), { x }, float);
  // One number where the volume is the same everywhere.
  const each = (values: Float64Array) =>
    values.length === rows ? values : new Float64Array(rows).fill(values[0]);
  const logProb = maps.map((_, k) => found[`logProb_${k}`]);
  const total = Float64Array.from({ length: rows }, (_, row) => {
    const largest = Math.max(...logProb.map((values) => values[row]));
    return largest + Math.log(logProb.reduce((sum, values) => sum + Math.exp(values[row] - largest), 0));
  });
  return {
    logDet: maps.map((_, k) => each(found[`logDet_${k}`])),
    logProb,
    share: logProb.map((values) => values.map((value, row) => Math.exp(value - total[row]))),
  };
}
