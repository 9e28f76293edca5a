// Latent classes from rows of categories: expectation-maximisation, and how many classes held-out rows want.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { blockStarts } from "./latent-classes.js";

export interface FitLatentClassesOptions {
  /** Slots of each block. */
  sizes: readonly number[];
  /** How many classes; by default as many as held-out rows want, at most `mostClasses`. */
  classes?: number | undefined;
  mostClasses?: number;
  /** Draws starts and the rows held out. */
  random?: Random;
}

/** The numbers of latentClasses, and how they were come by. */
export interface LatentClassFit {
  readonly sizes: readonly number[];
  /** K */
  readonly classes: number;
  /** log π, [K] */
  readonly logWeights: Float64Array;
  /** log p_k(slot), row-major [M, K] */
  readonly logProbabilities: Float64Array;
  /** Mean log-probability of the rows it was fitted to, nats. */
  readonly logProb: number;
  /** The penalised log-likelihood before each step over the rows, nats: it never falls. */
  readonly objectives: readonly number[];
}

/** Random starts, of which the best after a few steps goes on. */
const starts = 4;
const firstSteps = 8;
/** EM has converged when a step gains less than so many nats a row. */
const tolerance = 1e-5;
const mostSteps = 100;
/** Rows that the number of classes is chosen with, at most, and the share of them held out. */
const mostTrialRows = 10_000;
const heldOutShare = 0.2;
/** Rows that EM runs on, at most: of more, all take part in its last steps only. */
const mostRows = 20_000;
const lastSteps = 3;

/**
 * Latent classes for rows of categories, by expectation-maximisation, smoothed by one row's worth of evidence that is
 * spread evenly over all classes and slots:
 *
 *   π_k = (N_k + 1/K) / (n + 1),   p_k(slot) = (N_k,slot + 1/(K size)) / (N_k + 1/K)
 *
 * N are the rows expected in a class, or in a class with that slot. Every step makes the marginals those of the rows plus
 * one: p(slot) = (n_slot + 1/size) / (n + 1), so that a category of K + 1 slots which no row has is given the probability
 * 1 / ((n + 1)(K + 1)), however many classes there are.
 *
 * The number of classes doubles from 1 while a fifth of the rows, held out, gain by it more than the gain's standard
 * error; one number that does not help is passed over. It is chosen with 10,000 rows at most and fitted to 20,000 at most;
 * of more rows, all take part in the last three steps only. Cost O(distinct rows · blocks · K) a step, of which there are
 * at most 100.
 *
 * @param slots the slot that each row has in each block, counted from 0: row-major [n, blocks]
 * @throws LogdetError "usage" without rows, or where a slot is not one of its block's.
 * @see Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39, 1977
 * @example const rooms = latentClasses(fitLatentClasses([0, 1, 0, 1, 2, 0], { sizes: [3, 2] }))
 */
export function fitLatentClasses(
  slots: ArrayLike<number>,
  { sizes, classes, mostClasses = 32, random = new Random(0) }: FitLatentClassesOptions,
): LatentClassFit {
  const blocks = sizes.length;
  const rows = slots.length / blocks;
  check(slots, sizes);
  const order = random.split("rows").permutation(rows);
  const count = classes ?? chosenClasses(slots, sizes, mostClasses, order.subarray(0, mostTrialRows), random);
  const seeds = random.split("final");
  const table = patternsOf(slots, sizes, order);
  const fit =
    rows <= mostRows
      ? fitted(table, sizes, count, seeds)
      : refined(
          table,
          sizes,
          fitted(patternsOf(slots, sizes, order.subarray(0, mostRows)), sizes, count, seeds),
        );
  return { sizes: [...sizes], classes: count, ...fit, logProb: mean(logProbOf(table, fit), table.counts) };
}

/** Distinct rows, as slots counted through all blocks, [distinct, blocks], and how many rows there are of each. */
interface Patterns {
  readonly slots: Uint32Array;
  readonly counts: Float64Array;
  readonly blocks: number;
}

interface Numbers {
  readonly logWeights: Float64Array;
  readonly logProbabilities: Float64Array;
}

interface Fit extends Numbers {
  readonly objectives: readonly number[];
}

function patternsOf(slots: ArrayLike<number>, sizes: readonly number[], rows: Uint32Array): Patterns {
  const blocks = sizes.length;
  const starts = blockStarts(sizes);
  const found = new Map<string, { row: number; count: number }>();
  for (const row of rows) {
    let key = "";
    for (let block = 0; block < blocks; block++) key += `${slots[row * blocks + block]},`;
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { row, count: 1 });
  }
  const all = [...found.values()];
  return {
    slots: Uint32Array.from(
      { length: all.length * blocks },
      (_, i) => starts[i % blocks] + slots[all[Math.floor(i / blocks)].row * blocks + (i % blocks)],
    ),
    counts: Float64Array.from(all, ({ count }) => count),
    blocks,
  };
}

