// Ways to tell which columns moved, each asked the same question: which, at a level?

import {
  fit,
  flowFeatureShift,
  gaussianFeatureShift,
  holm,
  kolmogorovSmirnov,
  LogdetError,
  pointsOf,
  Random,
  type Samples,
  samplesOf,
  tableFromColumns,
} from "logdet";
import type { Planted } from "./shift-planted.js";

export interface Localisation {
  readonly method: string;
  /** Places of the columns that it says have moved. */
  readonly named: readonly number[];
  /** All columns, the most conspicuous first. */
  readonly order: readonly number[];
  readonly seconds: number;
  readonly note: string | null;
}

export interface LocaliseOptions {
  readonly level: number;
  readonly permutations: number;
  readonly seed: number;
}

type Found = Pick<Localisation, "named" | "order">;

/**
 * ks: Kolmogorov and Smirnov's test of each column, Holm over the columns. gaussian: the score-based statistic with
 * Gaussian densities of standardised values, one threshold for all, as published but for the permutations. ranks: the same
 * of normal scores. gaussian-steps, ranks-steps: the columns found one after the other. flow: with flows of one map.
 */
export const shiftMethods = ["ks", "gaussian", "ranks", "gaussian-steps", "ranks-steps", "flow"] as const;
export type ShiftMethod = (typeof shiftMethods)[number];

/** Rows of either sample that the score-based statistics see: as in `logdet shift`. */
const mostRows = 2000;
const mostJacobian = 1.6e7;
/** Flows of wider tables take many minutes a case. */
const widestFlow = 64;

/** Asks a method. A flow that cannot be fitted names nothing, and the note says why. */
export async function localise(
  { reference, current }: Planted,
  method: ShiftMethod,
  options: LocaliseOptions,
): Promise<Localisation> {
  const started = performance.now();
  // Places among all columns: constants are none of the samples'.
  const samples = samplesOf(reference, current);
  const place = samples.columns.map(({ name }) =>
    reference.columns.findIndex((column) => column.name === name),
  );
  const done = ({ named, order }: Found, note: string | null = null): Localisation => ({
    ...{ method, named: named.map((j) => place[j]), order: order.map((j) => place[j]) },
    ...{ seconds: (performance.now() - started) / 1000, note },
  });
  try {
    return done(await askedFor[method](samples, options));
  } catch (error) {
    if (!(error instanceof LogdetError) || method !== "flow") throw error;
    return done({ named: [], order: [] }, `failed: ${error.message}`);
  }
}

const askedFor: Record<ShiftMethod, (samples: Samples, options: LocaliseOptions) => Promise<Found>> = {
  ks: async ({ columns }, { level }) => {
    const pValues = columns.map(({ reference, current }) => kolmogorovSmirnov(reference, current).pValue);
    const adjusted = holm(pValues);
    return {
      named: [...columns.keys()].filter((j) => adjusted[j] <= level),
      order: [...columns.keys()].sort((a, b) => pValues[a] - pValues[b]),
    };
  },
  gaussian: (samples, options) => byScores(samples, "units", false, options),
  ranks: (samples, options) => byScores(samples, "ranks", false, options),
  "gaussian-steps": (samples, options) => byScores(samples, "units", true, options),
  "ranks-steps": (samples, options) => byScores(samples, "ranks", true, options),
  flow: byFlow,
};

async function byScores(
  samples: Samples,
  scaling: "ranks" | "units",
  steps: boolean,
  options: LocaliseOptions,
): Promise<Found> {
  const points = pointsOf(samples, ...firstRows(samples, mostRows), scaling);
  const { columns } = await gaussianFeatureShift(points, settings(samples, options));
  return {
    named: [...columns.keys()].filter((j) =>
      steps ? columns[j].moved : columns[j].statistic > columns[j].threshold,
    ),
    order: [...columns.keys()].sort(
      (a, b) =>
        (steps ? (columns[a].step ?? Infinity) - (columns[b].step ?? Infinity) || 0 : 0) ||
        columns[b].standardized - columns[a].standardized,
    ),
  };
}

async function byFlow(samples: Samples, options: LocaliseOptions): Promise<Found> {
  const dim = samples.columns.length;
  if (dim > widestFlow)
    throw new LogdetError("usage", `${dim} columns: Jacobians of more than ${widestFlow} take too long`);
  const [a, b] = firstRows(samples, Math.min(mostRows, Math.floor(mostJacobian / (2 * dim * dim))));
  const pooled = samples.columns.map(({ name, reference, current }) => ({
    name,
    values: Float64Array.from([...Array.from(a, (i) => reference[i]), ...Array.from(b, (i) => current[i])]),
  }));
  const order = new Random(options.seed).split("order").permutation(a.length + b.length);
  const mixed = tableFromColumns(
    pooled.map(({ name, values }) => ({ name, values: Float64Array.from(order, (i) => values[i]) })),
  );
  const fitting = { search: false, calibration: 0, base: "normal", seed: options.seed };
  const { model } = await fit(mixed, fitting).catch((error) => {
    if (!(error instanceof LogdetError) || !error.hint?.includes("--jitter")) throw error;
    return fit(mixed, { ...fitting, jitter: 0.01 });
  });
  const columnOf = Uint32Array.from(model.columns, ({ name }) =>
    pooled.findIndex((column) => column.name === name),
  );
  const rows = Float64Array.from(
    { length: (a.length + b.length) * columnOf.length },
    (_, i) => pooled[columnOf[i % columnOf.length]].values[Math.floor(i / columnOf.length)],
  );
  const { columns } = await flowFeatureShift(model, rows, a.length, columnOf, settings(samples, options));
  await model.release();
  return {
    named: [...columns.keys()].filter((j) => columns[j].moved),
    order: [...columns.keys()].sort((x, y) => columns[y].standardized - columns[x].standardized),
  };
}

const settings = (samples: Samples, { level, permutations, seed }: LocaliseOptions) => ({
  ...{ level, columns: samples.columns.length, permutations: { count: permutations, scale: 100 } },
  random: new Random(seed).split("labels"),
});

/** The samples' rows are in random order already. */
function firstRows({ referenceRows, currentRows }: Samples, most: number): [Uint32Array, Uint32Array] {
  const upTo = (rows: number) => Uint32Array.from({ length: Math.min(rows, most) }, (_, i) => i);
  return [upTo(referenceRows), upTo(currentRows)];
}
