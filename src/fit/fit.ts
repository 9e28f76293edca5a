// From a table to a model: the one call behind `logdet fit`.

import { type GivenColumn, readTable, type Table, tableFromColumns } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { Model } from "../model/index.js";
import { Random } from "../random/index.js";
import { likeliest, type StopReason, type TrainingEvent } from "../training/index.js";
import { averageOf, chooseMembers } from "./average.js";
import { categoriesOf } from "./categories.js";
import { aloneNotice, categoriesAlone } from "./categories-alone.js";
import { countCrowded } from "./crowding.js";
import { describe, meanOf } from "./describe.js";
import type { FitListener } from "./events.js";
import { type FitOptions, parseFitOptions, plan } from "./options.js";
import { prepare } from "./prepare.js";
import { typicalRows, valuesAt } from "./robust.js";
import { bestOf, nextSetting } from "./search.js";
import { type Candidate, gaussianOf, type Run, train } from "./train.js";

/** A table in any of the forms that `fit` takes. */
export type FitInput =
  /** Paths, globs or "-" for standard input. */
  | string
  | readonly string[]
  | Table
  /** Columns in memory: numbers, or words and truth values, which are categories. */
  | Readonly<Record<string, GivenColumn["values"]>>;

export interface FitCallbacks {
  readonly onEvent?: FitListener;
  /** Stops cleanly: the best model so far is returned. */
  readonly signal?: AbortSignal;
  /** Also tells of the gradient and of every layer: "watch" events beside evaluations. The model is the same. */
  readonly watch?: boolean;
  /** Names of the sources, for the model's records, if a table is given. */
  readonly sources?: readonly string[];
}

/** A fitted model and the rows that it was judged by. */
export interface Fitted {
  readonly model: Model;
  /** Standardised validation rows, row-major [n, D]. */
  readonly validation: Float32Array;
  readonly stoppedBy: StopReason;
}

/** Nats a row that no density has which knows the rows. */
const noDensity = 1e20;

/**
 * Fits a density to a table. With no options, everything is chosen from its size and width. Where no column of numbers
 * varies, the model is the probability of the categories alone, by latent classes: no net is trained.
 *
 * A tenth of the rows is set apart first, so that the model can give p-values: see `Model.pValues`.
 *
 * Cost: seconds for a few thousand rows, O(steps · batch · D²). Same input, options and seed: same model.
 *
 * @throws LogdetError "data" if the table cannot be used, "usage" if an option does not fit, "training" if no finite
 * likelihood was found.
 * @example
 * const { model } = await fit("measurements.csv", { seed: 1 })
 * await saveModel(model, "measurements.logdet")
 */
