// The figure of a row's reasons.

import { useCallback, useMemo } from "react";
import type { ShownReason } from "../../../src/server/studio/anomalies-answers.js";
import { Figure } from "../../page/figure.js";
import { count } from "../words.js";
import { drawReasons, reasonColumns, reasonRows } from "./reasons-picture.js";

/** What is asked for where nobody says by which method, and what detections use. */
export const defaultMethod = "surprise";
/** Bars that are drawn in any case; of the others those alone that can be seen. */
const firstBars = 4;
const leastNats = 0.05;

interface ReasonsFigureProps {
  readonly row: number;
  readonly method: string;
  readonly reasons: readonly ShownReason[];
  readonly file: string;
}

export function ReasonsFigure({ row, method, reasons, file }: ReasonsFigureProps) {
  const drawn = useMemo(
    () => reasons.filter(({ nats }, i) => i < firstBars || Math.abs(nats) >= leastNats),
    [reasons],
  );
  const draw = useCallback(() => drawReasons(drawn), [drawn]);
  const first = reasons[0];
  const usual = reasons.length - drawn.length;
  return (
    <Figure
      title={`Reasons of row ${row}, nats per column`}
      file={`${file}-reasons`}
      description={`Bars of ${count(drawn.length, "column")}, the strangest first${first ? `: ${first.column} with ${first.nats.toFixed(1)} nats` : ""}.`}
      draw={draw}
      data={() => ({ columns: reasonColumns, rows: reasonRows(reasons) })}
    >
      <p className="note">
        The longer the bar, the stranger the cell
        {method === defaultMethod
          ? ": 3 nats is what one value in 20 reaches by chance, 4.6 one in 100, 6.9 one in 1,000."
          : "; bars to the left make the row more usual."}
        {usual > 0 && ` In ${count(usual, "more column")} the cell is as expected.`}
      </p>
    </Figure>
  );
}
