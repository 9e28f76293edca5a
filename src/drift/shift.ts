// Is the new data from the distribution of the reference, and if not, which columns moved?

import type { Table } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { breathe } from "../runtime/breathe.js";
import { andersonDarlingTest } from "./anderson-darling.js";
import { type Change, changeOf } from "./change-words.js";
import { columnTest } from "./column-test.js";
import { pointsOf } from "./coordinates.js";
import { fitQuickly, modelRows, tableOf } from "./density.js";
import { type FeatureShift, gaussianFeatureShift } from "./feature-shift.js";
import { flowFeatureShift } from "./flow-feature-shift.js";
import { densityOf } from "./held-out-density.js";
import type { MarginalTest } from "./marginal-tests.js";
import { mmdTest } from "./mmd.js";
import { holm } from "./multiple-tests.js";
import type { PermutationOptions } from "./permutations.js";
import { type Samples, samplesOf } from "./samples.js";
import { slicedEnergyTest } from "./sliced-energy.js";
import {
  decided,
  type Found,
  permutationsOf,
  type ScoreDensity,
  type Shift,
  type ShiftedColumn,
  type ShiftOptions,
  teller,
} from "./verdict.js";

/** Rows beyond these make the tests slower, not much sharper. */
const mostSliced = 5000;
const mostKernel = 500;
const mostScoreRows = 2000;
/** Numbers in the Jacobians of a flow at all rows. */
const mostJacobian = 1.6e7;
/** Tests that share the level. */
const testCount = 5;

/**
 * Is the new data from the reference's distribution? Five tests whose p-values Holm adjusts, so that the verdict "drift"
 * is false with probability α at most, if rows are independent of each other:
 *
 * - `log-density`: a flow is fitted to half of the reference; log-densities of the other half and of the new rows are
 *   compared (Anderson and Darling);
 * - `sliced-energy` and `mmd`: the rows themselves are, see slicedEnergyTest and mmdTest;
 * - `scores`: whether any column stands out by the score-based statistic, see gaussianFeatureShift;
 * - `margins`: whether any column does by itself (Kolmogorov and Smirnov; G-test; Fisher for missing cells), adjusted by
 *   Holm.
 *
 * The first four are by permutation and exact; the last is by limit distributions. Columns are said to have moved only
 * where there is drift: α/2 by the scores, α/2 by the margins. That a cell is missing, NaN, is a value like others: in
 * tables that were read with `missing: "cells"` no row is left out, and a column that begins to miss cells has moved.
 *
 * Cost: seconds for the fit (3,000 to 12,000 steps of one net), seconds for the permutations. Large tables are thinned at
 * random: 20,000 rows for the fit, 5,000 of either sample for log-densities and slices, 500 for MMD, 2,000 for scores.
 *
 * @throws LogdetError "data" if the tables do not fit together or are too small, "usage" if the permutations are too few
 * for α, "interrupted"
 * @see docs/drift.md
 * @example
 * const { drift, columns } = await detectShift(await readTable(["march.csv"]), await readTable(["april.csv"]))
 */
export async function detectShift(
  reference: Table,
  current: Table,
  options: ShiftOptions = {},
): Promise<Shift> {
  const started = performance.now();
  const { alpha = 0.05, scores = "ranks", seed = 0, signal } = options;
  const permutations = permutationsOf(options, testCount);
  const samples = samplesOf(reference, current);
  const random = new Random(seed).split("drift");
  const permuting = (name: string): PermutationOptions => ({
    permutations,
    random: random.split(name),
    signal,
  });
  const tell = teller(options);
  const notices = [...samples.notices];
  const found: Found[] = [];

  const { model, logProb, notices: ofFit } = await densityOf(samples, options, random.split("density"));
  notices.push(...ofFit);
  await model.release();
  tell("log-densities", 2);
  found.push({
    name: "log-density",
    summary: `log-${model.numericDim > 0 ? "densities under a flow" : "probabilities under latent classes"} fitted to other reference rows`,
    ...(await andersonDarlingTest(logProb.reference, logProb.current, permuting("log-density"))),
    rows: [logProb.reference.length, logProb.current.length],
  });

  tell("sliced energy distance", 3);
  const sliced = some(samples, mostSliced, random.split("sliced rows"));
  const slices = pointsOf(samples, ...sliced);
  const energy = await slicedEnergyTest(slices.values, slices.dim, slices.first, permuting("sliced-energy"));
  found.push({
    name: "sliced-energy",
    summary: "the rows' shadows on 64 random lines",
    ...energy,
    statistic: energy.parts[0],
    rows: counts(sliced),
  });

  tell("maximum mean discrepancy", 4);
  const near = some(samples, mostKernel, random.split("kernel rows"));
  const kernel = pointsOf(samples, ...near);
  found.push({
    name: "mmd",
    summary: "distances between rows, at the scale where the samples differ most",
    ...(await mmdTest(kernel.values, kernel.dim, kernel.first, permuting("mmd"))),
    rows: counts(near),
  });

  tell("score functions", 5);
  const features = await featureShift(samples, scores, options, { ...permuting("scores"), level: alpha / 2 });
  notices.push(...features.notices);
  const largest = Math.max(...features.shift.columns.map(({ standardized }) => standardized));
  found.push({
    name: "scores",
    summary: "the column that stands out most by its scores",
    statistic: largest,
    pValue: features.shift.pValue,
    rows: features.rows,
  });

  tell("margins", 6);
  const margins: MarginalTest[] = [];
  for (const column of samples.columns) {
    // A column of 300,000 rows takes a good part of a second.
    await breathe();
    margins.push(columnTest(column));
  }
  const adjusted = holm(margins.map(({ pValue }) => pValue));
  const sharpest = adjusted.indexOf(Math.min(...adjusted));
  found.push({
    name: "margins",
    summary: `the column that stands out most by itself, ${samples.columns[sharpest].name}`,
    statistic: margins[sharpest].statistic,
    pValue: adjusted[sharpest],
    rows: [samples.referenceRows, samples.currentRows],
  });

  const tests = decided(found, alpha);
  const drift = tests.some(({ rejected }) => rejected);
  const columns = samples.columns.map((column, j): ShiftedColumn => {
    const own = features.shift.columns[j];
    const marginal = adjusted[j] <= alpha / 2;
    const change = changeOf(column);
    const judged = { ...own, marginal, drift, marginalPValue: margins[j].pValue };
    return {
      name: column.name,
      moved: drift && (own.moved || marginal),
      statistic: own.statistic,
      threshold: own.threshold,
      step: own.step,
      marginalPValue: margins[j].pValue,
      marginalAdjusted: adjusted[j],
      change,
      words: wordsOf(judged, change),
    };
  });
  const conspicuous = (j: number) => features.shift.columns[j].standardized;
  const order = [...columns.keys()].sort(
    (a, b) =>
      Number(columns[b].moved) - Number(columns[a].moved) ||
      (columns[a].step ?? Infinity) - (columns[b].step ?? Infinity) ||
      conspicuous(b) - conspicuous(a),
  );
  return {
    drift,
    alpha,
    referenceRows: samples.referenceRows,
    currentRows: samples.currentRows,
    permutations: permutations.count,
    tests,
    columns: order.map((j) => columns[j]),
    seconds: (performance.now() - started) / 1000,
    notices,
  };
}

