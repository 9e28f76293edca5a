// What a fit can be told. Everything has a default that is chosen from the data's size and width.

import { z } from "zod";
import { columnTypes } from "../data/index.js";
import { buildDistribution, distributions } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { activations, type Recipe, recipe } from "../flows/index.js";
import { mostMembers } from "./average.js";
import { mostRuns, type SearchSpace } from "./search.js";

const rate = z.number().positive().finite();
const count = z.int().positive();

/** Options that may also stand in a --config file. Absent ones are chosen. */
export const fitOptionsSchema = z.strictObject({
  /** Name of the recipe that the other choices start from. */
  flow: z.string().optional(),
  /** Number of dense layers. */
  layers: count.max(64).optional(),
  activation: z.enum(activations).optional(),
  /** Nets side by side whose densities are mixed. */
  components: count.max(64).optional(),
  /** Pieces of the splines in front, and of those between layers. */
  frontBins: count.min(2).max(512).optional(),
  bins: count.min(2).max(512).optional(),
  /** Type of the base density, or its configuration: { type: "gumbel-copula", margin: { type: "student-t" } }. */
  base: z
    .union([z.string(), z.looseObject({ type: z.string() })], {
      error: "expected the name of a base, or an object with its type",
    })
    .optional(),
  /** Name of the Jacobian estimator. */
  jacobian: z.string().optional(),
  optimizer: z.string().optional(),
  /** Largest learning rate of the schedule. */
  learningRate: rate.optional(),
  /** Rows a step. */
  batch: count.optional(),
  /** Passes over the training rows; chosen so that there are at least 3,000 steps if absent. */
  epochs: rate.optional(),
  /** Evaluations without improvement after which training stops. */
  patience: count.optional(),
  /** Standard deviation of the noise on training rows at first, in standard deviations of their columns. */
  noise: z.number().nonnegative().finite().optional(),
  /** Weight of the penalty on stretching standardised rows: see lipschitz in training. Default: 0, none. */
  lipschitz: z.number().nonnegative().finite().optional(),
  /** Whether volumes and local stretching are looked at during training, for the report. Default: false. */
  monitor: z.boolean().optional(),
  /** Whether several nets are trained and the best, or their average, is kept; true unless the flow is a fixed recipe. */
  search: z.boolean().optional(),
  /** Nets of a search that the model may average at most: 1 keeps the best alone, a smaller and faster model. Default: 4. */
  members: count.max(64).optional(),
  /** Share of the rows held out to choose the best weights by, in (0, 1). */
  validation: z.number().gt(0).lt(1).optional(),
  /**
   * Share of the rows set apart before anything else is done, in [0, 1), so that p-values can be ranked among them; never
   * so many that fewer than 20 are left. 0: no p-values. Default: 0.1, but 10,000 rows at most.
   */
  calibration: z.number().nonnegative().lt(1).optional(),
  /** What columns hold, by name, where it is not what it looks like: "categorical", "heavy-tailed", … */
  types: z.record(z.string(), z.enum(columnTypes)).optional(),
  /**
   * Rows with missing cells: an error, dropped, or part of the model, which then knows how likely cells are to be missing and
   * gives the density of what is known of a row. Default: an error. Concerns files; tables in memory say NaN.
   */
  missing: z.enum(["error", "drop", "model"]).optional(),
  /**
   * Share of the rows that may be unlike the others, in [0, 0.5): so many of the least likely have no say in training, nor
   * in what is told of held-out rows, and the net is a plain one unless `flow`, `layers` or `search` say otherwise.
   * Default: 0.
   */
  robust: z.number().nonnegative().lt(0.5).optional(),
  /** Standard deviations of noise added to every column before anything else; mends exactly collinear columns. */
  jitter: z.number().nonnegative().finite().optional(),
  seed: z
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1)
    .optional(),
  /** Threads of ONNX Runtime. */
  threads: count.max(1024).optional(),
});

export type FitOptions = z.infer<typeof fitOptionsSchema>;

/** @throws LogdetError "usage" that names the option. `where` says where it stood. */
export function parseFitOptions(value: unknown, where: readonly string[] = []): FitOptions {
  const parsed = fitOptionsSchema.safeParse(value);
  if (!parsed.success)
    throw new LogdetError("usage", `the options do not fit: ${z.prettifyError(parsed.error)}`, { where });
  if (parsed.data.base !== undefined) checkBase(parsed.data.base, where);
  return parsed.data;
}

/** Builds a base of two columns: what is wrong with it should be known before a table is read. */
function checkBase(base: NonNullable<FitOptions["base"]>, where: readonly string[]): void {
  const config = typeof base === "string" ? { type: base } : base;
  const inBase = [...where, "base"];
  const hint = `Known bases: ${Object.keys(distributions).join(", ")}.`;
  if (!Object.hasOwn(distributions, config.type))
    throw new LogdetError("usage", `there is no base density of type ${JSON.stringify(config.type)}`, {
      where: inBase,
      hint,
    });
  if ("dim" in config)
    throw new LogdetError("usage", "the base has as many columns as the table: leave out dim", {
      where: inBase,
    });
  try {
    buildDistribution({ ...config, dim: 2 });
  } catch (error) {
    if (!(error instanceof LogdetError)) throw error;
    throw new LogdetError("usage", error.message, { where: [...inBase, config.type], cause: error });
  }
}

