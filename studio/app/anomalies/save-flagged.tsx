// The flagged rows as a file.

import { useState } from "react";
import type { AnomaliesQuestion, FlaggedQuestion } from "../../../src/server/studio/anomalies-answers.js";
import { download } from "../../page/save-picture.js";
import { askForText } from "../ask.js";
import { count } from "../words.js";
import type { Decision } from "./decision.js";

interface SaveFlaggedProps {
  readonly question: AnomaliesQuestion;
  readonly decision: Decision;
}

export function SaveFlagged({ question, decision: { flagged, threshold } }: SaveFlaggedProps) {
  const [problem, setProblem] = useState<string>();
  const [isWaiting, setIsWaiting] = useState(false);
  const save = async () => {
    setIsWaiting(true);
    try {
      const flaggedRows: FlaggedQuestion = { ...question, threshold };
      const name = question.table.replace(/^.*\//, "").replace(/\..*$/, "");
      download(`${name}-flagged.csv`, "text/csv", await askForText("anomalies/flagged", flaggedRows));
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setIsWaiting(false);
    }
  };
  return (
    <div>
      <button type="button" disabled={flagged === 0} onClick={() => void save()}>
        Save the flagged rows as CSV{flagged > 0 && ` (${count(flagged, "row")})`}
      </button>
      {isWaiting && (
        <span className="note" role="status">
          {" "}
          Writing …
        </span>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
