// An answer that comes piece by piece as state of a page: how far it is, then the result.

import { useCallback, useEffect, useRef, useState } from "react";
import type { Piece, Progress } from "../../src/server/studio/progress.js";
import { askForPieces } from "./ask.js";

export interface PiecedAnswer<T> {
  /** Undefined until it is there, and again once the question is another one. */
  readonly result: T | undefined;
  readonly progress: Progress | undefined;
  readonly problem: string | undefined;
  readonly isWaiting: boolean;
  /** Ends the work on the server. */
  stop(): void;
  /** Asks the same again. */
  again(): void;
}

type State<T> = Omit<PiecedAnswer<T>, "stop" | "again">;

const nothing = { result: undefined, progress: undefined, problem: undefined, isWaiting: false } as const;

/**
 * Asks whenever the question changes; what is no longer wanted is ended, on the server too.
 *
 * @param question undefined: nothing is asked yet
 */
export function usePieces<T>(path: string, question: unknown): PiecedAnswer<T> {
  const [state, setState] = useState<State<T>>(nothing);
  const [attempt, setAttempt] = useState(0);
  const stopping = useRef<() => void>(() => undefined);
  const text = question === undefined ? undefined : JSON.stringify(question);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is the same question anew
  useEffect(() => {
    if (text === undefined) {
      setState(nothing);
      return;
    }
    const controller = new AbortController();
    const end = (problem?: string) => setState({ ...nothing, problem });
    stopping.current = () => {
      controller.abort();
      end("Stopped.");
    };
    setState({ ...nothing, isWaiting: true });
    const read = async () => {
      const { signal } = controller;
      for await (const piece of askForPieces<Piece<T>>(path, JSON.parse(text), { signal })) {
        if (signal.aborted) return;
        if ("result" in piece) setState({ ...nothing, result: piece.result });
        else setState({ ...nothing, progress: piece.progress, isWaiting: true });
      }
    };
    read().catch((error: Error) => {
      if (!controller.signal.aborted) end(error.message);
    });
    return () => controller.abort();
  }, [path, text, attempt]);
  const stop = useCallback(() => stopping.current(), []);
  const again = useCallback(() => setAttempt((old) => old + 1), []);
  return { ...state, stop, again };
}
