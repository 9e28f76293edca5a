// The figures of a run, as they grow.

import { memo, useCallback, useState } from "react";
import type { NetState, RunResult } from "../../../src/server/studio/fit-answers.js";
import { Figure } from "../../page/figure.js";
import { Choice } from "../pickers.js";
import { nats } from "../words.js";
import {
  curveColumns,
  curveRows,
  gradientPicture,
  layerColumns,
  layerRows,
  layersPicture,
  likelihoodPicture,
  ratePicture,
} from "./curve-pictures.js";
import { drawLines } from "./lines-picture.js";

interface RunCurvesProps {
  readonly nets: readonly NetState[];
  readonly result: RunResult | undefined;
}

export const RunCurves = memo(function RunCurves({ nets, result }: RunCurvesProps) {
  const [chosen, setChosen] = useState("");
  const shown = nets[chosen === "" ? nets.length - 1 : Number(chosen)] ?? nets[nets.length - 1];
  const drawLikelihood = useCallback(() => drawLines(likelihoodPicture(nets, result)), [nets, result]);
  const drawGradient = useCallback(() => drawLines(gradientPicture(nets)), [nets]);
  const drawRate = useCallback(() => drawLines(ratePicture(nets)), [nets]);
  const drawLayers = useCallback(() => drawLines(layersPicture(shown)), [shown]);
  const data = () => ({ columns: curveColumns, rows: curveRows(nets) });
  const names = nets.map(({ setting }) => setting).join("; ");
  const first = shown.points.at(-1);
  return (
    <div className="row wide">
      <Figure
        title="Negative log-likelihood"
        file="learning-curves"
        description={`Held-out and training rows against steps, one pair of lines a net: ${names}.`}
        draw={drawLikelihood}
        data={data}
      >
        <p className="note">
          How badly each net expects rows: held-out ones solid, training ones dashed, the best moment ringed.
          Where the solid line rises while the dashed one falls, a net learns its rows by heart; its best
          moment counts.
        </p>
      </Figure>
      <Figure
        title="Gradient norm"
        file="gradient-norm"
        description={`The length of the last step's gradient against steps, one line a net: ${names}.`}
        draw={drawGradient}
        data={data}
      >
        <p className="note">
          How strongly the last batch pulled at the net. It should fall, or stay level, not grow without end.
        </p>
      </Figure>
      <Figure
        title="Volume change, layer by layer"
        file="log-det-per-layer"
        description={`Mean log determinant of each of ${shown.layers.length} layers against steps.`}
        draw={drawLayers}
        data={() => ({ columns: layerColumns, rows: layerRows(shown) })}
      >
        {nets.length > 1 && (
          <Choice
            label="Net"
            value={chosen}
            options={["", ...nets.map((_, i) => String(i))]}
            words={{
              "": "the newest",
              ...Object.fromEntries(nets.map((net, i) => [i, `${i + 1}: ${net.setting}`])),
            }}
            onChoose={setChosen}
          />
        )}
        <p className="note">
          The log-determinant of each layer, numbered from the data on: above 0 it stretches the held-out rows
          apart, below it draws them together
          {first && first.logDets.length > 0 && `; all together ${nats(sum(first.logDets))} nats`}. Columns
          are standardised here.{" "}
          {shown.mixed > 1 && `Of the ${shown.mixed} nets in this mixture, the first is shown.`}
        </p>
      </Figure>
      <Figure
        title="Learning rate"
        file="learning-rate"
        description={`The size of the steps against steps, one line a net: ${names}.`}
        draw={drawRate}
        data={data}
      >
        <p className="note">The size of the steps: it rises briefly, then falls to nothing.</p>
      </Figure>
    </div>
  );
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
