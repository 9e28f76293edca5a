// Lab: whether dividing what a dense layer gives by a pooled activity (GDN) makes a better density of image patches than
// independent components do, as Ballé, Laparra and Simoncelli found.

import { type Bijection, chain, gdn, linear } from "../bijections/index.js";
import { analyzeColumns, InMemoryRows, standardizedRows } from "../data/index.js";
import { mixtureOfGaussians, normal } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { gaussianFlow } from "../fit/gaussian.js";
import { denseFlow, Flow, recipe, whitening } from "../flows/index.js";
import { Random } from "../random/index.js";
import { type ParameterStore, Program } from "../runtime/index.js";
import { input, type Tensor } from "../tensor/index.js";
import { Likelihood, Trainer } from "../training/index.js";
import { drawGdn } from "./gdn-picture.js";
import type { Lab, LabOptions } from "./lab.js";
import { readPatches } from "./patches.js";
import { type Summary, summarize } from "./statistics.js";

interface Size {
  readonly side: number;
  readonly trainingRows: number;
  readonly testRows: number;
  readonly steps: number;
  readonly evaluateEvery: number;
}

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke) return { side: 2, trainingRows: 6000, testRows: 2000, steps: 300, evaluateEvery: 150 };
  const rows = { trainingRows: 60_000, testRows: 10_000 };
  return full
    ? { side: 8, ...rows, steps: 10_000, evaluateEvery: 1000 }
    : { side: 6, ...rows, steps: 1000, evaluateEvery: 125 };
};

const batchRows = 256;
/** Training rows kept for choosing the best weights. */
const validationRows = 1000;
/** With fewer test rows a difference cannot stand out. */
const fewestRows = 500;

/** A density of patches. */
interface Model {
  readonly name: ModelName;
  readonly learningRate: number;
  /** How many times the steps of the others it takes. */
  readonly stepsFactor: number;
  make(task: Task, random: Random): Flow;
}
type ModelName =
  | "independent components"
  | "GDN"
  | "GDN, two layers"
  | "dense spline flow"
  | "dense spline flow, 10 × steps";

/** A dense layer that starts from whitening the rows. */
const whitened = ({ dim, sample }: Task, random: Random) =>
  linear({ dim, random, start: whitening(sample, dim, { ridge: 1e-6 }) });

const dense = recipe("dense");
const denseSplines = ({ dim, sample }: Task, random: Random) => {
  const { layers, activation, base, front, bins, frontBins } = dense;
  return denseFlow({ dim, layers, activation, base, front, bins, frontBins, sample, random });
};

const normalised = (parts: readonly Bijection[]) => new Flow(chain(parts), normal({ dim: parts[0].dim }));

const slow = { learningRate: 1e-2, stepsFactor: 1 };
const models: readonly Model[] = [
  {
    name: "independent components",
    ...slow,
    make: (task, random) =>
      new Flow(chain([whitened(task, random)]), mixtureOfGaussians({ dim: task.dim, random })),
  },
  {
    name: "GDN",
    ...slow,
    make: (task, random) => normalised([whitened(task, random), gdn({ dim: task.dim })]),
  },
  {
    name: "GDN, two layers",
    ...slow,
    make(task, random) {
      const { dim } = task;
      return normalised([whitened(task, random), gdn({ dim }), linear({ dim, random }), gdn({ dim })]);
    },
  },
  { name: "dense spline flow", learningRate: dense.learningRate, stepsFactor: 1, make: denseSplines },
  {
    name: "dense spline flow, 10 × steps",
    learningRate: dense.learningRate,
    stepsFactor: 10,
    make: denseSplines,
  },
];

/** A model measured on the test rows. */
export interface Measured {
  readonly name: ModelName | "Gaussian";
  /** Log-density of each test row, nats, of what the columns of the table hold. */
  readonly logProb: Float64Array;
  /** Mean |correlation| between the sizes |z_i|, |z_j| of two latent columns: 0 where they are independent. */
  readonly sizeCorrelation: number;
  readonly parameters: number;
  readonly seconds: number;
}

/**
 * Patches, standardised, under six densities: a Gaussian in closed form, and, trained for as many steps on the same
 * batches,
 *
 *   independent components:   x W + b, each column a mixture of Gaussians
 *   GDN:                      x W + b → gdn → normal; also twice
 *   dense spline flow:        the recipe "dense"; also with ten times the steps, which it takes in less time
 *
 * The claim holds if GDN's log-density of test rows is above the other two's by more than two standard errors of the
 * mean difference, row by row.
 *
 * @see Ballé, Laparra and Simoncelli, ICLR 2016
 * @example const { held, verdict } = await gdnLab.run({ full: false, smoke: true, seed: 0, threads: 1 })
 */
