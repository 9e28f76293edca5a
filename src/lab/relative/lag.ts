// Why two layers trained by the relative gradient lag the same net trained by the exact one: one property changed at a
// time, each with its best rate.

import {
  type Bijection,
  chain,
  linear,
  rationalQuadraticSpline,
  smoothLeakyRelu,
} from "../../bijections/index.js";
import { normal } from "../../distributions/index.js";
import { Flow } from "../../flows/index.js";
import {
  exact,
  type JacobianEstimator,
  lie,
  published,
  relative,
  relativeAffine,
} from "../../jacobian/index.js";
import { adam, constantRate, type Optimizer, type Schedule, sgd } from "../../optimizers/index.js";
import { Random } from "../../random/index.js";
import type { FloatArray, ParameterStore } from "../../runtime/index.js";
import type { Figures, LabOptions } from "../lab.js";
import { summarize } from "../statistics.js";
import { applyMetric } from "./metric.js";
import { epochAdam, oneMomentAdam } from "./optimizers.js";
import { conditionNumber } from "./spectrum.js";
import type { Rows } from "./tables.js";
import { train } from "./training.js";

/** How much training an experiment gets. */
export interface LagSize {
  readonly steps: number;
  readonly seeds: number;
  /** Every how many of the rates are tried: 1 for all. */
  readonly stride: number;
  /** Whether every case runs, or those alone that the verdict rests on. */
  readonly all: boolean;
}

/** A way to train the net: the reference with something changed. */
interface Case {
  readonly name: string;
  /** What is changed against the reference. */
  readonly changed: string;
  readonly estimator: JacobianEstimator;
  /** Default: Adam. */
  readonly optimizer?: (stepsPerEpoch: number) => Optimizer;
  readonly rates?: readonly number[];
  readonly schedule?: Schedule;
  readonly activation?: (dim: number) => Bijection;
  /** Dense layers whose exact gradient is multiplied by the metric, and its damping. */
  readonly metric?: { readonly layers: readonly number[]; readonly damping: number };
  /** Whether the verdict rests on it. */
  readonly decides?: boolean;
}

const batch = 100;
const adamRates = [0.01, 0.02, 0.04, 0.08, 0.16];
const oneMoment = { optimizer: () => oneMomentAdam(), rates: [0.03, 0.06, 0.12, 0.25, 0.5] };
const momentum = { optimizer: () => sgd(), rates: [0.0015, 0.003, 0.006, 0.012, 0.025] };
const steep = { activation: (dim: number) => smoothLeakyRelu({ dim, alpha: 0.01 }) };
const spline = { activation: (dim: number) => rationalQuadraticSpline({ dim, bins: 8 }) };
/** Without a schedule, as the reference code trains. */
const constant = { schedule: constantRate(), rates: [0.003, 0.01, 0.03, 0.1, 0.2] };

const cases: readonly Case[] = [
  { name: "exact", changed: "nothing", estimator: exact, decides: true },
  { name: "relative", changed: "nothing", estimator: relative, decides: true },
  { name: "lie", changed: "nothing", estimator: lie, rates: [0.003, 0.01, 0.02, 0.03, 0.04] },
  { name: "relative-affine", changed: "bias rule", estimator: relativeAffine },
  { name: "published", changed: "bias rule", estimator: published, decides: true },
  { name: "published, constant rate", changed: "step number", estimator: published, ...constant },
  {
    name: "published, epoch's number",
    changed: "step number",
    estimator: published,
    ...constant,
    optimizer: epochAdam,
  },
  { name: "exact, α = 0.01", changed: "activation", estimator: exact, ...steep },
  { name: "relative, α = 0.01", changed: "activation", estimator: relative, ...steep },
  { name: "exact, spline", changed: "activation", estimator: exact, ...spline },
  { name: "relative, spline", changed: "activation", estimator: relative, ...spline },
  { name: "exact, one moment", changed: "rescaling", estimator: exact, ...oneMoment, decides: true },
  { name: "relative, one moment", changed: "rescaling", estimator: relative, ...oneMoment, decides: true },
  {
    name: "lie, one moment",
    changed: "rescaling",
    estimator: lie,
    ...oneMoment,
    rates: [0.003, 0.01, 0.02, 0.04, 0.08],
  },
  { name: "exact, momentum", changed: "rescaling", estimator: exact, ...momentum },
  { name: "relative, momentum", changed: "rescaling", estimator: relative, ...momentum },
  { name: "lie, momentum", changed: "rescaling", estimator: lie, ...momentum },
  {
    name: "metric in the first layer",
    changed: "metric",
    estimator: exact,
    metric: { layers: [0], damping: 0 },
    decides: true,
  },
  {
    name: "metric in the last layer",
    changed: "metric",
    estimator: exact,
    metric: { layers: [1], damping: 0 },
    decides: true,
  },
  {
    name: "metric damped",
    changed: "metric",
    estimator: exact,
    metric: { layers: [0, 1], damping: 1 },
    decides: true,
  },
];

/** A case at its best rate: held-out nats a row, mean over the seeds. */
export interface LagRow extends Figures {
  readonly part: "lag";
  readonly table: string;
  readonly changed: string;
  readonly case: string;
  readonly rate: number;
  /** Whether the best rate was the smallest or largest tried: the case might do better beyond. */
  readonly rateAtEdge: boolean;
  readonly nats: number;
  readonly standardError: number | null;
  /** Runs that diverged, over all rates. */
  readonly diverged: number;
  /** Of the first and last matrix at the end, geometric mean over the seeds. */
  readonly conditionFirst: number;
  readonly conditionLast: number;
}

