// config.json of a saved model: what it holds, and the check it must pass before anything is built from it.

import { z } from "zod";
import { columnTypes, layoutOf } from "../data/index.js";
import { LogdetError } from "../errors.js";

const finite = z.number().refine(Number.isFinite);
const count = z.int().nonnegative();

const datePart = z.enum(["week", "weekday", "hour"]);

/** A column of the model, in the order of its vectors. Standardised value = (value − center) / scale. */
const column = z.strictObject({
  name: z.string(),
  /**
   * "discrete": values on a lattice origin + k · quantum, dequantised with uniform noise of one quantum. "categorical":
   * codes 0 … K − 1 of the categories, K for one never seen; center 0, scale 1.
   */
  kind: z.enum(["continuous", "discrete", "categorical"]),
  /** What code k stands for; categorical columns only. */
  categories: z.array(z.string()).min(1).max(10_000).optional(),
  /** What the column holds, as it was inferred or said. Absent from models of before that was looked at. */
  type: z.enum(columnTypes).optional(),
  /** Whether missing cells (NaN) are part of the model. */
  missing: z.boolean().optional(),
  /** Set where the column is a part of a column of dates. */
  part: z
    .strictObject({
      source: z.string(),
      part: datePart,
      cut: finite.min(0).lt(24).optional(),
      fixed: z.partialRecord(datePart, finite).optional(),
      unit: finite.positive().optional(),
    })
    .optional(),
  quantum: finite.positive().optional(),
  /** Whether sampled values are rounded to the lattice. */
  lattice: z.boolean().optional(),
  center: finite,
  scale: finite.positive(),
  minimum: finite,
  maximum: finite,
});

const typed = z.looseObject({ type: z.string() });

/** One look of the monitor: log|det J_f| in nats, singular values in latent per standardised units. */
const look = z.strictObject({
  step: count,
  volume: z.strictObject({
    mean: finite,
    standardDeviation: finite,
    quantiles: z.array(finite).length(5).readonly(),
    expanded: finite,
    rows: count,
  }),
  stretching: z
    .strictObject({
      largest: finite,
      smallest: finite,
      medianLargest: finite,
      medianSmallest: finite,
      condition: finite,
      rows: count,
    })
    .optional(),
});

const schema = z.strictObject({
  format: z.literal("logdet/1"),
  /** Version of logdet that wrote the model. */
  version: z.string(),
  created: z.string(),
  columns: z.array(column).min(1).max(65_536),
  flow: z.strictObject({ bijection: typed, base: typed }),
  training: z.strictObject({
    sources: z.array(z.string()),
    rows: count,
    trainRows: count,
    validationRows: count,
    /** Rows set apart before the fit, among which p-values are ranked. Absent from models of before there were any. */
    calibrationRows: count.optional(),
    dropped: z.array(z.string()),
    notices: z.array(z.string()),
    recipe: z.string(),
    jacobian: z.string(),
    optimizer: z.string(),
    learningRate: finite,
    batch: count,
    steps: count,
    epochs: finite,
    bestStep: count,
    stoppedBy: z.string(),
    noise: finite,
    seed: z.int(),
    seconds: finite,
    parameters: count,
    /** The nets that were tried, and which of them the model is, or is the average of. */
    runs: z
      .array(
        z.strictObject({
          layers: count,
          components: count,
          noise: finite,
          start: count,
          /** Mean log-density of the validation rows, nats in original units; null where none was finite. */
          validationLogProb: finite.nullable(),
          kept: z.boolean(),
        }),
      )
      .optional(),
    /** Whether a full-covariance Gaussian is part of the average that the model is, or the model itself. */
    keepsGaussian: z.boolean().optional(),
    /** Mean negative log-likelihood, nats a row in original units. */
    curve: z.array(z.strictObject({ step: count, trainNll: finite, validationNll: finite })),
    /** Weight of the penalty on stretching; absent where there was none. */
    lipschitz: finite.optional(),
    /** Share of rows, the least likely, that had no say in the fit, nor in held-out means; absent where all had. */
    robust: finite.min(0).lt(0.5).optional(),
    /** What the best net did to volumes and distances around training rows, standardised; absent where nobody looked. */
    monitor: z.array(look).optional(),
  }),
  metrics: z.strictObject({
    /** Mean log-density of the validation rows, nats in original units. */
    validationLogProb: finite,
    standardError: finite,
    /** The same for a full-covariance Gaussian fitted to the training rows; null where it is singular. */
    gaussianLogProb: finite.nullable(),
    /** The same if the columns were independent, each with its own frequencies; of categories alone. */
    independentLogProb: finite.optional(),
    /**
     * The mean log-density of the training rows under that Gaussian, which no affine flow with a normal base exceeds;
     * null where it is singular. Absent from models of before it was looked at.
     */
    affineOptimum: finite.nullable().optional(),
    /**
     * Hill's estimates of the tail indices of the data's columns, from so many rows and so many extremes a tail; null
     * where there is no tail. Absent from models of few rows, and of before it was looked at.
     */
    tails: z
      .strictObject({
        rows: count.max(100_000),
        extremes: count,
        columns: z.array(z.strictObject({ lower: finite.nullable(), upper: finite.nullable() })),
      })
      .optional(),
  }),
});

