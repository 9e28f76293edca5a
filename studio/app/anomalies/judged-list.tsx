// The strangest rows in order, each with the first reason why: all of them are known.

import { useState } from "react";
import type { DetectAnswer } from "../../../src/server/studio/detect-answers.js";
import { count } from "../words.js";
import { FirstReason, pageOf, RowTable } from "./row-table.js";

interface JudgedListProps {
  readonly answer: DetectAnswer;
  readonly selected: number | undefined;
  onSelect(row: number): void;
}

export function JudgedList({ answer, selected, onSelect }: JudgedListProps) {
  const { strangest, rows, labels } = answer;
  const [page, setPage] = useState(pageOf(strangest, selected));
  return (
    <section aria-labelledby="ranked" className="ranked calibrated">
      <h2 id="ranked">Strangest rows</h2>
      <p className="note">
        {rows > strangest.length
          ? `The first ${strangest.length} of ${count(rows, "row")}. `
          : `All ${count(rows, "row")}. `}
        In brackets: how many values are as unlikely, given the rest of the row. Choose a row to see why it is
        strange.
      </p>
      <RowTable
        rows={strangest}
        labels={labels}
        page={page}
        selected={selected}
        onPage={setPage}
        onSelect={onSelect}
        wordsOf={({ missing, words, reasons: [first] }) => (
          <>
            <FirstReason reason={words ? first : undefined} />
            {missing && <span className="note">; {missing}</span>}
          </>
        )}
      />
    </section>
  );
}
