// Sources over time, and how their values are distributed.

import * as Plot from "@observablehq/plot";
import type { SeriesAnswer } from "../../../src/server/studio/sources-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";

/** Whether stretches of several rows are drawn as bands between their extremes. */
export const isBand = ({ places, length }: SeriesAnswer): boolean => places.length < length;

/** One series below the other, with one axis for all; so many pixels wide. */
export function drawSeries(answer: SeriesAnswer, width: number) {
  const { from, length, places, sources } = answer;
  const marks = sources.flatMap(({ name, low, high }) =>
    places.map((row, k) => ({ name, row, low: low[k], high: high[k] })),
  );
  const names = sources.map(({ name }) => name);
  const common = { x: "row", fy: "name", className: "series" } as const;
  return Plot.plot({
    ...{ width, height: 46 + 84 * sources.length },
    ...{ marginLeft: 34, marginRight: 26, marginTop: 22, marginBottom: 36 },
    style: { fontSize: "12px", background: "none" },
    fy: { domain: names, axis: null, padding: 0.24 },
    x: {
      domain: [from, Math.max(from + 1, from + length - 1)],
      ...{ label: "row", labelAnchor: "center", ticks: 6 },
    },
    y: { ticks: 3, label: null },
    marks: [
      Plot.ruleY([0], { stroke: color("muted"), strokeOpacity: 0.5 }),
      isBand(answer)
        ? Plot.areaY(marks, {
            ...{ ...common, y1: "low", y2: "high", z: "name" },
            // A band without height, where a signal stands still, would not be seen.
            ...{ fill: color("data"), stroke: color("data"), strokeWidth: 0.7 },
          })
        : Plot.lineY(marks, { ...common, y: "low", z: "name", stroke: color("data"), strokeWidth: 1.1 }),
      Plot.text(names, {
        ...{
          fy: (name: string) => name,
          text: (name: string) => shortName(name, 60),
          frameAnchor: "top-left",
          dy: -13,
        },
        ...{ fill: color("ink"), fontWeight: 600 },
      }),
    ],
  });
}

export function* seriesRows({ places, sources }: SeriesAnswer) {
  for (const { name, low, high } of sources)
    for (const [k, row] of places.entries()) yield [name, row, low[k], high[k]] as const;
}

const normal = (x: number) => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);

/**
 * Histograms, each with the curve of the normal that has the same mean and variance. Every one fills its own height: a
 * source of two values would make all others look empty.
 */
export function drawHistograms({ edges, sources }: SeriesAnswer, width: number) {
  const across = Math.min(sources.length, Math.max(1, Math.floor(width / 190)));
  const down = Math.ceil(sources.length / across);
  const facet = (i: number) => ({ fx: i % across, fy: Math.floor(i / across) });
  const highest = sources.map(({ histogram }) => Math.max(normal(0), ...histogram));
  const bars = sources.flatMap(({ histogram }, i) =>
    histogram.map((value, k) => ({ ...facet(i), from: edges[k], to: edges[k + 1], y: value / highest[i] })),
  );
  const grid = Array.from({ length: 81 }, (_, k) => -4 + k / 10);
  const curves = sources.flatMap((_, i) =>
    grid.map((x) => ({ ...facet(i), x, y: normal(x) / highest[i], i })),
  );
  const names = sources.map(({ name }, i) => ({
    ...facet(i),
    name: shortName(name, 22),
  }));
  const within = { fx: "fx", fy: "fy" } as const;
  return Plot.plot({
    width,
    ...{ height: 50 + 110 * down, marginLeft: 12, marginRight: 12, marginTop: 20, marginBottom: 34 },
    style: { fontSize: "12px", background: "none" },
    fx: { axis: null, padding: 0.06 },
    fy: { axis: null, padding: 0.22 },
    x: { domain: [-4, 4], label: "standard deviations", labelAnchor: "center", ticks: 4 },
    y: { domain: [0, 1], axis: null },
    marks: [
      Plot.rect(bars, {
        ...{ ...within, x1: "from", x2: "to", y1: 0, y2: "y", insetLeft: 0.3, insetRight: 0.3 },
        ...{ fill: color("data"), fillOpacity: 0.55, className: "bars", clip: true },
      }),
      Plot.line(curves, {
        ...{
          ...within,
          x: "x",
          y: "y",
          z: "i",
          stroke: color("model"),
          strokeWidth: 1.6,
          className: "normals",
        },
      }),
      Plot.ruleY([0], { stroke: color("muted") }),
      Plot.text(names, {
        ...{ ...within, text: "name", frameAnchor: "top-left", dy: -12, fill: color("ink"), fontWeight: 600 },
      }),
    ],
  });
}

export function* histogramRows({ edges, sources }: SeriesAnswer) {
  for (const { name, histogram } of sources)
    for (const [k, value] of histogram.entries()) {
      const middle = (edges[k] + edges[k + 1]) / 2;
      yield [name, edges[k], edges[k + 1], value, normal(middle)] as const;
    }
}
