// Where the rules come to rest: against the closed form on normal rows, and against one another on rows that are not.

import { chain, linear } from "../../bijections/index.js";
import { logistic, normal } from "../../distributions/index.js";
import { gaussianLogProb } from "../../fit/gaussian.js";
import { Flow } from "../../flows/index.js";
import { exact, lie, published, relative, relativeAffine } from "../../jacobian/index.js";
import { adam, constantRate, descent } from "../../optimizers/index.js";
import { Random } from "../../random/index.js";
import { covarianceOf, factorize } from "../../runtime/index.js";
import type { Figures, LabOptions } from "../lab.js";
import { type Rows, times } from "./tables.js";
import { train } from "./training.js";

export interface OptimumRow extends Figures {
  readonly part: "optimum";
  readonly table: "normal" | "Laplace";
  readonly estimator: string;
  /** Mean log-density of the training rows at the end, nats a row. */
  readonly nats: number;
  /** How much better the best possible is: the closed form ("normal"), the best end of an exact rule ("Laplace"). */
  readonly short: number;
  /** How much that should be, where it is known. */
  readonly derived: number | null;
}

const dim = 4;
/** A well-conditioned mixing, and a centre far from the origin: what the published rule cannot reach. */
const mixing = [1, 0.3, -0.2, 0, 0.4, 0.8, 0, 0.1, -0.5, 0.2, 1.2, 0.3, 0, -0.6, 0.1, 0.7];
const centre = [3, -2, 1.5, 2.5];

/** Plain descent of one dense layer on all rows at once: rates and steps at which each rule has converged. */
const descents = [
  { estimator: exact, rate: 0.02, steps: 6000 },
  { estimator: relative, rate: 0.02, steps: 8000 },
  { estimator: relativeAffine, rate: 0.02, steps: 3000 },
  { estimator: lie, rate: 0.1, steps: 2000 },
  { estimator: published, rate: 0.02, steps: 3000 },
];

/** One dense layer before a normal base on off-centre normal rows, whose best density is known. */
export async function gaussianOptima(options: LabOptions): Promise<OptimumRow[]> {
  const noise = new Random(options.seed).split("normal rows").fillNormal(new Float64Array(300 * dim));
  const rows = offCentre(noise);
  const best = gaussianLogProb(rows.train, rows.train, dim) as number;
  const distance = squaredDistanceOfMean(rows.train);
  const found: OptimumRow[] = [];
  for (const { estimator, rate, steps } of descents) {
    options.onProgress?.(`${estimator.name} on normal rows`);
    const flow = new Flow(chain([linear({ dim, random: new Random(1) })]), normal({ dim }));
    const { train: nats } = await train({
      ...{ flow, rows, estimator, steps, learningRate: rate, batch: Infinity },
      ...{ optimizer: descent(), schedule: constantRate(), random: new Random(1) },
      ...{ threads: options.threads, signal: options.signal },
    });
    const derived = estimator.exact ? 0 : 0.5 * Math.log(1 + distance / 4);
    found.push({
      ...{ part: "optimum", table: "normal", estimator: estimator.name },
      ...{ nats, short: best - nats, derived },
    });
  }
  return found;
}

/** m Σ⁻¹ mᵀ of the rows' own mean and covariance. */
function squaredDistanceOfMean(rows: Float32Array): number {
  const { mean, covariance } = covarianceOf(rows, dim);
  const solved = factorize(covariance, dim).solve(mean, 1);
  return mean.reduce((sum, value, i) => sum + value * solved[i], 0);
}

/**
 * One dense layer before a logistic base on off-centre mixtures of Laplace sources: independent component analysis,
 * which has one optimum but for the order and signs of the sources. All rows at once, Adam with a cosine to zero.
 */
export async function laplaceOptima(steps: number, options: LabOptions): Promise<OptimumRow[]> {
  const random = new Random(options.seed).split("Laplace rows");
  const draw = () => Math.SQRT1_2 * Math.log((1 - random.uniform()) / (1 - random.uniform()));
  const sources = Float64Array.from({ length: 500 * dim }, draw);
  const rows = offCentre(sources);
  const ends: { name: string; exact: boolean; nats: number }[] = [];
  for (const { estimator } of descents) {
    options.onProgress?.(`${estimator.name} on Laplace rows`);
    const flow = new Flow(chain([linear({ dim, random: new Random(1) })]), logistic({ dim }));
    const { train: nats } = await train({
      ...{ flow, rows, estimator, steps, learningRate: 0.1, batch: Infinity },
      ...{ optimizer: adam(), random: new Random(1), threads: options.threads, signal: options.signal },
    });
    ends.push({ name: estimator.name, exact: estimator.exact, nats });
  }
  const best = Math.max(...ends.filter((end) => end.exact).map(({ nats }) => nats));
  return ends.map(({ name, exact, nats }) => ({
    ...{ part: "optimum", table: "Laplace", estimator: name },
    ...{ nats, short: best - nats, derived: exact ? 0 : null },
  }));
}

/** Rows of independent columns, mixed and moved. */
function offCentre(sources: Float64Array): Rows {
  const rows = Float32Array.from(times(sources, mixing, dim), (value, i) => value + centre[i % dim]);
  return { dim, train: rows, held: rows };
}
