// Slopes and what curvature adds to them: the full-gradient, as far as it belongs to columns.

import { fillCategories } from "./categories.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";

/** Half the distance between the two slopes whose difference is the curvature, as a share of the distance from the mean. */
const step = 0.05;

/**
 * The full-gradient. With u the standardised row and f = log p,
 *
 *   nats_d = −u_d ∂f/∂u_d + ½ u_d (H u)_d,   H = ∂²f/∂u∂uᵀ
 *
 * Srinivas and Fleuret split the output of a piecewise linear net into slope times input and a part of every bias. In
 * a dense flow of smooth curves a bias belongs to a hidden unit and not to a column, and what all biases together
 * leave to be explained, f(u) − u·∇f, is to second order f(0) − ½ uᵀH u: that is what is shared out here. So the nats of
 * a row add up to f(mean) − f(x) to second order; exactly under a Gaussian. H u is a central difference of score
 * functions. Cost: three score functions a row.
 *
 * @see Srinivas and Fleuret, "Full-gradient representation for neural network visualization", NeurIPS 2019
 */
export const fullGradient: ExplanationMethod = {
  summary: "slope and curvature times the distance from the column's mean",
  complete: false,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} (${expected} expected given the rest): ${nats} nats by slope, curvature and distance from the mean`,
  attribute,
};

async function attribute(question: Question): Promise<Attribution> {
  const { model, rows } = question;
  const { columns } = model;
  const dim = columns.length;
  const deviation = rows.map((value, i) =>
    columns[i % dim].kind === "categorical" ? 0 : value - columns[i % dim].center,
  );
  const scoreAt = (share: number) =>
    model.scoreFunction(rows.map((value, i) => value + share * deviation[i]));
  const [below, here, above] = [await scoreAt(-step), await scoreAt(0), await scoreAt(step)];
  const nats = rows.map((value, i) => {
    if (Number.isNaN(value)) return 0;
    const curvature = (above[i] - below[i]) / (2 * step);
    return -deviation[i] * (here[i] - curvature / 2);
  });
  await fillCategories(question, nats);
  return { nats };
}
