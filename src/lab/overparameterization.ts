// Lab: does widening a monotone network of one hidden layer help? Shah et al. say: it depends on how it is monotone.

import { constrainedNetwork, project, unconstrainedNetwork } from "../bijections/index.js";
import { exponential, normal } from "../distributions/index.js";
import { Flow } from "../flows/index.js";
import { relative } from "../jacobian/index.js";
import { descent } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import type { Parameter } from "../tensor/index.js";
import { Likelihood, TrainingStep } from "../training/index.js";
import type { Lab, LabOptions } from "./lab.js";
import {
  drawOverparameterization,
  type Kind,
  kinds,
  type WidthResult,
} from "./overparameterization-picture.js";
import { slopeOf, summarize } from "./statistics.js";

interface Size {
  readonly widths: readonly number[];
  readonly seeds: number;
  readonly steps: number;
  readonly rates: readonly number[];
}

/** The rate at which widths are compared; what each could reach at a rate of its own is told beside. */
const commonRate = 0.3;

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke) return { widths: [4, 64], seeds: 4, steps: 300, rates: [commonRate, 3] };
  const rates = [0.1, commonRate, 1, 3];
  if (full) return { widths: [4, 16, 64, 256, 1024, 4096], seeds: 5, steps: 1000, rates };
  return { widths: [4, 16, 64, 256], seeds: 8, steps: 1000, rates };
};

const batchRows = 64;
/** Of the unconstrained flow's quadrature; 128 change no likelihood here by a thousandth. */
const intervals = 16;

export const overparameterization: Lab = {
  name: "overparameterization",
  claim:
    "Widening a one-hidden-layer flow does not help where positive weights make it monotone; where only its slope is made positive it helps, and the weights move less and less.",
  source:
    'Shah, Deshpande and Goyal, "Learning and generalization in overparameterized normalizing flows", AISTATS 2022',
  duration: "3 min",
  async run(options) {
    const size = sizeOf(options);
    const results: WidthResult[] = [];
    for (const kind of kinds)
      for (const width of size.widths) {
        options.onProgress?.(`${kind}, ${width} units`);
        for (const rate of size.rates) results.push(await measure(kind, width, rate, size, options));
      }

    const of = (kind: Kind) => results.filter((result) => result.kind === kind);
    const constrained = judge(of("constrained"));
    const unconstrained = judge(of("unconstrained"));
    // Comparisons with NaN, of runs that failed, are false: a verdict needs numbers.
    const held =
      constrained.gain <= 2 * constrained.error &&
      unconstrained.gain > 2 * unconstrained.error &&
      unconstrained.slope < -0.1 &&
      constrained.slope > -0.1;
    return {
      held,
      verdict: `${sentence("Constrained", constrained)} ${sentence("Unconstrained", unconstrained)}`,
      figures: results.map(({ kind, width, rate, excess, moved, runs, failed }) => ({
        flow: kind,
        width,
        rate,
        nll: finite(entropy + excess.mean),
        nllStandardError: finite(excess.error),
        nllAboveEntropy: finite(excess.mean),
        moved: finite(moved.mean),
        movedStandardError: finite(moved.error),
        runs,
        failed,
      })),
      svg: drawOverparameterization({
        common: atCommonRate(results),
        best: kinds.flatMap((kind) => atBestRate(of(kind))),
        entropy,
      }),
    };
  },
};

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const atCommonRate = (results: readonly WidthResult[]) => results.filter(({ rate }) => rate === commonRate);

/** For each width the rate that ended lowest, of those at which no run failed. */
function atBestRate(results: readonly WidthResult[]): WidthResult[] {
  const widths = [...new Set(results.map(({ width }) => width))];
  return widths.flatMap((width) => {
    const whole = results.filter((result) => result.width === width && result.failed === 0);
    return whole.sort((a, b) => a.excess.mean - b.excess.mean).slice(0, 1);
  });
}

interface Judgement {
  /** The narrowest and the widest at the common rate, and at their best rates. */
  readonly common: readonly [WidthResult, WidthResult];
  readonly best: readonly [WidthResult, WidthResult];
  /** Nats gained by widening at the common rate, and the standard error of that. */
  readonly gain: number;
  readonly error: number;
  /** Of log(distance moved) against log(width), at the best rates. */
  readonly slope: number;
}

function judge(results: readonly WidthResult[]): Judgement {
  const ends = (list: readonly WidthResult[]) => [list[0], list[list.length - 1]] as const;
  const common = ends(atCommonRate(results));
  const best = atBestRate(results);
  return {
    common,
    best: ends(best),
    gain: common[0].excess.mean - common[1].excess.mean,
    error: Math.hypot(common[0].excess.error, common[1].excess.error),
    slope: slopeOf(
      best.map(({ width }) => Math.log(width)),
      best.map(({ moved }) => Math.log(moved.mean)),
    ),
  };
}

