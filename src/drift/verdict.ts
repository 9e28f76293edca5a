// What a drift test is asked, what it answers, and how several tests share one level.

import { LogdetError } from "../errors.js";
import type { FitOptions } from "../fit/index.js";
import type { Change } from "./change-words.js";
import { holm } from "./multiple-tests.js";
import type { Permutations } from "./permutations.js";

/** Which densities give the score functions: Gaussians of normal scores or of standardised values, or flows. */
export const scoreDensities = ["ranks", "gaussian", "flow"] as const;
export type ScoreDensity = (typeof scoreDensities)[number];

export interface ShiftOptions {
  /** Probability of a false verdict "drift". Default: 0.05. */
  readonly alpha?: number;
  /** Labellings that a p-value is ranked among: none is below 1 / (permutations + 1). Default: 499. */
  readonly permutations?: number;
  /** Default: "ranks". */
  readonly scores?: ScoreDensity;
  /** Default: 0. */
  readonly seed?: number;
  readonly threads?: number;
  /** Of the density that rows are scored with; one net without search unless said otherwise. */
  readonly fit?: FitOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ShiftProgress) => void;
}

/** What is being done, and how far it is. */
export interface ShiftProgress {
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

/** One test of the hypothesis that nothing moved. */
export interface ShiftTest {
  readonly name: string;
  /** What it looks at, in words. */
  readonly summary: string;
  readonly statistic: number;
  readonly pValue: number;
  /** Times what several tests at one level cost (Holm): at most α means drift. */
  readonly adjusted: number;
  readonly rejected: boolean;
  /** Rows of either sample that it saw. */
  readonly rows: readonly [reference: number, current: number];
}

/** One column of both samples. */
export interface ShiftedColumn {
  readonly name: string;
  readonly moved: boolean;
  /** The score-based statistic; see gaussianFeatureShift. */
  readonly statistic: number;
  readonly threshold: number;
  readonly step: number | null;
  /** The column by itself (Kolmogorov and Smirnov, or the G-test; and missing cells), and adjusted for all columns (Holm). */
  readonly marginalPValue: number;
  readonly marginalAdjusted: number;
  readonly change: Change;
  /** Why it counts as moved, or why not, and how it changed. */
  readonly words: string;
}

export interface Shift {
  readonly drift: boolean;
  readonly alpha: number;
  readonly referenceRows: number;
  readonly currentRows: number;
  readonly permutations: number;
  readonly tests: readonly ShiftTest[];
  /** The most conspicuous first. Empty where the reference is a model. */
  readonly columns: readonly ShiftedColumn[];
  readonly seconds: number;
  readonly notices: readonly string[];
}

/** Permutations that standardise statistics, before those that rank them. */
const scalePermutations = 100;

/** A test before its level is shared. */
export type Found = Omit<ShiftTest, "adjusted" | "rejected">;

/** The tests with their adjusted p-values, and nothing else of what they found. */
export function decided(found: readonly Found[], alpha: number): ShiftTest[] {
  const adjusted = holm(found.map(({ pValue }) => pValue));
  return found.map(({ name, summary, statistic, pValue, rows }, i) => ({
    ...{ name, summary, statistic, pValue, adjusted: adjusted[i] },
    ...{ rejected: adjusted[i] <= alpha, rows },
  }));
}

/** @throws LogdetError "usage" if α is no level, or out of reach of so many permutations */
export function permutationsOf(
  { alpha = 0.05, permutations = 499 }: Pick<ShiftOptions, "alpha" | "permutations">,
  tests: number,
): Permutations {
  if (!(alpha > 0 && alpha < 1))
    throw new LogdetError("usage", `the level must be between 0 and 1, got ${alpha}`);
  // p-values are multiples of 1 / (B + 1); one must be at most α / tests, and half the level is the columns'.
  const needed = Math.ceil(Math.max(tests, 2) / alpha - 1e-9) - 1;
  if (!Number.isSafeInteger(permutations) || permutations < needed)
    throw new LogdetError(
      "usage",
      `with ${permutations} permutations no p-value is below 1/${permutations + 1}: too few for ${tests} tests at the level ${alpha}`,
      { hint: `Ask for ${needed} permutations or more.` },
    );
  return { count: permutations, scale: scalePermutations };
}

/** Tells of the stages of the work; the fit is the first. */
export function teller({ onProgress }: Pick<ShiftOptions, "onProgress">, total = 7) {
  return (text: string, done: number) => onProgress?.({ text, done, total });
}
