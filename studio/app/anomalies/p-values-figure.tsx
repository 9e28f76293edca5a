// The figure of the p-values.

import { memo, useCallback } from "react";
import type { AnomaliesAnswer } from "../../../src/server/studio/anomalies-answers.js";
import { Figure } from "../../page/figure.js";
import { drawPValues, pValueColumns, pValueRows } from "./p-values-picture.js";

interface PValuesFigureProps {
  readonly answer: AnomaliesAnswer;
  readonly threshold: number;
}

export const PValuesFigure = memo(({ answer, threshold }: PValuesFigureProps) => {
  const { histogram: bars } = answer;
  const draw = useCallback(() => drawPValues({ bars, threshold }), [bars, threshold]);
  return (
    <Figure
      title="p-values of all rows"
      file="p-values"
      description={`Histogram of the p-values of ${answer.rows} rows in ${bars.length} bars; dashed: what rows would give that are all normal.`}
      draw={draw}
      data={() => ({ columns: pValueColumns, rows: pValueRows({ bars, threshold }) })}
    >
      <p className="note">
        Dashed: what a table of normal rows would give. More rows than that at the left end: strange ones.
      </p>
    </Figure>
  );
});
