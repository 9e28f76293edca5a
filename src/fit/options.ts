// What a fit can be told. Everything has a default that is chosen from the data's size and width.

import { z } from "zod";
import { LogdetError } from "../errors.js";
import { activations, type Recipe, recipe } from "../flows/index.js";

const rate = z.number().positive().finite();
const count = z.int().positive();

/** Options that may also stand in a --config file. Absent ones are chosen. */
export const fitOptionsSchema = z.strictObject({
  /** Name of the recipe that the other choices start from. */
  flow: z.string().optional(),
  /** Number of dense layers. */
  layers: count.max(64).optional(),
  activation: z.enum(activations).optional(),
  /** Type of the base density. */
  base: z.string().optional(),
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
  /** Share of the rows held out to choose the best weights by, in (0, 1). */
  validation: z.number().gt(0).lt(1).optional(),
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
  return parsed.data;
}

/** Every choice made. */
export interface Plan {
  readonly recipe: Recipe;
  readonly steps: number;
  readonly epochs: number;
  readonly evaluateEvery: number;
  readonly patience: number;
  /** Amounts of input noise to try; the one with the best validation likelihood is kept. */
  readonly noise: readonly number[];
  readonly validation: number;
  readonly seed: number;
  readonly threads: number;
}

/** Beyond this dimension the D³ product of the Lie rule costs more than it brings. */
const widestLie = 512;
/** Fewer training rows, or more columns, than these and input noise is worth a try. */
const fewRows = 5000;
const manyColumns = 30;

/** Chooses what was not given, from the number of training rows and columns. */
export function plan(options: FitOptions, trainRows: number, dim: number): Plan {
  const base = recipe(options.flow ?? "dense");
  const jacobian =
    options.jacobian ?? (base.jacobian === "lie" && dim > widestLie ? "relative" : base.jacobian);
  const chosen: Recipe = {
    ...base,
    layers: options.layers ?? base.layers,
    activation: options.activation ?? base.activation,
    base: options.base ?? base.base,
    jacobian,
    optimizer: options.optimizer ?? base.optimizer,
    learningRate: options.learningRate ?? base.learningRate,
    batch: Math.min(options.batch ?? base.batch, trainRows),
  };
  const stepsPerEpoch = Math.max(1, Math.floor(trainRows / chosen.batch));
  const steps =
    options.epochs === undefined
      ? Math.round(Math.min(6000, Math.max(3000, 30 * stepsPerEpoch)))
      : Math.max(1, Math.round(options.epochs * stepsPerEpoch));
  return {
    recipe: chosen,
    steps,
    epochs: steps / stepsPerEpoch,
    evaluateEvery: Math.max(1, Math.min(Math.max(stepsPerEpoch, 50), 250, steps)),
    // The last steps of the cosine bring the most: stopping when nothing has improved for a while cost half a nat.
    patience: options.patience ?? Number.POSITIVE_INFINITY,
    noise: trainRows < fewRows || dim > manyColumns ? [0, 0.1] : [0],
    validation: options.validation ?? 0.15,
    seed: options.seed ?? 0,
    // Below this width a product is too small to share out.
    threads: options.threads ?? (dim < 128 ? 1 : 0),
  };
}
