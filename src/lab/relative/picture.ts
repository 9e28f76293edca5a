// The picture of the lab relative-vs-exact: times, ends and causes side by side.

import * as Plot from "@observablehq/plot";
import { color } from "../../model/report/palette.js";
import { assemble, draw, type LegendEntry, legend, svgElement, toSvg } from "../../model/report/picture.js";
import type { LagRow } from "./lag.js";
import type { OptimumRow } from "./optima.js";
import type { TimeRow } from "./step-times.js";

const legends: readonly LegendEntry[] = [
  { label: "exact", color: "data" },
  { label: "relative", color: "model" },
  { label: "published", color: "low" },
  { label: "others", color: "muted" },
];

const stroke = (name: string) => {
  if (name.startsWith("exact")) return color("data");
  if (name.startsWith("relative")) return color("model");
  return color(name.startsWith("published") ? "low" : "muted");
};

const height = 500;

/** Processor time a step; nats short of the optimum; held-out nats of every way to train, bars of two standard errors. */
export function drawRelativeVsExact(
  times: readonly TimeRow[],
  optima: readonly OptimumRow[],
  lags: readonly LagRow[],
): string {
  const drawing = assemble(1180, height + 40, [
    { x: 0, y: 0, drawing: svgElement("svg", { width: 1180, height: 36 }, [legend(legends, 10, 22)]) },
    { x: 0, y: 40, drawing: timesPanel(times) },
    { x: 340, y: 40, drawing: optimaPanel(optima) },
    { x: 680, y: 40, drawing: lagPanel(lags) },
  ]);
  return toSvg(
    drawing,
    "Time of a step against the dimension, shortfall at convergence, and held-out nats by what was changed",
  );
}

function timesPanel(rows: readonly TimeRow[]): Element {
  return draw({
    ...{ width: 330, height, marginLeft: 56, marginBottom: 42 },
    x: { type: "log", base: 2, label: "columns D", tickFormat: "d", ticks: 7 },
    y: { type: "log", grid: true, label: "milliseconds of processor time a step", tickFormat: "~g" },
    marks: [
      Plot.line(rows, {
        x: "dim",
        y: "processor",
        z: "estimator",
        stroke: (row: TimeRow) => stroke(row.estimator),
      }),
      Plot.dot(rows, {
        x: "dim",
        y: "processor",
        fill: (row: TimeRow) => stroke(row.estimator),
        r: 3.5,
      }),
    ],
  });
}

/** Rules that end less than this far from the optimum are drawn here. */
const smallest = 1e-6;

function optimaPanel(rows: readonly OptimumRow[]): Element {
  const at = (row: OptimumRow) => Math.max(row.short, smallest);
  return draw({
    ...{ width: 330, height, marginLeft: 104, marginRight: 58, marginBottom: 42 },
    x: {
      type: "log",
      label: "nats short of the optimum, at least 10⁻⁶",
      grid: true,
      ticks: 4,
      tickFormat: "~e",
    },
    y: { label: null, domain: [...new Set(rows.map(({ estimator }) => estimator))] },
    fy: { label: null },
    marks: [
      Plot.dot(rows, {
        ...{ x: at, y: "estimator", fy: "table", r: 4 },
        fill: (row: OptimumRow) => stroke(row.estimator),
      }),
    ],
  });
}

function lagPanel(rows: readonly LagRow[]): Element {
  const bars = rows.map((row) => ({
    ...row,
    low: row.nats - 2 * (row.standardError ?? 0),
    high: row.nats + 2 * (row.standardError ?? 0),
  }));
  return draw({
    ...{ width: 490, height, marginLeft: 186, marginRight: 90, marginBottom: 42 },
    x: { label: `held-out nats a row, ${rows[0].table}; higher is better`, grid: true, ticks: 5 },
    y: { label: null, domain: rows.map((row) => row.case) },
    marks: [
      Plot.ruleY(bars, { y: "case", x1: "low", x2: "high", stroke: (row: LagRow) => stroke(row.case) }),
      Plot.dot(bars, { y: "case", x: "nats", fill: (row: LagRow) => stroke(row.case), r: 3.5 }),
      Plot.text(bars, {
        ...{ y: "case", frameAnchor: "right", textAnchor: "start", dx: 6, fill: color("muted") },
        text: "changed",
      }),
    ],
  });
}
