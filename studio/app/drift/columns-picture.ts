// Which columns stand out by their scores: the statistic of each in multiples of its threshold.

import * as Plot from "@observablehq/plot";
import type { ShiftedColumn } from "../../../src/drift/index.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";

export const mostDrawn = 20;
/** Below this share of the threshold all are drawn alike. */
const least = 0.05;

export function drawColumns(columns: readonly ShiftedColumn[]) {
  const bars = columns.slice(0, mostDrawn).map(({ name, statistic, threshold, moved }, place) => ({
    ...{ place, name, moved },
    ratio: Math.max(least, threshold > 0 ? statistic / threshold : statistic > 0 ? 1e3 : least),
  }));
  const ratios = bars.map(({ ratio }) => ratio);
  const longest = Math.max(...bars.map(({ name }) => Math.min(22, name.length)));
  return Plot.plot({
    ...{ width: 420, height: 24 * bars.length + 64 },
    ...{ marginLeft: 16 + 6.8 * longest, marginRight: 20, marginTop: 22, marginBottom: 38 },
    style: { fontSize: "12px", background: "none" },
    x: {
      ...{ type: "log", label: "times its threshold", ticks: 5, tickFormat: "~g", grid: true },
      domain: [Math.min(0.5, ...ratios), Math.max(2, ...ratios) * 1.1],
    },
    y: {
      ...{ domain: bars.map(({ place }) => place), label: null, padding: 0.3, tickSize: 0 },
      tickFormat: (place: number) => shortName(bars[place].name, 22),
    },
    marks: [
      Plot.barX(bars, {
        ...{ y: "place", x1: () => 1, x2: "ratio" },
        fill: ({ moved }: (typeof bars)[number]) => (moved ? color("low") : color("muted")),
        fillOpacity: ({ moved }: (typeof bars)[number]) => (moved ? 0.85 : 0.45),
      }),
      Plot.dot(bars, {
        ...{ y: "place", x: "ratio", r: 4 },
        fill: ({ moved }: (typeof bars)[number]) => (moved ? color("low") : color("muted")),
      }),
      Plot.ruleX([1], { stroke: color("ink"), strokeWidth: 1.5 }),
    ],
  });
}

export const columnsHeader = ["column", "moved", "statistic", "threshold", "p_value", "adjusted", "change"];

export function* columnRows(columns: readonly ShiftedColumn[]) {
  for (const { name, moved, statistic, threshold, marginalPValue, marginalAdjusted, words } of columns)
    yield [
      name,
      moved ? "yes" : "no",
      statistic,
      threshold,
      marginalPValue,
      marginalAdjusted,
      words,
    ] as const;
}
