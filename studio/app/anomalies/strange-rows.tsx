// A table's rows once they are scored: what is seen, where to draw the line, the list, and one row in full.

import { useCallback, useMemo } from "react";
import type { AnomaliesAnswer, AnomaliesQuestion } from "../../../src/server/studio/anomalies-answers.js";
import { hrefOf, useRoute } from "../route.js";
import { useDraft } from "../use-draft.js";
import { count, nats } from "../words.js";
import { type Decision, decide, decisionInWords, firstRate, type Way } from "./decision.js";
import { judgedBy } from "./judged-question.js";
import { PValuesFigure } from "./p-values-figure.js";
import { RankedList } from "./ranked-list.js";
import { RowView } from "./row-view.js";
import { SaveFlagged } from "./save-flagged.js";
import { Threshold } from "./threshold.js";

interface StrangeRowsProps {
  readonly question: AnomaliesQuestion;
  readonly answer: AnomaliesAnswer;
}

export function StrangeRows({ question, answer }: StrangeRowsProps) {
  const { parameters, change } = useRoute();
  const way: Way = parameters.decide === "fdr" ? "fdr" : "alpha";
  const given = Number(parameters[way]);
  const settle = useCallback(
    (next: number) => change({ [way]: String(Number(next.toPrecision(6))) }),
    [change, way],
  );
  const [rate, onRate] = useDraft(given > 0 && given <= 1 ? given : firstRate(answer, way), settle);
  const decision = useMemo(() => decide(answer, way, rate), [answer, way, rate]);
  const wanted = Number(parameters.row);
  // The strangest row opens by itself. Any row may be asked for, also one that is not in the list.
  const row = Number.isSafeInteger(wanted) && wanted > 0 ? wanted : answer.strangest[0]?.row;
  const isCalibrated = answer.calibrationRows > 0;
  return (
    <>
      {isCalibrated ? (
        <section aria-labelledby="seen" className="line">
          <h2 id="seen" className="announcement">
            What is flagged
          </h2>
          <p className="lead" role="status">
            {decisionInWords(answer, decision)}
          </p>
          <div className="row wide">
            <div className="choices">
              <Threshold
                answer={answer}
                decision={decision}
                onWay={(next) => change({ decide: next === "fdr" ? "fdr" : undefined })}
                onRate={onRate}
              />
              <Meaning answer={answer} />
              <SaveFlagged question={question} decision={decision} />
            </div>
            <PValuesFigure answer={answer} threshold={decision.threshold} />
          </div>
        </section>
      ) : (
        <p className="lead">
          {count(answer.rows, "row")}, the least likely first. This model has no p-values: no rows were set
          apart for them when it was fitted.{" "}
          <a href={hrefOf("fit", { table: question.table })}>Fit it again</a> with calibration rows to see how
          many of the strange rows are false alarms.
        </p>
      )}
      <Remarks question={question} answer={answer} />
      <div className="ranking">
        <RankedList
          question={question}
          answer={answer}
          flaggedUpTo={decision.threshold}
          selected={row}
          onSelect={(next) => change({ row: String(next) })}
        />
        {row !== undefined && (
          <RowView question={question} row={row} ranked={rankOf(answer, row, decision)} />
        )}
      </div>
    </>
  );
}

/** What is known of a row from the list. */
function rankOf({ strangest }: AnomaliesAnswer, row: number, { threshold }: Decision) {
  const place = strangest.findIndex((one) => one.row === row);
  const { pValue = null, labels = [] } = strangest[place] ?? {};
  return { place, pValue, labels, isFlagged: pValue !== null && pValue <= threshold };
}

function Meaning({ answer }: Pick<StrangeRowsProps, "answer">) {
  const { calibrationRows, statistic, levels } = answer;
  return (
    <p className="note">
      A row’s p-value is the share of normal rows that are at least as strange, counted among{" "}
      {count(calibrationRows, "row")} that the model was not fitted to; the smallest there can be is 1 in{" "}
      {(calibrationRows + 1).toLocaleString("en")}
      {levels[0]?.rows > 1 && `, which ${levels[0].rows.toLocaleString("en")} rows have`}.
      {statistic && ` How strange: ${statistic.summary} (“${statistic.name}”).`}
    </p>
  );
}

/** What should be known before the list is believed. */
function Remarks({ question, answer }: StrangeRowsProps) {
  const { isSource, leftOut, meanLogProb, heldOutLogProb, notices, rows } = answer;
  const isOther = !isSource && rows >= 20 && meanLogProb < heldOutLogProb - 3;
  return (
    <>
      {isSource && (
        <p className="remark">
          The model was fitted to this table. p-values are for new rows: a row that the model has learned from
          looks more usual to it than it is.{" "}
          <a href={hrefOf("anomalies", judgedBy({ table: question.table }))}>
            Judge each row by a model that has not seen it
          </a>
          .
        </p>
      )}
      {isOther && (
        <p className="remark">
          On the whole these rows are less likely than those of the fit: {nats(meanLogProb)} nats a row, where{" "}
          {nats(heldOutLogProb)} were expected.{" "}
          <a href={hrefOf("drift", { ...question })}>Has the data drifted?</a>
        </p>
      )}
      {leftOut > 0 && (
        <p className="note">
          {count(leftOut, "row")} with missing cells left out: this model was fitted to complete rows.
        </p>
      )}
      {notices.map((text) => (
        <p className="note" key={text}>
          {text}
        </p>
      ))}
    </>
  );
}
