// npm run bench -- estimators [--json] [--data DIR]: every Jacobian estimator on the same nets. The time of a step against
// D and B, bias and variance of the gradient against the exact one, and the held-out likelihood against wall clock.

import {
  adam,
  analyzeColumns,
  denseFlow,
  InMemoryRows,
  type JacobianEstimator,
  jacobianEstimator,
  jacobianEstimators,
  Random,
  splitRows,
  standardizedRows,
  type Table,
  Trainer,
  TrainingStep,
  tableFromColumns,
} from "logdet";
import { denseLayersOf, exactInFrame } from "./lib/frames.js";
import { benchOptions, printRows } from "./lib/options.js";
import { benchTable } from "./lib/tables.js";
import { medianTime } from "./lib/timing.js";

const options = benchOptions({
  estimators: Object.keys(jacobianEstimators).join(","),
  dims: "64,256,784",
  batches: "32,256",
  threads: "1",
  /** Time spent on each measurement of a step. */
  seconds: "0.3",
  /** Random draws of an estimator that has some. */
  draws: "16",
  /** Training time of each fit; 0 for none. */
  "fit-seconds": "2",
  /** The rates tried, each for that long; the one that validation prefers is reported. */
  rates: "0.03,0.006,0.001",
  /** Folder with the table to fit beside the synthetic one. */
  data: undefined,
  table: "pendigits",
});
const threads = options.number("threads");
const estimators = options.words("estimators").map(jacobianEstimator);

type Row = {
  readonly table: string | null;
  readonly estimator: string;
  readonly dim: number;
  readonly batch: number;
  /** Median time of a step: gradient and update. */
  readonly ms: number;
  readonly exact: boolean;
  /** ‖mean − exact‖ / ‖exact‖ over all matrices and biases, in the estimator's own coordinates. */
  readonly gradientBias: number | null;
  /** mean ‖draw − mean‖² / ‖exact‖². */
  readonly gradientVariance: number | null;
  /** Held-out log-likelihood a row after so many seconds of training, standardised units. */
  readonly nats: number | null;
  readonly seconds: number | null;
};

const rows: Row[] = [];
function report(row: Row): void {
  rows.push(row);
  console.error(JSON.stringify(row));
}

/** Mixed and bent Laplace sources, rows · dim. */
function bent(count: number, dim: number, seed: number): Float64Array {
  const random = new Random(seed);
  const mixing = new Random(5).fillNormal(new Float64Array(dim * dim), 1 / Math.sqrt(dim));
  const again = new Random(6).fillNormal(new Float64Array(dim * dim), 0.5 / Math.sqrt(dim));
  for (let i = 0; i < dim; i++) again[i * (dim + 1)] += 1;
  const times = (x: Float64Array, w: Float64Array) =>
    Float64Array.from({ length: dim }, (_, j) =>
      x.reduce((total, value, i) => total + value * w[i * dim + j], 0),
    );
  const result = new Float64Array(count * dim);
  for (let row = 0; row < count; row++) {
    const sources = Float64Array.from({ length: dim }, () => {
      const u = random.uniform() - 0.5;
      return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
    });
    const mixed = times(sources, mixing).map((value) => Math.asinh(2 * value));
    result.set(times(mixed, again), row * dim);
  }
  return result;
}

const net = (estimator: JacobianEstimator, dim: number) =>
  denseFlow({
    dim,
    layers: 2,
    activation: "smooth-leaky-relu",
    base: "logistic",
    front: false,
    layer: estimator.layer,
    random: new Random(1),
  });

/** Batches of this many before the first comes again. */
const pool = 8;

/** Rows for a step of any width: bent ones of up to 64 columns, repeated under noise. */
function wideRows(count: number, dim: number): Float32Array {
  const narrow = Math.min(dim, 64);
  const data = bent(count, narrow, 2);
  const noise = new Random(3).fillNormal(new Float32Array(count * dim), 0.5);
  return noise.map((value, i) => value + data[Math.floor(i / dim) * narrow + ((i % dim) % narrow)]);
}

