// A slider over a flow's layers, and a button that moves it.

import { useEffect, useRef, useState } from "react";

/** Layers a second. */
const speed = 1.2;

interface LayerPlayerProps {
  /** The last stage; the first is 0. */
  readonly last: number;
  /** A number between the two. */
  readonly position: number;
  /** What the layer that is being applied is called. */
  readonly name: string | undefined;
  onMove(position: number): void;
}

/** Arrow keys go from layer to layer. */
export function LayerPlayer({ last, position, name, onMove }: LayerPlayerProps) {
  const [isPlaying, setPlaying] = useState(false);
  const now = useRef({ position, onMove });
  now.current = { position, onMove };

  useEffect(() => {
    if (!isPlaying) return;
    let frame = 0;
    let before = performance.now();
    const move = (time: number) => {
      const passed = (time - before) / 1000;
      before = time;
      const next = Math.min(last, now.current.position + speed * passed);
      now.current.onMove(next);
      if (next >= last) setPlaying(false);
      else frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, last]);

  const play = () => {
    if (position >= last) onMove(0);
    setPlaying(!isPlaying);
  };
  const moveTo = (next: number) => {
    setPlaying(false);
    onMove(Math.max(0, Math.min(last, next)));
  };
  return (
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
            moveTo((by > 0 ? Math.floor(position) : Math.ceil(position)) + by);
          }}
          onChange={({ target }) => moveTo(target.valueAsNumber)}
        />
      </label>
      <output>{position === 0 ? "the data" : `after ${name}`}</output>
    </div>
  );
}
