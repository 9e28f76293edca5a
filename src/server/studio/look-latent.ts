// Rows in the latent space of a model's net, beside what the base says they should be.

import type { Table } from "../../data/index.js";
import { holm, kolmogorovSmirnov } from "../../drift/index.js";
import type { Model } from "../../model/index.js";
import { baseDraws, isAverage, latentsOf, netCount } from "../../model/latent-spaces.js";
import { calibrate } from "../../model/report/calibration.js";
import { spread } from "../../model/report/statistics.js";
import { Random } from "../../random/index.js";
import { breathe } from "../../runtime/breathe.js";
import { countBelow } from "../../runtime/index.js";
import type { LatentCheck, LookLatent, NumberAxis } from "./look-answers.js";
import { centralRange } from "./look-axes.js";
import type { ColumnConfig } from "./look-cells.js";
import { fromDraws } from "./look-density.js";
import { spreadOverSteps } from "./look-steps.js";
import { rowNumber, rowsOf } from "./tables.js";

/** Rows that are looked at, draws of the base that they are ranked among, and dimensions that are checked. */
const mostRows = 2000;
const baseRows = 50_000;
const mostChecks = 256;
/** Base draws of wide models are fewer: so many numbers. */
const mostCells = 2e6;
/** Points that are drawn, and cells of the base's picture. */
const mostPoints = 1500;
const cells = 80;
const margin = 0.12;

export interface LatentQuestion {
  /** Dimensions to be drawn, from 0. */
  readonly x: number;
  readonly y: number;
  readonly net: number;
}

/**
 * Latents of rows that miss no number, and each dimension's distribution beside the base's.
 *
 * Values of discrete columns are spread evenly over their steps first, as in training: a column of few values cannot look
 * like a base otherwise. The base is drawn, so that any may be compared. Of a mixture, whose nets share the rows, only
 * the rows that are most likely the net's are looked at.
 */
export async function latentOf(
  model: Model,
  table: Table,
  { x, y, net }: LatentQuestion,
): Promise<LookLatent> {
  const { numericDim, columns } = model;
  const nets = netCount(model);
  const average = isAverage(model);
  const about = { dimensions: numericDim, nets, net: net + 1, isAverage: average };
  const nothing = { total: 0, missing: 0, rows: [], x: [], y: [] };
  if (numericDim === 0)
    return { ...about, base: null, points: nothing, rows: 0, of: table.rows, draws: 0, checks: [] };
  const whole = completeRows(table);
  const shown = spread(whole.length, mostRows).map((i) => whole[i]);
  const random = new Random(0);
  const found = await latentsOf(model, spreadRows(rowsOf(table, shown), columns, random), net);
  const own = shown.flatMap((_, i) => (average || found.net[i] === net ? [i] : []));
  const draws = Math.max(2000, Math.min(baseRows, Math.floor(mostCells / numericDim)));
  const base = await baseDraws(model, net, draws, random.split("base"));
  const latentAt = (d: number) => Float64Array.from(own, (i) => found.latent[i * numericDim + d]);
  const baseAt = (d: number) => Float64Array.from({ length: draws }, (_, i) => base[i * numericDim + d]);
  // A dimension that there is not is the last one.
  const pictured = [...new Set([x, y].map((d) => Math.min(d, numericDim - 1)))];
  const axes = pictured.map((d) => axisFor(d, latentAt(d), baseAt(d), pictured.length));
  const points = spread(own.length, mostPoints).map((k) => own[k]);
  const coordinate = (d: number) => points.map((i) => found.latent[i * numericDim + d]);
  return {
    ...about,
    base: {
      ...{ x: axes[0], y: axes[1] ?? null, how: "draws" },
      ...fromDraws(pictured.map(baseAt), axes),
    },
    points: {
      ...{ total: own.length, missing: table.rows - whole.length },
      rows: points.map((i) => rowNumber(table, shown[i])),
      x: coordinate(pictured[0]),
      y: pictured.length > 1 ? coordinate(pictured[1]) : [],
    },
    ...{ rows: own.length, of: table.rows, draws },
    checks: own.length === 0 ? [] : await checksOf(Math.min(mostChecks, numericDim), latentAt, baseAt),
  };
}

/** Every dimension beside the base, the strangest first; the thread is given up between them. */
async function checksOf(
  dimensions: number,
  latentAt: (dimension: number) => Float64Array,
  baseAt: (dimension: number) => Float64Array,
): Promise<LatentCheck[]> {
  const each: Omit<LatentCheck, "adjusted">[] = [];
  for (let d = 0; d < dimensions; d++) {
    await breathe();
    const [latent, base] = [latentAt(d), baseAt(d).sort()];
    const ranks = Array.from(latent, (z) => (countBelow(base, z) + 0.5) / (base.length + 1));
    const [{ bins, expected, band }] = calibrate([{ name: "", values: ranks }]);
    const { pValue } = kolmogorovSmirnov(latent, base);
    each.push({ dimension: d + 1, counts: bins.map(({ count }) => count), expected, band, pValue });
  }
  const adjusted = holm(each.map(({ pValue }) => pValue));
  return each
    .map((check, d) => ({ ...check, adjusted: adjusted[d] }))
    .sort((a, b) => a.pValue - b.pValue || a.dimension - b.dimension);
}

/** Places of the rows without missing numbers. */
function completeRows({ columns, rows }: Table): number[] {
  const numbers = columns.filter(({ categories }) => categories === undefined);
  return Array.from({ length: rows }, (_, i) => i).filter((i) =>
    numbers.every(({ values }) => !Number.isNaN(values[i])),
  );
}

/** Rows with the values of discrete columns spread over their steps. */
function spreadRows(rows: Float64Array, columns: readonly ColumnConfig[], random: Random): Float64Array {
  const width = columns.length;
  const spreadColumns = columns.map((column, d) => {
    const values = Float64Array.from({ length: rows.length / width }, (_, i) => rows[i * width + d]);
    return spreadOverSteps(column, values, random);
  });
  return rows.map((_, i) => spreadColumns[i % width][Math.floor(i / width)]);
}

function axisFor(d: number, latent: Float64Array, base: Float64Array, axes: number): NumberAxis {
  const [a, b] = [centralRange(latent), centralRange(base)];
  const [from, to] = latent.length > 0 ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : b;
  const room = margin * (to - from || 1);
  return {
    ...{ kind: "numbers", name: `latent ${d + 1}`, size: axes === 1 ? 2 * cells : cells },
    ...{ from: from - room, to: to + room },
  };
}
