// What the studio's server tells the page Fit: the columns of a table, and fits under way. Plain data, written once for
// both sides.

import type { ColumnType } from "../../data/index.js";
import type { FitOptions } from "../../fit/index.js";

/** Numbers in bins of one width, or one a bar where there are few values. Missing cells are in none. */
export interface NumberHistogram {
  readonly kind: "numbers" | "dates";
  /** Where the first bin begins and the last ends; of dates, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
  /** Cells left and right of the bins: a few far values would make one bar of all others. */
  readonly below: number;
  readonly above: number;
}

/** The most frequent categories, the most frequent first. */
export interface CategoryHistogram {
  readonly kind: "categories";
  readonly names: readonly string[];
  readonly counts: readonly number[];
  /** How many categories there are besides, and their cells. */
  readonly otherCategories: number;
  readonly otherCells: number;
}

export type Histogram = NumberHistogram | CategoryHistogram;

/** Why a column is not used. */
export type LeftOut =
  /** The reader said so. */
  | "chosen"
  /** It tells rows apart and says nothing of them. */
  | "identifier"
  | "text"
  /** It always holds the same. */
  | "constant"
  /** It holds no value. */
  | "empty";

/** A column of a table's file, as a fit would take it. */
export interface ColumnEntry {
  readonly name: string;
  /** What it was taken for, or said to be; undefined where nobody looked. */
  readonly type: ColumnType | undefined;
  /** Undefined: it is used. */
  readonly leftOut: LeftOut | undefined;
  /** Rows that miss it. */
  readonly missing: number;
  readonly histogram: Histogram | undefined;
  /** Its first values, as text: three at most. */
  readonly examples: readonly string[];
  /** Different values are so far apart at the least; undefined where the column is continuous. */
  readonly step: number | undefined;
  /** Of a date: the columns that the model sees in its place. */
  readonly parts: readonly string[];
  /** It is named like a label, and the other columns tell its values apart. */
  readonly isLikeLabel: boolean;
}

/** POST /api/columns {table, types?, exclude?} */
export interface ColumnsAnswer {
  readonly table: string;
  readonly rows: number;
  /** Rows of which some used column is missing. */
  readonly rowsMissing: number;
  /** In the file's order. */
  readonly columns: readonly ColumnEntry[];
  /** A name for the model that is free. */
  readonly model: string;
  /** Why the table cannot be used as it is; the columns are only names then. */
  readonly problem: string | undefined;
}

/** What of a fit's options the page may set. */
export type RunOptions = Pick<FitOptions, (typeof runOptionNames)[number]>;

export const runOptionNames = [
  ...["types", "missing", "flow", "search", "seed", "robust", "calibration", "layers", "epochs"],
  ...["learningRate", "jacobian", "jitter"],
] as const satisfies readonly (keyof FitOptions)[];

/** POST /api/runs */
export interface RunQuestion {
  readonly table: string;
  /** The model's folder. Default: after the table. */
  readonly name?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly options?: RunOptions | undefined;
}

/**
 * waiting (for the run before it), reading (the table), training, paused, saving; and at the end finished, stopped (early:
 * the best so far is saved, if there is something) or failed.
 */
export type RunStatus =
  | "waiting"
  | "reading"
  | "training"
  | "paused"
  | "saving"
  | "finished"
  | "stopped"
  | "failed";

/** One look at a net. Likelihoods are in nats a row of the table's columns. */
export interface CurvePoint {
  readonly step: number;
  /** Mean negative log-likelihood of held-out rows, and of as many training rows. */
  readonly validationNll: number;
  readonly trainNll: number;
  /** Of the step before; null before the first. */
  readonly learningRate: number | null;
  readonly gradientNorm: number | null;
  /** Mean log|det| of each layer, nats, standardised units: see `NetState.layers`. */
  readonly logDets: readonly number[];
}

/** A net that a run trains. */
export interface NetState {
  /** "8 layers, noise 0.1" */
  readonly setting: string;
  /** Names of the layers that `logDets` are of, from data to latent. Of a mixture: of its first net. */
  readonly layers: readonly string[];
  /** Nets in the mixture; 1: none. */
  readonly mixed: number;
  /** Thinned to a few hundred. */
  readonly points: readonly CurvePoint[];
}

/** What came of a run. */
export interface RunResult {
  /** The model's folder in the studio's. */
  readonly model: string;
  readonly validationLogProb: number;
  readonly standardError: number;
  /** The same of a Gaussian, or of independent columns where there are categories only; null where there is neither. */
  readonly baseline: number | null;
  readonly baselineIs: "gaussian" | "independent";
  readonly parameters: number;
  readonly seconds: number;
  readonly bestStep: number;
  readonly calibrationRows: number;
  /** The architecture in a line. */
  readonly flow: string;
}

/** Everything about a run. */
export interface RunState {
  readonly id: string;
  readonly table: string;
  /** The model's folder, as asked for. */
  readonly name: string;
  readonly exclude: readonly string[];
  readonly options: RunOptions;
  /** ISO 8601. */
  readonly created: string;
  readonly status: RunStatus;
  /** Why it failed, or stopped without a model. */
  readonly problem: string | undefined;
  readonly notices: readonly string[];
  /** Known once the table was read. */
  readonly plan: RunPlan | undefined;
  readonly nets: readonly NetState[];
  /** Steps of the current net that are done. */
  readonly step: number;
  /** Since training began; pauses do not count. */
  readonly seconds: number;
  readonly result: RunResult | undefined;
}

export interface RunPlan {
  readonly rows: number;
  readonly columns: number;
  /** Nets at most; 0 where no column is a number. */
  readonly nets: number;
  /** Of each net. */
  readonly steps: number;
  readonly batch: number;
}

/** What a run tells while it is under way. */
export type RunEvent =
  /** Everything so far, in place of all that was told before. */
  | { readonly type: "state"; readonly state: RunState }
  | { readonly type: "status"; readonly status: RunStatus; readonly problem?: string }
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "plan"; readonly plan: RunPlan }
  | { readonly type: "net"; readonly setting: string }
  | { readonly type: "layers"; readonly layers: readonly string[]; readonly mixed: number }
  | { readonly type: "progress"; readonly step: number; readonly seconds: number }
  | { readonly type: "point"; readonly point: CurvePoint }
  | { readonly type: "result"; readonly result: RunResult };

/** GET /api/runs: the newest first, without their curves. */
export type RunsAnswer = readonly Omit<RunState, "nets">[];

/** GET /api/curves?model=: the curve of the net that was the best. */
export interface CurvesAnswer extends Omit<RunResult, "calibrationRows"> {
  readonly sources: readonly string[];
  readonly points: readonly Pick<CurvePoint, "step" | "validationNll" | "trainNll">[];
}
