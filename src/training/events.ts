// What a running fit tells whoever listens. Plain data: a progress bar, a log and a page all read the same events.

import type { Drift } from "../jacobian/index.js";
import type { MonitorReading } from "./monitor.js";
import type { WatchReading } from "./watch.js";

/** One look at the model, on rows it was not trained on and on as many training rows. */
export interface Evaluation {
  readonly step: number;
  /** Mean negative log-likelihood in nats a row, standardised units, every log-det term included exactly. */
  readonly trainNll: number;
  readonly validationNll: number;
}

export type TrainingEvent =
  | {
      readonly type: "start";
      readonly steps: number;
      readonly parameters: number;
      readonly estimator: string;
      readonly optimizer: string;
    }
  | { readonly type: "step"; readonly step: number; readonly steps: number; readonly learningRate: number }
  | ({ readonly type: "evaluation"; readonly steps: number; readonly improved: boolean } & Evaluation)
  | {
      readonly type: "rollback";
      readonly step: number;
      readonly reason: string;
      /** Factor on the learning rate from here on. */
      readonly rateFactor: number;
    }
  /** What the flow does to volumes and distances around training rows, in standardised units. */
  | ({ readonly type: "monitor"; readonly step: number } & MonitorReading)
  /** Beside each evaluation, where that was asked for: the gradient and the layers. */
  | ({ readonly type: "watch"; readonly step: number } & WatchReading)
  | ({ readonly type: "drift"; readonly step: number } & Drift)
  | { readonly type: "end"; readonly step: number; readonly reason: StopReason };

export type StopReason = "finished" | "patience" | "interrupted" | "diverged";
export type TrainingListener = (event: TrainingEvent) => void;
