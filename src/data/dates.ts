// Dates as columns of their own: week, day of the week and time of day. The instant is their sum and they follow from
// it, so that a density of the parts is one of the date.

import { LogdetError } from "../errors.js";
import type { DatePart, DatePartName, TableColumn } from "./table.js";

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const partNames: readonly DatePartName[] = ["week", "weekday", "hour"];

/** Microseconds. */
const second = 1e6;
const hour = 3600 * second;
const day = 24 * hour;

/** Days from 1970-01-01 to the first Monday, from which weeks are counted. */
const firstMonday = 4;

/** The years 1 to 9999, those of four digits: microseconds since 1970, the end excluded. */
const earliest = Date.parse("0001-01-01T00:00:00Z") * 1000;
const latest = Date.UTC(10_000, 0, 1) * 1000;

/** Whether an instant, microseconds since 1970, is of the years that dates are read of. */
export function isInRange(instant: number): boolean {
  return instant >= earliest && instant < latest;
}

/** The parts of dates, a value a row each; weekdays are 0 (Monday) … 6. */
type Parts = Readonly<Record<DatePartName, Float64Array>>;

/** Takes instants (microseconds since 1970, NaN if missing) apart; days begin at `cut` o'clock. */
function takeApart(instants: Float64Array, cut: number): Parts {
  const [week, weekday, time] = partNames.map(() => new Float64Array(instants.length));
  instants.forEach((instant, i) => {
    const days = Math.floor((instant - cut * hour) / day);
    week[i] = Math.floor((days - firstMonday) / 7);
    weekday[i] = days - firstMonday - 7 * week[i];
    time[i] = (instant - days * day) / hour;
  });
  return { week, weekday, hour: time };
}

/**
 * A column of dates as columns that say the same: `NAME.week` (whole weeks since Monday 1970-01-05), `NAME.weekday`
 * (categories, those that occur, from Monday on) and `NAME.hour` (hours since midnight). A part that never varies is kept
 * in the others' `fixed`, and is no column.
 *
 * Hours are cyclic and a line is not: it is cut where the fewest times are, and hours past midnight belong to the day
 * before.
 *
 * @param instants microseconds since 1970, NaN if missing; at least one is not
 */
export function splitDates(source: string, instants: Float64Array): TableColumn[] {
  const cut = emptiestHour(instants);
  const parts = takeApart(instants, cut);
  const varying = partNames.filter((name) => fixedValue(parts[name]) === undefined);
  const columns: readonly DatePartName[] = varying.length > 0 ? varying : ["week"];
  const fixed = Object.fromEntries(
    partNames.filter((name) => !columns.includes(name)).map((name) => [name, fixedValue(parts[name])!]),
  );
  const common = {
    source,
    ...(cut > 0 ? { cut } : {}),
    ...(Object.keys(fixed).length > 0 ? { fixed } : {}),
    ...(columns.includes("hour") ? { unit: unitOf(instants) } : {}),
  };
  return columns.map((part) => {
    const name = `${source}.${part}`;
    if (part !== "weekday") return { name, values: parts[part], part: { part, ...common } };
    const categories = weekdays.filter((_, k) => parts.weekday.includes(k));
    return codedWeekdays({ name, categories, part: { part, ...common } }, parts.weekday);
  });
}

/**
 * Dates taken apart as those of a model were.
 *
 * @param known the columns of one source
 * @returns one column a known one; and for each part that never varied, how many rows now have another
 */
export function splitKnownDates(
  known: readonly (Pick<TableColumn, "name" | "categories"> & { readonly part: DatePart })[],
  instants: Float64Array,
): { readonly columns: TableColumn[]; readonly strangers: Readonly<Partial<Record<DatePartName, number>>> } {
  const { cut = 0, fixed = {} } = known[0].part;
  const parts = takeApart(instants, cut);
  const strangers: Partial<Record<DatePartName, number>> = {};
  for (const name of partNames) {
    const value = fixed[name];
    if (value === undefined) continue;
    const others = parts[name].reduce((sum, one) => sum + Number(one !== value && !Number.isNaN(one)), 0);
    if (others > 0) strangers[name] = others;
  }
  const columns = known.map((column) =>
    column.part.part === "weekday"
      ? codedWeekdays(column, parts.weekday)
      : { ...column, values: parts[column.part.part] },
  );
  return { columns, strangers };
}

/** A column of weekdays by the codes of its categories; days that are none of them get `categories.length`. */
function codedWeekdays(column: Omit<TableColumn, "values">, days: Float64Array): TableColumn {
  const { categories = [] } = column;
  const codes = weekdays.map((name) =>
    categories.includes(name) ? categories.indexOf(name) : categories.length,
  );
  return { ...column, values: days.map((one) => (Number.isNaN(one) ? Number.NaN : codes[one])) };
}

