// Picture: the windows of a series in order of time, and where each of them has shifted.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import { draw, toSvg } from "../model/report/picture.js";
import { formatNumber, plural, shorten } from "../model/report/words.js";
import type { ShiftSeries } from "./series.js";

/** The most features that are drawn: those with the smallest p-values. */
const mostDrawn = 16;

/** −log₁₀ of the adjusted p-values of every feature against the row, a panel a feature; dots where it has shifted. */
export function seriesPicture(series: ShiftSeries): string {
  const { features, windows, alpha, first } = series;
  const smallest = (f: number) => Math.min(...windows.map(({ adjusted }) => adjusted[f]));
  const drawn = [...features.keys()]
    .sort((a, b) => Number(b === 0) - Number(a === 0) || smallest(a) - smallest(b))
    .slice(0, mostDrawn);
  const points = drawn.flatMap((f, fy) =>
    windows.map(({ from, to, adjusted }) => ({
      ...{ fy, row: (from + to + 1) / 2, evidence: -Math.log10(adjusted[f]) },
      shifted: adjusted[f] <= alpha,
    })),
  );
  const top = Math.max(-Math.log10(alpha) * 1.5, ...points.map(({ evidence }) => evidence));
  const powers = Array.from({ length: Math.floor(top) + 1 }, (_, power) => power);
  const names = drawn.map((f, fy) => ({ fy, name: shorten(features[f], 40) }));
  const since = first === null ? [] : [windows[first].from + 1];
  const drawing = draw({
    width: 760,
    height: 64 * drawn.length + 60,
    marginLeft: 52,
    marginRight: 28,
    marginTop: 24,
    marginBottom: 40,
    fy: { axis: null, padding: 0.3 },
    x: {
      domain: [1, series.currentRows],
      label: "row of the new table; height: adjusted p-value of the window",
      labelAnchor: "center",
      ticks: 6,
    },
    y: {
      domain: [0, top],
      ticks: powers.filter((power) => power % Math.ceil(top / 3) === 0),
      label: null,
      tickFormat: powerOfTen,
    },
    marks: [
      Plot.ruleY([-Math.log10(alpha)], { stroke: color("muted"), strokeDasharray: "3,3" }),
      Plot.ruleX(since, { stroke: color("low"), strokeOpacity: 0.7 }),
      Plot.line(points, { x: "row", y: "evidence", fy: "fy", stroke: color("data"), strokeWidth: 1 }),
      Plot.dot(
        points.filter(({ shifted }) => shifted),
        { x: "row", y: "evidence", fy: "fy", fill: color("low"), r: 2 },
      ),
      Plot.text(names, { text: "name", fy: "fy", frameAnchor: "top-left", dy: -14, fill: color("ink") }),
    ],
  });
  return toSvg(
    drawing,
    `Adjusted p-values of ${plural(windows.length, "window")} of ${plural(series.window, "row")}, smaller ones higher; ` +
      `dashed: the level ${formatNumber(alpha)}. ${first === null ? "No window has shifted." : `The first that has shifted starts at row ${windows[first].from + 1}.`}`,
  );
}

const powerOfTen = (power: number) => (power === 0 ? "1" : `1e−${power}`);
