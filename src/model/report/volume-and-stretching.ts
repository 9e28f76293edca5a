// Picture: what the map does to small volumes and small distances around training rows, while it learned.

import * as Plot from "@observablehq/plot";
import { type ColorName, color } from "./palette.js";
import { assemble, draw, legend, logTicks, svgElement, toSvg } from "./picture.js";
import type { MonitorPoint } from "./report-data.js";
import { formatNats, formatNumber } from "./words.js";

const width = 640;

/**
 * Two panels as SVG, by step: log|det J| over rows (mean and central bands, nats), and the largest and smallest singular
 * values of J over a few rows (medians, and the extremes as a band), on a logarithmic axis. The second is left out where
 * no Jacobian was looked at.
 */
export function volumeAndStretching(monitor: readonly MonitorPoint[], bestStep: number): string {
  const stretched = monitor.flatMap(({ step, stretching }) => (stretching ? [{ step, ...stretching }] : []));
  const across = stretched.length > 0 ? width / 2 : width;
  const drawing = assemble(width, 330, [
    { x: 0, y: 36, drawing: volumePanel(monitor, bestStep, across) },
    ...(stretched.length > 0
      ? [{ x: across, y: 36, drawing: stretchingPanel(stretched, bestStep, across) }]
      : []),
    {
      x: 0,
      y: 0,
      drawing: svgElement("svg", { width, height: 36 }, [
        legend([{ label: "log|det J|, mean", color: "data" }], 52, 22),
        ...(stretched.length > 0
          ? [
              legend(
                [
                  { label: "largest", color: "model" },
                  { label: "smallest", color: "low" },
                ],
                across + 52,
                22,
              ),
            ]
          : []),
      ]),
    },
  ]);
  return toSvg(drawing, describe(monitor));
}

/** What both panels have in common. */
function panel(
  steps: readonly number[],
  bestStep: number,
  across: number,
  options: Plot.PlotOptions,
): Element {
  const last = Math.max(1, ...steps);
  return draw({
    width: across,
    height: 290,
    marginLeft: 52,
    marginRight: 16,
    marginBottom: 42,
    ...options,
    x: {
      label: "step",
      labelArrow: "none",
      labelAnchor: "right",
      ticks: 4,
      domain: [Math.min(last - 1, ...steps), last],
    },
    marks: [
      Plot.ruleX(
        [bestStep].filter((step) => step >= Math.min(...steps) && step <= last),
        {
          stroke: color("muted"),
          strokeDasharray: "2 3",
          className: "best",
        },
      ),
      ...(options.marks ?? []),
    ],
  });
}

function volumePanel(monitor: readonly MonitorPoint[], bestStep: number, across: number): Element {
  const rows = monitor.map(({ step, volume: { mean, quantiles } }) => ({ step, mean, quantiles }));
  const band = (low: number, high: number) =>
    Plot.areaY(rows, {
      x: "step",
      y1: ({ quantiles }: { quantiles: readonly number[] }) => quantiles[low],
      y2: ({ quantiles }: { quantiles: readonly number[] }) => quantiles[high],
      fill: color("data"),
      fillOpacity: 0.18,
    });
  return panel(
    rows.map(({ step }) => step),
    bestStep,
    across,
    {
      y: { label: "log|det J| (nats)", labelArrow: "none", grid: true, ticks: 5 },
      marks: [
        Plot.ruleY([0], { stroke: color("muted") }),
        band(0, 4),
        band(1, 3),
        line(rows, "mean", "data"),
      ],
    },
  );
}

type Stretched = { readonly step: number } & NonNullable<MonitorPoint["stretching"]>;

function stretchingPanel(rows: readonly Stretched[], bestStep: number, across: number): Element {
  const band = (from: keyof Stretched, to: keyof Stretched, name: ColorName) =>
    Plot.areaY(rows, { x: "step", y1: from, y2: to, fill: color(name), fillOpacity: 0.18 });
  return panel(
    rows.map(({ step }) => step),
    bestStep,
    across,
    {
      y: {
        type: "log",
        label: "singular values of J",
        labelArrow: "none",
        grid: true,
        ticks: logTicks(rows.flatMap(({ largest, smallest }) => [largest, smallest])),
        tickFormat: "~g",
      },
      marks: [
        Plot.ruleY([1], { stroke: color("muted") }),
        band("medianLargest", "largest", "model"),
        band("smallest", "medianSmallest", "low"),
        line(rows, "medianLargest", "model"),
        line(rows, "medianSmallest", "low"),
      ],
    },
  );
}

/** One look is a dot. */
function line<Row extends object>(
  rows: readonly Row[],
  y: keyof Row & string,
  name: ColorName,
): Plot.Markish {
  if (rows.length === 1) return Plot.dot(rows, { x: "step", y, fill: color(name) });
  return Plot.lineY(rows, { x: "step", y, stroke: color(name), strokeWidth: 2 });
}

function describe(monitor: readonly MonitorPoint[]): string {
  const last = monitor.at(-1);
  if (!last) return "Volume and local stretching: nobody looked.";
  const { volume, stretching } = last;
  return (
    `Volume and local stretching by step: at the end the mean of log|det J| is ${formatNats(volume.mean)} nats` +
    (stretching
      ? `, and singular values lie between ${formatNumber(stretching.smallest, 3)} and ${formatNumber(stretching.largest, 3)}.`
      : ".")
  );
}
