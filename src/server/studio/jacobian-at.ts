// The Jacobian of a model's map to the latent at one row, by exact derivatives.

import { latentMaps } from "../../flows/index.js";
import { impute, type Model } from "../../model/index.js";
import { unitsLogDet } from "../../model/parts.js";
import { stretchedDirections } from "../../runtime/index.js";
import { gradients, input, type Tensor } from "../../tensor/index.js";
import { Refusal } from "../refusal.js";
import { flowPoints, netsAt, numericColumns, runOnce } from "./flow-points.js";
import type { JacobianAnswer, StretchedStep } from "./jacobian-answers.js";
import type { ChosenRow } from "./some-rows.js";

/** Columns, and coordinates of the latent, that a picture has room for. */
const mostShown = 40;
/** Columns that are named of a direction. */
const mostNamed = 4;
/** Draws that a missing number is the median of. */
const draws = 40;

/** A map's Jacobian at a row. */
export interface JacobianAt {
  /** ∂z_i/∂x_j, row-major [D, D], x standardised. */
  readonly matrix: Float64Array;
  /** Of the net that gives the row the largest share of its density. Nats, standardised units. */
  readonly logDet: number;
  readonly baseLogProb: number;
  /** From 0, of so many, and its share in the row's density. */
  readonly net: { readonly place: number; readonly count: number; readonly share: number };
  /** The row with missing numbers filled, [columns]. */
  readonly filled: Float64Array;
}

/**
 * J = ∂z/∂x at a row, x standardised and categories held: D passes backward in one batch, in float64. Row i of J is
 * e_iᵀ J. The model's other nets, if it has several, have no part in it. A missing number counts as what the model expects
 * there, the median of 40 draws.
 *
 * @param model with columns of numbers: see whyNotShown
 * @param cells the row, [columns]
 */
export async function jacobianAt(model: Model, cells: Float64Array): Promise<JacobianAt> {
  const dim = model.numericDim;
  const { x, width } = flowPoints(model, cells);
  const isIncomplete = x.some(Number.isNaN);
  const filled = isIncomplete ? (await impute(model, cells, { draws, sweeps: 10, threads: 1 })).rows : cells;
  const complete = isIncomplete ? flowPoints(model, filled).x : x;
  // That a number was missing is a coordinate too: only the number itself is filled.
  const point = x.map((value, i) => (Number.isNaN(value) ? complete[i] : value));

  const { logDet, logProb, share } = await netsAt(model, point, width, "float64");
  const place = share.reduce((best, [value], k) => (value > share[best][0] ? k : best), 0);
  const given = input("x", ["batch", width]);
  const upstream = input("direction", ["batch", width]);
  const [slope] = gradients(latentMaps(model.flow, given)[place].latent, [given], { upstream });
  const copies = Float64Array.from({ length: dim * width }, (_, i) => point[i % width]);
  const directions = Float64Array.from({ length: dim * width }, (_, i) =>
    i % width === Math.floor(i / width) ? 1 : 0,
  );
  const { pulled } = await runOnce(
    model,
    { pulled: slope as Tensor },
    { x: copies, direction: directions },
    "float64",
  );
  return {
    matrix: Float64Array.from(
      { length: dim * dim },
      (_, i) => pulled[Math.floor(i / dim) * width + (i % dim)],
    ),
    logDet: logDet[place][0],
    baseLogProb: logProb[place][0] - logDet[place][0],
    net: { place, count: share.length, share: share[place][0] },
    filled,
  };
}

/** A row's Jacobian as pages show it. O(D³). @throws Refusal 422 where it is not finite */
export async function describeJacobian(model: Model, { cells, number }: ChosenRow): Promise<JacobianAnswer> {
  const { matrix, logDet, baseLogProb, net, filled } = await jacobianAt(model, cells);
  if (![...matrix, logDet, baseLogProb, net.share].every(Number.isFinite))
    throw new Refusal(422, `row ${number} lies too far from the data: the flow cannot be computed there`, {
      hint: "Choose another row.",
    });
  const names = numericColumns(model);
  const dim = names.length;
  const { values, directions } = stretchedDirections(matrix, dim);
  const at = (i: number, j: number) => matrix[i * dim + j];
  const all = names.map((_, i) => i);
  const columns = strongest(all.map((j) => Math.hypot(...all.map((i) => at(i, j)))));
  const latents = strongest(all.map((i) => Math.hypot(...all.map((j) => at(i, j)))));
  const step = (i: number): StretchedStep => ({
    stretch: values[i],
    parts: partsOf(directions.subarray(i * dim, (i + 1) * dim), names),
  });
  const units = unitsLogDet(model.config);
  const others = -Math.log(net.share);
  return {
    row: number,
    cells: model.columns.slice(0, mostShown).map(({ name, categories, kind }, d) => {
      const cell = cells[d];
      const isMissing = Number.isNaN(cell);
      const value = isMissing ? null : kind === "categorical" ? (categories?.[cell] ?? "(never seen)") : cell;
      return { column: name, value, filled: isMissing && kind !== "categorical" ? filled[d] : null };
    }),
    size: dim,
    columns: columns.map((j) => names[j]),
    latents: latents.map((i) => i + 1),
    matrix: latents.map((i) => columns.map((j) => at(i, j))),
    singularValues: Array.from(values),
    ...{ logDet, baseLogProb, unitsLogDet: units, othersLogProb: others },
    logProb: baseLogProb + logDet + units + others,
    net: { number: net.place + 1, count: net.count, share: net.share },
    most: step(0),
    least: step(dim - 1),
  };
}

/** The places of the largest numbers, in order of place. */
const strongest = (sizes: readonly number[]): number[] =>
  Array.from(sizes.keys())
    .sort((i, j) => sizes[j] - sizes[i])
    .slice(0, mostShown)
    .sort((i, j) => i - j);

/** The columns that a direction is made of, of its two signs the one with the largest share positive. */
function partsOf(direction: Float64Array, names: readonly string[]): StretchedStep["parts"] {
  const order = Array.from(direction.keys()).sort((i, j) => Math.abs(direction[j]) - Math.abs(direction[i]));
  const sign = Math.sign(direction[order[0]]) || 1;
  return order
    .slice(0, mostNamed)
    .filter((i) => Math.abs(direction[i]) >= 0.1)
    .map((i) => ({ column: names[i], share: sign * direction[i] }));
}
