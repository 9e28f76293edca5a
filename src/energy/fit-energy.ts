// Fitting a flow to a density known by its energy: the loop, for either direction.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { TrainingStep } from "../training/index.js";
import { type Direction, fromBase, fromSamples, type Inputs } from "./directions.js";
import type { Energy } from "./energy.js";
import { EnergyField } from "./energy-field.js";
import { Evaluations } from "./evaluations.js";
import { FittedEnergy } from "./fitted-energy.js";
import type { Annealing, EnergyFitOptions } from "./options.js";
import { pathGradients } from "./path-gradients.js";
import { type Settings, settle } from "./settings.js";

/** Steps between two progress events. */
const reportEvery = 20;

/**
 * Fits a flow q to a density p(x) = exp(−energy(x)) / Z.
 *
 * Without samples, by the reverse divergence: q's own draws x = f(z), z standard normal, are moved along the gradient of
 *
 *   KL(q ‖ p) = E_z[energy(f(z)) − log|det J_f(z)|] + E log p_base(z) + log Z.
 *
 * This is a likelihood with the target in the place of the base, so f, from latent to data, is trained like any flow:
 * by relative gradients, in the Lie algebra. With samples of the target, by maximum likelihood, the forward divergence,
 * with f from data to latent. Both take path gradients: draws on one end, whose score is known (−z; −∇energy at the
 * samples), are followed to the other end. In maximum likelihood that brings in the energy's gradient at every sample.
 *
 * Reverse fits seek modes: what q does not visit is not missed, and the estimates do not tell. Say how far
 * the target reaches (`scale`), anneal, compare seeds, and where there are samples look at `forwardEss`.
 *
 * Cost a step: one of the flow's training and about as much again for the path, and `batch` evaluations of the energy
 * (with samples: one for each sample, once).
 *
 * @throws LogdetError "usage" for options that do not fit together, "numeric" that names the first point at which the
 * energy is not finite, "training" if the flow's numbers explode, "interrupted" if the signal is aborted
 * @see Vaitl, Winkler, Richter and Kessel, "Fast and unified path gradient estimators for normalizing flows", ICLR 2024
 * @example
 * const fitted = await fitEnergy({ dim: 2, formula: (x) => sum(pow(sub(mul(x, x), 1), 2), 1) })
 * const { freeEnergy, ess } = await fitted.estimate()
 */
export async function fitEnergy(energy: Energy, options: EnergyFitOptions = {}): Promise<FittedEnergy> {
  const settings = settle(options);
  const field = await EnergyField.create(energy);
  const random = new Random(options.seed ?? 0);
  const start = random.split("flow");
  const direction = options.samples
    ? await fromSamples(field, options.samples, settings, start)
    : fromBase(field, settings, start);
  return train(direction, field, settings, random);
}

async function train(
  direction: Direction,
  field: EnergyField,
  settings: Settings,
  random: Random,
): Promise<FittedEnergy> {
  const { flow, trained, startScore, target } = direction;
  const { steps, batch: rows, learningRate, schedule, signal, onEvent, threads } = settings;
  const { jacobian, optimizer, gradient, gradientClip } = settings;
  const estimator = gradient === "path" ? pathGradients(jacobian, startScore) : jacobian;
  let inputs: Inputs = {};
  const step = await TrainingStep.create(trained, {
    estimator: {
      ...estimator,
      accompany(problem) {
        const companion = estimator.accompany?.(problem);
        return { ...companion, noise: (...of) => ({ ...companion?.noise?.(...of), ...inputs }) };
      },
    },
    ...{ optimizer, gradientClip, threads },
  });
  const fitted = await FittedEnergy.create(flow, step.store, field, threads);
  const draws = random.split("draws");
  const batch = new Float32Array(rows * field.dim);
  const temperature = target && step.store.view(target.inverseTemperature);
  try {
    const evaluation = await Evaluations.create(fitted, field, settings, random);
    onEvent?.({ type: "start", steps, parameters: flow.parameterCount }, fitted);
    for (let number = 1; number <= steps; number++) {
      if (signal?.aborted)
        throw new LogdetError("interrupted", `the fit was stopped at step ${number} of ${steps}`);
      const inverseTemperature = annealed(settings.annealing, number, steps);
      temperature?.set([inverseTemperature]);
      inputs = direction.draw(batch, draws);
      if (target && field.isCallback)
        inputs = field.inputs(await field.evaluate(await fitted.push(batch), `step ${number}, draw`));
      const loss = await step.gradient(batch, number);
      const slopes = step.store.buffer("gradient");
      if (!Number.isFinite(loss + step.kernels.sumOfSquares(slopes.length, slopes.byteOffset)))
        await explain(direction, field, fitted, batch, number);
      const rate = learningRate * schedule.factor(number, steps);
      await step.update(rate, number);
      if (number % reportEvery === 0 || number === steps)
        onEvent?.({ type: "step", step: number, steps, learningRate: rate, inverseTemperature }, fitted);
      await evaluation.after(number);
    }
    evaluation.keepBest();
  } catch (error) {
    await fitted.release();
    throw error;
  } finally {
    await step.release();
  }
  return fitted;
}

/** β at a step: geometrically from `from` to 1. */
function annealed({ from, until }: Required<Annealing>, step: number, steps: number): number {
  return from ** Math.max(0, 1 - (step - 1) / (until * steps));
}

/** A gradient that is no number: the energy's fault, which names the point, or the flow's. */
async function explain(
  { target }: Direction,
  field: EnergyField,
  fitted: FittedEnergy,
  batch: Float32Array,
  step: number,
): Promise<never> {
  if (target) await field.evaluate(await fitted.push(batch), `step ${step}, draw`);
  throw new LogdetError("training", `the gradient became no number at step ${step}`, {
    hint: "Lower the learning rate, set gradientClip (10, say), or give the target's center and scale.",
  });
}
