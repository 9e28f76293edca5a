// Giving the studio a table: drop a file, or choose one. It is copied into the folder.

import { type DragEvent, useRef, useState } from "react";
import type { TableEntry } from "../../src/server/studio/answers.js";
import { ask } from "./ask.js";
import { useFolder } from "./folder.js";

const accepted = ".csv,.tsv,.parquet,.json,.ndjson,.jsonl,.gz,.zst";

export function DropTable({ onGiven }: { onGiven(name: string): void }) {
  const { refresh } = useFolder();
  const input = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<{ readonly text?: string; readonly problem?: string }>({});
  const [isOver, setIsOver] = useState(false);

  const give = async (file: File | undefined) => {
    if (!file) return;
    setState({ text: `${file.name} is being copied into the folder …` });
    try {
      const init = { method: "PUT", body: file, headers: { "Content-Type": "application/octet-stream" } };
      const { name } = await ask<TableEntry>(`tables/${encodeURIComponent(file.name)}`, undefined, init);
      await refresh();
      setState({});
      onGiven(name);
    } catch (error) {
      setState({ problem: (error as Error).message });
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void give(event.dataTransfer.files[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button does the same
    <div
      className={isOver ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <p>
        Drop a table here: CSV, TSV, Parquet, JSON or NDJSON, with a line of column names. It is copied into
        the studio's folder and goes nowhere else.
      </p>
      <input
        ref={input}
        type="file"
        accept={accepted}
        hidden
        onChange={({ target }) => void give(target.files?.[0])}
      />
      <button type="button" onClick={() => input.current?.click()}>
        Choose a file
      </button>
      {state.text && <p role="status">{state.text}</p>}
      {state.problem && (
        <p className="problem" role="alert">
          {state.problem}
        </p>
      )}
    </div>
  );
}
