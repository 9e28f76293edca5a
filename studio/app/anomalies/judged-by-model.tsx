// A table whose rows a model judges that was fitted before.

import type { AnomaliesAnswer, AnomaliesQuestion } from "../../../src/server/studio/anomalies-answers.js";
import { ProgressLine } from "../progress-line.js";
import { usePieces } from "../use-pieces.js";
import { StrangeRows } from "./strange-rows.js";

export function JudgedByModel({ question }: { readonly question: AnomaliesQuestion }) {
  const { result, progress, problem } = usePieces<AnomaliesAnswer>("anomalies", question);
  if (result) return <StrangeRows key={JSON.stringify(question)} question={question} answer={result} />;
  if (problem === undefined) return <ProgressLine progress={progress} text="Scoring the rows" />;
  return (
    <p className="problem" role="alert">
      {problem}
    </p>
  );
}
