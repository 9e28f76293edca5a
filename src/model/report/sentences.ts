// What the numbers say, in plain words: shared by the report and the model card. The sentences hold names as they
// came, on one line: whoever prints them escapes them.

import { runWords } from "../run-words.js";
import { calibrate } from "./calibration.js";
import { hasNumbers, qualityOfCategories, storyOfCategories } from "./categories-alone.js";
import { type ColumnSummary, ownCenterTypes, type ReportData } from "./report-data.js";
import { lowestShare, quantile, sortedFinite } from "./statistics.js";
import {
  aboutByChance,
  formatCount,
  formatDuration,
  formatExponential,
  formatNats,
  formatNumber,
  formatPercent,
  list,
  oneLine,
  plural,
} from "./words.js";

/** What a nat is; said once. */
export const natsExplained =
  "Likelihoods are given as log-densities in nats: one nat more means that the density is e = 2.72 times as high, " +
  "seven nats about a thousand times. Only differences carry meaning, and only between densities of the same " +
  "columns in the same units.";

/** How good the model is on rows it was not trained on. */
export function quality(report: ReportData): string[] {
  if (!hasNumbers(report)) return qualityOfCategories(report);
  const { metrics, data } = report;
  const { validationLogProb, standardError, gaussianLogProb } = metrics;
  const mean =
    `The mean log-density of ${plural(data.validationRows, "held-out row")} is ${formatNats(validationLogProb)} ` +
    `nats per row, with a standard error of ${formatNats(standardError)}.`;
  if (gaussianLogProb === null) return [mean];
  const gain = validationLogProb - gaussianLogProb;
  const isMixed = data.columns.some(({ categories, missing }) => categories || missing);
  const comparison =
    `The model finds held-out rows on average ${formatNats(Math.abs(gain))} nats ${gain >= 0 ? "more" : "less"} ` +
    (isMixed
      ? "likely than a Gaussian whose mean is linear in the categories, with the same probabilities of these, does"
      : "likely than a Gaussian with the same covariance does");
  return [
    gain >= 0
      ? `${comparison}: a density ${formatExponential(gain)} times as high.`
      : `${comparison}: for these rows the Gaussian is the better description, and the model should not be trusted.`,
    mean,
  ];
}

/** How training went. */
export function trainingStory({ data, training }: ReportData): string[] {
  if (!hasNumbers({ data })) return storyOfCategories({ training });
  const { steps, epochs, seconds, stoppedBy, bestStep, noise, runs = [], keepsGaussian = false } = training;
  const { lipschitz = 0, robust = 0 } = training;
  const passes = epochs < 10 ? Number(epochs.toPrecision(2)) : Math.round(epochs);
  const length = plural(steps, "step");
  const over = `${passes === 1 ? "1 pass" : `${formatNumber(passes)} passes`} over the training rows`;
  const reason = oneLine(stoppedBy).replace(/\.$/, "");
  const kept = runs.filter((run) => run.kept).map(runWords);
  if (keepsGaussian) kept.push("a Gaussian with full covariance");
  return [
    ...(runs.length > 1 || keepsGaussian
      ? [
          `${runs.length > 1 ? `${runs.length} nets were trained one after another, each` : "One net was trained"} for up to ` +
            `${length} (${over}), in ${formatDuration(seconds)}${runs.length > 1 ? " altogether" : ""}: ${runs.map(runWords).join("; ")}. Training ended because ${reason}.`,
          kept.length > 1
            ? `The model is the average of ${kept.length} densities, under which the validation rows were more likely than ` +
              `under any one: ${kept.join("; ")}. The curves are those of the best net.`
            : keepsGaussian
              ? "Under none of them were the validation rows more likely than under a Gaussian with full covariance, which is " +
                "the model: there is nothing to see in these rows beyond their covariance. The curves are those of the best net."
              : `Kept was the one under which the validation rows were most likely: ${kept.join("")}.`,
          `${keepsGaussian ? "The best net's" : "Its"} weights are those of step ${formatCount(bestStep)}, the best by the validation rows.`,
        ]
      : [
          `Training took ${length}, ${over}, in ${formatDuration(seconds)}. It ended because ${reason}.`,
          `The weights of step ${formatCount(bestStep)}, under which the validation rows were most likely, were kept.`,
        ]),
    ...(noise > 0
      ? [
          `The training rows carried noise of ${formatNumber(noise)} standard deviations at first, so the training curve may ` +
            "lie above the validation curve.",
        ]
      : []),
    ...(lipschitz > 0
      ? [
          `A penalty of weight ${formatNumber(lipschitz)} kept the net from stretching rows; it is in none of these likelihoods.`,
        ]
      : []),
    ...(robust > 0
      ? [
          `The table may hold rows unlike the others: the least likely ${formatNumber(100 * robust)} % of them had no say in ` +
            "training, and are in none of these likelihoods.",
        ]
      : []),
  ];
}

