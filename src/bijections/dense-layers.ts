// The ways a dense layer's matrix may be held: what nets of dense layers are built from.

import type { Bijection } from "./bijection.js";
import type { LinearOptions } from "./dense-start.js";
import { linear } from "./linear.js";
import { luLinear } from "./lu-linear.js";
import { rankOneLinear } from "./rank-one-linear.js";
import { selfNormalizingLinear } from "./self-normalizing-linear.js";

/** All start as nearly the same map for the same random numbers: the identity plus noise. */
export const denseLayers = {
  linear,
  "lu-linear": luLinear,
  "rank-one-linear": rankOneLinear,
  "self-normalizing-linear": selfNormalizingLinear,
} as const satisfies Readonly<Record<string, (options: LinearOptions) => Bijection>>;

/** Type of a dense layer, as in configurations. */
export type DenseLayer = keyof typeof denseLayers;
