// What the page and its workers say to each other.

import type { StopReason } from "../../src/training/events.js";
import type { Update } from "./experiment.js";
import type { RunSettings } from "./settings.js";

export type ToWorker =
  | { readonly type: "start"; readonly settings: RunSettings }
  | { readonly type: "pause" }
  | { readonly type: "resume" };

export type FromWorker =
  | Update
  | { readonly type: "end"; readonly reason: StopReason }
  | { readonly type: "failed"; readonly message: string; readonly hint: string | undefined };
