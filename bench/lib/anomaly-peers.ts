// The detectors of scikit-learn on a split: rows out as files, scores in as files.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Detection } from "./anomaly-report.js";
import { type LabelledSplit, rowMajor } from "./labelled-tables.js";
import { readNpy, writeNpy } from "./npy.js";
import { runPeer } from "./peers.js";

/** The detectors of bench/peers/sklearn_anomaly.py, which says what their settings are. */
export const peerDetectors = [
  "isolation-forest",
  "local-outlier-factor",
  "nearest-neighbours",
  "one-class-svm",
  "elliptic-envelope",
  "gaussian-mixture",
] as const;

/**
 * Fits peers to the training rows, which they standardise themselves, and scores the test rows.
 *
 * @param detectors of `peerDetectors`
 * @throws LogdetError as `runPeer`
 */
export async function peerDetections(
  { train, test, same }: LabelledSplit,
  detectors: readonly string[],
  { seed, threads }: { seed: number; threads: number },
): Promise<Detection[]> {
  const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
  try {
    for (const [name, table] of Object.entries({ train, test }))
      await writeNpy(join(folder, `${name}.npy`), {
        shape: [table.rows, table.columns.length],
        data: rowMajor(table),
      });
    const args = ["--detectors", detectors.join(","), "--seed", String(seed), "--threads", String(threads)];
    const lines = await runPeer("sklearn_anomaly.py", [folder, ...args, ...(same ? ["--same"] : [])]);
    const found: Detection[] = [];
    for (const line of lines as (Omit<Detection, "scores"> & { scores: string | null })[])
      found.push({
        ...line,
        scores: line.scores === null ? null : Float64Array.from((await readNpy(line.scores)).data),
      });
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}
