// Strange rows of a table: which, at what rate of false alarms, and why.

import "../lists.css";
import "./anomalies.css";
import type { AnomaliesAnswer, AnomaliesQuestion } from "../../../src/server/studio/anomalies-answers.js";
import { DropTable } from "../drop-table.js";
import { useFolder, useModel } from "../folder.js";
import { ModelPicker, TablePicker } from "../pickers.js";
import { ProgressLine } from "../progress-line.js";
import { hrefOf, useRoute } from "../route.js";
import { usePieces } from "../use-pieces.js";
import { StrangeRows } from "./strange-rows.js";

export default function AnomaliesPage() {
  const { parameters, change } = useRoute();
  const { folder } = useFolder();
  const model = useModel(parameters.model);
  const tables = folder?.tables.map(({ name }) => name) ?? [];
  const wanted = parameters.table ?? model?.table;
  const table = wanted !== undefined && tables.includes(wanted) ? wanted : undefined;
  const question: AnomaliesQuestion | undefined = model && table ? { model: model.name, table } : undefined;
  const { result, progress, problem } = usePieces<AnomaliesAnswer>("anomalies", question);
  const choose = (some: Readonly<Record<string, string | undefined>>) => change({ row: undefined, ...some });
  return (
    <main className="page anomalies">
      <h1 tabIndex={-1}>Anomalies</h1>
      {model === undefined ? (
        <p className="lead">
          Strange rows are found by a model of what is usual, and this folder has none yet.{" "}
          <a href={hrefOf(tables.length > 0 ? "fit" : "", { table })}>Fit one to a table</a> first.
        </p>
      ) : (
        <>
          <div className="toolbar">
            <ModelPicker
              value={model.name}
              onChoose={(name) => choose({ model: name, table: undefined, alpha: undefined })}
            />
            <TablePicker
              value={table}
              onChoose={(name) => choose({ model: model.name, table: name || undefined })}
            />
          </div>
          {question === undefined && (
            <>
              <p className="lead">
                Choose a table with the columns of {model.name}: the model says how likely each of its rows
                is.
              </p>
              {tables.length === 0 && (
                <DropTable onGiven={(name) => choose({ model: model.name, table: name })} />
              )}
            </>
          )}
          {problem !== undefined && (
            <p className="problem" role="alert">
              {problem}
            </p>
          )}
          {question && !result && problem === undefined && (
            <ProgressLine progress={progress} text="Scoring the rows" />
          )}
          {question && result && (
            <StrangeRows key={JSON.stringify(question)} question={question} answer={result} />
          )}
        </>
      )}
    </main>
  );
}
