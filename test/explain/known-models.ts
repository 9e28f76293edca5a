// Models whose conditional densities are known in closed form, in float64: the truth that reasons are compared with.

import type { Explained } from "../../src/explain/index.js";
import type { ColumnConfig } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { determinant, inverseMatrix } from "../helpers/index.js";

export interface Gaussian extends Explained {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
  /** Λ, the inverse of the covariance. */
  readonly precision: readonly (readonly number[])[];
}

const flat = (rows: Parameters<Explained["logProb"]>[0]): Float64Array =>
  rows instanceof Float32Array || rows instanceof Float64Array
    ? Float64Array.from(rows)
    : Float64Array.from(rows.flat());

/** A normal density of several columns. */
export function gaussian(mean: readonly number[], covariance: readonly (readonly number[])[]): Gaussian {
  const dim = mean.length;
  const matrix = { shape: [dim, dim], data: Float64Array.from(covariance.flat()) };
  const inverse = inverseMatrix(matrix).data;
  const precision = mean.map((_, i) => mean.map((_, j) => inverse[i * dim + j]));
  const constant = -0.5 * (dim * Math.log(2 * Math.PI) + Math.log(determinant(matrix)));
  const root = cholesky(covariance);
  const pull = (x: Float64Array, i: number, d: number) =>
    precision[d].reduce((sum, weight, e) => sum + weight * (x[i + e] - mean[e]), 0);
  return {
    mean,
    covariance,
    precision,
    columns: mean.map((center, d) => {
      const scale = Math.sqrt(covariance[d][d]);
      const [minimum, maximum] = [center - 4 * scale, center + 4 * scale];
      return { name: `x${d + 1}`, kind: "continuous", center, scale, minimum, maximum };
    }),
    async logProb(rows) {
      const x = flat(rows);
      return Float64Array.from({ length: x.length / dim }, (_, i) => {
        let square = 0;
        for (let d = 0; d < dim; d++) square += (x[i * dim + d] - mean[d]) * pull(x, i * dim, d);
        return constant - square / 2;
      });
    },
    async scoreFunction(rows) {
      const x = flat(rows);
      return x.map((_, i) => -pull(x, i - (i % dim), i % dim));
    },
    async sample(n, { seed = 0 } = {}) {
      const z = new Random(seed).fillNormal(new Float64Array(n * dim));
      return z.map((_, i) => {
        const d = i % dim;
        return mean[d] + root[d].reduce((sum, weight, e) => sum + weight * z[i - d + e], 0);
      });
    },
  };
}

function cholesky(a: readonly (readonly number[])[]): number[][] {
  const root = a.map((row) => row.map(() => 0));
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j <= i; j++) {
      let rest = a[i][j];
      for (let k = 0; k < j; k++) rest -= root[i][k] * root[j][k];
      root[i][j] = i === j ? Math.sqrt(rest) : rest / root[j][j];
    }
  return root;
}

/** Three columns that depend on each other, in units that are far apart. */
export const correlated = () =>
  gaussian(
    [10, -3, 500],
    [
      [4, 1.2, 60],
      [1.2, 1, 10],
      [60, 10, 2500],
    ],
  );

/** P(colour, size): what the cells of the mixed model weigh. */
export const colours = ["red", "green", "blue"];
export const colourWeights = [0.6, 0.3, 0.1];
export const colourMeans = [0, 4, -4];
export const unseenLogProb = Math.log(1e-4);

/** A colour, and a number that is normal around a mean of the colour's own. */
export function mixedModel(): Explained {
  const categorical = { kind: "categorical", center: 0, scale: 1, minimum: 0, maximum: 2 } as const;
  const columns: ColumnConfig[] = [
    { name: "colour", categories: colours, ...categorical },
    { name: "size", kind: "continuous", center: 0.8, scale: 3, minimum: -7, maximum: 7 },
  ];
  const mean = (code: number) => colourMeans[code] ?? 0;
  return {
    columns,
    async logProb(rows) {
      const x = flat(rows);
      return Float64Array.from({ length: x.length / 2 }, (_, i) => {
        const [code, size] = [x[2 * i], x[2 * i + 1]];
        const weight = code < 3 ? Math.log(colourWeights[code]) : unseenLogProb;
        // A size that is missing is summed over.
        if (Number.isNaN(size)) return weight;
        return weight - (size - mean(code)) ** 2 / 2 - Math.log(2 * Math.PI) / 2;
      });
    },
    async scoreFunction(rows) {
      const x = flat(rows);
      return x.map((value, i) => (i % 2 === 0 || Number.isNaN(value) ? 0 : mean(x[i - 1]) - value));
    },
    async sample(n, { seed = 0 } = {}) {
      const random = new Random(seed);
      const rows = new Float64Array(2 * n);
      for (let i = 0; i < n; i++) {
        const u = random.uniform();
        const code = u < 0.6 ? 0 : u < 0.9 ? 1 : 2;
        rows.set([code, mean(code) + random.normal()], 2 * i);
      }
      return rows;
    },
  };
}
