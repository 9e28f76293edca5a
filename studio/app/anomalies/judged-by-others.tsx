// A table that no model has been chosen for: each row is judged by a model that was fitted to others.

import type { DetectAnswer } from "../../../src/server/studio/detect-answers.js";
import { ProgressLine } from "../progress-line.js";
import { useRoute } from "../route.js";
import { usePieces } from "../use-pieces.js";
import { questionIn } from "./judged-question.js";
import { JudgedRows } from "./judged-rows.js";

export function JudgedByOthers({ table }: { readonly table: string }) {
  const { parameters } = useRoute();
  const question = questionIn(parameters, table);
  const { result, progress, problem, isWaiting, stop, again } = usePieces<DetectAnswer>("detect", question);
  if (result) return <JudgedRows key={JSON.stringify(question)} question={question} answer={result} />;
  return (
    <>
      {isWaiting && (
        <>
          <p className="lead">
            The rows of {table} are cut in two halves at random, and each half is judged by a model that is
            fitted to the other: a model that has learned from a row finds it more usual than it is. Small
            tables take a minute or less, large ones longer.
          </p>
          <ProgressLine progress={progress} text={`Reading ${table}`} onStop={stop} />
        </>
      )}
      {problem !== undefined && (
        <>
          <p className="problem" role="alert">
            {problem}
          </p>
          <div>
            <button type="button" onClick={again}>
              Judge the rows again
            </button>
          </div>
        </>
      )}
    </>
  );
}
