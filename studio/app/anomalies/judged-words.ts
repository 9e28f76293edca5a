// What is seen of rows that were judged by models that have not seen them, in words.

import type { DetectAnswer } from "../../../src/server/studio/detect-answers.js";
import { count, nats, short } from "../words.js";

type Judged = Pick<DetectAnswer, "rows" | "folds" | "quantiles" | "strangest" | "statistic">;

const quantile = ({ quantiles }: Judged, wanted: number): number =>
  quantiles.find(({ share }) => share === wanted)?.logProb ?? Number.NaN;

/** How the rows were judged, and how far the first of them lies from the others. */
export function judgedInWords(answer: Judged): string {
  const { rows, folds, strangest, statistic } = answer;
  const how = `Each of ${count(rows, "row")} was judged by a model that had not seen it (${folds} fits).`;
  const [first] = strangest;
  if (!first) return how;
  const [median, low] = [quantile(answer, 0.5), quantile(answer, 0.05)];
  const gap = median - first.logProb;
  const far = gap > 2 * (median - low) && gap > 3;
  // Other statistics may put a row first for what its log-density does not tell.
  const near = !far && statistic.name === "density";
  return (
    `${how} These are the strangest. Row ${first.row} comes first${far ? ", and stands out" : ""}: its log-density is ` +
    `${nats(first.logProb)} nats, where that of the row in the middle is ${nats(median)} and 19 in 20 have ${nats(low)} or more.` +
    `${near ? " That is not far: perhaps no row is odd." : ""}`
  );
}

/** What p-values of such rows are, and what they are not. */
export const rankInWords = ({ rows, statistic }: Pick<DetectAnswer, "rows" | "statistic">): string =>
  `A row’s p-value is its rank among these ${count(rows, "row")} as a share of them: the first has 1 in ` +
  `${rows.toLocaleString("en")}, ${short(1 / rows, 2)}, in a clean table too. It says where to look first, not how many rows ` +
  `are truly odd. How strange: ${statistic.summary} (“${statistic.name}”).`;
