// The recipes by name: what --flow offers. A recipe is a set of choices; every one of them can be overridden.

import type { Config } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import type { Activation } from "./dense.js";

/** Choices of architecture and training that go together. */
export interface Recipe {
  readonly name: string;
  readonly summary: string;
  /** Number of dense layers. */
  readonly layers: number;
  readonly activation: Activation;
  /** Type or configuration of the base density. */
  readonly base: string | Config;
  /** Nets side by side in a mixture. */
  readonly components: number;
  /** Whether a spline a column stands in front. */
  readonly front: boolean;
  /** Pieces of each spline between layers, and of each in front. */
  readonly bins: number;
  readonly frontBins: number;
  readonly jacobian: string;
  readonly optimizer: string;
  readonly learningRate: number;
  readonly batch: number;
  /** Whether depth, noise, mixture and averaging are chosen by validation. */
  readonly search: boolean;
}

export const recipes: Readonly<Record<string, Recipe>> = {
  dense: {
    name: "dense",
    summary: "splines and dense layers, trained in the Lie algebra: the default",
    layers: 4,
    activation: "spline",
    base: "mixture-of-gaussians",
    front: true,
    components: 1,
    bins: 8,
    frontBins: 64,
    jacobian: "lie",
    optimizer: "adam",
    learningRate: 3e-2,
    batch: 256,
    search: true,
  },
  published: {
    name: "published",
    summary: "the two-layer recipe of Gresele et al. 2020, for comparison",
    layers: 2,
    activation: "smooth-leaky-relu",
    base: "normal",
    front: false,
    components: 1,
    bins: 8,
    frontBins: 8,
    jacobian: "published",
    optimizer: "adam",
    learningRate: 1e-2,
    batch: 100,
    search: false,
  },
};

/** @throws LogdetError "usage" for an unknown name. */
export function recipe(name: string): Recipe {
  if (!Object.hasOwn(recipes, name))
    throw new LogdetError("usage", `there is no flow named ${name}`, {
      hint: `Choose one of ${Object.keys(recipes).join(", ")}.`,
    });
  return recipes[name];
}
