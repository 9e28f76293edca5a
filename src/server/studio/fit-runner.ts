// How a fit is run and told what to do: what the runs need to know of threads.

import type { RunEvent } from "./fit-answers.js";
import type { FitTask } from "./fit-task.js";

/** A fit under way. */
export interface RunningFit {
  /** Waits at its next event, in the middle of everything: no number of the model changes. */
  pause(): void;
  resume(): void;
  /** Stops early; the best so far is saved, if there is something. */
  stop(): void;
  /** Ends it, and keeps nothing. */
  end(): void;
  /** When all is over, however it ended. */
  readonly done: Promise<void>;
}

/** Starts a fit; `tell` hears of it until it is over. */
export type FitRunner = (task: FitTask, tell: (event: RunEvent) => void) => RunningFit;
