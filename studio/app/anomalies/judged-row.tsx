// One row that was judged by a model that has not seen it: why it is strange, and all its cells.

import type { DetectAnswer, JudgedRow } from "../../../src/server/studio/detect-answers.js";
import { count, nats, pInWords } from "../words.js";
import { defaultMethod, ReasonsFigure } from "./reasons-figure.js";
import { surpriseInWords } from "./reasons-words.js";
import { RowCells } from "./row-cells.js";
import { fileOfRow } from "./row-file.js";

interface JudgedRowViewProps {
  readonly table: string;
  readonly answer: DetectAnswer;
  readonly judged: JudgedRow;
}

export function JudgedRowView({ table, answer, judged }: JudgedRowViewProps) {
  const { row, pValue, logProb, missing, words, reasons, cells } = judged;
  const { strangest, rows, columns } = answer;
  return (
    <section aria-labelledby="why" className="why">
      <h2 id="why">Why row {row} is strange</h2>
      <p className="note">
        number {strangest.indexOf(judged) + 1} of {count(rows, "row")}, p-value {pInWords(pValue)},
        log-density {nats(logProb)} nats
      </p>
      <p className="lead" data-testid="words">
        {words
          ? surpriseInWords(reasons)
          : "No column stands out by itself: it is the combination that is unusual, or the row is not strange."}
        {missing && ` ${missing}.`}
      </p>
      {reasons.length > 0 && (
        <ReasonsFigure row={row} method={defaultMethod} reasons={reasons} file={fileOfRow(table, row)} />
      )}
      <RowCells row={row} logProb={logProb} cells={cells} />
      {columns > cells.length && (
        <p className="note">
          The first {cells.length} of {count(columns, "column")}.
        </p>
      )}
    </section>
  );
}
