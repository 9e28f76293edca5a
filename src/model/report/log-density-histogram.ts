// Picture: how the log-density of held-out rows is distributed, with the least likely hundredth marked.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { draw, legend, toSvg } from "./picture.js";
import { type Bin, histogram, lowestShare, quantile, sortedFinite } from "./statistics.js";
import { formatNats, plural } from "./words.js";

/**
 * Histogram of log-densities as SVG, in nats. A long tail is gathered in the outermost bars, so that the counts
 * always add up to the number of finite values.
 */
export function logDensityHistogram(logProb: readonly number[]): string {
  const values = sortedFinite(logProb);
  const { bins, threshold, under, over } = binned(values);
  const title = (bin: Bin) => {
    const range =
      under > 0 && bin === bins[0]
        ? `below ${formatNats(bin.to)}`
        : over > 0 && bin === bins.at(-1)
          ? `above ${formatNats(bin.from)}`
          : `${formatNats(bin.from)} to ${formatNats(bin.to)}`;
    return `${range} nats: ${plural(bin.count, "row")}`;
  };
  const drawing = draw({
    width: 640,
    height: 320,
    marginLeft: 64,
    marginTop: 64,
    marginBottom: 46,
    marginRight: 30,
    x: {
      label: "log-density of a row (nats)",
      labelArrow: "none",
      labelAnchor: "center",
      labelOffset: 40,
      ticks: 6,
      domain: [bins[0]!.from, bins.at(-1)!.to],
    },
    y: { label: "rows", labelArrow: "none", grid: true, ticks: 4 },
    marks: [
      Plot.rectY(bins, {
        x1: "from",
        x2: "to",
        y: "count",
        fill: (bin: Bin) => (bin.to <= threshold ? color("low") : color("data")),
        inset: 0.5,
        title,
        className: "bars",
      }),
      Plot.ruleX([threshold], {
        stroke: color("low"),
        strokeWidth: 1.5,
        strokeDasharray: "5 3",
        className: "threshold",
      }),
      Plot.ruleY([0]),
    ],
  });
  drawing.append(
    legend(
      [
        { label: "held-out rows", color: "data" },
        { label: `the least likely 1 %, below ${formatNats(threshold)}`, color: "low" },
      ],
      64,
      42,
    ),
  );
  return toSvg(
    drawing,
    values.length === 0
      ? "Histogram of log-density: there is no row with a finite value."
      : `Histogram of the log-density of ${plural(values.length, "held-out row")}: median ` +
          `${formatNats(quantile(values, 0.5))}, lowest hundredth below ${formatNats(threshold)} nats.`,
  );
}

/** Bars with an edge exactly at the threshold, so that each is wholly on one side of it. */
function binned(values: readonly number[]) {
  if (values.length === 0) return { bins: [{ from: 0, to: 1, count: 0 }], threshold: 0, under: 0, over: 0 };
  const threshold = quantile(values, lowestShare);
  const top = quantile(values, 0.99);
  const wide = top - threshold || Math.abs(threshold) * 1e-6 || 1;
  const width = wide / Math.min(40, Math.max(8, Math.ceil(2 * Math.sqrt(values.length))));
  const left = Math.ceil(Math.min(threshold - values[0]!, wide / 3) / width);
  const right = Math.ceil(Math.min(values.at(-1)! - threshold, wide * 1.25) / width) || 1;
  const from = threshold - left * width;
  const to = threshold + right * width;
  const bins = [
    ...(left > 0
      ? histogram(
          values.filter((value) => value < threshold),
          from,
          threshold,
          left,
        )
      : []),
    ...histogram(
      values.filter((value) => value >= threshold),
      threshold,
      to,
      right,
    ),
  ];
  const under = values.filter((value) => value < from).length;
  const over = values.filter((value) => value > to).length;
  bins[0] = { ...bins[0]!, count: bins[0]!.count + under };
  bins[bins.length - 1] = { ...bins.at(-1)!, count: bins.at(-1)!.count + over };
  return { bins, threshold, under, over };
}
