// Linear independent component analysis: one dense layer, trained on all rows by its relative gradient.

import type { Table } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { breathe } from "../runtime/breathe.js";
import { logAbsDet } from "../runtime/index.js";
import { bestAssignment } from "./assignment.js";
import { combineColumns } from "./combine.js";
import { type Pass, SourceLikelihood } from "./likelihood.js";
import { inverseOf, multiply, randomRotation } from "./matrices.js";
import { momentsOf } from "./moments.js";
import { RelativeQuasiNewton } from "./quasi-newton.js";
import { type Whitening, whiten } from "./whitening.js";

export interface IcaOptions {
  /** How many sources to look for, among as many principal components. Default: one a column. */
  readonly components?: number;
  /**
   * How many places to start from: symmetric whitening, then random rotations of it. The likeliest end is kept, and
   * each source is compared with those of the other ends. Default 1.
   */
  readonly starts?: number;
  /** What the random rotations are drawn with. Default 0. */
  readonly seed?: number;
  /** Largest element of the relative gradient at which to stop. Default 10⁻³: a fraction of its own sampling error. */
  readonly tolerance?: number;
  /** Passes over the rows after which to give up, a start. Default 1,000. */
  readonly passes?: number;
  readonly signal?: AbortSignal;
  /** Told after every pass. */
  readonly onProgress?: (progress: {
    readonly start: number;
    readonly pass: number;
    readonly gradient: number;
  }) => void;
}

/** One source: mean 0, variance 1, the largest of its mixing weights (in standard deviations) positive. */
export interface Source {
  readonly name: string;
  /** [rows] */
  readonly values: Float64Array;
  /** E[s⁴] − 3: 0 for a normal, above for a peaked source, below for a flat one. */
  readonly kurtosis: number;
  /** The share of the standardised columns' variance that the source makes up. */
  readonly contribution: number;
  /** Which density the source was given: 1 / (π cosh y), or two normals at ±1. */
  readonly density: "peaked" | "flat";
  /** Mean |correlation| with the sources it was matched with at the other starts; null if there was one start. */
  readonly stability: number | null;
}

/** Sources by falling contribution, and how they and the columns make each other. */
export interface Separation {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly sources: readonly Source[];
  /** Row-major [n, D]: x = mean + s · mixing, exactly if n = D. */
  readonly mixing: Float64Array;
  /** Row-major [D, n]: s = (x − mean) · unmixing. */
  readonly unmixing: Float64Array;
  /** [D] */
  readonly mean: Float64Array;
  /** Mean log-density of a row under the model, nats, in the columns' units; null if components were left out. */
  readonly logProb: number | null;
  /** Passes over the rows, all starts together. */
  readonly passes: number;
  /** Largest element of the relative gradient at the end. */
  readonly gradient: number;
  /** Whether every start came to rest, or only the passes to an end. */
  readonly converged: boolean;
  /** Wall clock, reading not included. */
  readonly seconds: number;
}

/** A source's density is chosen anew at most so often: near a normal one the choice would go to and fro. */
const mostChoices = 3;
/** Largest element of a step t: the blocks of the curvature are made for small ones. */
const longestStep = 0.5;
/**
 * Rows a source that are looked at until the gradient is half its sampling error: then come all. So many bring a start
 * near a maximum of all rows; from the end of far fewer the way there was as long as without them.
 */
const firstRows = 512;
/** Halvings of a step that does not help. */
const mostHalvings = 12;

/**
 * Finds independent sources whose linear mixtures the columns are: maximum likelihood of the flow y = (x − mean) W with
 * a factorised base, each source's density peaked or flat as its samples are.
 *
 *   maximise  Σ_j E[log p_j(y_j)] + log|det W|;   at rest  E[y_i ψ_j(y_j)] = δ_ij,  ψ = −(log p)′
 *
 * Every step is W ← W (I − t), as under the `lie` estimator, but with t from a quasi-Newton method, first on 512 n rows
 * that are spread over the table, then on all: the path depends on the sources alone, not on how they were mixed.
 * Dependent rows (time series) are taken as they are. Cost: some 20 to 100 passes of O(rows n²).
 *
 * @throws LogdetError "data" if a column is constant, columns determine each other or there are too few rows; "usage"
 * for options out of range; "interrupted" if `signal` is aborted
 * @see Bell and Sejnowski, "An information-maximization approach to blind separation", Neural Computation 1995; Cardoso
 * and Laheld, "Equivariant adaptive source separation", IEEE Transactions on Signal Processing 1996; Ablin et al. 2018
 * @example const { sources, mixing } = await ica(await readTable(["eeg.csv"]), { components: 20 })
 */
