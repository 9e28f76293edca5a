// A run stopped anywhere and continued from its state alone is, bit for bit, the run that was never stopped.

import { describe, expect, it } from "vitest";
import { lie, relative } from "../../src/jacobian/index.js";
import { adamW, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import type { Trainer, TrainingEvent, TrainingState } from "../../src/training/index.js";
import { data, smallTrainer, spoiled } from "./support.js";

type Options = NonNullable<Parameters<typeof smallTrainer>[0]>;

/** Everything that a run may depend on: dequantisation, noise, averaging, slots. */
const options: Options = {
  steps: 70,
  evaluateEvery: 20,
  noise: 0.1,
  averageDecay: 0.95,
  gradientClip: 5,
};

const start = (more: Options = {}) => smallTrainer({ data: data({ discrete: true }), ...options, ...more });

/** What a finished run leaves. */
function outcome(trainer: Trainer) {
  const { values, best, buffers, ...rest } = trainer.state();
  const plain = (numbers: ArrayLike<number>) => Array.from(numbers);
  return {
    ...rest,
    values: plain(values),
    kept: plain(trainer.store.values),
    best: { ...best, values: plain(best.values) },
    buffers: Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [name, plain(buffer)])),
  };
}

async function unbroken(more: Options = {}) {
  const { trainer } = await start(more);
  await trainer.run();
  const result = outcome(trainer);
  await trainer.release();
  return result;
}

/** A run whose state is taken, cloned as a checkpoint would be, in the first event that fits; then a new trainer's. */
async function broken(when: (event: TrainingEvent) => boolean, more: Options = {}) {
  let state: TrainingState | undefined;
  const { trainer } = await start({
    ...more,
    onEvent: (event) => {
      if (!state && when(event)) state = structuredClone(trainer.state());
    },
  });
  await trainer.run();
  await trainer.release();
  if (!state) throw new Error("the event never came");
  const { trainer: second } = await start({ ...more, seed: 77 });
  second.restore(state);
  await second.run();
  const result = outcome(second);
  await second.release();
  return result;
}

describe("a state", () => {
  it.each<{ name: string; when: (event: TrainingEvent) => boolean }>([
    { name: "the start", when: ({ type }) => type === "start" },
    { name: "the first evaluation", when: ({ type }) => type === "evaluation" },
    { name: "a step before its evaluation", when: (event) => event.type === "step" && event.step === 40 },
    { name: "an evaluation half-way", when: (event) => event.type === "evaluation" && event.step === 40 },
    { name: "the last evaluation", when: (event) => event.type === "evaluation" && event.step === 70 },
    { name: "the end", when: ({ type }) => type === "end" },
  ])("of $name continues as the unbroken run", async ({ when }) => {
    expect(await broken(when)).toEqual(await unbroken());
  });

  it.each<{ name: string; more: Options }>([
    { name: "lie with AdamW", more: { estimator: lie, optimizer: adamW() } },
    { name: "relative with momentum", more: { estimator: relative, optimizer: sgd(), learningRate: 1e-3 } },
    { name: "no noise, no average", more: { noise: 0, averageDecay: undefined } },
    { name: "float64", more: { float: "float64" } },
    { name: "patience", more: { patience: 2, learningRate: 1e-9 } },
  ])("carries what matters: $name", async ({ more }) => {
    expect(await broken((event) => event.type === "evaluation" && event.step === 20, more)).toEqual(
      await unbroken(more),
    );
  });

  it("is of where the run stopped, when a signal stopped it", async () => {
    const controller = new AbortController();
    const { trainer } = await start({
      onEvent: (event) => event.type === "step" && event.step === 20 && controller.abort(),
    });
    expect(await trainer.run(controller.signal)).toBe("interrupted");
    const state = structuredClone(trainer.state());
    expect(state.step).toBe(20);
    const { trainer: second } = await start({ seed: 77 });
    second.restore(state);
    await second.run();
    const wanted = await unbroken();
    expect(outcome(second)).toEqual(wanted);
    // The same trainer goes on as well.
    expect(await trainer.run()).toBe("finished");
    expect(outcome(trainer)).toEqual(wanted);
    await trainer.release();
    await second.release();
  });

  it("remembers how often the run fell back", async () => {
    const source = data({ discrete: true });
    const bad = (skipped = 0) => ({
      data: source,
      averageDecay: undefined,
      batches: spoiled(source.source.batches({ batchSize: 64, random: new Random(3) }), (values, n) => {
        if (n + skipped > 25) values.fill(Number.NaN);
      }),
    });
    const events: TrainingEvent[] = [];
    let state: TrainingState | undefined;
    const { trainer } = await start({
      ...bad(),
      onEvent: (event) => {
        if (event.type === "rollback" && event.rateFactor === 2 ** -5)
          state = structuredClone(trainer.state());
      },
    });
    expect(await trainer.run()).toBe("diverged");
    const { trainer: second } = await start({ ...bad(30), onEvent: (event) => events.push(event) });
    second.restore(state as TrainingState);
    expect(await second.run()).toBe("diverged");
    expect(events.filter(({ type }) => type === "rollback").length).toBe(3);
    await trainer.release();
    await second.release();
  });

  it("is a copy: training on does not change it", async () => {
    const { trainer } = await start();
    const before = trainer.state();
    const copy = structuredClone(before);
    await trainer.run();
    expect(before).toEqual(copy);
    await trainer.release();
  });

  it("of another flow or optimizer is refused", async () => {
    const { trainer } = await start();
    const { trainer: other } = await start({ optimizer: sgd() });
    expect(() => trainer.restore(other.state())).toThrow(/another flow or optimizer/);
    await trainer.release();
    await other.release();
  });
});

describe("a seed", () => {
  it("fixes the whole run", async () => {
    expect(await unbroken({ seed: 3 })).toEqual(await unbroken({ seed: 3 }));
  });

  it("makes another run than another seed", async () => {
    const [a, b] = [await unbroken({ seed: 3 }), await unbroken({ seed: 4 })];
    expect(a.history[0]).toEqual(b.history[0]);
    expect(a.history.at(-1)).not.toEqual(b.history.at(-1));
    expect(a.values).not.toEqual(b.values);
  });
});
