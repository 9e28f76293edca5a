// Picture: rows of the data and rows drawn from the model, column against column.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { assemble, draw, legend, points, svgElement, toSvg } from "./picture.js";
import { type ColumnSummary, maximumPairColumns, type PairSamples } from "./report-data.js";
import { histogram, quantile, sortedFinite, spread } from "./statistics.js";
import { list, shorten } from "./words.js";

/** At most so many points are drawn in a panel. */
export const maximumPoints = 800;

interface Axis {
  readonly name: string;
  readonly data: readonly number[];
  readonly samples: readonly number[];
  /** The shown range, in the column's units. */
  readonly range: readonly [from: number, to: number];
  readonly bins: number;
}

/**
 * A matrix of scatter plots as SVG: the data below the diagonal, the model's samples mirrored above it, both as
 * histograms on the diagonal. The better the model, the more symmetric the picture.
 *
 * Side by side and not on top of each other, because where two clouds of points agree one of them is hidden.
 *
 * @param columns where a column's quantum is looked up, so that a discrete column's bars do not beat against it
 */
export function pairwise(pairs: PairSamples, columns: readonly ColumnSummary[]): string {
  const axes = pairs.names.slice(0, maximumPairColumns).map((name, i) =>
    axis(
      name,
      pairs.data[i]!,
      pairs.samples[i]!,
      columns.find((column) => column.name === name),
    ),
  );
  const count = axes.length;
  const left = 62;
  const top = 30;
  const bottom = 50;
  const cell = count === 1 ? 420 : Math.min(240, (720 - left) / count);
  const height = count === 1 ? 240 : cell;
  const parts = axes.flatMap((row, i) =>
    axes.map((column, j) => {
      const onLeft = j === 0 && i > 0;
      const onBottom = i === count - 1;
      const frame = { left: onLeft ? left : 4, right: 4, top: 4, bottom: onBottom ? bottom - 4 : 4 };
      return {
        x: left + j * cell - frame.left + 4,
        y: top + i * height,
        drawing: panel(row, column, i, j, {
          width: cell - 8 + frame.left + frame.right,
          height: height - 8 + frame.top + frame.bottom,
          marginLeft: frame.left,
          marginRight: frame.right,
          marginTop: frame.top,
          marginBottom: frame.bottom,
          x: { ...scale(column, cell < 150 ? 2 : 4), axis: onBottom ? "bottom" : null },
          y: { ...scale(row, cell < 150 ? 3 : 5), axis: onLeft ? "left" : null },
        }),
      };
    }),
  );
  const drawing = assemble(left + count * cell + 8, top + count * height + bottom, parts);
  const letters = (length: number) => Math.max(6, Math.floor(length / 9));
  for (const [i, { name }] of axes.entries()) {
    const across = left + (i + 0.5) * cell;
    const down = top + (i + 0.5) * height;
    const text = { "text-anchor": "middle", "font-size": 12, "font-weight": 600 };
    drawing.append(
      svgElement("text", { ...text, x: across, y: top + count * height + 42 }, [
        shorten(name, letters(cell)),
      ]),
    );
    if (count > 1)
      drawing.append(
        svgElement("text", { ...text, transform: `translate(14,${down}) rotate(-90)` }, [
          shorten(name, letters(height)),
        ]),
      );
  }
  drawing.append(
    legend(
      [
        { label: count > 1 ? "data, below the diagonal" : "data", color: "data" },
        { label: count > 1 ? "model, above it" : "model", color: "model" },
      ],
      left + 4,
      16,
    ),
  );
  return toSvg(drawing, describe(axes));
}

function panel(row: Axis, column: Axis, i: number, j: number, options: Plot.PlotOptions): Element {
  const frame = Plot.frame({ stroke: color("muted"), strokeOpacity: 0.5 });
  if (i === j) return draw({ ...options, ...marginal(column), marks: [...marginal(column).marks, frame] });
  const kind = i > j ? "data" : "samples";
  // As many points on both sides of the diagonal, or the denser side would look like more probability.
  const limit = Math.min(maximumPoints, row.data.length, row.samples.length);
  const visible = spread(row[kind].length, limit).filter(
    (k) => inside(column[kind][k]!, column.range) && inside(row[kind][k]!, row.range),
  );
  const x = visible.map((k) => column[kind][k]!);
  const y = visible.map((k) => row[kind][k]!);
  return draw({ ...options, marks: [frame, points(x, y, kind === "data" ? "data" : "model")] });
}

