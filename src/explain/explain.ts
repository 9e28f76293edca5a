// Which columns make rows strange: the door of this room.

import { LogdetError } from "../errors.js";
import type { Rows } from "../model/index.js";
import { Random } from "../random/index.js";
import { drawBackground } from "./background.js";
import { modeOf } from "./expectation.js";
import type { Attribution, Explained, ExplanationMethod, Question } from "./method.js";
import { profilesOf } from "./profile.js";
import {
  defaultExplanationMethod,
  type ExplanationMethodName,
  explanationMethodNames,
  explanationMethods,
} from "./table.js";
import { type Cell, cellOf } from "./words.js";

export interface ExplainOptions {
  /** How: see docs/reasons.md. Default: "surprise". */
  readonly method?: ExplanationMethodName;
  /** Columns a row to name, those that contribute most. Default: all. */
  readonly top?: number;
  /** Rows drawn from the model to compare with. Default: 256. */
  readonly background?: number;
  /** The level of counterfactuals. Default: 0.05. */
  readonly alpha?: number;
  /** Of the draws: same seed, same reasons. Default: 0. */
  readonly seed?: number;
  /** Once aborted, the rows that are done come back. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A column's part in the strangeness of a row. */
export interface Reason {
  readonly column: string;
  /** A number or a category; null: missing. */
  readonly value: Cell;
  /** What stands against it: the likeliest value given the rest of the row, or what the method compares with. */
  readonly expected: Cell;
  /** What the method says; positive: the column makes the row stranger. */
  readonly nats: number;
}

/** Why a row is strange. */
export interface Explanation {
  readonly method: ExplanationMethodName;
  /** Nats, as `model.logProb`. */
  readonly logProb: number;
  /** Of complete methods: the nats of all columns add up to baseline − logProb. */
  readonly baseline?: number;
  /** The greatest contribution first. */
  readonly reasons: readonly Reason[];
}

/** Rows explained between two looks at the signal. */
const batchRows = 32;

/**
 * Explains rows: what each column contributes to their strangeness, in nats.
 *
 * rows: [n, D], in the columns' units; categories as codes, NaN where missing. A model keeps no rows of its table, so
 * what methods compare with is drawn from the model. Cost: see the methods; the default takes 122 D log-densities a row.
 *
 * @throws LogdetError "usage" if there is no such method, or a number of options is out of range; otherwise as
 * `model.logProb`.
 * @see docs/reasons.md
 * @example const [{ reasons }] = await explain(model, [[0, 12.8, 5, 4.7]], { top: 3 })
 */
export async function explain(
  model: Explained,
  rows: Rows,
  options: ExplainOptions = {},
): Promise<Explanation[]> {
  const { method = defaultExplanationMethod, top, background = 256, alpha = 0.05, seed = 0 } = options;
  const dim = model.columns.length;
  const chosen = methodNamed(method);
  requireWhole("top", top ?? 1);
  requireWhole("background", background);
  if (!(alpha > 0 && alpha < 1))
    throw new LogdetError("usage", `alpha must be between 0 and 1, both excluded, got ${alpha}`);
  const flat = flatten(rows, dim);
  const drawn = await drawBackground(model, background, seed);
  const count = flat.length / dim;
  const explanations: Explanation[] = [];
  for (let start = 0; start < count && !options.signal?.aborted; start += batchRows) {
    const some = flat.subarray(start * dim, Math.min(count, start + batchRows) * dim);
    const question: Question = {
      model,
      rows: some,
      logProb: await model.logProb(some),
      background: drawn,
      alpha,
      random: new Random(seed),
    };
    const attribution = await chosen.attribute(question);
    explanations.push(...(await explanationsOf(question, attribution, method, top ?? dim)));
    options.onProgress?.(explanations.length, count);
  }
  return explanations;
}

/** @throws LogdetError "usage" that lists the methods there are. */
export function methodNamed(name: ExplanationMethodName): ExplanationMethod {
  if (Object.hasOwn(explanationMethods, name)) return explanationMethods[name];
  throw new LogdetError("usage", `there is no method ${JSON.stringify(name)} to explain rows`, {
    hint: `There are: ${explanationMethodNames.join(", ")}.`,
  });
}

/** Ranks the columns, and looks up what is expected where the method did not say. */
async function explanationsOf(
  question: Question,
  { nats, expected, baseline }: Attribution,
  method: ExplanationMethodName,
  top: number,
): Promise<Explanation[]> {
  const { model, rows, logProb } = question;
  const dim = model.columns.length;
  const ranked = Array.from(logProb, (_, row) =>
    rankColumns(nats.subarray(row * dim, (row + 1) * dim))
      .slice(0, top)
      .map((column) => ({ row, column })),
  );
  const places = ranked.flat();
  const against = expected
    ? places.map(({ row, column }) => expected[row * dim + column])
    : (await profilesOf(question, places)).map((profile) => modeOf(profile).value);
  const next = against.values();
  return ranked.map((columns, row) => ({
    method,
    logProb: logProb[row],
    ...(baseline && { baseline: baseline[row] }),
    reasons: columns.map(({ column }) => ({
      column: model.columns[column].name,
      value: cellOf(model.columns[column], rows[row * dim + column]),
      expected: cellOf(model.columns[column], next.next().value ?? Number.NaN),
      nats: nats[row * dim + column],
    })),
  }));
}

/** Columns by their contribution, the greatest first; of equal ones the first. */
export function rankColumns(nats: Float64Array): number[] {
  return Array.from(nats.keys()).sort((a, b) => nats[b] - nats[a] || a - b);
}

function requireWhole(name: keyof ExplainOptions, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new LogdetError("usage", `${name} must be a whole number of at least 1, got ${value}`);
}

/** A copy of the rows as one row-major array. */
function flatten(rows: Rows, dim: number): Float64Array {
  if (rows instanceof Float32Array || rows instanceof Float64Array) {
    if (rows.length % dim === 0) return Float64Array.from(rows);
    throw new LogdetError("shape", `rows of ${dim} columns expected, got ${rows.length} numbers`);
  }
  const wrong = rows.findIndex(({ length }) => length !== dim);
  if (wrong < 0) return Float64Array.from(rows.flat());
  throw new LogdetError("shape", `rows of ${dim} columns expected, got ${rows[wrong].length}`, {
    where: [`row ${wrong + 1}`],
  });
}