export const gdnLab: Lab = {
  name: "gdn",
  claim:
    "A dense layer and a divisive normalisation give held-out image patches a higher likelihood than independent components and than a Gaussian.",
  source:
    'Ballé, Laparra and Simoncelli, "Density modeling of images using a generalized normalization transformation", ICLR 2016',
  duration: "8 min",
  async run(options) {
    const task = await pose(options);
    const measured = [await measureGaussian(task)];
    let picture: Awaited<ReturnType<typeof responses>> | undefined;
    for (const [i, model] of models.entries()) {
      options.onProgress?.(`model ${i + 1} of ${models.length}: ${model.name}, ${task.dim} columns`);
      const { result, pairs } = await learn(model, task, options);
      measured.push(result);
      picture ??= pairs;
    }
    if (!picture) throw new Error("GDN was not among the models");
    const judgement = judge(measured);
    return {
      held: judgement.held,
      verdict: verdictOf(measured, judgement, task),
      figures: measured.map(({ name, logProb, ...rest }) => ({
        model: name,
        natsPerDimension: summarize([...logProb]).mean / task.dim,
        aboveGaussian: above(measured, name, "Gaussian").mean / task.dim,
        standardError: above(measured, name, "Gaussian").error / task.dim,
        ...rest,
        patches: task.name,
        dimensions: task.dim,
        testRows: task.test.length / task.dim,
      })),
      svg: drawGdn(
        measured.map(({ name }) => ({ name, ...perDimension(above(measured, name, "Gaussian"), task.dim) })),
        picture,
      ),
    };
  },
};

type Task = Awaited<ReturnType<typeof pose>>;

/** The patches as rows to learn. */
async function pose(options: LabOptions) {
  const size = sizeOf(options);
  const random = new Random(options.seed);
  const { name, training, test } = await readPatches({
    data: options.data,
    ...size,
    random: random.split("patches"),
  });
  if (test.rows < fewestRows || training.rows < 2 * validationRows)
    throw new LogdetError(
      "data",
      `${training.rows} patches to train on and ${test.rows} to test on are too few`,
      {
        hint: `A verdict needs ${2 * validationRows} and ${fewestRows}.`,
      },
    );
  const { plans } = analyzeColumns(training);
  const noise = random.split("dequantisation");
  const held = Uint32Array.from({ length: validationRows }, (_, i) => training.rows - validationRows + i);
  const kept = Uint32Array.from({ length: training.rows - validationRows }, (_, i) => i);
  const sample = standardizedRows(training, plans, kept, noise);
  const dim = plans.length;
  return {
    ...size,
    name,
    dim,
    random,
    rows: new InMemoryRows(training, plans, kept),
    sample,
    validation: standardizedRows(training, plans, held, noise),
    test: standardizedRows(test, plans, undefined, noise),
    /** What turns log-densities of standardised rows into those of the table. */
    unitsLogDet: -plans.reduce((total, { scale }) => total + Math.log(scale), 0),
  };
}

async function measureGaussian(task: Task): Promise<Measured> {
  const started = performance.now();
  const { flow, store } = gaussianFlow(task.sample, task.dim);
  const seconds = (performance.now() - started) / 1000;
  const likelihood = await Likelihood.create(flow, store);
  const result = await measure("Gaussian", flow, store, likelihood, task, seconds);
  await likelihood.release();
  return result;
}

async function learn(model: Model, task: Task, { threads, signal }: LabOptions) {
  const random = task.random.split(model.name);
  const flow = model.make(task, random.split("weights"));
  const started = performance.now();
  const trainer = await Trainer.create(flow, {
    batches: task.rows.batches({ batchSize: batchRows, random: task.random.split("batches") }),
    validation: task.validation,
    training: task.sample.subarray(0, task.validation.length),
    learningRate: model.learningRate,
    steps: model.stepsFactor * task.steps,
    evaluateEvery: model.stepsFactor * task.evaluateEvery,
    random: random.split("training"),
    threads,
  });
  try {
    await trainer.run(signal);
    const seconds = (performance.now() - started) / 1000;
    signal?.throwIfAborted();
    const { likelihood, store } = trainer;
    return {
      result: await measure(model.name, flow, store, likelihood, task, seconds),
      pairs: model.name === "GDN" ? await responses(flow, store, task) : undefined,
    };
  } finally {
    await trainer.release();
  }
}

async function measure(
  name: Measured["name"],
  flow: Flow,
  store: ParameterStore,
  likelihood: Likelihood,
  task: Task,
  seconds: number,
): Promise<Measured> {
  const logProb = (await likelihood.logProb(task.test)).map((value) => value + task.unitsLogDet);
  const [latent] = await images(store, task, (x) => [flow.density(x).latent]);
  const { mean } = summarize(sizeCorrelations(latent, task.dim).map(({ value }) => Math.abs(value)));
  return { name, logProb, sizeCorrelation: mean, parameters: flow.parameterCount, seconds };
}

