// What p-values are ranked among: the statistics of rows that played no part in the fit.

import { LogdetError } from "../errors.js";
import { countBelow } from "../runtime/index.js";
import type { NamedTensor } from "./safetensors.js";
import { defaultStatistic, type StatisticName, statisticNames } from "./statistics.js";

/** The largest that is finite: where a statistic is not a number, the row is as strange as rows get. */
const strangest = Number.MAX_VALUE;

/** A score that is larger by less than this, relative to 1 + |score|, may be the same one, rounded in another way by float32. */
const rounding = 1e-5;

/** Names of the tensors that hold a calibration, in a saved model. */
const prefix = "calibration.";

/**
 * Statistics of n calibration rows, sorted: what turns a statistic into a p-value.
 *
 * @example model.calibration?.rows
 */
export class Calibration {
  readonly #scores: ReadonlyMap<StatisticName, Float64Array>;
  /** How many rows there are, n ≥ 1. */
  readonly rows: number;

  /**
   * @param scores n numbers, in any order, for each statistic; what is not finite is taken for the strangest
   * @throws LogdetError "shape" if there are no rows, or not as many for each statistic
   */
  constructor(scores: Readonly<Partial<Record<StatisticName, Float64Array>>>) {
    this.#scores = new Map(
      statisticNames.flatMap((name) => (scores[name] ? [[name, finite(scores[name]).sort()]] : [])),
    );
    const counts = new Set(Array.from(this.#scores.values(), ({ length }) => length));
    const [rows = 0] = counts;
    if (counts.size > 1 || rows === 0)
      throw new LogdetError(
        "shape",
        `a calibration needs one row at least, and every row's statistics; got ${[...counts].join(" and ") || "none"}`,
      );
    this.rows = rows;
  }

  /** The statistics that there are p-values of. */
  get statistics(): readonly StatisticName[] {
    return [...this.#scores.keys()];
  }

  /** The one that is meant where none is named: combined; density in models without a reference. */
  get defaultStatistic(): StatisticName {
    return this.#scores.has(defaultStatistic) ? defaultStatistic : this.statistics[0];
  }

  /** The smallest p-value that there can be, 1 / (n + 1): no level below it can be asked for. */
  get smallestPValue(): number {
    return 1 / (this.rows + 1);
  }

  /**
   * The calibration rows' statistic, ascending, [n].
   *
   * @throws LogdetError "usage" if there is none of that name.
   */
  scores(statistic: StatisticName): Float64Array {
    const scores = this.#scores.get(statistic);
    if (scores) return scores;
    throw new LogdetError(
      "usage",
      `the model is not calibrated for the statistic ${JSON.stringify(statistic)}`,
      {
        hint: `It is for: ${this.statistics.join(", ")}.`,
      },
    );
  }

  /**
   * The p-values of rows with these scores: see conformalPValues. Scores as close as float32 rounds are ties.
   *
   * @param scale of that rounding for a score of 0; larger where a score is made of larger numbers
   * @throws LogdetError "usage" if the calibration has no such statistic.
   */
  pValues(statistic: StatisticName, scores: Float64Array, scale = 1): Float64Array {
    const least = scores.map((score) => score - rounding * (scale + Math.abs(score)));
    return conformalPValues(this.scores(statistic), least);
  }

  /** The tensors that a saved model keeps. */
  tensors(): Record<string, NamedTensor> {
    return Object.fromEntries(
      Array.from(this.#scores, ([name, values]) => [prefix + name, { shape: [this.rows], values }]),
    );
  }
}

/**
 * The conformal p-value of each score: its rank among those of calibration rows, ties counted against it.
 *
 *   p = (1 + #{calibration scores ≥ score}) / (n + 1)
 *
 * Where row and calibration rows come from one distribution (are exchangeable), P(p ≤ α) ≤ α for every α, whatever the
 * scores are. O((n + m) log n).
 *
 * @param calibration n scores, in any order
 * @param scores m scores; the larger, the stranger. What is not finite is taken for the strangest of all
 * @returns m numbers in [1 / (n + 1), 1]
 * @see Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005; Laxhammar and Falkman, "Conformal
 * prediction for distribution-independent anomaly detection in streaming vessel data", 2010
 * @example conformalPValues([0.1, 0.3, 0.2], [0.25])  // [0.5]
 */
export function conformalPValues(calibration: ArrayLike<number>, scores: ArrayLike<number>): Float64Array {
  const sorted = finite(calibration).sort();
  const n = sorted.length;
  return finite(scores).map((score) => (1 + n - countBelow(sorted, score)) / (n + 1));
}

/** A copy whose numbers all are finite. */
const finite = (scores: ArrayLike<number>): Float64Array =>
  Float64Array.from(scores, (score) =>
    Number.isNaN(score) ? strangest : Math.max(-strangest, Math.min(strangest, score)),
  );

/**
 * The flow's tensors and the calibration's, apart; undefined if there is none, as in models of before there was one.
 *
 * @throws LogdetError "model" if the calibration's are damaged, or of a statistic that is not known.
 */
export function splitCalibration(tensors: ReadonlyMap<string, NamedTensor>): {
  flow: Map<string, NamedTensor>;
  calibration: Calibration | undefined;
} {
  const flow = new Map<string, NamedTensor>();
  const scores: Partial<Record<StatisticName, Float64Array>> = {};
  for (const [name, tensor] of tensors)
    if (name.startsWith(prefix)) scores[statisticOf(name)] = checked(name, tensor);
    else flow.set(name, tensor);
  return { flow, calibration: Object.keys(scores).length > 0 ? calibrationOf(scores) : undefined };
}

const where = ["model.safetensors"];

function statisticOf(tensor: string): StatisticName {
  const statistic = statisticNames.find((name) => prefix + name === tensor);
  if (statistic) return statistic;
  throw new LogdetError("model", `there is no statistic for the tensor ${tensor}`, {
    where,
    hint: "A newer logdet may know more.",
  });
}

function checked(name: string, { shape, values }: NamedTensor): Float64Array {
  const damaged = (what: string) => new LogdetError("model", `the tensor ${name} ${what}`, { where });
  if (shape.length !== 1) throw damaged(`should be a list, it is [${shape.join(", ")}]`);
  if (!values.every(Number.isFinite)) throw damaged("holds a number that is not finite");
  if (!values.every((value, i) => i === 0 || value >= values[i - 1])) throw damaged("is not sorted");
  return Float64Array.from(values);
}

function calibrationOf(scores: Partial<Record<StatisticName, Float64Array>>): Calibration {
  try {
    return new Calibration(scores);
  } catch (error) {
    if (!(error instanceof LogdetError)) throw error;
    throw new LogdetError("model", error.message, { where, cause: error });
  }
}
