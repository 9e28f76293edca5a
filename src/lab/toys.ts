// The lab "toys": the densities in the plane that papers draw, learned under one Jacobian estimator after the other.

import { analyzeColumns, InMemoryRows, standardizedRows, tableFromRows } from "../data/index.js";
import { gaussianFlow } from "../fit/gaussian.js";
import { denseFlow, type Flow } from "../flows/index.js";
import { type JacobianEstimator, jacobianEstimators } from "../jacobian/index.js";
import { draw } from "../model/draw.js";
import { Random } from "../random/index.js";
import { type ParameterStore, Program } from "../runtime/index.js";
import { Likelihood, Trainer } from "../training/index.js";
import type { Lab, LabOptions } from "./lab.js";
import { type ToyDensity, toyDensities } from "./toy-densities.js";
import { drawToys, gridPoints, type Learned, sampleCount, type ToyPicture } from "./toys-picture.js";

/** Nats a row between a flow and the density up to which the density counts as learned. */
const tolerance = 0.2;

interface Size {
  readonly densities: readonly string[];
  readonly estimators: readonly string[];
  readonly layers: number;
  readonly steps: number;
  readonly trainRows: number;
  readonly heldOutRows: number;
}

/** Those of the two papers' pictures, which docs/lab/toys.md tells of. */
const all = ["sine", "moons", "smile", "two spirals", "checkerboard", "rings", "trimodal"];
const sizes: Readonly<Record<"smoke" | "default" | "full", Size>> = {
  smoke: {
    densities: ["moons", "trimodal"],
    estimators: ["lie", "relative", "exact"],
    layers: 4,
    steps: 800,
    trainRows: 10_000,
    heldOutRows: 2000,
  },
  default: {
    densities: all,
    estimators: ["lie", "relative", "exact", "lu", "self-normalizing"],
    layers: 8,
    steps: 6000,
    trainRows: 20_000,
    heldOutRows: 5000,
  },
  full: {
    densities: all,
    estimators: Object.keys(jacobianEstimators),
    layers: 12,
    steps: 12_000,
    trainRows: 50_000,
    heldOutRows: 10_000,
  },
};

/**
 * Seven densities in the plane with exact samplers and known log-densities; for each and for each estimator a flow
 *
 *   spline → [W, b → spline] × (layers − 1) → W, b → mixture of Gaussians
 *
 * trained on rows of the density, all estimators on the same rows from the same start. What is missing in nats,
 *
 *   gap = mean over held-out rows of log p(x) − log q(x)
 *
 * estimates the Kullback-Leibler divergence KL(p ‖ q). The claim holds if no gap exceeds 0.2 nats.
 *
 * @see Gresele et al., NeurIPS 2020; the densities: Grathwohl et al., "FFJORD", ICLR 2019
 * @example const { held, verdict } = await toys.run({ full: false, smoke: true, seed: 0, threads: 1 })
 */
export const toys: Lab = {
  name: "toys",
  claim: "Dense flows learn the toy densities, whichever estimator of the Jacobian term trains them.",
  source: "Gresele et al., NeurIPS 2020, and the papers of the estimators; densities as in FFJORD, ICLR 2019",
  duration: "2 min",
  async run(options) {
    const size = sizes[options.full ? "full" : options.smoke ? "smoke" : "default"];
    const fits: ToyFit[] = [];
    const pictures: ToyPicture[] = [];
    for (const density of toyDensities.filter(({ name }) => size.densities.includes(name))) {
      const problem = await pose(density, size, options);
      const learned: Learned[] = [];
      for (const name of size.estimators) {
        const total = size.densities.length * size.estimators.length;
        options.onProgress?.(`flow ${fits.length + 1} of ${total}: ${density.name}, ${name}`);
        const estimator = jacobianEstimators[name];
        const { nats, seconds, grid, samples } = await learn(problem, estimator, size, options);
        const { entropy, gaussianNats } = problem;
        const gap = -entropy - nats;
        const gaussianGap = -entropy - gaussianNats;
        fits.push({ density: density.name, estimator: name, nats, entropy, gap, gaussianGap, seconds });
        learned.push({ estimator: name, gap, grid, samples });
      }
      pictures.push({ density, data: problem.heldOut, learned });
    }
    return {
      held: fits.every(isLearned),
      verdict: verdictOf(fits, size),
      figures: fits.map((fit) => ({ ...fit })),
      svg: drawToys(pictures),
    };
  },
};

/** One flow, measured on held-out rows. Nats a row. */
type ToyFit = Readonly<{
  density: string;
  estimator: string;
  /** Mean log-density under the flow. */
  nats: number;
  /** The density's own: minus its mean log-density on the same rows. */
  entropy: number;
  gap: number;
  /** The gap of a Gaussian with the training rows' mean and covariance. */
  gaussianGap: number;
  seconds: number;
}>;

