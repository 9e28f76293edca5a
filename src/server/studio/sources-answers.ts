// What the studio's server tells of a folder that `logdet ica` wrote.

/** A source, as the separation knows it. */
export interface SourceEntry {
  readonly name: string;
  /** E[s⁴] − 3: 0 for a normal, above for a peaked source, below for a flat one. Null where it is not finite. */
  readonly kurtosis: number | null;
  /** The share of the standardised columns' variance that the source makes up; of a nonlinear mixing of its Jacobian's. */
  readonly contribution: number | null;
  /** The density that a linear separation gave it. */
  readonly density: "peaked" | "flat" | undefined;
  /** Mean |correlation| with the same source from other starts; null if there was one start. */
  readonly stability: number | null;
}

/** POST /api/sources {name} */
export interface SourcesAnswer {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly string[];
  /** All of them, the largest contribution first. */
  readonly sources: readonly SourceEntry[];
  /** Whether the mixing is a smooth function of the sources, and not a matrix. */
  readonly isNonlinear: boolean;
  /** Of a linear separation: whether the search had come to rest. */
  readonly hasConverged: boolean | undefined;
  /** Mean log-density of a row, nats, in the columns' units. */
  readonly logProb: number | null;
  /** Mean |correlation| with the true sources, where these were given. */
  readonly matchingTruth: number | undefined;
}

/** A source over a window of rows, and over all rows as a histogram. */
export interface SourceSeries {
  readonly name: string;
  /** The smallest and largest value of each stretch of rows: the same where a stretch is one row. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Share of the rows, over the width of a bin: comparable with a density. */
  readonly histogram: readonly number[];
  /** Rows beyond the histogram's ends. */
  readonly beyond: number;
}

/** POST /api/sources/series {name, first, count, from, length} */
export interface SeriesAnswer {
  /** The first row of the window, from 1, and how many it has. */
  readonly from: number;
  readonly length: number;
  readonly rows: number;
  /** The middle of each stretch, as a row's number. */
  readonly places: readonly number[];
  /** Where the histograms' bins begin, in standard deviations, and where the last one ends. */
  readonly edges: readonly number[];
  readonly sources: readonly SourceSeries[];
}

/** POST /api/sources/mixing {name, first, count}: what a standard deviation of a source adds to the columns. */
export interface MixingAnswer {
  readonly sources: readonly string[];
  /** At most 40, those that the sources move most. */
  readonly columns: readonly string[];
  /** All columns. */
  readonly size: number;
  /** In the columns' units: [sources][columns]. */
  readonly matrix: readonly (readonly number[])[];
  /** The same in units of what all sources together make of the column: √Σ_i a_ij² over all sources i. */
  readonly shares: readonly (readonly number[])[];
}
