// Small data to train on, and sources of batches that misbehave.

import {
  analyzeColumns,
  type Batch,
  type BatchStream,
  InMemoryRows,
  standardizedRows,
  tableFromRows,
} from "../../src/data/index.js";
import { type DenseFlowOptions, denseFlow, type Flow } from "../../src/flows/index.js";
import { Random } from "../../src/random/index.js";
import { Trainer, type TrainerOptions, type TrainingEvent } from "../../src/training/index.js";

export const dim = 2;

/** A bent, two-humped cloud: x = ±2 + noise, y = ½ x² + noise; the last column of `discrete` tables is rounded. */
export function cloud(count: number, seed: number, { discrete = false } = {}): Float64Array {
  const random = new Random(seed);
  const rows = new Float64Array(count * dim);
  for (let i = 0; i < count; i++) {
    const x = (random.uniform() < 0.5 ? -2 : 2) + 0.6 * random.normal();
    const y = 0.5 * x * x + 0.3 * random.normal();
    rows[i * dim] = x;
    rows[i * dim + 1] = discrete ? Math.round(3 * y) : y;
  }
  return rows;
}

export interface Data {
  readonly source: InMemoryRows;
  readonly validation: Float32Array;
  readonly training: Float32Array;
}

export function data({ count = 600, discrete = false } = {}): Data {
  const table = tableFromRows(cloud(count, 1, { discrete }), dim);
  const { plans } = analyzeColumns(table);
  const held = tableFromRows(cloud(200, 2, { discrete }), dim);
  const noise = new Random(9);
  return {
    source: new InMemoryRows(table, plans),
    validation: standardizedRows(held, plans, undefined, noise),
    training: standardizedRows(
      table,
      plans,
      Uint32Array.from({ length: 200 }, (_, i) => i),
      noise,
    ),
  };
}

export const smallFlow = (options: Partial<DenseFlowOptions> = {}): Flow =>
  denseFlow({
    dim,
    layers: 2,
    activation: "spline",
    base: "mixture-of-gaussians",
    front: true,
    random: new Random(4),
    ...options,
  });

/** A trainer of a small flow on small data, and the events it will send. */
export async function smallTrainer(
  options: Partial<TrainerOptions> & { data?: Data; flow?: Flow; seed?: number; batchSize?: number } = {},
): Promise<{ trainer: Trainer; events: TrainingEvent[]; data: Data }> {
  const { data: given = data(), flow = smallFlow(), seed = 5, batchSize = 64, onEvent, ...rest } = options;
  const events: TrainingEvent[] = [];
  const random = new Random(seed);
  const trainer = await Trainer.create(flow, {
    batches: given.source.batches({ batchSize, random: random.split("batches") }),
    validation: given.validation,
    training: given.training,
    steps: 200,
    evaluateEvery: 25,
    threads: 1,
    random,
    ...rest,
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  });
  return { trainer, events, data: given };
}

/** A stream that changes some batches of another: number `n` counts from 1. */
export function spoiled(
  stream: BatchStream,
  spoil: (values: Float32Array, n: number) => unknown,
): BatchStream {
  let n = 0;
  const next = async (into?: Float32Array): Promise<Batch> => {
    const batch = await stream.next(into);
    spoil(batch.values, ++n);
    return batch;
  };
  return {
    batchSize: stream.batchSize,
    next,
    state: () => stream.state(),
    restore: (position) => stream.restore(position),
    async *[Symbol.asyncIterator]() {
      for (;;) yield await next();
    },
  };
}
