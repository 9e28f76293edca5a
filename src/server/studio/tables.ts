// Tables of the folder, read as a model knows them, and kept for the next request.

import { stat } from "node:fs/promises";
import { readTable, type Table } from "../../data/index.js";
import type { Model } from "../../model/index.js";
import { Refusal } from "../refusal.js";
import type { StudioFolder } from "./folder.js";

/** Tables kept, and cells that one may have: more are read anew for each request. */
const mostTables = 3;
const mostCells = 2e7;

/** Tables by model and name. */
export class StudioTables {
  readonly #folder: StudioFolder;
  readonly #kept = new Map<string, { readonly stamp: string; readonly table: Promise<Table> }>();

  constructor(folder: StudioFolder) {
    this.#folder = folder;
  }

  /**
   * A table with a model's columns, in their order. Cells that are missing are NaN where the model knows of such; otherwise
   * rows that miss some are left out, and `rowIndex` says which are there.
   *
   * @throws Refusal as `StudioFolder.resolveTable`, LogdetError "data" as `readTable`
   */
  async of(model: Model, name: string): Promise<Table> {
    const path = await this.#folder.resolveTable(name);
    const { mtimeMs, size } = await stat(path);
    const key = JSON.stringify([path, model.columns]);
    const stamp = `${mtimeMs}:${size}`;
    const kept = this.#kept.get(key);
    if (kept?.stamp === stamp) return kept.table;
    const missing = model.columns.some((column) => column.missing) ? "cells" : "keep";
    const table = readTable([path], { model: model.columns, missing });
    this.#kept.delete(key);
    this.#kept.set(key, { stamp, table });
    table.then(
      ({ rows, columns }) => {
        if (rows * columns.length > mostCells) this.#kept.delete(key);
      },
      () => this.#kept.delete(key),
    );
    for (const old of [...this.#kept.keys()].slice(0, -mostTables)) this.#kept.delete(old);
    return table;
  }
}

/** All rows of a table, or some by their places, row-major [n, D]. */
export function rowsOf({ columns, rows }: Table, places?: ArrayLike<number>): Float64Array {
  const count = places?.length ?? rows;
  const flat = new Float64Array(count * columns.length);
  for (const [d, { values }] of columns.entries())
    for (let i = 0; i < count; i++) flat[i * columns.length + d] = values[places ? places[i] : i];
  return flat;
}

/**
 * The place of a row by its number in its file: the inverse of `rowNumber`.
 *
 * @throws Refusal 404 if there is no such row, or it was left out
 */
export function placeOf({ rows, rowIndex, sourceRows }: Table, number: number): number {
  if (!(number >= 1 && number <= sourceRows))
    throw new Refusal(404, `there is no row ${number}`, { hint: `The rows are 1 to ${sourceRows}.` });
  const place = rowIndex ? rowIndex.indexOf(number - 1) : number - 1;
  if (place >= 0 && place < rows) return place;
  throw new Refusal(404, `row ${number} misses cells, and the model knows only rows that miss none`, {
    hint: "Choose another row.",
  });
}

/** The number of a row in its file, from 1. */
export const rowNumber = ({ rowIndex }: Table, place: number): number => (rowIndex?.[place] ?? place) + 1;