/** Whether columns are all the parts of one date, so that `joinDates` can put them together. */
export function areWholeDates(columns: readonly Pick<TableColumn, "part">[]): boolean {
  const { fixed, source } = columns[0]?.part ?? {};
  return partNames.every(
    (name) =>
      fixed?.[name] !== undefined ||
      columns.some(({ part }) => part?.part === name && part.source === source),
  );
}

/**
 * Puts the parts of dates together again, as text: `2024-02-29`, or `2024-02-29T13:45:00`, to the whole `unit` of the times
 * that the parts were made of. Null where a part is missing; beyond the years 1 to 9999, their first or last day.
 *
 * @param columns the parts of one date, in any order
 * @throws LogdetError (shape) if they are not all of them
 *
 * @example joinDates(table.columns.filter(({ part }) => part?.source === "when")) // ["2024-02-29T13:45:00", …]
 */
export function joinDates(
  columns: readonly Pick<TableColumn, "values" | "categories" | "part">[],
): (string | null)[] {
  if (!areWholeDates(columns))
    throw new LogdetError("shape", "some parts of the dates are missing", {
      where: columns.flatMap(({ part }) => part?.source ?? []).slice(0, 1),
    });
  const { fixed = {}, unit = 1e-3 } = columns[0].part!;
  const at = (part: DatePartName): ((row: number) => number) => {
    const column = columns.find((one) => one.part?.part === part);
    const constant = fixed[part] ?? Number.NaN;
    if (column === undefined) return () => constant;
    const { values, categories } = column;
    const days = categories?.map((name) => weekdays.indexOf(name));
    return (row) => (days === undefined ? values[row] : (days[values[row]] ?? Number.NaN));
  };
  const [week, weekday, time] = partNames.map(at);
  const isDay = fixed.hour === 0;
  return Array.from(columns[0].values, (_, row) => {
    const days = firstMonday + 7 * Math.round(week(row)) + weekday(row);
    const tick = unit * second;
    const instant = days * day + Math.round((time(row) * hour) / tick) * tick;
    return Number.isNaN(instant)
      ? null
      : formatInstant(Math.min(Math.max(instant, earliest), latest - day), isDay);
  });
}

/** ISO 8601, without what is zero at the end of the fraction. */
function formatInstant(instant: number, isDay: boolean): string {
  const whole = Math.floor(instant / second);
  const text = new Date(whole * 1000).toISOString();
  if (isDay) return text.slice(0, 10);
  const fraction = String(Math.round(instant - whole * second))
    .padStart(6, "0")
    .replace(/0+$/, "");
  return text.slice(0, 19) + (fraction === "" ? "" : `.${fraction}`);
}

/** The value that all cells have that are not missing; undefined if there are several. */
function fixedValue(values: Float64Array): number | undefined {
  const first = values.find((value) => !Number.isNaN(value));
  return values.every((value) => value === first || Number.isNaN(value)) ? first : undefined;
}

/**
 * Where to cut: at midnight, unless there is an hour with fewer than half as many times; then in the middle of the longest
 * stretch of the emptiest hours.
 */
function emptiestHour(instants: Float64Array): number {
  const counts = new Float64Array(24);
  for (const instant of instants)
    if (!Number.isNaN(instant)) counts[Math.floor((instant - Math.floor(instant / day) * day) / hour)]++;
  const fewest = Math.min(...counts);
  const isOneHour = counts.filter((count) => count > 0).length <= 1;
  if (counts[0] <= 2 * fewest || isOneHour) return 0;
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 24; start++) {
    let length = 0;
    while (counts[(start + length) % 24] === fewest) length++;
    if (length > best.length) best = { start, length };
  }
  return (best.start + Math.floor(best.length / 2)) % 24;
}

/** The largest unit, in seconds, of which all times of day are whole multiples. */
function unitOf(instants: Float64Array): number {
  let unit = day;
  for (const instant of instants) {
    let rest = instant - Math.floor(instant / day) * day;
    if (Number.isNaN(rest)) continue;
    while (rest > 0) [unit, rest] = [rest, unit % rest];
    if (unit <= 1) break;
  }
  return unit / second;
}

/** What a date in words says. */
export interface WrittenInstant {
  /** Microseconds since 1970; of a day alone, its first moment. */
  readonly instant: number;
  readonly hasTime: boolean;
}

/**
 * Reads `2024-02-29` or `2024-02-29T13:45:00`, as they are read in files: what is written counts, whatever offset follows.
 *
 * @returns undefined if it is no such date
 */
export function readInstant(text: string): WrittenInstant | undefined {
  const match =
    /^\s*(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?\s*$/.exec(
      text,
    );
  if (!match) return undefined;
  const [, date, minutes = "00:00", seconds = "00", fraction = ""] = match;
  const milliseconds = Date.parse(`${date}T${minutes}:${seconds}Z`);
  // 30 February is taken for 1 March otherwise.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 10) !== date)
    return undefined;
  const instant = milliseconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
  return { instant, hasTime: match[2] !== undefined };
}
