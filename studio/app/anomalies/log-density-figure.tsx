// The figure of the log-densities.

import { memo, useCallback } from "react";
import type { DetectAnswer, JudgedRow } from "../../../src/server/studio/detect-answers.js";
import { Figure } from "../../page/figure.js";
import { count, nats } from "../words.js";
import { drawLogDensities, logDensityColumns, logDensityRows } from "./log-density-picture.js";

interface LogDensityFigureProps {
  readonly answer: DetectAnswer;
  readonly marked: JudgedRow | undefined;
}

export const LogDensityFigure = memo(({ answer, marked }: LogDensityFigureProps) => {
  const { histogram, quantiles, rows } = answer;
  const at = (wanted: number) => quantiles.find(({ share }) => share === wanted)?.logProb ?? Number.NaN;
  const median = at(0.5);
  const draw = useCallback(
    () => drawLogDensities({ histogram, median, marked }),
    [histogram, median, marked],
  );
  const { below } = histogram;
  return (
    <Figure
      title="Log-densities of all rows"
      file="log-densities"
      description={`Histogram of the log-densities of ${rows} rows: half have ${nats(median)} nats or more${marked ? `, row ${marked.row} has ${nats(marked.logProb)}` : ""}.`}
      draw={draw}
      data={() => ({ columns: logDensityColumns, rows: logDensityRows({ histogram }) })}
    >
      <p className="note">
        How likely the models find each row. The further left, the stranger: one nat less is e = 2.7 times
        less likely.
        {below > 0 &&
          ` ${count(below, "row")} ${below === 1 ? "lies" : "lie"} further left, down to ${nats(at(0))}.`}
      </p>
    </Figure>
  );
});
