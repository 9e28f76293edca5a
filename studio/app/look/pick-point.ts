// Points of a picture that can be picked: a ring around the one under the pointer, with its words; a click picks it.

import type * as Plot from "@observablehq/plot";
import { color } from "../../page/palette.js";

export interface Pickable {
  readonly x: readonly number[];
  readonly y: readonly number[];
  words(place: number): string;
  onPick(place: number): void;
}

/** Pixels of the drawing within which a point is meant. */
const near = 14;

type Drawing = (SVGSVGElement | HTMLElement) & Plot.Plot;

/** @param drawing with linear scales x and y */
export function makePickable(drawing: Drawing, { x, y, words, onPick }: Pickable): void {
  const svg = drawing instanceof SVGSVGElement ? drawing : undefined;
  const [scaleX, scaleY] = [drawing.scale("x"), drawing.scale("y")];
  if (!svg || !scaleX || !scaleY) return;
  const left = x.map((value) => Number(scaleX.apply(value)));
  const top = y.map((value) => Number(scaleY.apply(value)));
  const hint = document.createElementNS("http://www.w3.org/2000/svg", "g");
  hint.setAttribute("pointer-events", "none");
  const nearest = (event: MouseEvent): number => {
    const { left: from, top: above, width } = svg.getBoundingClientRect();
    const unit = svg.viewBox.baseVal.width / width;
    const [px, py] = [(event.clientX - from) * unit, (event.clientY - above) * unit];
    let best = -1;
    let least = near;
    for (let i = 0; i < left.length; i++) {
      const distance = Math.hypot(left[i] - px, top[i] - py);
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  };
  svg.addEventListener("pointermove", (event) => {
    const place = nearest(event);
    svg.style.cursor = place < 0 ? "" : "pointer";
    hint.replaceChildren();
    if (place < 0) return hint.remove();
    const { width } = svg.viewBox.baseVal;
    const isRight = left[place] > 0.6 * width;
    hint.append(
      shape("circle", { cx: left[place], cy: top[place], r: 5, fill: "none", stroke: color("ink") }),
      shape(
        "text",
        {
          ...{ x: left[place] + (isRight ? -9 : 9), y: top[place] + 4, fill: color("ink") },
          ...{ "text-anchor": isRight ? "end" : "start", stroke: color("page"), "stroke-width": 4 },
          ...{ "paint-order": "stroke", "font-size": 12 },
        },
        words(place),
      ),
    );
    svg.append(hint);
  });
  svg.addEventListener("pointerleave", () => hint.remove());
  svg.addEventListener("click", (event) => {
    const place = nearest(event);
    if (place >= 0) onPick(place);
  });
}

function shape(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}
