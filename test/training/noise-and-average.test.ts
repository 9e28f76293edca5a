// What is added to batches, and what is evaluated instead of the weights themselves.

import { describe, expect, it } from "vitest";
import type { BatchStream } from "../../src/data/index.js";
import { constantRate, warmupCosine } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import { data, smallTrainer } from "./support.js";

/** A stream that calls back with the place of the next batch, before it is written: there lies the last one, as used. */
function watched(
  stream: BatchStream,
  look: (into: Float32Array | undefined, clean: Float32Array) => void,
): BatchStream {
  let clean = new Float32Array(0);
  return {
    ...stream,
    batchSize: stream.batchSize,
    next: async (into) => {
      look(into, clean);
      const batch = await stream.next(into);
      clean = batch.values.slice();
      return batch;
    },
    state: () => stream.state(),
    restore: (position) => stream.restore(position),
  };
}

describe("input noise", () => {
  it("is normal, of the given width, and follows the schedule to zero", async () => {
    const rows = data();
    const schedule = warmupCosine({ warmup: 10 });
    const seen: number[][] = [];
    const { trainer } = await smallTrainer({
      data: rows,
      noise: 0.2,
      schedule,
      steps: 60,
      evaluateEvery: 60,
      batches: watched(rows.source.batches({ batchSize: 400, random: new Random(1) }), (into, clean) => {
        if (clean.length > 0 && into) seen.push(Array.from(clean, (value, i) => into[i] - value));
      }),
    });
    await trainer.run();
    expect(seen.length).toBe(59);
    for (const [i, noise] of seen.entries()) {
      const width = 0.2 * schedule.factor(i + 1, 60);
      const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
      const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
      // 800 numbers: five standard errors.
      expect(Math.abs(mean)).toBeLessThan((5 * width) / Math.sqrt(noise.length) + 1e-6);
      expect(Math.abs(deviation / width - 1)).toBeLessThan(0.15);
    }
    await trainer.release();
  });

  it("is not added where none is wanted", async () => {
    const rows = data();
    const { trainer } = await smallTrainer({
      data: rows,
      steps: 5,
      evaluateEvery: 5,
      batches: watched(rows.source.batches({ batchSize: 50, random: new Random(1) }), (into, clean) => {
        if (clean.length > 0 && into)
          expect(Array.from(into.subarray(0, clean.length))).toEqual(Array.from(clean));
      }),
    });
    await trainer.run();
    await trainer.release();
  });
});

describe("the average of the weights", () => {
  it("is a running mean that is quick at first, and is what evaluations see", async () => {
    const rows = data();
    const snapshots: Float64Array[] = [];
    const { trainer } = await smallTrainer({
      data: rows,
      averageDecay: 0.9,
      schedule: constantRate(),
      learningRate: 3e-3,
      steps: 80,
      evaluateEvery: 80,
      float: "float64",
      batches: watched(rows.source.batches({ batchSize: 64, random: new Random(1) }), () => {
        snapshots.push(Float64Array.from(trainer.store.trainable));
      }),
    });
    await trainer.run();
    const state = trainer.state();
    // The weights before every step, and those after the last.
    const { trainableLength } = trainer.store;
    const trained = (values: ArrayLike<number>) => Array.from(values).slice(0, trainableLength);
    const path = [...snapshots, Float64Array.from(trained(state.values))];
    const average = path[0].slice();
    for (let step = 1; step < path.length; step++) {
      const decay = Math.min(0.9, (1 + step) / (10 + step));
      for (let i = 0; i < average.length; i++) average[i] = decay * average[i] + (1 - decay) * path[step][i];
    }
    expect(path.length).toBe(81);
    expectClose(state.buffers.average, average, { relative: 1e-10, absolute: 1e-12 });
    expect(state.best.step).toBe(80);
    expect(trained(state.best.values)).toEqual(Array.from(state.buffers.average));
    expect(Array.from(trainer.store.trainable)).toEqual(Array.from(state.buffers.average));
    expect(trained(state.values)).not.toEqual(Array.from(state.buffers.average));
    await trainer.release();
  });
});