const isLearned = ({ gap }: ToyFit) => gap <= tolerance;

function verdictOf(fits: readonly ToyFit[], { densities, estimators }: Size): string {
  const worst = fits.reduce((a, b) => (b.gap > a.gap ? b : a));
  const missed = fits.filter((fit) => !isLearned(fit));
  const easiest = Math.min(...fits.map(({ gaussianGap }) => gaussianGap));
  const counted =
    `${fits.length - missed.length} of ${fits.length} flows (${densities.length} densities, ` +
    `${estimators.length} estimators) come within ${tolerance} nats a row of the density itself`;
  const largest = `the largest gap is ${worst.gap.toFixed(3)} nats (${worst.density}, ${worst.estimator})`;
  const rest = `where a Gaussian misses ${easiest.toFixed(2)} nats or more`;
  if (missed.length === 0) return `${counted}, ${rest}; ${largest}.`;
  const names = [...new Set(missed.map(({ estimator }) => estimator))].join(", ");
  return `${counted}, ${rest}; ${largest}. The others are of ${names}.`;
}

/** A density as a table to learn: the same for every estimator. */
async function pose(density: ToyDensity, size: Size, { seed }: LabOptions) {
  const random = new Random(seed).split(density.name);
  const rowsOf = (name: string, count: number) => density.sample(count, random.split(name));
  const table = tableFromRows(rowsOf("training", size.trainRows), 2);
  const { plans } = analyzeColumns(table);
  const standardized = (rows: Float64Array) => standardizedRows(tableFromRows(rows, 2), plans);
  const heldOut = rowsOf("held out", size.heldOutRows);
  const training = standardizedRows(table, plans);
  const standardHeldOut = standardized(heldOut);
  /** What turns log-densities of standardised rows into those of the plane. */
  const unitsLogDet = -plans.reduce((sum, { scale }) => sum + Math.log(scale), 0);
  const gaussian = gaussianFlow(training, 2);
  const likelihood = await Likelihood.create(gaussian.flow, gaussian.store);
  const gaussianNats = unitsLogDet - (await likelihood.nll(standardHeldOut));
  await likelihood.release();
  return {
    random,
    heldOut,
    rows: new InMemoryRows(table, plans),
    training,
    validation: standardized(rowsOf("validation", 2000)),
    standardHeldOut,
    standardGrid: standardized(gridPoints(density.extent)),
    unitsLogDet,
    toPlane: (values: Float64Array) =>
      values.map((value, i) => plans[i % 2].center + plans[i % 2].scale * value),
    entropy: -meanLogProb(density, heldOut),
    gaussianNats,
  };
}

function meanLogProb(density: ToyDensity, rows: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i += 2) sum += density.logProb(rows[i], rows[i + 1]);
  return sum / (rows.length / 2);
}

/** Trains one flow and looks at it. */
async function learn(
  problem: Awaited<ReturnType<typeof pose>>,
  estimator: JacobianEstimator,
  { layers, steps }: Size,
  { threads, signal }: LabOptions,
) {
  const { random, rows, training, validation, standardHeldOut, standardGrid, unitsLogDet, toPlane } = problem;
  const flow = denseFlow({
    dim: 2,
    layers,
    activation: "spline",
    base: "mixture-of-gaussians",
    front: true,
    frontBins: 32,
    layer: estimator.layer,
    sample: training.subarray(0, 2 * 8000),
    random: random.split("weights"),
  });
  const started = performance.now();
  const trainer = await Trainer.create(flow, {
    batches: rows.batches({ batchSize: 256, random: random.split("batches") }),
    validation,
    training: training.subarray(0, validation.length),
    estimator,
    learningRate: 1e-2,
    steps,
    evaluateEvery: 500,
    random: random.split("training"),
    threads,
  });
  try {
    await trainer.run(signal);
    const seconds = (performance.now() - started) / 1000;
    signal?.throwIfAborted();
    const { likelihood, store } = trainer;
    const nats = unitsLogDet - (await likelihood.nll(standardHeldOut));
    const grid = (await likelihood.logProb(standardGrid)).map((value) => Math.exp(value + unitsLogDet));
    const samples = toPlane(await samplesOf(flow, store, threads, random.split("samples")));
    return { nats, seconds, grid, samples };
  } finally {
    await trainer.release();
  }
}

async function samplesOf(flow: Flow, parameters: ParameterStore, threads: number, random: Random) {
  const programs: Program[] = [];
  const samples = await draw(sampleCount, random, {
    name: "sample",
    base: flow.base,
    rows: (latent) => flow.bijection.inverse(latent).x,
    program: async (_, build) => {
      const program = await Program.compile({ value: build() }, { parameters, threads });
      programs.push(program);
      return program;
    },
  });
  for (const program of programs) await program.release();
  return samples;
}
