// What the lab jacobian-determinant trains: the best affine flow, and nets on one toy density, watched.

import { chain, linear } from "../bijections/index.js";
import { analyzeColumns, InMemoryRows, standardizedRows, tableFromRows } from "../data/index.js";
import { normal } from "../distributions/index.js";
import { denseFlow, Flow, latentMaps } from "../flows/index.js";
import { lie } from "../jacobian/index.js";
import { descent } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import { covarianceOf, type ParameterStore, Program, singularValues } from "../runtime/index.js";
import { input } from "../tensor/index.js";
import {
  type Evaluation,
  Likelihood,
  lipschitz,
  type MonitorReading,
  Trainer,
  TrainingStep,
} from "../training/index.js";
import type { LabOptions } from "./lab.js";
import { toyDensities } from "./toy-densities.js";

/** How well plain descent of one dense layer does, and how well it could; nats a row. */
export interface AffineResult {
  readonly dim: number;
  /** −½ [D (1 + log 2π) + Σ log λ]. */
  readonly optimum: number;
  readonly reached: number;
}

const affineRows = 1000;

/** One dense layer before a normal base on standardised mixtures of Laplace sources: the optimum asks for no normal rows. */
export async function fitAffine(
  dim: number,
  steps: number,
  { seed, threads, signal }: LabOptions,
): Promise<AffineResult> {
  const random = new Random(seed).split("affine rows");
  const mixing = Float64Array.from(
    { length: dim * dim },
    (_, i) => (i % (dim + 1) === 0 ? 1 : 0) + 0.3 * random.normal(),
  );
  const mixed = new Float64Array(affineRows * dim);
  for (let row = 0; row < mixed.length; row += dim) {
    const sources = Array.from({ length: dim }, () => Math.log(random.uniform() / random.uniform()));
    for (let j = 0; j < dim; j++)
      mixed[row + j] = sources.reduce((sum, source, i) => sum + source * mixing[i * dim + j], 0);
  }
  const table = tableFromRows(mixed, dim);
  const rows = standardizedRows(table, analyzeColumns(table).plans, undefined, random);
  const flow = new Flow(chain([linear({ dim, random: random.split("layer") })]), normal({ dim }));
  const step = await TrainingStep.create(flow, { estimator: lie, optimizer: descent(), threads });
  const likelihood = await Likelihood.create(flow, step.store, threads);
  for (let i = 1; i <= steps; i++) {
    signal?.throwIfAborted();
    await step.gradient(rows, i);
    await step.update(0.1, i);
  }
  const reached = -(await likelihood.nll(rows));
  await step.release();
  await likelihood.release();
  return { dim, optimum: eigenvalueOptimum(rows, dim), reached };
}

/** From the eigenvalues of the rows' covariance, which are its singular values. */
function eigenvalueOptimum(rows: Float32Array, dim: number): number {
  const { covariance } = covarianceOf(rows, dim);
  const logs = singularValues(covariance, dim).reduce((sum, value) => sum + Math.log(value), 0);
  return -0.5 * (dim * (1 + Math.log(2 * Math.PI)) + logs);
}

/** A trained net, what was seen on the way, and what it makes of the test rows. */
export interface NetResult {
  readonly seed: number;
  readonly weight: number;
  readonly history: readonly Evaluation[];
  readonly monitored: readonly ({ readonly step: number } & MonitorReading)[];
  /** Mean negative log-density of the test rows, nats, standardised. */
  readonly nll: number;
  /** Of each test row, nats. */
  readonly logProb: Float64Array;
  readonly logDet: Float64Array;
  /** Row-major [n, 2]. */
  readonly latent: Float64Array;
}

export interface NetSize {
  readonly rows: number;
  readonly testRows: number;
  readonly steps: number;
}

/** The density that the nets learn. */
export const density = toyDensities.find(({ name }) => name === "moons") as (typeof toyDensities)[number];

/** Rows whose Jacobians the monitor looks at. */
const lookedRows = 100;
/** Looks over a run. */
const looks = 20;

/** A spline in front and six dense layers with splines between them before a normal base, trained by likelihood. */
export async function trainNet(
  { seed, weight }: { seed: number; weight: number },
  { rows, testRows, steps }: NetSize,
  options: LabOptions,
): Promise<NetResult> {
  const data = new Random(options.seed).split("moons");
  const table = tableFromRows(density.sample(rows, data.split("training")), 2);
  const { plans } = analyzeColumns(table);
  const standardized = (name: string, count: number) =>
    standardizedRows(tableFromRows(density.sample(count, data.split(name)), 2), plans, undefined, data);
  const test = standardized("test", testRows);
  const random = new Random(options.seed).split(`net ${seed}`);
  const flow = denseFlow({
    ...{ dim: 2, layers: 6, activation: "spline", base: "normal", front: true, bins: 8 },
    sample: standardizedRows(table, plans, undefined, data),
    random: random.split("weights"),
  });
  const trainer = await Trainer.create(flow, {
    batches: new InMemoryRows(table, plans).batches({ batchSize: 256, random: random.split("batches") }),
    validation: standardized("validation", 2000),
    training: standardizedRows(
      table,
      plans,
      Uint32Array.from({ length: 2000 }, (_, i) => i),
      data,
    ),
    ...{ learningRate: 0.01, steps, evaluateEvery: Math.ceil(steps / looks) },
    penalties: weight > 0 ? [lipschitz({ weight })] : [],
    monitor: { rows: lookedRows },
    ...{ random: random.split("training"), threads: options.threads },
  });
  await trainer.run(options.signal);
  options.signal?.throwIfAborted();
  const seen = await lookAt(flow, trainer.store, test);
  const { history, monitored } = trainer;
  await trainer.release();
  const nll = -seen.logProb.reduce((sum, value) => sum + value, 0) / testRows;
  return { seed, weight, history, monitored, nll, ...seen };
}

async function lookAt(flow: Flow, parameters: ParameterStore, x: Float32Array) {
  const [{ latent, logDet, logProb }] = latentMaps(flow, input("x", ["batch", 2]));
  const program = await Program.compile({ latent, logDet, logProb }, { parameters });
  const found = await program.run({ x });
  const copies = {
    latent: Float64Array.from(found.latent),
    logDet: Float64Array.from(found.logDet),
    logProb: Float64Array.from(found.logProb),
  };
  await program.release();
  return copies;
}
