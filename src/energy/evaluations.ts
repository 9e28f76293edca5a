// Looks at a flow while it is fitted: estimates for whoever listens, and the numbers that samples held out like best.

import type { Random } from "../random/index.js";
import type { FloatArray } from "../runtime/index.js";
import type { EnergyField } from "./energy-field.js";
import { type FittedEnergy, requireRows } from "./fitted-energy.js";
import { forwardEss } from "./importance.js";
import type { EnergyFitEvent } from "./options.js";
import type { Settings } from "./settings.js";

/** Samples of the target that are only looked at. */
interface HeldOut {
  readonly rows: FloatArray;
  /** Their energies, which do not change. */
  readonly energies: Float64Array;
}

/** The evaluations of one fit. */
export class Evaluations {
  readonly #fitted: FittedEnergy;
  readonly #settings: Settings;
  readonly #random: Random;
  readonly #heldOut: HeldOut | undefined;
  #best: { nll: number; values: FloatArray } | undefined;

  private constructor(fitted: FittedEnergy, settings: Settings, random: Random, heldOut?: HeldOut) {
    this.#fitted = fitted;
    this.#settings = settings;
    this.#random = random;
    this.#heldOut = heldOut;
  }

  static async create(
    fitted: FittedEnergy,
    field: EnergyField,
    settings: Settings,
    random: Random,
  ): Promise<Evaluations> {
    const rows = settings.validation;
    if (!rows) return new Evaluations(fitted, settings, random);
    requireRows(rows, field.dim, "validation sample");
    const { values } = await field.evaluate(rows, "validation sample");
    return new Evaluations(fitted, settings, random, { rows, energies: values });
  }

  /** What is to be done after a step, if anything. */
  async after(step: number): Promise<void> {
    const { steps, evaluateEvery, evaluationRows, samples, onEvent } = this.#settings;
    if (step % evaluateEvery !== 0 && step !== steps) return;
    if (!onEvent && !(samples && this.#heldOut)) return;
    const seen = this.#heldOut && (await this.#look(this.#heldOut));
    if (seen && samples && seen.validationNll < (this.#best?.nll ?? Number.POSITIVE_INFINITY))
      this.#best = { nll: seen.validationNll, values: this.#fitted.parameters.values.slice() };
    if (!onEvent) return;
    const estimate = await this.#fitted.estimate(evaluationRows, this.#random.split(`evaluation ${step}`));
    const event: EnergyFitEvent = { type: "evaluation", step, steps, ...seen, ...estimate };
    onEvent(event, this.#fitted);
  }

  /** Puts the best numbers into the flow, where there are samples that tell. */
  keepBest(): void {
    if (this.#best) this.#fitted.parameters.values.set(this.#best.values);
  }

  async #look({ rows, energies }: HeldOut) {
    const logProb = await this.#fitted.logProb(rows);
    const logWeights = logProb.map((value, i) => -energies[i] - value);
    const validationNll = -logProb.reduce((total, value) => total + value, 0) / logProb.length;
    return { validationNll, forwardEss: forwardEss(logWeights) };
  }
}
