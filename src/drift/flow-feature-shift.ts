// Which columns moved, by flows: Feature Shift Detection where both densities share a map and differ in their base.

import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";
import { breathe } from "../runtime/breathe.js";
import { Program } from "../runtime/index.js";
import { gradients, input, mul, sum } from "../tensor/index.js";
import type { Points } from "./coordinates.js";
import {
  type FeatureShift,
  type FeatureShiftOptions,
  pairOf,
  scoreDifference,
  secondMoments,
  standardizedStep,
} from "./feature-shift.js";
import { shuffle, stopIfAsked } from "./permutations.js";

/**
 * The score-based statistic with densities p = N(f(x); μ_p, Σ_p) |det J_f(x)| and q alike, f a flow with a normal base
 * that was fitted to the rows of both samples. The log-determinants cancel, and
 *
 *   ∂ log p(x) − ∂ log q(x) = J_f(x)ᵀ (A f(x) + b)
 *
 * with A, b in closed form from the latents of either sample. So thresholds cost no fits: for every permutation of the
 * labels only the Gaussians are fitted anew. f knows no labels: the level is exact. Columns are not taken out one after
 * the other, as a flow cannot be marginalised. O(N D²) memory, O(N D² + D³) for each permutation.
 *
 * @param model of columns of numbers, with a normal base; of no components
 * @param rows of both samples, row-major, the columns in the model's order and units; the first `first` are the first's
 * @param columnOf for each of the model's columns, its place in the result
 */
export async function flowFeatureShift(
  model: Model,
  rows: Float64Array,
  first: number,
  columnOf: Uint32Array,
  { level, columns, permutations: { count, scale }, random, signal }: FeatureShiftOptions,
): Promise<FeatureShift> {
  const dim = model.columns.length;
  const total = rows.length / dim;
  const latent = await model.latent(rows);
  const points = centered(latent, { dim, rows: total, first, columnOf });
  const jacobian = await jacobiansOf(model, rows);
  const whole = secondMoments(points.values, total, dim);
  const labels = new Uint8Array(total).fill(1, 0, first);
  const draws: Float64Array[] = [];
  for (let i = 0; i <= scale + count; i++) {
    await breathe();
    stopIfAsked(signal);
    if (i > 0) shuffle(labels, random);
    draws.push(statisticsOf(scoreDifference(pairOf(points, whole, labels), dim), points, jacobian, columns));
  }
  const known = [...new Set(columnOf)];
  const { pValue, statistics, standardized, thresholds, quantile } = standardizedStep(draws, known, {
    level,
    scale,
  });
  return {
    pValue,
    columns: Array.from({ length: columns }, (_, j) => {
      const moved = standardized[j] > quantile;
      return {
        statistic: statistics[j],
        threshold: thresholds[j],
        standardized: standardized[j],
        moved,
        step: moved ? 1 : null,
      };
    }),
  };
}

function centered(latent: Float64Array, shape: Omit<Points, "values">): Points {
  const mean = new Float64Array(shape.dim);
  for (let i = 0; i < latent.length; i++) mean[i % shape.dim] += latent[i] / shape.rows;
  return { ...shape, values: latent.map((value, i) => value - mean[i % shape.dim]) };
}

/** ∂z_a/∂x_b of every row, x standardised: [rows, D, D]. One pass back a latent coordinate. */
async function jacobiansOf({ flow, parameters, columns }: Model, rows: Float64Array): Promise<Float32Array> {
  const dim = columns.length;
  const total = rows.length / dim;
  const [x, weights] = [input("x", ["batch", dim]), input("weights", ["batch", dim])];
  const [slope] = gradients(sum(mul(flow.bijection.forward(x).y, weights)), [x]);
  if (!slope) throw new LogdetError("numeric", "the flow does not depend on its rows");
  const program = await Program.compile({ slope }, { parameters });
  const standardized = Float32Array.from(rows, (value, i) => {
    const { center, scale } = columns[i % dim];
    return (value - center) / scale;
  });
  const jacobian = new Float32Array(total * dim * dim);
  for (let a = 0; a < dim; a++) {
    const chosen = new Float32Array(total * dim);
    for (let i = 0; i < total; i++) chosen[i * dim + a] = 1;
    const { slope: row } = await program.run({ x: standardized, weights: chosen });
    for (let i = 0; i < total; i++) jacobian.set(row.subarray(i * dim, (i + 1) * dim), (i * dim + a) * dim);
  }
  await program.release();
  return jacobian;
}

function statisticsOf(
  { matrix, offset }: { matrix: Float64Array; offset: Float64Array },
  { values, rows, dim, columnOf }: Points,
  jacobian: Float32Array,
  columns: number,
): Float64Array {
  const statistics = new Float64Array(columns);
  const slope = new Float64Array(dim);
  for (let i = 0; i < rows; i++) {
    slope.fill(0);
    for (let a = 0; a < dim; a++) {
      let difference = offset[a];
      for (let b = 0; b < dim; b++) difference += matrix[a * dim + b] * values[i * dim + b];
      const start = (i * dim + a) * dim;
      for (let b = 0; b < dim; b++) slope[b] += jacobian[start + b] * difference;
    }
    for (let b = 0; b < dim; b++) statistics[columnOf[b]] += (slope[b] * slope[b]) / rows;
  }
  return statistics;
}
