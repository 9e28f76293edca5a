// Which method finds the columns that were spoiled: reasons put to the test on planted anomalies.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { drawBackground } from "./background.js";
import { methodNamed, rankColumns } from "./explain.js";
import type { Explained } from "./method.js";
import { type Planted, type PlantingName, plant, plantingNames } from "./plant.js";
import { type ExplanationMethodName, explanationMethodNames } from "./table.js";

export interface AuditOptions {
  /** Which methods to try. Default: all. */
  readonly methods?: readonly ExplanationMethodName[];
  /** Anomalies to plant of each kind. Default: 50. */
  readonly plants?: number;
  /** The k of hits among the first k. Default: 3. */
  readonly top?: number;
  readonly seed?: number;
  /** As in `explain`. */
  readonly background?: number;
  readonly alpha?: number;
  /** Once aborted, the methods that are done come back. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** How often a method was right. */
export interface HitRates {
  /** Share of rows whose first column is one of those spoiled. */
  readonly first: number;
  /** Share of the spoiled columns that are among the first k. */
  readonly amongTop: number;
}

/** How well one method did; means are over the kinds of anomalies. */
export interface AuditedMethod extends HitRates {
  readonly method: ExplanationMethodName;
  readonly kinds: Readonly<Partial<Record<PlantingName, HitRates>>>;
  /** Seconds a thousand rows. */
  readonly secondsPerThousand: number;
}

/** Rows explained between two looks at the signal. */
const batchRows = 50;

/**
 * Plants anomalies in normal rows and asks every method which columns they are in.
 *
 * rows: row-major [n · D], normal ones. Same seed, same anomalies for every method. A method that ranks columns by chance
 * has `first` 1/D of one spoiled column and `amongTop` k/D.
 *
 * @returns the best `first` first
 * @throws LogdetError "usage" if there is no such method; "shape" if there are no complete rows.
 * @example const [winner] = await auditExplanations(model, await model.sample(1000))
 */
export async function auditExplanations(
  model: Explained,
  rows: Float64Array,
  options: AuditOptions = {},
): Promise<AuditedMethod[]> {
  const { methods = explanationMethodNames, plants = 50, top = 3, seed = 0 } = options;
  const { background = 256, alpha = 0.05, signal, onProgress } = options;
  for (const method of methods) methodNamed(method);
  const { columns } = model;
  const random = new Random(seed);
  const planted = plantingNames.flatMap((kind) => {
    const some = plant(kind, plants, { columns, rows, random: random.split(kind) });
    return some ? [{ kind, ...some }] : [];
  });
  if (planted.length === 0)
    throw new LogdetError("shape", "there are no rows to plant anomalies in: every one misses a value");
  const drawn = await drawBackground(model, background, seed);
  const audited: AuditedMethod[] = [];
  let done = 0;
  for (const method of methods) {
    const kinds: Partial<Record<PlantingName, HitRates>> = {};
    const from = performance.now();
    for (const { kind, ...some } of planted) {
      const ranks: number[][] = [];
      for (let start = 0; start < plants; start += batchRows) {
        if (signal?.aborted) return sorted(audited);
        const part = some.rows.subarray(start * columns.length, (start + batchRows) * columns.length);
        const logProb = await model.logProb(part);
        const question = { model, rows: part, logProb, background: drawn, alpha, random };
        const { nats } = await methodNamed(method).attribute(question);
        for (let i = 0; i < nats.length; i += columns.length)
          ranks.push(rankColumns(nats.subarray(i, i + columns.length)));
        done += logProb.length;
        onProgress?.(done, methods.length * planted.length * plants);
      }
      kinds[kind] = hitRates(some, ranks, top);
    }
    const all = Object.values(kinds);
    const mean = (of: (rates: HitRates) => number) =>
      all.reduce((sum, rates) => sum + of(rates), 0) / all.length;
    const secondsPerThousand = (performance.now() - from) / (planted.length * plants);
    audited.push({
      method,
      first: mean(({ first }) => first),
      amongTop: mean(({ amongTop }) => amongTop),
      kinds,
      secondsPerThousand,
    });
  }
  return sorted(audited);
}

const sorted = (audited: AuditedMethod[]) =>
  audited.sort((a, b) => b.first - a.first || b.amongTop - a.amongTop);

function hitRates({ columns }: Planted, ranks: readonly number[][], top: number): HitRates {
  const mean = (of: (spoiled: readonly number[], ranked: readonly number[]) => number) =>
    columns.reduce((sum, spoiled, i) => sum + of(spoiled, ranks[i]), 0) / columns.length;
  return {
    first: mean((spoiled, [first]) => (spoiled.includes(first) ? 1 : 0)),
    amongTop: mean(
      (spoiled, ranked) => spoiled.filter((d) => ranked.indexOf(d) < top).length / spoiled.length,
    ),
  };
}