type Values = ReadonlyMap<string, FloatArray>;

interface Net {
  readonly held: number;
  readonly conditions: readonly [first: number, last: number];
  readonly values: Values;
}

/**
 * Trains every case, and then goes on from where `exact` and `relative` ended, with either rule: a rule that goes on
 * from another's end without losing anything has that end for an optimum too.
 */
export async function lag(table: string, rows: Rows, size: LagSize, options: LabOptions): Promise<LagRow[]> {
  const chosen = cases.filter(({ decides }) => size.all || decides);
  const found: LagRow[] = [];
  const ends = new Map<string, { best: Case & { rate: number }; nets: readonly Net[] }>();
  for (const [i, one] of chosen.entries()) {
    options.onProgress?.(`${table}: ${one.name}, ${i + 1} of ${chosen.length} ways to train`);
    const rates = (one.rates ?? adamRates).filter((_, k) => k % size.stride === size.stride - 1);
    const tried = [];
    for (const rate of rates) {
      const nets: Net[] = [];
      for (let seed = 0; seed < size.seeds; seed++)
        nets.push(await trainOnce(one, rate, rows, size, seed, options));
      tried.push({ rate, nets });
    }
    const best = tried.reduce((a, b) => (natsOf(b.nets).mean > natsOf(a.nets).mean ? b : a));
    const lost = lostAmong(tried.flatMap(({ nets }) => nets));
    found.push(rowOf(table, one, best, lost, best.rate === rates[0] || best.rate === rates.at(-1)));
    ends.set(one.name, { best: { ...one, rate: best.rate }, nets: best.nets });
  }
  if (!size.all) return found;
  for (const from of ["exact", "relative"])
    for (const to of ["exact", "relative"]) {
      options.onProgress?.(`${table}: from where ${from} ended on with ${to}`);
      const { nets } = ends.get(from)!;
      const { best } = ends.get(to)!;
      const further: Net[] = [];
      for (const [seed, net] of nets.entries())
        further.push(await trainOnce(best, best.rate, rows, size, seed, options, net.values));
      const one = { ...best, name: `${from}, then ${to}`, changed: "start" };
      found.push(rowOf(table, one, { rate: best.rate, nets: further }, lostAmong(further), false));
    }
  return found;
}

const natsOf = (nets: readonly Net[]) => summarize(nets.map((net) => net.held));
const lostAmong = (nets: readonly Net[]) => nets.filter((net) => net.held === -Infinity).length;

function rowOf(
  table: string,
  { name, changed }: Case,
  { rate, nets }: { rate: number; nets: readonly Net[] },
  diverged: number,
  rateAtEdge: boolean,
): LagRow {
  const { mean, error } = natsOf(nets);
  const typical = (i: 0 | 1) => Math.exp(summarize(nets.map((net) => Math.log(net.conditions[i]))).mean);
  return {
    ...{ part: "lag", table, changed, case: name, rate, rateAtEdge },
    ...{ nats: mean, standardError: nets.length > 1 ? error : null, diverged },
    ...{ conditionFirst: typical(0), conditionLast: typical(1) },
  };
}

async function trainOnce(
  { estimator, optimizer, schedule, activation, metric }: Case,
  learningRate: number,
  rows: Rows,
  { steps }: LagSize,
  seed: number,
  { seed: labSeed, threads, signal }: LabOptions,
  start?: Values,
): Promise<Net> {
  const { dim } = rows;
  const random = new Random(labSeed).split(`net ${seed}`);
  const between = activation?.(dim) ?? smoothLeakyRelu({ dim, alpha: 0.3 });
  const layers = ["first", "last"].map((name) => linear({ dim, random: random.split(name) }));
  const flow = new Flow(chain([layers[0], between, layers[1]]), normal({ dim }));
  const matrices = layers.map(({ parameters }) => parameters.weight);
  let conditions: [number, number] = [Number.NaN, Number.NaN];
  let values: Values = new Map();
  const outcome = await train({
    flow,
    rows,
    estimator,
    optimizer: optimizer?.(Math.floor(rows.train.length / dim / batch)) ?? adam(),
    schedule,
    learningRate,
    steps,
    batch,
    random: random.split(start ? "further" : "training"),
    threads,
    signal,
    start: start && ((store) => restore(flow, store, start)),
    turn: (store) => {
      for (const layer of metric?.layers ?? [])
        applyMetric(
          store.view(matrices[layer]),
          store.view(matrices[layer], "gradient"),
          dim,
          metric?.damping ?? 0,
        );
    },
    look: (store) => {
      conditions = [
        conditionNumber(store.view(matrices[0]), dim),
        conditionNumber(store.view(matrices[1]), dim),
      ];
      values = new Map(Object.entries(flow.parameters).map(([name, p]) => [name, store.view(p).slice()]));
    },
  });
  return { held: outcome.held, conditions, values };
}

function restore(flow: Flow, store: ParameterStore, values: Values): void {
  for (const [name, parameter] of Object.entries(flow.parameters)) {
    const known = values.get(name);
    if (known) store.view(parameter).set(known);
  }
}
