// A detection from a table to the page's answer, telling how far it is; in a thread of its own or not.

import { readTable } from "../../data/index.js";
import { type ErrorCode, LogdetError } from "../../errors.js";
import { type DetectEvent, type DetectOptions, detect } from "../../fit/index.js";
import { answerOf } from "./detect-answer.js";
import type { DetectPiece } from "./detect-answers.js";
import type { FitControl } from "./fit-task.js";
import type { Progress } from "./progress.js";

/** All that a detection needs: plain data, which passes between threads. */
export interface DetectTask {
  /** The table's name in the folder, and its path. */
  readonly table: string;
  readonly path: string;
  readonly exclude: readonly string[];
  readonly options: Pick<DetectOptions, "types" | "missing" | "seed" | "folds" | "top">;
}

/** An error as it passes between threads. */
export interface DetectProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where: readonly string[];
  readonly hint: string | undefined;
}

/** What a detection tells: how far it is, and at last its answer, or what went wrong. */
export type DetectWord = DetectPiece | { readonly problem: DetectProblem };

/** Columns of a row that are named as its reasons. */
const mostReasons = 12;
/** Rows that are explained where nobody says how many: a row of D columns takes 122 D log-densities. */
const usualTop = 100;
const topOfWide = 20;
const wide = 100;
/** Milliseconds between two words on how far it is, at least. */
const progressInterval = 100;

/** Reads, fits, judges, explains. Never throws: what goes wrong is told, too. */
export async function detectIn(
  task: DetectTask,
  tell: (word: DetectWord) => void,
  control: Pick<FitControl, "checkpoint">,
): Promise<void> {
  try {
    await work(task, tell, control);
  } catch (error) {
    tell({ problem: problemOf(error) });
  }
}

async function work(
  { table: name, path, exclude, options }: DetectTask,
  tell: (word: DetectWord) => void,
  control: Pick<FitControl, "checkpoint">,
): Promise<void> {
  const { types, missing = "model" } = options;
  const policies = { error: "error", drop: "keep", model: "cells" } as const;
  tell({ progress: { text: `Reading ${name}`, done: 0, total: 0 } });
  const table = await readTable([path], { exclude, types, mixed: true, missing: policies[missing] });
  control.checkpoint();
  const { top = table.columns.length > wide ? topOfWide : usualTop } = options;
  const listener = new Listener((progress) => tell({ progress }));
  const found = await detect(
    table,
    { ...options, missing, top, reasons: mostReasons },
    {
      sources: [name],
      onEvent(event) {
        listener.hear(event);
        control.checkpoint();
      },
    },
  );
  const notices = unlike([...table.notices, ...listener.notices]);
  tell({ result: await answerOf(table, found, { path, types, notices }) });
}

/** Each notice once: what two fits tell of the same columns may differ in a number. */
const unlike = (notices: readonly string[]) =>
  [...new Map(notices.toReversed().map((text) => [text.replace(/[\d.]+/g, "#"), text])).values()].reverse();

function problemOf(error: unknown): DetectProblem {
  if (error instanceof LogdetError) {
    const { code, message, where, hint } = error;
    return { code, message, where, hint };
  }
  const words = error instanceof Error ? error.message : String(error);
  const message = `the rows could not be judged, which should not happen: ${words}`;
  return { code: "training", message, where: [], hint: undefined };
}

/** What a detection tells, in the page's terms. */
class Listener {
  readonly notices: string[] = [];
  readonly #tell: (progress: Progress) => void;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Of the fit at work: nets at most, and steps of each. */
  #nets = 1;
  #steps = 0;
  #net = 1;

  constructor(tell: (progress: Progress) => void) {
    this.#tell = tell;
  }

  hear(event: DetectEvent): void {
    if (event.type === "explained") {
      const { done, total } = event;
      this.#pass({ text: `${number(done)} of ${number(total)} rows explained`, done, total });
      return;
    }
    const { fold, folds, event: ofFit } = event;
    if (ofFit.type === "notice") this.notices.push(ofFit.text);
    else if (ofFit.type === "plan") {
      [this.#nets, this.#steps, this.#net] = [Math.max(1, ofFit.plan.runs), ofFit.plan.steps, 1];
      this.#step(fold, folds, 0);
    } else if (ofFit.type === "run") this.#net = ofFit.run;
    else if (ofFit.event.type === "step") this.#step(fold, folds, ofFit.event.step);
  }

  #step(fold: number, folds: number, step: number): void {
    const [nets, steps] = [this.#nets, this.#steps];
    const ofNets = nets > 1 ? `net ${this.#net} of at most ${nets}, ` : "";
    const ofSteps = steps > 0 ? `: ${ofNets}step ${number(step)} of ${number(steps)}` : "";
    this.#pass({
      text: `Fit ${fold} of ${folds}${ofSteps}`,
      done: ((fold - 1) * nets + this.#net - 1) * steps + step,
      total: folds * nets * steps,
    });
  }

  #pass(progress: Progress): void {
    const now = performance.now();
    if (now - this.#toldAt < progressInterval) return;
    this.#toldAt = now;
    this.#tell(progress);
  }
}

const number = (value: number) => value.toLocaleString("en");
