// The strange rows of a table that nobody has cleaned: every row is judged by a model that was fitted to others.

import { type Table, takeRows, toSourceRows } from "../data/index.js";
import { someNames } from "../data/names.js";
import { LogdetError } from "../errors.js";
import {
  defaultExplanationMethod,
  type ExplainOptions,
  explain,
  explanationMethods,
  type Reason,
  reasonsInWords,
} from "../explain/index.js";
import {
  Calibration,
  defaultStatistic,
  type Model,
  type Statistic,
  type StatisticName,
  statistics,
} from "../model/index.js";
import { Random } from "../random/index.js";
import type { FitEvent } from "./events.js";
import { type FitInput, fit, toTable } from "./fit.js";
import { type FitOptions, parseFitOptions } from "./options.js";

/** Those of a fit, and: */
export interface DetectOptions extends Omit<FitOptions, "calibration"> {
  /** Parts of the table, each scored by a model that is fitted to the others: so many fits. Default: 2. */
  readonly folds?: number | undefined;
  /** What ranks the rows. Default: "combined", or "density" where there are categories. */
  readonly statistic?: StatisticName | undefined;
  /** Flag so many of the strangest rows. Default: 10, unless `alpha` is given. */
  readonly top?: number | undefined;
  /** Flag the rows whose p-value is not above this. */
  readonly alpha?: number | undefined;
  /** Columns to name as the reasons of a flagged row; 0: none. Default: 3. */
  readonly reasons?: number | undefined;
}

/** What a detection tells whoever listens. */
export type DetectEvent =
  /** What a fit tells, the fold `fold` of `folds`, from 1. */
  | { readonly type: "fit"; readonly fold: number; readonly folds: number; readonly event: FitEvent }
  | { readonly type: "explained"; readonly done: number; readonly total: number };

export interface DetectCallbacks {
  readonly onEvent?: ((event: DetectEvent) => void) | undefined;
  /** Before all rows are scored: an error. Afterwards: the rows that are left get no reasons. */
  readonly signal?: AbortSignal | undefined;
  /** Names of the sources, for messages, if a table is given. */
  readonly sources?: readonly string[] | undefined;
}

/** A row that was flagged. */
export interface Anomaly {
  /** Its place in the input, from 0. */
  readonly row: number;
  readonly pValue: number;
  /** Nats, under the model that has not seen it. */
  readonly logProb: number;
  /** The columns that make it strange, the first the most; absent if none were asked for, or they were interrupted. */
  readonly reasons?: readonly Reason[];
  /** The same in words, one a reason that is worth one. */
  readonly words?: readonly string[];
}

/** What was found. */
export interface Detection {
  /** The strangest first. */
  readonly anomalies: readonly Anomaly[];
  /** One number a row of the input, nats; NaN where the row was dropped. */
  readonly logProb: Float64Array;
  /** One a row of the input, NaN where the row was dropped. */
  readonly pValues: Float64Array;
  /** Rows that were scored, n: p-values are multiples of 1 / n. */
  readonly scored: number;
  readonly folds: number;
  readonly statistic: StatisticName;
}

/** Rows flagged where it is not said how many. */
export const defaultTop = 10;
/** With fewer rows to fit to, a density is a guess. */
const fewestRows = 20;
/** Rows scored between two looks at the signal. */
const batchRows = 16_384;

/**
 * Finds the strangest rows of a table, and says which columns make them so.
 *
 * The table is cut in K parts at random; a model is fitted to the rows outside each part and says how strange the rows in it
 * are, s_i. So no row is judged by a model that has learned it. A row's p-value is its rank among all n,
 *
 *   p_i = #{j : s_j ≥ s_i} / n
 *
 * If all rows come from one distribution, P(p_i ≤ α) ≤ α for each of them, whatever the model: their numbers s are
 * exchangeable. If a share ε of them does not, a normal row has P(p_i ≤ α) ≤ α / (1 − ε), and less where the others are
 * stranger than it. Missing cells count as part of a row unless `missing` says otherwise.
 *
 * Cost: K fits, a pass over the rows, and 122 D log-densities a row that is explained. Same input, options and seed: same
 * result.
 *
 * @throws LogdetError "usage" if options do not fit, "data" if there are too few rows, "interrupted" if the signal comes
 * before all rows are scored; otherwise as `fit`.
 * @see Vovk, "Cross-conformal predictors", Annals of Mathematics and Artificial Intelligence 74, 2015
 * @example const { anomalies } = await detect("orders.csv", { top: 20 })
 */
