// logdet's own detectors on a split: one fitted model, asked for each of its statistics; and one fitted as if some rows
// might be unlike the others.

import { type FitOptions, fit, LogdetError, type Model, type StatisticName, statistics } from "logdet";
import type { Detection } from "./anomaly-report.js";
import { type LabelledSplit, rowMajor } from "./labelled-tables.js";

/** The statistics of a model, and the default one of a robust fit. */
export type OwnDetector = StatisticName | "robust";
export const ownDetectors: readonly OwnDetector[] = [
  ...(Object.keys(statistics) as readonly StatisticName[]),
  "robust",
];

/** Of the rows, for the robust fit: a guess, as it would be where nobody knows the labels. */
const robustShare = 0.2;

/** What the fit advises where columns determine each other, in standard deviations. */
const advisedJitter = 0.01;

/**
 * Fits a model to the training rows and scores the test rows by these statistics, with p-values unless the
 * test rows were fitted. `robust` takes a fit of its own.
 *
 * @param options of the fits; default: their own
 * @returns a detection a detector; statistics each with the time of the fit that they share
 * @throws LogdetError as `fit`, but for tables that have no density and for fits that find none: those say so in notes
 */
export async function ownDetections(
  split: LabelledSplit,
  names: readonly OwnDetector[],
  options: FitOptions = {},
): Promise<Detection[]> {
  const asked = names.filter((name) => name !== "robust");
  const found = asked.length > 0 ? await detections(split, asked, options) : [];
  if (!names.includes("robust")) return found;
  const [robust] = await detections(split, ["combined"], { ...options, robust: robustShare });
  return [...found, { ...robust, detector: "robust" }];
}

async function detections(
  split: LabelledSplit,
  names: readonly StatisticName[],
  options: FitOptions,
): Promise<Detection[]> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  try {
    const { model, note } = await fitted(split, options);
    const fitSeconds = elapsed();
    // The model leaves columns out that were constant where it was fitted.
    const rows = rowMajor({ ...split.test, columns: model.columns.map(({ name }) => columnOf(split, name)) });
    const logProb = await model.logProb(rows);
    const densitySeconds = elapsed() - fitSeconds;
    const found: Detection[] = [];
    for (const name of names) {
      const before = elapsed();
      const values = await statistics[name].scores(model, rows, logProb);
      const scores = Float64Array.from(values, (value) =>
        Number.isNaN(value) ? Number.POSITIVE_INFINITY : value,
      );
      const seconds = fitSeconds + densitySeconds + elapsed() - before;
      const pValues = model.calibration && (await model.pValues(rows, { statistic: name, logProb }));
      found.push({ detector: name, scores, pValues, calibration: model.calibration?.rows, seconds, note });
    }
    await model.release();
    return found;
  } catch (error) {
    if (!isHopeless(error)) throw error;
    const note = `failed: ${error.message}`;
    return names.map((detector) => ({ detector, scores: null, seconds: elapsed(), note }));
  }
}

/** Whether a table cannot be fitted: a result of its own. */
const isHopeless = (error: unknown): error is LogdetError =>
  error instanceof LogdetError && (error.code === "data" || error.code === "training");

/** The fit as its user would have it: as it is, or, where the table is refused, with the noise that the refusal advises. */
async function fitted(
  { train, same }: LabelledSplit,
  given: FitOptions,
): Promise<{ model: Model; note: string | null }> {
  const options = { ...given, ...(same && { calibration: 0 }) };
  try {
    return { model: (await fit(train, options)).model, note: null };
  } catch (error) {
    if (!(error instanceof LogdetError) || !error.hint?.includes("--jitter")) throw error;
    const { model } = await fit(train, { ...options, jitter: advisedJitter });
    return { model, note: `fitted with jitter ${advisedJitter}: ${error.message}` };
  }
}

function columnOf({ test }: LabelledSplit, name: string): LabelledSplit["test"]["columns"][number] {
  const column = test.columns.find((column) => column.name === name);
  if (column === undefined) throw new LogdetError("shape", `the test rows have no column ${name}`);
  return column;
}
