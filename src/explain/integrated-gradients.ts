// The slope of the log-density, added up on the way from the nearest typical row to the row.

import { nearestTypical } from "./background.js";
import { isCategorical } from "./categories.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";
import { sweepLogProb, sweepScores } from "./sweep.js";

/** Pieces of the straight part of the way. */
const pieces = 64;

/**
 * Integrated gradients from the nearest typical draw of the model, x′:
 *
 *   nats_d = −(x_d − x′_d) ∫₀¹ ∂ log p(x′ + t (x − x′)) / ∂x_d dt
 *
 * They add up to log p(x′) − log p(x). First the categories of x are put into x′, one column after the other, each for
 * the difference that it makes; then the numbers go straight, in 64 pieces by the midpoint rule. What that misses on a
 * piece, where slopes jump at a knot, is shared out over the piece in proportion to |nats|: so the sum holds to float32's
 * rounding. Cost: 64 score functions and as many log-densities a row.
 *
 * @see Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017
 */
export const integratedGradients: ExplanationMethod = {
  summary: "slopes of the log-density added up on the way from the nearest typical row",
  complete: true,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} makes the row ${nats} nats less likely than ${expected} in the nearest typical row`,
  attribute,
};

async function attribute(question: Question): Promise<Attribution> {
  const { model, rows, background } = question;
  const dim = model.columns.length;
  const count = rows.length / dim;
  const nearest = nearestTypical(model, rows, background);
  const start = new Float64Array(rows.length);
  for (let i = 0; i < count; i++)
    start.set(background.rows.subarray(nearest[i] * dim, (nearest[i] + 1) * dim), i * dim);
  // A missing cell is missing all along the way.
  for (const [i, value] of rows.entries()) if (Number.isNaN(value)) start[i] = value;

  const nats = new Float64Array(rows.length);
  const stations = await categorySteps(question, start, nats);
  const along = (row: Float64Array, i: number, t: number) => {
    for (let d = 0; d < dim; d++) {
      const [from, to] = [start[i * dim + d], rows[i * dim + d]];
      row[d] = isCategorical(model, d) ? to : from + t * (to - from);
    }
  };
  const heights = new Float64Array(count * (pieces + 1));
  await sweepLogProb(model, heights.length, {
    fill: (row, index) => along(row, Math.floor(index / (pieces + 1)), (index % (pieces + 1)) / pieces),
    take: ([value], index) => heights.set([value], index),
  });
  const part = new Float64Array(dim);
  await sweepScores(model, count * pieces, {
    fill: (row, index) => along(row, Math.floor(index / pieces), ((index % pieces) + 0.5) / pieces),
    take(score, index) {
      const [i, piece] = [Math.floor(index / pieces), index % pieces];
      const at = i * (pieces + 1) + piece;
      let missed = heights[at] - heights[at + 1];
      let size = 0;
      for (let d = 0; d < dim; d++) {
        const moved = isCategorical(model, d) ? 0 : (rows[i * dim + d] - start[i * dim + d]) / pieces;
        part[d] = Number.isNaN(moved) || moved === 0 ? 0 : -score[d] * moved;
        missed -= part[d];
        size += Math.abs(part[d]);
      }
      for (let d = 0; d < dim; d++)
        nats[i * dim + d] += part[d] + (size > 0 ? (missed * Math.abs(part[d])) / size : 0);
    },
  });
  return { nats, expected: start, baseline: stations };
}

/**
 * What putting the row's categories into the typical row costs, column by column, added to `nats`.
 *
 * @returns log p of the typical rows, [n]
 */
async function categorySteps(
  { model, rows }: Question,
  start: Float64Array,
  nats: Float64Array,
): Promise<Float64Array> {
  const dim = model.columns.length;
  const categorical = Array.from(model.columns.keys()).filter((d) => isCategorical(model, d));
  const now = start.slice();
  const first = await model.logProb(now);
  let before = first;
  for (const d of categorical) {
    for (let i = d; i < now.length; i += dim) now[i] = rows[i];
    const after = await model.logProb(now);
    for (let i = 0; i < after.length; i++) nats[i * dim + d] = before[i] - after[i];
    before = after;
  }
  return first;
}
