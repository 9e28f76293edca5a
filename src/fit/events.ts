// What a fit tells whoever listens, beside the training events it passes on.

import type { TrainingEvent } from "../training/index.js";
import type { Plan } from "./options.js";
import type { Setting } from "./search.js";

export type FitEvent =
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "plan"; readonly plan: Plan; readonly rows: number; readonly dim: number }
  /** A training run begins: number `run` of at most `runs`. */
  | { readonly type: "run"; readonly run: number; readonly runs: number; readonly setting: Setting }
  /** What the run tells; likelihoods are in nats a row of the original columns here. */
  | { readonly type: "training"; readonly run: number; readonly runs: number; readonly event: TrainingEvent };

export type FitListener = (event: FitEvent) => void;
