// From a table to a model: the one call behind `logdet fit`.

import { readTable, type Table, tableFromColumns } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { denseFlow, type Flow } from "../flows/index.js";
import { jacobianEstimator } from "../jacobian/index.js";
import { Model, type ModelConfig } from "../model/index.js";
import { optimizer } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import { type StopReason, Trainer, type TrainingEvent, type TrainingListener } from "../training/index.js";
import { version } from "../version.js";
import type { FitListener } from "./events.js";
import { type FitOptions, type Plan, parseFitOptions, plan } from "./options.js";
import { type Prepared, prepare } from "./prepare.js";

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

/** Rows whose quantiles the front spline starts from. */
const quantileRows = 20_000;

/**
 * Fits a density to a table. With no options, everything is chosen from its size and width.
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
  const { validation = 0.15, jitter = 0 } = checked;
  const named = sources ?? (typeof input === "string" ? [input] : Array.isArray(input) ? input : []);
  const prepared = inTable(named, () => prepare(table, { validation, jitter, random }));
  const dim = prepared.columns.length;
  const chosen = plan(checked, prepared.trainRows, dim);
  for (const text of prepared.notices) onEvent?.({ type: "notice", text });
  onEvent?.({ type: "plan", plan: chosen, rows: table.rows, dim });
  const logDet = unitsLogDet(prepared);

  let best: Run | undefined;
  for (const [i, noise] of chosen.noise.entries()) {
    if (i > 0 && signal?.aborted) break;
    const position = { run: i + 1, runs: chosen.noise.length };
    onEvent?.({ type: "run", ...position, noise });
    const run = await train(prepared, chosen, noise, {
      random,
      signal,
      onEvent: (event) => onEvent?.({ type: "training", ...position, event: inUnits(event, logDet) }),
    });
    if (!best || run.trainer.best.validationNll < best.trainer.best.validationNll) {
      await best?.trainer.release();
      best = run;
    } else await run.trainer.release();
  }
  if (!best || !Number.isFinite(best.trainer.best.validationNll))
    throw new LogdetError("training", "no weights with a finite likelihood were found", {
      hint: "Lower the learning rate with --lr, or look for extreme values in the data.",
    });
  const seconds = (performance.now() - started) / 1000;
  const config = await describe(best, prepared, chosen, table, named, seconds);
  const model = new Model(best.flow, best.trainer.store, config, chosen.threads);
  await best.trainer.release();
  return { model, validation: prepared.validation, stoppedBy: best.stoppedBy };
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
  return -columns.reduce((total, { standardDeviation }) => total + Math.log(standardDeviation), 0);
}

/** Listeners hear of likelihoods in the units that the model will be reported in. */
function inUnits(event: TrainingEvent, logDet: number): TrainingEvent {
  if (event.type !== "evaluation") return event;
  return { ...event, trainNll: event.trainNll - logDet, validationNll: event.validationNll - logDet };
}

const isTable = (input: FitInput): input is Table =>
  typeof input === "object" && "rows" in input && typeof input.rows === "number" && "columns" in input;

interface Run {
  readonly flow: Flow;
  readonly trainer: Trainer;
  readonly noise: number;
  readonly stoppedBy: StopReason;
}

async function train(
  { train: rows, validation, trainSample, columns }: Prepared,
  { recipe, steps, evaluateEvery, patience, threads }: Plan,
  noise: number,
  { random, signal, onEvent }: { random: Random; signal?: AbortSignal; onEvent: TrainingListener },
): Promise<Run> {
  const batches = rows.batches({ batchSize: recipe.batch, random: random.split("batches") });
  const start = rows.batches({
    batchSize: Math.min(rows.rows, quantileRows),
    random: random.split("quantiles"),
  });
  const flow = denseFlow({
    dim: columns.length,
    layers: recipe.layers,
    activation: recipe.activation,
    base: recipe.base,
    front: recipe.front,
    bins: recipe.bins,
    sample: (await start.next()).values,
    random: random.split("weights"),
  });
  const trainer = await Trainer.create(flow, {
    batches,
    validation,
    training: trainSample,
    estimator: jacobianEstimator(recipe.jacobian),
    optimizer: optimizer(recipe.optimizer),
    learningRate: recipe.learningRate,
    steps,
    evaluateEvery,
    patience,
    noise,
    random: random.split("training"),
    threads,
    onEvent,
  });
  return { flow, trainer, noise, stoppedBy: await trainer.run(signal) };
}

async function describe(
  { flow, trainer, noise, stoppedBy }: Run,
  { columns, validation, gaussian, trainRows, validationRows, notices }: Prepared,
  { recipe, steps, epochs, seed }: Plan,
  table: Table,
  sources: readonly string[],
  seconds: number,
): Promise<ModelConfig> {
  const logDet = unitsLogDet({ columns });
  const logProb = await trainer.likelihood.logProb(validation);
  const mean = logProb.reduce((a, b) => a + b, 0) / logProb.length;
  const variance = logProb.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, logProb.length - 1);
  const used = new Set(columns.map(({ name }) => name));
  return {
    format: "logdet/1",
    version,
    created: new Date().toISOString(),
    columns: columns.map(
      ({ name, kind, quantum, lattice, mean: center, standardDeviation, minimum, maximum }) => ({
        name,
        kind,
        ...(quantum !== undefined && { quantum, lattice: lattice ?? false }),
        center,
        scale: standardDeviation,
        minimum,
        maximum,
      }),
    ),
    flow: flow.config(),
    training: {
      sources: [...sources],
      rows: table.rows,
      trainRows,
      validationRows,
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
      noise,
      seed,
      seconds,
      parameters: flow.parameterCount,
      curve: trainer.history.map(({ step, trainNll, validationNll }) => ({
        step,
        trainNll: trainNll - logDet,
        validationNll: validationNll - logDet,
      })),
    },
    metrics: {
      validationLogProb: mean + logDet,
      standardError: Math.sqrt(variance / logProb.length),
      gaussianLogProb: gaussian === undefined ? null : gaussian + logDet,
    },
  };
}
