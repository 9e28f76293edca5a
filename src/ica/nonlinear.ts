// Nonlinear independent component analysis: a dense relative flow that starts from the linear sources.

import { type Bijection, chain, linear, sumOfTanh } from "../bijections/index.js";
import type { Table } from "../data/index.js";
import { generalizedNormal } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { Flow } from "../flows/index.js";
import { lie } from "../jacobian/index.js";
import { adam, warmupCosine } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import { TrainingStep } from "../training/index.js";
import { independentMechanisms } from "./independent-mechanisms.js";
import { matchSources } from "./matching.js";
import { randomRotation } from "./matrices.js";
import {
  describeSources,
  linearStart,
  type NonlinearEnd,
  type NonlinearSeparation,
  type NonlinearSource,
} from "./nonlinear-sources.js";
import { ica } from "./separate.js";

export interface NonlinearIcaOptions {
  /** How many sources to look for, among as many principal components. Default: one a column. */
  readonly components?: number;
  /** Weight of the contrast of independent mechanism analysis, in nats a row. Default 0: likelihood alone. */
  readonly independentMechanisms?: number;
  /** Dense layers, with a learned curve a column between each two. Default 4. */
  readonly layers?: number;
  /** Smooth steps of a curve. Default 5. */
  readonly units?: number;
  /** Steps of training, on batches of 256 rows. Default 3,000. */
  readonly steps?: number;
  /**
   * How many places to start from: the linear sources, then random rotations of them. The end of greatest likelihood
   * less penalty is kept, and each source is compared with those of the other ends. Default 1.
   */
  readonly starts?: number;
  /** What the rotations, the first weights' noise and the batches are drawn with. Default 0. */
  readonly seed?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Told now and then. */
  readonly onProgress?: (progress: {
    readonly start: number;
    readonly step: number;
    readonly steps: number;
  }) => void;
}

const batchRows = 256;
const learningRate = 1e-2;
/** Steps between two reports. */
const reportEvery = 50;
/** The density that every source starts with: between a Laplace and a normal. */
const firstPower = 1.5;
/** The standard deviation of that density: √(Γ(3/β) / Γ(1/β)). */
const firstDeviation = Math.sqrt(0.7385);

/**
 * Looks for independent sources whose smooth, invertible, nonlinear mixtures the columns are: maximum likelihood of a
 * dense flow, trained by the relative gradient from the linear sources on, with a generalized normal density a source
 * whose exponent is learned. The sources are its latents, standardised.
 *
 *   maximise  Σ_j E[log p_j(f_j(x))] + E[log|det J_f(x)|] − weight · C_IMA
 *
 * Without anything else known, nonlinear sources are not identifiable: many other maps make the columns independent, and
 * a likelihood cannot tell them from the right one. C_IMA, the contrast of independent mechanism analysis, rules out
 * many of them, if sources do move the columns in orthogonal directions. It is taken in the columns' own units.
 *
 * Cost: a linear separation, then `steps` batches of O(256 layers D²), with the contrast O(256 layers D³).
 *
 * @throws LogdetError as `ica`; "usage" for options out of range; "numeric" if training diverges
 * @see Hyvärinen and Pajunen, "Nonlinear independent component analysis: existence and uniqueness results", Neural
 * Networks 1999; Gresele et al., NeurIPS 2020 (training) and NeurIPS 2021 (independent mechanisms)
 * @example const { sources } = await nonlinearIca(await readTable(["mixtures.csv"]), { independentMechanisms: 1 })
 */
