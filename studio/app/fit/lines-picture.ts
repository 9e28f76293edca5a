// Lines against steps with their names above them: what all curves of this page are.

import * as Plot from "@observablehq/plot";
import { type ColorName, color } from "../../page/palette.js";

export interface Line {
  /** Said in the legend; lines without one follow another's. */
  readonly name?: string;
  readonly color: ColorName;
  readonly isDashed?: boolean;
  /** Whether another line has its colour already: drawn with longer dashes, or as dots. */
  readonly isSecond?: boolean;
  readonly points: readonly { readonly step: number; readonly value: number }[];
  /** Written where it ends. */
  readonly endLabel?: string;
}

export interface LinesPicture {
  readonly lines: readonly Line[];
  readonly label: string;
  readonly isLogarithmic?: boolean;
  /** Whether most of the picture is for the lowest values: likelihoods begin far above where they end. */
  readonly isLowInterest?: boolean;
  /** Points of interest, ringed. */
  readonly marked?: readonly { readonly step: number; readonly value: number; readonly color: ColorName }[];
  /** What the values are compared with, as a dashed line across. */
  readonly rule?: { readonly value: number; readonly text: string };
}

const size = { width: 460, height: 270, marginLeft: 50, marginRight: 30, marginBottom: 36 } as const;
const lineHeight = 17;
/** The vertical axis' label stands at the top. */
const labelHeight = 18;
/** Of a letter in a legend, roughly. */
const letterWidth = 6.6;

export function drawLines(picture: LinesPicture) {
  const { lines, label, isLogarithmic = false, marked = [], rule } = picture;
  const legend = legendOf(lines);
  const marginTop = labelHeight + 8 + lineHeight * legend.length;
  const [low, high] = rangeOf(picture);
  const visible = ({ value }: { value: number }) => value >= low && value <= high;
  const ends = apartOf(
    lines.flatMap(({ endLabel, points, color: name }) => {
      const last = points.at(-1);
      return endLabel !== undefined && last ? [{ ...last, text: endLabel, name }] : [];
    }),
    (13 * (high - low)) / (size.height - labelHeight - 8 - size.marginBottom),
  );
  const height = size.height + lineHeight * legend.length;
  const drawing = Plot.plot({
    ...{ ...size, height, marginTop, style: { fontSize: "12px", background: "none" } },
    x: { label: "step", ticks: 6, nice: true },
    y: {
      ...{ label, grid: true, ticks: 5, domain: [low, high], labelOffset: 46 },
      ...(isLogarithmic && { type: "log" as const, tickFormat: "~g", ticks: logTicks(low, high) }),
    },
    marks: [
      Plot.frame({ anchor: "bottom", stroke: color("muted") }),
      rule && rule.value >= low && rule.value <= high
        ? [
            Plot.ruleY([rule.value], { stroke: color("muted"), strokeDasharray: "2 3", strokeWidth: 1.5 }),
            Plot.text([rule.text], {
              ...{ y: () => rule.value, text: (text: string) => text, frameAnchor: "right", dy: -8 },
              ...{ fill: color("muted"), stroke: color("page"), strokeWidth: 3 },
            }),
          ]
        : [],
      lines.map(({ points, color: name, isDashed, isSecond }) =>
        // A path ends where it leaves the picture.
        Plot.line(
          points.map((point) => (visible(point) ? point : { ...point, value: Number.NaN })),
          {
            ...{ x: "step", y: "value", stroke: color(name), strokeWidth: isDashed ? 1.3 : 1.8 },
            strokeDasharray: isDashed ? (isSecond ? "1 3" : "4 3") : isSecond ? "10 4" : undefined,
          },
        ),
      ),
      Plot.dot(marked.filter(visible), {
        ...{ x: "step", y: "value", r: 4.5, fill: color("page"), strokeWidth: 2 },
        stroke: ({ color: name }: { color: ColorName }) => color(name),
        className: "best",
      }),
      Plot.text(ends, {
        ...{ x: "step", y: "value", text: "text", textAnchor: "start", dx: 5, fontSize: 11 },
        fill: ({ name }: { name: ColorName }) => color(name),
      }),
    ],
  });
  for (const [row, entries] of legend.entries())
    drawing.append(legendLine(entries, labelHeight + 10 + lineHeight * row));
  return drawing;
}

