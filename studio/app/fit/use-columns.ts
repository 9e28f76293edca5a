// The columns of the chosen table, as the reader's choices make them.

import { useCallback, useMemo, useRef, useState } from "react";
import type { ColumnEntry, ColumnsAnswer } from "../../../src/server/studio/fit-answers.js";
import { useAnswer } from "../use-answer.js";
import type { Said } from "./column-card.js";
import { type ChosenType, foundWords } from "./type-words.js";

export interface ShownColumn {
  readonly column: ColumnEntry;
  readonly said: Said;
  /** What it was taken for when nothing was said of it. */
  readonly found: string;
}

export interface Columns {
  /** The last answer that there was for this table. */
  readonly answer: ColumnsAnswer | undefined;
  readonly shown: readonly ShownColumn[];
  readonly problem: string | undefined;
  readonly isWaiting: boolean;
  readonly types: Readonly<Record<string, ChosenType>>;
  readonly exclude: readonly string[];
  say(name: string, said: Said): void;
}

/** @param table the same as long as the component lives */
export function useColumns(table: string): Columns {
  const [said, setSaid] = useState<Readonly<Record<string, Said>>>({});
  const { types, exclude } = useMemo(() => {
    const entries = Object.entries(said);
    return {
      types: Object.fromEntries(
        entries.filter((entry): entry is [string, ChosenType] => entry[1] !== "out" && entry[1] !== ""),
      ),
      exclude: entries.filter(([, what]) => what === "out").map(([name]) => name),
    };
  }, [said]);
  const { answer, problem, isWaiting } = useAnswer<ColumnsAnswer>("columns", { table, types, exclude });
  const last = useRef<ColumnsAnswer>(undefined);
  last.current = answer ?? last.current;
  const current = last.current;

  // What a column was taken for, and its picture, are still of interest when it is left out and no longer read.
  const seen = useRef(new Map<string, ColumnEntry>());
  const found = useRef(new Map<string, string>());
  for (const column of current?.columns ?? []) {
    if (column.histogram) seen.current.set(column.name, column);
    if (said[column.name] === undefined && !current?.problem)
      found.current.set(column.name, foundWords(column));
  }
  const shown = (current?.columns ?? []).map((column): ShownColumn => {
    const { name } = column;
    const before = column.histogram ? undefined : seen.current.get(name);
    return {
      column: before ? { ...before, type: column.type, leftOut: column.leftOut } : column,
      said: said[name] ?? "",
      found: found.current.get(name) ?? foundWords(column),
    };
  });
  const say = useCallback(
    (name: string, what: Said) =>
      setSaid(({ [name]: _, ...others }) => (what === "" ? others : { ...others, [name]: what })),
    [],
  );
  return {
    ...{ answer: current, shown, isWaiting, types, exclude, say },
    problem: problem ?? (isWaiting ? undefined : current?.problem),
  };
}
