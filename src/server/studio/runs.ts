// The fits of this session: one computes at a time, the others wait for it; pages follow them.

import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { parseFitOptions } from "../../fit/options.js";
import { recipe } from "../../flows/index.js";
import { jacobianEstimator } from "../../jacobian/index.js";
import { checkWritable, exists } from "../../model/index.js";
import { Refusal, shorten } from "../refusal.js";
import type { RunEvent, RunQuestion, RunState } from "./fit-answers.js";
import { fitInWorker } from "./fit-in-worker.js";
import type { FitRunner, RunningFit } from "./fit-runner.js";
import type { FitTask } from "./fit-task.js";
import type { StudioFolder } from "./folder.js";
import { advance, hasEnded } from "./run-state.js";

/** Fits that may wait, and ended ones that are remembered. */
const mostWaiting = 8;
const mostEnded = 50;
/** Events that a reader may lag behind; then the state so far takes their place. */
const mostUnread = 200;
/** Names that are tried before a reader must think of one. */
const mostNames = 1000;

interface Run {
  state: RunState;
  readonly task: FitTask;
  fit: RunningFit | undefined;
  readonly listeners: Set<(event: RunEvent) => void>;
}

/** Fits by their ids. */
export class Runs {
  readonly #folder: StudioFolder;
  readonly #start: FitRunner;
  /** In the order in which they were asked for. */
  readonly #runs = new Map<string, Run>();
  #isClosed = false;

  constructor(folder: StudioFolder, start: FitRunner = fitInWorker) {
    this.#folder = folder;
    this.#start = start;
  }

