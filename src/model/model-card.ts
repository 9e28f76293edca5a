// The model card: README.md of a saved model, in the convention of model hubs.

import { hasNumbers, natsOfProbabilities } from "./report/categories-alone.js";
import { limits } from "./report/limits.js";
import type { ReportData } from "./report/report-data.js";
import {
  kindWords,
  meansStory,
  natsExplained,
  quality,
  setApart,
  trainingStory,
} from "./report/sentences.js";
import { snippetNote, snippets } from "./report/snippets.js";
import {
  formatCount,
  formatExtreme,
  formatNats,
  formatNumber,
  list,
  oneLine,
  plural,
} from "./report/words.js";

/**
 * The model card as Markdown with YAML front matter. The licence is for the user to fill in.
 *
 * @returns the text of the file, to be written as UTF-8
 * @example await writeFile("measurements.logdet/README.md", renderModelCard(data))
 */
export function renderModelCard(data: ReportData): string {
  const { model, metrics } = data;
  const isFlow = hasNumbers(data);
  return `---
library_name: logdet
license: unknown
tags:
- logdet
${isFlow ? "- normalizing-flow\n" : ""}- density-estimation
- anomaly-detection
- tabular
- onnx
---

# ${escapeMarkdown(data.title)}

${isFlow ? "A normalizing flow that gives the joint density" : "Latent classes that give the joint probability"} of ${plural(data.data.columns.length, "column")}: how likely a row is, and new rows like the old. ${escapeMarkdown(quality(data)[0]!)}

The pictures are in [report.html](report.html).

## Model

${escapeMarkdown(model.description)}

${table(
  ["", ""],
  [
    ["Recipe", model.recipe],
    ["Base", model.base],
    ["Parameters", formatCount(model.parameters)],
    ["Jacobian estimator", model.jacobian],
    ["Optimizer", model.optimizer],
    ["Seed", String(model.seed)],
    ["Made by", `logdet ${data.logdetVersion}, ${data.created}`],
  ],
)}

## Columns

In the order of the vectors that the model takes. Every number is in the column's own units.

${table(
  ["Column", "Kind", "Step", "Mean", "Std. dev.", "Minimum", "Maximum"],
  data.data.columns.map((column) => [
    column.name,
    kindWords(column),
    column.quantum === undefined ? "" : formatNumber(column.quantum),
    ...(column.categories
      ? ["", "", "", ""]
      : [
          formatNumber(column.mean),
          formatNumber(column.standardDeviation),
          formatExtreme(column.minimum),
          formatExtreme(column.maximum),
        ]),
  ]),
)}${meansStory(data).map((sentence) => `\n\n${escapeMarkdown(sentence)}`)}
${codes(data)}

## Training data

${escapeMarkdown(trainingData(data))}

${escapeMarkdown(trainingStory(data).join(" "))}
${data.data.notices.length > 0 ? `\n${bullets(data.data.notices)}\n` : ""}
## Metrics

${table(
  [
    `${plural(data.data.validationRows, "held-out row")}, mean log-${isFlow ? "density" : "probability"}`,
    "Nats per row",
  ],
  [
    ["This model", `${formatNats(metrics.validationLogProb)} ± ${formatNats(metrics.standardError)}`],
    ...(metrics.gaussianLogProb === null
      ? []
      : [["Gaussian with full covariance", formatNats(metrics.gaussianLogProb)]]),
    ...(metrics.independentLogProb === undefined
      ? []
      : [["Independent columns", formatNats(metrics.independentLogProb)]]),
  ],
)}

After ± stands the standard error of the mean. ${escapeMarkdown(isFlow ? natsExplained : natsOfProbabilities)}

## How to use

${escapeMarkdown(snippetNote(data))}

${snippets(data)
  .map(({ title, language, code }) => `${title}:\n\n\`\`\`${language}\n${code}\n\`\`\``)
  .join("\n\n")}

## Limits

${bullets(limits(data))}
`;
}

/** Which numbers the categories go into the model as. */
function codes({ data: { columns } }: ReportData): string {
  const lists = columns.flatMap(({ name, categories }) =>
    categories ? [`${name}: ${categories.map((category, code) => `${code} ${category}`).join(", ")}.`] : [],
  );
  return lists.length > 0
    ? `\nCodes of the categories, any other number being one never seen:\n\n${bullets(lists)}\n`
    : "";
}

/** Text on one line that Markdown, and HTML inside it, shows as it is: in a heading, a paragraph or a table's cell. */
export function escapeMarkdown(text: string): string {
  return (
    oneLine(text)
      .replace(/[\\`*_{}[\]|~$<>&]/g, (character) =>
        character === "<"
          ? "&lt;"
          : character === ">"
            ? "&gt;"
            : character === "&"
              ? "&amp;"
              : `\\${character}`,
      )
      // At the start of a line these would begin a heading, a list or a rule.
      .replace(/^[#+\-=]/, "\\$&")
      .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2")
      // Bare addresses would become links.
      .replace(/:\/\/|(?<=www)\.|@/g, (mark) => (mark === "@" ? "&#64;" : mark === "." ? "&#46;" : "&#58;//"))
  );
}

function trainingData({ data }: ReportData): string {
  const dropped = data.dropped.length > 0 ? ` Left out: ${list(data.dropped.map(oneLine), 20)}.` : "";
  return (
    `${plural(data.rows, "row")} of ${list(data.sources.map(oneLine))}: ${formatCount(data.trainRows)} for training, ` +
    `${formatCount(data.validationRows)} held out for validation${setApart(data)}.${dropped}`
  );
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [line(head), `|${head.map(() => " --- |").join("")}`, ...rows.map(line)].join("\n");
}