/** How many classes held-out rows want. */
function chosenClasses(
  slots: ArrayLike<number>,
  sizes: readonly number[],
  mostClasses: number,
  order: Uint32Array,
  random: Random,
): number {
  // One column has nothing to depend on.
  if (sizes.length === 1) return 1;
  const heldOutRows = Math.floor(heldOutShare * order.length);
  if (heldOutRows < 2) return 1;
  const train = patternsOf(slots, sizes, order.subarray(heldOutRows));
  const heldOut = patternsOf(slots, sizes, order.subarray(0, heldOutRows));
  const logProbWith = (count: number) =>
    logProbOf(heldOut, fitted(train, sizes, count, random.split(`${count} classes`)));

  let chosen = 1;
  let current = logProbWith(1);
  for (let count = 2, failures = 0; count <= mostClasses && failures < 2; count *= 2) {
    const candidate = logProbWith(count);
    const gains = candidate.map((value, i) => value - current[i]);
    const gain = mean(gains, heldOut.counts);
    const squares = gains.map((value) => (value - gain) ** 2);
    if (gain > Math.sqrt(mean(squares, heldOut.counts) / heldOutRows)) {
      [chosen, current, failures] = [count, candidate, 0];
    } else failures++;
  }
  return chosen;
}

/** EM from the best of several random starts. */
function fitted(patterns: Patterns, sizes: readonly number[], classes: number, random: Random): Fit {
  const last = ({ objectives }: Fit) => objectives[objectives.length - 1];
  const best = Array.from({ length: classes === 1 ? 1 : starts }, (_, start) =>
    steps(patterns, sizes, randomStart(patterns, sizes, classes, random.split(`start ${start}`)), firstSteps),
  ).reduce((best, fit) => (last(fit) > last(best) ? fit : best));
  const { objectives, ...numbers } = steps(patterns, sizes, best, mostSteps);
  return { ...numbers, objectives: [...best.objectives, ...objectives] };
}

/** A fit to some rows, moved to be one of all of them. */
const refined = (patterns: Patterns, sizes: readonly number[], fit: Fit): Fit =>
  steps(patterns, sizes, fit, lastSteps);

/** Rows expected in each class, [K], and in each class with each slot, [M, K]. */
class Expected {
  readonly inClass: Float64Array;
  readonly inSlot: Float64Array;
  readonly #slots: Uint32Array;
  readonly #blocks: number;

  constructor({ slots, blocks }: Patterns, slotCount: number, classes: number) {
    this.inClass = new Float64Array(classes);
    this.inSlot = new Float64Array(slotCount * classes);
    this.#slots = slots;
    this.#blocks = blocks;
  }

  /** Adds the rows of one pattern, so many to each class. */
  add(pattern: number, rows: Float64Array): void {
    const { inClass, inSlot } = this;
    const classes = inClass.length;
    for (let k = 0; k < classes; k++) inClass[k] += rows[k];
    for (let block = 0; block < this.#blocks; block++) {
      const at = this.#slots[pattern * this.#blocks + block] * classes;
      for (let k = 0; k < classes; k++) inSlot[at + k] += rows[k];
    }
  }

  /** The numbers of highest posterior density. */
  maximum(sizes: readonly number[], rows: number): Numbers {
    const { inClass, inSlot } = this;
    const classes = inClass.length;
    const first = blockStarts(sizes);
    const logProbabilities = new Float64Array(inSlot.length);
    for (const [block, size] of sizes.entries())
      for (let i = first[block] * classes; i < first[block + 1] * classes; i++)
        logProbabilities[i] = Math.log(
          (inSlot[i] + 1 / (classes * size)) / (inClass[i % classes] + 1 / classes),
        );
    return {
      logWeights: inClass.map((own) => Math.log((own + 1 / classes) / (rows + 1))),
      logProbabilities,
    };
  }
}

/** At most so many steps of EM from some numbers on. */
function steps(patterns: Patterns, sizes: readonly number[], start: Numbers, most: number): Fit {
  const { counts } = patterns;
  const classes = start.logWeights.length;
  const rows = counts.reduce((a, b) => a + b, 0);
  const objectives: number[] = [];
  let numbers: Numbers = start;
  for (let step = 0; step < most; step++) {
    const expected = new Expected(patterns, start.logProbabilities.length / classes, classes);
    let objective = logPrior(numbers, sizes);
    eachShare(patterns, numbers, (pattern, share, logProb) => {
      objective += counts[pattern] * logProb;
      for (let k = 0; k < classes; k++) share[k] *= counts[pattern];
      expected.add(pattern, share);
    });
    const gain = objective - objectives[step - 1];
    objectives.push(objective);
    numbers = expected.maximum(sizes, rows);
    if (gain < tolerance * rows) break;
  }
  return { logWeights: numbers.logWeights, logProbabilities: numbers.logProbabilities, objectives };
}

