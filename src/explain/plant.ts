// Anomalies of which it is known what they are: normal rows, spoiled in columns that are chosen.

import type { ColumnConfig } from "../model/index.js";
import type { Random } from "../random/index.js";
import { nearestPoint } from "./profile.js";

/** Spoiled rows. */
export interface Planted {
  /** Row-major [n · D]. */
  readonly rows: Float64Array;
  /** Which columns of each row were spoiled. */
  readonly columns: readonly (readonly number[])[];
}

/** What there is to spoil. */
interface Soil {
  readonly columns: readonly ColumnConfig[];
  /** Row-major [n · D], normal. */
  readonly rows: Float64Array;
  readonly random: Random;
}

/** A way to spoil a row: writes into it and says where; nothing if it cannot be spoiled this way. */
type Spoil = (row: Float64Array, soil: Soil) => readonly number[] | undefined;

/** Standard deviations that a shifted value moves. */
const shiftBy = 3;
/** Standard deviations by which a value must differ from the one in its place, to count as spoiled. */
const least = 1;

/** Every kind of anomaly that is planted. */
export const plantings = {
  shift: {
    summary: "a number moved by three standard deviations, or another category",
    spoil: (row, { columns, random }) => {
      const d = random.integer(columns.length);
      const column = columns[d];
      const { kind, categories = [], scale } = column;
      const sign = random.uniform() < 0.5 ? -1 : 1;
      if (kind !== "categorical") row[d] = nearestPoint(row[d] + sign * shiftBy * scale, column);
      else if (categories.length < 2) return undefined;
      else row[d] = (row[d] + 1 + random.integer(categories.length - 1)) % categories.length;
      return [d];
    },
  },
  swap: {
    summary:
      "another row's value, at least one standard deviation away: each value is usual, not all together",
    spoil: (row, { columns, rows, random }) => {
      const d = random.integer(columns.length);
      const other = rows[random.integer(rows.length / columns.length) * columns.length + d];
      if (!differs(columns[d], row[d], other)) return undefined;
      row[d] = other;
      return [d];
    },
  },
  extreme: {
    summary: "half the data's range beyond its end, or a category never seen",
    spoil: (row, { columns, random }) => {
      const d = random.integer(columns.length);
      const column = columns[d];
      const { kind, categories = [], minimum, maximum } = column;
      const beyond = (maximum - minimum) / 2;
      const up = random.uniform() < 0.5;
      if (kind === "categorical") row[d] = categories.length;
      else row[d] = nearestPoint(up ? maximum + beyond : minimum - beyond, column);
      return [d];
    },
  },
  exchange: {
    summary: "two columns' numbers exchanged, in standard deviations from their means",
    spoil: (row, { columns, random }) => {
      const [a, b] = [random.integer(columns.length), random.integer(columns.length)];
      if (a === b || columns[a].kind === "categorical" || columns[b].kind === "categorical") return undefined;
      const inUnits = (from: number, to: number) =>
        nearestPoint(
          columns[to].center + ((row[from] - columns[from].center) / columns[from].scale) * columns[to].scale,
          columns[to],
        );
      const [toA, toB] = [inUnits(b, a), inUnits(a, b)];
      if (!differs(columns[a], row[a], toA) || !differs(columns[b], row[b], toB)) return undefined;
      row[a] = toA;
      row[b] = toB;
      return [a, b];
    },
  },
} satisfies Readonly<Record<string, { readonly summary: string; readonly spoil: Spoil }>>;

export type PlantingName = keyof typeof plantings;

export const plantingNames = Object.keys(plantings) as readonly PlantingName[];

/** Tries a row, before the kind counts as one that these columns do not allow. */
const tries = 200;

/**
 * Spoils `count` of the rows, drawn at random; undefined if the table allows no such anomaly: two numbers cannot be
 * exchanged where there is one.
 */
export function plant(kind: PlantingName, count: number, soil: Soil): Planted | undefined {
  const { columns, rows, random } = soil;
  const dim = columns.length;
  const spoil: Spoil = plantings[kind].spoil;
  const planted = new Float64Array(count * dim);
  const places: (readonly number[])[] = [];
  for (let tried = 0; places.length < count; tried++) {
    if (tried > tries * (places.length + 1)) return undefined;
    const from = random.integer(rows.length / dim) * dim;
    const row = rows.slice(from, from + dim);
    // A missing cell cannot be spoiled, and spoils what is compared.
    if (row.some(Number.isNaN)) continue;
    const where = spoil(row, soil);
    if (!where || row.some(Number.isNaN)) continue;
    planted.set(row, places.length * dim);
    places.push(where);
  }
  return { rows: planted, columns: places };
}

const differs = ({ kind, scale }: ColumnConfig, own: number, other: number) =>
  kind === "categorical" ? own !== other : Math.abs(own - other) >= least * scale;
