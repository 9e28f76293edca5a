// A column's values as bars.

import * as Plot from "@observablehq/plot";
import type {
  CategoryHistogram,
  ColumnEntry,
  Histogram,
  NumberHistogram,
} from "../../../src/server/studio/fit-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";

const frame = { width: 240, marginTop: 6, marginBottom: 24, marginLeft: 8, marginRight: 8 } as const;
const style = { fontSize: "11px", background: "none" } as const;
const longest = 16;
const fewBars = 7;

export function drawHistogram(histogram: Histogram) {
  return histogram.kind === "categories" ? drawCategories(histogram) : drawNumbers(histogram);
}

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

function barsOf({ from, to, counts }: NumberHistogram): Bar[] {
  const at = (i: number) => from + ((to - from) * i) / counts.length;
  return counts.map((count, i) => ({ from: at(i), to: at(i + 1), count }));
}

function drawNumbers(histogram: NumberHistogram) {
  const isDate = histogram.kind === "dates";
  const shown = (value: number) => (isDate ? new Date(value) : value);
  const span = Math.max(Math.abs(histogram.from), Math.abs(histogram.to));
  const bars = barsOf(histogram);
  return Plot.plot({
    ...{ ...frame, style },
    // Under the months stand years.
    ...(isDate ? { height: 104, marginBottom: 32 } : { height: 92 }),
    x: {
      ...{ label: null, ticks: ticksOf(bars) ?? 4, domain: [shown(histogram.from), shown(histogram.to)] },
      ...(isDate ? { type: "utc" as const } : { tickFormat: span >= 1e5 || span < 1e-3 ? "~g" : "~f" }),
    },
    y: { axis: null },
    marks: [
      Plot.rectY(bars, {
        ...{ x1: (bar: Bar) => shown(bar.from), x2: (bar: Bar) => shown(bar.to), y: "count", inset: 0.4 },
        fill: color("data"),
      }),
      Plot.ruleY([0], { stroke: color("muted") }),
    ],
  });
}

/** Few bars are one value each, which stands in the middle: named one by one. */
const ticksOf = (bars: readonly Bar[]) =>
  bars.length <= fewBars ? bars.map(({ from, to }) => Number(((from + to) / 2).toPrecision(10))) : undefined;

interface NamedBar {
  readonly name: string;
  readonly count: number;
}

function namedBars({ names, counts, otherCategories, otherCells }: CategoryHistogram): NamedBar[] {
  const bars = names.map((name, i) => ({ name, count: counts[i] }));
  return otherCategories > 0 ? [...bars, { name: `${otherCategories} more`, count: otherCells }] : bars;
}

/** The bars that fit into a card; all of them are in the CSV. */
const mostBars = 6;

function drawCategories(histogram: CategoryHistogram) {
  const all = namedBars(histogram);
  const rest = all.slice(mostBars - 1);
  const bars =
    all.length <= mostBars
      ? all
      : [
          ...all.slice(0, mostBars - 1),
          {
            name: `${histogram.names.length + histogram.otherCategories - mostBars + 1} more`,
            count: rest.reduce((sum, { count }) => sum + count, 0),
          },
        ];
  return Plot.plot({
    ...{ ...frame, height: 12 + 17 * bars.length, marginBottom: 4, marginLeft: 96, marginRight: 44, style },
    x: { axis: null },
    // Names that are cut to the same letters stay apart.
    y: {
      label: null,
      tickSize: 0,
      tickFormat: (i: number) => shortName(bars[i].name, longest),
      domain: bars.map((_, i) => i),
    },
    marks: [
      Plot.barX(bars, { x: "count", y: (_, i) => i, fill: color("data"), inset: 1 }),
      Plot.text(bars, {
        ...{ x: "count", y: (_, i) => i, text: ({ count }: NamedBar) => count.toLocaleString("en") },
        ...{ textAnchor: "start", dx: 4, fill: color("muted") },
      }),
    ],
  });
}

export const histogramColumns = ["from", "to", "cells"];

export function* histogramRows(histogram: Histogram) {
  if (histogram.kind === "categories")
    for (const { name, count } of namedBars(histogram)) yield [name, name, count] as const;
  else for (const { from, to, count } of barsOf(histogram)) yield [from, to, count] as const;
}

/** The histogram in a sentence, for those who cannot see it. */
export function histogramWords({ name, histogram }: ColumnEntry): string {
  if (!histogram) return "";
  if (histogram.kind === "categories") {
    const most = namedBars(histogram).slice(0, 3);
    return `How often the values of ${name} are: ${most.map((bar) => `${bar.name} ${bar.count}`).join(", ")} …`;
  }
  const { from, to, counts } = histogram;
  const text = (value: number) =>
    histogram.kind === "dates"
      ? new Date(value).toISOString().slice(0, 10)
      : String(Number(value.toPrecision(4)));
  return `Histogram of ${name} from ${text(from)} to ${text(to)}, ${counts.length} bars.`;
}