export async function fit(
  input: FitInput,
  options: FitOptions = {},
  { onEvent, signal, watch, sources }: FitCallbacks = {},
): Promise<Fitted> {
  const started = performance.now();
  const checked = parseFitOptions(options);
  const table = await toTable(input, checked);
  const random = new Random(checked.seed ?? 0);
  const { validation = 0.15, calibration, jitter = 0, types } = checked;
  const named = sources ?? (typeof input === "string" ? [input] : Array.isArray(input) ? input : []);
  const found = inTable(named, () => prepare(table, { validation, calibration, jitter, types, random }));
  const { dim } = found.layout;
  const hasNet = dim > 0;
  const prepared = hasNet ? found : { ...found, notices: [...found.notices, aloneNotice(checked)] };
  const categories = hasNet
    ? categoriesOf(prepared.columns, prepared.slots, random.split("categories"))
    : undefined;
  const discreteColumns = prepared.columns.filter(({ quantum }) => quantum !== undefined).length;
  const crowdedColumns = countCrowded(prepared.columns, prepared.known.training);
  const chosen = plan(checked, { trainRows: prepared.trainRows, dim, discreteColumns, crowdedColumns });
  for (const text of prepared.notices) onEvent?.({ type: "notice", text });
  onEvent?.({ type: "plan", plan: chosen, rows: table.rows, dim: prepared.columns.length });
  const alone = hasNet ? undefined : await categoriesAlone(prepared, random);
  const units = { train: meanOf(prepared.trainUnits), validation: meanOf(prepared.validationUnits) };

  const runs: Run[] = [];
  while (hasNet) {
    const setting = runs.length > 0 && signal?.aborted ? undefined : nextSetting(chosen.search, runs);
    if (!setting) break;
    const position = { run: runs.length + 1, runs: chosen.runs };
    onEvent?.({ type: "run", ...position, setting });
    const run = await train(prepared, categories, chosen, setting, {
      random,
      signal,
      watch,
      onEvent: (event) => onEvent?.({ type: "training", ...position, event: inUnits(event, units) }),
    });
    runs.push(run);
  }
  const best = hasNet ? (bestOf(runs) as Run) : undefined;
  // Also where the best run had ended before: others were still to come, or on their way.
  const isCut =
    hasNet && (runs.at(-1)?.stoppedBy === "interrupted" || nextSetting(chosen.search, runs) !== undefined);
  const stoppedBy = isCut ? "interrupted" : (best?.stoppedBy ?? "finished");
  // Bases that know only some numbers, a uniform one say, give the others 10³⁰ nats less than any.
  if (best && !(best.validationNll < noDensity))
    throw new LogdetError("training", "no weights with a finite likelihood were found", {
      hint: "Lower the learning rate with --lr, choose another --base, or look for extreme values in the data.",
    });
  const isCandidate = chosen.search.open.size > 0 && !isCut;
  // With categories it is the baseline, too.
  const gaussian = isCandidate || categories ? await gaussianOf(prepared, categories, random) : undefined;
  const candidates: Candidate[] = [
    ...runs.map((run) => ({ flow: run.flow, store: run.trainer.store, logProb: run.logProb, run })),
    ...(gaussian && isCandidate ? [gaussian] : []),
    ...(alone ? [alone.candidate] : []),
  ];
  const typical = likeliest((best ?? candidates[0]).logProb, chosen.robust);
  const members = chooseMembers(
    candidates.map(({ logProb }) => valuesAt(logProb, typical)),
    chosen.members,
  );
  const kept = members.map((i) => candidates[i]);
  const { flow, store } = kept.length > 1 ? averageOf(kept) : kept[0];
  const seconds = (performance.now() - started) / 1000;
  const outcomes = { flow, best, kept, runs, stoppedBy, gaussian, independent: alone?.independent };
  const config = describe(outcomes, prepared, chosen, table, named, seconds);
  const { filler } = prepared;
  const model = new Model(flow, store, config, { threads: chosen.threads, filler });
  const { training, validation: judges } = prepared.known;
  await model.learnReference(
    await typicalRows(model, training, chosen.robust),
    await typicalRows(model, judges, chosen.robust),
    { isCoarse: chosen.robust > 0 },
  );
  if (prepared.calibrationRows > 0) await model.calibrate(prepared.calibration);
  for (const { trainer } of runs) await trainer.release();
  return { model, validation: prepared.validation, stoppedBy };
}

/** The input as a table. */
export async function toTable(
  input: FitInput,
  { types = {}, missing = "error" }: FitOptions,
): Promise<Table> {
  const options = { types, missing: missing === "model" ? "cells" : missing } as const;
  if (typeof input === "string") return readTable([input], options);
  if (Array.isArray(input)) return readTable(input, options);
  if (isTable(input)) return input;
  const columns = Object.entries(input as Readonly<Record<string, GivenColumn["values"]>>);
  return tableFromColumns(
    columns.map(([name, values]) => ({ name, values })),
    { missing: missing === "model" ? "cells" : "error" },
  );
}

/** Does some work; errors that name no place then name the table. */
function inTable<T>(sources: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LogdetError) || error.where.length > 0 || sources.length === 0) throw error;
    const { code, message, hint } = error;
    throw new LogdetError(code, message, { where: [sources.join(", ")], hint, cause: error });
  }
}

/** What turns mean log-densities of coordinates into those that the model will be reported in, nats. */
interface Units {
  readonly train: number;
  readonly validation: number;
}

/** Listeners hear of likelihoods in the columns' units. */
function inUnits(event: TrainingEvent, units: Units): TrainingEvent {
  if (event.type !== "evaluation") return event;
  return {
    ...event,
    trainNll: event.trainNll - units.train,
    validationNll: event.validationNll - units.validation,
  };
}

const isTable = (input: FitInput): input is Table =>
  typeof input === "object" && "rows" in input && typeof input.rows === "number" && "columns" in input;
