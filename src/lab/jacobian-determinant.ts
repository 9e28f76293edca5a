// Lab: what the Jacobian determinant of a flow says and does not say. Liao and He call it unique, give the best affine
// likelihood in closed form, and ask for bounds on stretching.

import {
  type AffineResult,
  fitAffine,
  type NetResult,
  type NetSize,
  trainNet,
} from "./jacobian-determinant-flows.js";
import { drawJacobianDeterminant, type TwistResult } from "./jacobian-determinant-picture.js";
import { logAbsDetByDifferences, type Point, twist } from "./jacobian-determinant-twist.js";
import type { Lab, LabOptions } from "./lab.js";

interface Size extends NetSize {
  readonly dim: number;
  readonly affineSteps: number;
  /** Nets that differ by their seed alone. */
  readonly seeds: number;
  /** Weights of the Lipschitz penalty, 0 first. */
  readonly weights: readonly number[];
}

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke)
    return { dim: 4, affineSteps: 500, seeds: 2, weights: [0, 10], rows: 4000, testRows: 1000, steps: 200 };
  const shared = { dim: 16, affineSteps: 2000, weights: [0, 0.01, 0.1, 1, 10], testRows: 5000 };
  if (full) return { ...shared, seeds: 10, rows: 100_000, steps: 20_000 };
  return { ...shared, seeds: 4, rows: 20_000, steps: 3000 };
};

export const jacobianDeterminant: Lab = {
  name: "jacobian-determinant",
  claim:
    "Data and base determine a flow's Jacobian determinant; the best affine flow's likelihood is given by the eigenvalues of the data's covariance; as likelihood rises, so does the mean of log|det J|; and a Lipschitz penalty bounds the stretching.",
  source: 'Liao and He, "Jacobian determinant of normalizing flows", 2021',
  duration: "1 min",
  async run(options) {
    const size = sizeOf(options);
    options.onProgress?.("the best affine flow");
    const affine = await fitAffine(size.dim, size.affineSteps, options);
    const nets: NetResult[] = [];
    for (let seed = 0; seed < size.seeds; seed++) {
      options.onProgress?.(`net ${seed + 1} of ${size.seeds}`);
      nets.push(await trainNet({ seed, weight: 0 }, size, options));
    }
    const [first] = nets;
    const regularized = [first];
    for (const weight of size.weights.slice(1)) {
      options.onProgress?.(`Lipschitz penalty of weight ${weight}`);
      regularized.push(await trainNet({ seed: 0, weight }, size, options));
    }
    const twisted = composeWithTwist(first);
    const results: Results = {
      affine: affine.optimum - affine.reached,
      twist: twisted,
      seeds: compareSeeds(nets),
      rise: riseOf(first),
      stretching: regularized.map(stretchingOf),
    };
    const verdicts = judge(results);
    return {
      held: Object.values(verdicts).every(Boolean),
      verdict: sentences(results, verdicts, affine),
      figures: figuresOf(results, affine, nets),
      svg: drawJacobianDeterminant({ net: first, twisted, nets, regularized }),
    };
  },
};

// ---- what is measured -----------------------------------------------------------------------------------------

/** The twist's determinant by differences, its base density at both ends: only if it preserves the base do they cancel. */
export function composeWithTwist({ latent }: Pick<NetResult, "latent">): TwistResult {
  const changes: number[] = [];
  let densityError = 0;
  for (let i = 0; i < latent.length; i += 2) {
    const z: Point = [latent[i], latent[i + 1]];
    const end = twist(z);
    const change = logAbsDetByDifferences(twist, z);
    changes.push(change);
    // log p_base(T(z)) + log|det J_T(z)| − log p_base(z)
    densityError = Math.max(densityError, Math.abs(change + logNormal(end) - logNormal(z)));
  }
  const sizes = changes.map(Math.abs).sort((a, b) => a - b);
  return {
    changes,
    median: sizes[Math.floor(sizes.length / 2)],
    changed: sizes.filter((change) => change > visible).length / sizes.length,
    densityError,
  };
}

