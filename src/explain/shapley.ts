// Shapley values: what a column adds to the strangeness of the row, on average over the columns that are there already.

import { LogdetError } from "../errors.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";
import { sweepLogProb } from "./sweep.js";

/** Up to so many columns all subsets are looked at. */
const mostExact = 8;
/** Background rows for each subset. */
const backgroundRows = 32;
/** Orders of the columns, where there are too many subsets. */
const orders = 64;

/**
 * Shapley values of the game whose value is v(S) = E log p(x_S, X′_rest), X′ drawn from the model:
 *
 *   nats_d = −Σ_S |S|! (D − |S| − 1)! / D!  (v(S ∪ d) − v(S)),   S without d
 *
 * They add up to mean log p(X′) − log p(x). Columns outside S are drawn apart from those inside (the interventional
 * reading), so rows that no data are like are scored too. Up to 8 columns all 2^D subsets are taken, with 32 draws each;
 * beyond, 64 orders of the columns, every second the reverse of the one before, each pair from a draw of its own to the row:
 * exact where no more than two columns act together.
 * Cost: 32 · 2^D log-densities a row; beyond 8 columns 64 (D + 1).
 *
 * @see Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017; Janzing et al., "Feature
 * relevance quantification in explainable AI: a causal problem", AISTATS 2020; Castro et al., "Polynomial calculation of
 * the Shapley value based on sampling", 2009
 */
export const shapley: ExplanationMethod = {
  summary: "what the column adds to the strangeness, on average over which others are known",
  complete: true,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} (${expected} expected given the rest) makes the row ${nats} nats less likely than rows drawn from the model`,
  async attribute(question) {
    if (question.background.count === 0)
      throw new LogdetError("usage", "Shapley values need background rows, got none");
    return question.model.columns.length <= mostExact ? bySubsets(question) : byOrders(question);
  },
};

async function bySubsets({ model, rows, background }: Question): Promise<Attribution> {
  const dim = model.columns.length;
  const count = rows.length / dim;
  const draws = Math.min(backgroundRows, background.count);
  const subsets = 1 << dim;
  /** v(S), [n · 2^D], the columns of S as bits. */
  const value = new Float64Array(count * subsets);
  await sweepLogProb(model, count * subsets * draws, {
    fill(row, index) {
      const [draw, subset] = [index % draws, Math.floor(index / draws) % subsets];
      const i = Math.floor(index / (draws * subsets));
      for (let d = 0; d < dim; d++)
        row[d] = mixed(rows[i * dim + d], background.rows[draw * dim + d], (subset >> d) & 1);
    },
    take([logProb], index) {
      value[Math.floor(index / draws)] += logProb / draws;
    },
  });
  const weights = shapleyWeights(dim);
  const nats = new Float64Array(rows.length);
  for (let i = 0; i < count; i++)
    for (let subset = 0; subset < subsets; subset++) {
      const weight = weights[bits(subset)];
      for (let d = 0; d < dim; d++)
        if (((subset >> d) & 1) === 0)
          nats[i * dim + d] -=
            weight * (value[i * subsets + (subset | (1 << d))] - value[i * subsets + subset]);
    }
  return { nats, baseline: Float64Array.from({ length: count }, (_, i) => value[i * subsets]) };
}

async function byOrders({ model, rows, background, random }: Question): Promise<Attribution> {
  const dim = model.columns.length;
  const count = rows.length / dim;
  const source = random.split("shapley");
  const ranks: Uint32Array[] = [];
  for (let k = 0; k < orders; k++)
    ranks.push(k % 2 === 0 ? source.permutation(dim) : ranks[k - 1].map((rank) => dim - 1 - rank));
  const nats = new Float64Array(rows.length);
  const baseline = new Float64Array(count);
  let before = 0;
  const steps = dim + 1;
  await sweepLogProb(model, count * orders * steps, {
    fill(row, index) {
      const [known, k] = [index % steps, Math.floor(index / steps) % orders];
      const i = Math.floor(index / (steps * orders));
      const draw = ((k >> 1) % background.count) * dim;
      for (let d = 0; d < dim; d++)
        row[d] = mixed(rows[i * dim + d], background.rows[draw + d], ranks[k][d] < known ? 1 : 0);
    },
    take([logProb], index) {
      const [known, k] = [index % steps, Math.floor(index / steps) % orders];
      const i = Math.floor(index / (steps * orders));
      if (known === 0) baseline[i] += logProb / orders;
      else nats[i * dim + ranks[k].indexOf(known - 1)] += (before - logProb) / orders;
      before = logProb;
    },
  });
  return { nats, baseline };
}

/** The row's own value or another's; what is missing stays missing. */
const mixed = (own: number, other: number, known: number) => (known || Number.isNaN(own) ? own : other);

/** s! (D − s − 1)! / D! for s = 0 … D − 1. */
function shapleyWeights(dim: number): number[] {
  const weights = [1 / dim];
  for (let s = 1; s < dim; s++) weights.push((weights[s - 1] * s) / (dim - s));
  return weights;
}

function bits(subset: number): number {
  let count = 0;
  for (let rest = subset; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
