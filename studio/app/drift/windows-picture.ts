// Adjusted p-values of every window and feature as a map, the first window that has shifted marked.

import * as Plot from "@observablehq/plot";
import type { DriftOverTime } from "../../../src/server/studio/drift-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";

export const mostFeatures = 16;
/** More windows than these are drawn joined, each group by its smallest p-value. */
const mostWindows = 150;
const mostTicks = 4;

interface Cell {
  readonly place: number;
  readonly from: number;
  readonly to: number;
  readonly p: number;
}

type Windows = Pick<DriftOverTime, "windows" | "features" | "alpha" | "first" | "step" | "currentRows">;

export function drawWindows({ windows, features, alpha, first, step, currentRows }: Windows) {
  const drawn = features.slice(0, mostFeatures);
  const group = Math.ceil(windows.length / mostWindows);
  const cells = Array.from({ length: Math.ceil(windows.length / group) }, (_, g) =>
    windows.slice(g * group, (g + 1) * group),
  ).flatMap((some) =>
    drawn.map((_, place): Cell => {
      const p = Math.min(...some.map(({ adjusted }) => adjusted[place]));
      return { place, from: some[0].from, to: some[some.length - 1].from + step, p };
    }),
  );
  // As dark as it gets where p is the level to the power of 2.2: 4e-5 for a level of 0.01.
  const darkness = (p: number) => Math.min(1, Math.log10(p) / (2.2 * Math.log10(alpha)));
  const longest = Math.max(...drawn.map((name) => Math.min(18, name.length)));
  const begins = first === null ? [] : [windows[first].from];
  // At beginnings of windows, for these are what is known by name.
  const every = Math.ceil(windows.length / mostTicks);
  const ticks = windows.filter((_, w) => w % every === 0).map(({ from }) => from);
  const isLate = first !== null && windows[first].from > 0.6 * currentRows;
  return Plot.plot({
    ...{ width: 480, height: 26 * drawn.length + 76 },
    ...{ marginLeft: 16 + 7 * longest, marginRight: 36, marginTop: 30, marginBottom: 38 },
    style: { fontSize: "12px", background: "none" },
    x: {
      ...{ domain: [1, currentRows + 1], labelAnchor: "center" },
      ...(windows[0]?.begins == null
        ? { label: "row of the new table", ticks: 5 }
        : {
            label: "beginning of the window",
            ticks,
            tickFormat: (from: number) => beginningAt(windows, from),
          }),
    },
    y: {
      ...{ domain: drawn.map((_, i) => i), label: null, padding: 0.12, tickSize: 0 },
      tickFormat: (i: number) => shortName(drawn[i], 18),
    },
    marks: [
      Plot.barX(cells, {
        ...{ x1: "from", x2: "to", y: "place", fill: color("low"), inset: 0.25 },
        fillOpacity: ({ p }: Cell) => 0.04 + 0.86 * darkness(p),
      }),
      Plot.barX(
        cells.filter(({ p }) => p <= alpha),
        { x1: "from", x2: "to", y: "place", fill: "none", stroke: color("ink"), strokeWidth: 1, inset: 0.5 },
      ),
      Plot.ruleX(begins, { stroke: color("ink"), strokeWidth: 2, strokeDasharray: "4 3" }),
      Plot.text(begins, {
        ...{ x: (x: number) => x, text: () => "first shifted window", frameAnchor: "top", dy: -16 },
        ...{ textAnchor: isLate ? "end" : "start", fill: color("ink") },
      }),
    ],
  });
}

/** What stands in the ordering column where a window begins. */
function beginningAt(windows: Windows["windows"], from: number): string {
  const begins = windows.find((one) => one.from === from)?.begins ?? "";
  return typeof begins === "number" ? String(Number(begins.toPrecision(6))) : begins.slice(0, 10);
}

export const windowHeader = ({ features }: Pick<DriftOverTime, "features">) => [
  ...["from", "to", "begins", "ends", "shifted"],
  ...features.map((name) => `${name} adjusted`),
];

export function* windowRows({ windows }: Pick<DriftOverTime, "windows">) {
  for (const { from, to, begins, ends, shifted, adjusted } of windows)
    yield [from, to, begins, ends, shifted ? "yes" : "no", ...adjusted];
}
