// Lab: what the tails of a flow's base cost where the data's are heavy. Laszkiewicz et al. measured four bases on a
// Gumbel copula with Student-t(2) margins.

import { type Distribution, gumbelCopula } from "../distributions/index.js";
import { buildMargin, type MarginOptions } from "../distributions/margins.js";
import { LogdetError } from "../errors.js";
import { denseFlow, Flow } from "../flows/index.js";
import { lie } from "../jacobian/index.js";
import { adam, warmupCosine } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import { sum } from "../tensor/index.js";
import { Likelihood, TrainingStep } from "../training/index.js";
import { type BaseResult, drawCopulaTails } from "./copula-tails-picture.js";
import { drawGumbelStudent, entropy } from "./gumbel-student.js";
import type { Lab, LabOptions } from "./lab.js";
import { type Summary, summarize } from "./statistics.js";

/** A base and what the paper measured with such margins, nats a test row. */
interface Base {
  readonly name: string;
  readonly published: number;
  make(): Distribution;
}

const student = (degreesOfFreedom: number): MarginOptions => ({
  type: "student-t",
  degreesOfFreedom,
  learned: false,
});

/** In the order claimed, best first. */
const margins: readonly { name: string; published: number; margin: MarginOptions }[] = [
  { name: "exact margins, t(2)", published: 3.387, margin: student(2) },
  { name: "t(5) margins", published: 3.419, margin: student(5) },
  { name: "heavier tails, t(1)", published: 3.462, margin: { type: "cauchy" } },
];
const normalBase: Base = {
  name: "normal",
  published: 4.409,
  make: () => independent({ type: "normal" }),
};

/** The claim is about margins: it is tried with columns that are independent, and joined as the target's are. */
const readings: Readonly<Record<"independent" | "joined", readonly Base[]>> = {
  independent: [
    ...margins.map(({ name, published, margin }) => ({
      name: `${name}, independent`,
      published,
      make: () => independent(margin),
    })),
    normalBase,
  ],
  joined: [
    ...margins.map(({ name, published, margin }) => ({
      name: `${name}, Gumbel copula`,
      published,
      make: () => gumbelCopula({ dim: 2, margin }),
    })),
    normalBase,
  ],
};

interface Size {
  readonly seeds: number;
  readonly steps: number;
  readonly testRows: number;
}

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke) return { seeds: 3, steps: 300, testRows: 20_000 };
  return { seeds: full ? 100 : 20, steps: 2000, testRows: 20_000 };
};

const trainingRows = 10_000;
const batchRows = 256;
const learningRate = 0.01;
/** A test loss this far above the entropy, in nats, is one of a run that failed. */
const exploded = 5;

export const copulaTails: Lab = {
  name: "copula-tails",
  claim:
    "On heavy-tailed data a flow's test loss rises from a base with the data's own margins over t(5) and heavier ones to the normal, whether the base's columns are independent or joined as the data's are.",
  source: 'Laszkiewicz, Lederer and Fischer, "Copula-based normalizing flows", INNF+ 2021',
  duration: "2 min",
  async run(options) {
    const size = sizeOf(options);
    const bases = new Set([...readings.independent, ...readings.joined]);
    const runs = new Map([...bases].map((base): [Base, (number | undefined)[]] => [base, []]));
    for (let i = 0; i < size.seeds; i++) {
      options.onProgress?.(`run ${i + 1} of ${size.seeds}`);
      const random = new Random(options.seed).split(`run ${i}`);
      const training = drawGumbelStudent(trainingRows, random.split("training"));
      const test = drawGumbelStudent(size.testRows, random.split("test"));
      for (const [base, found] of runs) {
        options.signal?.throwIfAborted();
        const nll = await train(
          base.make(),
          training,
          test,
          size.steps,
          random.split("flow"),
          options.threads,
        );
        found.push(nll !== undefined && nll - entropy < exploded ? nll : undefined);
      }
    }
    const results = new Map([...runs].map(([base, found]) => [base, resultOf(base, found)]));
    const orders = Object.entries(readings).map(([reading, bases]) =>
      judge(
        reading,
        bases.flatMap((base) => results.get(base) ?? []),
      ),
    );
    const all = [...results.values()];
    return {
      held: orders.every(({ held }) => held),
      verdict: `Test nats a row: ${all.map(loss).join("; ")}. The target's entropy is ${entropy}. ${orders.map(sentence).join(" ")}`,
      figures: all.map(({ name, published, nll, runs, failed }) => ({
        base: name,
        nll: finite(nll.mean),
        deviation: finite(nll.deviation),
        standardError: finite(nll.error),
        aboveEntropy: finite(nll.mean - entropy),
        published,
        runs: runs.length,
        failed,
      })),
      svg: drawCopulaTails(all, entropy),
    };
  },
};

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Two independent columns with one margin, nothing learned. */
function independent(options: MarginOptions): Distribution {
  const margin = buildMargin(options, 2);
  return {
    dim: 2,
    parameters: margin.parameters,
    logProb: (z) => sum(margin.logDensity(z), 1),
    noise: { uniform: 2, normal: 0 },
    sample() {
      throw new LogdetError("usage", "the bases of this lab are scored, not drawn from");
    },
    config: () => ({ type: "independent", dim: 2, margin: margin.config() }),
  };
}