export async function detect(
  input: FitInput,
  options: DetectOptions = {},
  { onEvent, signal, sources }: DetectCallbacks = {},
): Promise<Detection> {
  const { folds = 2, statistic: _, top = defaultTop, alpha, reasons = 3, ...rest } = options;
  checkOptions(options);
  const fitting = parseFitOptions({ missing: "model", ...rest, calibration: 0 });
  const table = await toTable(input, fitting);
  const { rows, columns } = table;
  checkRows(rows, folds, alpha);
  const isMixed = columns.some(({ categories }) => categories !== undefined);
  const hasNumbers = columns.some(({ categories }) => categories === undefined);
  const { statistic = isMixed ? "density" : defaultStatistic } = options;
  const { needsReference = false, needsLatent = false }: Statistic = statistics[statistic];
  if ((isMixed && needsReference) || (!hasNumbers && needsLatent))
    throw new LogdetError(
      "usage",
      `the statistic ${statistic} is not for tables ${hasNumbers ? "with" : "of"} categories`,
      {
        hint: `Between categories there are no distances. Take density${hasNumbers ? ", typicality or latent-norm" : " or typicality"}.`,
      },
    );
  const { seed = 0 } = fitting;
  const order = new Random(seed).split("folds").permutation(rows);

  const models: Model[] = [];
  try {
    const parts: Part[] = [];
    for (let k = 0; k < folds; k++) {
      const [from, to] = [k, k + 1].map((cut) => Math.floor((cut * rows) / folds));
      const others = Uint32Array.from([...order.subarray(0, from), ...order.subarray(to)]);
      const { model } = await fit(takeRows(table, others), fitting, {
        onEvent: (event) => onEvent?.({ type: "fit", fold: k + 1, folds, event }),
        signal,
        sources,
      });
      models.push(model);
      const part = { model, rows: order.slice(from, to) };
      parts.push({ ...part, ...(await scoresOf(part, table, statistic, signal)) });
    }
    const { logProb, strangeness, pValues } = rank(parts, rows, statistic);
    const strangest = Array.from(order).sort(
      (a, b) => pValues[a] - pValues[b] || strangeness[b] - strangeness[a] || a - b,
    );
    const flagged =
      alpha === undefined ? strangest.slice(0, top) : strangest.filter((row) => pValues[row] <= alpha);
    const why = await explainRows(parts, table, flagged, {
      top: reasons,
      seed,
      signal,
      onProgress: (done) => onEvent?.({ type: "explained", done, total: flagged.length }),
    });
    return {
      anomalies: flagged.map((row) => ({
        row: table.rowIndex?.[row] ?? row,
        pValue: pValues[row],
        logProb: logProb[row],
        ...why.get(row),
      })),
      logProb: toSourceRows(table, logProb),
      pValues: toSourceRows(table, pValues),
      scored: rows,
      folds,
      statistic,
    };
  } finally {
    for (const model of models) await model.release();
  }
}

function checkOptions({
  folds = 2,
  statistic = defaultStatistic,
  top,
  alpha,
  reasons = 0,
}: DetectOptions): void {
  const wrong = (message: string) => new LogdetError("usage", message);
  if (top !== undefined && alpha !== undefined)
    throw wrong("top and alpha are two ways to say how many rows are flagged: give one of them");
  if (!Number.isSafeInteger(folds) || folds < 2)
    throw wrong(`folds must be a whole number of at least 2, got ${folds}`);
  if (top !== undefined && (!Number.isSafeInteger(top) || top < 1))
    throw wrong(`top must be a whole number of at least 1, got ${top}`);
  if (alpha !== undefined && !(alpha > 0 && alpha < 1))
    throw wrong(`alpha must be between 0 and 1, both excluded, got ${alpha}`);
  if (!Number.isSafeInteger(reasons) || reasons < 0)
    throw wrong(`reasons must be a whole number of at least 0, got ${reasons}`);
  if (!Object.hasOwn(statistics, statistic))
    throw wrong(
      `there is no statistic ${JSON.stringify(statistic)}; there are ${Object.keys(statistics).join(", ")}`,
    );
}

function checkRows(rows: number, folds: number, alpha: number | undefined): void {
  const left = rows - Math.ceil(rows / folds);
  if (left < fewestRows)
    throw new LogdetError(
      "data",
      `the table has ${rows === 1 ? "one row" : `${rows} rows`}, which leaves ${left} to fit to when a part of ${folds} ` +
        `is judged; a density needs at least ${fewestRows}`,
      { hint: rows > fewestRows ? `Give more rows, or take more folds: ${rows}.` : "Give more rows." },
    );
  if (alpha !== undefined && alpha < 1 / rows)
    throw new LogdetError(
      "usage",
      `alpha ${alpha} is out of reach: of ${rows} rows none has a p-value below 1/${rows}`,
      { hint: `Ask for more, or for the strangest few: top.` },
    );
}

