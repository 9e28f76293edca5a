// What the numbers say, in plain words: shared by the report and the model card. The sentences hold names as they
// came, on one line: whoever prints them escapes them.

import { runWords } from "../run-words.js";
import { calibrate } from "./calibration.js";
import { type ColumnSummary, maximumPairColumns, type ReportData } from "./report-data.js";
import { lowestShare, quantile, sortedFinite } from "./statistics.js";
import {
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
export function quality({ metrics, data }: ReportData): string[] {
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
export function trainingStory({ training }: ReportData): string[] {
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
export function densityStory({ heldOutLogProb }: ReportData): string[] {
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

/** How to read the pairwise picture. */
export function pairStory({ pairs, data }: ReportData): string[] {
  const shown = Math.min(pairs.names.length, maximumPairColumns);
  if (shown < 2)
    return [
      "Filled bars are the data, the line is rows drawn from the model. The better the model, the closer they lie.",
    ];
  return [
    "Below the diagonal: rows of the data. Above it, mirrored: as many rows drawn from the model. The better the model, " +
      "the more symmetric the picture.",
    ...(shown < data.columns.length
      ? [`${shown} of the model's ${formatCount(data.columns.length)} columns are shown.`]
      : []),
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
  const expected = 0.05 * bars.length;
  return [
    `How often ${plural(rows, "held-out row")} and ${plural(draws, "row")} drawn from the model have each category, or a ` +
      "missing cell. The better the model, the more alike the two bars.",
    widest.gap === 0
      ? "All shares are the same."
      : `${plural(outside, "share")} of ${formatCount(bars.length)} ${outside === 1 ? "differs" : "differ"} by more than 1.96 ` +
        `standard errors, as ${expected < 1 ? "fewer than one" : `about ${formatCount(expected)}`} would by chance alone. The ` +
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
      "distribution function they should be uniform, and every histogram flat at 1.",
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

/** What the model does not know. */
export function limits({ data, model }: ReportData): string[] {
  const discrete = data.columns
    .filter((column) => column.quantum !== undefined)
    .map((column) => oneLine(column.name));
  return [
    `It has seen ${plural(data.trainRows, "row")}, with ${plural(model.parameters, "parameter")} to fit to them. What did not ` +
      "occur there it cannot know, and rare kinds of rows it knows poorly.",
    `${plural(data.validationRows, "held-out row")} chose the weights that were kept, so the mean log-density above is ` +
      "slightly optimistic. Score rows that played no part in training for an unbiased number.",
    "Densities are per unit of the original columns. They are not comparable across units (metres to millimetres takes " +
      "6.91 nats off each row) or across different sets of columns, and a density may well be above 1.",
    "Outside the range of the training rows (see the columns' minimum and maximum) the density is an extrapolation: " +
      "the row is rightly called unlikely, but the exact number means little.",
    ...(discrete.length > 0
      ? [
          `Discrete columns (${list(discrete)}) were dequantised: every value was spread evenly over the step to its ` +
            "neighbour, because a density on single values would be infinite. Multiply the density by the steps of these " +
            "columns to get, about, the probability of the values themselves.",
        ]
      : []),
    ...datesSplit(data.columns),
    ...(data.columns.some(({ categories }) => categories)
      ? [
          "Categories count with their probability. One that was never seen gets a small one, as if a single row more had " +
            "been spread evenly over all categories and this one; what the model says of the numbers beside it is a guess.",
        ]
      : []),
    ...(data.columns.some(({ missing }) => missing)
      ? [
          "Of a row with missing cells the density is that of what is known, and of which cells are missing. The ONNX file " +
            "takes complete rows only.",
        ]
      : []),
    "A low density says that a row is unusual, not that it is wrong, and a high one not that it is right.",
  ];
}

/** What to compute of a date before it goes into the model's vectors; nothing where there are no dates. */
function datesSplit(columns: readonly ColumnSummary[]): string[] {
  const cuts = new Map(columns.flatMap(({ part }) => (part ? [[oneLine(part.source), part.cut ?? 0]] : [])));
  const shifted = [...cuts].filter(([, cut]) => cut > 0);
  if (cuts.size === 0) return [];
  return [
    `Of dates (${list([...cuts.keys()])}) the model takes what varies of week, weekday and hour: whole weeks since Monday ` +
      "1970-01-05, the weekday's code, hours since midnight. The command line takes dates as they are." +
      shifted
        .map(
          ([name, cut]) =>
            ` Days of ${name} begin at ${formatNumber(cut)} o'clock: earlier hours count from 24 on and belong to the day before.`,
        )
        .join(""),
  ];
}
