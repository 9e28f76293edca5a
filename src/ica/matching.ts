// How well sources that were found match sources that are known.

import { LogdetError } from "../errors.js";
import { bestAssignment } from "./assignment.js";

/** Known sources beside those found. */
export interface Matching {
  /** |correlation| of each known source with the one it was matched with. */
  readonly perSource: readonly number[];
  /** The place, from 0, of that one. */
  readonly matches: readonly number[];
  /** Mean of `perSource`: the mean correlation coefficient. */
  readonly mcc: number;
}

/**
 * Matches each known source with another source found, so that the sum of |correlations| is as large as can be.
 * O(rows · found · known).
 *
 * @param found series of equal length
 * @param known series of the same length, no more than were found
 * @throws LogdetError "data" if lengths differ, a known source is constant or there are more of them than were found
 * @example matchSources(separation.sources.map(({ values }) => values), truth).mcc
 */
export function matchSources(found: readonly Float64Array[], known: readonly Float64Array[]): Matching {
  const rows = found[0].length;
  const wrong = known.find((values) => values.length !== rows);
  if (wrong !== undefined)
    throw new LogdetError("data", `the true sources have ${wrong.length} rows, the data ${rows}`, {
      hint: "Give the sources' values at the rows of the data, one row each.",
    });
  if (known.length > found.length)
    throw new LogdetError(
      "data",
      `there are ${known.length} true sources, but only ${found.length} were looked for`,
      {
        hint: `Ask for at least ${known.length} components, or give fewer true sources.`,
      },
    );
  const [a, b] = [found.map(centred), known.map(centred)];
  b.forEach((values, i) => {
    if (values === undefined) throw new LogdetError("data", `true source ${i + 1} is constant`);
  });
  const gain = new Float64Array(known.length * found.length);
  b.forEach((one, i) => {
    a.forEach((other, j) => {
      if (one === undefined || other === undefined) return;
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += one[row] * other[row];
      gain[i * found.length + j] = Math.abs(sum);
    });
  });
  const matches = Array.from(bestAssignment(gain, known.length, found.length));
  const perSource = matches.map((j, i) => Math.min(1, gain[i * found.length + j]));
  return { perSource, matches, mcc: perSource.reduce((sum, value) => sum + value, 0) / perSource.length };
}

/** The values less their mean, brought to unit length; undefined if they do not vary. */
function centred(values: Float64Array): Float64Array | undefined {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const out = values.map((value) => value - mean);
  const length = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0)) return undefined;
  return out.map((value) => value / length);
}
