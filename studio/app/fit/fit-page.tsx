// Fit: from a table to a model, watched.

import "./fit.css";
import { useCallback, useEffect, useRef, useState } from "react";
import type { RunsAnswer } from "../../../src/server/studio/fit-answers.js";
import { ask } from "../ask.js";
import { DropTable } from "../drop-table.js";
import { useFolder } from "../folder.js";
import { TablePicker } from "../pickers.js";
import { useRoute } from "../route.js";
import { Compare } from "./compare.js";
import { RunView } from "./run-view.js";
import { SessionRuns } from "./session-runs.js";
import { Setup } from "./setup.js";

export default function FitPage() {
  const { parameters, change } = useRoute();
  const { folder, refresh } = useFolder();
  const { table, run, compare } = parameters;
  const { runs, look } = useSessionRuns();
  const refreshFolder = useCallback(() => void refresh(), [refresh]);
  const choose = (name: string) => change({ table: name || undefined, run: undefined, compare: undefined });
  // The button that was pressed goes with what it stood in: the page is read on from its heading.
  const turns = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run is what takes the button away
  useEffect(() => {
    if (turns.current) document.querySelector<HTMLElement>("main h1")?.focus();
    turns.current = false;
  }, [run]);
  const isKnown = folder?.tables.some(({ name }) => name === table) ?? false;
  return (
    <main className="page">
      <h1 tabIndex={-1}>Fit</h1>
      <p className="lead">
        A fit learns from a table which rows are usual, so that it can tell which are strange, and why. Choose
        a table; everything else has been chosen for you, and can be changed.
      </p>
      <div className="toolbar">
        <TablePicker value={table} onChoose={choose} />
      </div>
      {run !== undefined ? (
        <RunView
          key={run}
          id={run}
          onAgain={() => {
            turns.current = true;
            change({ run: undefined, compare: undefined });
          }}
          onStatus={look}
          onEnd={refreshFolder}
        />
      ) : table !== undefined && isKnown ? (
        <>
          <Setup
            key={table}
            table={table}
            onStarted={(id) => {
              turns.current = true;
              change({ run: id, compare: undefined });
              look();
            }}
          />
          <details className="options">
            <summary>Bring another table</summary>
            <DropTable onGiven={choose} />
          </details>
        </>
      ) : (
        <>
          {table !== undefined && <p className="problem">There is no table “{table}” in this folder.</p>}
          <DropTable onGiven={choose} />
        </>
      )}
      <SessionRuns runs={runs} current={run} />
      <Compare table={table} chosen={compare} onChoose={(names) => change({ compare: names })} />
    </main>
  );
}

/** The fits that the server knows of; looked at now, and whenever one is known to have changed. */
function useSessionRuns(): { readonly runs: RunsAnswer; look(): void } {
  const [runs, setRuns] = useState<RunsAnswer>([]);
  const look = useCallback(() => {
    // Where the server is gone, whatever else is asked says so.
    ask<RunsAnswer>("runs").then(setRuns, () => setRuns([]));
  }, []);
  useEffect(look, [look]);
  return { runs, look };
}