/** The gradient beside the exact one after some steps, then a step's time. */
async function measure(estimator: JacobianEstimator, dim: number, batch: number): Promise<void> {
  const step = await TrainingStep.create(net(estimator, dim), { estimator, optimizer: adam(), threads });
  const data = wideRows(pool * batch, dim);
  let taken = 0;
  const next = async () => {
    const start = (taken++ % pool) * batch * dim;
    await step.gradient(data.subarray(start, start + batch * dim), taken);
    await step.update(1e-3, taken);
  };
  while (taken < 40) await next();
  const quality = await gradientQuality(estimator, step, data.subarray(0, batch * dim));
  const { ms } = await medianTime(next, { seconds: options.number("seconds"), minimumRuns: 3, warmup: 0 });
  await step.release();
  const { name, exact } = estimator;
  report({ table: null, estimator: name, dim, batch, ms, exact, ...quality, nats: null, seconds: null });
}

/** Bias and variance of the gradient at the step's weights. */
async function gradientQuality(estimator: JacobianEstimator, step: TrainingStep, x: Float32Array) {
  const { flow, store } = step;
  const { dim } = flow;
  const layers = await denseLayersOf(flow, store);
  const plain = jacobianEstimator("exact");
  const truth = await TrainingStep.create(net(plain, dim), {
    estimator: plain,
    optimizer: adam(),
    threads,
    float: "float64",
  });
  for (const [name, { weight, bias }] of layers) {
    truth.store.view(truth.flow.parameters[`${name}.weight`]).set(weight);
    truth.store.view(truth.flow.parameters[`${name}.bias`]).set(bias);
  }
  await truth.gradient(x);
  const wanted = new Map<string, Float64Array>();
  for (const [name, { weight, bias }] of layers) {
    const gradientOf = (part: string) =>
      Float64Array.from(truth.store.view(truth.flow.parameters[`${name}.${part}`], "gradient"));
    const own = Object.entries(flow.parameters).flatMap(([key, parameter]) =>
      key.startsWith(`${name}.`)
        ? [[key.slice(name.length + 1), Float64Array.from(store.view(parameter))]]
        : [],
    );
    const layer = { weight, bias, weightGradient: gradientOf("weight"), biasGradient: gradientOf("bias") };
    for (const [part, values] of Object.entries(
      await exactInFrame(estimator.name, dim, layer, Object.fromEntries(own)),
    ))
      wanted.set(`${name}.${part}`, values);
  }
  await truth.release();

  const draws = estimator.name === "free-form" ? options.number("draws") : 1;
  const [mean, square] = [new Map<string, Float64Array>(), new Map<string, Float64Array>()];
  for (let draw = 1; draw <= draws; draw++) {
    await step.gradient(x, draw);
    for (const name of wanted.keys()) {
      const values = store.view(flow.parameters[name], "gradient");
      const [sum, squares] = [mean, square].map((all) => all.get(name) ?? new Float64Array(values.length));
      for (let i = 0; i < values.length; i++) {
        sum[i] += values[i] / draws;
        squares[i] += values[i] ** 2 / draws;
      }
      mean.set(name, sum);
      square.set(name, squares);
    }
  }
  let [distance, variance, length] = [0, 0, 0];
  for (const [name, exact] of wanted) {
    const [sum, squares] = [mean.get(name) ?? exact, square.get(name) ?? exact];
    for (let i = 0; i < exact.length; i++) {
      distance += (sum[i] - exact[i]) ** 2;
      variance += Math.max(0, squares[i] - sum[i] ** 2);
      length += exact[i] ** 2;
    }
  }
  if (draws > 1) {
    // A mean of n draws is itself off by variance / n.
    variance *= draws / (draws - 1);
    distance = Math.max(0, distance - variance / draws);
  }
  return { gradientBias: Math.sqrt(distance / length), gradientVariance: draws > 1 ? variance / length : 0 };
}

