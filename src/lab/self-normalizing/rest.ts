// Whether training comes to rest at the likelihood's optimum: one column of normal rows, where it is known.

import { selfNormalizingLinear } from "../../bijections/index.js";
import { normal } from "../../distributions/index.js";
import { Flow } from "../../flows/index.js";
import { selfNormalizing } from "../../jacobian/index.js";
import { constantRate, descent } from "../../optimizers/index.js";
import { Random } from "../../random/index.js";
import type { Figures, LabOptions } from "../lab.js";
import { train } from "../relative/training.js";

/** Where training goes that starts 1 % off the optimum. */
export interface RestRow extends Figures {
  readonly part: "rest";
  /** λ s², the penalty's weight in units of one over the column's variance. */
  readonly weightTimesVariance: number;
  /** How many nats short of the optimum it ends; null if it diverged. */
  readonly short: number | null;
  /** Whether the optimum should hold it. */
  readonly stable: boolean;
}

/**
 * λ s² above which the optimum w = 1/s, r = s holds what comes near, s² the variance along a direction of what goes
 * into the layer. The halves alone move away from it: near it, with w and r as shares of theirs off it, the flow of the
 * gradient is
 *
 *   dw/dt = −s² [½ (w − r) + 2λs² (w + r)],   dr/dt = w / s² − 2λ (w + r)
 *
 * whose trace is negative and whose determinant, 4λs² − ½, is positive beyond λ s² = 1/8 alone.
 */
export const leastWeightTimesVariance = 1 / 8;

const deviation = 0.5;

/** Plain descent on every row, at weights below and above the least one. */
export async function rest({ threads, signal, onProgress }: LabOptions): Promise<RestRow[]> {
  onProgress?.("one column of normal rows");
  // The deviation of these rows is the one stated, to the last digit; a normal base asks for no more than that.
  const column = Float32Array.of(-deviation, deviation);
  const optimum = -0.5 * (1 + Math.log(2 * Math.PI)) - Math.log(deviation);
  const rows: RestRow[] = [];
  for (const weightTimesVariance of [1 / 32, 1 / 16, 1 / 4, 1]) {
    const layer = selfNormalizingLinear({ dim: 1 });
    const { held } = await train({
      flow: new Flow(layer, normal({ dim: 1 })),
      rows: { dim: 1, train: column, held: column },
      estimator: selfNormalizing({ weight: weightTimesVariance / deviation ** 2 }),
      optimizer: descent(),
      schedule: constantRate(),
      ...{ learningRate: 0.02, steps: 4000, batch: 2, random: new Random(0), threads, signal },
      start: (store) => {
        store.view(layer.parameters.weight)[0] = 1.01 / deviation;
        store.view(layer.parameters.learnedInverse)[0] = deviation / 1.01;
      },
    });
    rows.push({
      part: "rest",
      weightTimesVariance,
      short: Number.isFinite(held) ? optimum - held : null,
      stable: weightTimesVariance > leastWeightTimesVariance,
    });
  }
  return rows;
}