/** Nats by which a determinant must change to count as another. */
const visible = 0.1;

const logNormal = ([x, y]: Point): number => -0.5 * (x * x + y * y) - Math.log(2 * Math.PI);

/** Differences between nets of different seeds at the same rows: root mean squares over rows and pairs, nats. */
export interface SeedsResult {
  readonly logDet: number;
  readonly logProb: number;
  readonly pairs: number;
}

function compareSeeds(nets: readonly NetResult[]): SeedsResult {
  const pairs = nets.flatMap((a, i) => nets.slice(i + 1).map((b) => [a, b] as const));
  const off = (read: (net: NetResult) => Float64Array) => {
    const squares = pairs.map(([a, b]) => {
      const other = read(b);
      return read(a).reduce((sum, value, row) => sum + (value - other[row]) ** 2, 0) / other.length;
    });
    return Math.sqrt(squares.reduce((a, b) => a + b) / pairs.length);
  };
  return { logDet: off(({ logDet }) => logDet), logProb: off(({ logProb }) => logProb), pairs: pairs.length };
}

/** How the likelihood of the training rows and the volume around them went together. */
export interface RiseResult {
  /** Of the first look to the last, nats. */
  readonly logLikelihood: number;
  readonly logDet: number;
  /** Spearman's correlation of the two over all looks. */
  readonly correlation: number;
  /** Share of rows around which volume expands, at the first look and the last. */
  readonly expanded: readonly [number, number];
}

function riseOf({ history, monitored }: NetResult): RiseResult {
  const likelihood = history.map(({ trainNll }) => -trainNll);
  const volume = monitored.map(({ volume }) => volume.mean);
  const last = volume.length - 1;
  return {
    logLikelihood: likelihood[last] - likelihood[0],
    logDet: volume[last] - volume[0],
    correlation: correlation(ranks(likelihood), ranks(volume)),
    expanded: [monitored[0].volume.expanded, monitored[last].volume.expanded],
  };
}

const ranks = (values: readonly number[]) =>
  values.map((value) => values.filter((other) => other < value).length);

function correlation(a: readonly number[], b: readonly number[]): number {
  const centered = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [x, y] = [centered(a), centered(b)];
  const product = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, i) => sum + value * q[i], 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/** A net trained with a penalty: how it stretches in the end, and what that costs. */
export interface StretchingResult {
  readonly weight: number;
  readonly largest: number;
  readonly medianLargest: number;
  readonly smallest: number;
  readonly condition: number;
  /** Of the test rows, nats. */
  readonly nll: number;
}

function stretchingOf({ weight, monitored, nll }: NetResult): StretchingResult {
  const { stretching } = monitored[monitored.length - 1];
  const { largest = NaN, medianLargest = NaN, smallest = NaN, condition = NaN } = stretching ?? {};
  return { weight, largest, medianLargest, smallest, condition, nll };
}

// ---- the verdict ----------------------------------------------------------------------------------------------

export interface Results {
  /** Nats by which the affine flow stays behind its optimum. */
  readonly affine: number;
  readonly twist: TwistResult;
  readonly seeds: SeedsResult;
  readonly rise: RiseResult;
  /** By rising weight, from 0. */
  readonly stretching: readonly StretchingResult[];
}

/** What is settled before looking. Comparisons with NaN are false: a verdict needs numbers. */
export function judge({ affine, twist, seeds, rise, stretching }: Results) {
  const [free, tightest] = [stretching[0], stretching[stretching.length - 1]];
  // Equal densities with other determinants at most rows refute uniqueness, if the densities are equal.
  const refuted = twist.densityError < 1e-6 && twist.changed > 0.5;
  return {
    unique: !refuted && seeds.logDet <= 2 * seeds.logProb,
    eigenvalues: Math.abs(affine) < 1e-3,
    rises: rise.logLikelihood > 0 && rise.logDet > 0 && rise.correlation > 0.8,
    bounded:
      stretching.every(
        ({ medianLargest }, i) => i === 0 || medianLargest < stretching[i - 1].medianLargest,
      ) && tightest.medianLargest < 0.5 * free.medianLargest,
  };
}

