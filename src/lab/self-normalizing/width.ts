// Likelihood and inverse error against the number of columns: the net of the other parts, trained for equal steps by
// the exact gradient, the relative one and with learned inverses, on rows whose density is known.

import { LogdetError } from "../../errors.js";
import { adam, warmupCosine } from "../../optimizers/index.js";
import { Random } from "../../random/index.js";
import { Likelihood, TrainingStep } from "../../training/index.js";
import type { Figures, LabOptions } from "../lab.js";
import type { Case } from "./compare.js";
import { drawFilteredGumbel, filteredGumbelLogProb } from "./filtered-gumbel.js";
import { InverseMeter, netFor } from "./net.js";

/** Runs of one length. */
export interface WidthSize {
  readonly steps: number;
  /** In rising order. */
  readonly dims: readonly number[];
  /** The largest dimension at which every rate and λ is tried; beyond, those that won there are taken. */
  readonly tunedUpTo: number;
  /** Adam's rates times D: its steps change what a layer makes of a row in proportion to D. */
  readonly rates: readonly number[];
}

/** Where a case ends at one dimension, at its best rate. */
export interface WidthRow extends Figures {
  readonly part: "width";
  readonly dim: number;
  readonly steps: number;
  readonly batch: number;
  readonly case: string;
  /** Adam's rate times D. */
  readonly rateTimesDim: number;
  /** Whether the rate, and λ, were chosen here among several; otherwise at a smaller dimension. */
  readonly tuned: boolean;
  /** Mean log-density of held-out rows, nats a column: at the start, at the end, and of the density itself. */
  readonly start: number;
  /** −Infinity if every rate diverged. */
  readonly nats: number;
  readonly truth: number;
  /** ‖x − (xW)R‖ / ‖x‖ of the worse layer, at moments from the start to the end; null without learned inverses. */
  readonly largestInverseError: number | null;
  readonly lastInverseError: number | null;
}

/** Rows held out, and those of them that inverse errors are measured on. */
const [held, looked] = [1000, 250];
/** Moments of a run at which they are, besides the start and the end. */
const moments = 4;
/** At least this many rows a step, or every gradient would be mostly noise; and a share of D. */
const batchOf = (dim: number) => Math.max(100, Math.ceil(dim / 8));
/** The first matrices are the identity plus a random one of this size, as a linear map, whatever D. */
const firstNoise = 0.1;

/** One row an estimator and dimension: where it ends at its best rate and, with learned inverses, weight λ. */
export async function width(
  { steps, dims, tunedUpTo, rates }: WidthSize,
  cases: readonly Case[],
  options: LabOptions,
): Promise<WidthRow[]> {
  const rows: WidthRow[] = [];
  let chosen: readonly { one: Case; rate: number }[] = [];
  for (const dim of dims) {
    const tuned = dim <= tunedUpTo;
    const tries = tuned ? cases.flatMap((one) => rates.map((rate) => ({ one, rate }))) : chosen;
    const best = new Map<string, { one: Case; rate: number; row: WidthRow }>();
    for (const { one, rate } of tries) {
      options.onProgress?.(`D = ${dim}, ${steps} steps: ${one.name} at rate ${rate} / D`);
      const row = { ...(await trainOnce(one, rate, dim, steps, options)), tuned };
      // Of the weights of learned inverses, one is kept.
      const kind = one.estimator.name;
      const before = best.get(kind);
      if (!before || row.nats > before.row.nats) best.set(kind, { one, rate, row });
    }
    chosen = [...best.values()];
    rows.push(...[...best.values()].map(({ row }) => row));
  }
  return rows;
}

/** The same start and the same rows, every one drawn anew, whatever the case. */
async function trainOnce(
  { name, estimator }: Case,
  rateTimesDim: number,
  dim: number,
  steps: number,
  { seed, threads, signal }: LabOptions,
) {
  const random = new Random(seed).split(`width ${dim}`);
  const net = netFor(estimator, dim, random.split("net"), firstNoise / Math.sqrt(dim));
  const rows = random.split("rows");
  const heldOut = drawFilteredGumbel(held, dim, random.split("held"));
  const schedule = warmupCosine({ warmup: Math.ceil(steps / 10) });
  const batch = batchOf(dim);
  const errors: number[] = [];
  const optimizer = adam();
  const step = await TrainingStep.create(net.flow, { estimator, optimizer, threads, random });
  const likelihood = await Likelihood.create(net.flow, step.store, threads);
  const meter = await InverseMeter.create(net, step.store, threads);
  const lookAt = async () => {
    if (meter) errors.push((await meter.measure(heldOut.subarray(0, looked * dim))).layer);
  };
  const natsNow = async () => -(await likelihood.nll(heldOut)) / dim;
  /** @returns whether the loss stayed finite */
  const trainAll = async () => {
    for (let i = 1; i <= steps; i++) {
      signal?.throwIfAborted();
      if (!Number.isFinite(await step.gradient(drawFilteredGumbel(batch, dim, rows), i))) return false;
      await step.update((rateTimesDim / dim) * schedule.factor(i, steps), i);
      if (i % Math.ceil(steps / moments) === 0 || i === steps) await lookAt();
    }
    return true;
  };
  try {
    const start = await natsNow();
    await lookAt();
    const nats = await unlessSingular(async () => ((await trainAll()) ? await natsNow() : -Infinity));
    return {
      ...{ part: "width" as const, dim, steps, batch, case: name, rateTimesDim },
      ...{ start, nats, truth: filteredGumbelLogProb(heldOut, dim) / dim },
      largestInverseError: meter ? Math.max(...errors) : null,
      lastInverseError: meter ? errors[errors.length - 1] : null,
    };
  } finally {
    await step.release();
    await likelihood.release();
    await meter?.release();
  }
}

/** A matrix that has exploded cannot be factorised: a run that diverged. */
async function unlessSingular(nats: () => Promise<number>): Promise<number> {
  try {
    const found = await nats();
    return Number.isNaN(found) ? -Infinity : found;
  } catch (error) {
    if (error instanceof LogdetError && error.code === "numeric") return -Infinity;
    throw error;
  }
}
