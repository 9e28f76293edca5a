// The runs under way and what they have told: state and actions for the page.

import { useCallback, useEffect, useReducer, useRef } from "react";
import type { Reading } from "./experiment.js";
import { type FromWorker, type RunMessage, send, startWorker } from "./messages.js";
import type { Truth } from "./problem.js";
import type { Settings } from "./settings.js";
import type { Snapshot } from "./snapshot.js";

export type Status =
  | "starting"
  | "running"
  | "pausing"
  | "paused"
  | "stopped"
  | "finished"
  | "diverged"
  | "failed";

/** One run as the page knows it. */
export interface Run {
  readonly rule: string;
  readonly status: Status;
  readonly readings: readonly Reading[];
  readonly snapshot: Snapshot | undefined;
  /** What went wrong, if anything did. */
  readonly note: string | undefined;
}

export interface Runs {
  /** What they were started with. */
  readonly settings: Settings | undefined;
  readonly truth: Truth | undefined;
  readonly runs: readonly Run[];
}

type Action =
  | { readonly type: "start"; readonly settings: Settings; readonly rules: readonly string[] }
  | { readonly type: "heard"; readonly message: FromWorker }
  | { readonly type: "set"; readonly from: readonly Status[]; readonly to: Status }
  | { readonly type: "reset" };

const nothing: Runs = { settings: undefined, truth: undefined, runs: [] };
const active: readonly Status[] = ["starting", "running", "pausing", "paused"];

/** Whether a run will say more, or can be made to. */
export const isActive = ({ status }: Run) => active.includes(status);

function reduce(state: Runs, action: Action): Runs {
  if (action.type === "reset") return nothing;
  if (action.type === "start") {
    const fresh = { status: "starting", readings: [], snapshot: undefined, note: undefined } as const;
    const runs = action.rules.map((rule): Run => ({ rule, ...fresh }));
    return { settings: action.settings, truth: undefined, runs };
  }
  if (action.type === "set") {
    const change = (run: Run): Run =>
      action.from.includes(run.status) ? { ...run, status: action.to } : run;
    return { ...state, runs: state.runs.map(change) };
  }
  if (action.message.type === "posed") return state;
  if (action.message.type === "failed") {
    const { message } = action;
    return { ...state, runs: state.runs.map((run) => told(run, message)) };
  }
  const { index, message } = action.message;
  if (message.type === "truth") return { ...state, truth: message.truth };
  return { ...state, runs: state.runs.map((run, i) => (i === index ? told(run, message) : run)) };
}

function told(run: Run, message: RunMessage): Run {
  const status = run.status === "starting" ? "running" : run.status;
  if (message.type === "reading") return { ...run, status, readings: [...run.readings, message.reading] };
  if (message.type === "snapshot") return { ...run, status, snapshot: message.snapshot };
  if (message.type === "rollback")
    return { ...run, note: `went back to its best at step ${message.step}: ${message.reason}` };
  if (message.type === "failed")
    return { ...run, status: "failed", note: [message.message, message.hint].filter(Boolean).join(". ") };
  if (message.type !== "end") return run;
  const ended = {
    interrupted: "paused",
    patience: "finished",
    finished: "finished",
    diverged: "diverged",
  } as const;
  return { ...run, status: ended[message.reason] };
}

/** Runs side by side, which take turns in one worker. */
export function useRuns() {
  const [state, dispatch] = useReducer(reduce, nothing);
  const worker = useRef<Worker>(undefined);

  const end = useCallback(() => {
    worker.current?.terminate();
    worker.current = undefined;
  }, []);
  useEffect(() => end, [end]);

  const start = useCallback(
    (settings: Settings, rules: readonly string[]) => {
      end();
      dispatch({ type: "start", settings, rules });
      worker.current = startWorker((message) => dispatch({ type: "heard", message }));
      send(worker.current, { type: "start", runs: rules.map((rule) => ({ ...settings, rule })) });
    },
    [end],
  );
  const pause = useCallback(() => {
    dispatch({ type: "set", from: ["starting", "running"], to: "pausing" });
    if (worker.current) send(worker.current, { type: "pause" });
  }, []);
  const resume = useCallback(() => {
    dispatch({ type: "set", from: ["pausing", "paused"], to: "running" });
    if (worker.current) send(worker.current, { type: "resume" });
  }, []);
  const stop = useCallback(() => {
    end();
    dispatch({ type: "set", from: active, to: "stopped" });
  }, [end]);
  const reset = useCallback(() => {
    end();
    dispatch({ type: "reset" });
  }, [end]);
  return { ...state, start, pause, resume, stop, reset };
}
