// One row in full: why it is strange, in words, bars and densities, and all its cells.

import { useCallback, useMemo } from "react";
import type {
  AnomaliesQuestion,
  ConditionalCurve,
  MethodEntry,
  RowReasons,
  ShownCell,
  ShownReason,
} from "../../../src/server/studio/anomalies-answers.js";
import { Figure } from "../../page/figure.js";
import { Choice } from "../pickers.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { count, nats, pInWords, short } from "../words.js";
import { curveColumns, curveRows, drawCurve } from "./curve-picture.js";
import { drawReasons, plain, reasonColumns, reasonRows } from "./reasons-picture.js";
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

const defaultMethod = "surprise";
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
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {reasons ? (
        <Reasons reasons={reasons} table={question.table} />
      ) : (
        isWaiting && <p className="note">Comparing each column with what the others let expect …</p>
      )}
    </section>
  );
}

function Reasons({ reasons, table }: { readonly reasons: RowReasons; readonly table: string }) {
  const { row, words, logProb, curves, cells } = reasons;
  const file = `${table.replace(/^.*\//, "").replace(/\..*$/, "")}-row-${row}`;
  return (
    <>
      <p className="lead" data-testid="words">
        {words
          ? `${words}.`
          : "No column stands out by itself: it is the combination that is unusual, or the row is not strange."}
      </p>
      <ReasonsFigure row={row} method={reasons.method} reasons={reasons.reasons} file={file} />
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
      <details open={cells.length <= 30}>
        <summary>
          {count(cells.length, "cell")} of row {row} (log-density {nats(logProb)} nats)
        </summary>
        <dl className="cells">
          {cells.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{cellInWords(value) ?? <em>missing</em>}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

const cellInWords = (value: ShownCell) => (typeof value === "number" ? short(value, 7) : value);

interface ReasonsFigureProps {
  readonly row: number;
  readonly method: string;
  readonly reasons: readonly ShownReason[];
  readonly file: string;
}

function ReasonsFigure({ row, method, reasons, file }: ReasonsFigureProps) {
  const draw = useCallback(() => drawReasons(reasons), [reasons]);
  const first = reasons[0];
  return (
    <Figure
      title={`Reasons of row ${row}, nats per column`}
      file={`${file}-reasons`}
      description={`Bars of ${count(reasons.length, "column")}, the strangest first${first ? `: ${first.column} with ${first.nats.toFixed(1)} nats` : ""}.`}
      draw={draw}
      data={() => ({ columns: reasonColumns, rows: reasonRows(reasons) })}
    >
      <p className="note">
        The longer the bar, the stranger the cell
        {method === defaultMethod
          ? ": 3 nats is what one value in 20 reaches by chance, 4.6 one in 100, 6.9 one in 1,000."
          : "; bars to the left make the row more usual."}
      </p>
    </Figure>
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
