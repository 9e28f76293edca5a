// Lab: what path gradients bring to flows that are fitted to an energy, and to few samples with the energy's help.

import { Random } from "../random/index.js";
import type { Lab, LabOptions } from "./lab.js";
import { drawPathGradients } from "./path-gradients-picture.js";
import {
  type ByKind,
  type ForwardRun,
  forwardRun,
  type ReverseRun,
  type RunSize,
  reverseRun,
  type TargetRuns,
} from "./path-gradients-runs.js";
import { corners, targets } from "./path-gradients-targets.js";
import { type Summary, summarize } from "./statistics.js";

const sizeOf = ({ full, smoke }: LabOptions): RunSize & { seeds: number } => {
  if (smoke) return { seeds: 3, steps: 160, layers: 2, moments: 2, samples: 100, sampleSteps: 200 };
  if (full) return { seeds: 20, steps: 8000, layers: 8, moments: 16, samples: 200, sampleSteps: 2000 };
  return { seeds: 10, steps: 1600, layers: 6, moments: 8, samples: 200, sampleSteps: 1000 };
};

export const pathGradientsLab: Lab = {
  name: "path-gradients",
  claim:
    "Path gradients of flows fitted to an energy spread less than the reparameterisation's once the flow is near, end at a lower reverse divergence after as many steps, and, as energy-aware maximum likelihood, make more of few samples.",
  source:
    'Vaitl, Winkler, Richter and Kessel, "Fast and unified path gradient estimators for normalizing flows", ICLR 2024',
  duration: "3 min",
  async run(options) {
    const size = sizeOf(options);
    const all: TargetRuns[] = [];
    for (const target of options.smoke ? [corners()] : targets()) {
      const reverse = { path: [] as ReverseRun[], total: [] as ReverseRun[] };
      const forward = { path: [] as ForwardRun[], total: [] as ForwardRun[] };
      for (let i = 0; i < size.seeds; i++) {
        options.onProgress?.(`${target.name}, run ${i + 1} of ${size.seeds}`);
        const random = new Random(options.seed).split(`run ${i}`);
        for (const kind of ["path", "total"] as const) {
          options.signal?.throwIfAborted();
          reverse[kind].push(await reverseRun(target, kind, size, random, options));
          forward[kind].push(await forwardRun(target, kind, size, random, options));
        }
      }
      all.push({ target, reverse, forward });
    }
    const judgements = all.map(judge);
    return {
      held: judgements.every(({ held }) => held),
      verdict: all.map((runs, i) => sentence(runs, judgements[i], size)).join(" "),
      figures: all.flatMap(figures),
      svg: drawPathGradients(all, size),
    };
  },
};

/** What one target says. Positive is what was claimed. */
export interface Judgement {
  readonly held: boolean;
  /** log of the total gradient's variance over the path gradient's, at the end of the runs. */
  readonly variance: Summary;
  /** Nats by which the reverse and the forward divergence are lower with path gradients, from the same start. */
  readonly reverse: Summary;
  readonly forward: Summary;
}

/** The claim holds on a target if all three stand out by more than two standard errors. */
export function judge({ reverse, forward }: TargetRuns): Judgement {
  const gained = (of: ByKind<readonly { readonly divergence: number }[]>) =>
    summarize(of.total.map(({ divergence }, i) => divergence - of.path[i].divergence));
  const result = {
    variance: summarize(
      reverse.path.map(({ spreads }) => {
        const { path, total } = spreads[spreads.length - 1].variance;
        return Math.log(total / path);
      }),
    ),
    reverse: gained(reverse),
    forward: gained(forward),
  };
  // Comparisons with NaN are false: a verdict needs numbers.
  return { ...result, held: Object.values(result).every(({ mean, error }) => mean > 2 * error) };
}

/** Two digits that count. */
const short = (value: number) => String(Number(value.toPrecision(2)));
const mean = (runs: readonly { readonly divergence: number }[]) =>
  short(summarize(runs.map(({ divergence }) => divergence)).mean);
const change = ({ mean, error }: Summary) =>
  `${mean > 0 ? "lower" : "higher"} by ${short(Math.abs(mean))} ± ${short(error)}`;

function sentence({ target, reverse, forward }: TargetRuns, judged: Judgement, { samples }: RunSize): string {
  const off = summarize(reverse.path.map(({ estimate }) => target.logZ - estimate.logZ));
  const ess = summarize(reverse.path.map(({ estimate }) => estimate.ess));
  return (
    `${target.name}: ${judged.held ? "held" : "did not hold"}; at the end the variance of the path gradient is ` +
    `${short(Math.exp(-judged.variance.mean))} of the total gradient's; reverse divergence ${mean(reverse.path)} nats ` +
    `by path, ${mean(reverse.total)} by total gradients (${change(judged.reverse)}), effective sample size ` +
    `${ess.mean.toFixed(2)}, free energy off by ${short(off.mean)} ± ${short(off.error)}; from ${samples} samples ` +
    `forward divergence ${mean(forward.path)} energy-aware, ${mean(forward.total)} without (${change(judged.forward)}).`
  );
}

function figures({ target, reverse, forward }: TargetRuns) {
  return (["path", "total"] as const).flatMap((gradient) =>
    reverse[gradient].map((run, i) => {
      const spreads = reverse.path[i].spreads;
      const { estimate } = run;
      return {
        target: target.name,
        gradient,
        run: i + 1,
        varianceAtStart: spreads[0].variance[gradient],
        varianceAtEnd: spreads[spreads.length - 1].variance[gradient],
        reverseDivergence: run.divergence,
        effectiveSampleSize: estimate.ess,
        forwardEffectiveSampleSize: run.forwardEss,
        freeEnergy: estimate.freeEnergy,
        freeEnergyStandardError: estimate.standardError,
        freeEnergyTruth: -target.logZ,
        forwardDivergence: forward[gradient][i].divergence,
        forwardDivergenceAtLastStep: forward[gradient][i].last,
      };
    }),
  );
}
