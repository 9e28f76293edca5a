// A table's rows in a folder, as the Python peers read them.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random, splitRows, standardizedRows } from "logdet";
import { writeNpy } from "./npy.js";
import type { BenchTable } from "./tables.js";

/** How rows are split, and what dequantises them. */
export interface PeerSplit {
  /** Row indices, ascending. */
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly noise: Random;
}

/** The split of the density benchmark: a ninth of the rows to validate on. */
export function densitySplit(rows: number, seed: number): PeerSplit {
  return { ...splitRows(rows, 1 / 9, new Random(seed)), noise: new Random(seed + 1) };
}

/** The split that `fit` makes with this seed and no calibration rows, so that validation likelihoods can be compared. */
export function fitSplit(rows: number, seed: number): PeerSplit {
  const random = new Random(seed);
  return {
    ...splitRows(rows, Math.min(0.15, 10_000 / rows), random.split("split")),
    noise: random.split("evaluation"),
  };
}

/**
 * Writes standardised rows to a folder of its own, lets `work` use it, and removes it:
 *
 *   train, validation, test [rows, D]   dequantised once, float64
 *   centres [rows, D], widths [D]       the training rows at the middles of their cells and the cells' widths, 0 for
 *                                       continuous columns: a peer can draw fresh noise as logdet does
 *
 * @example await withPeerRows(table, densitySplit(table.fit.rows, 1), (folder) => runPeer("torch_flows.py", [folder]))
 */
export async function withPeerRows<T>(
  { fit, columns, test }: BenchTable,
  { train, validation, noise }: PeerSplit,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
  const dim = columns.length;
  const widths = columns.map(({ quantum = 0, scale }) => quantum / scale);
  const files: Readonly<Record<string, Float32Array>> = {
    // Validation first: its noise is then that of `fit` for `fitSplit`.
    validation: standardizedRows(fit, columns, validation, noise),
    train: standardizedRows(fit, columns, train, noise),
    centres: standardizedRows(fit, columns, train),
    test,
  };
  try {
    for (const [name, data] of Object.entries(files))
      await writeNpy(join(folder, `${name}.npy`), {
        shape: [data.length / dim, dim],
        data: Float64Array.from(data),
      });
    await writeNpy(join(folder, "widths.npy"), { shape: [dim], data: Float64Array.from(widths) });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