export type ModelConfig = z.infer<typeof schema>;
export type ColumnConfig = z.infer<typeof column>;

/** @throws LogdetError "model" that names what does not fit. */
export function parseModelConfig(text: string): ModelConfig {
  const where = ["config.json"];
  const hint = "Fit the model again, or copy the folder again from where it came.";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LogdetError("model", `the file is not JSON: ${(error as Error).message}`, { where, hint });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new LogdetError("model", `the file is not a logdet model's: ${z.prettifyError(parsed.error)}`, {
      where,
      hint,
    });
  checkColumns(parsed.data.columns);
  const { dim, width } = layoutOf(parsed.data.columns);
  checkFlow(parsed.data.flow, dim, width);
  const { tails } = parsed.data.metrics;
  if (tails && tails.columns.length !== dim)
    throw new LogdetError(
      "model",
      `there are tails of ${tails.columns.length} columns, but ${dim} columns of numbers`,
      { where, hint },
    );
  return parsed.data;
}

/** Categories are there where the kind says so, and nowhere else. */
function checkColumns(columns: readonly ColumnConfig[]): void {
  for (const { name, kind, categories } of columns) {
    const isCategorical = kind === "categorical";
    if (
      isCategorical !== (categories !== undefined) ||
      new Set(categories).size !== (categories?.length ?? 0)
    )
      throw new LogdetError(
        "model",
        isCategorical ? "the categories are missing, or repeat" : `a ${kind} column has categories`,
        { where: ["config.json", `column ${name}`] },
      );
  }
}

/** Parts within parts; a flow of ours has two levels. */
const deepest = 32;

/**
 * Every part of a flow has as many dimensions as there are numeric columns, or coordinates, or coordinates of categories.
 * Looked at before anything is built: a damaged number must not make room for 10⁹ of them, nor a nested one for a
 * recursion without end.
 */
function checkFlow(flow: ModelConfig["flow"], dim: number, width: number): void {
  const where = ["config.json", "flow"];
  const sizes = new Set<unknown>([dim, width, width - dim]);
  let level: unknown[] = [flow];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > 2 * deepest)
      throw new LogdetError("model", `parts are nested more than ${deepest} deep`, { where });
    level = level.filter((value) => typeof value === "object" && value !== null);
    for (const part of level)
      for (const name of ["dim", "extra", "given"])
        if (Object.hasOwn(part as object, name) && !sizes.has((part as Record<string, unknown>)[name]))
          throw new LogdetError(
            "model",
            `a part has ${name} ${JSON.stringify((part as Record<string, unknown>)[name])}, but there are ${dim} columns` +
              (width > dim ? ` of numbers and ${width - dim} coordinates of categories` : ""),
            { where },
          );
    level = level.flatMap((part) => Object.values(part as object));
  }
}
