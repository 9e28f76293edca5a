// What pictures need of a model, found once while it is open: draws, and a typical row.

import type { Table } from "../../data/index.js";
import type { Model } from "../../model/index.js";
import { isOfValues } from "./look-axes.js";
import type { ColumnConfig } from "./look-cells.js";

/** Rows drawn for densities; of wide models fewer, so many cells. */
const mostDraws = 50_000;
const mostCells = 2e6;
/** Rows drawn to stand beside data. */
const shownDraws = 2000;
/** Draws among which the typical row is the densest. */
const typicalAmong = 256;

/** The rows drawn all begin with this seed, so that a page shows the same again. */
const seed = 0;

export interface TypicalRow {
  /** [columns], complete. */
  readonly values: Float64Array;
  /** Nats. */
  readonly logProb: number;
}

/**
 * A model and what has been found of it. Memory: draws of up to 2 million cells, or 2,000 rows where they have more than 1,000
 * columns, and 2,000 rows beside them; freed with the model.
 */
export class LookedModel {
  readonly model: Model;
  readonly #found = new Map<string, Promise<unknown>>();

  constructor(model: Model) {
    this.model = model;
  }

  /** Rows for densities: as the flow draws them, not rounded, row-major [n, columns]. */
  draws(): Promise<Float64Array> {
    const { model } = this;
    const count = Math.min(mostDraws, Math.max(shownDraws, Math.floor(mostCells / model.dim)));
    return this.#once("draws", () => model.sample(count, { seed, round: false }));
  }

  /** One column of these rows; of a column of few values, the nearest of its lattice. */
  async drawsOf(column: number): Promise<Float64Array> {
    const { dim, columns } = this.model;
    const rows = await this.draws();
    const values = Float64Array.from({ length: rows.length / dim }, (_, i) => rows[i * dim + column]);
    return isOfValues(columns[column]) ? values.map((value) => nearestValue(value, columns[column])) : values;
  }

  /** Rows as data would have them, missing cells included: a table that stands in for one. */
  drawn(): Promise<Table> {
    return this.#once("drawn", () => drawnTable(this.model, shownDraws, seed));
  }

  /** Their log-densities, ascending. */
  drawnLogProb(): Promise<Float64Array> {
    return this.#once("log-densities", async () => {
      const { columns, rows } = await this.drawn();
      const flat = Float64Array.from(
        { length: rows * columns.length },
        (_, i) => columns[i % columns.length].values[Math.floor(i / columns.length)],
      );
      return (await this.model.logProb(flat)).sort();
    });
  }

  /** The densest of 256 draws: its cells go together, as those of a row of medians need not. */
  typical(): Promise<TypicalRow> {
    return this.#once("typical", async () => {
      const { model } = this;
      const rows = await model.sample(typicalAmong, { seed });
      const logProb = Array.from(await model.logProb(rows));
      const densest = logProb.indexOf(Math.max(...logProb.filter((value) => !Number.isNaN(value))));
      const place = Math.max(0, densest);
      return { values: rows.slice(place * model.dim, (place + 1) * model.dim), logProb: logProb[place] };
    });
  }

  #once<T>(name: string, find: () => Promise<T>): Promise<T> {
    const known = this.#found.get(name) as Promise<T> | undefined;
    if (known) return known;
    const found = find();
    this.#found.set(name, found);
    // What failed is tried anew the next time.
    found.catch(() => this.#found.delete(name));
    return found;
  }
}

const looked = new WeakMap<Model, LookedModel>();

/** The same for the same open model. */
export function lookedAt(model: Model): LookedModel {
  const known = looked.get(model) ?? new LookedModel(model);
  looked.set(model, known);
  return known;
}

/** Rows drawn, with cells missing as often as in the data, as a table. */
export async function drawnTable(model: Model, count: number, seed: number): Promise<Table> {
  const { columns, dim } = model;
  const rows = await model.sample(count, { seed, missing: true });
  return {
    columns: columns.map(({ name, categories }, d) => ({
      name,
      values: Float64Array.from({ length: count }, (_, i) => rows[i * dim + d]),
      ...(categories && { categories }),
    })),
    ...{ rows: count, sourceRows: count, rowIndex: undefined, notices: [] },
    sourceColumns: columns.map(({ name }) => name),
  };
}

function nearestValue(value: number, { kind, quantum = 0, minimum }: ColumnConfig): number {
  if (kind === "categorical" || quantum === 0) return value;
  return Number((minimum + Math.round((value - minimum) / quantum) * quantum).toFixed(9));
}