function sentence(kind: string, { common, best, gain, error, slope }: Judgement): string {
  const arrow = ([first, last]: readonly [WidthResult, WidthResult]) =>
    `${first.excess.mean.toFixed(3)} -> ${last.excess.mean.toFixed(3)}`;
  const way = Math.abs(gain) <= 2 * error ? "no change" : gain > 0 ? "better" : "worse";
  return (
    `${kind}: from ${common[0].width} to ${common[1].width} units at one rate ${arrow(common)} nats above the ` +
    `entropy (${way}: by ${Math.abs(gain).toFixed(3)} ± ${error.toFixed(3)}), at each width's best rate ` +
    `${arrow(best)} with weights moved by ${best[0].moved.mean.toFixed(2)} -> ${best[1].moved.mean.toFixed(2)} ` +
    `(~ width^${slope.toFixed(2)}).`
  );
}

/** One width at one rate. The seeds are the same for every rate and width. */
async function measure(
  kind: Kind,
  width: number,
  rate: number,
  { seeds, steps }: Size,
  { seed, threads, signal }: LabOptions,
): Promise<WidthResult> {
  const all = [];
  for (let i = 0; i < seeds; i++) {
    signal?.throwIfAborted();
    all.push(await train(kind, width, rate, steps, new Random(seed).split(`run ${i}`), threads));
  }
  const whole = all.filter(({ excess, moved }) => Number.isFinite(excess) && Number.isFinite(moved));
  return {
    kind,
    width,
    rate,
    excess: summarize(whole.map((run) => run.excess)),
    moved: summarize(whole.map((run) => run.moved)),
    runs: all.length,
    failed: all.length - whole.length,
  };
}

/** Plain gradient descent on fresh draws of the target. */
async function train(
  kind: Kind,
  width: number,
  rate: number,
  steps: number,
  random: Random,
  threads: number,
): Promise<{ excess: number; moved: number }> {
  const seeds = random.split("network");
  const constrained =
    kind === "constrained" ? constrainedNetwork({ dim: 1, width, random: seeds }) : undefined;
  const network = constrained ?? unconstrainedNetwork({ dim: 1, width, random: seeds, intervals });
  const flow = new Flow(network, constrained ? normal({ dim: 1 }) : exponential({ dim: 1 }));
  const step = await TrainingStep.create(flow, { estimator: relative, optimizer: descent(), threads });
  const likelihood = await Likelihood.create(flow, step.store, threads);
  const hidden: Parameter[] = [network.parameters.weight, network.parameters.bias];
  const start = hidden.map((parameter) => step.store.view(parameter).slice());
  // The tangent kernel of the first map grows as m τ²: with this the function moves as fast at every width.
  const learningRate = rate / (width * (constrained ? 1 / width : 1));
  const rows = random.split("rows");
  const batch = new Float32Array(batchRows);
  for (let i = 1; i <= steps; i++) {
    await step.gradient(fillTarget(batch, rows), i);
    await step.update(learningRate, i);
    for (const parameter of constrained?.positive ?? []) project(step.store.view(parameter));
  }
  const logProb = await likelihood.logProb(grid.points);
  const excess = grid.mass.reduce((total, mass, i) => total - mass * logProb[i], 0) - entropy;
  const moved = Math.hypot(...hidden.map((parameter, k) => distance(step.store.view(parameter), start[k])));
  await step.release();
  await likelihood.release();
  return { excess, moved };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (value, i) => value - b[i]));

// ---- the target: two normals of different width, cut to [−1, 1] -----------------------------------------------

const parts = [
  { centre: -0.45, width: 0.12 },
  { centre: 0.4, width: 0.2 },
];

/** Fresh draws, by rejection. */
function fillTarget(batch: Float32Array, random: Random): Float32Array {
  for (let i = 0; i < batch.length; i++)
    do {
      const { centre, width } = parts[random.integer(2)];
      batch[i] = centre + width * random.normal();
    } while (Math.abs(batch[i]) >= 1);
  return batch;
}

/** Midpoints of [−1, 1] and the target's mass around each: expectations over it carry no noise. */
const grid = (() => {
  const count = 1000;
  const points = Float32Array.from({ length: count }, (_, i) => -1 + (2 * i + 1) / count);
  const raw = Float64Array.from(points, (x) =>
    parts.reduce(
      (total, { centre, width }) => total + Math.exp(-0.5 * ((x - centre) / width) ** 2) / width,
      0,
    ),
  );
  const total = raw.reduce((a, b) => a + b, 0);
  return { points, mass: raw.map((value) => value / total), cell: 2 / count };
})();

/** Of the target, in nats: what no model comes below. */
const entropy = -grid.mass.reduce((total, mass) => total + mass * Math.log(mass / grid.cell), 0);