  /** The newest first. */
  list(): RunState[] {
    return [...this.#runs.values()].map(({ state }) => state).reverse();
  }

  /** @throws Refusal 404 */
  state(id: string): RunState {
    return this.#find(id).state;
  }

  /**
   * A fit that begins when those before it are done.
   *
   * @throws Refusal 409 if the model's name is taken, 429 if too many wait, 503 after `close`; as `StudioFolder.resolveTable` and
   * `placeFor`; LogdetError "usage" if an option does not fit
   */
  async add(question: RunQuestion): Promise<RunState> {
    if (this.#isClosed) throw new Refusal(503, "the studio is about to end");
    const { table, exclude = [] } = question;
    const options = parseFitOptions(question.options ?? {});
    if (options.flow !== undefined) recipe(options.flow);
    if (options.jacobian !== undefined) jacobianEstimator(options.jacobian);
    const path = await this.#folder.resolveTable(table);
    const name = question.name === undefined ? await this.freeName(table) : withEnding(question.name);
    const place = { name, path: await this.#folder.placeFor(name) };
    await checkWritable(place.path, false);
    if (this.#isPromised(name))
      throw new Refusal(409, `another fit of this session will be saved as "${shorten(name, 100)}"`, {
        hint: "Choose another name.",
      });
    const waiting = this.list().filter(({ status }) => status === "waiting");
    if (waiting.length >= mostWaiting)
      throw new Refusal(429, `${mostWaiting} fits are waiting already`, {
        hint: "Start this one when some of them are done.",
      });
    const id = randomBytes(6).toString("hex");
    const other = name.replace(/(\.logdet)?$/, `-${id}$1`);
    const state: RunState = {
      ...{ id, table, name, exclude, options, created: new Date().toISOString(), status: "waiting" },
      ...{
        problem: undefined,
        notices: [],
        plan: undefined,
        nets: [],
        step: 0,
        seconds: 0,
        result: undefined,
      },
    };
    const places = [place, { name: other, path: join(dirname(place.path), other) }] as const;
    const task: FitTask = { folder: this.#folder.path, table, path, exclude, options, places };
    this.#runs.set(id, { state, task, fit: undefined, listeners: new Set() });
    this.#next();
    return this.state(id);
  }

  /** A name for a table's model that is free: `data/penguins.csv.gz` becomes `penguins.logdet`, or `penguins-2.logdet`. */
  async freeName(table: string): Promise<string> {
    const stem = basename(table)
      .replace(/(?<=.)\.[^.]*(\.(gz|zst))?$/i, "")
      .replace(/^[-_.]+|[-_.]+$/g, "");
    for (let i = 1; i <= mostNames; i++) {
      const name = `${stem || "model"}${i === 1 ? "" : `-${i}`}.logdet`;
      if (!this.#isPromised(name) && !(await exists(`${this.#folder.path}/${name}`))) return name;
    }
    throw new Refusal(409, `all names from ${stem}.logdet to ${stem}-${mostNames}.logdet are taken`, {
      hint: "Choose a name of your own.",
    });
  }

  /** @throws Refusal 409 if it is not at work */
  pause(id: string): RunState {
    const run = this.#find(id);
    if (!run.fit || !["reading", "training"].includes(run.state.status)) throw notNow(run, "paused");
    run.fit.pause();
    this.#hear(run, { type: "status", status: "paused" });
    return run.state;
  }

  /** @throws Refusal 409 if it is not paused */
  resume(id: string): RunState {
    const run = this.#find(id);
    if (run.state.status !== "paused") throw notNow(run, "resumed");
    this.#hear(run, { type: "status", status: run.state.plan ? "training" : "reading" });
    run.fit?.resume();
    return run.state;
  }

  /**
   * Stops a run and keeps the best so far; one that waits is dropped.
   *
   * @throws Refusal 409 if it has ended
   */
  stop(id: string): RunState {
    const run = this.#find(id);
    const { status, plan } = run.state;
    if (hasEnded(status) || status === "saving") throw notNow(run, "stopped");
    if (status === "waiting")
      this.#hear(run, { type: "status", status: "stopped", problem: "stopped before its turn came" });
    if (status === "paused") this.#hear(run, { type: "status", status: plan ? "training" : "reading" });
    run.fit?.stop();
    return run.state;
  }

  /**
   * What a run has told so far as one event, and then what it tells, until it has ended. A reader that lags behind gets the
   * state anew in place of what it has missed.
   *
   * @param signal that nobody reads any more
   * @throws Refusal 404
   */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const run = this.#find(id);
    let unread: RunEvent[] = [{ type: "state", state: run.state }];
    let wake = () => {};
    const hear = (event: RunEvent) => {
      unread = unread.length < mostUnread ? [...unread, event] : [{ type: "state", state: run.state }];
      wake();
    };
    const end = () => wake();
    run.listeners.add(hear);
    signal.addEventListener("abort", end, { once: true });
    try {
      for (;;) {
        const events = unread;
        unread = [];
        yield* events;
        if (signal.aborted) return;
        if (unread.length > 0) continue;
        if (hasEnded(run.state.status)) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      run.listeners.delete(hear);
      signal.removeEventListener("abort", end);
    }
  }

  /** Ends the fit at work, and those that wait; when it resolves, no thread computes any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closing: RunEvent = { type: "status", status: "stopped", problem: "the studio was closed" };
    const running = [...this.#runs.values()].filter(({ state }) => !hasEnded(state.status));
    for (const run of running) if (!run.fit) this.#hear(run, closing);
    for (const run of running) run.fit?.end();
    await Promise.all(running.map(({ fit }) => fit?.done));
  }

  /** Starts the one that has waited longest, if none is at work. */
  #next(): void {
    const runs = [...this.#runs.values()];
    const ended = runs.filter(({ state }) => hasEnded(state.status));
    for (const { state } of ended.slice(0, Math.max(0, ended.length - mostEnded)))
      this.#runs.delete(state.id);
    if (this.#isClosed || runs.some(({ fit }) => fit)) return;
    const run = runs.find(({ state }) => state.status === "waiting");
    if (!run) return;
    this.#hear(run, { type: "status", status: "reading" });
    try {
      run.fit = this.#start(run.task, (event) => this.#hearFit(run, event));
    } catch (error) {
      const problem = `the fit's thread could not be started: ${(error as Error).message}`;
      this.#hear(run, { type: "status", status: "failed", problem });
      this.#next();
      return;
    }
    void run.fit.done.then(() => {
      run.fit = undefined;
      if (!hasEnded(run.state.status))
        this.#hear(run, { type: "status", status: "failed", problem: "the fit ended without a word" });
      this.#next();
    });
  }

  /** What a fit tells by itself. */
  #hearFit(run: Run, event: RunEvent): void {
    // A thread that is about to wait may have begun to train meanwhile.
    const isLate = event.type === "status" && event.status === "training" && run.state.status === "paused";
    if (!isLate) this.#hear(run, event);
  }

  #hear(run: Run, event: RunEvent): void {
    // What follows the end changes nothing.
    if (hasEnded(run.state.status)) return;
    run.state = advance(run.state, event);
    for (const listener of [...run.listeners]) listener(event);
  }

  #find(id: string): Run {
    const run = this.#runs.get(id);
    if (run) return run;
    throw new Refusal(404, "this session of the studio has no such fit", {
      hint: "It may be of an earlier session: what it saved is among the models.",
    });
  }

  /** Whether a fit that has not ended will be saved under a name. */
  #isPromised(name: string): boolean {
    return this.list().some((state) => state.name === name && !hasEnded(state.status));
  }
}

const withEnding = (name: string) => (name.endsWith(".logdet") ? name : `${name}.logdet`);

const notNow = ({ state }: Run, done: string) =>
  new Refusal(409, `a fit that is ${state.status} cannot be ${done}`);
