// Before a fit: the table's columns, what to do about missing cells, options, and the start.

import { type FormEvent, useState } from "react";
import type { RunQuestion, RunState } from "../../../src/server/studio/fit-answers.js";
import { ask } from "../ask.js";
import { count } from "../words.js";
import { ColumnCard } from "./column-card.js";
import { defaultTexts, OptionFields, optionsOf } from "./option-fields.js";
import { ProblemWords } from "./problem-words.js";
import { useColumns } from "./use-columns.js";

/** Columns that are shown at once: each has a picture. */
const page = 48;

type Missing = "model" | "drop";

interface SetupProps {
  readonly table: string;
  onStarted(id: string): void;
}

export function Setup({ table, onStarted }: SetupProps) {
  const { answer, shown, problem, isWaiting, types, exclude, say } = useColumns(table);
  const [texts, setTexts] = useState(defaultTexts);
  const [missing, setMissing] = useState<Missing>("model");
  const [most, setMost] = useState(page);
  const [refusal, setRefusal] = useState<string>();
  const [isStarting, setIsStarting] = useState(false);
  if (!answer) return problem ? <ProblemWords text={problem} /> : <p role="status">Reading {table} …</p>;

  const { rows, rowsMissing, model } = answer;
  const used = shown.filter(({ column }) => !column.leftOut).length;
  const start = async (event: FormEvent) => {
    event.preventDefault();
    setIsStarting(true);
    setRefusal(undefined);
    const question: RunQuestion = {
      ...{ table, exclude, name: texts.name.trim() || undefined },
      options: { ...optionsOf(texts), types, missing: rowsMissing > 0 ? missing : undefined },
    };
    try {
      const { id } = await ask<Pick<RunState, "id">>("runs", question);
      onStarted(id);
    } catch (error) {
      setRefusal((error as Error).message);
      setIsStarting(false);
    }
  };
  return (
    <form className="setup" onSubmit={start}>
      <p>
        {rows > 0 && (
          <>
            <strong>{table}</strong> has {count(rows, "row")} and {count(shown.length, "column")}, of which{" "}
            {used.toLocaleString("en")} {used === 1 ? "is" : "are"} used.{" "}
          </>
        )}
        Look whether each column is taken for what it is, and leave out what should not count, such as labels
        that you want to find out; then start.
      </p>
      {problem && <ProblemWords text={problem} />}
      <div className="cards columns" aria-busy={isWaiting}>
        {shown.slice(0, most).map(({ column, said, found }) => (
          <ColumnCard key={column.name} column={column} said={said} found={found} onSay={say} />
        ))}
      </div>
      {shown.length > most && (
        <p>
          <button type="button" onClick={() => setMost(most + page)}>
            Show {Math.min(page, shown.length - most)} more of {count(shown.length - most, "column")}
          </button>
        </p>
      )}
      {rowsMissing > 0 && (
        <fieldset className="missing">
          <legend>
            {count(rowsMissing, "row")} of {rows.toLocaleString("en")} miss{rowsMissing === 1 ? "es" : ""} a
            value
          </legend>
          <label>
            <input
              type="radio"
              name="missing"
              checked={missing === "model"}
              onChange={() => setMissing("model")}
            />
            <span>
              Keep them: the model learns how likely cells are to be missing, and judges a row by what is
              known of it.
            </span>
          </label>
          <label>
            <input
              type="radio"
              name="missing"
              checked={missing === "drop"}
              onChange={() => setMissing("drop")}
            />
            <span>Leave these rows out; {count(rows - rowsMissing, "row")} remain.</span>
          </label>
        </fieldset>
      )}
      <OptionFields texts={texts} usualName={model} onChange={setTexts} />
      {refusal && <ProblemWords text={refusal} />}
      <p className="start">
        <button type="submit" className="main" disabled={isStarting || isWaiting || problem !== undefined}>
          {isStarting ? "Starting …" : "Start the fit"}
        </button>{" "}
        <span className="note">Small tables take seconds; it can be paused and stopped at any time.</span>
      </p>
    </form>
  );
}
