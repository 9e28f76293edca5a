// Every way to explain rows, by the name that options use.

import { conditional, surprise } from "./conditional.js";
import { counterfactual } from "./counterfactual.js";
import { expectedGradients } from "./expected-gradients.js";
import { fullGradient } from "./full-gradient.js";
import { gradientDeviation } from "./gradient-deviation.js";
import { integratedGradients } from "./integrated-gradients.js";
import type { ExplanationMethod } from "./method.js";
import { shapley } from "./shapley.js";
import { smoothGrad } from "./smooth-grad.js";

export const explanationMethods = {
  surprise,
  conditional,
  counterfactual,
  shapley,
  "integrated-gradients": integratedGradients,
  "expected-gradients": expectedGradients,
  "smooth-grad": smoothGrad,
  "gradient-deviation": gradientDeviation,
  "full-gradient": fullGradient,
} satisfies Readonly<Record<string, ExplanationMethod>>;

export type ExplanationMethodName = keyof typeof explanationMethods;

export const explanationMethodNames = Object.keys(explanationMethods) as readonly ExplanationMethodName[];

/** The one whose reasons were right most often where anomalies were planted: docs/reasons.md. */
export const defaultExplanationMethod: ExplanationMethodName = "surprise";
