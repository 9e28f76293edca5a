// A grid and some rows on their way through a model's layers.

import { layoutOf } from "../../data/index.js";
import { type Layer, layersOf } from "../../flows/index.js";
import type { Model } from "../../model/index.js";
import { spread } from "../../model/report/statistics.js";
import { input, slice, type Tensor } from "../../tensor/index.js";
import { flowPoints, netsAt, numericColumns, runOnce } from "./flow-points.js";
import type { LayerStage, LayersAnswer } from "./layers-answers.js";
import { gridLines, type Interval, lineCount, linePoints } from "./layers-grid.js";
import { followPlane } from "./layers-plane.js";
import { placeAmong, type SomeRows } from "./some-rows.js";

/** Rows that are shown beside the grid. */
const shownRows = 400;
/** The share of rows that lie below the grid, and above. */
const outside = 0.01;
/** What moves less than this, in standardised units, is not seen to move. */
const still = 1e-4;
const gridPoints = lineCount * linePoints;

/**
 * A grid in the plane of two columns, the others held at a typical row, and rows, before the first layer and after each.
 *
 * With two coordinates they are seen as they are. With more, each stage is seen in the plane in which the grid is most
 * spread out, turned so that the picture changes least from the one before.
 *
 * @param model with two columns of numbers at least: see whyNotShown
 * @param rows those that miss a number are not shown
 */
export async function layerStages(
  model: Model,
  rows: SomeRows,
  [x, y]: readonly [x: string, y: string],
): Promise<LayersAnswer> {
  const numeric = numericColumns(model);
  const dim = numeric.length;
  const places = [numeric.indexOf(x), numeric.indexOf(y)] as const;
  const { width } = layoutOf(model.columns);
  const whole = await wholeRows(model, rows);
  const points = flowPoints(model, whole.cells).x;
  const held = await placeAmong(model, whole, "typical");
  const grid = gridIn(points, width, held, places);
  const shown = points.subarray(0, shownRows * width);
  const { share } = await netsAt(model, shown, width, "float32");
  const mean = share.map((of) => of.reduce((sum, value) => sum + value, 0) / of.length);
  const net = mean.indexOf(Math.max(...mean));

  const before = new Float64Array(grid.length + shown.length);
  before.set(grid);
  before.set(shown, grid.length);
  const after = await throughLayers(model, layersOf(model.flow)[net], before, width);
  const moving = after.filter(({ values }, i) => i === 0 || !isStill(after[i - 1].values, values));
  const planes = await followPlane(
    moving.map(({ values }) => values),
    { dim, places, leading: gridPoints },
  );
  return {
    ...{ numeric, x, y },
    heldRow: width > 2 ? whole.numbers[held] : undefined,
    isProjected: dim > 2,
    net: { number: net + 1, count: mean.length, share: mean[net] },
    rows: shown.length / width,
    areDrawn: whole.areDrawn,
    stages: planes.map(
      ({ values, seen }, i): LayerStage => ({
        name: moving[i].name,
        lines: shortened(values.subarray(0, 2 * gridPoints)),
        points: shortened(values.subarray(2 * gridPoints)),
        seen,
      }),
    ),
  };
}

/** The rows that miss no number; draws of the model if they are too few to show where the data lie. */
async function wholeRows(model: Model, { cells, numbers, areDrawn }: SomeRows): Promise<SomeRows> {
  const { dim } = model;
  const whole = numbers
    .map((_, i) => i)
    .filter((i) =>
      model.columns.every(({ kind }, d) => kind === "categorical" || !Number.isNaN(cells[i * dim + d])),
    );
  if (whole.length < 20) {
    const drawn = await model.sample(shownRows, { seed: 0 });
    return { cells: drawn, numbers: Array.from({ length: shownRows }, (_, i) => i + 1), areDrawn: true };
  }
  // Evenly spaced again: the first 400 of a sorted table are no picture of it.
  const some = spread(whole.length, shownRows).map((k) => whole[k]);
  const kept = new Float64Array(some.length * dim);
  for (const [k, i] of some.entries()) kept.set(cells.subarray(i * dim, (i + 1) * dim), k * dim);
  return { cells: kept, numbers: some.map((i) => numbers[i]), areDrawn };
}

/** Points of the grid, row-major [gridPoints, width]: where nearly all rows lie, the other coordinates those of one row. */
function gridIn(
  points: Float64Array,
  width: number,
  held: number,
  places: readonly [number, number],
): Float64Array {
  const reach = (place: number): Interval => {
    const values = points.filter((_, i) => i % width === place).sort();
    const [low, high] = [outside, 1 - outside].map(
      (share) => values[Math.round(share * (values.length - 1))],
    );
    // A column that hardly varies still gives the grid some room.
    return high > low ? [low, high] : [low - 0.5, high + 0.5];
  };
  const lines = gridLines(reach(places[0]), reach(places[1]));
  const grid = new Float64Array(gridPoints * width);
  for (let i = 0; i < gridPoints; i++) {
    grid.set(points.subarray(held * width, (held + 1) * width), i * width);
    grid[i * width + places[0]] = lines[2 * i];
    grid[i * width + places[1]] = lines[2 * i + 1];
  }
  return grid;
}

/** The numeric coordinates before the first layer, named "data", and after each: [n, dim]. */
async function throughLayers(
  model: Model,
  layers: readonly Layer[],
  before: Float64Array,
  width: number,
): Promise<{ readonly name: string; readonly values: Float64Array }[]> {
  const dim = model.numericDim;
  const outputs: Record<string, Tensor> = {};
  let y: Tensor = input("x", ["batch", width]);
  for (const [i, { bijection }] of layers.entries()) {
    y = bijection.forward(y).y;
    outputs[`stage_${i}`] = width === dim ? y : slice(y, 1, 0, dim);
  }
  const after = layers.length > 0 ? await runOnce(model, outputs, { x: before }, "float32") : {};
  return [
    { name: "data", values: before.filter((_, i) => i % width < dim) },
    ...layers.map(({ name }, i) => ({ name, values: after[`stage_${i}`] })),
  ];
}

const isStill = (a: Float64Array, b: Float64Array) => a.every((value, i) => Math.abs(value - b[i]) < still);

/** Four decimals are more than a picture shows. What is not finite lies outside of every picture. */
const shortened = (values: Float64Array): number[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? Math.round(1e4 * value) / 1e4 : 1e9));
