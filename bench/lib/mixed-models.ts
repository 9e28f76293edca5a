// Log-densities of the rows of a split by logdet and by the peers, in nats and in the file's units.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FitOptions, fit, LogdetError, type TableColumn } from "logdet";
import type { MixedSplit } from "./mixed-tables.js";
import { readNpy, writeNpy } from "./npy.js";
import { runPeer } from "./peers.js";

/** What a model says of the rows to judge by. */
export interface MixedDensity {
  readonly model: string;
  /** One a row, nats. */
  readonly logProb: Float64Array;
  /** Wall clock of fitting and scoring. */
  readonly seconds: number;
  /** What the model became, where that was chosen. */
  readonly note: string | null;
}

/** The densities of bench/peers/sklearn_mixed.py, which says what they are. */
export const mixedPeers = ["gaussian", "mixtures-by-category", "one-mixture"] as const;

/**
 * A fit with these options, by default as its user would have it.
 *
 * @throws LogdetError as `fit`; "data" where the model left out a column that the peers get
 */
export async function ownDensity(
  { train, test }: MixedSplit,
  options: FitOptions = {},
): Promise<MixedDensity> {
  const started = performance.now();
  const { model } = await fit(train, options);
  const places = model.columns.map(({ name }) => train.columns.findIndex((column) => column.name === name));
  if (places.length < train.columns.length)
    throw new LogdetError("data", "a column that never varies has no density", {
      hint: "Leave it out of the table: models of different columns do not compare.",
    });
  const rows = test[0].length;
  const flat = new Float64Array(rows * places.length);
  for (const [d, place] of places.entries())
    for (let i = 0; i < rows; i++) flat[i * places.length + d] = test[place][i];
  const logProb = await model.logProb(flat);
  await model.release();
  return { model: "logdet", logProb, seconds: (performance.now() - started) / 1000, note: null };
}

/** @throws LogdetError as `runPeer` */
export async function peerDensities(
  { train, test, steps }: MixedSplit,
  models: readonly string[],
  { seed, threads }: { seed: number; threads: number },
): Promise<MixedDensity[]> {
  const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
  const isNumber = (column: TableColumn) => column.categories === undefined;
  const matrix = async (name: string, wanted: boolean, columns: readonly Float64Array[]) => {
    const chosen = columns.filter((_, d) => isNumber(train.columns[d]) === wanted);
    const [rows, dim] = [chosen[0].length, chosen.length];
    const data = Float64Array.from({ length: rows * dim }, (_, i) => chosen[i % dim][Math.floor(i / dim)]);
    await writeNpy(join(folder, `${name}.npy`), { shape: [rows, dim], data });
  };
  try {
    const fitted = train.columns.map(({ values }) => values);
    await matrix("train-numbers", true, fitted);
    await matrix("train-codes", false, fitted);
    await matrix("test-numbers", true, test);
    await matrix("test-codes", false, test);
    const widths = steps.filter((_, d) => isNumber(train.columns[d]));
    await writeNpy(join(folder, "steps.npy"), { shape: [widths.length], data: widths });
    const args = ["--models", models.join(","), "--seed", String(seed), "--threads", String(threads)];
    const lines = await runPeer("sklearn_mixed.py", [folder, ...args]);
    const found: MixedDensity[] = [];
    for (const line of lines as (Omit<MixedDensity, "logProb"> & { logProb: string })[])
      found.push({ ...line, logProb: Float64Array.from((await readNpy(line.logProb)).data) });
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}