function sentences(
  { affine, twist, seeds, rise, stretching }: Results,
  held: ReturnType<typeof judge>,
  { dim }: AffineResult,
): string {
  const word = (is: boolean) => (is ? "holds" : "does not hold");
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const [free, tightest] = [stretching[0], stretching[stretching.length - 1]];
  return [
    `Uniqueness ${word(held.unique)}: a map that keeps the base changes log|det J| by more than ${visible} nats at ` +
      `${percent(twist.changed)} of rows (median ${twist.median.toFixed(2)}) and densities by at most ` +
      `${twist.densityError.toExponential(1)}; nets of ${seeds.pairs === 1 ? "two seeds" : `${seeds.pairs} pairs of seeds`} differ by ` +
      `${seeds.logDet.toFixed(3)} nats in log|det J| and ${seeds.logProb.toFixed(3)} in log-density (root mean squares over rows).`,
    `The eigenvalue optimum ${word(held.eigenvalues)}: an affine flow of ${dim} columns comes within ` +
      `${Math.abs(affine).toExponential(1)} nats of it.`,
    `That log|det J| rises with the likelihood ${word(held.rises)}: by ${rise.logDet.toFixed(2)} nats on average, as the ` +
      `log-likelihood rose by ${rise.logLikelihood.toFixed(2)} (rank correlation ${rise.correlation.toFixed(2)}); rows ` +
      `around which volume expands went from ${percent(rise.expanded[0])} to ${percent(rise.expanded[1])}.`,
    `The bound by a penalty ${word(held.bounded)}: with weights up to ${tightest.weight} the median largest singular value fell ` +
      `from ${free.medianLargest.toFixed(2)} to ${tightest.medianLargest.toFixed(2)}, for ${(tightest.nll - free.nll).toFixed(3)} nats a row.`,
  ].join(" ");
}

function figuresOf(
  { twist, seeds, rise, stretching }: Results,
  affine: AffineResult,
  nets: readonly NetResult[],
) {
  const row = (part: string, measure: string, value: number) => ({ part, measure, value: finite(value) });
  return [
    row("optimum", "columns", affine.dim),
    row("optimum", "eigenvalue optimum", affine.optimum),
    row("optimum", "reached", affine.reached),
    row("uniqueness", "rows with |Δ log|det J|| > 0.1", twist.changed),
    row("uniqueness", "median |Δ log|det J||", twist.median),
    row("uniqueness", "largest |Δ log p|", twist.densityError),
    row("uniqueness", "between seeds, log|det J|", seeds.logDet),
    row("uniqueness", "between seeds, log p", seeds.logProb),
    ...nets.map(({ seed, nll }) => row("uniqueness", `test nats, seed ${seed}`, nll)),
    row("volume", "rise of the log-likelihood", rise.logLikelihood),
    row("volume", "rise of the mean log|det J|", rise.logDet),
    row("volume", "rank correlation", rise.correlation),
    row("volume", "expanded at first", rise.expanded[0]),
    row("volume", "expanded at last", rise.expanded[1]),
    ...stretching.flatMap(({ weight, nll, largest, medianLargest, smallest, condition }) => [
      row("penalty", `median largest singular value, weight ${weight}`, medianLargest),
      row("penalty", `largest singular value, weight ${weight}`, largest),
      row("penalty", `smallest singular value, weight ${weight}`, smallest),
      row("penalty", `condition, weight ${weight}`, condition),
      row("penalty", `test nats, weight ${weight}`, nll),
    ]),
  ];
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
