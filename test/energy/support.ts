// Flows with numbers away from their start, and gradients of single rows.

import { type Bijection, chain, leakyTanh, linear, sumOfTanh } from "../../src/bijections/index.js";
import type { Flow } from "../../src/flows/index.js";
import type { JacobianEstimator } from "../../src/jacobian/index.js";
import { adam } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { TrainingStep } from "../../src/training/index.js";

/** Dense layers with smooth curves between them: derivatives of every order. */
export function smoothNet(dim: number, seed: number): Bijection {
  const random = new Random(seed);
  return chain([
    linear({ dim, noise: 0.3, random: random.split("first") }),
    sumOfTanh({ dim, random: random.split("curve") }),
    linear({ dim, noise: 0.3, random: random.split("second") }),
    leakyTanh({ dim, beta: 0.5 }),
    linear({ dim, noise: 0.3, random: random.split("third") }),
  ]);
}

/** What an estimator gives for batches, in float64: the gradient by parameter name. */
export class Gradients {
  readonly step: TrainingStep;

  private constructor(step: TrainingStep) {
    this.step = step;
  }

  /** Biases are moved away from 0, so that terms with them count. */
  static async of(flow: Flow, estimator: JacobianEstimator): Promise<Gradients> {
    const step = await TrainingStep.create(flow, {
      estimator,
      optimizer: adam(),
      float: "float64",
      threads: 1,
    });
    const random = new Random(99);
    for (const [name, parameter] of Object.entries(flow.parameters))
      if (name.endsWith(".bias")) random.fillNormal(step.store.view(parameter), 0.5);
    return new Gradients(step);
  }

  async at(rows: Float64Array): Promise<Record<string, Float64Array>> {
    await this.step.gradient(rows);
    const { flow, store } = this.step;
    const trained = Object.entries(flow.parameters).filter(([, { trainable }]) => trainable);
    return Object.fromEntries(
      trained.map(([name, parameter]) => [name, Float64Array.from(store.view(parameter, "gradient"))]),
    );
  }

  /** The expectation over one coordinate with a smooth density, by the trapezoidal rule. */
  async mean(density: (x: number) => number, reach = 7, count = 71): Promise<Record<string, Float64Array>> {
    const total: Record<string, Float64Array> = {};
    const width = (2 * reach) / (count - 1);
    for (let i = 0; i < count; i++) {
      const x = -reach + i * width;
      for (const [name, values] of Object.entries(await this.at(Float64Array.of(x)))) {
        total[name] ??= new Float64Array(values.length);
        for (const [k, value] of values.entries()) total[name][k] += value * density(x) * width;
      }
    }
    return total;
  }
}

export const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
