// The numbers by which rows are ranked when asked how strange they are. Each is calibrated apart: calibration.ts.

import type { Distribution } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import { add, concat, mul, reshape, softmax, sum, type Tensor } from "../tensor/index.js";
import type { ModelConfig } from "./config.js";
import { combinedRounding, combinedStrangeness, prototypeStrangeness, type Reference } from "./reference.js";

/** What a statistic may ask of a model. */
export interface Scored {
  readonly config: ModelConfig;
  /** Absent from models of rows with categories, and of before there was one. */
  readonly reference?: Reference | undefined;
  /** ‖z‖² of each row's latent: see squaredLatentNorm. */
  latentNorm(rows: Float64Array): Promise<Float64Array>;
}

/** A number for each row: the larger, the stranger. */
export interface Statistic {
  /** One line for lists of choices. */
  readonly summary: string;
  /** Whether it needs a `reference`, which not every model has. */
  readonly needsReference?: boolean;
  /** Whether it needs a latent, which categories alone do not have. */
  readonly needsLatent?: boolean;
  /**
   * By how much float32's rounding of what it is made of may move it, where that is not its own rounding: in units of the
   * rounding of 1.
   */
  rounding?(model: Scored): number;
  /**
   * @param rows row-major [n · D], in the columns' units
   * @param logProb their log-densities, nats
   * @returns one number a row; what is not finite is taken for the strangest of all
   */
  scores(model: Scored, rows: Float64Array, logProb: Float64Array): Float64Array | PromiseLike<Float64Array>;
}

/** Every statistic, by the name that options and saved models use. */
export const statistics = {
  combined: {
    summary: "density and prototypes together, each by its tail probability",
    needsReference: true,
    rounding: (model) => combinedRounding(referenceOf(model)),
    scores: (model, rows, logProb) =>
      combinedStrangeness(referenceOf(model), model.config.columns, rows, logProb),
  },
  density: {
    summary: "−log p(x): rows of low density are strange",
    scores: (_model, _rows, logProb) => logProb.map((value) => -value),
  },
  typicality: {
    summary: "|log p(x) − its mean on validation rows|: rows of too low or too high density are strange",
    scores: ({ config }, _rows, logProb) =>
      logProb.map((value) => Math.abs(value - config.metrics.validationLogProb)),
  },
  "latent-norm": {
    summary: "‖z‖²: rows far from the middle of the latent space are strange",
    needsLatent: true,
    scores: (model, rows) => model.latentNorm(rows),
  },
  prototypes: {
    summary: "−log of a coarse density: rows far from all groups of training rows are strange",
    needsReference: true,
    scores: (model, rows) => prototypeStrangeness(referenceOf(model), model.config.columns, rows),
  },
} satisfies Readonly<Record<string, Statistic>>;

export type StatisticName = keyof typeof statistics;

/** The one that is used unless another is asked for; density where a model has categories, or is of before there was this. */
export const defaultStatistic: StatisticName = "combined";

export const statisticNames = Object.keys(statistics) as readonly StatisticName[];

/** Those that a model knows enough for. */
export const statisticsOf = ({
  reference,
  config: { columns },
}: Pick<Scored, "reference" | "config">): readonly StatisticName[] =>
  statisticNames.filter((name) => {
    const { needsReference = false, needsLatent = false }: Statistic = statistics[name];
    const hasLatent = columns.some(({ kind }) => kind !== "categorical");
    return (reference !== undefined || !needsReference) && (hasLatent || !needsLatent);
  });

function referenceOf({ reference }: Scored): Reference {
  if (reference) return reference;
  throw new LogdetError("model", "the model has no groups of training rows to compare rows with", {
    hint: "Its rows have categories, or it was fitted before there were any. Ask for the statistic density.",
  });
}

/**
 * The squared norm of the latent, [batch, D] -> [batch], in squared units of the latent.
 *
 * Mixtures of nets and averages of models have a latent for each of their K components. A row is the component k's with
 * the probability r_k(x) = π_k p_k(x) / p(x), so the expectation is taken:
 *
 *   ‖z‖² = Σ_k r_k(x) ‖f_k(x)‖²
 */
export function squaredLatentNorm({ bijection, base }: Flow, x: Tensor): Tensor {
  return reshape(squaredNorm(base, bijection.forward(x).y), ["batch"]);
}

/** The same of a base's own space, [batch, D] -> [batch, 1]. */
function squaredNorm({ through, choice }: Distribution, z: Tensor): Tensor {
  if (through) return squaredNorm(through.base, through.bijection.forward(z).y);
  // Components without a map of their own, Gaussians say, share the latent.
  if (!choice?.components.some((component) => component.through)) return sum(mul(z, z), 1, { keep: true });
  const { components, logWeights } = choice;
  const each = (f: (component: Distribution) => Tensor) => concat(components.map(f), 1);
  const logProb = each((component) => reshape(component.logProb(z), ["batch", 1]));
  const norms = each((component) => squaredNorm(component, z));
  return sum(mul(softmax(add(logProb, logWeights), 1), norms), 1, { keep: true });
}
