// From an Observable Plot to a string of SVG that stands on its own or inside a page. Which marks are drawn is the
// business of the figures.

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { escapeHtml } from "./html.js";
import { type ColorName, color, paletteCss } from "./palette.js";

const SVG = "http://www.w3.org/2000/svg";
const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** One word of a legend, in its colour. */
export interface LegendEntry {
  readonly label: string;
  readonly color: ColorName;
}

/** Draws a plot in Node. */
export function draw(options: Plot.PlotOptions): Element {
  return Plot.plot({ document, style: { fontSize: "13px" }, ...options });
}

/** An SVG element with its attributes and children. */
export function svgElement(
  name: string,
  attributes: Record<string, string | number>,
  children: readonly (Element | string)[] = [],
): Element {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  for (const child of children) element.append(child);
  return element;
}

/** Puts drawings side by side into one, each at its own place. */
export function assemble(
  width: number,
  height: number,
  parts: readonly { x: number; y: number; drawing: Element }[],
) {
  for (const { x, y, drawing } of parts) {
    drawing.setAttribute("x", String(x));
    drawing.setAttribute("y", String(y));
  }
  return svgElement(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      fill: "currentColor",
      "font-family": "system-ui, sans-serif",
    },
    parts.map((part) => part.drawing),
  );
}

/** 1, 3, 10, 30 and so on, as far as the values reach: ticks of a logarithmic axis that can be told apart. */
export function logTicks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const decades = Array.from({ length: 60 }, (_, i) => 10 ** (i - 30));
  return decades.flatMap((one) => [one, 3 * one]).filter((tick) => tick >= low && tick <= high);
}

/** A legend of coloured words on one line, starting at (x, y). One text, so that it flows at any font size. */
export function legend(entries: readonly LegendEntry[], x: number, y: number): Element {
  const words = entries.map((entry, i) =>
    svgElement("tspan", { fill: color(entry.color), dx: i === 0 ? 0 : 16 }, [`● ${entry.label}`]),
  );
  return svgElement("text", { x, y, "font-size": 13, "text-anchor": "start" }, words);
}

/** Points as a single path of zero-length strokes: a fifth of the bytes of as many circles. */
export function points(
  x: readonly number[],
  y: readonly number[],
  name: ColorName,
  diameter = 2.4,
): Plot.Markish {
  return Plot.dot(x, {
    x,
    y: y as number[],
    render: (index, _scales, values) =>
      svgElement("path", {
        class: "points",
        d: Array.from(index, (i) => `M${values.x![i]!.toFixed(1)},${values.y![i]!.toFixed(1)}h0`).join(""),
        fill: "none",
        stroke: color(name),
        "stroke-width": diameter,
        "stroke-linecap": "round",
        "stroke-opacity": 0.55,
      }) as SVGElement,
  });
}

/**
 * The drawing as well-formed XML with its colours for light and dark pages inside and nothing to fetch.
 *
 * @param description what the picture shows, for those who cannot see it
 */
export function toSvg(drawing: Element, description: string): string {
  drawing.setAttribute("xmlns", SVG);
  drawing.setAttribute("class", "logdet-figure");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", description);
  // The font size is set on the texts, where the page's style may enlarge it on a phone.
  const css = `${paletteCss(".logdet-figure")}.logdet-figure{color:var(--ink);background:var(--page);max-width:100%;height:auto}`;
  return serialize(drawing, `<style>${css}</style>`);
}

function serialize(node: Element, first = ""): string {
  // Plot brings a style sheet with every plot; ours stands once, at the root.
  if (node.localName === "style") return "";
  const attributes = Array.from(
    node.attributes,
    ({ name, value }) => ` ${name}="${escapeHtml(roundNumbers(name, value))}"`,
  );
  const children = Array.from(node.childNodes, (child) =>
    child.nodeType === 1 ? serialize(child as Element) : escapeHtml(child.textContent ?? ""),
  );
  const inside = first + children.join("");
  return `<${node.localName}${attributes.join("")}${inside === "" ? "/>" : `>${inside}</${node.localName}>`}`;
}

/** Coordinates to a hundredth of a pixel: a third of the bytes, and nobody sees more. */
function roundNumbers(name: string, value: string): string {
  if (!/^(d|transform|x|y|x1|x2|y1|y2|cx|cy|r|width|height)$/.test(name)) return value;
  return value.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (digits) => String(Math.round(Number(digits) * 100) / 100));
}
