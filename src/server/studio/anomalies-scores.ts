// How strange every row of a table is under a model: computed once, and kept as long as both are.

import type { Table } from "../../data/index.js";
import { LogdetError } from "../../errors.js";
import type { Model } from "../../model/index.js";
import type { Progress } from "./progress.js";
import { rowsOf } from "./tables.js";

/** One number a row of the table. */
export interface RowScores {
  /** Nats. */
  readonly logProb: Float64Array;
  /** By the model's default statistic; undefined if the model has no calibration rows. */
  readonly pValues: Float64Array | undefined;
}

interface ScoringOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Rows scored between two looks at the signal. */
const batchRows = 1024;

/** Scores by table and model: gone when either is. */
export class ScoredTables {
  readonly #known = new WeakMap<Table, WeakMap<Model, RowScores>>();

  /** @throws LogdetError "interrupted" once the signal is aborted; otherwise as `Model.logProb` */
  async of(model: Model, table: Table, options: ScoringOptions = {}): Promise<RowScores> {
    const known = this.#known.get(table)?.get(model);
    if (known) return known;
    const scores = await scoreRows(model, table, options);
    const ofTable = this.#known.get(table) ?? new WeakMap<Model, RowScores>();
    this.#known.set(table, ofTable.set(model, scores));
    return scores;
  }
}

async function scoreRows(
  model: Model,
  table: Table,
  { signal, onProgress }: ScoringOptions,
): Promise<RowScores> {
  const { rows } = table;
  const logProb = new Float64Array(rows);
  const pValues = model.calibration && new Float64Array(rows);
  for (let start = 0; start < rows; start += batchRows) {
    if (signal?.aborted) throw new LogdetError("interrupted", "stopped before all rows were scored");
    const places = Uint32Array.from({ length: Math.min(batchRows, rows - start) }, (_, i) => start + i);
    const some = rowsOf(table, places);
    const known = await model.logProb(some);
    logProb.set(known, start);
    pValues?.set(await model.pValues(some, { logProb: known }), start);
    onProgress?.({ text: "rows scored", done: start + places.length, total: rows });
  }
  return { logProb, pValues };
}
