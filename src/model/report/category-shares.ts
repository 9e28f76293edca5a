// Picture: the share of each category, and of missing cells, in the data and among the model's draws.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { assemble, draw, legend, svgElement, toSvg } from "./picture.js";
import type { CategoryCounts, CountedColumn } from "./report-data.js";
import { formatPercent, list, shorten } from "./words.js";

const width = 720;
const legendHeight = 30;
/** Above a panel's bars its name, below them an axis; for each category two bars. */
const nameHeight = 26;
const axisHeight = 28;
const barHeight = 24;
const gap = 14;

/**
 * Bars as SVG, a panel a column: for each category the share of held-out rows that have it, and below it that of rows
 * drawn from the model. The better the model, the more alike the two.
 */
export function categoryShares(counts: CategoryCounts): string {
  const { columns } = counts;
  const across = columns.length > 1 ? 2 : 1;
  const panelWidth = width / across;
  const bottoms = new Array<number>(across).fill(legendHeight);
  const placed = columns.map((column) => {
    // Into the shorter of the two stacks.
    const stack = bottoms.indexOf(Math.min(...bottoms));
    const height = axisHeight + barHeight * Math.max(1, column.bars.length);
    const place = { column, x: stack * panelWidth, y: bottoms[stack]!, height };
    bottoms[stack] = place.y + nameHeight + height + gap;
    return place;
  });
  const drawing = assemble(
    width,
    Math.max(...bottoms),
    placed.map(({ column, x, y, height }) => ({
      x,
      y: y + nameHeight,
      drawing: panel(column, counts, panelWidth, height),
    })),
  );
  for (const { column, x, y } of placed)
    drawing.append(
      svgElement("text", { x: x + 8, y: y + 18, "font-size": 13, "font-weight": 600 }, [
        shorten(column.name, 36),
      ]),
    );
  drawing.append(
    legend(
      [
        { label: "held-out rows", color: "data" },
        { label: "rows drawn from the model", color: "model" },
      ],
      8,
      16,
    ),
  );
  return toSvg(drawing, describe(counts));
}

function panel({ bars }: CountedColumn, { rows, draws }: CategoryCounts, width: number, height: number) {
  // By their places, because two long names may be the same once they are shortened.
  const pairs = bars.flatMap(({ name, data, model }, place) =>
    [
      ["data", data / Math.max(1, rows), "held-out rows"] as const,
      ["model", model / Math.max(1, draws), "draws"] as const,
    ].map(([source, share, whose]) => ({
      place,
      source,
      share,
      title: `${shorten(name, 40)}: ${formatPercent(share)} of ${whose}`,
    })),
  );
  const widest = Math.max(...pairs.map(({ share }) => share), 0);
  return draw({
    width,
    height,
    marginLeft: 134,
    marginRight: 24,
    marginTop: 0,
    marginBottom: axisHeight,
    x: {
      domain: [0, widest || 1],
      ticks: 3,
      tickFormat: (share: number) => formatPercent(share),
      label: null,
    },
    y: { domain: ["data", "model"], axis: null, padding: 0.06 },
    fy: {
      domain: bars.map((_, place) => place),
      tickFormat: (place: number) => shorten(bars[place]?.name ?? "", 16),
      label: null,
      axis: "left",
      padding: 0.26,
    },
    marks: [
      Plot.barX(pairs, {
        x: "share",
        y: "source",
        fy: "place",
        fill: ({ source }: { source: "data" | "model" }) => color(source),
        fillOpacity: 0.85,
        title: "title",
        className: "bars",
      }),
      Plot.ruleX([0]),
    ],
  });
}

function describe({ columns }: CategoryCounts): string {
  const names = list(columns.map(({ name }) => shorten(name, 40)));
  return `Bars for ${names}: the share of held-out rows with each category, or with a missing cell, above that of rows drawn from the model.`;
}