/** How far training and validation rows are apart under the kept weights. */
export function gapStory({ training, metrics: { standardError } }: ReportData): string[] {
  const kept = training.curve.filter(({ step }) => step <= training.bestStep).at(-1);
  if (!kept) return [];
  const gap = kept.validationNll - kept.trainNll;
  const apart = `${formatNats(Math.abs(gap))} nats ${gap >= 0 ? "less" : "more"} likely than the training rows`;
  const reach = `twice the standard error of the validation rows' mean, ${formatNats(2 * standardError)}`;
  return [
    `Both curves should fall, and end close to each other. At the ring the validation rows are ${apart}: ` +
      (gap <= 2 * standardError
        ? `${gap > 0 ? `within ${reach}. There` : "there"} is no sign that the net learned its rows by heart.`
        : `more than ${reach}. The net knows its own rows better than new ones; more rows would help.`),
  ];
}

/** What a flow without any curve could reach: the dashed lines of the learning curves. */
export function affineStory({ metrics: { affineOptimum, gaussianLogProb } }: ReportData): string[] {
  if (typeof affineOptimum !== "number" || gaussianLogProb === null) return [];
  return [
    "The dashed lines are what can be had without a curve. On the training rows no affine flow with a normal base comes " +
      `below ${formatNats(-affineOptimum)} nats per row, ½ [D (1 + log 2π) + Σ log λ] with the eigenvalues λ of their ` +
      `covariance; the one that comes there is a Gaussian, and has ${formatNats(-gaussianLogProb)} on the validation rows.`,
  ];
}

/** How the kept net treats small volumes and small distances. */
export function stretchingStory({ training }: ReportData): string[] {
  const { monitor = [], bestStep, runs = [], keepsGaussian = false } = training;
  const kept = monitor.filter(({ step }) => step <= bestStep).at(-1) ?? monitor[0];
  if (!kept) return [];
  const { volume, stretching } = kept;
  const isOneOfSeveral = keepsGaussian || runs.filter((run) => run.kept).length > 1;
  return [
    `At step ${formatCount(kept.step)} the ${isOneOfSeveral ? "best net's" : "net's"} map from standardised rows to the ` +
      `latent expands volume around ${formatPercent(volume.expanded)} of ${plural(volume.rows, "training row")}; log|det J| ` +
      `is ${formatNats(volume.mean)} nats on average, with a standard deviation of ${formatNats(volume.standardDeviation)}. ` +
      "The more rows crowd together, the more the volume around them must expand.",
    ...(stretching
      ? [
          `Around ${plural(stretching.rows, "row")} looked at closely, it stretches small changes by at most ` +
            `${formatNumber(stretching.largest, 3)} and shrinks them to no less than ${formatNumber(stretching.smallest, 3)} of ` +
            `their size: an input change of 1e-7 standard deviations can become ${formatSmall(1e-7 * stretching.largest)} in the ` +
            `latent, and a rounding error of 1e-7 in the latent ${formatSmall(1e-7 / stretching.smallest)} standard deviations in a ` +
            `drawn row. The condition number of J is at most ${formatNumber(stretching.condition, 3)}: ${conditioning(stretching.condition)}.`,
        ]
      : []),
  ];
}

