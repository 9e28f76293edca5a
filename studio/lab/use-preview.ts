// The density that is chosen, before anything is trained on it.

import { useEffect, useRef, useState } from "react";
import { send, startWorker } from "./messages.js";
import type { Truth } from "./problem.js";
import type { Settings } from "./settings.js";

/** The truth of these settings, or of the last ones while it is being found; a message where there is none. */
export function usePreview(settings: Settings): { truth: Truth | undefined; problem: string | undefined } {
  const [preview, setPreview] = useState<{ truth?: Truth; problem?: string }>({});
  const worker = useRef<Worker>(undefined);
  useEffect(() => {
    const started = startWorker((message) => {
      if (message.type === "posed") setPreview({ truth: message.truth });
      if (message.type === "failed")
        setPreview(({ truth }) => ({
          ...(truth && { truth }),
          problem: [message.message, message.hint].filter(Boolean).join(". "),
        }));
    });
    worker.current = started;
    return () => started.terminate();
  }, []);
  const latest = useRef(settings);
  latest.current = settings;
  const { density, noise, seed, rows } = settings;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rest of the settings changes nothing of the truth
  useEffect(() => {
    if (worker.current) send(worker.current, { type: "pose", settings: latest.current });
  }, [density, noise, seed, rows]);
  return { truth: preview.truth, problem: preview.problem };
}
