// Rows that a model draws beside rows of data: points, histograms, and some rows in full.

import type { Table, TableColumn } from "../../data/index.js";
import { Random } from "../../random/index.js";
import { breathe } from "../../runtime/breathe.js";
import type { LookAxis, LookHistogram, LookSamples } from "./look-answers.js";
import { axisOf } from "./look-axes.js";
import { cellLabel } from "./look-cells.js";
import { drawnTable, type LookedModel } from "./look-model.js";
import { pointsOf } from "./look-rows.js";
import { asDrawn, drawsBetween } from "./look-steps.js";

/** Rows drawn; of wide models fewer, so many cells. */
const mostDraws = 2000;
const mostCells = 4e5;
/** Rows shown in full, and bars of a column of numbers. */
const shownRows = 20;
const bars = 24;
/** Histograms at a time. */
const histogramsPerPage = 12;

export interface SamplesQuestion {
  readonly x: number;
  readonly y: number | undefined;
  readonly seed: number;
  /** Which twelve columns, from 0. */
  readonly page: number;
}

/** Fresh draws beside a table, with cells missing as often as in the data. */
export async function samplesOf(
  looked: LookedModel,
  table: Table | undefined,
  { x, y, seed, page }: SamplesQuestion,
): Promise<LookSamples> {
  const { model } = looked;
  const { columns } = model;
  const count = Math.min(mostDraws, Math.max(200, Math.floor(mostCells / model.dim)));
  const drawn = await drawnTable(model, count, seed);
  const axis = async (d: number, size = bars): Promise<LookAxis> => {
    await breathe();
    return axisOf(columns[d], await looked.drawsOf(d), size);
  };
  const shown = columns.map((_, d) => d).slice(page * histogramsPerPage, (page + 1) * histogramsPerPage);
  const pictured = [...new Set([x, ...(y === undefined ? [] : [y]), ...shown])];
  const data = table && asDrawn(table, columns, pictured, new Random(seed));
  const histograms: LookHistogram[] = [];
  for (const d of shown) histograms.push(besideHistogram(await axis(d), data?.columns[d], drawn.columns[d]));
  return {
    x: await axis(x),
    y: y === undefined ? null : await axis(y),
    data: data ? pointsOf(data, x, y) : null,
    between: pictured.filter((d) => drawsBetween(columns[d])).map((d) => columns[d].name),
    drawn: pointsOf(drawn, x, y),
    histograms,
    columns: columns.map(({ name }) => name),
    table: Array.from({ length: Math.min(shownRows, count) }, (_, row) =>
      columns.map((column, d) => cellLabel(column, drawn.columns[d].values[row])),
    ),
    draws: count,
  };
}

/** Shares of a column's known cells in equal bars, or one a value; what lies farther out is in none. */
function besideHistogram(axis: LookAxis, data: TableColumn | undefined, drawn: TableColumn): LookHistogram {
  const values = axis.kind === "values" ? axis.values : [];
  const places = new Map(values.map(({ value }, place) => [value, place]));
  const count = axis.kind === "values" ? values.length : axis.size;
  const place = (value: number) => {
    if (axis.kind === "values") return places.get(value) ?? -1;
    const at = Math.floor(((value - axis.from) / (axis.to - axis.from)) * axis.size);
    return at >= 0 && at < axis.size ? at : -1;
  };
  const shares = (column: TableColumn | undefined) => {
    const counts = new Array<number>(count).fill(0);
    if (!column) return { shares: [], missing: 0 };
    const missing = column.values.reduce((sum, value) => sum + Number(Number.isNaN(value)), 0);
    const known = column.values.length - missing || 1;
    for (const value of column.values) {
      const at = place(value);
      if (at >= 0) counts[at]++;
    }
    return { shares: counts.map((n) => n / known), missing: missing / (column.values.length || 1) };
  };
  const [inData, inDraws] = [shares(data), shares(drawn)];
  return {
    name: axis.name,
    edges:
      axis.kind === "values"
        ? []
        : Array.from({ length: bars + 1 }, (_, i) => axis.from + ((axis.to - axis.from) * i) / bars),
    labels: values.map(({ label }) => label),
    ...{ data: inData.shares, drawn: inDraws.shares },
    ...{ dataMissing: inData.missing, drawnMissing: inDraws.missing },
  };
}
