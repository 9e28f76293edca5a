// What a model is made of, and the graphs that both the running model and its ONNX files are built from.

import type { GaussianCopula } from "../data/index.js";
import type { Distribution } from "../distributions/index.js";
import type { Flow } from "../flows/index.js";
import type { ParameterStore } from "../runtime/index.js";
import { fullLike, gradients, type Input, input, sum, type Tensor } from "../tensor/index.js";
import type { Calibration } from "./calibration.js";
import type { ModelConfig } from "./config.js";
import type { Reference } from "./reference.js";

/** A flow, its numbers, and the columns it speaks of. */
export interface ModelParts {
  readonly flow: Flow;
  readonly parameters: ParameterStore;
  readonly config: ModelConfig;
  /** Absent where no rows were set apart. */
  readonly calibration?: Calibration | undefined;
  /** What missing cells are filled from; absent where there is nothing to fill them from. */
  readonly filler?: GaussianCopula | undefined;
  /** What the combined statistic knows beside the flow; absent where rows have categories. */
  readonly reference?: Reference | undefined;
}

/** log|det| of the standardisation, −Σ log scale, in nats: what turns standardised densities into original ones. */
export function unitsLogDet({ columns }: Pick<ModelConfig, "columns">): number {
  return -columns.reduce((total, { scale }) => total + Math.log(scale), 0);
}

/** The score function of a flow in its own (standardised) space: [batch, D]. */
export function scoreOf(flow: Flow, x: Tensor): Tensor {
  const [score] = gradients(sum(flow.logProb(x)), [x]);
  // A uniform density has no slope anywhere.
  return score ?? fullLike(x, 0);
}

/** The base's noise as inputs of a program. */
export interface NoiseInputs {
  readonly uniform?: Input;
  readonly normal?: Input;
}

/** The inputs that a program for sampling takes: those of "uniform" and "normal" that the base uses. */
export function noiseInputs({ noise: { uniform, normal } }: Pick<Distribution, "noise">): NoiseInputs {
  return {
    ...(uniform > 0 && { uniform: input("uniform", ["batch", uniform]) }),
    ...(normal > 0 && { normal: input("normal", ["batch", normal]) }),
  };
}