const formatSmall = (value: number) => Number(value.toPrecision(2)).toExponential();

/** Float32 has seven digits; a condition number takes as many of them as it has. */
function conditioning(condition: number): string {
  if (condition < 1e3) return "float32 arithmetic is accurate here";
  if (condition < 1e6) return "float32 arithmetic loses digits, but not all";
  return "rows are not to be had back from their latents in float32";
}

/** How the log-density of held-out rows is distributed. */
export function densityStory({ heldOutLogProb, drawnLogProb = [], training }: ReportData): string[] {
  const values = sortedFinite(heldOutLogProb);
  const infinite = heldOutLogProb.length - values.length;
  const missing =
    infinite > 0
      ? [
          `${plural(infinite, "row")} ${infinite === 1 ? "has" : "have"} no finite log-density and cannot be drawn.`,
        ]
      : [];
  if (values.length === 0) return ["There is no held-out row to draw.", ...missing];
  const median = quantile(values, 0.5);
  const unlikely = values.filter((value) => value < median - 10).length / values.length;
  return [
    ...drawnStory(values, sortedFinite(drawnLogProb), training.robust ?? 0),
    `Half of the held-out rows lie between ${formatNats(quantile(values, 0.25))} and ${formatNats(quantile(values, 0.75))} ` +
      `nats. The least likely ${formatPercent(lowestShare)} have less than ${formatNats(quantile(values, lowestShare))}; ` +
      `the least likely of all has ${formatNats(values[0]!)}.`,
    unlikely === 0
      ? "No held-out row is more than 10 nats (a factor of 22,000) less likely than the median row."
      : `${formatPercent(unlikely)} of held-out rows are less likely than the median row by more than 10 nats, ` +
        "a factor of 22,000: look at these first when you search for anomalies.",
    ...missing,
  ];
}

/** How many rows of the data the model finds less likely than nearly all of what it would say the data are. */
function drawnStory(values: readonly number[], drawn: readonly number[], robust: number): string[] {
  if (drawn.length < 100) return [];
  const threshold = quantile(drawn, lowestShare);
  const share = values.filter((value) => value < threshold).length / values.length;
  const error = Math.sqrt(lowestShare * (1 - lowestShare) * (1 / values.length + 1 / drawn.length));
  return [
    `The model finds ${formatPercent(share)} of held-out rows less likely than 99 of 100 rows that it draws itself, below ` +
      `${formatNats(threshold)} nats. One that is right finds ${formatPercent(lowestShare)}, and with so few rows up to ` +
      `${formatPercent(lowestShare + 1.96 * error)}: ` +
      (share > lowestShare + 1.96 * error
        ? `these are more. ${
            robust > 0
              ? `But up to ${formatNumber(100 * robust)} % of the rows may be unlike the others, and had no say.`
              : "The data hold rows that the model does not expect, or its tails are too thin."
          }`
        : share < lowestShare - 1.96 * error
          ? "these are fewer. The model takes the data for wider than they are."
          : "nothing is wrong here."),
  ];
}

