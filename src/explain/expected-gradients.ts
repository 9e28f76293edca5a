// The slope of the log-density on the ways from many rows to the row, on average.

import { fillCategories, isCategorical } from "./categories.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";
import { sweepScores } from "./sweep.js";

/** Pairs of a background row and a place on the way from it. */
const pairs = 128;

/**
 * Expected gradients: integrated gradients from all rows of the background at once, one place on the way from each,
 *
 *   nats_d = −E (x_d − x′_d) ∂ log p(x′ + t (x − x′)) / ∂x_d,   x′ drawn from the model, t uniform
 *
 * They add up to E log p(x′) − log p(x) in expectation only: 128 pairs are an estimate, with one t in each 128th of the
 * way. Categories have no slope and stay the row's own: they get the difference to the likeliest one given the rest, which
 * is not part of that sum. Cost: 128 score functions a row.
 *
 * @see Erion et al., "Improving performance of deep learning models with axiomatic attribution priors and expected
 * gradients", Nature Machine Intelligence 2021
 */
export const expectedGradients: ExplanationMethod = {
  summary: "slopes of the log-density on the ways from rows drawn from the model, on average",
  complete: false,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} (${expected} expected given the rest) makes the row ${nats} nats less likely than rows drawn from the model`,
  attribute,
};

async function attribute(question: Question): Promise<Attribution> {
  const { model, rows, background } = question;
  const dim = model.columns.length;
  const random = question.random.split("expected-gradients");
  const order = random.permutation(pairs);
  const t = Float64Array.from(order, (k) => (k + random.uniform()) / pairs);
  const from = (pair: number, d: number) => background.rows[(pair % background.count) * dim + d];
  const nats = new Float64Array(rows.length);
  await sweepScores(model, (rows.length / dim) * pairs, {
    fill(row, index) {
      const [i, pair] = [Math.floor(index / pairs), index % pairs];
      for (let d = 0; d < dim; d++) {
        const value = rows[i * dim + d];
        row[d] = isCategorical(model, d) ? value : value + (1 - t[pair]) * (from(pair, d) - value);
      }
    },
    take(score, index) {
      const [i, pair] = [Math.floor(index / pairs), index % pairs];
      for (let d = 0; d < dim; d++) {
        const value = rows[i * dim + d];
        if (!isCategorical(model, d) && !Number.isNaN(value))
          nats[i * dim + d] -= ((value - from(pair, d)) * score[d]) / pairs;
      }
    },
  });
  await fillCategories(question, nats);
  return { nats };
}
