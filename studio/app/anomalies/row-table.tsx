// A list of rows in the order of their strangeness, some at a time, that one chooses from by mouse or arrow keys.

import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import type { RankedRow, ShownReason } from "../../../src/server/studio/anomalies-answers.js";
import { nats, pInWords } from "../words.js";
import { reasonLabel } from "./reasons-picture.js";
import { chanceInWords } from "./reasons-words.js";

interface RowTableProps<R extends RankedRow> {
  readonly rows: readonly R[];
  readonly labels: readonly string[];
  /** From 0. */
  readonly page: number;
  /** Rows with at most this p-value are flagged. */
  readonly flaggedUpTo?: number;
  readonly selected: number | undefined;
  onPage(page: number): void;
  onSelect(row: number): void;
  /** The first reason of a row; absent: there is no column for it. */
  wordsOf?(row: R): ReactNode;
}

const rowsOnPage = 10;

/** The page of the list that a row is on: the first if it is on none. */
export const pageOf = (rows: readonly RankedRow[], selected: number | undefined): number =>
  Math.max(0, Math.floor(rows.findIndex(({ row }) => row === selected) / rowsOnPage));

/** The rows on a page of the list. */
export const onPage = <R extends RankedRow>(rows: readonly R[], page: number): readonly R[] =>
  rows.slice(page * rowsOnPage, (page + 1) * rowsOnPage);

export function RowTable<R extends RankedRow>(props: RowTableProps<R>) {
  const { rows, labels, page, flaggedUpTo = 0, selected, onPage: turnTo, onSelect, wordsOf } = props;
  const pages = Math.ceil(rows.length / rowsOnPage);
  const place = rows.findIndex(({ row }) => row === selected);
  const shown = onPage(rows, page);
  const hasPValues = rows.some(({ pValue }) => pValue !== null);
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
    const next = step === undefined ? undefined : rows[place + step];
    if (next === undefined || step === undefined) return;
    event.preventDefault();
    moves.current = true;
    turnTo(Math.floor((place + step) / rowsOnPage));
    onSelect(next.row);
  };
  return (
    <>
      <div className="scroll">
        <table className="list" onKeyDown={move}>
          <thead>
            <tr>
              <th scope="col">row</th>
              {hasPValues && <th scope="col">p-value</th>}
              <th scope="col" className="density" title="log-density, nats">
                log-density
              </th>
              {labels.map((name) => (
                <th scope="col" key={name} className="label">
                  {name}
                </th>
              ))}
              {wordsOf && (
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
                words={wordsOf?.(one)}
                isFlagged={one.pValue !== null && one.pValue <= flaggedUpTo}
                isSelected={one.row === selected}
                onSelect={onSelect}
              />
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <div className="toolbar">
          <button type="button" disabled={page === 0} onClick={() => turnTo(page - 1)}>
            Stranger
          </button>
          <span className="note">
            {page * rowsOnPage + 1} to {Math.min(rows.length, (page + 1) * rowsOnPage)}
          </span>
          <button type="button" disabled={page === pages - 1} onClick={() => turnTo(page + 1)}>
            Less strange
          </button>
        </div>
      )}
    </>
  );
}

/** A reason in short, with its chance. By surprise. */
export function FirstReason({ reason }: { readonly reason: ShownReason | undefined }) {
  if (!reason) return "no column stands out by itself";
  return (
    <>
      {reasonLabel(reason)} <span className="note chance">({chanceInWords(reason.nats)})</span>
    </>
  );
}

interface LineProps {
  readonly ranked: RankedRow;
  readonly words: ReactNode;
  readonly isFlagged: boolean;
  readonly isSelected: boolean;
  onSelect(row: number): void;
}

function Line({ ranked, words, isFlagged, isSelected, onSelect }: LineProps) {
  const { row, pValue, logProb, labels } = ranked;
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
      <td className="density">{nats(logProb)}</td>
      {labels.map((label, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: labels have no other name, and never move
        <td key={i} className="label">
          {label}
        </td>
      ))}
      {words !== undefined && <td className="words reason">{words}</td>}
    </tr>
  );
}
