// What the picture of data and draws shows, in plain words: see sentences.ts.

import { agreement, type ColumnGap, type CorrelationGap } from "./agreement.js";
import { maximumPairColumns, type ReportData } from "./report-data.js";
import { aboutByChance, formatCount, formatNats, formatNumber, oneLine, plural } from "./words.js";

/** How to read the pairwise picture, and how far draws are from the data. */
export function pairStory({ pairs, data }: ReportData): string[] {
  const shown = Math.min(pairs.names.length, maximumPairColumns);
  if (shown < 2)
    return [
      "Filled bars are the data, the line is rows drawn from the model. The better the model, the closer they lie.",
      ...agreementStory(pairs, shown),
    ];
  return [
    "Below the diagonal: rows of the data. Above it, mirrored: as many rows drawn from the model. The better the model, " +
      "the more symmetric the picture.",
    ...(shown < data.columns.length
      ? [`${shown} of the model's ${formatCount(data.columns.length)} columns are shown.`]
      : []),
    ...agreementStory(pairs, shown),
  ];
}

/** How far draws are from the data, one column at a time and two. */
function agreementStory(pairs: ReportData["pairs"], shown: number): string[] {
  const found = agreement(pairs, shown);
  if (!found) return [];
  const { columns, chance, correlations } = found;
  const widest = columns.reduce((worst, one) => (one.distance > worst.distance ? one : worst));
  const beyond = columns.filter(({ distance }) => distance > chance).length;
  return [
    (beyond === 0
      ? "One column at a time the two agree: their distribution functions are "
      : `One column at a time the two differ in ${beyond} of ${columns.length}: the distribution functions are `) +
      `${inWords(widest)}, and by chance mostly less than ${formatNumber(chance, 2)}.`,
    ...(correlations.length > 0 ? [correlationStory(correlations)] : []),
  ];
}

const inWords = ({ name, distance }: ColumnGap) =>
  `${formatNumber(distance, 2)} apart at most, at ${oneLine(name)}`;

function correlationStory(correlations: readonly CorrelationGap[]): string {
  const outside = correlations.filter(({ deviation }) => Math.abs(deviation) > 1.96).length;
  const worst = correlations.reduce((a, b) => (Math.abs(b.deviation) > Math.abs(a.deviation) ? b : a));
  const [first, second] = worst.names.map(oneLine);
  const both = `${formatNats(worst.data)} in the data, ${formatNats(worst.draws)} in drawn rows`;
  if (correlations.length === 1)
    return `Their rank correlation is ${both}: ${formatNumber(Math.abs(worst.deviation), 2)} standard errors apart, by chance mostly less than 1.96.`;
  return (
    `${outside} of ${plural(correlations.length, "rank correlation")} ${outside === 1 ? "differs" : "differ"} by more than ` +
    `1.96 standard errors, as ${aboutByChance(correlations.length)} would by chance alone. The widest gap is between ${first} and ` +
    `${second}: ${both}.`
  );
}
