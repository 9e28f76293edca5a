// One row in full: why it is strange, in words, bars and densities, and all its cells.

import { useCallback, useMemo } from "react";
import type {
  AnomaliesQuestion,
  ConditionalCurve,
  MethodEntry,
  RowReasons,
} from "../../../src/server/studio/anomalies-answers.js";
import { Figure } from "../../page/figure.js";
import { Choice } from "../pickers.js";
import { hrefOf, useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { pInWords } from "../words.js";
import { curveColumns, curveRows, drawCurve } from "./curve-picture.js";
import { defaultMethod, ReasonsFigure } from "./reasons-figure.js";
import { plain } from "./reasons-picture.js";
import { surpriseInWords } from "./reasons-words.js";
import { RowCells } from "./row-cells.js";
import { fileOfRow } from "./row-file.js";
import { useReasons } from "./use-reasons.js";

interface RowViewProps {
  readonly question: AnomaliesQuestion;
  readonly row: number;
  readonly ranked: {
    /** In the list; −1: not there. */
    readonly place: number;
    readonly pValue: number | null;
    readonly isFlagged: boolean;
  };
}

const curves = 3;

export function RowView({ question, row, ranked }: RowViewProps) {
  const { parameters, change } = useRoute();
  const { answer: methods = [] } = useAnswer<readonly MethodEntry[]>("anomalies/methods");
  const names = methods.map(({ name }) => name);
  const method = names.find((name) => name === parameters.method) ?? defaultMethod;
  const { found, problem, isWaiting } = useReasons({ ...question, rows: [row], method, curves });
  const reasons = found.get(row);
  const summary = methods.find(({ name }) => name === method)?.summary;
  return (
    <section aria-labelledby="why" className="why">
      <h2 id="why">Why row {row} is strange</h2>
      {ranked.place >= 0 && (
        <p className="note">
          number {ranked.place + 1} of the list
          {ranked.pValue !== null && `, p-value ${pInWords(ranked.pValue)}`}
          {ranked.isFlagged && ", flagged"}
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {reasons ? (
        <Reasons reasons={reasons} question={question} />
      ) : (
        isWaiting && (
          <p className="note" role="status">
            Comparing each column with what the others let expect …
          </p>
        )
      )}
      {names.length > 0 && (
        <div className="method">
          <Choice
            label="Reasons by"
            value={method}
            options={names}
            onChoose={(name) => change({ method: name === defaultMethod ? undefined : name })}
          />
          <p className="note">{summary}</p>
        </div>
      )}
      {reasons && <Cells reasons={reasons} table={question.table} />}
    </section>
  );
}

interface ReasonsProps {
  readonly reasons: RowReasons;
  readonly question: AnomaliesQuestion;
}

function Reasons({ reasons, question: { model, table } }: ReasonsProps) {
  const { row, words } = reasons;
  const [x, y] = reasons.reasons.map(({ column }) => column);
  return (
    <>
      <p className="lead" data-testid="words">
        {words
          ? reasons.method === defaultMethod && reasons.reasons.length > 0
            ? surpriseInWords(reasons.reasons)
            : `${words}.`
          : "No column stands out by itself: it is the combination that is unusual, or the row is not strange."}
      </p>
      <ReasonsFigure
        row={row}
        method={reasons.method}
        reasons={reasons.reasons}
        file={fileOfRow(table, row)}
      />
      <p>
        <a href={hrefOf("look", { model, table, row: String(row), x, y })}>See it among the other rows</a>
      </p>
    </>
  );
}

function Cells({ reasons, table }: { readonly reasons: RowReasons; readonly table: string }) {
  const { row, logProb, curves, cells } = reasons;
  const file = fileOfRow(table, row);
  return (
    <>
      {curves.length > 0 && (
        <p className="note">
          What the model expected in a column, given all other cells of the row; this row’s own value beside
          it.
        </p>
      )}
      <div className="row">
        {curves.map((curve) => (
          <CurveFigure key={curve.column} row={row} curve={curve} file={file} />
        ))}
      </div>
      <RowCells row={row} logProb={logProb} cells={cells} />
    </>
  );
}

interface CurveFigureProps {
  readonly row: number;
  readonly curve: ConditionalCurve;
  readonly file: string;
}

function CurveFigure({ row, curve, file }: CurveFigureProps) {
  const draw = useCallback(() => drawCurve(curve), [curve]);
  const description = useMemo(
    () =>
      `What the model expects in ${curve.column} given the rest of row ${row}: ${plain(curve.expectedText)} is likeliest, the row has ${plain(curve.observedText)}.`,
    [curve, row],
  );
  return (
    <Figure
      title={`${curve.column} given the rest${curve.kind === "density" ? ": density" : curve.kind === "probability" ? ": probability" : ""}`}
      file={`${file}-${curve.column}`}
      description={description}
      draw={draw}
      data={() => ({ columns: curveColumns, rows: curveRows(curve) })}
    />
  );
}
