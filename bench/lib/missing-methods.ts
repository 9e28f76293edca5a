// Ways to fill hidden cells in: logdet's, the column's median, and scikit-learn's imputers.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FitOptions, fit, impute, LogdetError, type Table } from "logdet";
import { type Filled, type Hidden, meanAndDeviation } from "./missing-cells.js";
import { readNpy, writeNpy } from "./npy.js";
import { runPeer } from "./peers.js";

/** The median of what is known of each column where rows are fitted; of categories the most frequent. */
export function byMedian({ fitted, incomplete }: Hidden): Filled {
  const columns = incomplete.columns.map(({ values, categories }, d) => {
    const known = fitted.columns[d].values.filter((value) => !Number.isNaN(value)).sort();
    const count = (k: number) => known.filter((code) => code === k).length;
    const counts = categories?.map((_, k) => count(k));
    const middle = (known[(known.length - 1) >> 1] + known[known.length >> 1]) / 2;
    const guess = counts ? counts.indexOf(Math.max(...counts)) : middle;
    return values.map((value) => (Number.isNaN(value) ? guess : value));
  });
  return { method: "median", columns, seconds: 0 };
}

/**
 * A fit with these options, by default as its user would have it, and `impute` as it is.
 *
 * @throws LogdetError "data" where the fit leaves out a column; as `fit` and `impute`
 */
export async function byLogdet({ fitted, incomplete }: Hidden, options: FitOptions): Promise<Filled> {
  const started = performance.now();
  const modelled = fitted.columns.some(({ values }) => values.some(Number.isNaN));
  const { model } = await fit(fitted, { ...options, ...(modelled && { missing: "model" }) });
  const dim = model.columns.length;
  if (dim !== incomplete.columns.length)
    throw new LogdetError("data", "the model left out a column that never varies");
  const rows = new Float64Array(incomplete.rows * dim);
  const places = model.columns.map(({ name }) =>
    incomplete.columns.findIndex((column) => column.name === name),
  );
  for (const [d, place] of places.entries())
    for (let i = 0; i < incomplete.rows; i++) rows[i * dim + d] = incomplete.columns[place].values[i];
  const { rows: completed } = await impute(model, rows, { seed: options.seed });
  await model.release();
  const columns = incomplete.columns.map((_, d) => {
    const place = places.indexOf(d);
    return Float64Array.from({ length: incomplete.rows }, (_, i) => completed[i * dim + place]);
  });
  return { method: "logdet", columns, seconds: (performance.now() - started) / 1000 };
}

/**
 * scikit-learn's imputers on standardised columns. Categories are indicators of all but the first: with one more they would
 * add up to 1, and a regression of one on the others would never leave its first guess.
 *
 * @throws LogdetError as `runPeer`
 */
export async function byPeers({ fitted, incomplete }: Hidden, seed: number): Promise<Filled[]> {
  const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
  const indicators = ({ columns }: Table) =>
    columns.flatMap(({ values, categories }) =>
      categories
        ? categories.slice(1).map((_, k) => values.map((c) => (Number.isNaN(c) ? c : Number(c === k + 1))))
        : [values],
    );
  const scales = indicators(fitted).map(meanAndDeviation);
  try {
    for (const [name, table] of Object.entries({ fitted, incomplete })) {
      const columns = indicators(table);
      const data = Float64Array.from({ length: table.rows * columns.length }, (_, i) => {
        const [row, d] = [Math.floor(i / columns.length), i % columns.length];
        return (columns[d][row] - scales[d].mean) / scales[d].deviation;
      });
      await writeNpy(join(folder, `${name}.npy`), { shape: [table.rows, columns.length], data });
    }
    const lines = await runPeer("sklearn_impute.py", [folder, "--seed", String(seed)]);
    const found: Filled[] = [];
    for (const { method, filled, seconds } of lines as {
      method: string;
      filled: string;
      seconds: number;
    }[]) {
      const { shape, data } = await readNpy(filled);
      const at = (row: number, d: number) => data[row * shape[1] + d] * scales[d].deviation + scales[d].mean;
      let next = 0;
      const columns = incomplete.columns.map(({ values, categories }) => {
        const first = next;
        next += categories ? categories.length - 1 : 1;
        return values.map((value, row) => {
          if (!Number.isNaN(value)) return value;
          if (!categories) return at(row, first);
          const others = categories.slice(1).map((_, k) => at(row, first + k));
          const slots = [1 - others.reduce((sum, slot) => sum + slot, 0), ...others];
          return slots.indexOf(Math.max(...slots));
        });
      });
      found.push({ method, columns, seconds });
    }
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}
