// The density of one or two columns of a model: the others averaged over, or held.

import { type KernelDensity, kernelDensity } from "../../model/kernel-density.js";
import type { LookAxis, LookDensity, NumberAxis, ValuesAxis } from "./look-answers.js";
import { axisOf, cellWidth, placesOf } from "./look-axes.js";
import type { LookedModel } from "./look-model.js";

/** Cells of an axis of numbers: of two, and of one alone. */
const cellsOfTwo = 80;
const cellsOfOne = 160;
/** Cells of rows that go through the model for one picture: of wide models the grid is coarser. */
const mostCells = 2e6;

export interface DensityQuestion {
  /** Places of the columns. */
  readonly x: number;
  /** Undefined: of x alone. */
  readonly y: number | undefined;
  /** Values of all columns, those of x and y being of no account. Undefined: averaged over. */
  readonly held: Float64Array | undefined;
}

/**
 * The density of one or two columns.
 *
 * Averaged over, it is that of the model's draws, by a kernel (`kernelDensity`) along numbers and by counts along values.
 * Held, it is p(x, y, others), scaled to 1 in all over the picture; where there are no others it is the model's own.
 *
 * Cost: 50,000 draws the first time; held, 6,400 log-densities.
 */
export async function densityOf(looked: LookedModel, { x, y, held }: DensityQuestion): Promise<LookDensity> {
  const { model } = looked;
  const places = y === undefined ? [x] : [x, y];
  const draws = await Promise.all(places.map((place) => looked.drawsOf(place)));
  const isWhole = model.dim === places.length;
  const byModel = isWhole || held !== undefined;
  const most = byModel
    ? Math.floor((mostCells / model.dim) ** (1 / places.length))
    : Number.POSITIVE_INFINITY;
  const size = Math.max(20, Math.min(most, y === undefined ? cellsOfOne : cellsOfTwo));
  const axes = places.map((place, i) => axisOf(model.columns[place], draws[i], size));
  const [first, second = null] = widened(axes);
  const answer = { x: first, y: second, draws: draws[0].length, outside: null };
  if (!byModel) return { ...answer, ...fromDraws(draws, second ? [first, second] : [first]), how: "draws" };

  const row = held ?? (await looked.typical()).values;
  const logProb = await along(looked, row, places, second ? [first, second] : [first]);
  const how = isWhole ? "exact" : "held";
  const highest = logProb.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const relative = logProb.map((value) =>
    highest === Number.NEGATIVE_INFINITY ? 0 : Math.exp(value - highest),
  );
  const volume = cellWidth(first) * (second ? cellWidth(second) : 1);
  const total = relative.reduce((a, b) => a + b, 0) * volume;
  const density = isWhole ? logProb.map(Math.exp) : relative.map((value) => value / (total || 1));
  return { ...answer, density: rounded(density), how, draws: 0, bandwidth: [] };
}

/** Where only one axis is of numbers, it may be finer. */
function widened(axes: readonly LookAxis[]): readonly LookAxis[] {
  if (axes.length < 2 || axes.every(({ kind }) => kind === "numbers")) return axes;
  return axes.map((axis) =>
    axis.kind === "numbers" && axis.size === cellsOfTwo ? { ...axis, size: cellsOfOne } : axis,
  );
}

/** Log-densities of a row with the axes' places in the columns `places`, the first axis fastest. */
async function along(
  { model }: LookedModel,
  row: Float64Array,
  columns: readonly number[],
  axes: readonly LookAxis[],
): Promise<Float64Array> {
  const [xs, ys = Float64Array.of(0)] = axes.map(placesOf);
  const rows = new Float64Array(xs.length * ys.length * model.dim);
  for (const [j, y] of ys.entries())
    for (const [i, x] of xs.entries()) {
      const start = (j * xs.length + i) * model.dim;
      rows.set(row, start);
      rows[start + columns[0]] = x;
      if (columns.length > 1) rows[start + columns[1]] = y;
    }
  return model.logProb(rows);
}

type FromDraws = Pick<LookDensity, "density" | "bandwidth" | "outside" | "draws">;

/**
 * The density of draws: smoothed along numbers, counted along values.
 *
 * @param draws one array an axis, one or two
 */
export function fromDraws(draws: readonly Float64Array[], axes: readonly LookAxis[]): FromDraws {
  const count = draws[0].length;
  const isInside = axes.map(insideOf);
  const inside = draws[0].reduce(
    (sum, _, i) => sum + Number(isInside.every((test, a) => test(draws[a][i]))),
    0,
  );
  const { density, bandwidth } = axes.every(isNumbers)
    ? kernelDensity(draws, axes)
    : axes.some(isNumbers)
      ? alongEachValue(draws, axes)
      : countsOf(draws, axes as readonly ValuesAxis[]);
  return { density: rounded(density), bandwidth, outside: 1 - inside / count, draws: count };
}

const isNumbers = (axis: LookAxis): axis is NumberAxis => axis.kind === "numbers";

function insideOf(axis: LookAxis): (value: number) => boolean {
  if (axis.kind === "numbers") return (value) => value >= axis.from && value <= axis.to;
  const place = placesOnAxis(axis);
  return (value) => place(value) >= 0;
}

/** The place of a value on its axis; -1: it has none. */
function placesOnAxis({ values }: ValuesAxis): (value: number) => number {
  const places = new Map(values.map(({ value }, place) => [value, place]));
  return (value) => places.get(value) ?? -1;
}

/** How often each value, or pair of values, is drawn. */
function countsOf(draws: readonly Float64Array[], axes: readonly ValuesAxis[]): KernelDensity {
  const places = axes.map(placesOnAxis);
  const [width, height = 1] = axes.map(({ values }) => values.length);
  const density = new Float64Array(width * height);
  const count = draws[0].length;
  for (let i = 0; i < count; i++) {
    const [x, y = 0] = draws.map((values, a) => places[a](values[i]));
    if (x >= 0 && y >= 0) density[y * width + x] += 1 / count;
  }
  return { density, bandwidth: [] };
}

/** Of one axis of numbers and one of values: for each value a density along the numbers, whose area is its share. */
function alongEachValue(draws: readonly Float64Array[], axes: readonly LookAxis[]): KernelDensity {
  const across = axes.findIndex(isNumbers);
  const numbers = axes[across] as NumberAxis;
  const { values } = axes[1 - across] as ValuesAxis;
  const density = new Float64Array(numbers.size * values.length);
  const [step, stride] = across === 0 ? [1, numbers.size] : [values.length, 1];
  const bandwidths = values.map(({ value }, place) => {
    const own = draws[across].filter((_, i) => draws[1 - across][i] === value);
    const { density: curve, bandwidth } = kernelDensity([own], [numbers]);
    for (const [i, height] of curve.entries())
      density[place * stride + i * step] = (height * own.length) / draws[across].length;
    return bandwidth[0];
  });
  return { density, bandwidth: [Math.max(...bandwidths)] };
}

/** What a picture shows, and no more. */
const rounded = (values: Float64Array): number[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : 0));
