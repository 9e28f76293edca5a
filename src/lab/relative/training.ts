// One run of training with everything that the experiments vary spelled out: no rollback, no early stop, no search.

import { LogdetError } from "../../errors.js";
import type { Flow } from "../../flows/index.js";
import type { JacobianEstimator } from "../../jacobian/index.js";
import { type Optimizer, type Schedule, warmupCosine } from "../../optimizers/index.js";
import type { Random } from "../../random/index.js";
import type { ParameterStore } from "../../runtime/index.js";
import { Likelihood, TrainingStep } from "../../training/index.js";
import type { Rows } from "./tables.js";

export interface Run {
  readonly flow: Flow;
  readonly rows: Rows;
  readonly estimator: JacobianEstimator;
  readonly optimizer: Optimizer;
  /** Default: 50 steps of warm-up, then a cosine to zero. */
  readonly schedule?: Schedule;
  readonly learningRate: number;
  readonly steps: number;
  /** Rows a step; all of them where there are no more. */
  readonly batch: number;
  readonly random: Random;
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Sets parameters before training. Default: they start as the flow has them. */
  readonly start?: (store: ParameterStore) => void;
  /** Changes the gradient in the store's buffer of that name before every update. */
  readonly turn?: (store: ParameterStore) => void;
  /** Looks on before the first step, which is step 0, and after every step. */
  readonly watch?: (step: number, store: ParameterStore, likelihood: Likelihood) => Promise<void>;
  /** Looks at the parameters after training. */
  readonly look?: (store: ParameterStore) => void;
}

/** Mean log-density of training and held-out rows in nats a row after the last step; −Infinity if it diverged. */
export interface Outcome {
  readonly train: number;
  readonly held: number;
}

const diverged: Outcome = { train: -Infinity, held: -Infinity };

/** @throws what the signal's abort says. */
export async function train(run: Run): Promise<Outcome> {
  const { flow, rows, estimator, optimizer, schedule = warmupCosine(), learningRate, steps, threads } = run;
  const step = await TrainingStep.create(flow, { estimator, optimizer, threads, random: run.random });
  const likelihood = await Likelihood.create(flow, step.store, threads);
  run.start?.(step.store);
  const batches = batchesOf(rows, run.batch, run.random.split("batches"));
  try {
    await run.watch?.(0, step.store, likelihood);
    for (let i = 1; i <= steps; i++) {
      run.signal?.throwIfAborted();
      if (!Number.isFinite(await step.gradient(batches(), i))) return diverged;
      run.turn?.(step.store);
      await step.update(learningRate * schedule.factor(i, steps), i);
      await run.watch?.(i, step.store, likelihood);
    }
    const [train, held] = [-(await likelihood.nll(rows.train)), -(await likelihood.nll(rows.held))];
    if (!Number.isFinite(train) || !Number.isFinite(held)) return diverged;
    run.look?.(step.store);
    return { train, held };
  } catch (error) {
    // A matrix that has exploded cannot be inverted: an outcome here, and told as one.
    if (error instanceof LogdetError && error.code === "numeric") return diverged;
    throw error;
  } finally {
    await step.release();
    await likelihood.release();
  }
}

/** Batches without end, in a new order every epoch. */
function batchesOf({ dim, train }: Rows, size: number, random: Random): () => Float32Array {
  const count = train.length / dim;
  if (size >= count) return () => train;
  const batch = new Float32Array(size * dim);
  let order = random.permutation(count);
  let taken = 0;
  return () => {
    if (taken + size > count) {
      order = random.permutation(count);
      taken = 0;
    }
    for (let i = 0; i < size; i++) {
      const row = order[taken + i] * dim;
      batch.set(train.subarray(row, row + dim), i * dim);
    }
    taken += size;
    return batch;
  };
}
