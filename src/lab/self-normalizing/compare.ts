// The same net trained by every estimator, each at its best rate: how likely held-out rows become, how far the learned
// inverses are off on the way, and what rows drawn with them are worth.

import type { JacobianEstimator } from "../../jacobian/index.js";
import { adam } from "../../optimizers/index.js";
import { Random } from "../../random/index.js";
import type { ParameterStore } from "../../runtime/index.js";
import type { Likelihood } from "../../training/index.js";
import type { Figures, LabOptions } from "../lab.js";
import type { Rows } from "../relative/tables.js";
import { train } from "../relative/training.js";
import { summarize } from "../statistics.js";
import { type Drawn, drawBothWays, InverseMeter, netFor } from "./net.js";
import type { Table } from "./tables.js";

/** How much training a comparison gets. */
export interface CompareSize {
  readonly steps: number;
  readonly seeds: number;
  /** Adam's, before the schedule. */
  readonly rates: readonly number[];
}

/** A way to train the net, by the name that figures give it. */
export interface Case {
  readonly name: string;
  readonly estimator: JacobianEstimator;
}

/** A moment of a run at the best rate, first seed. */
export interface CurveRow extends Figures {
  readonly part: "curve";
  readonly table: string;
  readonly case: string;
  readonly step: number;
  /** Mean log-density of held-out rows before any whitening, nats. */
  readonly nats: number;
  /** ‖x − (xW)R‖ / ‖x‖ of the layer where it is largest; null without learned inverses. */
  readonly inverseError: number | null;
}

/** Where a case ends at its best rate: means over the seeds, but for the largest error. */
export interface EndRow extends Figures {
  readonly part: "end";
  readonly table: string;
  readonly columns: number;
  /** The weight that the penalty has to pass: see `Table`. */
  readonly leastWeight: number;
  readonly case: string;
  readonly rate: number;
  /** Whether the best rate was the smallest or largest tried: the case might do better beyond. */
  readonly rateAtEdge: boolean;
  /** Mean log-density of held-out rows before any whitening, nats; −Infinity if every rate diverged. */
  readonly nats: number;
  readonly standardError: number | null;
  /** Runs that diverged, over all rates. */
  readonly diverged: number;
  /** Of a layer, at the moments looked at, over all seeds; null without learned inverses. */
  readonly largestInverseError: number | null;
  readonly lastInverseError: number | null;
  /** ‖x − g(f(x))‖ / ‖x‖ of the whole net, at the end. */
  readonly netError: number | null;
  /** Mean exact log-density, nats, of rows drawn with R, and with W^{-1} from the same latents. */
  readonly drawnByR: number | null;
  readonly drawnByInverse: number | null;
}

export interface Comparison {
  readonly ends: readonly EndRow[];
  readonly curves: readonly CurveRow[];
}

const batch = 100;
/** Rows that inverse errors are measured on, and rows drawn. */
const looked = 1000;
/** Moments of a run at which it is looked at, besides the start. */
const moments = 30;

interface Moment {
  readonly step: number;
  readonly nats: number;
  readonly inverseError: number | null;
}

interface Trained {
  readonly held: number;
  readonly moments: readonly Moment[];
  readonly netError: number | null;
  readonly drawn: Drawn | undefined;
}

export async function compare(
  { name: table, rows, volume, leastWeight }: Table,
  cases: readonly Case[],
  size: CompareSize,
  options: LabOptions,
): Promise<Comparison> {
  const ends: EndRow[] = [];
  const curves: CurveRow[] = [];
  for (const one of cases) {
    const tried = [];
    for (const rate of size.rates) {
      const runs: Trained[] = [];
      for (let seed = 0; seed < size.seeds; seed++) {
        options.onProgress?.(`${table}: ${one.name} at rate ${rate}, run ${seed + 1} of ${size.seeds}`);
        runs.push(await trainOnce(one, rate, rows, size.steps, seed, options));
      }
      tried.push({ rate, runs });
    }
    const best = tried.reduce((a, b) => (natsOf(b.runs).mean > natsOf(a.runs).mean ? b : a));
    const diverged = tried.flatMap(({ runs }) => runs).filter(({ held }) => held === -Infinity).length;
    ends.push({
      ...{ part: "end", table, columns: rows.dim, leastWeight, case: one.name, rate: best.rate, diverged },
      rateAtEdge: best.rate === size.rates[0] || best.rate === size.rates.at(-1),
      ...endOf(best.runs, volume),
    });
    curves.push(
      ...best.runs[0].moments.map(
        (moment): CurveRow => ({
          ...{ part: "curve", table, case: one.name },
          ...moment,
          nats: moment.nats + volume,
        }),
      ),
    );
  }
  return { ends, curves };
}

/** The best of the cases with learned inverses. */
export const bestLearned = (ends: readonly EndRow[]): EndRow =>
  ends.filter((row) => row.largestInverseError !== null).reduce((a, b) => (b.nats > a.nats ? b : a));

const natsOf = (runs: readonly Trained[]) => summarize(runs.map(({ held }) => held));

function endOf(runs: readonly Trained[], volume: number) {
  const { mean, error } = natsOf(runs);
  const average = (values: readonly (number | null | undefined)[], shift = 0) => {
    const known = values.filter((value) => typeof value === "number");
    return known.length === 0 ? null : summarize(known).mean + shift;
  };
  const errors = runs.flatMap(({ moments }) => moments.flatMap(({ inverseError }) => inverseError ?? []));
  return {
    ...{ nats: mean + volume, standardError: runs.length > 1 ? error : null },
    largestInverseError: errors.length > 0 ? Math.max(...errors) : null,
    lastInverseError: average(runs.map(({ moments }) => moments.at(-1)?.inverseError)),
    netError: average(runs.map(({ netError }) => netError)),
    drawnByR: average(
      runs.map(({ drawn }) => drawn?.byR),
      volume,
    ),
    drawnByInverse: average(
      runs.map(({ drawn }) => drawn?.byInverse),
      volume,
    ),
  };
}

/** The same start and order of rows for a seed, whatever the case. */
async function trainOnce(
  { estimator }: Case,
  learningRate: number,
  rows: Rows,
  steps: number,
  seed: number,
  { seed: labSeed, threads, signal }: LabOptions,
): Promise<Trained> {
  const random = new Random(labSeed).split(`run ${seed}`);
  const net = netFor(estimator, rows.dim, random.split("net"));
  const sample = rows.held.subarray(0, looked * rows.dim);
  const latents = random.split("latents").fillNormal(new Float32Array(looked * rows.dim));
  const seen: Moment[] = [];
  const every = Math.max(1, Math.floor(steps / moments));
  let meter: InverseMeter | undefined;
  let netError: number | null = null;
  let drawn: Drawn | undefined;
  const watch = async (step: number, store: ParameterStore, likelihood: Likelihood) => {
    if (step === 0) meter = await InverseMeter.create(net, store, threads);
    if (step % every !== 0 && step !== steps) return;
    const errors = await meter?.measure(sample);
    seen.push({ step, nats: -(await likelihood.nll(rows.held)), inverseError: errors?.layer ?? null });
    if (step < steps || !errors) return;
    netError = errors.net;
    drawn = await drawBothWays(net, store, latents, threads);
  };
  try {
    const { held } = await train({
      ...{ flow: net.flow, rows, estimator, optimizer: adam(), learningRate, steps, batch },
      ...{ random: random.split("order"), threads, signal, watch },
    });
    return { held, moments: seen, netError, drawn };
  } finally {
    await meter?.release();
  }
}
