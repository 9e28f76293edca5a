// Which rows are flagged, at the false-alarm rate or the false discovery rate that the options ask for.

import { LogdetError } from "../errors.js";
import { benjaminiHochberg, type Calibration, type Model, type StatisticName } from "../model/index.js";
import { countOf, formatCount, formatNumber } from "./format.js";

export interface DecisionFlags {
  readonly statistic?: StatisticName;
  readonly alpha?: number;
  readonly fdr?: number;
}

/**
 * The calibration that a command needs; undefined if there is none and none is asked for.
 *
 * @throws LogdetError "usage" if --alpha and --fdr are given together, or a level that no p-value can reach; "model" if
 * the options ask for p-values that the model does not have.
 */
export function calibrationFor(
  { calibration }: Model,
  { statistic, alpha, fdr }: DecisionFlags,
): Calibration | undefined {
  if (alpha !== undefined && fdr !== undefined)
    throw new LogdetError("usage", "--alpha and --fdr are two ways to decide: give one of them");
  const option = alpha !== undefined ? "--alpha" : fdr !== undefined ? "--fdr" : "--statistic";
  const level = alpha ?? fdr;
  if (!calibration) {
    if (level === undefined && statistic === undefined) return undefined;
    throw new LogdetError(
      "model",
      `${option} needs p-values, and the model has none: no rows were set apart to calibrate it`,
      { hint: "Fit it again with --calibration 0.1, or leave the option out." },
    );
  }
  // Asked for early, so that a statistic that is missing is an error before any work.
  if (statistic !== undefined) calibration.scores(statistic);
  if (level !== undefined && level < calibration.smallestPValue)
    throw new LogdetError(
      "usage",
      `${option} ${level} is out of reach: with ${countOf(calibration.rows, "calibration row")} no p-value is below ` +
        `1/${calibration.rows + 1} = ${formatNumber(calibration.smallestPValue)}`,
      {
        hint:
          `Ask for ${roundedUp(calibration.smallestPValue)} or more, or fit again with ` +
          `${formatCount(rowsFor(level))} calibration rows: --calibration sets their share.`,
      },
    );
  return calibration;
}

/** The fewest calibration rows for which a p-value can be as small as the level. */
const rowsFor = (level: number) => Math.ceil(1 / level - 1e-9) - 1;

/** To three digits, and not below. */
function roundedUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.ceil(value / unit - 1e-9) * unit).toPrecision(3));
}

/** Rows that were flagged, and how far to trust that. */
export interface Decision {
  /** One a p-value; null where that is NaN. */
  readonly flags: readonly (boolean | null)[];
  readonly flagged: number;
  /**
   * Normal rows among the flagged, in expectation: with --alpha, how many there would be if every row were normal; with
   * --fdr, how many there are at most.
   */
  readonly expectedFalse: number;
  /** The same in words. */
  readonly text: string;
}

/** Flags rows by their p-values, NaN where a row was not scored; undefined if no level is given. */
export function decide(
  pValues: Float64Array,
  calibration: Calibration,
  { alpha, fdr }: DecisionFlags,
): Decision | undefined {
  const scored = pValues.filter((p) => !Number.isNaN(p));
  const decision =
    alpha !== undefined
      ? byAlpha(scored, alpha, calibration)
      : fdr !== undefined
        ? byRate(scored, fdr, calibration)
        : undefined;
  if (!decision) return undefined;
  const flags = decision.flags.values();
  return {
    ...decision,
    flags: Array.from(pValues, (p) => (Number.isNaN(p) ? null : (flags.next().value ?? null))),
  };
}

function byAlpha(pValues: Float64Array, alpha: number, { rows: n }: Calibration): Decision {
  const flags = Array.from(pValues, (p) => p <= alpha);
  const flagged = flags.filter(Boolean).length;
  // p-values are multiples of 1 / (n + 1): the level that is kept is the largest of these that is not above alpha.
  const steps = Math.round(alpha * (n + 1));
  const expectedFalse = ((steps / (n + 1) > alpha ? steps - 1 : steps) / (n + 1)) * pValues.length;
  const text =
    `${countOf(flagged, "row")} flagged at a false-alarm rate of ${alpha}: ` +
    `of as many normal rows about ${roughly(expectedFalse)} would be.`;
  return { flags, flagged, expectedFalse, text };
}

function byRate(pValues: Float64Array, rate: number, { rows: n }: Calibration): Decision {
  const flags = benjaminiHochberg(pValues, rate);
  const flagged = flags.filter(Boolean).length;
  const expectedFalse = rate * flagged;
  // k of m rows are flagged only if p ≤ k · rate / m for each, and no p is below 1 / (n + 1).
  const fewest = Math.ceil(pValues.length / (rate * (n + 1)) - 1e-9);
  const text =
    flagged > 0
      ? `${countOf(flagged, "row")} flagged at a false discovery rate of ${rate}: ` +
        `about ${roughly(expectedFalse)} of them are normal, or fewer.`
      : `No row flagged at a false discovery rate of ${rate}: with ${countOf(n, "calibration row")} that takes ` +
        `${countOf(fewest, "row")} or more that are as strange as the strangest of them.`;
  return { flags, flagged, expectedFalse, text };
}

/** An expected count. */
const roughly = (count: number) => String(Number(count.toPrecision(3)));