export async function ica(table: Table, options: IcaOptions = {}): Promise<Separation> {
  const started = performance.now();
  const { starts = 1, seed = 0, tolerance = 1e-3, passes = 1000 } = options;
  for (const [name, value] of Object.entries({ components: options.components ?? 1, starts, passes }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new LogdetError("usage", `"${name}" must be a whole number of at least 1, got ${value}`);
  if (!(tolerance > 0)) throw new LogdetError("usage", `"tolerance" must be above 0, got ${tolerance}`);

  const whitening = whiten(table, options.components);
  const likelihood = new SourceLikelihood(whitening.standard, whitening.map);
  const { n } = likelihood;
  const random = new Random(seed).split("rotations");
  const ends: End[] = [];
  for (let start = 0; start < starts; start++) {
    const weight =
      start === 0 ? whitening.start : multiply(whitening.start, randomRotation(n, random), n, n, n);
    ends.push(
      await climb(likelihood, weight, { tolerance, passes }, async (pass, gradient) => {
        options.onProgress?.({ start, pass, gradient });
        await breathe();
        if (options.signal?.aborted)
          throw new LogdetError("interrupted", "stopped before sources were found");
      }),
    );
  }
  const best = ends.reduce((one, other) => (other.loss < one.loss ? other : one));
  const described = describe(table, whitening, best, stabilities(best, ends, n));
  return {
    ...described,
    passes: ends.reduce((sum, end) => sum + end.passes, 0),
    gradient: best.gradient,
    converged: ends.every(({ converged }) => converged),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Where one start led. */
interface End {
  /** Row-major [n, n], on whitened columns. */
  readonly weight: Float64Array;
  readonly flat: Uint8Array;
  /** Mean negative log-density of whitened rows, nats. */
  readonly loss: number;
  readonly gradient: number;
  readonly passes: number;
  readonly converged: boolean;
}

async function climb(
  likelihood: SourceLikelihood,
  start: Float64Array,
  { tolerance, passes: mostPasses }: { tolerance: number; passes: number },
  breather: (pass: number, gradient: number) => Promise<void>,
): Promise<End> {
  const { n } = likelihood;
  const method = new RelativeQuasiNewton(n);
  const flat = new Uint8Array(n);
  const choices = new Uint8Array(n);
  let passes = 0;
  let weight = start;
  let rows = Math.min(likelihood.rows, firstRows * n);
  const evaluate = async (candidate: Float64Array) => {
    const pass = likelihood.evaluate(candidate, flat, rows);
    await breather(++passes, largest(pass.gradient));
    return { ...pass, loss: pass.loss - logAbsDet(candidate, n).logAbsDet };
  };
  let at: Pass = await evaluate(weight);
  // Not even the smallest step helps: as far as float32 can see, this is the end.
  let stuck = false;
  while (passes < mostPasses) {
    if (choose(at.peakedness, flat, choices)) {
      method.reset();
      at = await evaluate(weight);
    }
    const all = rows === likelihood.rows;
    if (stuck || largest(at.gradient) <= (all ? tolerance : 0.5 / Math.sqrt(rows))) {
      if (all) break;
      rows = likelihood.rows;
      choices.fill(0);
      at = await evaluate(weight);
      stuck = false;
      continue;
    }
    // What float32 leaves of a loss.
    const slack = 1e-6 * (n + Math.abs(at.loss));
    const direction = method.direction(at.gradient, at.power, at.slope);
    let moved = false;
    let size = Math.min(1, longestStep / largest(direction));
    for (let halving = 0; halving < mostHalvings && !moved && passes < mostPasses; halving++, size /= 2) {
      const step = direction.map((value) => size * value);
      const factor = step.map((value, i) => (i % (n + 1) === 0 ? 1 - value : -value));
      // Across a singular matrix lies another orientation: too far.
      if (logAbsDet(factor, n).sign !== 1) continue;
      const candidate = multiply(weight, factor, n, n, n);
      const next = await evaluate(candidate);
      if (!(next.loss <= at.loss + slack)) continue;
      const before = at.gradient;
      method.record(
        step,
        next.gradient.map((value, i) => value - before[i]),
      );
      weight = candidate;
      at = next;
      moved = true;
    }
    stuck = !moved;
  }
  const gradient = largest(at.gradient);
  const converged = rows === likelihood.rows && gradient <= tolerance;
  return { weight, flat, loss: at.loss, gradient, passes, converged };
}

/** Gives each source the density that its samples ask for; whether that changed any. */
function choose(peakedness: Float64Array, flat: Uint8Array, choices: Uint8Array): boolean {
  let changed = false;
  for (let j = 0; j < flat.length; j++) {
    const wanted = peakedness[j] < 0 ? 1 : 0;
    if (wanted === flat[j] || choices[j] === mostChoices) continue;
    flat[j] = wanted;
    choices[j]++;
    changed = true;
  }
  return changed;
}

function largest(values: Float64Array): number {
  let result = 0;
  for (const value of values) result = Math.max(result, Math.abs(value));
  return result;
}

/** For each source, its mean |correlation| with its counterparts at other ends. Whitened columns have covariance I. */
function stabilities(best: End, ends: readonly End[], n: number): (number | null)[] {
  const others = ends.filter((end) => end !== best);
  if (others.length === 0) return Array.from({ length: n }, () => null);
  const total = new Float64Array(n);
  const length = (weight: Float64Array, j: number) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weight[i * n + j] ** 2;
    return Math.sqrt(sum);
  };
  for (const other of others) {
    const gain = new Float64Array(n * n);
    for (let a = 0; a < n; a++)
      for (let b = 0; b < n; b++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += best.weight[i * n + a] * other.weight[i * n + b];
        gain[a * n + b] = Math.abs(sum) / (length(best.weight, a) * length(other.weight, b));
      }
    bestAssignment(gain, n, n).forEach((b, a) => {
      total[a] += gain[a * n + b] / others.length;
    });
  }
  return Array.from(total);
}

/** Sources in units of their own, the largest contribution first. */
function describe(
  { columns, rows }: Table,
  { standard, mean, standardDeviation, map, back }: Whitening,
  { weight, flat, loss }: End,
  stability: readonly (number | null)[],
): Pick<Separation, "columns" | "rows" | "sources" | "mixing" | "unmixing" | "mean" | "logProb"> {
  const dim = columns.length;
  const n = flat.length;
  const unmixing = multiply(map, weight, dim, n, n);
  const mixing = multiply(inverseOf(weight, n), back, n, n, dim);
  const found = combineColumns(standard, unmixing, n)
    .map((values, j) => {
      const { deviation, kurtosis } = momentsOf(values);
      const loadings = Array.from(mixing.subarray(j * dim, (j + 1) * dim), (a) => a * deviation);
      const strongest = loadings.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
      const contribution = loadings.reduce((sum, loading) => sum + loading ** 2, 0) / dim;
      const scale = strongest < 0 ? -deviation : deviation;
      return { j, values, scale, kurtosis, contribution };
    })
    .sort((one, other) => other.contribution - one.contribution);

  const ordered = { mixing: new Float64Array(n * dim), unmixing: new Float64Array(dim * n) };
  const digits = String(n).length;
  const sources = found.map(({ j, values, scale, kurtosis, contribution }, place): Source => {
    for (let i = 0; i < rows; i++) values[i] /= scale;
    for (let d = 0; d < dim; d++) {
      ordered.mixing[place * dim + d] = mixing[j * dim + d] * scale * standardDeviation[d];
      ordered.unmixing[d * n + place] = unmixing[d * n + j] / (scale * standardDeviation[d]);
    }
    return {
      name: `source_${String(place + 1).padStart(digits, "0")}`,
      values,
      kurtosis,
      contribution,
      density: flat[j] ? "flat" : "peaked",
      stability: stability[j],
    };
  });
  const logScale = standardDeviation.reduce((sum, value) => sum + Math.log(value), 0);
  return {
    columns: columns.map(({ name }) => name),
    rows,
    sources,
    ...ordered,
    mean,
    logProb: n === dim ? logAbsDet(map, n).logAbsDet - logScale - loss : null,
  };
}