type Chosen = [reference: Uint32Array, current: Uint32Array];

/** At most so many rows of either sample, at random. */
function some({ referenceRows, currentRows }: Samples, most: number, random: Random): Chosen {
  return [referenceRows, currentRows].map((rows, i) =>
    random.split(`sample ${i}`).permutation(rows).slice(0, most),
  ) as Chosen;
}

const counts = ([reference, current]: Chosen): [number, number] => [reference.length, current.length];

async function featureShift(
  samples: Samples,
  scores: ScoreDensity,
  { seed = 0, threads, signal, fit: options }: ShiftOptions,
  permuting: PermutationOptions & { level: number },
): Promise<{ shift: FeatureShift; rows: [number, number]; notices: readonly string[] }> {
  const columns = samples.columns.length;
  const random = permuting.random.split("rows");
  if (scores !== "flow") {
    const chosen = some(samples, mostScoreRows, random);
    const points = pointsOf(samples, ...chosen, scores === "ranks" ? "ranks" : "units");
    const shift = await gaussianFeatureShift(points, { ...permuting, columns });
    return { shift, rows: counts(chosen), notices: [] };
  }
  const numbers = samples.columns.flatMap((column, j) => (column.categories ? [] : [{ column, j }]));
  if (numbers.length === 0)
    throw new LogdetError("usage", "flows are fitted to columns of numbers, and there are none", {
      hint: "Leave out --scores flow: Gaussians of ranks take categories, too.",
    });
  if (
    numbers.some(({ column: { reference, current } }) =>
      [reference, current].some((x) => x.some(Number.isNaN)),
    )
  )
    throw new LogdetError("usage", "flows' scores are those of complete rows, and values are missing", {
      hint: "Leave out --scores flow: Gaussians of ranks take missing cells, too; or leave out the rows: --missing drop.",
    });
  const most = Math.min(mostScoreRows, Math.floor(mostJacobian / (2 * numbers.length ** 2)));
  const chosen = some(samples, most, random);
  const pooled = numbers.map(({ column: { name, reference, current } }) => ({
    name,
    values: Float64Array.from([
      ...Array.from(chosen[0], (row) => reference[row]),
      ...Array.from(chosen[1], (row) => current[row]),
    ]),
  }));
  const every = Uint32Array.from({ length: pooled[0].values.length }, (_, i) => i);
  // The fit must not see labels, the order of rows among them.
  const mixed = tableOf(pooled, random.split("order").permutation(every.length));
  const { model, notices } = await fitQuickly(mixed, {
    options: { ...options, base: "normal" },
    ...{ seed, threads, signal },
  });
  const columnOf = Uint32Array.from(
    model.columns,
    ({ name }) => numbers[numbers.findIndex(({ column }) => column.name === name)].j,
  );
  const shift = await flowFeatureShift(model, modelRows(model, pooled, every), chosen[0].length, columnOf, {
    ...permuting,
    columns,
  });
  await model.release();
  const unseen = samples.columns.length - numbers.length;
  return {
    shift,
    rows: counts(chosen),
    notices: [
      ...notices,
      ...(unseen > 0 ? ["Flows are fitted to columns of numbers: categories have no scores here."] : []),
    ],
  };
}

function wordsOf(
  {
    moved,
    marginal,
    drift,
    statistic,
    threshold,
  }: { moved: boolean; marginal: boolean; drift: boolean; statistic: number; threshold: number },
  { words }: Change,
): string {
  if (!drift) return words;
  if (marginal) return words;
  if (moved) return `depends on the others in another way; ${words}`;
  return statistic > threshold ? `follows from the columns above; ${words}` : words;
}