function resultOf({ name, published }: Base, runs: readonly (number | undefined)[]): BaseResult {
  const whole = runs.filter((nll) => nll !== undefined);
  return { name, published, runs, nll: summarize(whole), failed: runs.length - whole.length };
}

/** Whether the four bases of a reading stand in the order claimed. */
interface Order {
  readonly reading: string;
  readonly held: boolean;
  /** How much higher each one's losses are than the one's before. */
  readonly rises: readonly Summary[];
}

/** All rises but the last may be lost in the noise; none may be a fall, and the last must stand out. */
function judge(reading: string, results: readonly BaseResult[]): Order {
  const rises = results.slice(1).map((worse, k) => paired(results[k], worse));
  const held = rises.every(({ mean, error }) => mean > -2 * error) && rises[2].mean > 2 * rises[2].error;
  return { reading, held, rises };
}

/** How much higher the second's losses are, on the runs that neither failed. The two saw the same rows. */
function paired(better: BaseResult, worse: BaseResult): Summary {
  return summarize(
    better.runs.flatMap((nll, i) => {
      const other = worse.runs[i];
      return nll === undefined || other === undefined ? [] : [other - nll];
    }),
  );
}

const loss = ({ name, nll, runs, failed, published }: BaseResult): string =>
  `${name} ${nll.mean.toFixed(3)} ± ${nll.error.toFixed(3)} (published ${published})` +
  (failed > 0 ? `, ${failed} of ${runs.length} failed` : "");

const sentence = ({ reading, held, rises }: Order): string =>
  `With ${reading} columns the order ${held ? "holds" : "does not hold"}: from each base to the next ` +
  `${rises.map(({ mean, error }) => `${mean > 0 ? "+" : ""}${mean.toFixed(3)} ± ${error.toFixed(3)}`).join(", ")}.`;

/** Mean test loss in nats after training by maximum likelihood; undefined if a number became none on the way. */
async function train(
  base: Distribution,
  training: Float32Array,
  test: Float32Array,
  steps: number,
  random: Random,
  threads: number,
): Promise<number | undefined> {
  const { bijection } = denseFlow({
    dim: 2,
    layers: 3,
    activation: "spline",
    base: "normal",
    front: false,
    random: random.split("net"),
  });
  const flow = new Flow(bijection, base);
  const step = await TrainingStep.create(flow, { estimator: lie, optimizer: adam(), threads });
  const likelihood = await Likelihood.create(flow, step.store, threads);
  const schedule = warmupCosine();
  const rows = random.split("batches");
  const batch = new Float32Array(2 * batchRows);
  try {
    for (let i = 1; i <= steps; i++) {
      for (let row = 0; row < batchRows; row++) {
        const from = 2 * rows.integer(training.length / 2);
        batch.set(training.subarray(from, from + 2), 2 * row);
      }
      if (!Number.isFinite(await step.gradient(batch, i))) return undefined;
      await step.update(learningRate * schedule.factor(i, steps), i);
    }
    const nll = await likelihood.nll(test);
    return Number.isFinite(nll) ? nll : undefined;
  } catch (error) {
    // A matrix that has exploded cannot be factorised: a run that failed, and is counted.
    if (error instanceof LogdetError && error.code === "numeric") return undefined;
    throw error;
  } finally {
    await step.release();
    await likelihood.release();
  }
}
