// How unlikely each value is given the rest of its row: by the density along the column, one column at a time.

import { modeOf, surpriseOf } from "./expectation.js";
import type { Attribution, ExplanationMethod, Question } from "./method.js";
import { type Profile, profilesOf } from "./profile.js";

const sentence: ExplanationMethod["sentence"] = ({ column, value, expected, nats }) =>
  `${column} ${value} is ${nats} nats less likely than the ${expected} expected given the rest`;

/** Places looked at together: bounds the memory. */
const placesTogether = 512;

async function attribute(question: Question, nats: (profile: Profile) => number): Promise<Attribution> {
  const { rows, model } = question;
  const dim = model.columns.length;
  const result = {
    nats: new Float64Array(rows.length),
    expected: new Float64Array(rows.length).fill(Number.NaN),
  };
  const places = Array.from(rows, (_, i) => ({ row: Math.floor(i / dim), column: i % dim }));
  for (let start = 0; start < places.length; start += placesTogether) {
    const profiles = await profilesOf(question, places.slice(start, start + placesTogether));
    for (const [i, profile] of profiles.entries()) {
      result.expected[start + i] = modeOf(profile).value;
      if (!Number.isNaN(rows[start + i])) result.nats[start + i] = nats(profile);
    }
  }
  return result;
}

/**
 * How much likelier the row would be with the likeliest value in that column, all others held:
 *
 *   max log p(X_d | rest) − log p(x_d | rest)  ≥  0,   nats
 *
 * Under a Gaussian of precision Λ it is (Λ(x − μ))_d² / 2Λ_dd. Categories and lattices of up to 64 points are enumerated;
 * other columns are looked at in at most 122 values, which gather at the maximum. Cost: 122 D log-densities a row.
 */
export const conditional: ExplanationMethod = {
  summary: "log-density that the likeliest value given the rest of the row would gain",
  complete: false,
  sentence,
  attribute: (question) =>
    attribute(question, (profile) => modeOf(profile).logProb - profile.observed.logProb),
};

/**
 * The surprise of the value given the rest of the row: how rarely a value as unlikely comes up there,
 *
 *   −log P( p(X_d | rest) ≤ p(x_d | rest) )  ≥  0,   X_d drawn given the rest,   nats
 *
 * 0 for the likeliest value, 3 for one that 5 % of values are as unlikely as; under a Gaussian −log 2Φ(−|z|) of the
 * standardised residual z. Unlike differences of densities it means the same in every column, however spiky or heavy-tailed
 * its density. Accuracy and cost as `conditional`; beyond the outermost values the density is taken to fall on as it did.
 *
 * @see Hyndman, "Computing and graphing highest density regions", The American Statistician 50, 1996
 */
export const surprise: ExplanationMethod = {
  summary: "−log of how probable values as unlikely are, given the rest of the row",
  complete: false,
  sentence,
  attribute: (question) => attribute(question, surpriseOf),
};
