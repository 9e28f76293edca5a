// Rows with missing cells, completed by what a model says of these given the others.

import { readCoordinates } from "../data/index.js";
import { Random } from "../random/index.js";
import { isExact, isFresh, poolRows, requireCount, requireGoing } from "./conditional.js";
import { Chains } from "./conditional-chains.js";
import { type Memory, MemoryTally } from "./conditional-memory.js";
import { ConditionalSpace } from "./conditional-space.js";
import { nearestStarts } from "./conditional-starts.js";
import { targetOf } from "./conditional-target.js";
import { asInData, flatten, type Model, type Rows } from "./model.js";

export interface ImputeOptions {
  /** Draws that a missing cell is summed up from. Default: 100. */
  readonly draws?: number | undefined;
  /**
   * "median": of a number the median of its draws, of a category the most frequent; the best guess. "draw": one draw, so
   * that completed columns vary as complete ones would. Default: "median".
   */
  readonly method?: ImputeMethod | undefined;
  /** Moves of each chain before its first draw; a tenth of that between draws, two at least. Default: 20. */
  readonly sweeps?: number | undefined;
  /** Same seed, same cells. Default: 0. */
  readonly seed?: number | undefined;
  /** Threads of ONNX Runtime; its own choice by default. */
  readonly threads?: number | undefined;
  /** Ends the work with an error "interrupted". */
  readonly signal?: AbortSignal | undefined;
  /** Called as rows with missing cells are completed. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export const imputeMethods = ["median", "draw"] as const;
export type ImputeMethod = (typeof imputeMethods)[number];

/** Completed rows. */
export interface Imputed {
  /** Row-major [n, columns], in the columns' units; categories as codes. Known cells are as they were. */
  readonly rows: Float64Array;
  /**
   * How sure each filled cell is, [n, columns]: of a number the standard deviation of its draws, in the column's units; of
   * a category the share of draws that are another. 0 for known cells.
   */
  readonly spread: Float64Array;
  /** Cells filled of each column. */
  readonly filled: Uint32Array;
  /** What chains remember of their starts: see `MemoryTally`. Undefined if they are too few to tell. */
  readonly memory: Memory | undefined;
}

/** Chains of a row, of which its draws are states; more of them if rows are few. */
const chainsPerRow = 10;
const fewestChains = 100;
/** Rows completed at a time, so that chains fill batches. */
const rowsAtOnce = 100;

/**
 * Completes rows: a missing cell (NaN) becomes the median, or the most frequent, of draws given the row's other cells, by
 * the chains of `sampleGiven`, 10 a row and started as there. Cells are drawn as ones that are present: which cells were
 * missing in the data the model was fitted to does not matter.
 *
 * Cost, a row with missing cells, with d draws: some (10 sweeps + 2 d) · (7 + categories to be tried) evaluations of the
 * log-density.
 *
 * @throws LogdetError "usage" if draws or sweeps is no count, "model" if numbers are missing and the model has nothing to draw
 * them from, "interrupted" if stopped; otherwise as `model.logProb`.
 * @example const { rows, spread } = await impute(model, [[1, NaN, 3]])
 */
export async function impute(
  model: Model,
  rows: Rows,
  { draws = 100, method = "median", sweeps = 20, seed = 0, threads, signal, onProgress }: ImputeOptions = {},
): Promise<Imputed> {
  requireCount("draws", draws, 1);
  requireCount("sweeps", sweeps, 1);
  const { columns } = model;
  const width = columns.length;
  const completed = Float64Array.from(flatten(rows, width));
  const spread = new Float64Array(completed.length);
  const filled = new Uint32Array(width);
  const incomplete: number[] = [];
  for (let row = 0; row < completed.length / width; row++)
    if (completed.subarray(row * width, (row + 1) * width).some(Number.isNaN)) incomplete.push(row);
  if (incomplete.length === 0) return { rows: completed, spread, filled, memory: undefined };

  const random = new Random(seed);
  const space = await ConditionalSpace.open(model, threads);
  try {
    const { layout } = space;
    const anything = targetOf(columns, layout, new Float64Array(width).fill(Number.NaN));
    const pool = await space.draw(poolRows, anything, random.split("pool"));
    const perRow = Math.min(draws, Math.max(chainsPerRow, Math.ceil(fewestChains / incomplete.length)));
    const tally = new MemoryTally(layout);
    for (let start = 0; start < incomplete.length; start += rowsAtOnce) {
      const some = incomplete.slice(start, start + rowsAtOnce);
      const targets = some.map((row) =>
        targetOf(columns, layout, completed.subarray(row * width, (row + 1) * width), [`row ${row + 1}`]),
      );
      const seeds = random.split(`rows from ${start}`);
      const starts = await nearestStarts(space, pool, targets, perRow, seeds.split("starts"));
      const owners = targets.flatMap((target) => Array.from({ length: perRow }, () => target));
      const chains = await Chains.begin(space, owners, starts, seeds.split("chains"));
      const exact = targets.every(isExact);
      const warmUp = exact ? 1 : sweeps;
      const { states, before } = await run(chains, {
        ...{ warmUp, between: Math.max(2, Math.round(sweeps / 10)), signal },
        kept: Math.ceil(draws / perRow),
        state: () => readCoordinates(columns, layout, chains.rows),
      });
      if (!exact) tally.add(owners, before, chains.rows);

      for (const [i, row] of some.entries())
        for (const [c, column] of columns.entries()) {
          const cell = row * width + c;
          if (!Number.isNaN(completed[cell])) continue;
          const values = states
            .flatMap((state) => Array.from({ length: perRow }, (_, k) => state[(i * perRow + k) * width + c]))
            .slice(0, draws);
          const summary = column.kind === "categorical" ? ofCategories(values) : ofNumbers(values);
          completed[cell] = asInData(method === "draw" ? values[values.length - 1] : summary.value, column);
          spread[cell] = summary.spread;
          filled[c]++;
        }
      onProgress?.(start + some.length, incomplete.length);
    }
    return { rows: completed, spread, filled, memory: tally.largest() };
  } finally {
    await space.release();
  }
}

interface Run {
  /** Sweeps before the first state that is kept, and from one to the next. */
  readonly warmUp: number;
  readonly between: number;
  /** States kept. */
  readonly kept: number;
  /** What is kept of where the chains are. */
  readonly state: () => Float64Array;
  readonly signal: AbortSignal | undefined;
}

/** Moves chains; what was kept of them, and where they were after half of the sweeps. */
async function run(chains: Chains, { warmUp, between, kept, state, signal }: Run) {
  const states: Float64Array[] = [];
  const total = warmUp + (kept - 1) * between;
  let before = chains.rows.slice();
  for (let sweep = 1; sweep <= total; sweep++) {
    requireGoing(signal);
    await chains.sweep(isFresh(sweep));
    if (sweep === Math.floor(total / 2)) before = chains.rows.slice();
    if (sweep >= warmUp && (sweep - warmUp) % between === 0) states.push(state());
  }
  return { states, before };
}

interface Summary {
  readonly value: number;
  readonly spread: number;
}

function ofNumbers(values: readonly number[]): Summary {
  const sorted = Float64Array.from(values).sort();
  const { length } = sorted;
  const mean = sorted.reduce((a, b) => a + b, 0) / length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    value: (sorted[(length - 1) >> 1] + sorted[length >> 1]) / 2,
    spread: Math.sqrt(squares / Math.max(length - 1, 1)),
  };
}

function ofCategories(codes: readonly number[]): Summary {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const [value, count] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best));
  return { value, spread: (codes.length - count) / codes.length };
}
