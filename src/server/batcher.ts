// Rows of requests that wait, scored together: many small requests cost as much as one, and a large one lets others in
// between.

import type { Model, StatisticName } from "../model/index.js";
import { nextTurn } from "../runtime/breathe.js";

/** Rows scored at once. Programs keep the buffers of four batch sizes: batches are filled up to the next of these. */
const sizes = [1, 16, 128, 1024];
const largest = sizes[sizes.length - 1];

/** Rows whose p-values are found between two turns of the event loop: they cost far more than densities. */
const rankedRows = 128;

export interface ScoreOptions {
  /** What p-values rank by; false: none are wanted. */
  readonly statistic: StatisticName | false;
  /** Gives up what is not scored yet. */
  readonly signal: AbortSignal;
}

/** One number a row. */
export interface Scores {
  /** Nats. */
  readonly logProb: Float64Array;
  /** Absent where none were asked for. */
  readonly pValue: Float64Array | undefined;
}

interface Job extends ScoreOptions, Scores {
  readonly rows: Float64Array;
  readonly count: number;
  /** Rows that were taken to be scored. */
  taken: number;
  done: number;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Some rows of a job. */
interface Part {
  readonly job: Job;
  readonly from: number;
  readonly count: number;
}

export interface BatcherOptions {
  /** Milliseconds that rows wait for more; 0: until the next turn of the event loop. */
  readonly wait?: number;
  /** Called with the number of rows of each batch. */
  readonly onBatch?: (rows: number) => void;
}

/**
 * Scores rows of several callers together.
 *
 * A batch is the rows that wait, 1,024 at most, in turn: a request that had 1,024 at once goes behind those that wait.
 * Between two batches the event loop gets a turn.
 *
 * @example const { logProb } = await new Batcher(model).score(rows, { statistic: false, signal })
 */
export class Batcher {
  readonly #model: Model;
  readonly #wait: number;
  readonly #onBatch: (rows: number) => void;
  readonly #buffer: Float64Array;
  /** A row that has nothing missing. */
  readonly #filling: Float64Array;
  #jobs: Job[] = [];
  /** Ends when nothing waits any more. */
  #running: Promise<void> | undefined;

  constructor(model: Model, { wait = 0, onBatch = () => {} }: BatcherOptions = {}) {
    this.#model = model;
    this.#wait = wait;
    this.#onBatch = onBatch;
    this.#buffer = new Float64Array(largest * model.dim);
    this.#filling = Float64Array.from(model.columns, ({ center }) => center);
  }

  /**
   * @param rows row-major [n · D], checked: see `Model.logProb`
   * @throws the signal's reason once it is aborted; LogdetError as `Model.logProb` and `Model.pValues`
   */
  score(rows: Float64Array, { statistic, signal }: ScoreOptions): Promise<Scores> {
    signal.throwIfAborted();
    const count = rows.length / this.#model.dim;
    const scores = {
      logProb: new Float64Array(count),
      pValue: statistic === false ? undefined : new Float64Array(count),
    };
    if (count === 0) return Promise.resolve(scores);
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#jobs = this.#jobs.filter((one) => one !== job);
        reject(signal.reason);
      };
      const end = (then: () => void) => {
        signal.removeEventListener("abort", giveUp);
        then();
      };
      const job: Job = {
        ...{ rows, count, statistic, signal, ...scores, taken: 0, done: 0 },
        resolve: () => end(() => resolve(scores)),
        reject: (reason) => end(() => reject(reason)),
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#jobs.push(job);
      this.#running ??= this.#run();
    });
  }

  /** Resolves once the model is not at work: rows of a request that was given up may still be, in a batch with others. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#jobs.length > 0) {
      if (this.#wait > 0 && this.#waiting() < largest)
        await new Promise((resolve) => setTimeout(resolve, this.#wait));
      else await nextTurn();
      const parts = this.#take();
      if (parts.length > 0) await this.#scoreApart(parts);
    }
    this.#running = undefined;
  }

  #waiting(): number {
    return this.#jobs.reduce((sum, { count, taken }) => sum + count - taken, 0);
  }

  /** The next batch. */
  #take(): Part[] {
    const parts: Part[] = [];
    let room = largest;
    while (room > 0) {
      const job = this.#jobs.shift();
      if (job === undefined) break;
      const count = Math.min(room, job.count - job.taken);
      parts.push({ job, from: job.taken, count });
      job.taken += count;
      room -= count;
      if (job.taken === job.count) continue;
      // One that had a whole batch goes behind those that wait; one that was cut keeps its place.
      if (count === largest) this.#jobs.push(job);
      else this.#jobs.unshift(job);
    }
    return parts;
  }

  /** Scores a batch; if that fails, its parts one by one, so that only the culprit's request does. */
  async #scoreApart(parts: readonly Part[]): Promise<void> {
    try {
      await this.#score(parts);
    } catch (error) {
      if (parts.length > 1) for (const part of parts) await this.#scoreApart([part]);
      else {
        const [{ job }] = parts;
        this.#jobs = this.#jobs.filter((one) => one !== job);
        job.reject(error);
      }
      return;
    }
    for (const { job, count } of parts) {
      job.done += count;
      if (job.done === job.count) job.resolve();
    }
  }

  async #score(parts: readonly Part[]): Promise<void> {
    const { dim } = this.#model;
    const total = parts.reduce((sum, { count }) => sum + count, 0);
    const size = sizes.find((rows) => rows >= total) ?? largest;
    const batch = this.#buffer.subarray(0, size * dim);
    let at = 0;
    for (const { job, from, count } of parts) {
      batch.set(job.rows.subarray(from * dim, (from + count) * dim), at * dim);
      at += count;
    }
    for (; at < size; at++) batch.set(this.#filling, at * dim);
    const logProb = await this.#model.logProb(batch);
    at = 0;
    for (const { job, from, count } of parts) {
      job.logProb.set(logProb.subarray(at, at + count), from);
      at += count;
    }
    await this.#rank(parts);
    this.#onBatch(total);
  }

  /** p-values, of parts with the same statistic together. */
  async #rank(parts: readonly Part[]): Promise<void> {
    const { dim } = this.#model;
    for (const statistic of new Set(parts.map(({ job }) => job.statistic))) {
      if (statistic === false) continue;
      const wanted = parts.filter(({ job }) => job.statistic === statistic && !job.signal.aborted);
      const pieces = wanted.flatMap(({ job, from, count }) => cut(job, from, count));
      for (let i = 0; i < pieces.length; ) {
        const together: Part[] = [];
        let total = 0;
        for (; i < pieces.length && total + pieces[i].count <= rankedRows; i++) {
          together.push(pieces[i]);
          total += pieces[i].count;
        }
        const rows = new Float64Array(total * dim);
        const logProb = new Float64Array(total);
        let at = 0;
        for (const { job, from, count } of together) {
          rows.set(job.rows.subarray(from * dim, (from + count) * dim), at * dim);
          logProb.set(job.logProb.subarray(from, from + count), at);
          at += count;
        }
        const pValues = await this.#model.pValues(rows, { statistic, logProb });
        at = 0;
        for (const { job, from, count } of together) {
          job.pValue?.set(pValues.subarray(at, at + count), from);
          at += count;
        }
        await nextTurn();
      }
    }
  }
}

/** Pieces of `rankedRows` at most. */
function cut(job: Job, from: number, count: number): Part[] {
  return Array.from({ length: Math.ceil(count / rankedRows) }, (_, i) => ({
    job,
    from: from + i * rankedRows,
    count: Math.min(rankedRows, count - i * rankedRows),
  }));
}
