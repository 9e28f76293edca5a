// The average of densities that were trained apart: often better than the best of them where rows are few.

import { standardization } from "../bijections/index.js";
import { mixture, transformed } from "../distributions/index.js";
import { Flow } from "../flows/index.js";
import { ParameterStore } from "../runtime/index.js";

/** A flow with its numbers. */
export interface Trained {
  readonly flow: Flow;
  readonly store: ParameterStore;
}

/** More than these make a model large and slow for little. */
export const mostMembers = 4;

/** log of the mean of the densities whose logarithms are given, row by row. */
export function averageLogProb(members: readonly Float64Array[]): Float64Array {
  return members[0].map((_, row) => {
    const largest = Math.max(...members.map((member) => member[row]));
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    const sum = members.reduce((total, member) => total + Math.exp(member[row] - largest), 0);
    return largest + Math.log(sum / members.length);
  });
}

/**
 * Which densities to average: the best one, and of the others, from good to bad, those that raise the mean held-out
 * log-density by more than the standard error of that gain.
 *
 * @param members log-densities of the same held-out rows, one array a density
 * @param most how many at most
 * @returns indices, the best first
 * @see Caruana et al., "Ensemble selection from libraries of models", ICML 2004
 */
export function chooseMembers(members: readonly Float64Array[], most = mostMembers): number[] {
  const mean = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;
  // One that is not a number somewhere is the worst there is.
  const means = members.map(mean).map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value));
  const order = members.map((_, i) => i).sort((a, b) => (means[a] === means[b] ? 0 : means[b] - means[a]));
  let chosen = [order[0]];
  let current = members[order[0]];
  for (const candidate of order.slice(1)) {
    if (chosen.length >= most) break;
    const next = [...chosen, candidate];
    const averaged = averageLogProb(next.map((i) => members[i]));
    const gains = averaged.map((value, row) => value - current[row]);
    const gain = mean(gains);
    const error = Math.sqrt(mean(gains.map((value) => (value - gain) ** 2)) / gains.length);
    if (!(gain > error)) continue;
    chosen = next;
    current = averaged;
  }
  return chosen;
}

/** One flow whose density is the mean of several flows' densities. Its store holds copies of their numbers. */
export function averageOf(members: readonly Trained[]): Trained {
  const dim = members[0].flow.dim;
  const base = mixture({
    components: members.map(({ flow }) => transformed({ bijection: flow.bijection, base: flow.base })),
    learned: false,
  });
  const unchanged = standardization({
    dim,
    center: new Float64Array(dim),
    scale: new Float64Array(dim).fill(1),
  });
  const flow = new Flow(unchanged, base);
  const store = new ParameterStore(Object.values(flow.parameters));
  for (const member of members)
    for (const parameter of Object.values(member.flow.parameters))
      store.view(parameter).set(member.store.view(parameter));
  return { flow, store };
}
