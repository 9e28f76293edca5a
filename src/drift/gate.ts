// InFlow's idea, with an honest protocol: couplings that let a window through only if a two-sample test lets it.

import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";
import type { Random } from "../random/index.js";
import { windowTests } from "./windows.js";

export interface GateOptions {
  /** Rows a window. The last window may not be full: its rows are not judged. */
  readonly window: number;
  /** The share of windows, at most, that are shut out although they come from the reference's distribution. */
  readonly alpha: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

export interface Gated {
  /** For each window: c, 1 where the test lets it through. */
  readonly gate: Uint8Array;
  readonly pValues: Float64Array;
  /** Mean log-density of each window's rows, in nats: with the gate, and without it. */
  readonly gated: Float64Array;
  readonly ungated: Float64Array;
}

/**
 * Kumar et al.'s InFlow multiplies scale and shift of every coupling by c ∈ {0, 1} from a two-sample test: what is out of
 * distribution passes as it is, with log-determinant 0, and meets the base density untransformed:
 *
 *   log p_c(x) = c log p(x) + (1 − c) log p_base(x̃),   x̃ the standardised row
 *
 * Here c = 1{p > α} with the p-value of the window's log-densities against those of reference rows that the model was not
 * fitted to: test rows are never among the reference, and a share α of unmoved windows is shut out at most.
 *
 * The published code decides for batches of 250, among which the reference's own, and has the wrong sign in the
 * log-determinant; neither is copied. What the gate adds to its own test: see docs/drift.md.
 *
 * @param model with one normal base, of columns of numbers
 * @param heldOut log-densities of reference rows that the model was not fitted to, nats
 * @param rows row-major [n, D], in order
 * @see Kumar et al., "InFlow: Robust outlier detection utilizing normalizing flows", 2021, §4
 */
export async function gatedLogProb(
  model: Model,
  heldOut: Float64Array,
  rows: Float64Array,
  { window, alpha, random, signal }: GateOptions,
): Promise<Gated> {
  if (model.columns.some(({ kind }) => kind === "categorical"))
    throw new LogdetError("usage", "the gate needs a model of columns of numbers");
  const logProb = await model.logProb(rows);
  const feature = { name: "log-density", reference: heldOut, current: logProb, weight: 1 };
  const { windows } = await windowTests([feature], { size: window, step: window, alpha, random, signal });
  const pValues = Float64Array.from(windows, (test) => test.pValues[0]);
  const gate = Uint8Array.from(pValues, (p) => (p > alpha ? 1 : 0));
  const meanOver = (values: Float64Array) =>
    Float64Array.from(
      windows,
      ({ from, to }) => values.subarray(from, to).reduce((a, b) => a + b, 0) / window,
    );
  const ungated = meanOver(logProb);
  const untransformed = meanOver(identityLogProb(model, rows));
  return {
    gate,
    pValues,
    ungated,
    gated: ungated.map((value, w) => (gate[w] === 1 ? value : untransformed[w])),
  };
}

/** Log-density of rows under the base alone: standard normal in standardised columns, nats per unit of the columns. */
function identityLogProb({ columns }: Model, rows: Float64Array): Float64Array {
  const dim = columns.length;
  return Float64Array.from({ length: rows.length / dim }, (_, i) => {
    let sum = 0;
    for (const [d, { center, scale }] of columns.entries())
      sum -= 0.5 * (((rows[i * dim + d] - center) / scale) ** 2 + Math.log(2 * Math.PI)) + Math.log(scale);
    return sum;
  });
}