interface Data {
  readonly name: string;
  readonly source: InMemoryRows;
  readonly validation: Float32Array;
  readonly test: Float32Array;
}

function prepared(name: string, table: Table, test?: Float32Array): Data {
  const { plans } = analyzeColumns(table);
  const split = splitRows(table.rows, 0.1, new Random(1));
  const again = splitRows(split.train.length, 0.1, new Random(2));
  const noise = new Random(3);
  const train = test ? split.train : again.train.map((i) => split.train[i]);
  const held = again.validation.map((i) => split.train[i]);
  return {
    name,
    source: new InMemoryRows(table, plans, train),
    validation: standardizedRows(table, plans, split.validation, noise),
    test: test ?? standardizedRows(table, plans, held, noise),
  };
}

/** One fit of a given length: test likelihoods as time goes by, and the last validation likelihood. */
async function train(estimator: JacobianEstimator, data: Data, learningRate: number, seconds: number) {
  const { dim } = data.source;
  const start = await data.source.batches({ batchSize: 5000, random: new Random(4) }).next();
  const run = async (steps: number, evaluateEvery: number) => {
    const flow = denseFlow({
      dim,
      layers: 3,
      activation: "spline",
      base: "mixture-of-gaussians",
      front: true,
      layer: estimator.layer,
      sample: start.values,
      random: new Random(1),
    });
    const seen: { seconds: number; nats: number; validation: number }[] = [];
    let began = performance.now();
    const trainer = await Trainer.create(flow, {
      batches: data.source.batches({ batchSize: 256, random: new Random(5) }),
      validation: data.validation,
      training: data.test,
      estimator,
      learningRate,
      steps,
      evaluateEvery,
      random: new Random(6),
      threads: 1,
      onEvent: (event) => {
        if (event.type !== "evaluation") return;
        const elapsed = (performance.now() - began) / 1000;
        seen.push({ seconds: elapsed, nats: -event.trainNll, validation: -event.validationNll });
      },
    });
    began = performance.now();
    await trainer.run();
    await trainer.release();
    return seen;
  };
  // Long enough for the compilers to have done their work.
  const trial = await run(300, 150);
  const ms = ((trial[2].seconds - trial[1].seconds) * 1000) / 150;
  const steps = Math.max(8, 4 * Math.floor((seconds * 1000) / ms / 4));
  return { ms, seen: (await run(steps, steps / 4)).slice(1) };
}

async function fitAll(data: Data): Promise<void> {
  for (const estimator of estimators) {
    const runs: Awaited<ReturnType<typeof train>>[] = [];
    for (const rate of options.numbers("rates"))
      runs.push(await train(estimator, data, rate, options.number("fit-seconds")));
    const last = ({ seen }: (typeof runs)[number]) => seen.at(-1)?.validation ?? -Infinity;
    const best = runs.reduce((a, b) => (last(b) > last(a) ? b : a));
    for (const { nats, seconds } of best.seen)
      report({
        table: data.name,
        estimator: estimator.name,
        dim: data.source.dim,
        batch: 256,
        ms: best.ms,
        exact: estimator.exact,
        gradientBias: null,
        gradientVariance: null,
        nats,
        seconds,
      });
  }
}

for (const dim of options.numbers("dims"))
  for (const batch of options.numbers("batches"))
    for (const estimator of estimators) await measure(estimator, dim, batch);

if (options.number("fit-seconds") > 0) {
  const [count, dim] = [8000, 8];
  const values = bent(count, dim, 1);
  const columns = Array.from({ length: dim }, (_, j) => ({
    name: `x${j}`,
    values: Float64Array.from({ length: count }, (_, row) => values[row * dim + j]),
  }));
  await fitAll(prepared("bent", tableFromColumns(columns)));
  const folder = options.text("data");
  if (folder) {
    const { name, fit, test } = await benchTable(folder, options.text("table") ?? "pendigits");
    await fitAll(prepared(name, fit, test));
  }
}
printRows(rows, options.json);