/** What the vertical axis spans. */
function rangeOf({ lines, rule, isLogarithmic, isLowInterest }: LinesPicture): [number, number] {
  const sorted = lines
    .flatMap(({ points }) => points.map(({ value }) => value))
    .filter((value) => Number.isFinite(value) && !(isLogarithmic && value <= 0))
    .sort((a, b) => a - b);
  if (sorted.length === 0) return isLogarithmic ? [0.1, 10] : [0, 1];
  let low = sorted[0];
  let high = sorted[sorted.length - 1];
  if (isLogarithmic) return [low / 1.2, high * 1.2];
  const middle = sorted[Math.floor(0.6 * (sorted.length - 1))];
  if (isLowInterest) high = Math.min(high, low + 3 * (middle - low));
  if (high <= low) [low, high] = [low - 0.5, low + 0.5];
  if (rule) {
    // It is worth some room, not most of the picture.
    const room = 1.4 * (high - low);
    if (rule.value > high && rule.value - low < room) high = rule.value;
    if (rule.value < low && high - rule.value < room) low = rule.value;
  }
  const margin = 0.05 * (high - low);
  return [low - margin, high + margin];
}

/** Ticks of a logarithmic axis: 1, 2, 5, 10 and so on; where fewer than three of them are in sight, 1, 1.2, 1.4 … */
function logTicks(low: number, high: number): number[] {
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const among = (digits: readonly number[]) =>
    decades
      .flatMap((one) => digits.map((digit) => digit * one))
      .filter((tick) => tick >= low && tick <= high);
  const [coarse, medium] = [among([1]), among([1, 2, 5])];
  if (coarse.length >= 4) return coarse;
  if (medium.length >= 3) return medium;
  const fine = among(Array.from({ length: 45 }, (_, i) => (10 + 2 * i) / 10));
  return fine.filter((_, i) => i % Math.ceil(fine.length / 6) === 0);
}

interface End {
  readonly step: number;
  readonly value: number;
  readonly text: string;
  readonly name: ColorName;
}

/** Those that stand apart from all others that are farther from 0: the rest would stand on each other. */
function apartOf(ends: readonly End[], apart: number): readonly End[] {
  const kept: End[] = [];
  for (const end of [...ends].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)))
    if (kept.every(({ value }) => Math.abs(value - end.value) >= apart)) kept.push(end);
  return kept;
}

type Entry = Pick<Line, "color" | "isDashed" | "isSecond"> & { readonly name: string };

/** The named lines, as many in a row as there is room for. */
function legendOf(lines: readonly Line[]): Entry[][] {
  const rows: Entry[][] = [];
  let room = 0;
  for (const { name, color, isDashed, isSecond } of lines) {
    if (name === undefined) continue;
    const width = (name.length + 4) * letterWidth;
    if (width > room || rows.length === 0) {
      rows.push([]);
      room = size.width - 10;
    }
    rows[rows.length - 1].push({ name, color, isDashed, isSecond });
    room -= width;
  }
  return rows;
}

const namespace = "http://www.w3.org/2000/svg";

function legendLine(entries: readonly Entry[], y: number): SVGElement {
  const line = document.createElementNS(namespace, "text");
  for (const [name, value] of Object.entries({ x: 4, y, class: "legend", "text-anchor": "start" }))
    line.setAttribute(name, String(value));
  for (const [i, { name, color: colorName, isDashed, isSecond }] of entries.entries()) {
    const word = document.createElementNS(namespace, "tspan");
    word.setAttribute("fill", color(colorName));
    if (i > 0) word.setAttribute("dx", "14");
    word.textContent = `${isDashed || isSecond ? "╌" : "●"} ${name}`;
    line.append(word);
  }
  return line;
}
