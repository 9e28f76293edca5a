// Densities of one or two columns of draws, smoothed by a Gaussian kernel on a grid. The grid is all that it knows.

import { quantile } from "./report/statistics.js";

/** Equal cells between two ends; values belong to the cells' middles. */
export interface GridAxis {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

export interface KernelDensity {
  /** Per unit of each axis, of all draws, those outside of the grid included; the first axis runs fastest. */
  readonly density: Float64Array;
  /** The kernel's standard deviation along each axis, in its units. */
  readonly bandwidth: readonly number[];
}

/** Of Scott's rule, which is for a single bump: margins of fitted densities often have several. */
const narrower = 0.7;
/** A kernel narrower than a cell cannot be seen on the grid. */
const leastCells = 0.8;
/**
 * Of an axis: one wider than that comes of values far off the grid alone, as where most are equal and the others huge, and
 * would take memory without end.
 */
const mostOfAxis = 0.25;
/** Standard deviations at which the kernel ends. */
const reach = 4;

/**
 * The density of points of the line or the plane:
 *
 *   p(x) = 1/n Σᵢ Πₐ N(xₐ; xᵢₐ, hₐ²),   hₐ = 0.7 sₐ n^(−1/(d + 4))
 *
 * with s the smaller of the standard deviation and the interquartile range over 1.34, so that far values widen nothing,
 * and h from 0.8 cells to a quarter of the axis. Points are shared between the cells around them (linear binning), and the
 * cells smoothed along each axis. Points that lie farther out than the kernel reaches, infinite ones among them, count in n
 * alone.
 *
 * Cost: O(n log n) for the quartiles, O(cells · h in cells) for smoothing.
 *
 * @param columns the points' coordinates, one array an axis, of equal lengths
 * @param axes one or two
 * @see Scott, "Multivariate Density Estimation", 1992, §6.3; Wand, "Fast computation of multivariate kernel estimators", 1994
 * @example kernelDensity([draws], [{ from: -3, to: 3, size: 80 }]).density
 */
export function kernelDensity(columns: readonly Float64Array[], axes: readonly GridAxis[]): KernelDensity {
  const n = columns[0].length;
  const padded = axes.map((axis, a) => pad(axis, bandwidthOf(columns[a], axes.length, axis)));
  const width = padded[0].size;
  let cells = new Float64Array(padded.reduce((product, { size }) => product * size, 1));
  for (let i = 0; i < n; i++) {
    const [p, q] = [place(padded[0], columns[0][i]), padded[1] ? place(padded[1], columns[1][i]) : 0];
    if (Number.isNaN(p) || Number.isNaN(q)) continue;
    const [x, y] = [Math.floor(p), Math.floor(q)];
    const [s, t] = [p - x, q - y];
    cells[y * width + x] += (1 - s) * (1 - t);
    cells[y * width + x + 1] += s * (1 - t);
    if (t === 0) continue;
    cells[(y + 1) * width + x] += (1 - s) * t;
    cells[(y + 1) * width + x + 1] += s * t;
  }
  for (const [a, { size, kernel }] of padded.entries())
    cells = smooth(cells, size, a === 0 ? 1 : width, kernel);
  const volume = padded.reduce((product, { step }) => product * step, 1);
  const [inX, inY] = padded;
  const density = Float64Array.from(
    { length: axes.reduce((product, { size }) => product * size, 1) },
    (_, i) => {
      const [x, y] = [i % axes[0].size, Math.floor(i / axes[0].size)];
      return cells[(y + (inY?.margin ?? 0)) * width + x + inX.margin] / (Math.max(1, n) * volume);
    },
  );
  return { density, bandwidth: padded.map(({ bandwidth }) => bandwidth) };
}

/** An axis with room for what lies around it, as far as the kernel reaches. */
interface Padded {
  /** Of the first cell. */
  readonly start: number;
  readonly step: number;
  readonly size: number;
  /** Cells on either side. */
  readonly margin: number;
  readonly bandwidth: number;
  /** Weights at 0, 1, … cells from the middle, 1 in all. */
  readonly kernel: Float64Array;
}

function pad({ from, to, size }: GridAxis, bandwidth: number): Padded {
  const step = (to - from) / size;
  const margin = Math.ceil((reach * bandwidth) / step) + 1;
  const half = Float64Array.from({ length: margin }, (_, k) =>
    Math.exp(-0.5 * ((k * step) / bandwidth) ** 2),
  );
  const total = half.reduce((sum, weight, k) => sum + (k === 0 ? weight : 2 * weight), 0);
  return {
    ...{ start: from - margin * step, step, size: size + 2 * margin, margin, bandwidth },
    kernel: half.map((weight) => weight / total),
  };
}

/** Where a value is among the cells' middles; NaN: beyond them. */
function place({ start, step, size }: Padded, value: number): number {
  const at = (value - start) / step - 0.5;
  return at >= 0 && at < size - 1 ? at : Number.NaN;
}

function bandwidthOf(values: Float64Array, dim: number, { from, to, size }: GridAxis): number {
  const least = (leastCells * (to - from)) / size;
  const sorted = Array.from(values.filter(Number.isFinite).sort());
  if (sorted.length < 2) return least;
  const quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length);
  const spread = quartiles > 0 ? Math.min(deviation, quartiles) : deviation;
  const scott = narrower * spread * sorted.length ** (-1 / (dim + 4));
  return Math.max(least, Math.min(mostOfAxis * (to - from), scott));
}

/** Along an axis whose neighbours lie `stride` apart. */
function smooth(
  cells: Float64Array,
  size: number,
  stride: number,
  kernel: Float64Array,
): Float64Array<ArrayBuffer> {
  return Float64Array.from(cells, (_, i) => {
    const at = Math.floor(i / stride) % size;
    let sum = kernel[0] * cells[i];
    for (let k = 1; k < kernel.length; k++) {
      if (at >= k) sum += kernel[k] * cells[i - k * stride];
      if (at + k < size) sum += kernel[k] * cells[i + k * stride];
    }
    return sum;
  });
}
