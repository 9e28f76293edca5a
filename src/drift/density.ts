// The densities that drift is looked for with: quick fits, one net, no search.

import { type Table, type TableColumn, tableFromColumns, takeRows } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { type FitOptions, fit } from "../fit/index.js";
import type { Model } from "../model/index.js";

export interface QuickFit {
  readonly model: Model;
  /** What the reader of a result should know. */
  readonly notices: readonly string[];
}

export interface QuickFitOptions {
  readonly options?: FitOptions;
  readonly seed: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Called with the share of the steps done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
}

/** Noise that a fit advises where columns determine each other, in standard deviations. */
const advisedJitter = 0.01;

/**
 * Fits one net to a table: seconds, as far as 3,000 to 12,000 steps take. A table whose columns determine each other is
 * fitted with a little noise, and a notice says so.
 *
 * @throws LogdetError as `fit`
 */
export async function fitQuickly(
  table: Table,
  { options = {}, seed, threads, signal, onProgress }: QuickFitOptions,
): Promise<QuickFit> {
  const chosen: FitOptions = { search: false, calibration: 0, missing: "model", threads, ...options, seed };
  const attempt = async (jitter: number) => {
    let steps = 1;
    const { model } = await fit(table, jitter > 0 ? { ...chosen, jitter } : chosen, {
      signal,
      onEvent: (event) => {
        if (event.type === "plan") steps = event.plan.steps;
        else if (event.type === "training" && event.event.type === "step")
          onProgress?.(event.event.step / steps);
      },
    });
    return model;
  };
  try {
    return { model: await attempt(chosen.jitter ?? 0), notices: [] };
  } catch (error) {
    if (!(error instanceof LogdetError) || !error.hint?.includes("--jitter")) throw error;
    return {
      model: await attempt(advisedJitter),
      notices: [
        `The density was fitted with noise of ${advisedJitter} standard deviations: ${error.message}.`,
      ],
    };
  }
}

/** A column of rows to fit or to score; codes from `categories.length` on are of categories that are not known. */
export type DensityColumn = Pick<TableColumn, "name" | "values" | "categories">;

/** Some rows of columns as a table. */
export function tableOf(columns: readonly DensityColumn[], rows: Uint32Array): Table {
  return {
    ...takeRows(tableFromColumns(columns, { missing: "cells" }), rows),
    columns: columns.map((column) => ({ ...column, values: valuesAt(column, rows) })),
  };
}

/** The model's columns of some rows, row-major [rows, D]: a fit leaves out columns that did not vary. */
export function modelRows(model: Model, columns: readonly DensityColumn[], rows: Uint32Array): Float64Array {
  const used = model.columns.map(({ name }) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column) return valuesAt(column, rows);
    throw new LogdetError("data", `a column of the model is missing: ${name}`);
  });
  const flat = new Float64Array(rows.length * used.length);
  for (const [d, values] of used.entries())
    for (let i = 0; i < rows.length; i++) flat[i * used.length + d] = values[i];
  return flat;
}

/**
 * Log-densities of rows, row-major [n · D], nats. A row that misses a cell where no row of the fit missed one has −∞: the
 * model knows no probability of that, and among others such rows rank as the least likely. How many there are comes along.
 */
export async function logProbOf(
  model: Model,
  rows: Float64Array,
): Promise<{ logProb: Float64Array; unforeseen: number }> {
  const dim = model.columns.length;
  const isUnforeseen = (value: number, i: number) => Number.isNaN(value) && !model.columns[i % dim].missing;
  const unforeseen = new Set<number>();
  for (let i = 0; i < rows.length; i++) if (isUnforeseen(rows[i], i)) unforeseen.add(Math.floor(i / dim));
  const settled = rows.map((value, i) => (isUnforeseen(value, i) ? model.columns[i % dim].center : value));
  const logProb = await model.logProb(settled);
  return {
    logProb: logProb.map((value, row) => (unforeseen.has(row) ? Number.NEGATIVE_INFINITY : value)),
    unforeseen: unforeseen.size,
  };
}

function valuesAt({ values, categories }: DensityColumn, rows: Uint32Array): Float64Array {
  const most = categories?.length ?? Number.POSITIVE_INFINITY;
  return Float64Array.from(rows, (row) => Math.min(values[row], most));
}
