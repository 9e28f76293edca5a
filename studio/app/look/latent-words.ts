// What the latent space of a model is, and how far rows there differ from the base, in words.

import type { LatentCheck, LookLatent } from "../../../src/server/studio/look-answers.js";
import { count, pInWords } from "../words.js";
import { highest } from "./checks-picture.js";

/** @param wasFitted whether the rows are those that the model was fitted to */
export function latentWords(
  { dimensions, nets, net, isAverage, rows, of, points }: LookLatent,
  table: string | undefined,
  wasFitted: boolean,
): string {
  const numbers = count(dimensions, "number");
  const what =
    nets === 1
      ? `The flow turns every row into ${numbers}, its latent, which should look like a draw of the base: the contours.`
      : isAverage
        ? `The model is the average of ${nets} nets, each with a latent space of its own. Net ${net} turns every row into ${numbers}, which should look like a draw of its base: the contours.`
        : `The model is a mixture of ${nets} nets, which share the rows among them. Net ${net} turns those that are most likely its own into ${numbers}, which should look about like a draw of its base: the contours.`;
  const source = table === undefined ? "that the model drew" : `of ${table}`;
  const complete = points.missing > 0 ? " with all of their numbers" : "";
  const looked =
    rows === of
      ? `All ${count(rows, "row")} ${source} were looked at`
      : `${count(rows, "row")}${complete} of the ${of.toLocaleString("en")} ${source} were looked at`;
  const flattered = wasFitted
    ? " The model was fitted to rows of this table, and they flatter it a little; the report looks at rows that were held out."
    : "";
  return `${what} ${looked}; values of discrete columns are spread over their steps, as in training.${flattered} Choose a point to see its row.`;
}

/** From this adjusted p-value on a dimension differs. */
const level = 0.05;
/** Dimensions that are named. */
const named = 5;

export function checksWords(checks: readonly LatentCheck[], rows: number, dimensions: number): string {
  if (checks.length === 0) return "There is no complete row to be looked at.";
  const wrong = checks.filter(({ adjusted }) => adjusted <= level);
  const some = wrong
    .slice(0, named)
    .map(({ dimension, adjusted }) => `${dimension} (p ${pInWords(adjusted)})`)
    .join(", ");
  const more = wrong.length > named ? ` and ${wrong.length - named} more` : "";
  const checked = checks.length < dimensions ? `the first ${checks.length}` : String(dimensions);
  const one = wrong.length === 1;
  const verdict =
    dimensions === 1
      ? wrong.length === 0
        ? "The dimension does not differ from the base more than chance allows."
        : `The dimension differs from the base more than chance allows: p ${pInWords(checks[0].adjusted)}.`
      : wrong.length === 0
        ? `None of ${checked} dimensions differs from the base more than chance allows.`
        : `${wrong.length} of ${checked} dimensions ${one ? "differs" : "differ"} from the base more than chance allows: ${some}${more}.`;
  const isCut = checks.some(({ counts, expected }) => Math.max(...counts) > highest * expected);
  const cut = isCut ? ` Bars end at ${highest} times what is right, however many rows they hold.` : "";
  return (
    `${verdict} Each panel counts where ${count(rows, "row")} fall among draws of the base: flat is right, and 95 % of ` +
    "bars end within the grey band by chance. The p-values are of Kolmogorov and Smirnov's test, adjusted for their number." +
    cut
  );
}
