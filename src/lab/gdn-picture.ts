// The picture of the lab gdn: what each density gains over a Gaussian, and two responses before and after the division.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import { assemble, draw, points, svgElement, toSvg } from "../model/report/picture.js";

/** Nats a dimension above the Gaussian. */
export interface Gain {
  readonly name: string;
  readonly mean: number;
  readonly error: number;
}

/** Two columns of test rows: after the dense layer, and after the division. */
export interface Responses {
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
}

const [width, top, barsHeight, panel] = [760, 30, 220, 300];
/** Rows drawn. */
const mostPoints = 1500;

export function drawGdn(gains: readonly Gain[], { before, after }: Responses): string {
  const ranges = gains.map(({ name, mean, error }) => ({
    name,
    low: mean - 2 * error,
    high: mean + 2 * error,
    mean,
  }));
  const bars = draw({
    ...{ width, height: barsHeight, marginLeft: 250, marginBottom: 40 },
    x: { label: "nats a dimension above a Gaussian, test rows (± 2 standard errors)", grid: true },
    y: { label: null, domain: gains.map(({ name }) => name) },
    marks: [
      Plot.barX(ranges, {
        ...{ x: "mean", y: "name", fillOpacity: 0.8, insetTop: 4, insetBottom: 4 },
        fill: ({ name }: Gain) => color(name.startsWith("GDN") ? "model" : "data"),
      }),
      Plot.ruleY(ranges, { x1: "low", x2: "high", y: "name", stroke: color("ink"), strokeWidth: 2 }),
      Plot.ruleX([0], { stroke: color("muted") }),
    ],
  });
  const drawing = assemble(width, top + barsHeight + 30 + panel, [
    { x: 0, y: top, drawing: bars },
    { x: 0, y: 0, drawing: heading("What each density gains") },
    {
      x: 0,
      y: top + barsHeight,
      drawing: heading("Two responses to the test rows: after the dense layer, after the division"),
    },
    { x: 40, y: top + barsHeight + 30, drawing: responsePanel(before, "dense layer") },
    { x: 400, y: top + barsHeight + 30, drawing: responsePanel(after, "divided") },
  ]);
  return toSvg(
    drawing,
    `Nats a dimension above a Gaussian: ${gains.map(({ name, mean }) => `${name} ${mean.toFixed(3)}`).join(", ")}. ` +
      "Below, two responses whose sizes go together after the dense layer, and the same after GDN's division.",
  );
}

function responsePanel([x, y]: readonly (readonly number[])[], label: string): Element {
  const extent = largest([...x, ...y]);
  const domain = [-extent, extent];
  return draw({
    ...{ width: 320, height: panel, marginBottom: 40 },
    x: { label: `${label}, one column`, domain, clamp: true },
    y: { label: `${label}, another`, domain, clamp: true },
    marks: [
      Plot.ruleX([0], { stroke: color("muted"), strokeOpacity: 0.4 }),
      Plot.ruleY([0], { stroke: color("muted"), strokeOpacity: 0.4 }),
      points(x.slice(0, mostPoints), y.slice(0, mostPoints), label === "divided" ? "model" : "data"),
    ],
  });
}

/** The size that all but one in two hundred stay below. */
function largest(values: readonly number[]): number {
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(0.995 * (sizes.length - 1))] || 1;
}

function heading(text: string): Element {
  const words = { x: 10, y: 20, "font-size": 13, "font-weight": 600 };
  return svgElement("svg", { width, height: 30 }, [svgElement("text", words, [text])]);
}
