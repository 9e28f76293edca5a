// The curves of several models, each asked for once.

import { useEffect, useState } from "react";
import type { CurvesAnswer } from "../../../src/server/studio/fit-answers.js";
import { ask } from "../ask.js";

export interface Curves {
  /** Those that have come, in the order of the names. */
  readonly curves: readonly CurvesAnswer[];
  readonly problem: string | undefined;
}

export function useCurves(names: readonly string[]): Curves {
  const [known, setKnown] = useState<ReadonlyMap<string, CurvesAnswer>>(new Map());
  const [problem, setProblem] = useState<string>();
  const key = JSON.stringify(names);
  useEffect(() => {
    const controller = new AbortController();
    setProblem(undefined);
    for (const name of JSON.parse(key) as string[])
      ask<CurvesAnswer>(`curves?model=${encodeURIComponent(name)}`, undefined, {
        signal: controller.signal,
      }).then(
        (curves) => setKnown((old) => new Map(old).set(name, curves)),
        (error: Error) => {
          if (!controller.signal.aborted) setProblem(error.message);
        },
      );
    return () => controller.abort();
  }, [key]);
  return { curves: names.flatMap((name) => known.get(name) ?? []), problem };
}
