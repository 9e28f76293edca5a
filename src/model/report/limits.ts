// What a model cannot tell, in plain words: only what holds for this model, with its numbers. Shared by the report and the
// model card.

import { hasNumbers, limitsOfCategories } from "./categories-alone.js";
import type { ColumnSummary, ReportData } from "./report-data.js";
import { formatCount, formatExtreme, formatNumber, list, oneLine, plural } from "./words.js";

/** What the model does not know. */
export function limits({ data, model, training, tails = [] }: ReportData): string[] {
  const { columns, trainRows, validationRows } = data;
  const isDensity = hasNumbers({ data });
  return [
    `It has seen ${plural(trainRows, "row")}, with ${plural(model.parameters, "parameter")} to fit to them. What did not ` +
      "occur there it cannot know, and rare kinds of rows it knows poorly.",
    `A low ${isDensity ? "density" : "probability"} says that a row is unusual, not that it is wrong, and a high one not that it is right.`,
    ...promise(data),
    ...(isDensity
      ? [
          `${plural(validationRows, "held-out row")} chose the weights that were kept, so the mean log-density above is ` +
            "slightly optimistic. Score rows that played no part in training for an unbiased number.",
        ]
      : []),
    "It knows which values go together, not why. What would happen if somebody changed one, it cannot tell.",
    "It is of the rows of its time: where the data change, what it says no longer holds. logdet shift compares newer rows " +
      "with it.",
    ...(isDensity
      ? [
          "Densities are per unit of the original columns. They are not comparable across units (metres to millimetres takes " +
            "6.91 nats off each row) or across different sets of columns, and a density may well be above 1.",
        ]
      : limitsOfCategories(data)),
    ...beyondTheData(columns, tails.length > 0),
    ...discreteColumns(columns),
    ...datesSplit(columns),
    ...(isDensity && columns.some(({ categories }) => categories)
      ? [
          "Categories count with their probability. One that was never seen gets a small one, as if a single row more had " +
            "been spread evenly over all categories and this one; what the model says of the numbers beside it is a guess.",
        ]
      : []),
    ...(isDensity ? missingCells(columns) : []),
    ...robustness(training.robust ?? 0),
  ];
}

/** What p-values promise, and what not. */
function promise({ calibrationRows = 0 }: ReportData["data"]): string[] {
  if (calibrationRows === 0)
    return [
      "It gives no p-values: no rows were set apart to rank new ones among. How low is low enough for an anomaly, the model " +
        "does not say. logdet calibrate gives it p-values, from rows that it was not fitted to.",
    ];
  return [
    `P-values are ranks among the ${plural(calibrationRows, "row")} set apart, so none is below 1 / ` +
      `${formatCount(calibrationRows + 1)} = ${formatNumber(1 / (calibrationRows + 1), 2)}. Of new rows like those of the ` +
      "table, at most 1 % have a p-value of 0.01 or less, 5 % one of 0.05, and so on, whatever the model's faults, on average " +
      "over the rows that may have been set apart. How many of the rows flagged in this way are truly odd, p-values do not say.",
  ];
}

function beyondTheData(columns: readonly ColumnSummary[], hasWrongTails: boolean): string[] {
  const numbers = columns.filter(({ categories }) => !categories);
  const first = numbers.find(({ part }) => !part) ?? numbers[0];
  if (!first) return [];
  const heavy = numbers.filter(({ type }) => type === "heavy-tailed").map(({ name }) => oneLine(name));
  return [
    `Outside the range of the rows (of ${oneLine(first.name)}, ${formatExtreme(first.minimum)} to ` +
      `${formatExtreme(first.maximum)}; of others, see the columns) the density is an extrapolation: the row is rightly called ` +
      "unlikely, but the exact number means little." +
      (heavy.length > 0
        ? ` The more so for ${heavy.length > 1 ? "columns" : "the column"} of heavy tails (${list(heavy)}): how often values ` +
          "come that are larger than any seen is a guess from the largest that were."
        : "") +
      (hasWrongTails ? " Some tails differ even within the data: see the picture of data and model." : ""),
  ];
}

function discreteColumns(columns: readonly ColumnSummary[]): string[] {
  const discrete = columns.filter(({ quantum }) => quantum !== undefined).map(({ name }) => oneLine(name));
  if (discrete.length === 0) return [];
  return [
    `Discrete columns (${list(discrete)}) were dequantised: every value was spread evenly over the step to its ` +
      "neighbour, because a density on single values would be infinite. Multiply the density by the steps of these " +
      "columns to get, about, the probability of the values themselves.",
  ];
}

function missingCells(columns: readonly ColumnSummary[]): string[] {
  const missing = columns.filter((column) => column.missing).map(({ name }) => oneLine(name));
  if (missing.length === 0) return [];
  return [
    `Cells may be missing in ${list(missing)} only. Of a row with missing cells the density is that of what is known, and ` +
      "of which cells are missing: what they would have held, the model can guess from the others, not know. The ONNX file " +
      "takes complete rows only.",
  ];
}

function robustness(share: number): string[] {
  if (share === 0) return [];
  return [
    `The least likely ${formatNumber(100 * share)} % of the training rows had no say. Rows like them it calls unlikely even ` +
      "where they are sound: a small group of regular rows may be among them.",
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
