// The slope of the log-density, averaged over noisy copies of the row.

import { fillCategories } from "./categories.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";
import { sweepScores } from "./sweep.js";

const copies = 48;
/** Of the noise, in standard deviations of each column. */
const spread = 0.15;

/**
 * SmoothGrad: how steeply the log-density rises with the column, in nats per standard deviation of the column,
 *
 *   nats_d = scale_d |E ∂ log p(x + ε) / ∂x_d|,   ε ~ normal(0, (0.15 scale)²), 48 draws, the same for all rows
 *
 * A sensitivity, not a share of the row's strangeness: it never is negative. Cost: 48 score functions a row.
 *
 * @see Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017
 */
export const smoothGrad: ExplanationMethod = {
  summary: "slope of the log-density around the row, per standard deviation of the column",
  complete: false,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} (${expected} expected given the rest): ${nats} nats per standard deviation`,
  attribute,
};

async function attribute(question: Question): Promise<Attribution> {
  const { model, rows, random } = question;
  const { columns } = model;
  const dim = columns.length;
  const noise = random.split("smooth-grad").fillNormal(new Float64Array(copies * dim), spread);
  const nats = new Float64Array(rows.length);
  await sweepScores(model, (rows.length / dim) * copies, {
    fill(row, index) {
      const [from, copy] = [Math.floor(index / copies) * dim, (index % copies) * dim];
      for (const [d, { kind, scale }] of columns.entries())
        row[d] = rows[from + d] + (kind === "categorical" ? 0 : scale * noise[copy + d]);
    },
    take(score, index) {
      const from = Math.floor(index / copies) * dim;
      for (let d = 0; d < dim; d++) nats[from + d] += (score[d] * columns[d].scale) / copies;
    },
  });
  for (const [i, value] of rows.entries()) nats[i] = Number.isNaN(value) ? 0 : Math.abs(nats[i]);
  await fillCategories(question, nats);
  return { nats };
}
