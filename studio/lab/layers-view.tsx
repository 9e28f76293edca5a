// How each run's layers bend a grid, one layer after the other.

import { useCallback, useState } from "react";
import { Figure } from "../page/figure.js";
import { LayerPlayer } from "../page/layer-player.js";
import { drawLayers, layerColumns, layerRows } from "../page/layers-picture.js";
import type { Stage } from "../page/stage.js";
import { runColors } from "./run-colors.js";
import type { Run } from "./use-runs.js";

export function LayersView({ runs }: { readonly runs: readonly Run[] }) {
  const [position, setPosition] = useState(0);
  const last = Math.max(...runs.map(({ snapshot }) => (snapshot?.stages.length ?? 1) - 1));
  const stages = runs.find(({ snapshot }) => snapshot)?.snapshot?.stages ?? [];
  const name = stages[Math.min(stages.length - 1, Math.ceil(position))]?.name;
  return (
    <section aria-labelledby="layers">
      <h2 id="layers">What the layers do</h2>
      <p className="note">
        A square grid and held-out rows, in standard deviations, on their way through the flow to its base
        density.
      </p>
      <LayerPlayer last={last} position={position} name={name} onMove={setPosition} />
      <div className="row">
        {runs.map(
          ({ rule, snapshot }, i) =>
            snapshot && (
              <LayersFigure
                // biome-ignore lint/suspicious/noArrayIndexKey: both runs may have one rule
                key={i}
                rule={rule}
                stages={snapshot.stages}
                position={Math.min(position, snapshot.stages.length - 1)}
                stroke={runColors[i]}
              />
            ),
        )}
      </div>
    </section>
  );
}

interface LayersFigureProps {
  readonly rule: string;
  readonly stages: readonly Stage[];
  readonly position: number;
  readonly stroke: string;
}

function LayersFigure({ rule, stages, position, stroke }: LayersFigureProps) {
  const draw = useCallback(() => drawLayers({ stages, position, stroke }), [stages, position, stroke]);
  const name = stages[Math.ceil(position)].name;
  return (
    <Figure
      title={`${rule}: ${position === 0 ? "the data" : name}`}
      file={`layers-${rule}`}
      description={`A grid and rows of data after ${name} of the flow trained with ${rule}.`}
      draw={draw}
      data={() => ({ columns: layerColumns, rows: layerRows(stages) })}
    />
  );
}
