// The verdict on two samples: the tests, and the columns that moved.

import { useCallback, useState } from "react";
import { someNames } from "../../../src/data/names.js";
import type { Shift, ShiftedColumn } from "../../../src/drift/index.js";
import type { RowsDrift as Answer, DriftQuestion } from "../../../src/server/studio/drift-answers.js";
import { Figure } from "../../page/figure.js";
import { hrefOf, useRoute } from "../route.js";
import { count, pInWords, secondsInWords, short } from "../words.js";
import { columnRows, columnsHeader, drawColumns, mostDrawn } from "./columns-picture.js";
import { Distribution } from "./distribution.js";

interface RowsDriftProps {
  readonly question: DriftQuestion;
  readonly answer: Answer;
}

export function RowsDrift({ question, answer }: RowsDriftProps) {
  const { shift, distributions, dates, notices } = answer;
  const { parameters, change } = useRoute();
  const { columns } = shift;
  const chosen = columns.find(({ name }) => name === parameters.column) ?? columns[0];
  return (
    <>
      <p className="lead verdict" role="status">
        {verdictOf(shift)}
      </p>
      {dates.length > 0 && question.by === undefined && shift.drift && (
        <p className="remark">
          {dates.join(", ")}{" "}
          {dates.length === 1 ? "holds dates, and they move" : "hold dates, and these move"} on by themselves.
          To leave {dates.length === 1 ? "them" : "one of them"} out, put the new rows in the order of it, and
          compare again.
        </p>
      )}
      {"model" in question.reference && (
        <p className="remark">
          A model keeps no rows, so which columns moved cannot be told beside it. Choose the table that it was
          fitted to as the reference for that.
        </p>
      )}
      <section aria-labelledby="tests">
        <h2 id="tests">Tests</h2>
        <p className="note">
          {shift.tests.length === 1 ? (
            <>A p-value of at most {shift.alpha}, the level, means drift.</>
          ) : (
            <>
              {count(shift.tests.length, "test")} share the level {shift.alpha}: each p-value is adjusted for
              there being so many (Holm), and one that is at most the level means drift.
            </>
          )}{" "}
          A p-value says how often chance alone brings about as much. If nothing had moved, at most{" "}
          {short(100 * shift.alpha, 3)} % of such comparisons would say so.
        </p>
        <TestsTable shift={shift} />
      </section>
      {chosen && (
        <section aria-labelledby="columns">
          <h2 id="columns">Columns</h2>
          <p className="note">
            A column stands out where its score statistic, which sees how it depends on the others too,
            exceeds its threshold; or where its own values differ by themselves. Choose one to see its values.
          </p>
          <div className="row wide">
            <ColumnsFigure columns={columns} />
            <Distribution
              distribution={distributions.find(({ column }) => column === chosen.name)}
              name={chosen.name}
              rows={[shift.referenceRows, shift.currentRows]}
            />
          </div>
          <ColumnsTable columns={columns} chosen={chosen.name} onChoose={(column) => change({ column })} />
        </section>
      )}
      {notices.map((text) => (
        <p className="note" key={text}>
          {text}
        </p>
      ))}
      {"model" in question.reference && (
        <p>
          <a href={hrefOf("anomalies", { model: question.reference.model, table: question.table })}>
            Which of the new rows are strange?
          </a>
        </p>
      )}
    </>
  );
}

/** Columns that the verdict names. */
const mostNamed = 12;

function verdictOf({ drift, alpha, tests, columns, referenceRows, currentRows, seconds }: Shift): string {
  const smallest = pInWords(Math.min(...tests.map(({ adjusted }) => adjusted)));
  const moved = columns.filter(({ moved }) => moved).map(({ name }) => name);
  const which =
    !drift || columns.length === 0
      ? ""
      : moved.length === 0
        ? " No single column stands out."
        : ` Moved: ${someNames(moved, mostNamed)}.`;
  return (
    `${drift ? "Drift: the new rows are not like the reference" : "No drift was found"} ` +
    `(smallest adjusted p ${smallest.startsWith("<") ? smallest : `= ${smallest}`}, level ${alpha}; ` +
    `${count(referenceRows, "row")} and ${currentRows.toLocaleString("en")}, ${secondsInWords(Math.max(1, seconds))}).${which}`
  );
}

function TestsTable({ shift: { tests } }: { readonly shift: Shift }) {
  return (
    <div className="scroll">
      <table className="tests">
        <thead>
          <tr>
            <th scope="col">test</th>
            <th scope="col">adjusted p</th>
            <th scope="col">p</th>
            <th scope="col">rows</th>
            <th scope="col" className="words">
              what it looks at
            </th>
          </tr>
        </thead>
        <tbody>
          {tests.map(({ name, summary, pValue, adjusted, rejected, rows }) => (
            <tr key={name} data-rejected={rejected}>
              <th scope="row">{name}</th>
              <td className={rejected ? "flagged" : undefined}>
                {pInWords(adjusted)}
                {rejected && <span className="announcement"> rejected</span>}
              </td>
              <td>{pInWords(pValue)}</td>
              <td>{rows.map((n) => n.toLocaleString("en")).join(" and ")}</td>
              <td className="words">{summary}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ColumnsFigure({ columns }: { readonly columns: readonly ShiftedColumn[] }) {
  const draw = useCallback(() => drawColumns(columns), [columns]);
  const moved = columns.filter((column) => column.moved).length;
  return (
    <Figure
      title="Score statistic over its threshold"
      file="drift-columns"
      description={`Of ${count(columns.length, "column")} the statistic by its threshold, the most conspicuous first; ${moved} moved.`}
      draw={draw}
      data={() => ({ columns: columnsHeader, rows: columnRows(columns) })}
    >
      <p className="note">
        To the right of the line: beyond the threshold. In colour: moved, by that or by its own values; what
        is beyond and grey follows from the columns above it.{" "}
        {columns.length > mostDrawn && `The first ${mostDrawn} of ${columns.length}; all are in the CSV.`}
      </p>
    </Figure>
  );
}

const fewListed = 20;
const mostListed = 200;

interface ColumnsTableProps {
  readonly columns: readonly ShiftedColumn[];
  readonly chosen: string;
  onChoose(name: string): void;
}

function ColumnsTable({ columns, chosen, onChoose }: ColumnsTableProps) {
  const [isWhole, setWhole] = useState(false);
  const listed = columns.slice(0, isWhole ? mostListed : fewListed);
  return (
    <>
      <div className="scroll">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">column</th>
              <th scope="col">moved</th>
              <th scope="col" title="p-value of the column by itself">
                p alone
              </th>
              <th scope="col" className="words">
                change
              </th>
            </tr>
          </thead>
          <tbody>
            {listed.map(({ name, moved, marginalPValue, words }) => (
              <tr key={name} className={name === chosen ? "selected" : undefined} data-moved={moved}>
                <th scope="row">
                  <button type="button" aria-pressed={name === chosen} onClick={() => onChoose(name)}>
                    {name}
                  </button>
                </th>
                <td className={moved ? "flagged" : undefined}>{moved ? "yes" : "no"}</td>
                <td>{pInWords(marginalPValue)}</td>
                <td className="words">{words}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {columns.length > fewListed && !isWhole && (
        <div>
          <button type="button" onClick={() => setWhole(true)}>
            Show {Math.min(mostListed, columns.length) - fewListed} more
          </button>
        </div>
      )}
      {isWhole && columns.length > mostListed && (
        <p className="note">
          The first {mostListed} of {count(columns.length, "column")}; all are in the picture’s CSV.
        </p>
      )}
    </>
  );
}
