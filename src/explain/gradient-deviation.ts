// The slope of the log-density times how far the value is from the column's mean.

import { fillCategories } from "./categories.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";

/**
 *   nats_d = −(x_d − mean_d) ∂ log p(x) / ∂x_d
 *
 * What the row would gain, to first order, if the value moved to the column's mean. Under a Gaussian with independent
 * columns twice the true gain. Cost: one score function a row.
 *
 * @see Shrikumar et al., "Learning important features through propagating activation differences", ICML 2017
 */
export const gradientDeviation: ExplanationMethod = {
  summary: "slope of the log-density times the distance from the column's mean",
  complete: false,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} (${expected} expected given the rest): ${nats} nats by slope and distance from the mean`,
  attribute,
};

async function attribute(question: Question): Promise<Attribution> {
  const { model, rows } = question;
  const dim = model.columns.length;
  const score = await model.scoreFunction(rows);
  const nats = rows.map((value, i) =>
    Number.isNaN(value) ? 0 : -(value - model.columns[i % dim].center) * score[i],
  );
  await fillCategories(question, nats);
  return { nats };
}
