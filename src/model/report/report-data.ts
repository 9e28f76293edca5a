// What the report and the model card are made of: plain numbers and names, nothing that has to be computed by a
// model. Whoever fills this in decides how many rows to draw; the report never sees the table itself.

import type { MonitorReading } from "../../training/index.js";
import type { RunSetting } from "../run-words.js";
import type { TableCell } from "./example-row.js";

/** At most so many columns are drawn against each other. */
export const maximumPairColumns = 6;

/**
 * Everything that `renderReport` and `renderModelCard` need to know about a fitted model.
 *
 * Log-densities and negative log-likelihoods are nats per row in the units of the original columns.
 * Names and paths are untrusted text: they are escaped where they are printed.
 */
export interface ReportData {
  /** The heading, usually the name of the data or of the model folder. */
  readonly title: string;
  /** When the model was made, ISO 8601. */
  readonly created: string;
  readonly logdetVersion: string;
  readonly data: DataSummary;
  readonly model: ModelSummary;
  readonly training: TrainingSummary;
  readonly metrics: Metrics;
  readonly pairs: PairSamples;
  /** How often categories and missing cells are; absent where there are neither. */
  readonly counts?: CategoryCounts;
  /** Log-density of each held-out row, nats. Non-finite values are counted and named, not drawn. */
  readonly heldOutLogProb: readonly number[];
  /** The same of rows drawn from the model; absent where none were drawn. */
  readonly drawnLogProb?: readonly number[];
  /** One entry a latent dimension to be shown. */
  readonly pit: readonly PitValues[];
  /** Tails in which the model differs from its data, one clause each; absent where they were not compared. */
  readonly tails?: readonly string[];
  readonly example: ExampleRow;
}

/** A row to try the model with, put together from summaries of columns, and what the model says of it. */
export interface ExampleRow {
  /** One number a column, as the model takes them: categories as codes. */
  readonly values: readonly number[];
  /** The same row as a table has it; absent where its dates cannot be put together. */
  readonly table?: readonly TableCell[] | undefined;
  /** Nats. */
  readonly logProb: number;
  /** By the default statistic; absent where the model has no p-values. */
  readonly pValue?: number | undefined;
}

/** The table the model was trained on. */
export interface DataSummary {
  /** Paths or globs, as the user wrote them. */
  readonly sources: readonly string[];
  /** Rows that were used, training, validation and calibration together. */
  readonly rows: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Rows set apart before the fit, among which p-values are ranked; none if absent. */
  readonly calibrationRows?: number | undefined;
  /** The model's columns, in the order of the vectors it takes. */
  readonly columns: readonly ColumnSummary[];
  /** Names of the columns that were left out. */
  readonly dropped: readonly string[];
  /** What the user was told while the table was read, one sentence each. */
  readonly notices: readonly string[];
}

/** One column, in its own units. */
export interface ColumnSummary {
  readonly name: string;
  /** What it holds, in a word or two: "continuous", "discrete", "categorical". */
  readonly kind: string;
  /** What kind of number or category it holds, in a word: "integer", "heavy-tailed", "boolean"; absent where unknown. */
  readonly type?: string | undefined;
  /** Distance between neighbouring values of a discrete column; absent for a continuous one. */
  readonly quantum?: number | undefined;
  /** The categories, in the order of their codes; absent for columns of numbers. */
  readonly categories?: readonly string[] | undefined;
  /** The date that it is a part of, and the hour at which days begin there; absent for all other columns. */
  readonly part?: { readonly source: string; readonly cut?: number | undefined } | undefined;
  /** Whether the model knows of missing cells. */
  readonly missing?: boolean | undefined;
  /** Of a column of numbers. */
  readonly mean: number;
  readonly standardDeviation: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Types that a model centers and scales by bounds or quartiles: their mean and deviation are those of the held-out rows. */
export const ownCenterTypes: readonly string[] = ["positive", "interval", "heavy-tailed"];

export interface ModelSummary {
  /** Name of the recipe, as given to `--flow`. */
  readonly recipe: string;
  /** The layers in one line of plain words. */
  readonly description: string;
  /** Number of trained parameters. */
  readonly parameters: number;
  readonly base: string;
  readonly jacobian: string;
  readonly optimizer: string;
  readonly seed: number;
}

export interface TrainingSummary {
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Why training ended, in words that complete "Training ended because ...". */
  readonly stoppedBy: string;
  /** Mean negative log-likelihoods, nats per row, by increasing step. Non-finite values are left out. */
  readonly curve: readonly CurvePoint[];
  /** The step whose weights were kept. */
  readonly bestStep: number;
  /** Standard deviation of the noise on the training rows at the start, in standard deviations; 0 is none. */
  readonly noise: number;
  /** The nets that were tried, and which of them were kept: one, or those that the model averages. */
  readonly runs?: readonly (RunSetting & { readonly kept: boolean })[];
  /** Weight of the penalty on stretching; none if absent. */
  readonly lipschitz?: number | undefined;
  /** Share of rows, the least likely, that had no say; none if absent. */
  readonly robust?: number | undefined;
  /** What the best net did to volumes and distances around training rows, by increasing step; absent where nobody looked. */
  readonly monitor?: readonly MonitorPoint[] | undefined;
  /** Whether a Gaussian is among what is averaged, or all of the model. */
  readonly keepsGaussian?: boolean;
}

export interface CurvePoint {
  readonly step: number;
  readonly trainNll: number;
  readonly validationNll: number;
}

/** One look of the monitor. Volumes and singular values are those of standardised rows. */
export interface MonitorPoint extends MonitorReading {
  readonly step: number;
}

/** All of them, but where said otherwise, on the validation rows. */
export interface Metrics {
  /** Mean log-density, nats per row. */
  readonly validationLogProb: number;
  /** Standard error of that mean, nats. */
  readonly standardError: number;
  /** The same mean for a full-covariance Gaussian fitted to the training rows; null where there is none. */
  readonly gaussianLogProb: number | null;
  /** Of categories alone, the same mean if the columns were independent; absent where there are numbers. */
  readonly independentLogProb?: number | undefined;
  /** Its mean on the training rows: the most that an affine flow with a normal base can reach there. */
  readonly affineOptimum?: number | null | undefined;
}

/** Rows of the data and rows drawn from the model, for a few columns that the caller picks. */
export interface PairSamples {
  /** At most `maximumPairColumns` are drawn. */
  readonly names: readonly string[];
  /** `data[column][row]`, in the columns' units. */
  readonly data: readonly (readonly number[])[];
  /** `samples[column][row]`, in the columns' units. */
  readonly samples: readonly (readonly number[])[];
}

/** Rows of the data and rows drawn from the model, counted by what they have in a few columns that the caller picks. */
export interface CategoryCounts {
  /** Held-out rows, and rows drawn from the model, missing cells included. */
  readonly rows: number;
  readonly draws: number;
  readonly columns: readonly CountedColumn[];
}

/** One panel of the picture: a column and its categories, or all columns of numbers and whether a cell is missing. */
export interface CountedColumn {
  readonly name: string;
  readonly bars: readonly CountedBar[];
}

export interface CountedBar {
  readonly name: string;
  /** How many of the held-out rows, and how many of the draws. */
  readonly data: number;
  readonly model: number;
}

/** Probability integral transform of one latent dimension: u = F_base(z), uniform on (0, 1) if the model is right. */
export interface PitValues {
  readonly name: string;
  /** One u in (0, 1) a held-out row. */
  readonly values: readonly number[];
}
