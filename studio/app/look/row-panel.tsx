// One row in full: its cells and how likely the model finds it.

import { useState } from "react";
import type { LookRow } from "../../../src/server/studio/look-answers.js";
import { hrefOf, useRoute } from "../route.js";
import { count, nats, percent } from "../words.js";

interface RowPanelProps {
  readonly model: string;
  readonly table: string | undefined;
  readonly row: number | undefined;
  readonly answer: LookRow | undefined;
  readonly problem: string | undefined;
  /** Whether the other columns are held, and whether there are any. */
  readonly isHeld: boolean;
  /** Whether the picture has points, a row each. */
  readonly hasPoints: boolean;
  readonly canHold: boolean;
}

/** Cells that are shown at first. */
const firstCells = 16;

export function RowPanel({ model, table, row, answer, problem, isHeld, hasPoints, canHold }: RowPanelProps) {
  const { change } = useRoute();
  const [typed, setTyped] = useState("");
  return (
    <fieldset>
      <legend>{row === undefined ? "A row" : `Row ${row.toLocaleString("en")}`}</legend>
      <form
        className="find"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed !== "") change({ row: typed });
        }}
      >
        <label>
          Number
          <input
            type="number"
            min={1}
            step={1}
            value={typed}
            placeholder={row === undefined ? "" : String(row)}
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
        <button type="submit">Show</button>
        {row !== undefined && (
          <button
            type="button"
            onClick={() => {
              setTyped("");
              change({ row: undefined, set: undefined });
            }}
          >
            None
          </button>
        )}
      </form>
      {row === undefined && (
        <p className="note">
          {hasPoints ? "Choose a point in the picture, or type" : "Type"} the number of a row, to see all of
          it.
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {answer && (
        <>
          <p>{likelihoodInWords(answer)}</p>
          <Cells key={row} answer={answer} />
          <div className="links">
            {canHold && !isHeld && (
              <button type="button" onClick={() => change({ others: "held", set: undefined })}>
                Hold the others at this row
              </button>
            )}
            {table !== undefined && (
              <a href={hrefOf("anomalies", { model, table, row: String(row) })}>
                The strangest rows, and why
              </a>
            )}
          </div>
        </>
      )}
    </fieldset>
  );
}

/** "Log-density −3.20 nats: less likely than 97 % of 2,000 rows that the model drew." */
function likelihoodInWords({ cells, logProb, lessLikely, draws }: LookRow): string {
  const value = `Log-density ${nats(logProb)} nats`;
  if (cells.some((cell) => cell.value === null))
    return `${value}, of the cells that it has: that of a complete row is another measure.`;
  const among = `${count(draws, "row")} that the model drew`;
  if (lessLikely === 0) return `${value}: less likely than each of ${among}.`;
  if (lessLikely === 1) return `${value}: more likely than each of ${among}.`;
  return lessLikely < 0.5
    ? `${value}: less likely than ${percent(1 - lessLikely)} of ${among}.`
    : `${value}: more likely than ${percent(lessLikely)} of ${among}.`;
}

function Cells({ answer: { cells } }: { readonly answer: LookRow }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? cells : cells.slice(0, firstCells);
  return (
    <>
      <div className="scroll">
        <table className="cells">
          <tbody>
            {shown.map(({ name, text }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cells.length > shown.length && (
        <button type="button" onClick={() => setWhole(true)}>
          {cells.length - shown.length} more columns
        </button>
      )}
    </>
  );
}
