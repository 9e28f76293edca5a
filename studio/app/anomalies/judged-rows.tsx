// A table's rows once models that have not seen them have judged them: what is seen, the list, and one row in full.

import type { DetectAnswer, DetectQuestion } from "../../../src/server/studio/detect-answers.js";
import { download, toCsv } from "../../page/save-picture.js";
import { useRoute } from "../route.js";
import { count } from "../words.js";
import { judgedCells, judgedColumns } from "./judged-csv.js";
import { JudgedList } from "./judged-list.js";
import { noChoices } from "./judged-question.js";
import { JudgedRowView } from "./judged-row.js";
import { judgedInWords, rankInWords } from "./judged-words.js";
import { LogDensityFigure } from "./log-density-figure.js";
import { stemOf } from "./row-file.js";

interface JudgedRowsProps {
  readonly question: DetectQuestion;
  readonly answer: DetectAnswer;
}

export function JudgedRows({ question, answer }: JudgedRowsProps) {
  const { parameters, change } = useRoute();
  const { strangest } = answer;
  const wanted = Number(parameters.row);
  // The strangest row opens by itself.
  const judged = strangest.find(({ row }) => row === wanted) ?? strangest[0];
  const save = () =>
    download(
      `${stemOf(question.table)}-strangest.csv`,
      "text/csv",
      toCsv(judgedColumns(answer), judgedCells(answer)),
    );
  return (
    <>
      <section aria-labelledby="seen" className="line">
        <h2 id="seen" className="announcement">
          What is seen
        </h2>
        <p className="lead" role="status">
          {judgedInWords(answer)}
        </p>
        <div className="row wide">
          <div className="choices">
            <p className="note">{rankInWords(answer)}</p>
            <Remarks question={question} answer={answer} />
            <div>
              <button type="button" onClick={save}>
                Save these rows as CSV ({count(strangest.length, "row")})
              </button>
            </div>
          </div>
          <LogDensityFigure answer={answer} marked={judged} />
        </div>
      </section>
      <div className="ranking">
        <JudgedList answer={answer} selected={judged?.row} onSelect={(row) => change({ row: String(row) })} />
        {judged && <JudgedRowView table={question.table} answer={answer} judged={judged} />}
      </div>
    </>
  );
}

/** What was left out, and what was noticed of the table. */
function Remarks({ question, answer }: JudgedRowsProps) {
  const { change } = useRoute();
  const { leftOut, notices } = answer;
  const { exclude = [], types, missing } = question;
  return (
    <>
      {exclude.length > 0 && <p className="note">Left out: {exclude.join(", ")}.</p>}
      {leftOut > 0 && <p className="note">{count(leftOut, "row")} with missing cells left out.</p>}
      {(exclude.length > 0 || types !== undefined || missing !== undefined) && (
        <div>
          <button type="button" onClick={() => change({ ...noChoices, row: undefined })}>
            Judge all columns, taken for what they look like
          </button>
        </div>
      )}
      {notices.length > 0 && (
        <details>
          <summary>What was noticed about the table ({notices.length})</summary>
          <ul>
            {notices.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
