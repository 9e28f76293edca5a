// What a run of the lab is told: the choices of the page, their limits and where they start.

import type { Activation } from "../../src/flows/dense.js";
import { toyDensities } from "../../src/lab/toy-densities.js";

/** What both runs have in common. */
export interface Settings {
  /** Name of a toy density. */
  readonly density: string;
  /** Training rows. */
  readonly rows: number;
  /** Standard deviation of the normal noise that blurs the density's shape. */
  readonly noise: number;
  /** Dense layers. */
  readonly layers: number;
  readonly activation: Activation;
  readonly learningRate: number;
  readonly steps: number;
  readonly seed: number;
  /** float32 runs in logdet's own kernels, float64 in ONNX Runtime. */
  readonly float: "float32" | "float64";
}

/** One run: the settings and the rule for the Jacobian term, the name of an estimator. */
export interface RunSettings extends Settings {
  readonly rule: string;
}

export const densityNames = toyDensities.map(({ name }) => name);
/** The estimators' names: written out, because their table would bring half of the library into the page. */
export const ruleNames = [
  ...["lie", "relative", "relative-affine", "tracked", "exact", "lu", "rank-one", "self-normalizing"],
  ...["free-form", "published"],
];
/** As in the library, for the same reason. */
export const activations = [
  "spline",
  "smooth-leaky-relu",
  "leaky-tanh",
  "sum-of-tanh",
  "mixture-of-logistics",
  "mixture-of-logistics-logit",
] as const satisfies readonly Activation[];

/** The noise that a density is usually drawn with. */
export const usualNoise = (density: string) => toyDensities.find(({ name }) => name === density)?.noise ?? 0;

export const defaultSettings: Settings = {
  density: "moons",
  rows: 10_000,
  noise: usualNoise("moons"),
  layers: 6,
  activation: "spline",
  learningRate: 0.01,
  steps: 3000,
  seed: 0,
  float: "float32",
};

/** Which of the settings are numbers, and from where to where they go. */
export const limits = {
  rows: { min: 500, max: 50_000, step: 500 },
  noise: { min: 0, max: 1, step: 0.05 },
  layers: { min: 1, max: 12, step: 1 },
  learningRate: { min: 0.0001, max: 0.1, step: "any" },
  steps: { min: 100, max: 20_000, step: 100 },
  seed: { min: 0, max: 999_999, step: 1 },
} as const;
