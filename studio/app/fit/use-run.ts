// A fit as it goes: what the server tells of it, until it ends. Where the connection breaks, it is taken up again.

import { useEffect, useState } from "react";
import type { RunEvent, RunState } from "../../../src/server/studio/fit-answers.js";
import { advance, hasEnded } from "../../../src/server/studio/run-state.js";
import { askForPieces, Problem } from "../ask.js";

export interface FollowedRun {
  readonly run: RunState | undefined;
  readonly problem: string | undefined;
}

/** Milliseconds between two pictures of a run, and until a lost connection is tried again. */
const drawInterval = 250;
const retryAfter = 1500;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param onEnd when it has ended while it was watched */
export function useRun(id: string, onEnd: () => void): FollowedRun {
  const [followed, setFollowed] = useState<FollowedRun>({ run: undefined, problem: undefined });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let run: RunState | undefined;
    let drawnAt = 0;
    let due: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      clearTimeout(due);
      due = undefined;
      drawnAt = performance.now();
      if (!signal.aborted) setFollowed({ run, problem: undefined });
    };
    const hear = (event: RunEvent) => {
      if (event.type === "state") run = event.state;
      else if (run) run = advance(run, event);
      const isNews = event.type === "state" || event.type === "status" || event.type === "result";
      const wait = drawInterval - (performance.now() - drawnAt);
      if (isNews || wait <= 0) draw();
      else due ??= setTimeout(draw, wait);
    };
    const follow = async () => {
      while (!signal.aborted && !(run && hasEnded(run.status))) {
        try {
          for await (const event of askForPieces<RunEvent>(`runs/${id}/events`, undefined, { signal }))
            hear(event);
        } catch (error) {
          if (signal.aborted) return;
          const { message } = error as Error;
          setFollowed({ run, problem: message });
          if (error instanceof Problem && error.status === 404) return;
        }
        if (!(run && hasEnded(run.status))) await pause(retryAfter);
      }
      if (!signal.aborted) onEnd();
    };
    setFollowed({ run: undefined, problem: undefined });
    void follow();
    return () => {
      controller.abort();
      clearTimeout(due);
    };
  }, [id, onEnd]);
  return followed;
}
