// How each run's layers bend a grid, one layer after the other: a slider, and a button that moves it.

import { useCallback, useEffect, useState } from "react";
import { Figure } from "../page/figure.js";
import { drawLayers, layerRows } from "./layers-picture.js";
import { runColors } from "./run-colors.js";
import type { Stage } from "./stage.js";
import type { Run } from "./use-runs.js";

/** Layers a second. */
const speed = 1.2;

export function LayersView({ runs }: { readonly runs: readonly Run[] }) {
  const [position, setPosition] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const last = Math.max(...runs.map(({ snapshot }) => (snapshot?.stages.length ?? 1) - 1));

  useEffect(() => {
    if (!isPlaying) return;
    let frame = 0;
    let before = performance.now();
    const move = (now: number) => {
      const passed = (now - before) / 1000;
      before = now;
      setPosition((at) => Math.min(last, at + speed * passed));
      frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, last]);
  useEffect(() => {
    if (position >= last) setPlaying(false);
  }, [position, last]);

  const play = () => {
    if (position >= last) setPosition(0);
    setPlaying(!isPlaying);
  };
  const stages = runs.find(({ snapshot }) => snapshot)?.snapshot?.stages ?? [];
  const name = stages[Math.min(stages.length - 1, Math.ceil(position))]?.name;
  return (
    <section aria-labelledby="layers">
      <h2 id="layers">What the layers do</h2>
      <p className="note">
        A square grid and held-out rows, in standard deviations, on their way through the flow to its base
        density.
      </p>
      <div className="player">
        <button type="button" onClick={play}>
          {isPlaying ? "Hold" : "Play"}
        </button>
        <label>
          <span>Layer</span>
          <input
            type="range"
            min={0}
            max={last}
            step={0.01}
            value={position}
            aria-valuetext={name}
            onKeyDown={(event) => {
              const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
              if (by === undefined) return;
              event.preventDefault();
              setPlaying(false);
              setPosition((at) =>
                Math.max(0, Math.min(last, (by > 0 ? Math.floor(at) : Math.ceil(at)) + by)),
              );
            }}
            onChange={({ target }) => {
              setPlaying(false);
              setPosition(target.valueAsNumber);
            }}
          />
        </label>
        <output>{position === 0 ? "the data" : `after ${name}`}</output>
      </div>
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
  const draw = useCallback(() => drawLayers(stages, position, stroke), [stages, position, stroke]);
  const name = stages[Math.ceil(position)].name;
  return (
    <Figure
      title={`${rule}: ${position === 0 ? "the data" : name}`}
      file={`layers-${rule}`}
      description={`A grid and rows of data after ${name} of the flow trained with ${rule}.`}
      draw={draw}
      data={() => ({ columns: ["stage", "kind", "z1", "z2"], rows: layerRows(stages) })}
    />
  );
}
