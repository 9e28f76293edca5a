// The strangest rows in order, each with the first reason why.

import { useState } from "react";
import type {
  AnomaliesAnswer,
  AnomaliesQuestion,
  RowReasons,
} from "../../../src/server/studio/anomalies-answers.js";
import { useModel } from "../folder.js";
import { count } from "../words.js";
import { FirstReason, onPage, pageOf, RowTable } from "./row-table.js";
import { useReasons } from "./use-reasons.js";

interface RankedListProps {
  readonly question: AnomaliesQuestion;
  readonly answer: AnomaliesAnswer;
  /** Rows with at most this p-value are flagged. */
  readonly flaggedUpTo: number;
  readonly selected: number | undefined;
  onSelect(row: number): void;
}

/** Reasons of wider rows take too long to be found for all that are listed. */
const widest = 100;

export function RankedList({ question, answer, flaggedUpTo, selected, onSelect }: RankedListProps) {
  const { strangest, rows, labels } = answer;
  const [page, setPage] = useState(pageOf(strangest, selected));
  const isWide = (useModel(question.model)?.columns.length ?? 0) > widest;
  const { found, problem } = useReasons(
    isWide ? undefined : { ...question, rows: onPage(strangest, page).map(({ row }) => row), top: 1 },
  );
  return (
    <section aria-labelledby="ranked" className={answer.calibrationRows > 0 ? "ranked calibrated" : "ranked"}>
      <h2 id="ranked">Strangest rows</h2>
      <p className="note">
        {rows > strangest.length
          ? `The first ${strangest.length} of ${count(rows, "row")}. `
          : `All ${count(rows, "row")}. `}
        Log-density: how likely the model finds a row, in nats; one less is e = 2.7 times less likely. In
        brackets: how many values are as unlikely, given the rest of the row. Choose a row to see why it is
        strange. {isWide && "Rows are wide: reasons are found for the chosen one."}
      </p>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <RowTable
        rows={strangest}
        labels={labels}
        page={page}
        flaggedUpTo={flaggedUpTo}
        selected={selected}
        onPage={setPage}
        onSelect={onSelect}
        wordsOf={isWide ? undefined : ({ row }) => firstReason(found.get(row))}
      />
    </section>
  );
}

const firstReason = (found: RowReasons | undefined) =>
  found ? <FirstReason reason={found.firstWords ? found.reasons[0] : undefined} /> : "…";
