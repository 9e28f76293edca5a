// The density of one column given the rest of a row: what the model expected there, and what it met.

import * as Plot from "@observablehq/plot";
import type { ConditionalCurve } from "../../../src/server/studio/anomalies-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";
import { percent } from "../words.js";
import { plain } from "./reasons-picture.js";

const frame = { width: 360, marginRight: 16, marginTop: 30, marginBottom: 38 } as const;
const style = { fontSize: "12px", background: "none" } as const;

export function drawCurve(curve: ConditionalCurve) {
  return curve.kind === "category" ? drawCategories(curve) : drawNumbers(curve);
}

interface Point {
  readonly value: number;
  readonly height: number;
}

const pointsOf = ({ values, heights }: ConditionalCurve): Point[] =>
  values.map((value, i) => ({ value, height: heights[i] }));

/** Where it is and what it says, at the top; two that come near stand one above the other. */
function marks({ observed, observedText, expected, expectedText, values }: ConditionalCurve) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const side = (value: number) => (value > low + 0.6 * (high - low) ? ("end" as const) : ("start" as const));
  const mark = (value: number, text: string, name: "low" | "model", dy: number) => [
    Plot.ruleX([value], {
      ...{ stroke: color(name), strokeWidth: 2, strokeDasharray: name === "model" ? "4 3" : undefined },
    }),
    Plot.text([value], {
      ...{ x: (x: number) => x, text: () => text, frameAnchor: "top", textAnchor: side(value) },
      ...{ dx: side(value) === "end" ? -4 : 4, dy, fill: color(name), stroke: color("page"), strokeWidth: 4 },
    }),
  ];
  return [
    ...mark(expected, `expected ${expectedText}`, "model", -14),
    ...(observed === null ? [] : mark(observed, `this row ${observedText}`, "low", -27)),
  ];
}

function drawNumbers(curve: ConditionalCurve) {
  const points = pointsOf(curve);
  const isDensity = curve.kind === "density";
  return Plot.plot({
    ...{ ...frame, height: 220, marginLeft: 52, marginTop: 36, style },
    x: {
      label: curve.column,
      ticks: !isDensity && points.length <= 8 ? curve.values : 5,
      tickFormat: isWholeYears(curve) ? "d" : undefined,
    },
    y: {
      // What is at the top are the marks' words; the title names the height.
      ...{ label: null, ticks: 4, zero: true, tickFormat: "~g" },
    },
    marks: [
      isDensity
        ? [
            Plot.areaY(points, { x: "value", y: "height", fill: color("data"), fillOpacity: 0.15 }),
            Plot.lineY(points, { x: "value", y: "height", stroke: color("data"), strokeWidth: 1.8 }),
          ]
        : Plot.ruleX(points, { x: "value", y: "height", stroke: color("data"), strokeWidth: 5 }),
      ...marks(curve),
      Plot.frame({ anchor: "bottom", stroke: color("muted") }),
    ],
  });
}

/** Years are no numbers to put commas into. */
const isWholeYears = ({ values }: ConditionalCurve) =>
  values.every((value) => Number.isInteger(value) && value >= 1000 && value < 3000);

function drawCategories({ values, names = [], heights, observed, expected }: ConditionalCurve) {
  const bars = values.map((value, i) => ({
    ...{ value, name: names[i], height: heights[i] },
    note: value === observed ? "this row" : value === expected ? "expected" : "",
  }));
  const longest = Math.max(...bars.map(({ name }) => name.length));
  return Plot.plot({
    ...{ ...frame, height: 26 * bars.length + 66, style },
    ...{ marginLeft: Math.min(140, 16 + 7 * longest), marginRight: 110 },
    x: { label: "probability", ticks: 4, zero: true, tickFormat: "~g" },
    y: {
      ...{ label: null, domain: values, padding: 0.2, tickSize: 0 },
      tickFormat: (_: number, i: number) => shortName(bars[i].name, 18),
    },
    marks: [
      Plot.barX(bars, {
        ...{ y: "value", x: "height" },
        fill: (bar: (typeof bars)[number]) => (bar.value === observed ? color("low") : color("data")),
      }),
      Plot.text(bars, {
        ...{ y: "value", x: "height", textAnchor: "start", dx: 5 },
        text: ({ height, note }: (typeof bars)[number]) => `${percent(height)}${note && `, ${note}`}`,
        fill: (bar: (typeof bars)[number]) => (bar.value === observed ? color("low") : color("muted")),
      }),
      Plot.ruleX([0], { stroke: color("muted") }),
    ],
  });
}

export const curveColumns = ["kind", "value", "height"];

export function* curveRows(curve: ConditionalCurve) {
  const { kind, values, names, heights, observedText, expectedText } = curve;
  for (const [i, value] of values.entries()) yield [kind, names?.[i] ?? value, heights[i]] as const;
  yield ["this row", plain(observedText), null] as const;
  yield ["expected", plain(expectedText), null] as const;
}
