// The fits of this session that are not models yet: under way, waiting, failed.

import type { RunsAnswer } from "../../../src/server/studio/fit-answers.js";
import { hrefOf } from "../route.js";

interface SessionRunsProps {
  readonly runs: RunsAnswer;
  readonly current: string | undefined;
}

export function SessionRuns({ runs, current }: SessionRunsProps) {
  if (runs.length === 0) return null;
  return (
    <section aria-labelledby="session">
      <h2 id="session">Fits of this session</h2>
      <ul className="tables">
        {runs.map(({ id, table, name, status, result }) => (
          <li key={id}>
            <a href={hrefOf("fit", { table, run: id })} aria-current={id === current ? "true" : undefined}>
              {table} → {result?.model ?? name}
            </a>{" "}
            <span className="note">{status}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
