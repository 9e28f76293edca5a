// Answers of the server as state of a page.

import { useEffect, useState } from "react";
import { ask } from "./ask.js";

export interface Answer<T> {
  /** The last answer; while another is on its way, still the old one. */
  readonly answer: T | undefined;
  readonly problem: string | undefined;
  /** Whether an answer is on its way. */
  readonly isWaiting: boolean;
}

/**
 * Asks whenever the question changes; an answer that is no longer wanted is dropped, and the server told.
 *
 * @param path undefined: nothing is asked yet
 */
export function useAnswer<T>(path: string | undefined, question?: unknown): Answer<T> {
  const [state, setState] = useState<Answer<T>>({ answer: undefined, problem: undefined, isWaiting: true });
  const text = question === undefined ? undefined : JSON.stringify(question);
  useEffect(() => {
    if (path === undefined) {
      setState({ answer: undefined, problem: undefined, isWaiting: false });
      return;
    }
    const controller = new AbortController();
    setState((old) => ({ ...old, isWaiting: true }));
    ask<T>(path, text === undefined ? undefined : JSON.parse(text), { signal: controller.signal }).then(
      (answer) => setState({ answer, problem: undefined, isWaiting: false }),
      (error: Error) => {
        if (controller.signal.aborted) return;
        setState({ answer: undefined, problem: error.message, isWaiting: false });
      },
    );
    return () => controller.abort();
  }, [path, text]);
  return state;
}
