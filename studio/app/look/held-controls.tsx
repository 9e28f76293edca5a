// Where the other columns are held: a slider and a number for each, or a list of categories.

import { useEffect, useRef, useState } from "react";
import type { LookColumn, LookModel, LookRow } from "../../../src/server/studio/look-answers.js";
import { useRoute } from "../route.js";
import { nats, short } from "../words.js";

interface HeldControlsProps {
  readonly facts: LookModel;
  /** Columns of the picture. */
  readonly shown: readonly (string | undefined)[];
  /** The row that they are held at; undefined: the typical one. */
  readonly row: LookRow | undefined;
  /** What has been changed. */
  readonly cells: Readonly<Record<string, number>>;
}

/** Columns whose sliders are seen at first, and at most. */
const firstColumns = 12;
const mostColumns = 60;

export function HeldControls({ facts, shown, row, cells }: HeldControlsProps) {
  const { change } = useRoute();
  const [search, setSearch] = useState("");
  const others = facts.columns.flatMap((column, d) => (shown.includes(column.name) ? [] : [{ column, d }]));
  const [first, rest] = [others.slice(0, firstColumns), others.slice(firstColumns)];
  const found = rest.filter(({ column }) => column.name.toLowerCase().includes(search.toLowerCase()));
  const isChanged = Object.keys(cells).length > 0;
  const set = (name: string, value: number) => change({ set: JSON.stringify({ ...cells, [name]: value }) });
  const control = ({ column, d }: (typeof others)[number]) => (
    <HeldColumn
      key={column.name}
      column={column}
      value={cells[column.name] ?? row?.cells[d]?.value ?? column.typical}
      onChange={(value) => set(column.name, value)}
    />
  );
  const missing = row?.cells.filter(({ name, value }) => value === null && !shown.includes(name)) ?? [];
  return (
    <fieldset>
      <legend>Held at</legend>
      <p className="note">
        {row
          ? `The cells of row ${row.row.toLocaleString("en")}`
          : `The densest of 256 rows that the model drew (${nats(facts.typicalLogProb)} nats)`}
        {isChanged ? ", with your changes." : "."}
        {missing.length > 0 &&
          ` It misses ${missing.map(({ name }) => name).join(", ")}: held as in a dense row that the model drew.`}
      </p>
      {first.map(control)}
      {rest.length > 0 && (
        <details>
          <summary>
            {rest.length} more {rest.length === 1 ? "column" : "columns"}
          </summary>
          <div className="controls">
            {rest.length > firstColumns && (
              <label>
                Find
                <input type="search" value={search} onChange={({ target }) => setSearch(target.value)} />
              </label>
            )}
            {found.slice(0, mostColumns).map(control)}
            {found.length > mostColumns && (
              <p className="note">{found.length - mostColumns} more: find them by their names.</p>
            )}
          </div>
        </details>
      )}
      {isChanged && (
        <button type="button" onClick={() => change({ set: undefined })}>
          Undo the changes
        </button>
      )}
    </fieldset>
  );
}

interface HeldColumnProps {
  readonly column: LookColumn;
  readonly value: number;
  onChange(value: number): void;
}

/** Milliseconds that a slider must rest before the model is asked. */
const rest = 120;

function HeldColumn({ column, value, onChange }: HeldColumnProps) {
  const { name, isCategorical, categories, from, to, step } = column;
  // While it moves, the address lags behind.
  const [moving, setMoving] = useState<number>();
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = (next: number) => {
    if (!Number.isFinite(next)) return;
    setMoving(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setMoving(undefined);
      onChange(next);
    }, rest);
  };
  const shown = moving ?? value;
  if (isCategorical) {
    const isListed = categories.some((one) => one.value === shown);
    return (
      <label className="held">
        <span>{name}</span>
        <select value={shown} onChange={({ target }) => onChange(Number(target.value))}>
          {!isListed && <option value={shown}>another</option>}
          {categories.map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
    );
  }
  return (
    <div className="held">
      <span>{name}</span>
      <input
        type="range"
        aria-label={name}
        min={Math.min(from, shown)}
        max={Math.max(to, shown)}
        step={step ?? (to - from) / 200}
        value={shown}
        onChange={({ target }) => move(target.valueAsNumber)}
      />
      <input
        type="number"
        aria-label={`${name}, as a number`}
        step="any"
        value={Number(short(shown, 6))}
        onChange={({ target }) => move(target.valueAsNumber)}
      />
    </div>
  );
}
