// One net of a fit, trained; and the Gaussian that stands beside the nets.

import { denseFlow, type Flow } from "../flows/index.js";
import { jacobianEstimator } from "../jacobian/index.js";
import { optimizer } from "../optimizers/index.js";
import type { Random } from "../random/index.js";
import { Likelihood, lipschitz, type StopReason, Trainer, type TrainingListener } from "../training/index.js";
import type { Trained } from "./average.js";
import type { Categories } from "./categories.js";
import { gaussianFlow } from "./gaussian.js";
import type { Plan } from "./options.js";
import type { Prepared } from "./prepare.js";
import { type Outcome, rateFor, type Setting } from "./search.js";

/** More rows than these do not change a Gaussian. */
const mostGaussianRows = 50_000;

/** Rows whose quantiles the front spline starts from. */
const quantileRows = 20_000;

/** A net that was trained, and how well it did. */
export interface Run extends Outcome {
  readonly flow: Flow;
  readonly trainer: Trainer;
  readonly stoppedBy: StopReason;
  /** Log-densities of the validation rows under the best weights; standardised units. */
  readonly logProb: Float64Array;
}

interface TrainCallbacks {
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly watch?: boolean;
  readonly onEvent: TrainingListener;
}

/** Trains one net under a setting. */
export async function train(
  { train: rows, validation, trainSample, columns, layout }: Prepared,
  categories: Categories | undefined,
  { recipe, steps, evaluateEvery, patience, threads, lipschitz: weight, monitor, robust }: Plan,
  setting: Setting,
  { random: seeds, signal, watch, onEvent }: TrainCallbacks,
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
    dim: layout.dim,
    transforms: columns.flatMap(({ kind, transform }) =>
      kind === "categorical" ? [] : [transform ?? { type: "identity" }],
    ),
    categories: categories?.build(),
    sizes: categories?.sizes,
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
    noisy: layout.dim,
    trim: robust,
    penalties: weight > 0 ? [lipschitz({ weight })] : [],
    monitor: monitor ? {} : undefined,
    watch,
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
export interface Candidate extends Trained {
  /** Log-densities of the validation rows, standardised units. */
  readonly logProb: Float64Array;
  /** The run it comes of; none is the Gaussian, or the distribution of categories alone. */
  readonly run?: Run;
}

/**
 * The Gaussian as a candidate, its mean linear in the categories: where rows are few or all there is to know is their
 * covariance, it wins.
 */
export async function gaussianOf(
  { train, validation, gaussian, layout }: Prepared,
  categories: Categories | undefined,
  random: Random,
): Promise<Candidate | undefined> {
  if (gaussian === undefined) return undefined;
  const batches = train.batches({
    batchSize: Math.min(train.rows, mostGaussianRows),
    random: random.split("gaussian"),
  });
  const { values } = await batches.next();
  return candidateOf(gaussianFlow(values, layout.dim, categories), validation);
}

/** A density that was found without training as a candidate. */
export async function candidateOf({ flow, store }: Trained, validation: Float32Array): Promise<Candidate> {
  const likelihood = await Likelihood.create(flow, store);
  const logProb = await likelihood.logProb(validation);
  await likelihood.release();
  return { flow, store, logProb };
}
