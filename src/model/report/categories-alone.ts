// What the report and the model card say of categories alone: probabilities, no net, no latent.

import type { ReportData } from "./report-data.js";
import { formatDuration, formatExponential, formatNats, plural } from "./words.js";

/** Whether a column is a number: rows then have a density, and a net was trained. */
export const hasNumbers = ({ data }: Pick<ReportData, "data">): boolean =>
  data.columns.some(({ categories }) => categories === undefined);

/** What a nat is; said once. */
export const natsOfProbabilities =
  "Likelihoods are given as log-probabilities in nats: one nat more means e = 2.72 times the probability, seven nats about " +
  "a thousand times. Over all rows that there can be the probabilities add up to 1.";

/** How good the model is on rows it was not fitted to: what the columns say of each other. */
export function qualityOfCategories({ metrics, data }: ReportData): string[] {
  const { validationLogProb, standardError, independentLogProb = validationLogProb } = metrics;
  const gain = validationLogProb - independentLogProb;
  const comparison = `The model finds held-out rows on average ${formatNats(Math.abs(gain))} nats`;
  const frequencies = "likely than independent columns with the same frequencies do";
  const ofColumns =
    // To the digits that are printed.
    Math.abs(gain) < 0.0005
      ? "The model finds held-out rows as likely as independent columns do: nothing is to be seen that one column says of another."
      : gain > 0
        ? `${comparison} more ${frequencies}: a probability ${formatExponential(gain)} times as high.`
        : `${comparison} less ${frequencies}: these may as well be taken for independent.`;
  return [
    ...(data.columns.length > 1 ? [ofColumns] : []),
    `The mean log-probability of ${plural(data.validationRows, "held-out row")} is ${formatNats(validationLogProb)} nats per ` +
      `row, with a standard error of ${formatNats(standardError)}.`,
  ];
}

/** How the model was found. */
export const storyOfCategories = ({ training }: Pick<ReportData, "training">): string[] => [
  "There are no learning curves: no column of numbers varies, so no net was trained. The latent classes were found by " +
    `expectation-maximisation, their number by rows set aside for that, in ${formatDuration(training.seconds)}.`,
];

/** What the model does not know, beside what no model does. */
export function limitsOfCategories({ columns }: ReportData["data"]): string[] {
  return [
    "Log-probabilities are not comparable across different sets of columns: a column more makes no row more likely.",
    "A category that was never seen gets a small probability, as if a single row more had been spread evenly over all " +
      "categories of its column and this one. Drawn rows never have it.",
    ...(columns.some(({ missing }) => missing)
      ? [
          "That a cell is missing counts as a category of its column. In the ONNX files it is NaN, and drawn rows are complete.",
        ]
      : []),
    "Rows have no latent: log_prob.onnx has the outputs log_prob and score, and the score, a slope, is 0.",
  ];
}