/** Both histograms of one column, as shares of their own rows. */
function marginal({ data, samples, range, bins }: Axis) {
  const share = (values: readonly number[]) =>
    histogram(values, range[0], range[1], bins).map((bin) => ({
      ...bin,
      share: bin.count / Math.max(1, values.length),
    }));
  const outline = share(samples).flatMap((bin) => [
    { x: bin.from, share: bin.share },
    { x: bin.to, share: bin.share },
  ]);
  const highest = Math.max(...share(data).map((bin) => bin.share), ...outline.map((point) => point.share));
  return {
    y: { axis: null, domain: [0, highest * 1.08 || 1] },
    marks: [
      Plot.rectY(share(data), {
        x1: "from",
        x2: "to",
        y: "share",
        fill: color("data"),
        fillOpacity: 0.45,
        inset: 0,
        className: "bars",
      }),
      Plot.lineY(outline, {
        x: "x",
        y: "share",
        stroke: color("model"),
        strokeWidth: 1.6,
        className: "outline",
      }),
    ],
  };
}

function scale({ range }: Axis, ticks: number): Plot.ScaleOptions {
  const largest = Math.max(Math.abs(range[0]), Math.abs(range[1]));
  const format = largest >= 1e4 ? "~s" : largest >= 1e3 ? "~f" : largest < 1e-3 ? "~e" : undefined;
  return {
    domain: range,
    ticks: innerTicks(range, ticks),
    label: null,
    ...(format && { tickFormat: format }),
  } as Plot.ScaleOptions;
}

/** At most `limit` round values, none so near an end that its label would run into the next panel's. */
function innerTicks([from, to]: readonly [number, number], limit: number): number[] {
  const low = from + 0.1 * (to - from);
  const high = to - 0.1 * (to - from);
  const power = 10 ** Math.floor(Math.log10((high - low) / limit));
  for (const step of [1, 2, 5, 10, 20].map((factor) => factor * power)) {
    const first = Math.ceil(low / step);
    const count = Math.floor(high / step) - first + 1;
    // Dividing by the inverse gives 0.3 where multiplying gives 0.30000000000000004.
    if (count <= limit)
      return Array.from({ length: count }, (_, i) =>
        step < 1 ? (first + i) / Math.round(1 / step) : (first + i) * step,
      );
  }
  return [];
}

function axis(
  name: string,
  data: readonly number[],
  samples: readonly number[],
  column?: ColumnSummary,
): Axis {
  const { quantum = 0, minimum = 0 } = column ?? {};
  const range = shownRange(sortedFinite(data), quantum, minimum);
  if (!quantum) return { name, data, samples, range, bins: 24 };
  // A bar holds a whole number of values and starts halfway between two.
  const values = Math.round((range[1] - range[0]) / quantum);
  const perBar = Math.ceil(values / 40);
  const bins = Math.max(1, Math.ceil(values / perBar));
  return { name, data, samples, range: [range[0], range[0] + bins * perBar * quantum], bins };
}

/** The central 99 % of the data and a little more: a single far value would squeeze all others into a dot. */
function shownRange(sorted: readonly number[], quantum: number, minimum: number): readonly [number, number] {
  if (sorted.length === 0) return [0, 1];
  let low = quantile(sorted, 0.005);
  let high = quantile(sorted, 0.995);
  if (low === high) [low, high] = [sorted[0]!, sorted.at(-1)!];
  if (quantum > 0) {
    // Rows may carry the noise of their cells: the column's own values lie from its minimum on.
    const halfway = (value: number) => minimum + (Math.round((value - minimum) / quantum) + 0.5) * quantum;
    return [halfway(low) - quantum, halfway(high)];
  }
  const margin = 0.08 * (high - low) || Math.abs(low) * 0.01 || 1;
  return [low - margin, high + margin];
}

function inside(value: number, [from, to]: readonly [number, number]): boolean {
  return value >= from && value <= to;
}

function describe(axes: readonly Axis[]): string {
  const names = list(axes.map(({ name }) => shorten(name, 40)));
  return axes.length === 1
    ? `Histograms of ${names}: the data as filled bars, the model's samples as a line.`
    : `Scatter plots of ${names} against each other: rows of the data below the diagonal, rows drawn from the ` +
        "model above it, histograms of both on the diagonal.";
}
