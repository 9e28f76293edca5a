// What a fit would take the columns of a table for, and how their values are distributed.

import {
  analyzeColumns,
  areWholeDates,
  type ColumnPlan,
  type ColumnType,
  columnNames,
  joinDates,
  openSources,
  readTable,
  type Table,
  type TableColumn,
} from "../../data/index.js";
import { likelyLabels } from "../../fit/label-column.js";
import { spread } from "../../model/report/statistics.js";
import { Random } from "../../random/index.js";
import { breathe } from "../../runtime/breathe.js";
import { shorten } from "../refusal.js";
import type { ColumnEntry, ColumnsAnswer, Histogram, LeftOut } from "./fit-answers.js";
import { categoryHistogram, dateHistogram, numberHistogram } from "./histograms.js";

/** Dates are put together from their parts as text, one by one: of so many rows at most, evenly spread. */
const mostDates = 20_000;
const mostExamples = 3;
/** Characters of a category that are shown. */
const longestName = 60;

export interface ColumnsOptions {
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/**
 * The names of a table's columns, as entries of which nothing else is known: what can be chosen of a table that cannot be
 * used as it is.
 *
 * @throws LogdetError "data" if the file is no table at all
 */
export async function namesOnly(path: string, { exclude = [] }: ColumnsOptions = {}): Promise<ColumnEntry[]> {
  const sources = await openSources([path], {});
  try {
    const names = await columnNames(sources);
    return names.map((name) => ({
      ...{ name, type: undefined, leftOut: exclude.includes(name) ? "chosen" : undefined, missing: 0 },
      ...{ histogram: undefined, examples: [], step: undefined, parts: [], isLikeLabel: false },
    }));
  } finally {
    await sources.close();
  }
}

/**
 * The columns of a table's file, one entry each. Cost: one reading of the table and O(rows log rows) a column.
 *
 * @throws LogdetError "data" if it cannot be read as a table or no column varies, "usage" if a type does not fit
 * @example const { columns } = await columnsOf("penguins.csv", { types: { year: "categorical" } })
 */
export async function columnsOf(
  path: string,
  { types = {}, exclude = [] }: ColumnsOptions = {},
): Promise<Pick<ColumnsAnswer, "rows" | "rowsMissing" | "columns">> {
  const table = await readTable([path], { mixed: true, types, exclude, missing: "cells" });
  const plans = await plansOf(table, types);
  const planned = new Map(plans.map((plan) => [plan.name, plan]));
  const labels = new Set(likelyLabels(table, plans, new Random(0)).map((label) => label.name));
  const made = new Map<string, TableColumn[]>();
  for (const column of table.columns) {
    const source = column.part?.source ?? column.name;
    made.set(source, [...(made.get(source) ?? []), column]);
  }
  // A column may be named like what every object has.
  const told = new Map(Object.entries(table.types ?? {}));
  const excluded = new Set(exclude);
  const columns: ColumnEntry[] = [];
  for (const name of table.sourceColumns) {
    await breathe();
    const own = made.get(name) ?? [];
    const plan = planned.get(name);
    const type = plan?.type ?? told.get(name);
    columns.push({
      ...{ name, type },
      leftOut: excluded.has(name) ? "chosen" : leftOut(own, planned, type),
      missing: excluded.has(name) ? 0 : missingIn(own, type, table.rows),
      histogram: columnHistogram(own, plan),
      examples: examplesOf(own),
      step: plan?.quantum,
      parts: own[0]?.part ? own.map((part) => part.name) : [],
      isLikeLabel: labels.has(name),
    });
  }
  return { rows: table.rows, rowsMissing: incompleteRows(table), columns };
}

/** What `analyzeColumns` plans, column by column: the thread is given up between them. */
async function plansOf(
  table: Table,
  types: Readonly<Record<string, ColumnType>>,
): Promise<readonly ColumnPlan[]> {
  const plans: ColumnPlan[] = [];
  for (const [index, column] of table.columns.entries()) {
    await breathe();
    if (!varies(column)) continue;
    const { name } = column;
    const own = Object.hasOwn(types, name) ? { [name]: types[name] } : {};
    const [plan] = analyzeColumns({ ...table, columns: [column] }, { types: own, infer: true }).plans;
    plans.push({ ...plan, index });
  }
  // It says so where none varies.
  return plans.length > 0 ? plans : analyzeColumns(table, { types, infer: true }).plans;
}

/** Whether a column has two values, or one and missing ones that make a category of their own. */
function varies({ values, categories }: TableColumn): boolean {
  const first = values.find((value) => !Number.isNaN(value));
  if (first === undefined) return false;
  if (categories) return categories.length > 1 || values.some(Number.isNaN);
  return values.some((value) => value !== first && !Number.isNaN(value));
}

/** Why a column that was read is not used, if it is not. */
function leftOut(
  own: readonly TableColumn[],
  planned: ReadonlyMap<string, ColumnPlan>,
  type: ColumnType | undefined,
): LeftOut | undefined {
  if (own.some((column) => planned.has(column.name))) return undefined;
  if (own.length > 0) return "constant";
  return type === "identifier" || type === "text" ? type : "empty";
}

function missingIn([column]: readonly TableColumn[], type: ColumnType | undefined, rows: number): number {
  // Of what is left out, only columns without any value are looked at.
  if (!column) return type === undefined ? rows : 0;
  return column.values.reduce((sum, value) => sum + Number(Number.isNaN(value)), 0);
}

/** Rows that miss a cell. */
function incompleteRows({ columns, rows }: Table): number {
  const misses = new Uint8Array(rows);
  for (const { values } of columns) for (let i = 0; i < rows; i++) if (Number.isNaN(values[i])) misses[i] = 1;
  return misses.reduce((sum, one) => sum + one, 0);
}

function columnHistogram(own: readonly TableColumn[], plan: ColumnPlan | undefined): Histogram | undefined {
  const [column] = own;
  if (!column) return undefined;
  if (column.part) {
    if (!areWholeDates(own)) return undefined;
    const dates = joinDates(someOf(own, mostDates));
    return dateHistogram(Float64Array.from(dates, (text) => (text === null ? Number.NaN : instantOf(text))));
  }
  if (column.categories)
    return categoryHistogram(
      column.values,
      column.categories.map((name) => shorten(name, longestName)),
    );
  return numberHistogram(column.values, { step: plan?.lattice ? plan.quantum : undefined });
}

/** Milliseconds since 1970 of a date as `joinDates` writes it: without an offset, taken for UTC. */
const instantOf = (text: string) => Date.parse(text.includes("T") ? `${text}Z` : text);

/** At most so many rows of some columns, evenly spread. */
function someOf(columns: readonly TableColumn[], most: number): TableColumn[] {
  const places = spread(columns[0].values.length, most);
  return columns.map((column) => ({
    ...column,
    values: Float64Array.from(places, (place) => column.values[place]),
  }));
}

/** A column's first values that are not missing. */
function examplesOf(own: readonly TableColumn[]): string[] {
  const [column] = own;
  if (!column) return [];
  const places: number[] = [];
  for (let i = 0; i < column.values.length && places.length < mostExamples; i++)
    if (own.every(({ values }) => !Number.isNaN(values[i]))) places.push(i);
  const first = own.map((part) => ({ ...part, values: Float64Array.from(places, (i) => part.values[i]) }));
  if (column.part) return areWholeDates(own) ? joinDates(first).map((text) => text ?? "") : [];
  const { categories } = column;
  return Array.from(first[0].values, (value) =>
    categories ? shorten(categories[value], longestName) : String(Number(value.toPrecision(6))),
  );
}
