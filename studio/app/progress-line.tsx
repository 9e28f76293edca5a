// How far some work on the server is, and a way to end it.

import type { Progress } from "../../src/server/studio/progress.js";

interface ProgressLineProps {
  readonly progress: Progress | undefined;
  /** What is said before there is anything to tell. */
  readonly text: string;
  onStop?(): void;
}

export function ProgressLine({ progress, text, onStop }: ProgressLineProps) {
  const share = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  const words = progress ? progress.text : text;
  return (
    <div className="progress">
      <progress aria-label={words} value={share} max={1} />
      <span className="note">{words} …</span>
      {onStop && (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      )}
    </div>
  );
}
