// How the layers of a model bend a grid, one after the other.

import { memo, useCallback, useState } from "react";
import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type { NotShown } from "../../../src/server/studio/jacobian-answers.js";
import type { LayersAnswer } from "../../../src/server/studio/layers-answers.js";
import { Figure } from "../../page/figure.js";
import { LayerPlayer } from "../../page/layer-player.js";
import { drawLayers, layerColumns, layerRows } from "../../page/layers-picture.js";
import { color } from "../../page/palette.js";
import { Choice } from "../pickers.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { layerInWords } from "./layers-words.js";

interface LayersViewProps {
  readonly model: ModelEntry;
  /** Undefined: rows are drawn from the model. */
  readonly table: string | undefined;
}

/** In the address: `x` and `y`, the columns in whose plane the grid lies. */
export function LayersView({ model, table }: LayersViewProps) {
  const { parameters, change } = useRoute();
  const { x, y } = parameters;
  const { answer, problem, isWaiting } = useAnswer<LayersAnswer | NotShown>("layers", {
    ...{ model: model.name, table, x, y },
  });
  if (answer && "notShown" in answer) return <p>{answer.notShown}</p>;
  return (
    <section aria-labelledby="layers">
      <h2 id="layers">What the layers do</h2>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {!answer && isWaiting && <p className="note">Sending a grid through the layers …</p>}
      {answer && (
        <>
          <LayersWords answer={answer} />
          {answer.numeric.length > 2 && (
            <div className="toolbar">
              <Choice
                label="Across"
                value={answer.x}
                options={answer.numeric.filter((name) => name !== answer.y)}
                onChoose={(x) => change({ x, y: answer.y })}
              />
              <Choice
                label="Up"
                value={answer.y}
                options={answer.numeric.filter((name) => name !== answer.x)}
                onChoose={(y) => change({ x: answer.x, y })}
              />
            </div>
          )}
          <MovingLayers key={model.name} answer={answer} />
        </>
      )}
    </section>
  );
}

function LayersWords({ answer }: { readonly answer: LayersAnswer }) {
  const { x, y, heldRow, isProjected, net, rows, areDrawn, stages } = answer;
  const draws = areDrawn ? "draws of the model" : "rows";
  return (
    <p className="note">
      A grid over {x} and {y}, and {rows} {draws}, in the model's units, on their way through{" "}
      {stages.length - 1} {stages.length === 2 ? "layer" : "layers"} to where they should look like draws of a
      simple density.
      {heldRow !== undefined &&
        ` The grid's other columns are held at those of ${areDrawn ? "draw" : "row"} ${heldRow}, a typical one.`}
      {isProjected &&
        " After the first layer, each picture is the plane in which the grid is then most spread out, turned so that it moves least from one layer to the next, with the rows in the middle."}
      {net.count > 1 &&
        ` The model adds up ${net.count} nets; these are the layers of net ${net.number}, which makes up most of the rows' density: ${Math.round(100 * net.share)} % on average.`}
    </p>
  );
}

function MovingLayers({ answer }: { readonly answer: LayersAnswer }) {
  const { stages } = answer;
  const [asked, setPosition] = useState(0);
  const last = stages.length - 1;
  const position = Math.min(asked, last);
  const stage = stages[Math.ceil(position)];
  return (
    <>
      <LayerPlayer last={last} position={position} name={stage.name} onMove={setPosition} />
      <p className="note" aria-live="polite">
        {layerInWords(stage.name)}
      </p>
      <div className="row wide">
        <LayersFigure answer={answer} position={position} />
      </div>
    </>
  );
}

interface LayersFigureProps {
  readonly answer: LayersAnswer;
  readonly position: number;
}

const LayersFigure = memo(function LayersFigure({ answer, position }: LayersFigureProps) {
  const { stages, x, y, isProjected, areDrawn } = answer;
  const stage = stages[Math.ceil(position)];
  const isAtData = position === 0;
  const draw = useCallback(
    () =>
      drawLayers({
        ...{ stages, position, stroke: color(areDrawn ? "model" : "data") },
        ...(isAtData && { labels: [x, y] as const }),
        ...(!isAtData && isProjected && { labels: ["direction 1", "direction 2"] as const }),
      }),
    [stages, position, areDrawn, isAtData, isProjected, x, y],
  );
  const where = isAtData ? "the data" : `after ${stage.name}`;
  return (
    <Figure
      title={isAtData ? "The data" : `After ${stage.name}`}
      file="layers"
      description={`A grid over ${x} and ${y}, and rows: ${where}.`}
      draw={draw}
      data={() => ({ columns: layerColumns, rows: layerRows(stages) })}
    >
      {isProjected && (
        <p className="note">
          {stage.seen > 0.995
            ? "All of the grid is seen."
            : `${(100 * stage.seen).toFixed(0)} % of the grid's variance is seen; the rest lies behind.`}
        </p>
      )}
    </Figure>
  );
});