/** Every choice made. */
export interface Plan {
  readonly recipe: Recipe;
  /** Steps of each run; 0 where no column is a number. */
  readonly steps: number;
  readonly epochs: number;
  readonly evaluateEvery: number;
  readonly patience: number;
  /** Where the search begins, and what it may change. */
  readonly search: SearchSpace;
  /** Most runs that it can take; 0 where no column is a number. */
  readonly runs: number;
  /** Most of them that the model may average. */
  readonly members: number;
  readonly validation: number;
  readonly lipschitz: number;
  readonly monitor: boolean;
  /** Share of the rows that is left out as least likely. */
  readonly robust: number;
  readonly seed: number;
  readonly threads: number;
}

/** What choices depend on. */
export interface TableShape {
  readonly trainRows: number;
  readonly dim: number;
  /** Columns with a smallest step between values. Default: none. */
  readonly discreteColumns?: number;
  /** Those of them whose values crowd on some of their cells: see countCrowded. Default: all. */
  readonly crowdedColumns?: number;
}

/** Beyond this dimension the D³ product of the Lie rule costs more than it brings. */
const widestLie = 512;

/** Rows that a piece of a front spline should see of a continuous column, or it would follow their noise. */
const rowsPerPiece = 80;

/**
 * With fewer training rows a column that was only rounded counts as continuous. 64 pieces would follow the noise of its few
 * rows, and input noise is worth more than its steps: both together 0.1 to 1.9 nats a row at 89 to 357 rows. Between 900 and
 * 1,300 rows it is a matter of luck (+0.3, 0.0, −0.2 nats).
 */
const fewRows = 800;

/** Steps of a run: 30 passes over the rows, but at least and at most so many. */
const fewestSteps = 3000;
const mostSteps = 12_000;

/**
 * The net of robust fits: one dense layer and curves of two pieces, which odd rows cannot bend to themselves. Searching for
 * a better one would find one that knows them.
 */
const plain = { layers: 1, bins: 2, frontBins: 2, search: false } as const;

/** What stands in a recipe's place where no column is a number, and there is no net to train. */
const withoutNet = {
  name: "latent-classes",
  jacobian: "none",
  optimizer: "expectation-maximisation",
  learningRate: 0,
} as const;

/** Chooses what was not given, from the number of training rows and columns. */
export function plan(options: FitOptions, shape: TableShape): Plan {
  if (shape.dim > 0) return planNets(options, shape);
  const chosen = planNets({ ...options, robust: 0 }, shape);
  return {
    ...chosen,
    recipe: { ...chosen.recipe, ...withoutNet, batch: shape.trainRows },
    search: { ...chosen.search, open: new Set() },
    ...{ steps: 0, epochs: 0, evaluateEvery: 1, runs: 0, lipschitz: 0, monitor: false },
  };
}

function planNets(
  options: FitOptions,
  { trainRows, dim, discreteColumns = 0, crowdedColumns = discreteColumns }: TableShape,
): Plan {
  const robust = options.robust ?? 0;
  const base = { ...recipe(options.flow ?? "dense"), ...(robust > 0 && !options.flow && plain) };
  const jacobian =
    options.jacobian ?? (base.jacobian === "lie" && dim > widestLie ? "relative" : base.jacobian);
  const isDiscrete = (trainRows < fewRows ? crowdedColumns : discreteColumns) > dim / 2;
  // The spikes of a discrete column are no noise, however few rows there are.
  const mostPieces = isDiscrete ? base.frontBins : Math.floor(trainRows / rowsPerPiece);
  const chosen: Recipe = {
    ...base,
    layers: options.layers ?? base.layers,
    activation: options.activation ?? base.activation,
    components: options.components ?? base.components,
    bins: options.bins ?? base.bins,
    frontBins: options.frontBins ?? Math.min(base.frontBins, Math.max(base.bins, mostPieces)),
    base: options.base ?? base.base,
    jacobian,
    optimizer: options.optimizer ?? base.optimizer,
    learningRate: options.learningRate ?? base.learningRate,
    batch: Math.min(options.batch ?? base.batch, trainRows),
  };
  const stepsPerEpoch = Math.max(1, Math.floor(trainRows / chosen.batch));
  const steps =
    options.epochs === undefined
      ? Math.round(Math.min(mostSteps, Math.max(fewestSteps, 30 * stepsPerEpoch)))
      : Math.max(1, Math.round(options.epochs * stepsPerEpoch));
  const search: SearchSpace = {
    first: { layers: chosen.layers, components: chosen.components, noise: options.noise ?? 0, start: 0 },
    open: new Set(
      (options.search ?? base.search)
        ? (["layers", "components", "noise", "start"] as const).filter(
            (name) => name === "start" || options[name] === undefined,
          )
        : [],
    ),
    rows: trainRows,
    dim,
    batch: chosen.batch,
    steps,
    isDiscrete,
  };
  return {
    recipe: chosen,
    steps,
    epochs: steps / stepsPerEpoch,
    evaluateEvery: Math.max(1, Math.min(Math.max(stepsPerEpoch, 50), 250, steps)),
    // The last steps of the cosine bring the most: stopping when nothing has improved for a while cost half a nat.
    patience: options.patience ?? Number.POSITIVE_INFINITY,
    search,
    runs: mostRuns(search),
    members: options.members ?? mostMembers,
    validation: options.validation ?? 0.15,
    lipschitz: options.lipschitz ?? 0,
    monitor: options.monitor ?? false,
    robust,
    seed: options.seed ?? 0,
    // Below this width a product is too small to share out.
    threads: options.threads ?? (dim < 128 ? 1 : 0),
  };
}
