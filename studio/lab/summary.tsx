// Where the runs stand, in numbers.

import { runColors } from "./run-colors.js";
import type { Run } from "./use-runs.js";

export function Summary({ runs }: { readonly runs: readonly Run[] }) {
  if (runs.length === 0)
    return (
      <p className="note" role="status">
        Ready. Press Start: training takes some seconds.
      </p>
    );
  return (
    <section aria-label="Runs">
      <table>
        <thead>
          <tr>
            <th scope="col">rule</th>
            <th scope="col">state</th>
            <th scope="col">step</th>
            <th scope="col">seconds</th>
            <th scope="col">
              NLL <small>best, nats</small>
            </th>
            <th scope="col">
              missed <small>nats</small>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: both runs may have one rule
            <Row key={i} run={run} color={runColors[i]} />
          ))}
        </tbody>
      </table>
      <p className="announcement" role="status">
        {runs.map(({ rule, status }) => `${rule}: ${status}`).join(", ")}
      </p>
    </section>
  );
}

function Row({ run, color }: { readonly run: Run; readonly color: string }) {
  const { rule, status, readings, note } = run;
  const last = readings.at(-1);
  const best = readings.reduce<(typeof readings)[number] | undefined>(
    (a, b) => (a && a.validationNll <= b.validationNll ? a : b),
    undefined,
  );
  return (
    <>
      <tr data-rule={rule} data-status={status} data-nll={best?.validationNll}>
        <th scope="row" style={{ color }}>
          ● {rule}
        </th>
        <td>{status}</td>
        <td>{last?.step.toLocaleString("en")}</td>
        <td>{last?.seconds.toFixed(1)}</td>
        <td>{best?.validationNll.toFixed(3)}</td>
        <td>{best?.missed.toFixed(3)}</td>
      </tr>
      {note && (
        <tr className="problem">
          <td colSpan={6}>{note}</td>
        </tr>
      )}
    </>
  );
}
