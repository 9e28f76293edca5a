// The figure of the learning curves, against steps or seconds.

import { useCallback } from "react";
import { Figure } from "../page/figure.js";
import { type CurvesPicture, curveColumns, curveRows, drawCurves, measures } from "./curves-picture.js";
import { runColors } from "./run-colors.js";
import type { Run } from "./use-runs.js";

const inTitle = (words: string) => words[0].toUpperCase() + words.slice(1);

interface CurvesFigureProps extends Omit<CurvesPicture, "curves"> {
  readonly runs: readonly Run[];
}

export function CurvesFigure({ runs, against, measure, entropy }: CurvesFigureProps) {
  const picture = useCallback(
    (): CurvesPicture => ({
      curves: runs.map(({ rule, readings }, i) => ({ rule, readings, color: runColors[i] })),
      ...{ against, measure, entropy },
    }),
    [runs, against, measure, entropy],
  );
  const draw = useCallback(() => drawCurves(picture()), [picture]);
  const axis = against === "step" ? "steps" : "seconds";
  return (
    <Figure
      title={`${inTitle(measures[measure])} against ${axis}`}
      file={`curves-${measure}-${axis}`}
      description={`${measures[measure]} of ${runs.map(({ rule }) => rule).join(" and ")}, against ${axis}.`}
      draw={draw}
      data={() => ({ columns: curveColumns, rows: curveRows(picture()) })}
    />
  );
}