export async function nonlinearIca(
  table: Table,
  options: NonlinearIcaOptions = {},
): Promise<NonlinearSeparation> {
  const started = performance.now();
  const { layers = 4, units = 5, starts = 1, steps = 3000, seed = 0 } = options;
  const { independentMechanisms: weight = 0 } = options;
  for (const [name, value] of Object.entries({ layers, starts, steps }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new LogdetError("usage", `"${name}" must be a whole number of at least 1, got ${value}`);
  const random = new Random(seed);

  const { components, signal, threads, onProgress } = options;
  const start = linearStart(table, await ica(table, { components, signal }));
  const n = start.linear.sources.length;
  const penalties = weight === 0 ? [] : [independentMechanisms({ weight, columns: start.columns })];
  const ends: NonlinearEnd[] = [];
  for (let k = 0; k < starts; k++) {
    const seeds = random.split(`start ${k}`);
    const rotation = k === 0 ? undefined : randomRotation(n, seeds.split("rotation"));
    const flow = denseFlowFrom(n, { layers, units, rotation, random: seeds.split("flow") });
    const step = await TrainingStep.create(flow, {
      ...{ estimator: lie, optimizer: adam(), penalties, threads },
      gradientClip: 10 * n,
      random: seeds.split("step"),
    });
    try {
      await train(step, start.rows, {
        ...{ steps, signal, random: seeds.split("batches") },
        onProgress: (taken) => onProgress?.({ start: k, step: taken, steps }),
      });
      const end = await describeSources(flow, step.store, start, threads);
      if (!Number.isFinite(end.rowLogProb + end.contrast))
        throw diverged(`the log-density became ${end.rowLogProb}`);
      ends.push(end);
    } finally {
      await step.release();
    }
  }
  const value = ({ rowLogProb, contrast }: NonlinearEnd) => rowLogProb - weight * contrast;
  const best = ends.reduce((one, other) => (value(other) > value(one) ? other : one));
  const { rowLogProb: _, ...found } = best;
  return {
    ...found,
    sources: withStability(best, ends),
    steps: starts * steps,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Each source's mean |correlation| with its counterparts at other ends. */
function withStability(best: NonlinearEnd, ends: readonly NonlinearEnd[]): NonlinearSource[] {
  const series = ({ sources }: NonlinearEnd) => sources.map(({ values }) => values);
  const others = ends.filter((end) => end !== best);
  const matched = others.map((end) => matchSources(series(end), series(best)).perSource);
  return best.sources.map((source, i) => ({
    ...source,
    stability: others.length === 0 ? null : matched.reduce((sum, each) => sum + each[i], 0) / others.length,
  }));
}

/** W, b → curves → … → W, b → generalized normal densities: nearly a scaling (and a rotation) at first. */
function denseFlowFrom(
  dim: number,
  options: { layers: number; units: number; rotation?: Float64Array; random: Random },
): Flow {
  const { layers, units, rotation, random } = options;
  const identity = Float64Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0));
  const parts = Array.from({ length: layers }, (_, layer): Bijection[] => {
    const seeds = random.split(`layer ${layer}`);
    const scale = layer === layers - 1 ? firstDeviation : 1;
    const weight = ((layer === 0 && rotation) || identity).map((value) => scale * value);
    const dense = linear({ dim, random: seeds, start: { weight, bias: new Float64Array(dim) } });
    return layer === 0 ? [dense] : [sumOfTanh({ dim, units, random: seeds.split("curve") }), dense];
  });
  return new Flow(chain(parts.flat()), generalizedNormal({ dim, power: firstPower }));
}

async function train(
  step: TrainingStep,
  rows: Float32Array,
  {
    steps,
    random,
    signal,
    onProgress,
  }: { steps: number; random: Random; signal?: AbortSignal; onProgress: (taken: number) => void },
): Promise<void> {
  const { dim } = step.flow;
  const count = rows.length / dim;
  const size = Math.min(batchRows, count);
  const batch = new Float32Array(size * dim);
  const schedule = warmupCosine();
  let order = random.permutation(count);
  let next = 0;
  for (let taken = 1; taken <= steps; taken++) {
    if (signal?.aborted) throw new LogdetError("interrupted", "stopped before sources were found");
    if (next + size > count) {
      order = random.permutation(count);
      next = 0;
    }
    for (let i = 0; i < size; i++, next++)
      batch.set(rows.subarray(order[next] * dim, (order[next] + 1) * dim), i * dim);
    const loss = await step.gradient(batch, taken);
    if (!Number.isFinite(loss)) throw diverged(`the loss became ${loss} at step ${taken}`);
    await step.update(learningRate * schedule.factor(taken, steps), taken);
    if (taken % reportEvery === 0 || taken === steps) onProgress(taken);
  }
}

const diverged = (what: string) =>
  new LogdetError("numeric", what, {
    hint: "Give a smaller weight to independent mechanisms, or leave out columns with extreme values.",
  });
