// From a table to a model: the one call behind `logdet fit`.

import { readTable, type Table, tableFromColumns } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { denseFlow, type Flow } from "../flows/index.js";
import { jacobianEstimator } from "../jacobian/index.js";
import { Model, type ModelConfig, tailsOf } from "../model/index.js";
import { optimizer } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import {
  Likelihood,
  lipschitz,
  type StopReason,
  Trainer,
  type TrainingEvent,
  type TrainingListener,
} from "../training/index.js";
import { version } from "../version.js";
import { averageLogProb, averageOf, chooseMembers, type Trained } from "./average.js";
import type { FitListener } from "./events.js";
import { gaussianFlow } from "./gaussian.js";
import { type FitOptions, type Plan, parseFitOptions, plan } from "./options.js";
import { type Prepared, prepare } from "./prepare.js";
import { bestOf, nextSetting, type Outcome, rateFor, type Setting } from "./search.js";

/** A table in any of the forms that `fit` takes. */
export type FitInput =
  /** Paths, globs or "-" for standard input. */
  | string
  | readonly string[]
  | Table
  /** Columns in memory. */
  | Readonly<Record<string, ArrayLike<number>>>;

export interface FitCallbacks {
  readonly onEvent?: FitListener;
  /** Stops cleanly: the best model so far is returned. */
  readonly signal?: AbortSignal;
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

/** More rows than these do not change a Gaussian. */
const mostGaussianRows = 50_000;

/** Rows whose quantiles the front spline starts from. */
const quantileRows = 20_000;

/**
 * Fits a density to a table. With no options, everything is chosen from its size and width.
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
  { onEvent, signal, sources }: FitCallbacks = {},
): Promise<Fitted> {
  const started = performance.now();
  const checked = parseFitOptions(options);
  const table = await toTable(input);
  const random = new Random(checked.seed ?? 0);
  const { validation = 0.15, calibration, jitter = 0 } = checked;
  const named = sources ?? (typeof input === "string" ? [input] : Array.isArray(input) ? input : []);
  const prepared = inTable(named, () => prepare(table, { validation, calibration, jitter, random }));
  const dim = prepared.columns.length;
  const discreteColumns = prepared.columns.filter(({ quantum }) => quantum !== undefined).length;
  const chosen = plan(checked, { trainRows: prepared.trainRows, dim, discreteColumns });
  for (const text of prepared.notices) onEvent?.({ type: "notice", text });
  onEvent?.({ type: "plan", plan: chosen, rows: table.rows, dim });
  const logDet = unitsLogDet(prepared);

  const runs: Run[] = [];
  for (;;) {
    const setting = runs.length > 0 && signal?.aborted ? undefined : nextSetting(chosen.search, runs);
    if (!setting) break;
    const position = { run: runs.length + 1, runs: chosen.runs };
    onEvent?.({ type: "run", ...position, setting });
    const run = await train(prepared, chosen, setting, {
      random,
      signal,
      onEvent: (event) => onEvent?.({ type: "training", ...position, event: inUnits(event, logDet) }),
    });
    runs.push(run);
  }
  const best = bestOf(runs) as Run;
  // Also where the best run had ended before: others were still to come, or on their way.
  const isCut = runs.at(-1)?.stoppedBy === "interrupted" || nextSetting(chosen.search, runs) !== undefined;
  const stoppedBy = isCut ? "interrupted" : best.stoppedBy;
  // Bases that know only some numbers, a uniform one say, give the others 10³⁰ nats less than any.
  if (!(best.validationNll < noDensity))
    throw new LogdetError("training", "no weights with a finite likelihood were found", {
      hint: "Lower the learning rate with --lr, choose another --base, or look for extreme values in the data.",
    });
  const gaussian = chosen.search.open.size > 0 && !isCut ? await gaussianOf(prepared, random) : undefined;
  const candidates: Candidate[] = [
    ...runs.map((run) => ({ flow: run.flow, store: run.trainer.store, logProb: run.logProb, run })),
    ...(gaussian ? [gaussian] : []),
  ];
  const members = chooseMembers(
    candidates.map(({ logProb }) => logProb),
    chosen.members,
  );
  const kept = members.map((i) => candidates[i]);
  const { flow, store } = kept.length > 1 ? averageOf(kept) : kept[0];
  const seconds = (performance.now() - started) / 1000;
  const config = describe({ flow, best, kept, runs, stoppedBy }, prepared, chosen, table, named, seconds);
  const model = new Model(flow, store, config, chosen.threads);
  if (prepared.calibrationRows > 0) await model.calibrate(prepared.calibration);
  for (const { trainer } of runs) await trainer.release();
  return { model, validation: prepared.validation, stoppedBy };
}

async function toTable(input: FitInput): Promise<Table> {
  if (typeof input === "string") return readTable([input]);
  if (Array.isArray(input)) return readTable(input);
  if (isTable(input)) return input;
  return tableFromColumns(
    Object.entries(input as Readonly<Record<string, ArrayLike<number>>>).map(([name, values]) => ({
      name,
      values,
    })),
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

/** log|det| of the standardisation: what turns densities of standardised rows into those of the columns' units. */
function unitsLogDet({ columns }: Pick<Prepared, "columns">): number {
  return -columns.reduce((total, { scale }) => total + Math.log(scale), 0);
}

/** Listeners hear of likelihoods in the units that the model will be reported in. */
function inUnits(event: TrainingEvent, logDet: number): TrainingEvent {
  if (event.type !== "evaluation") return event;
  return { ...event, trainNll: event.trainNll - logDet, validationNll: event.validationNll - logDet };
}

const isTable = (input: FitInput): input is Table =>
  typeof input === "object" && "rows" in input && typeof input.rows === "number" && "columns" in input;

interface Run extends Outcome {
  readonly flow: Flow;
  readonly trainer: Trainer;
  readonly stoppedBy: StopReason;
  /** Log-densities of the validation rows under the best weights; standardised units. */
  readonly logProb: Float64Array;
}

async function train(
  { train: rows, validation, trainSample, columns }: Prepared,
  { recipe, steps, evaluateEvery, patience, threads, lipschitz: weight, monitor }: Plan,
  setting: Setting,
  { random: seeds, signal, onEvent }: { random: Random; signal?: AbortSignal; onEvent: TrainingListener },
): Promise<Run> {
  const { layers, components, noise, start } = setting;
  const random = start === 0 ? seeds : seeds.split(`start ${start}`);
  const batches = rows.batches({ batchSize: recipe.batch, random: random.split("batches") });
  const first = rows.batches({
    batchSize: Math.min(rows.rows, quantileRows),
    random: random.split("quantiles"),
  });
  const estimator = jacobianEstimator(recipe.jacobian);
  const { activation, base, front, bins, frontBins } = recipe;
  const flow = denseFlow({
    dim: columns.length,
    ...{ layers, components, activation, base, front, bins, frontBins },
    layer: estimator.layer,
    sample: (await first.next()).values,
    random: random.split("weights"),
  });
  const trainer = await Trainer.create(flow, {
    batches,
    validation,
    training: trainSample,
    estimator,
    optimizer: optimizer(recipe.optimizer),
    learningRate: rateFor(recipe.learningRate, setting),
    steps,
    evaluateEvery,
    patience,
    noise,
    penalties: weight > 0 ? [lipschitz({ weight })] : [],
    monitor: monitor ? {} : undefined,
    random: random.split("training"),
    threads,
    onEvent,
  });
  const stoppedBy = await trainer.run(signal);
  return {
    setting,
    flow,
    trainer,
    stoppedBy,
    validationNll: trainer.best.validationNll,
    trainNll: trainer.history.find(({ step }) => step === trainer.best.step)?.trainNll ?? Number.NaN,
    logProb: await trainer.likelihood.logProb(validation),
  };
}

/** A density that the model may be, or be an average with. */
interface Candidate extends Trained {
  /** Log-densities of the validation rows, standardised units. */
  readonly logProb: Float64Array;
  /** The run it comes of; none is the Gaussian. */
  readonly run?: Run;
}

/** The Gaussian as a candidate: where rows are few or all there is to know is their covariance, it wins. */
async function gaussianOf(
  { train, validation, gaussian }: Prepared,
  random: Random,
): Promise<Candidate | undefined> {
  if (gaussian === undefined) return undefined;
  const batches = train.batches({
    batchSize: Math.min(train.rows, mostGaussianRows),
    random: random.split("gaussian"),
  });
  const { flow, store } = gaussianFlow((await batches.next()).values, train.dim);
  const likelihood = await Likelihood.create(flow, store);
  const logProb = await likelihood.logProb(validation);
  await likelihood.release();
  return { flow, store, logProb };
}

/** What came of a fit: the final flow, the runs that it is made of, and all that were tried. */
interface Outcomes {
  readonly flow: Flow;
  readonly best: Run;
  readonly kept: readonly Candidate[];
  readonly runs: readonly Run[];
  readonly stoppedBy: StopReason;
}

function describe(
  { flow, best, kept, runs, stoppedBy }: Outcomes,
  {
    columns,
    validation,
    trainSample,
    gaussian,
    trainRows,
    validationRows,
    calibrationRows,
    notices,
  }: Prepared,
  { recipe, steps, epochs, seed, lipschitz, monitor }: Plan,
  table: Table,
  sources: readonly string[],
  seconds: number,
): ModelConfig {
  const logDet = unitsLogDet({ columns });
  const logProb = averageLogProb(kept.map((candidate) => candidate.logProb));
  const mean = logProb.reduce((a, b) => a + b, 0) / logProb.length;
  const variance = logProb.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, logProb.length - 1);
  const used = new Set(columns.map(({ name }) => name));
  const tails = tailsOf([validation, trainSample], columns.length);
  const { trainer, setting } = best;
  return {
    format: "logdet/1",
    version,
    created: new Date().toISOString(),
    columns: columns.map(({ name, kind, quantum, lattice, center, scale, minimum, maximum }) => ({
      name,
      kind,
      ...(quantum !== undefined && { quantum, lattice: lattice ?? false }),
      center,
      scale,
      minimum,
      maximum,
    })),
    flow: flow.config(),
    training: {
      sources: [...sources],
      rows: table.rows,
      trainRows,
      validationRows,
      calibrationRows,
      dropped: table.sourceColumns.filter((name) => !used.has(name)),
      notices: [...notices],
      recipe: recipe.name,
      jacobian: recipe.jacobian,
      optimizer: recipe.optimizer,
      learningRate: recipe.learningRate,
      batch: recipe.batch,
      steps,
      epochs,
      bestStep: trainer.best.step,
      stoppedBy,
      noise: setting.noise,
      seed,
      seconds,
      parameters: flow.parameterCount,
      runs: runs.map((run) => ({
        ...run.setting,
        validationLogProb: Number.isFinite(run.validationNll) ? logDet - run.validationNll : null,
        kept: kept.some((candidate) => candidate.run === run),
      })),
      keepsGaussian: kept.some(({ run }) => run === undefined),
      curve: trainer.history.map(({ step, trainNll, validationNll }) => ({
        step,
        trainNll: trainNll - logDet,
        validationNll: validationNll - logDet,
      })),
      ...(lipschitz > 0 && { lipschitz }),
      ...(monitor && { monitor: structuredClone([...trainer.monitored]) }),
    },
    metrics: {
      validationLogProb: mean + logDet,
      standardError: Math.sqrt(variance / logProb.length),
      gaussianLogProb: gaussian === undefined ? null : gaussian.heldOut + logDet,
      affineOptimum: gaussian === undefined ? null : gaussian.optimum + logDet,
      ...(tails && { tails }),
    },
  };
}
