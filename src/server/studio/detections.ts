// The detections of this session: one computes at a time, after the fits before it; the last answers are kept.

import { stat } from "node:fs/promises";
import { LogdetError } from "../../errors.js";
import { Refusal } from "../refusal.js";
import type { DetectAnswer, DetectQuestion } from "./detect-answers.js";
import { detectInWorker } from "./detect-in-worker.js";
import type { DetectRunner, RunningDetection } from "./detect-runner.js";
import type { DetectProblem, DetectTask } from "./detect-task.js";
import type { StudioFolder } from "./folder.js";
import type { Progress } from "./progress.js";
import { hasEnded } from "./run-state.js";
import type { Runs } from "./runs.js";

/** Answers that are kept, so that going back to one is instant. */
const mostKept = 5;
/** Detections that may compute or wait. */
const mostAsked = 8;

/** What the asker hears meanwhile, and how it says that it no longer listens. */
export interface DetectListener {
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

/** Detections by what they were asked. */
export class Detections {
  readonly #folder: StudioFolder;
  readonly #runs: Runs | undefined;
  readonly #start: DetectRunner;
  readonly #kept = new Map<string, DetectAnswer>();
  #running: RunningDetection | undefined;
  /** When those that were asked for before have come to their end. */
  #last: Promise<void> = Promise.resolve();
  #asked = 0;
  #isClosed = false;

  /** @param runs whose fits go before detections that are asked for later */
  constructor(folder: StudioFolder, runs?: Runs, start: DetectRunner = detectInWorker) {
    this.#folder = folder;
    this.#runs = runs;
    this.#start = start;
  }

  /**
   * The strange rows of a table, once it is its turn; at once if they are known, and the file is still the same.
   *
   * @throws Refusal 429 if too many wait, 503 after `close`; as `StudioFolder.resolveTable`; LogdetError as `detect`,
   * "interrupted" once the signal is aborted
   */
  async of(question: DetectQuestion, { signal, onProgress }: DetectListener): Promise<DetectAnswer> {
    const { table, exclude = [], types, missing, seed, folds, top } = question;
    const path = await this.#folder.resolveTable(table);
    const { mtimeMs, size } = await stat(path);
    const task: DetectTask = { table, path, exclude, options: { types, missing, seed, folds, top } };
    const key = JSON.stringify([task, mtimeMs, size]);
    const known = this.#kept.get(key);
    if (known) return this.#keep(key, known);
    if (this.#asked >= mostAsked)
      throw new Refusal(429, `${mostAsked} tables are being judged, or wait for it`, {
        hint: "Ask again when some of them are done.",
      });
    const before = this.#last;
    let leave = () => {};
    const mine = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last = Promise.all([before, mine]).then(() => undefined);
    this.#asked++;
    try {
      if (this.#asked > 1) onProgress({ text: "Waiting for the table before this one", done: 0, total: 0 });
      await Promise.race([before, aborted(signal)]);
      await this.#fitsBefore(signal, onProgress);
      if (signal.aborted) throw stopped();
      if (this.#isClosed) throw new Refusal(503, "the studio is about to end");
      // Whoever asked before may have asked the same.
      return this.#keep(key, this.#kept.get(key) ?? (await this.#run(task, { signal, onProgress })));
    } finally {
      this.#asked--;
      leave();
    }
  }

  /** Ends the one at work, and those that wait; when it resolves, no thread computes any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running?.end();
    await this.#last;
  }

  /** Until the fits that were asked for before are done, or pause. */
  async #fitsBefore(signal: AbortSignal, tell: DetectListener["onProgress"]): Promise<void> {
    const runs = this.#runs;
    if (!runs) return;
    const isBusy = (id: string) => {
      const { status } = runs.state(id);
      return !hasEnded(status) && status !== "paused";
    };
    const fits = runs.list().filter(({ id }) => isBusy(id));
    for (const { id, table } of fits.reverse()) {
      const progress = { text: `Waiting for the fit of ${table}`, done: 0, total: 0 };
      for await (const _ of runs.follow(id, signal)) {
        if (this.#isClosed || !isBusy(id)) break;
        tell(progress);
      }
    }
  }

  #run(task: DetectTask, { signal, onProgress }: DetectListener): Promise<DetectAnswer> {
    return new Promise((resolve, reject) => {
      let answer: DetectAnswer | undefined;
      let problem: Error = new LogdetError("training", "the detection ended without a word");
      const running = this.#start(task, (word) => {
        if ("progress" in word) onProgress(word.progress);
        else if ("result" in word) answer = word.result;
        else problem = errorOf(word.problem);
      });
      this.#running = running;
      const end = () => running.end();
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      void running.done.then(() => {
        this.#running = undefined;
        signal.removeEventListener("abort", end);
        if (answer) resolve(answer);
        else reject(this.#isClosed ? new Refusal(503, "the studio was closed") : problem);
      });
    });
  }

  /** The newest last; the oldest are forgotten. */
  #keep(key: string, answer: DetectAnswer): DetectAnswer {
    this.#kept.delete(key);
    this.#kept.set(key, answer);
    for (const old of [...this.#kept.keys()].slice(0, -mostKept)) this.#kept.delete(old);
    return answer;
  }
}

const stopped = () => new LogdetError("interrupted", "stopped before every row was judged");

const errorOf = ({ code, message, where, hint }: DetectProblem) =>
  new LogdetError(code, message, { where, ...(hint !== undefined && { hint }) });

/** When nobody listens any more. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
