// Reasons of some rows as they are found, a row at a time.

import { useEffect, useState } from "react";
import type { ReasonsQuestion, RowReasons } from "../../../src/server/studio/anomalies-answers.js";
import { askForPieces } from "../ask.js";

export interface FoundReasons {
  /** By row; those that are not there yet are on their way. */
  readonly found: ReadonlyMap<number, RowReasons>;
  readonly problem: string | undefined;
  readonly isWaiting: boolean;
}

const nothing: FoundReasons = { found: new Map(), problem: undefined, isWaiting: false };

/** @param question undefined: nothing is asked yet */
export function useReasons(question: ReasonsQuestion | undefined): FoundReasons {
  const [state, setState] = useState(nothing);
  const text = question && JSON.stringify(question);
  useEffect(() => {
    setState({ ...nothing, isWaiting: text !== undefined });
    if (text === undefined) return;
    const controller = new AbortController();
    const { signal } = controller;
    const read = async () => {
      for await (const one of askForPieces<RowReasons>("anomalies/reasons", JSON.parse(text), { signal })) {
        if (signal.aborted) return;
        setState((old) => ({ ...old, found: new Map(old.found).set(one.row, one) }));
      }
      setState((old) => ({ ...old, isWaiting: false }));
    };
    read().catch((error: Error) => {
      if (!signal.aborted) setState((old) => ({ ...old, problem: error.message, isWaiting: false }));
    });
    return () => controller.abort();
  }, [text]);
  return state;
}
