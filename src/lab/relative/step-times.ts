// The time of a training step against the dimension, and the power law that it follows.

import { denseFlow } from "../../flows/index.js";
import { exact, type JacobianEstimator, relative } from "../../jacobian/index.js";
import { adam } from "../../optimizers/index.js";
import { Random } from "../../random/index.js";
import { TrainingStep } from "../../training/index.js";
import type { Figures, LabOptions } from "../lab.js";
import { slopeOf } from "../statistics.js";

export interface TimeRow extends Figures {
  readonly part: "time";
  readonly estimator: string;
  readonly dim: number;
  /** By the clock, the fastest of several steps: other work on the machine makes steps slow and none fast. */
  readonly milliseconds: number;
  /** Of processor time over all threads, the least of several steps: what other work hardly changes. */
  readonly processor: number;
}

/** As in the paper's figure: rows a step, and layers with smooth leaky ReLU between them. */
const batch = 100;
const layers = 2;
/** At least this many steps, and this many milliseconds, after one to warm up. */
const fewestSteps = 3;
const longEnough = { smoke: 200, other: 1000 };

/**
 * Times whole steps (forward, backward, Adam) of each estimator, on the net that it asks for, at every dimension. On one
 * thread whatever the options say: threads that wait for one another use processor time too.
 *
 * @param estimators default: `relative` and `exact`
 */
export async function stepTimes(
  dims: readonly number[],
  { seed, smoke, signal, onProgress }: LabOptions,
  estimators: readonly JacobianEstimator[] = [relative, exact],
): Promise<TimeRow[]> {
  const rows: TimeRow[] = [];
  for (const dim of dims)
    for (const estimator of estimators) {
      onProgress?.(`steps of ${estimator.name} at D = ${dim}`);
      const random = new Random(seed);
      const flow = denseFlow({
        dim,
        layers,
        activation: "smooth-leaky-relu",
        base: "normal",
        front: false,
        layer: estimator.layer,
        random,
      });
      const step = await TrainingStep.create(flow, { estimator, optimizer: adam(), threads: 1 });
      const x = random.fillNormal(new Float32Array(batch * dim));
      const [clock, processor]: number[][] = [[], []];
      const begin = performance.now();
      while (
        clock.length <= fewestSteps ||
        performance.now() - begin < longEnough[smoke ? "smoke" : "other"]
      ) {
        signal?.throwIfAborted();
        const [start, before] = [performance.now(), process.cpuUsage()];
        await step.gradient(x);
        await step.update(1e-4, clock.length + 1);
        const { user, system } = process.cpuUsage(before);
        clock.push(performance.now() - start);
        processor.push((user + system) / 1000);
      }
      await step.release();
      const least = (values: readonly number[]) => Math.min(...values.slice(1));
      rows.push({
        ...{ part: "time", estimator: estimator.name, dim },
        ...{ milliseconds: least(clock), processor: least(processor) },
      });
    }
  return rows;
}

/** The exponent p of the power law, processor time = c Dᵖ, of an estimator over some dimensions. */
export function exponent(rows: readonly TimeRow[], estimator: string, dims: readonly number[]): number {
  const used = rows.filter((row) => row.estimator === estimator && dims.includes(row.dim));
  return slopeOf(
    used.map(({ dim }) => Math.log(dim)),
    used.map(({ processor }) => Math.log(processor)),
  );
}

/** The larger half of the dimensions, where the powers show: of 64 … 1024, 256 and more. */
export function upperHalf(dims: readonly number[]): readonly number[] {
  return dims.slice(Math.floor((dims.length - 1) / 2));
}
