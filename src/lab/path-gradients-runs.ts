// The runs of the lab path-gradients: fits to an energy and to few samples by both gradients, and how the gradients spread.

import { reversed } from "../bijections/index.js";
import { EnergyField } from "../energy/energy-field.js";
import {
  type EnergyFitOptions,
  type FittedEnergy,
  fitEnergy,
  type GradientKind,
  type ImportanceEstimate,
  pathGradients,
} from "../energy/index.js";
import { Flow } from "../flows/index.js";
import { exact } from "../jacobian/index.js";
import { adam } from "../optimizers/index.js";
import type { Random } from "../random/index.js";
import { neg } from "../tensor/index.js";
import { TrainingStep } from "../training/index.js";
import type { LabOptions } from "./lab.js";
import type { Target } from "./path-gradients-targets.js";

export const kinds = ["path", "total"] as const satisfies readonly GradientKind[];
export type ByKind<T> = Readonly<Record<GradientKind, T>>;

export interface RunSize {
  readonly steps: number;
  readonly layers: number;
  /** How often both gradients' variance is measured after the start. */
  readonly moments: number;
  /** Samples of the target that maximum likelihood is given, and its steps. */
  readonly samples: number;
  readonly sampleSteps: number;
}

/** Of one row's gradient, all parameters together, at one moment of a run by path gradients. */
export interface Spread {
  readonly step: number;
  readonly variance: ByKind<number>;
}

/** One fit to the energy. */
export interface ReverseRun {
  /** Estimates from fresh draws. */
  readonly estimate: ImportanceEstimate;
  /** KL(q ‖ p), nats. */
  readonly divergence: number;
  readonly forwardEss: number;
  readonly spreads: readonly Spread[];
  /** A few draws, row-major. */
  readonly draws: Float64Array;
}

/** One fit to samples: the better of what was seen on the way, and the last. */
export interface ForwardRun {
  /** KL(p ‖ q), nats. */
  readonly divergence: number;
  readonly last: number;
}

const testRows = 20_000;
const drawnRows = 600;
/** The rest are of the fit's own defaults. */
const common = ({ layers }: RunSize, random: Random, { threads, signal }: LabOptions): EnergyFitOptions => ({
  ...{ layers, threads, signal, seed: random.seed },
});

/** A fit to the energy alone, with the spread of both gradients along it where it is by path gradients. */
export async function reverseRun(
  target: Target,
  gradient: GradientKind,
  size: RunSize,
  random: Random,
  options: LabOptions,
): Promise<ReverseRun> {
  const { energy, logZ, scale } = target;
  const moments: Moment[] = [];
  const fitted = await fitEnergy(energy, {
    ...common(size, random, options),
    ...{ gradient, scale, steps: size.steps, evaluateEvery: size.steps / size.moments, evaluationRows: 1 },
    onEvent(event, now) {
      if (event.type === "start") moments.push(momentOf(now, 0));
      if (event.type === "evaluation") moments.push(momentOf(now, event.step));
    },
  });
  const estimate = await fitted.estimate(testRows, random.split("test"));
  const forwardEss = await fitted.forwardEss(target.sample(testRows / 4, random.split("target")));
  const draws = await fitted.sample(drawnRows, random.split("draws"));
  const spreads = gradient === "path" ? await spreadsOf(target, fitted, moments, random, options) : [];
  await fitted.release();
  return { estimate, divergence: logZ - estimate.elbo, forwardEss, spreads, draws };
}

/** The numbers of a flow, in the order of its parameters. */
interface Moment {
  readonly step: number;
  readonly values: readonly ArrayLike<number>[];
}

const momentOf = ({ flow, parameters }: FittedEnergy, step: number): Moment => ({
  step,
  values: Object.values(flow.parameters).map((parameter) => parameters.view(parameter).slice()),
});

/** Batches whose mean gradients are compared, and rows of each. */
const [spreadBatches, spreadRows] = [48, 64];

async function spreadsOf(
  { energy }: Target,
  { flow }: FittedEnergy,
  moments: readonly Moment[],
  random: Random,
  { threads }: LabOptions,
): Promise<Spread[]> {
  const field = await EnergyField.create(energy);
  const trained = new Flow(reversed(flow.bijection), field.target());
  const measured: Spread[] = moments.map(({ step }) => ({ step, variance: { path: 0, total: 0 } }));
  for (const kind of kinds) {
    // The ordinary gradient: no estimator's metric has a say in the comparison.
    const estimator = kind === "path" ? pathGradients(exact, neg) : exact;
    const step = await TrainingStep.create(trained, { estimator, optimizer: adam(), threads });
    for (const [i, { values }] of moments.entries()) {
      for (const [k, parameter] of Object.values(flow.parameters).entries())
        step.store.view(parameter).set(values[k]);
      const variance = await varianceOf(step, random.split("spread"));
      measured[i] = { ...measured[i], variance: { ...measured[i].variance, [kind]: variance } };
    }
    await step.release();
  }
  await field.release();
  return measured;
}

/** The trace of the covariance of one row's gradient. */
async function varianceOf(step: TrainingStep, random: Random): Promise<number> {
  const gradient = step.store.buffer("gradient");
  const mean = new Float64Array(gradient.length);
  const squares = new Float64Array(gradient.length);
  const batch = new Float32Array(spreadRows * step.flow.dim);
  for (let n = 1; n <= spreadBatches; n++) {
    await step.gradient(random.fillNormal(batch));
    for (const [i, value] of gradient.entries()) {
      const change = value - mean[i];
      mean[i] += change / n;
      squares[i] += change * (value - mean[i]);
    }
  }
  return (spreadRows * squares.reduce((total, value) => total + value, 0)) / (spreadBatches - 1);
}

/** A fit to few samples: energy-aware by path gradients, plain maximum likelihood otherwise. */
export async function forwardRun(
  target: Target,
  gradient: GradientKind,
  size: RunSize,
  random: Random,
  options: LabOptions,
): Promise<ForwardRun> {
  // Both kinds stop where a large validation set likes them best: better than either could do from the samples alone.
  const validation = target.sample(2000, random.split("validation"));
  const test = target.sample(testRows / 4, random.split("test"));
  let last = Number.NaN;
  const fitted = await fitEnergy(target.energy, {
    ...common(size, random, options),
    ...{
      gradient,
      validation,
      steps: size.sampleSteps,
      evaluateEvery: size.sampleSteps / 20,
      evaluationRows: 1,
    },
    samples: target.sample(size.samples, random.split("samples")),
    onEvent(event) {
      if (event.type === "evaluation") last = event.validationNll ?? Number.NaN;
    },
  });
  const field = await EnergyField.create(target.energy);
  /** Of rows of the target, nats: E[−log p] over these very rows, so that their noise cancels. */
  const surprise = async (rows: Float64Array) => mean((await field.evaluate(rows)).values) + target.logZ;
  const nll = -mean(await fitted.logProb(test));
  const result = { divergence: nll - (await surprise(test)), last: last - (await surprise(validation)) };
  await field.release();
  await fitted.release();
  return result;
}

const mean = (values: Float64Array) => values.reduce((total, value) => total + value, 0) / values.length;

/** All runs on one target: the k-th of each list started alike. */
export interface TargetRuns {
  readonly target: Target;
  readonly reverse: ByKind<readonly ReverseRun[]>;
  readonly forward: ByKind<readonly ForwardRun[]>;
}
