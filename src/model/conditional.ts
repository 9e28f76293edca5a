// Draws of a model's rows given some of their cells.

import { readCoordinates } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { Chains } from "./conditional-chains.js";
import { type Memory, MemoryTally } from "./conditional-memory.js";
import { ConditionalSpace } from "./conditional-space.js";
import { nearestStarts } from "./conditional-starts.js";
import { type Target, targetOf } from "./conditional-target.js";
import { asInData, type Model } from "./model.js";

export interface SampleGivenOptions {
  /** Same seed, same rows. Default: 0. */
  readonly seed?: number | undefined;
  /** Moves of each chain. Default: 60. */
  readonly sweeps?: number | undefined;
  /** Round discrete columns to their lattice, and keep to bounds, as the data did. Default: true. */
  readonly round?: boolean | undefined;
  /** Threads of ONNX Runtime; its own choice by default. */
  readonly threads?: number | undefined;
  /** Ends the work with an error "interrupted". */
  readonly signal?: AbortSignal | undefined;
  /** Called after every sweep. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Rows given some of their cells. */
export interface GivenSample {
  /** Row-major [n, columns], in the columns' units; categories as codes. Known cells are as they were given. */
  readonly rows: Float64Array;
  /** What chains remember of their starts: see `MemoryTally`. Undefined where the draws are exact. */
  readonly memory: Memory | undefined;
}

/** Rows of the model that starts are chosen from. */
export const poolRows = 4096;

/** Few chains say nothing of what chains remember. */
const fewestChains = 100;

/**
 * n rows drawn from p(unknown cells | known cells).
 *
 * Given categories alone, the draws are exact: p(e_unknown | e_known) is known in closed form, and the numbers given the
 * categories are the flow's. Given numbers, each row is the last state of a Markov chain of its own, which started at one
 * of the model's own rows that come nearest to what is known (`nearestStarts`) and has the conditional density for its
 * limit (`Chains`); `memory` says whether it ran long enough. Known values of discrete columns are taken at the middle of their cell.
 *
 * Cost: with numbers known, some n · sweeps · (7 + categories to be tried) evaluations of the log-density.
 *
 * @param known [columns], NaN where a cell is to be drawn; in the columns' units, categories as codes
 * @throws LogdetError "shape" if there are not as many cells as columns, "usage" if n or sweeps is no count, "model" if the
 * model has nothing to draw some numbers from given others, "data" if what is known has no density, "interrupted" if
 * stopped.
 * @example const { rows } = await sampleGiven(model, 100, [NaN, 39.1, NaN], { seed: 1 })
 */
export async function sampleGiven(
  model: Model,
  n: number,
  known: ArrayLike<number>,
  { seed = 0, sweeps = 60, round = true, threads, signal, onProgress }: SampleGivenOptions = {},
): Promise<GivenSample> {
  requireCount("the number of rows to draw", n, 0);
  requireCount("sweeps", sweeps, 1);
  const { columns } = model;
  if (known.length !== columns.length)
    throw new LogdetError("shape", `${columns.length} cells expected, got ${known.length}`);
  const cells = Float64Array.from(known);
  const random = new Random(seed);
  const space = await ConditionalSpace.open(model, threads);
  try {
    const { layout } = space;
    const target = targetOf(columns, layout, cells);
    const finished = (rows: Float32Array) =>
      readCoordinates(columns, layout, rows.subarray(0, n * layout.width)).map((value, i) => {
        const c = i % columns.length;
        if (!Number.isNaN(cells[c])) return cells[c];
        return round ? asInData(value, columns[c]) : value;
      });
    if (target.knownNumbers.length === 0) {
      const { rows } = await space.draw(n, target, random.split("rows"));
      return { rows: finished(rows), memory: undefined };
    }

    const count = Math.max(n, fewestChains);
    const targets = Array.from({ length: count }, () => target);
    const pool = await space.draw(poolRows, target, random.split("pool"));
    const starts = await nearestStarts(space, pool, [target], count, random.split("starts"));
    const chains = await Chains.begin(space, targets, starts, random.split("chains"));
    const total = isExact(target) ? 1 : sweeps;
    let before = chains.rows.slice();
    for (let sweep = 1; sweep <= total; sweep++) {
      requireGoing(signal);
      await chains.sweep(isFresh(sweep));
      if (sweep === Math.floor(total / 2)) before = chains.rows.slice();
      onProgress?.(sweep, total);
    }
    if (chains.logProb.every((value) => value === -Infinity))
      throw new LogdetError("data", "under the model there are no such rows: their density is 0", {
        hint: "Give values within the range that the data had.",
      });
    const tally = new MemoryTally(layout);
    if (!isExact(target)) tally.add(targets, before, chains.rows);
    return { rows: finished(chains.rows), memory: tally.largest() };
  } finally {
    await space.release();
  }
}

/** Whether fresh draws are looked at in a sweep, from 1: in the first, and every second from there. */
export const isFresh = (sweep: number): boolean => sweep % 2 === 1;

/** Whether one sweep is a draw, wherever it starts: there is but one category to choose. */
export const isExact = ({ numbers, categories }: Target): boolean =>
  numbers.length === 0 && categories.length <= 1;

/** @throws LogdetError "interrupted" once the signal is aborted. */
export function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LogdetError("interrupted", "stopped before all cells were drawn");
}

export function requireCount(what: string, n: number, least: number): void {
  if (!Number.isSafeInteger(n) || n < least)
    throw new LogdetError("usage", `${what} must be a whole number of at least ${least}, got ${n}`);
}
