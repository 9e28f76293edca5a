// The axes of the pictures of a model's columns: ranges, and the values of columns that have few.

import type { LookAxis, NumberAxis, ValuesAxis } from "./look-answers.js";
import { type ColumnConfig, cellLabel } from "./look-cells.js";

/** Columns of numbers with no more values than this are shown value by value. */
const mostPoints = 12;
/** Values on an axis; of more categories the most frequent. */
const mostValues = 30;

/** How far an axis reaches beyond the central 99 % of the draws, of their width, and how far for what the data had. */
const margin = 0.08;
const farthest = 0.75;

/**
 * The axis of a column: where 99 % of the model's draws and most of the data lie.
 *
 * @param draws of the column
 * @param size cells, of an axis of numbers
 */
export function axisOf(column: ColumnConfig, draws: Float64Array, size: number): LookAxis {
  return isOfValues(column) ? valuesAxis(column, draws) : numberAxis(column, draws, size);
}

/** Whether a column has so few values that they are shown one by one. */
export const isOfValues = (column: ColumnConfig): boolean =>
  column.kind === "categorical" || pointsOf(column) <= mostPoints;

/** Points of a column's lattice between its ends; many where it has none. */
const pointsOf = ({ lattice, quantum = 0, minimum, maximum }: ColumnConfig): number =>
  lattice && quantum > 0 ? Math.round((maximum - minimum) / quantum) + 1 : Number.POSITIVE_INFINITY;

function numberAxis({ name, minimum, maximum }: ColumnConfig, draws: Float64Array, size: number): NumberAxis {
  const [low, high] = centralRange(draws);
  const width = high - low || Math.abs(low) || 1;
  const from = Math.max(Math.min(low, minimum), low - farthest * width);
  const to = Math.min(Math.max(high, maximum), high + farthest * width);
  return { kind: "numbers", name, from: from - margin * width, to: to + margin * width, size };
}

/** Where the central 99 % of finite values lie; [0, 0] of none. */
export function centralRange(values: Float64Array): readonly [low: number, high: number] {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.005), at(0.995)];
}

function valuesAxis(column: ColumnConfig, draws: Float64Array): ValuesAxis {
  const { name, kind, categories = [], minimum, quantum = 0 } = column;
  const all =
    kind === "categorical"
      ? categories.map((_, code) => code)
      : Array.from({ length: pointsOf(column) }, (_, k) => Number((minimum + k * quantum).toFixed(9)));
  const shown = all.length > mostValues ? mostFrequent(all, draws).slice(0, mostValues) : all;
  const kept = new Set(shown);
  const omitted = all.length - shown.length;
  return {
    ...{ kind: "values", name, omitted },
    values: shown.map((value) => ({ value, label: cellLabel(column, value) })),
    omittedShare:
      omitted === 0 ? 0 : draws.reduce((sum, value) => sum + (kept.has(value) ? 0 : 1), 0) / draws.length,
  };
}

function mostFrequent(values: readonly number[], draws: Float64Array): number[] {
  const counts = new Map<number, number>();
  for (const value of draws) counts.set(value, (counts.get(value) ?? 0) + 1);
  return values.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
}

/** The places on an axis: middles of cells, or values. */
export function placesOf(axis: LookAxis): Float64Array {
  if (axis.kind === "values") return Float64Array.from(axis.values, ({ value }) => value);
  const step = (axis.to - axis.from) / axis.size;
  return Float64Array.from({ length: axis.size }, (_, i) => axis.from + (i + 0.5) * step);
}

/** The width of a cell: of values 1, so that they count with their probability. */
export const cellWidth = (axis: LookAxis): number =>
  axis.kind === "values" ? 1 : (axis.to - axis.from) / axis.size;
