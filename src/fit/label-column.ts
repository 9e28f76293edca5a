// Whether a label was left in a table by accident: a column named so whose few values the other columns tell apart.

import {
  type ColumnPlan,
  formatNames,
  layoutOf,
  standardizedRows,
  type Table,
  takeRows,
} from "../data/index.js";
import type { Random } from "../random/index.js";

/** Names that people give to what they want to predict. */
const labelNames = /^(is[ _-]?)?(label|class|target|outcome|anomal(y|ous)|outlier|fraud)s?$/i;
/** A label has few values. */
const mostValues = 20;
/** Rows of each value that are compared: more would say the same. */
const rowsPerValue = 200;
/** Values with fewer rows say nothing. */
const fewestRows = 5;
/** The share of rows, the mean over the values, from which on values count as told apart. */
const separated = 0.98;

/** A column that is likely a label. */
export interface LikelyLabel {
  readonly name: string;
  /** How often a nearest neighbour by the other columns has the same value, from 0 to 1. */
  readonly share: number;
}

/** The columns that are named like a label, and that the others tell apart. */
export function likelyLabels(table: Table, plans: readonly ColumnPlan[], random: Random): LikelyLabel[] {
  return plans.flatMap((plan) => {
    const { name } = plan;
    if (!labelNames.test(name)) return [];
    const share = shareToldApart(table, plan, plans, random.split(name));
    return share === undefined || share < separated ? [] : [{ name, share }];
  });
}

/** A sentence for each of them. */
export const labelNotices = (table: Table, plans: readonly ColumnPlan[], random: Random): string[] =>
  likelyLabels(table, plans, random).map(
    ({ name, share }) =>
      `Column ${name} looks like a label left in by accident: the other columns tell its values apart ` +
      `(a nearest neighbour has the same one in ${(100 * share).toFixed(0)} % of cases). A model that knows what you want ` +
      `to find out will say little of it: to leave it out, --exclude ${formatNames([name])}.`,
  );

/**
 * How often a row's nearest neighbour by the other columns has the row's value, the mean over the values; undefined if there
 * are not from 2 to 20 of them. O(rows² D) of at most 200 rows a value.
 */
function shareToldApart(
  table: Table,
  label: ColumnPlan,
  plans: readonly ColumnPlan[],
  random: Random,
): number | undefined {
  const others = plans.filter((plan) => plan !== label);
  const values = table.columns[label.index].values;
  const byValue = new Map<number, number[]>();
  for (const row of random.permutation(table.rows)) {
    if (Number.isNaN(values[row])) continue;
    const known = byValue.get(values[row]) ?? [];
    if (byValue.size >= mostValues && known.length === 0) return undefined;
    if (known.length < rowsPerValue) known.push(row);
    byValue.set(values[row], known);
  }
  const groups = [...byValue.values()].filter(({ length }) => length >= fewestRows);
  if (groups.length < 2 || others.length === 0) return undefined;
  const sample = takeRows(table, Uint32Array.from(groups.flat()));
  const { width } = layoutOf(others);
  // What is missing is in the middle.
  const rows = standardizedRows(sample, others).map((value) => (Number.isNaN(value) ? 0 : value));
  const group = groups.flatMap((members, k) => members.map(() => k));
  const hits = groups.map(() => 0);
  for (const [i, own] of group.entries()) if (group[nearest(rows, width, i)] === own) hits[own]++;
  return hits.reduce((total, count, k) => total + count / groups[k].length, 0) / groups.length;
}

/** The row that is nearest to a row, itself excepted. */
function nearest(rows: Float32Array, width: number, row: number): number {
  let [best, least] = [-1, Infinity];
  for (let other = 0; other < rows.length / width; other++) {
    if (other === row) continue;
    let distance = 0;
    for (let i = 0; i < width && distance < least; i++)
      distance += (rows[row * width + i] - rows[other * width + i]) ** 2;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
