// How often categories and missing cells are: rows counted by what they have, for the report's picture of them.

import type { CategoryCounts, CountedBar, CountedColumn } from "./report-data.js";

/** Columns of categories that are counted at most, and bars that one gets. */
const mostColumns = 6;
const mostBars = 12;

/** What has to be known of a column. */
interface Column {
  readonly name: string;
  readonly kind: string;
  /** What code k stands for; categorical columns only. */
  readonly categories?: readonly string[] | undefined;
  readonly missing?: boolean | undefined;
}

/**
 * Counts rows of the data and rows drawn from a model: the first six columns of categories, each by its categories, of
 * which the rarest share a bar where there are more than twelve; and the missing cells of columns of numbers, together.
 *
 * @param rows row-major [n, columns]: codes of categories, NaN where a cell is missing
 * @param draws the same of the model, missing cells included
 * @returns undefined where there are no categories and no cells that may be missing
 * @example countCategories(model.columns, rows, await model.sample(4000, { missing: true }))
 */
export function countCategories(
  columns: readonly Column[],
  rows: Float64Array,
  draws: Float64Array,
): CategoryCounts | undefined {
  const width = columns.length;
  const counter = (table: Float64Array, d: number) => (is: (cell: number) => boolean) => {
    let count = 0;
    for (let i = d; i < table.length; i += width) if (is(table[i])) count++;
    return count;
  };
  const bar = (name: string, d: number, is: (cell: number) => boolean): CountedBar => ({
    name,
    data: counter(rows, d)(is),
    model: counter(draws, d)(is),
  });
  const places = columns.map((column, d) => ({ ...column, d }));
  const counted: CountedColumn[] = places
    .filter(({ kind }) => kind === "categorical")
    .slice(0, mostColumns)
    .map(({ name, categories = [], missing, d }) => ({
      name,
      bars: [
        ...gathered(
          categories.map((category, code) => bar(category, d, (cell) => cell === code)),
          mostBars - (missing ? 1 : 0),
        ),
        ...(missing ? [bar("(missing)", d, Number.isNaN)] : []),
      ],
    }));
  const holey = places.filter(({ kind, missing }) => missing && kind !== "categorical");
  if (holey.length > 0)
    counted.push({
      name: "missing cells",
      bars: holey.slice(0, mostBars).map(({ name, d }) => bar(name, d, Number.isNaN)),
    });
  if (counted.length === 0) return undefined;
  return { rows: rows.length / width, draws: draws.length / width, columns: counted };
}

/** At most so many bars, in their order: the rarest of the data become one. */
function gathered(bars: readonly CountedBar[], most: number): CountedBar[] {
  if (bars.length <= most) return [...bars];
  const byCount = [...bars].sort((a, b) => b.data - a.data);
  const frequent = new Set(byCount.slice(0, most - 1));
  const others = byCount.slice(most - 1);
  const sum = (of: (bar: CountedBar) => number) => others.reduce((total, one) => total + of(one), 0);
  return [
    ...bars.filter((one) => frequent.has(one)),
    { name: `(${others.length} others)`, data: sum((one) => one.data), model: sum((one) => one.model) },
  ];
}
