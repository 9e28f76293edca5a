// Tests by permutation: which rows are new is drawn anew, again and again, and the statistic computed each time. Where
// both samples come from one distribution, every labelling is as likely as the observed one, so the level is exact for
// any statistic and any number of rows.

import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { breathe } from "../runtime/breathe.js";

/** How many labellings are drawn. */
export interface Permutations {
  /** Those that the observed statistic is ranked among, B: no p-value is below 1 / (B + 1). */
  readonly count: number;
  /** Those before, that say how large and how spread each of several statistics is under the null hypothesis. */
  readonly scale: number;
}

export interface PermutationOptions {
  readonly permutations: Permutations;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** A statistic's p-value, and of each of its parts what the null hypothesis lets it be. */
export interface PermutationTest {
  /** The largest of the standardised parts. */
  readonly statistic: number;
  /** (1 + #{permutations at least as large}) / (B + 1). */
  readonly pValue: number;
  /** The parts as observed, and standardised by their mean and standard deviation over the `scale` permutations. */
  readonly parts: Float64Array;
  readonly standardized: Float64Array;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  /** Largest standardised parts of the permutations, ascending, [B]. */
  readonly largest: Float64Array;
}

/**
 * Tests by the largest of several statistics, each standardised by what it is under the null hypothesis: scales of a
 * kernel, columns of a table. All labellings, the observed one among them, are alike under that hypothesis, and so they
 * are given the ones that standardise: the level is exact, the choice of the part included.
 *
 * @param rows of both samples; the first `first` are the first sample's
 * @param statistics the parts for a labelling, 1 for rows of the first sample
 * @throws LogdetError "interrupted" if the signal says so
 */
export async function permutationTest(
  rows: number,
  first: number,
  statistics: (labels: Uint8Array) => Float64Array,
  { permutations: { count, scale }, random, signal }: PermutationOptions,
): Promise<PermutationTest> {
  const labels = new Uint8Array(rows).fill(1, 0, first);
  const parts = statistics(labels);
  const draw = async () => {
    await breathe();
    stopIfAsked(signal);
    shuffle(labels, random);
    return statistics(labels);
  };
  const scaling: Float64Array[] = [];
  for (let i = 0; i < scale; i++) scaling.push(await draw());
  const { means, deviations } = momentsOf(scaling, parts.length);
  const standardize = (values: Float64Array) => values.map((value, j) => (value - means[j]) / deviations[j]);
  const standardized = standardize(parts);
  const statistic = largestOf(standardized);
  const largest = new Float64Array(count);
  for (let i = 0; i < count; i++) largest[i] = largestOf(standardize(await draw()));
  largest.sort();
  return {
    statistic,
    pValue: permutationPValue(statistic, largest),
    parts,
    standardized,
    means,
    deviations,
    largest,
  };
}

/** (1 + #{null ≥ statistic}) / (B + 1); statistics that differ by rounding alone count as equal. */
export function permutationPValue(statistic: number, nulls: Float64Array): number {
  const least = statistic - 1e-12 * Math.abs(statistic);
  return (1 + nulls.filter((value) => value >= least).length) / (nulls.length + 1);
}

/** @throws LogdetError "interrupted" */
export function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LogdetError("interrupted", "stopped before there was a result");
}

/** Puts labels in a random order (Fisher-Yates). */
export function shuffle(labels: Uint8Array, random: Random): void {
  for (let i = labels.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const held = labels[i];
    labels[i] = labels[j];
    labels[j] = held;
  }
}

function largestOf(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

/** Means and standard deviations of the parts; 0 and 1 for parts of unknown or no spread. */
export function momentsOf(
  draws: readonly Float64Array[],
  parts: number,
): { means: Float64Array; deviations: Float64Array } {
  const means = new Float64Array(parts);
  const deviations = new Float64Array(parts).fill(1);
  if (draws.length < 2) return { means, deviations };
  for (let j = 0; j < parts; j++) {
    means[j] = draws.reduce((sum, draw) => sum + draw[j], 0) / draws.length;
    const squares = draws.reduce((sum, draw) => sum + (draw[j] - means[j]) ** 2, 0);
    const deviation = Math.sqrt(squares / (draws.length - 1));
    if (deviation > 0) deviations[j] = deviation;
  }
  return { means, deviations };
}