/** Whether categories and missing cells are as common in the model as in the data. */
export function categoryStory({ counts }: ReportData): string[] {
  if (!counts) return [];
  const { rows, draws } = counts;
  const bars = counts.columns.flatMap((column) =>
    column.bars.map(({ name, data, model }) => {
      const [held, drawn] = [data / Math.max(1, rows), model / Math.max(1, draws)];
      const share = (data + model) / Math.max(1, rows + draws);
      const error = Math.sqrt(share * (1 - share) * (1 / Math.max(1, rows) + 1 / Math.max(1, draws)));
      return { name: `${column.name}: ${name}`, held, drawn, gap: Math.abs(held - drawn), error };
    }),
  );
  const outside = bars.filter(({ gap, error }) => gap > 1.96 * error).length;
  const widest = bars.reduce((worst, bar) => (bar.gap > worst.gap ? bar : worst));
  return [
    `How often ${plural(rows, "held-out row")} and ${plural(draws, "row")} drawn from the model have each category, or a ` +
      "missing cell. The better the model, the more alike the two bars.",
    widest.gap === 0
      ? "All shares are the same."
      : `${plural(outside, "share")} of ${formatCount(bars.length)} ${outside === 1 ? "differs" : "differ"} by more than 1.96 ` +
        `standard errors, as ${aboutByChance(bars.length)} would by chance alone. The ` +
        `largest gap is at ${oneLine(widest.name)}: ${formatPercent(widest.held)} of held-out rows, ` +
        `${formatPercent(widest.drawn)} of draws.`,
  ];
}

/** Whether extreme values are as common in the model as in the data. */
export function tailStory({ tails }: ReportData): string[] {
  if (!tails) return [];
  if (tails.length === 0)
    return [
      "The tails match: by Hill's estimates, extreme values are as common in the model as in the data.",
    ];
  return [
    `The tails do not match everywhere: ${list(tails.map(oneLine))}. The numbers are Hill's estimates of the tail ` +
      "index: the heavier a tail, the larger. Where the data's is heavier, extreme values are more common than the " +
      "model says.",
  ];
}

/** How well the latent dimensions follow the base. */
export function latentStory({ pit }: ReportData): string[] {
  const panels = calibrate(pit);
  const bars = panels.reduce((sum, panel) => sum + panel.bins.length, 0);
  const outside = panels.reduce((sum, panel) => sum + panel.outside, 0);
  const share = outside / Math.max(1, bars);
  const verdict =
    share <= 0.1
      ? "about what chance alone does"
      : share <= 0.3
        ? "more than chance alone does: the shape of the density is roughly right"
        : "far more than chance alone does: use p-values from the base with care";
  return [
    "The model maps every row to latent numbers that should follow its base distribution. After the base's " +
      "distribution function they should be uniform, and every histogram flat at 1. A hump in the middle means that the " +
      "model is too wide there, high ends that it is too narrow, a slope that it lies to one side.",
    `${plural(outside, "bar")} of ${formatCount(bars)} ${outside === 1 ? "lies" : "lie"} outside the grey band, which holds ` +
      `95 % of bars if the model is right (about ${formatCount(0.05 * bars)} outside by chance): ${verdict}.`,
    ...(panels.length < pit.length
      ? [`The first ${panels.length} of ${formatCount(pit.length)} latent dimensions are shown.`]
      : []),
  ];
}

/** Goes on after the rows held out for validation: ", 100 rows set apart to calibrate p-values", or nothing. */
export function setApart({ calibrationRows = 0 }: ReportData["data"]): string {
  return calibrationRows > 0 ? `, ${plural(calibrationRows, "row")} set apart to calibrate p-values` : "";
}

/** Whose mean and standard deviation the table of columns has, where not all are those of all rows. */
export function meansStory({ data }: ReportData): string[] {
  const isOther = data.columns.some(({ type = "" }) => ownCenterTypes.includes(type));
  return isOther
    ? [`Mean and standard deviation of ${list(ownCenterTypes)} columns are those of the held-out rows.`]
    : [];
}

/** Types that say more than a column's kind does: the kind itself stands for all others. */
const tellingTypes = ["positive", "interval", "heavy-tailed", "boolean"];

/** "continuous", "discrete, heavy-tailed", "boolean, may be missing". */
export function kindWords({
  kind,
  type = "",
  missing,
}: Pick<ColumnSummary, "kind" | "type" | "missing">): string {
  const telling = tellingTypes.includes(type) ? type : undefined;
  const words = telling === "boolean" ? [telling] : telling ? [kind, telling] : [kind];
  return [...words, ...(missing ? ["may be missing"] : [])].join(", ");
}