/** Logarithm of the evidence-like prior of the smoothing, up to a constant. */
function logPrior({ logWeights, logProbabilities }: Numbers, sizes: readonly number[]): number {
  const classes = logWeights.length;
  const first = blockStarts(sizes);
  let total = 0;
  for (let k = 0; k < classes; k++) total += logWeights[k] / classes;
  for (const [block, size] of sizes.entries())
    for (let i = first[block] * classes; i < first[block + 1] * classes; i++)
      total += logProbabilities[i] / (classes * size);
  return total;
}

/** A class starts as the rows that have much in common with one of them. Random shares would leave all classes alike. */
function randomStart(patterns: Patterns, sizes: readonly number[], classes: number, random: Random): Numbers {
  const { slots, counts, blocks } = patterns;
  const rows = counts.reduce((a, b) => a + b, 0);
  const seeds = Array.from({ length: classes }, () => weightedChoice(counts, rows, random));
  const expected = new Expected(patterns, blockStarts(sizes)[blocks], classes);
  const share = new Float64Array(classes);
  for (let pattern = 0; pattern < counts.length; pattern++) {
    let sum = 0;
    for (const [k, seed] of seeds.entries()) {
      let common = 0;
      for (let block = 0; block < blocks; block++)
        if (slots[pattern * blocks + block] === slots[seed * blocks + block]) common++;
      share[k] = 8 ** Math.min(common, 40);
      sum += share[k];
    }
    for (let k = 0; k < classes; k++) share[k] *= counts[pattern] / sum;
    expected.add(pattern, share);
  }
  return expected.maximum(sizes, rows);
}

function weightedChoice(counts: Float64Array, total: number, random: Random): number {
  let left = random.uniform() * total;
  let chosen = 0;
  while (chosen < counts.length - 1 && left >= counts[chosen]) left -= counts[chosen++];
  return chosen;
}

/** Products of so many probabilities are far from the smallest double: at least 10^(−30) each. */
const safeFactors = 8;

/** Tells of every distinct row p(class | row), [K], which may be overwritten, and log p(row), nats. */
function eachShare(
  { slots, counts, blocks }: Patterns,
  { logWeights, logProbabilities }: Numbers,
  visit: (pattern: number, share: Float64Array, logProb: number) => void,
): void {
  const classes = logWeights.length;
  const share = new Float64Array(classes);
  // Products, scaled now and then, cost a fraction of an exponential for each class.
  const weights = logWeights.map(Math.exp);
  const probabilities = logProbabilities.map(Math.exp);
  for (let pattern = 0; pattern < counts.length; pattern++) {
    share.set(weights);
    let logProb = 0;
    for (let block = 0; block < blocks; block++) {
      const at = slots[pattern * blocks + block] * classes;
      for (let k = 0; k < classes; k++) share[k] *= probabilities[at + k];
      if (block % safeFactors === safeFactors - 1 || block === blocks - 1) {
        let sum = 0;
        for (let k = 0; k < classes; k++) sum += share[k];
        for (let k = 0; k < classes; k++) share[k] /= sum;
        logProb += Math.log(sum);
      }
    }
    visit(pattern, share, logProb);
  }
}

/** log p of every distinct row. */
function logProbOf(patterns: Patterns, numbers: Numbers): Float64Array {
  const result = new Float64Array(patterns.counts.length);
  eachShare(patterns, numbers, (pattern, _, logProb) => {
    result[pattern] = logProb;
  });
  return result;
}

function mean(values: Float64Array, counts: Float64Array): number {
  let [total, weight] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    total += counts[i] * values[i];
    weight += counts[i];
  }
  return total / weight;
}

function check(slots: ArrayLike<number>, sizes: readonly number[]): void {
  if (sizes.length === 0 || slots.length === 0 || slots.length % sizes.length !== 0)
    throw new LogdetError(
      "usage",
      `latent classes: ${slots.length} slots are no rows of ${sizes.length} blocks`,
    );
  for (let i = 0; i < slots.length; i++)
    if (!(Number.isInteger(slots[i]) && slots[i] >= 0 && slots[i] < sizes[i % sizes.length]))
      throw new LogdetError(
        "usage",
        `latent classes: slot ${slots[i]} of a block that has ${sizes[i % sizes.length]}`,
        {
          where: [`row ${Math.floor(i / sizes.length) + 1}`, `block ${(i % sizes.length) + 1}`],
        },
      );
}