/** What the two test columns after GDN's dense layer whose sizes go together most are, before and after the division. */
async function responses(flow: Flow, store: ParameterStore, task: Task) {
  const { dim } = task;
  const [before, after] = await images(store, task, (x) => {
    const { y } = (flow.bijection as ReturnType<typeof chain>).parts[0].forward(x);
    return [y, flow.density(x).latent];
  });
  const most = sizeCorrelations(before, dim).reduce((a, b) => (b.value > a.value ? b : a));
  const columns = (values: Float64Array) =>
    [most.i, most.j].map((column) =>
      Array.from({ length: values.length / dim }, (_, row) => values[row * dim + column]),
    );
  return { before: columns(before), after: columns(after) };
}

/** Expressions of the test rows, [rows, dim] each. */
async function images(
  parameters: ParameterStore,
  { test, dim }: Task,
  of: (x: Tensor) => readonly Tensor[],
): Promise<Float64Array[]> {
  const outputs = of(input("x", ["batch", dim]));
  const program = await Program.compile(Object.fromEntries(outputs.map((y, i) => [i, y])), { parameters });
  const results = outputs.map(() => new Float64Array(test.length));
  const chunk = 1024 * dim;
  for (let from = 0; from < test.length; from += chunk) {
    const values = await program.run({ x: test.subarray(from, from + chunk) });
    for (const [i, result] of results.entries()) result.set(values[i], from);
  }
  await program.release();
  return results;
}

/** Correlations between |z_i| and |z_j| over the rows, for all i < j. */
export function sizeCorrelations(z: Float64Array, dim: number): { i: number; j: number; value: number }[] {
  const rows = z.length / dim;
  const columns = Array.from({ length: dim }, (_, column) => {
    const sizes = Float64Array.from({ length: rows }, (_, row) => Math.abs(z[row * dim + column]));
    const mean = sizes.reduce((a, b) => a + b) / rows;
    const centered = sizes.map((size) => size - mean);
    const norm = Math.sqrt(centered.reduce((total, value) => total + value * value, 0));
    return centered.map((value) => value / norm);
  });
  return columns.flatMap((one, i) =>
    columns.slice(i + 1).map((other, k) => ({
      i,
      j: i + 1 + k,
      value: one.reduce((total, value, row) => total + value * other[row], 0),
    })),
  );
}

/** How much higher the first model's log-densities are than the second's, row by row. */
function above(measured: readonly Measured[], name: Measured["name"], other: Measured["name"]): Summary {
  const of = (wanted: Measured["name"]) => measured.find((model) => model.name === wanted)?.logProb ?? [];
  const lower = of(other);
  return summarize(Array.from(of(name), (value, row) => value - lower[row]));
}

const perDimension = ({ mean, error }: Summary, dim: number) => ({ mean: mean / dim, error: error / dim });

export interface Judgement {
  readonly held: boolean;
  readonly overComponents: Summary;
  readonly overGaussian: Summary;
}

/** Whether GDN stands out above independent components and above the Gaussian. */
export function judge(measured: readonly Measured[]): Judgement {
  const overComponents = above(measured, "GDN", "independent components");
  const overGaussian = above(measured, "GDN", "Gaussian");
  const held = [overComponents, overGaussian].every(({ mean, error }) => mean > 2 * error);
  return { held, overComponents, overGaussian };
}

function verdictOf(
  measured: readonly Measured[],
  { held, overComponents, overGaussian }: Judgement,
  { dim, name }: Task,
): string {
  const difference = (summary: Summary) => {
    const { mean, error } = perDimension(summary, dim);
    return `${mean >= 0 ? "+" : ""}${mean.toFixed(3)} ± ${error.toFixed(3)}`;
  };
  const others = measured
    .slice(measured.findIndex((model) => model.name === "GDN") + 1)
    .map((model) => `${difference(above(measured, model.name, "GDN"))} (${model.name})`);
  const sizes = measured
    .filter(({ name: model }) => model === "independent components" || model === "GDN")
    .map(({ name: model, sizeCorrelation }) => `${sizeCorrelation.toFixed(3)} (${model})`);
  return (
    `On ${name}, ${dim} columns, GDN's log-density of test rows ${held ? "stands" : "does not stand"} above both: ` +
    `nats a dimension over independent components ${difference(overComponents)}, over a Gaussian ` +
    `${difference(overGaussian)}. Over GDN: ${others.join(", ")}. Sizes of latent columns correlate by ${sizes.join(" and ")}.`
  );
}
