// The picture of the lab jacobian-determinant.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import {
  assemble,
  draw,
  type LegendEntry,
  legend,
  logTicks,
  points,
  svgElement,
  toSvg,
} from "../model/report/picture.js";
import type { NetResult } from "./jacobian-determinant-flows.js";

/** A net with the twist behind it, against the net alone, at every test row. */
export interface TwistResult {
  /** How much log|det J| changed, nats a row. */
  readonly changes: readonly number[];
  /** Median and largest of those, in size, and the share of rows that changed by more than 0.1 nats. */
  readonly median: number;
  readonly changed: number;
  /** Largest change of a row's log-density, nats. */
  readonly densityError: number;
}

const width = 960;
const across = width / 3;
const height = 320;
const heading = 28;

export interface Shown {
  /** The first net, and the twist behind it. */
  readonly net: NetResult;
  readonly twisted: TwistResult;
  /** Nets of different seeds, and nets of one seed under rising penalties. */
  readonly nets: readonly NetResult[];
  readonly regularized: readonly NetResult[];
}

/** Determinants that differ where densities agree; volumes and stretching along training; what the penalty does. */
export function drawJacobianDeterminant({ net, twisted, nets, regularized }: Shown): string {
  const [a, b] = nets;
  const panels: readonly [Element, ...LegendEntry[]][] = [
    [
      scatter(
        Array.from(net.logDet),
        twisted.changes.map((change, i) => change + net.logDet[i]),
        ["log|det J| of a net", "log|det J| with the twist"],
      ),
      { label: "a map that keeps every density", color: "data" },
    ],
    [
      scatter(Array.from(a.logDet), Array.from(b.logDet), [
        "log|det J|, one seed",
        "log|det J|, another seed",
      ]),
      { label: "two seeds: determinants", color: "data" },
    ],
    [
      scatter(Array.from(a.logProb), Array.from(b.logProb), ["log p, one seed", "log p, another seed"]),
      { label: "two seeds: densities", color: "data" },
    ],
    [
      volumes(net),
      { label: "log|det J|, mean and 90 %", color: "data" },
      { label: "log-likelihood", color: "model" },
    ],
    [
      stretching(net),
      { label: "largest", color: "model" },
      { label: "smallest, medians to extremes", color: "low" },
    ],
    [
      penalties(regularized),
      { label: "largest singular value", color: "model" },
      { label: "1 + nats lost", color: "data" },
    ],
  ];
  const drawing = assemble(
    width,
    2 * height,
    panels.flatMap(([panel, ...words], i) => {
      const [x, y] = [(i % 3) * across, Math.floor(i / 3) * height];
      const top = svgElement("svg", { width: across, height: heading }, [legend(words, 8, 18)]);
      return [
        { x, y, drawing: top },
        { x, y: y + heading, drawing: panel },
      ];
    }),
  );
  return toSvg(
    drawing,
    "Above, row by row: log|det J| of a net with and without a map that preserves the base, and of two nets, beside their " +
      "log-densities. Below: volume and singular values along training, and singular values and likelihood under penalties.",
  );
}

const frame = {
  width: across - 5,
  height: height - heading - 6,
  marginLeft: 48,
  marginBottom: 42,
  marginTop: 30,
} as const;
const plain = { labelArrow: "none", ticks: 5 } as const;

/** Rows as points around the diagonal; the outermost hundredth at either end is not drawn. */
function scatter(x: number[], y: number[], [xLabel, yLabel]: readonly [string, string]): Element {
  const sorted = [...x, ...y].sort((p, q) => p - q);
  const [low, high] = [0.005, 0.995].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const inside = x.flatMap((value, i) =>
    [value, y[i]].every((each) => each >= low && each <= high) ? [[value, y[i]] as const] : [],
  );
  const some = inside.filter((_, i) => i % Math.ceil(inside.length / 1500) === 0);
  return draw({
    ...frame,
    x: { ...plain, label: xLabel, labelAnchor: "center", domain: [low, high] },
    y: { ...plain, label: yLabel, domain: [low, high], grid: true },
    marks: [
      Plot.line([low, high], {
        x: (value: number) => value,
        y: (value: number) => value,
        stroke: color("muted"),
      }),
      points(
        some.map(([value]) => value),
        some.map(([, value]) => value),
        "data",
        2,
      ),
    ],
  });
}

function volumes({ history, monitored }: NetResult): Element {
  const rows = monitored.map(({ step, volume }, i) => ({ step, ...volume, nats: -history[i].trainNll }));
  const quantile = (i: number) => (row: { quantiles: readonly number[] }) => row.quantiles[i];
  return draw({
    ...frame,
    x: { ...plain, label: "step", ticks: 3 },
    y: { ...plain, label: "nats", grid: true },
    marks: [
      Plot.areaY(rows, {
        x: "step",
        y1: quantile(0),
        y2: quantile(4),
        fill: color("data"),
        fillOpacity: 0.2,
      }),
      Plot.lineY(rows, { x: "step", y: "mean", stroke: color("data"), strokeWidth: 2 }),
      Plot.lineY(rows, { x: "step", y: "nats", stroke: color("model"), strokeWidth: 2 }),
    ],
  });
}

function stretching({ monitored }: NetResult): Element {
  const rows = monitored.flatMap(({ step, stretching }) => (stretching ? [{ step, ...stretching }] : []));
  const ticks = logTicks(rows.flatMap(({ largest, smallest }) => [largest, smallest]));
  return draw({
    ...frame,
    x: { ...plain, label: "step", ticks: 3 },
    y: { ...plain, type: "log", label: "singular values of J", tickFormat: "~g", ticks, grid: true },
    marks: [
      Plot.areaY(rows, {
        x: "step",
        y1: "medianLargest",
        y2: "largest",
        fill: color("model"),
        fillOpacity: 0.2,
      }),
      Plot.areaY(rows, {
        x: "step",
        y1: "smallest",
        y2: "medianSmallest",
        fill: color("low"),
        fillOpacity: 0.2,
      }),
      Plot.lineY(rows, { x: "step", y: "medianLargest", stroke: color("model"), strokeWidth: 2 }),
      Plot.lineY(rows, { x: "step", y: "medianSmallest", stroke: color("low"), strokeWidth: 2 }),
    ],
  });
}

function penalties(nets: readonly NetResult[]): Element {
  const [free] = nets;
  const names = nets.map(({ weight }) => String(weight));
  const rows = nets.map(({ weight, nll, monitored }) => ({
    weight: String(weight),
    medianLargest: monitored[monitored.length - 1].stretching?.medianLargest ?? Number.NaN,
    cost: 1 + nll - free.nll,
  }));
  return draw({
    ...frame,
    x: { ...plain, type: "point", domain: names, label: "weight of the penalty" },
    y: { ...plain, label: "median over rows; nats", grid: true },
    marks: [
      Plot.ruleY([1], { stroke: color("muted") }),
      Plot.line(rows, { x: "weight", y: "medianLargest", stroke: color("model") }),
      Plot.dot(rows, { x: "weight", y: "medianLargest", fill: color("model") }),
      Plot.line(rows, { x: "weight", y: "cost", stroke: color("data") }),
      Plot.dot(rows, { x: "weight", y: "cost", fill: color("data") }),
    ],
  });
}
