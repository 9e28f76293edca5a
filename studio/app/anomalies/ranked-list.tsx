// The strangest rows in order, each with the first reason why.

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type {
  AnomaliesAnswer,
  AnomaliesQuestion,
  RankedRow,
  RowReasons,
} from "../../../src/server/studio/anomalies-answers.js";
import { useModel } from "../folder.js";
import { count, nats, pInWords } from "../words.js";
import { useReasons } from "./use-reasons.js";

interface RankedListProps {
  readonly question: AnomaliesQuestion;
  readonly answer: AnomaliesAnswer;
  /** Rows with at most this p-value are flagged. */
  readonly flaggedUpTo: number;
  readonly selected: number | undefined;
  onSelect(row: number): void;
}

const rowsOnPage = 10;
/** Reasons of wider rows take too long to be found for all that are listed. */
const widest = 100;

export function RankedList({ question, answer, flaggedUpTo, selected, onSelect }: RankedListProps) {
  const { strangest, rows, labels } = answer;
  const pages = Math.ceil(strangest.length / rowsOnPage);
  const place = strangest.findIndex(({ row }) => row === selected);
  const [page, setPage] = useState(Math.max(0, Math.floor(place / rowsOnPage)));
  const shown = strangest.slice(page * rowsOnPage, (page + 1) * rowsOnPage);
  const isWide = (useModel(question.model)?.columns.length ?? 0) > widest;
  const { found, problem } = useReasons(
    isWide ? undefined : { ...question, rows: shown.map(({ row }) => row), top: 1 },
  );
  const body = useRef<HTMLTableSectionElement>(null);
  // Arrows go on where the list's page ends; the focus goes with the choice.
  const moves = useRef(false);
  useEffect(() => {
    if (!moves.current) return;
    const chosen = body.current?.querySelector<HTMLElement>('[aria-pressed="true"]');
    chosen?.focus();
    // On another page of the list the choice arrives a moment later.
    if (chosen) moves.current = false;
  });
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : strangest[place + step];
    if (next === undefined || step === undefined) return;
    event.preventDefault();
    moves.current = true;
    setPage(Math.floor((place + step) / rowsOnPage));
    onSelect(next.row);
  };
  return (
    <section aria-labelledby="ranked" className="ranked">
      <h2 id="ranked">Strangest rows</h2>
      <p className="note">
        {rows > strangest.length
          ? `The first ${strangest.length} of ${count(rows, "row")}. `
          : `All ${count(rows, "row")}. `}
        Log-density: how likely the model finds a row, in nats; one less is e = 2.7 times less likely. Choose
        a row to see why it is strange. {isWide && "Rows are wide: reasons are found for the chosen one."}
      </p>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="scroll">
        <table className="list" onKeyDown={move}>
          <thead>
            <tr>
              <th scope="col">row</th>
              {answer.calibrationRows > 0 && <th scope="col">p-value</th>}
              <th scope="col" title="log-density, nats">
                log-density
              </th>
              {labels.map((name) => (
                <th scope="col" key={name} className="label">
                  {name}
                </th>
              ))}
              {!isWide && (
                <th scope="col" className="words reason">
                  first reason
                </th>
              )}
            </tr>
          </thead>
          <tbody ref={body}>
            {shown.map((one) => (
              <Line
                key={one.row}
                ranked={one}
                reasons={found.get(one.row)}
                isFlagged={one.pValue !== null && one.pValue <= flaggedUpTo}
                isSelected={one.row === selected}
                isWide={isWide}
                onSelect={onSelect}
              />
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <div className="toolbar">
          <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Stranger
          </button>
          <span className="note">
            {page * rowsOnPage + 1} to {Math.min(strangest.length, (page + 1) * rowsOnPage)}
          </span>
          <button type="button" disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
            Less strange
          </button>
        </div>
      )}
    </section>
  );
}

interface LineProps {
  readonly ranked: RankedRow;
  readonly reasons: RowReasons | undefined;
  readonly isFlagged: boolean;
  readonly isSelected: boolean;
  readonly isWide: boolean;
  onSelect(row: number): void;
}

function Line({ ranked, reasons, isFlagged, isSelected, isWide, onSelect }: LineProps) {
  const { row, pValue, logProb, labels } = ranked;
  const words = reasons ? reasons.firstWords || "no column stands out by itself" : "…";
  return (
    <tr className={isSelected ? "selected" : undefined} data-row={row} data-flagged={isFlagged}>
      <th scope="row">
        <button type="button" aria-pressed={isSelected} onClick={() => onSelect(row)}>
          <span className="announcement">row </span>
          {row}
        </button>
      </th>
      {pValue !== null && (
        <td className={isFlagged ? "flagged" : undefined}>
          {pInWords(pValue)}
          {isFlagged && <span className="announcement"> flagged</span>}
        </td>
      )}
      <td>{nats(logProb)}</td>
      {labels.map((label, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: labels have no other name, and never move
        <td key={i} className="label">
          {label}
        </td>
      ))}
      {!isWide && <td className="words reason">{words}</td>}
    </tr>
  );
}
