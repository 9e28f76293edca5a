// What importance weights tell: the free energy, the bound on it, and how many samples they are worth.

/** Estimates from n samples of q and their log-weights −energy − log q. */
export interface ImportanceEstimate {
  readonly samples: number;
  /** log Z, nats: the logarithm of the mean weight. */
  readonly logZ: number;
  /** −log Z, nats. */
  readonly freeEnergy: number;
  /** Of log Z and the free energy, to first order: √((1/ess − 1)/n). Not to be trusted where ess is a few samples'. */
  readonly standardError: number;
  /** Effective sample size as a share, in (0, 1]: (Σw)² / (n Σw²). */
  readonly ess: number;
  /** Mean log-weight, nats: a lower bound on log Z. What it falls short is the reverse divergence KL(q ‖ p). */
  readonly elbo: number;
  readonly elboError: number;
}

/**
 * Estimates from log-weights of samples of q, without overflow however large they are.
 *
 * Modes of the target that q never visits are missed by all of these: they then agree with each other and are wrong.
 *
 * @param logWeights −energy(x) − log q(x) at samples x of q, nats; at least one
 */
export function importanceEstimate(logWeights: ArrayLike<number>): ImportanceEstimate {
  const samples = logWeights.length;
  const { largest } = extremes(logWeights);
  let [total, squares, elbo] = [0, 0, 0];
  for (let i = 0; i < samples; i++) {
    const weight = Math.exp(logWeights[i] - largest);
    total += weight;
    squares += weight * weight;
    elbo += logWeights[i] / samples;
  }
  let spread = 0;
  for (let i = 0; i < samples; i++) spread += (logWeights[i] - elbo) ** 2;
  const logZ = largest + Math.log(total / samples);
  const ess = total ** 2 / (samples * squares);
  return {
    ...{ samples, logZ, freeEnergy: -logZ, ess, elbo },
    standardError: Math.sqrt(Math.max(0, 1 / ess - 1) / samples),
    elboError: Math.sqrt(spread / Math.max(1, samples - 1) / samples),
  };
}

/**
 * Effective sample size of q as a share, in (0, 1], from samples of the target: 1 / (mean w · mean 1/w).
 *
 * The same number as `ess` in the limit, but modes that q misses pull it to zero.
 *
 * @param logWeights −energy(x) − log q(x) at samples x of the target, nats; at least one
 * @see Vaitl, Nicoli, Nakajima and Kessel, "Gradients should stay on path", 2022
 */
export function forwardEss(logWeights: ArrayLike<number>): number {
  const { largest, smallest } = extremes(logWeights);
  let [weights, reciprocals] = [0, 0];
  for (let i = 0; i < logWeights.length; i++) {
    weights += Math.exp(logWeights[i] - largest);
    reciprocals += Math.exp(smallest - logWeights[i]);
  }
  return (Math.exp(smallest - largest) * logWeights.length ** 2) / (weights * reciprocals);
}

function extremes(values: ArrayLike<number>): { largest: number; smallest: number } {
  let [largest, smallest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    largest = Math.max(largest, values[i]);
    smallest = Math.min(smallest, values[i]);
  }
  return { largest, smallest };
}
