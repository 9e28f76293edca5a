// A fit from a table to a saved model, telling a page how it goes; in a thread of its own or not.

import { readTable } from "../../data/index.js";
import { LogdetError } from "../../errors.js";
import { type FitEvent, type FitOptions, type Fitted, fit, saveFitted } from "../../fit/index.js";
import { exists, flowWords } from "../../model/index.js";
import { runWords } from "../../model/run-words.js";
import type { CurvePoint, RunEvent, RunResult } from "./fit-answers.js";
import { problemText } from "./problems.js";

/** A place for the model: its name in the studio's folder, and its path. */
export interface ModelPlace {
  readonly name: string;
  readonly path: string;
}

/** All that a fit needs: plain data, which passes between threads. */
export interface FitTask {
  /** The studio's folder, which messages need not name. */
  readonly folder: string;
  /** The table's name in the folder, and its path. */
  readonly table: string;
  readonly path: string;
  readonly exclude: readonly string[];
  readonly options: FitOptions;
  /** Where the model goes; the second, where somebody took the first meanwhile. */
  readonly places: readonly [ModelPlace, ModelPlace];
}

export interface FitControl {
  /** Stops early and keeps the best so far. */
  readonly signal: AbortSignal;
  /**
   * Called at every event of the fit: it may wait there, and then says for how many milliseconds; or throw, and all is
   * over.
   */
  checkpoint(): number;
}

/** Milliseconds between two words on how far it is, at least. */
const progressInterval = 100;

/** Reads, fits, saves. Never throws: what goes wrong is told, too. */
export async function fitTable(
  task: FitTask,
  tell: (event: RunEvent) => void,
  control: FitControl,
): Promise<void> {
  try {
    await work(task, tell, control);
  } catch (error) {
    const isEarly = error instanceof LogdetError && error.code === "interrupted";
    tell({ type: "status", status: isEarly ? "stopped" : "failed", problem: inWords(error, task) });
  }
}

async function work(task: FitTask, tell: (event: RunEvent) => void, control: FitControl): Promise<void> {
  const { table: name, path, exclude, options } = task;
  const { types, missing = "error", threads } = options;
  const cells = missing === "model" ? "cells" : missing;
  const table = await readTable([path], { exclude, mixed: true, types, missing: cells, threads });
  const listener = new Listener(tell, control);
  control.checkpoint();
  if (control.signal.aborted) throw nothingToKeep();
  const fitted = await fit(table, options, {
    ...{ watch: true, sources: [name], signal: control.signal },
    onEvent: (event) => listener.hear(event),
  });
  const { model, stoppedBy } = fitted;
  try {
    if (stoppedBy === "interrupted" && model.config.training.bestStep === 0) throw nothingToKeep();
    tell({ type: "status", status: "saving" });
    const { name: saved } = await save(fitted, task.places);
    tell({ type: "result", result: resultOf(fitted, saved, listener.seconds) });
    tell({ type: "status", status: stoppedBy === "interrupted" ? "stopped" : "finished" });
  } finally {
    await model.release();
  }
}

const nothingToKeep = () =>
  new LogdetError("interrupted", "stopped before there was a model to keep; nothing was written");

/** Saves the model at the first place that is free. */
async function save(fitted: Fitted, [wanted, other]: FitTask["places"]): Promise<ModelPlace> {
  const place = (await exists(wanted.path)) ? other : wanted;
  await saveFitted(fitted, place.path);
  return place;
}

function resultOf({ model }: Fitted, name: string, seconds: number): RunResult {
  const { training, metrics, flow } = model.config;
  const { validationLogProb, standardError, gaussianLogProb, independentLogProb } = metrics;
  return {
    ...{ model: name, validationLogProb, standardError, seconds },
    baseline: independentLogProb ?? gaussianLogProb,
    baselineIs: independentLogProb === undefined ? "gaussian" : "independent",
    parameters: training.parameters,
    bestStep: training.bestStep,
    calibrationRows: training.calibrationRows ?? 0,
    flow: flowWords(flow),
  };
}

function inWords(error: unknown, { folder }: FitTask): string {
  if (error instanceof LogdetError) return problemText(error, { path: folder });
  return `the fit failed, which should not happen: ${error instanceof Error ? error.message : error}`;
}

/** What a fit tells, in the page's terms. */
class Listener {
  readonly #tell: (event: RunEvent) => void;
  readonly #control: FitControl;
  #started = performance.now();
  #paused = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #learningRate: number | null = null;
  #layers = "";
  /** The evaluation whose gradient and layers come next. */
  #evaluation: Pick<CurvePoint, "step" | "trainNll" | "validationNll"> | undefined;

  constructor(tell: (event: RunEvent) => void, control: FitControl) {
    this.#tell = tell;
    this.#control = control;
  }

  /** Since it began, without pauses. */
  get seconds(): number {
    return (performance.now() - this.#started - this.#paused) / 1000;
  }

  hear(event: FitEvent): void {
    this.#pass(event);
    this.#paused += this.#control.checkpoint();
  }

  #pass(event: FitEvent): void {
    if (event.type === "notice") this.#tell(event);
    else if (event.type === "plan") {
      const { plan, rows, dim } = event;
      const { runs, steps, recipe } = plan;
      this.#tell({ type: "plan", plan: { rows, columns: dim, nets: runs, steps, batch: recipe.batch } });
      this.#tell({ type: "status", status: "training" });
    } else if (event.type === "run") {
      this.#learningRate = null;
      this.#layers = "";
      this.#tell({ type: "net", setting: runWords(event.setting) });
    } else this.#train(event.event);
  }

  #train(event: Extract<FitEvent, { type: "training" }>["event"]): void {
    if (event.type === "step") {
      this.#learningRate = event.learningRate;
      this.#progress(event.step);
    } else if (event.type === "rollback")
      this.#tell({
        type: "notice",
        text:
          `At step ${event.step} ${event.reason}: back to the best weights, the learning rate times ` +
          `${event.rateFactor} from here on.`,
      });
    else if (event.type === "evaluation") {
      const { step, trainNll, validationNll } = event;
      this.#evaluation = { step, trainNll, validationNll };
    } else if (event.type === "watch" && this.#evaluation) {
      const { layers, gradientNorm, nets } = event;
      const names = layers.map(({ layer }) => layer);
      // A net's layers stay the same: their names are told once.
      if (this.#layers !== names.join()) this.#tell({ type: "layers", layers: names, mixed: nets });
      this.#layers = names.join();
      const logDets = layers.map(({ logDet }) => logDet);
      this.#tell({
        type: "point",
        point: { ...this.#evaluation, learningRate: this.#learningRate, gradientNorm, logDets },
      });
      this.#evaluation = undefined;
    }
  }

  #progress(step: number): void {
    const now = performance.now();
    if (now - this.#toldAt < progressInterval) return;
    this.#toldAt = now;
    this.#tell({ type: "progress", step, seconds: this.seconds });
  }
}
