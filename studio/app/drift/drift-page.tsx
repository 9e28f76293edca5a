// Whether new rows are still like the old ones, which columns moved, and since when.

import "../lists.css";
import "./drift.css";
import { useState } from "react";
import type { DriftAnswer, DriftColumns, DriftQuestion } from "../../../src/server/studio/drift-answers.js";
import { DropTable } from "../drop-table.js";
import { useFolder, useModel } from "../folder.js";
import { NumberField } from "../number-field.js";
import { Choice, TablePicker } from "../pickers.js";
import { ProgressLine } from "../progress-line.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { usePieces } from "../use-pieces.js";
import { DriftOverTime } from "./drift-over-time.js";
import { RowsDrift } from "./rows-drift.js";

/** What is chosen, whether or not it is enough for a question. */
interface Choices {
  /** "table:march.csv", "model:march.logdet". */
  readonly reference: string | undefined;
  readonly table: string | undefined;
  readonly alpha: number;
  readonly by: string | undefined;
  readonly window: number | undefined;
}

export default function DriftPage() {
  const { change } = useRoute();
  const { folder } = useFolder();
  const { isGiven, ...choices } = useChoices();
  const question = questionOf(choices);
  // A link to a comparison starts it; a choice waits for the button: it may take a minute.
  const [asked, setAsked] = useState(isGiven ? question : undefined);
  const { result, progress, problem, isWaiting, stop, again } = usePieces<DriftAnswer>("drift", asked);
  const isSame = JSON.stringify(asked) === JSON.stringify(question);
  const start = () => {
    change({ reference: choices.reference, table: choices.table });
    if (isSame) again();
    else setAsked(question);
  };
  return (
    <main className="page drift">
      <h1 tabIndex={-1}>Drift</h1>
      <p className="lead">
        Are new rows still like the old ones? Choose a reference, what was normal, and the table of new rows.
      </p>
      <DriftChoices choices={choices} />
      <div className="toolbar">
        <button
          type="button"
          className="main"
          disabled={question === undefined || isWaiting || (isSame && result !== undefined)}
          onClick={start}
        >
          Compare
        </button>
        {question === undefined && <span className="note">{whatIsMissing(choices)}</span>}
      </div>
      {isWaiting && <ProgressLine progress={progress} text="Reading the tables" onStop={stop} />}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {result && !isSame && (
        <p className="note">Below: the last comparison. Compare again for these choices.</p>
      )}
      {result?.kind === "rows" && asked && <RowsDrift question={asked} answer={result} />}
      {result?.kind === "series" && asked && <DriftOverTime question={asked} answer={result} />}
      {(folder?.tables.length ?? 0) < 2 && (
        <section aria-labelledby="more">
          <h2 id="more">Another table</h2>
          <DropTable onGiven={(table) => change({ table })} />
        </section>
      )}
    </main>
  );
}

/** What the address says, and what is likely meant where it says nothing. */
function useChoices(): Choices & { readonly isGiven: boolean } {
  const { parameters } = useRoute();
  const { folder } = useFolder();
  const model = useModel(parameters.model);
  const first = model?.table ? `table:${model.table}` : model && `model:${model.name}`;
  const reference = parameters.reference ?? first;
  const given = parameters.table;
  const names = folder?.tables.map(({ name }) => name) ?? [];
  const isNew = given !== undefined && names.includes(given) && reference !== `table:${given}`;
  const [alpha, window] = [Number(parameters.alpha), Number(parameters.window)];
  return {
    reference,
    table: isNew ? given : undefined,
    alpha: alpha >= 0.001 && alpha <= 0.5 ? alpha : 0.05,
    by: parameters.by || undefined,
    window: Number.isSafeInteger(window) && window >= 10 && window <= 1e6 ? window : undefined,
    isGiven: parameters.reference !== undefined,
  };
}

function questionOf({ reference, table, alpha, by, window }: Choices): DriftQuestion | undefined {
  const [, kind, name] = /^(table|model):(.+)$/s.exec(reference ?? "") ?? [];
  if (name === undefined || table === undefined) return undefined;
  return { reference: kind === "table" ? { table: name } : { model: name }, table, alpha, by, window };
}

const whatIsMissing = ({ reference }: Choices) =>
  reference === undefined
    ? "Choose what to compare with, and the table of new rows."
    : "Choose the table of new rows: another one than the reference. Since when one table has changed, its model as the reference tells, with windows.";

function DriftChoices({ choices }: { readonly choices: Choices }) {
  const { change } = useRoute();
  const { folder } = useFolder();
  const { reference = "", table, alpha, by = "", window } = choices;
  const { answer } = useAnswer<DriftColumns>(
    table === undefined ? undefined : "drift/columns",
    table === undefined ? undefined : { table },
  );
  const references = [
    ...(folder?.tables.map(({ name }) => `table:${name}`) ?? []),
    ...(folder?.models.filter(({ calibrationRows }) => calibrationRows > 0) ?? []).map(
      ({ name }) => `model:${name}`,
    ),
  ];
  const words = Object.fromEntries(
    references.map((name) => [name, name.slice(6) + (name.startsWith("model:") ? " (the model)" : "")]),
  );
  const columns = answer?.columns ?? [];
  return (
    <>
      <div className="toolbar">
        <Choice
          label="Reference"
          value={reference}
          options={references.includes(reference) ? references : ["", ...references]}
          words={{ ...words, "": "choose one" }}
          onChoose={(name) => change({ reference: name || undefined })}
        />
        <TablePicker
          label="New rows"
          value={table}
          none="choose one"
          onChoose={(name) => change({ table: name || undefined, by: undefined, column: undefined })}
        />
        <NumberField
          label="False alarms, at most"
          value={alpha}
          min={0.001}
          max={0.5}
          onChoose={(value) => change({ alpha: String(value) })}
        />
      </div>
      <div className="toolbar">
        <Choice
          label="In the order of"
          value={by}
          options={["", ...columns, ...(by !== "" && !columns.includes(by) ? [by] : [])]}
          words={{ "": "the file" }}
          isDisabled={table === undefined}
          onChoose={(name) => change({ by: name || undefined })}
        />
        <NumberField
          label="in windows of … rows"
          value={window}
          min={10}
          max={1e6}
          isWhole
          placeholder="none"
          onChoose={(value) => change({ window: String(value) })}
        />
        {window !== undefined && (
          <button type="button" onClick={() => change({ window: undefined })}>
            No windows
          </button>
        )}
        <span className="note">With windows: since when, rather than whether.</span>
      </div>
    </>
  );
}
