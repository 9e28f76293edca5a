// Picture: the sources as time series, one below the other, the largest contribution at the top.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import { draw, toSvg } from "../model/report/picture.js";
import { formatNumber, formatPercent, plural } from "../model/report/words.js";
import type { NonlinearSource } from "./nonlinear-sources.js";
import type { Source } from "./separate.js";

/** The most sources that are drawn. */
export const mostSeries = 24;
/** Stretches of rows whose smallest and largest values are drawn: more than there are pixels is no use. */
const stretches = 700;

/** What is drawn of a separation, linear or not. */
export interface SourceSeries {
  readonly sources: readonly (Source | NonlinearSource)[];
  readonly rows: number;
}

/** Sources against the row number as SVG. A long series is drawn as the band between its extremes. */
export function sourcesPicture({ sources, rows }: SourceSeries): string {
  const shown = sources.slice(0, mostSeries);
  const places = Math.min(rows, stretches);
  const bands = shown.flatMap(({ values }, fy) =>
    Array.from({ length: places }, (_, k) => {
      const from = Math.floor((k * rows) / places);
      const to = Math.max(from + 1, Math.floor(((k + 1) * rows) / places));
      let low = Infinity;
      let high = -Infinity;
      for (let i = from; i < to; i++) {
        low = Math.min(low, values[i]);
        high = Math.max(high, values[i]);
      }
      // Single values have no height of their own.
      return { fy, row: (from + to + 1) / 2, low: low - 0.02, high: high + 0.02 };
    }),
  );
  const names = shown.map(({ name, kurtosis, contribution }, fy) => ({
    fy,
    name: `${name}   ${formatPercent(contribution)}, kurtosis ${formatNumber(kurtosis, 3)}`,
  }));
  const drawing = draw({
    width: 760,
    height: 74 * shown.length + 60,
    marginLeft: 40,
    // Half of the last row's number stands beyond the last row.
    marginRight: 28,
    marginTop: 24,
    marginBottom: 40,
    fy: { axis: null, padding: 0.3 },
    x: { domain: [1, Math.max(2, rows)], label: "row", labelAnchor: "center", ticks: 6 },
    y: { ticks: 3, label: null },
    marks: [
      Plot.ruleY([0], { stroke: color("muted"), strokeOpacity: 0.5 }),
      Plot.areaY(bands, {
        x: "row",
        y1: "low",
        y2: "high",
        fy: "fy",
        fill: color("data"),
        // A band without height, where a signal stands still, would not be seen.
        stroke: color("data"),
        strokeWidth: 0.7,
        className: "series",
      }),
      Plot.text(names, { text: "name", fy: "fy", frameAnchor: "top-left", dy: -14, fill: color("ink") }),
    ],
  });
  const rest =
    sources.length > shown.length
      ? ` The ${plural(sources.length - shown.length, "smallest")} are not drawn.`
      : "";
  return toSvg(
    drawing,
    `${plural(shown.length, "source")} over ${plural(rows, "row")}, in standard deviations, by falling contribution.${rest}`,
  );
}
