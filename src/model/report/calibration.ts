// How well the latent dimensions follow the base: counts, and how far chance alone moves them.

import type { PitValues } from "./report-data.js";
import { type Bin, histogram } from "./statistics.js";

/** At most so many dimensions are drawn. */
export const maximumPitDimensions = 24;

/** The histogram of one latent dimension, and how far chance alone moves a bar. */
export interface Calibration {
  readonly name: string;
  readonly bins: readonly Bin[];
  /** Rows a bar would hold if the dimension were exactly uniform. */
  readonly expected: number;
  /** Counts between these two are within 1.96 standard deviations of a binomial count, 95 % of all. */
  readonly band: readonly [low: number, high: number];
  /** Bars outside the band. */
  readonly outside: number;
}

/** Counts each shown dimension's values in equal bars over (0, 1), about 25 rows a bar or more, 20 bars at most. */
export function calibrate(pit: readonly PitValues[]): Calibration[] {
  return pit.slice(0, maximumPitDimensions).map(({ name, values }) => {
    const finite = values.filter(Number.isFinite);
    const count = Math.min(20, Math.max(4, Math.floor(finite.length / 25)));
    const bins = histogram(finite, 0, 1, count);
    const expected = finite.length / count;
    const deviation = 1.96 * Math.sqrt(expected * (1 - 1 / count));
    const band = [Math.max(0, expected - deviation), expected + deviation] as const;
    return {
      name,
      bins,
      expected,
      band,
      outside: bins.filter((b) => b.count < band[0] || b.count > band[1]).length,
    };
  });
}