/** Some rows of the table, and the model that was fitted to all others. */
interface Part extends Scores {
  readonly model: Model;
  /** Their places in the table. */
  readonly rows: Uint32Array;
}

interface Scores {
  /** One a row of the part, nats. */
  readonly logProb: Float64Array;
  /** One a row of the part: the larger, the stranger; finite. */
  readonly strangeness: Float64Array;
}

async function scoresOf(
  { model, rows }: Pick<Part, "model" | "rows">,
  table: Table,
  statistic: StatisticName,
  signal: AbortSignal | undefined,
): Promise<Scores> {
  const chosen: Statistic = statistics[statistic];
  const logProb = new Float64Array(rows.length);
  const strangeness = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += batchRows) {
    if (signal?.aborted) throw new LogdetError("interrupted", "stopped before every row was judged");
    const some = cellsOf(table, model, rows.subarray(start, start + batchRows));
    const known = await model.logProb(some);
    logProb.set(known, start);
    strangeness.set(await chosen.scores(model, some, known), start);
  }
  return {
    logProb,
    strangeness: strangeness.map((value) => (Number.isFinite(value) ? value : Number.MAX_VALUE)),
  };
}

/** Some rows of a table with the columns of a model, which leaves out those that did not vary; row-major. */
function cellsOf(table: Table, { columns }: Model, rows: ArrayLike<number>): Float64Array {
  const byName = new Map(table.columns.map(({ name, values }) => [name, values]));
  const values = columns.map(({ name }) => byName.get(name) as Float64Array);
  return Float64Array.from(
    { length: rows.length * columns.length },
    (_, i) => values[i % columns.length][rows[Math.floor(i / columns.length)]],
  );
}

/** The parts' numbers in the order of the table's rows, and the rank of each row among all. */
function rank(parts: readonly Part[], n: number, statistic: StatisticName) {
  const [logProb, strangeness, pValues] = [0, 1, 2].map(() => new Float64Array(n));
  for (const part of parts)
    for (const [i, row] of part.rows.entries()) {
      logProb[row] = part.logProb[i];
      strangeness[row] = part.strangeness[i];
    }
  const all = new Calibration({ [statistic]: strangeness });
  const { rounding }: Statistic = statistics[statistic];
  for (const part of parts) {
    const ranks = all.pValues(statistic, part.strangeness, rounding?.(part.model));
    // (1 + k) / (n + 1), where a row is itself among the k that are as strange.
    for (const [i, row] of part.rows.entries()) pValues[row] = (Math.round(ranks[i] * (n + 1)) - 1) / n;
  }
  return { logProb, strangeness, pValues };
}

/** The reasons of some rows, by the rows' places in the table: each by the model that has not seen it. */
async function explainRows(
  parts: readonly Part[],
  table: Table,
  flagged: readonly number[],
  { top, onProgress, ...options }: ExplainOptions & { top: number; onProgress: (done: number) => void },
): Promise<Map<number, Pick<Anomaly, "reasons" | "words">>> {
  const found = new Map<number, Pick<Anomaly, "reasons" | "words">>();
  const method = explanationMethods[defaultExplanationMethod];
  const missing = missingWords(table);
  for (const { model, rows } of top > 0 ? parts : []) {
    const own = new Set(rows);
    const some = flagged.filter((row) => own.has(row));
    if (some.length === 0) continue;
    const before = found.size;
    const explained = await explain(model, cellsOf(table, model, some), {
      ...options,
      top,
      onProgress: (done) => onProgress(before + done),
    });
    for (const [i, { reasons }] of explained.entries()) {
      const words = reasons.flatMap((reason) => reasonsInWords(method, [reason], model.columns) || []);
      found.set(some[i], { reasons, words: [...missing(some[i]), ...words] });
    }
  }
  return found;
}

/** What tells of a row which of its cells are missing, and how many rows miss them: no method finds that in values. */
function missingWords({ columns, rows }: Table): (row: number) => string[] {
  const known = new Map<string, string[]>();
  return (row) => {
    const missing = columns.filter(({ values }) => Number.isNaN(values[row]));
    if (missing.length === 0) return [];
    const names = [...new Set(missing.map(({ name, part }) => part?.source ?? name))];
    const list = someNames(names, 6);
    const key = names.join("\n");
    const before = known.get(key);
    if (before) return before;
    let same = 0;
    for (let other = 0; other < rows; other++)
      if (missing.every(({ values }) => Number.isNaN(values[other]))) same++;
    const words = [`${list} ${names.length === 1 ? "is" : "are"} missing, as in ${same} of ${rows} rows`];
    known.set(key, words);
    return words;
  };
}
