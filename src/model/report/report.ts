// The report: one HTML file that needs nothing else, with pictures and what they say in plain words.

import { hasNumbers, natsOfProbabilities } from "./categories-alone.js";
import { categoryShares } from "./category-shares.js";
import { Html, html } from "./html.js";
import { latentNormality } from "./latent-normality.js";
import { learningCurves } from "./learning-curves.js";
import { limits } from "./limits.js";
import { logDensityHistogram } from "./log-density-histogram.js";
import { pairStory } from "./pair-story.js";
import { pairwise } from "./pairwise.js";
import type { ColumnSummary, ReportData } from "./report-data.js";
import {
  affineStory,
  categoryStory,
  densityStory,
  gapStory,
  kindWords,
  latentStory,
  meansStory,
  natsExplained,
  quality,
  setApart,
  stretchingStory,
  tailStory,
  trainingStory,
} from "./sentences.js";
import { snippetNote, snippets } from "./snippets.js";
import { styleSheet } from "./style.js";
import { volumeAndStretching } from "./volume-and-stretching.js";
import {
  formatCount,
  formatDuration,
  formatExtreme,
  formatNats,
  formatNumber,
  list,
  oneLine,
  plural,
} from "./words.js";

/**
 * The report of a fitted model as one HTML file: no scripts, no requests, light and dark.
 *
 * A picture without data (no pairs, no held-out rows, no categories, no latent values, an empty curve) is left out.
 *
 * @returns the text of the file, to be written as UTF-8
 * @example await writeFile("measurements.logdet/report.html", renderReport(data))
 */
export function renderReport(data: ReportData): string {
  const title = oneLine(data.title);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: density report</title>
<style>${new Html(styleSheet)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="quiet">Density model of ${plural(data.data.columns.length, "column")}, fitted by logdet ${data.logdetVersion} on <time datetime="${data.created}">${data.created.slice(0, 16).replace("T", " ")}</time></p>
</header>
${facts(data)}
${paragraphs(quality(data))}
<p class="quiet">${hasNumbers(data) ? natsExplained : natsOfProbabilities}</p>
${pictures(data)}
${dataSection(data)}
${modelSection(data)}
<section>
<h2>What this model cannot tell</h2>
<ul>${limits(data).map((limit) => html`<li>${limit}</li>`)}</ul>
</section>
<section>
<h2>Use this model</h2>
<p>${snippetNote(data)}</p>
${snippets(data).map(({ title: name, code }) => html`<h3>${name}</h3><pre tabindex="0"><code>${code}</code></pre>`)}
</section>
</main>
</body>
</html>
`.text;
}

/** A section for each picture that has something to show. */
function pictures(data: ReportData): Html[] {
  const { training, metrics, heldOutLogProb, pairs, counts, pit } = data;
  const sections: Html[] = [];
  if (training.curve.length > 0)
    sections.push(
      section(
        "Learning curves",
        [...trainingStory(data), ...gapStory(data), ...affineStory(data)],
        figure(
          learningCurves(training, metrics),
          `Mean negative log-likelihood by step. The ring marks the kept weights; dashed lines are ${
            metrics.affineOptimum === null ? "a Gaussian" : "the best affine flow, a Gaussian,"
          } on the rows of the curve of their colour.`,
        ),
      ),
    );
  if (training.monitor && training.monitor.length > 0)
    sections.push(
      section(
        "Volume and local stretching",
        stretchingStory(data),
        figure(
          volumeAndStretching(training.monitor, training.bestStep),
          "Left: log|det J| of the map from standardised rows to the latent, its mean and the central 90 % and 50 % of rows. Right: largest and smallest singular values of J, medians and extremes. The vertical line marks the kept weights.",
        ),
      ),
    );
  if (heldOutLogProb.length > 0)
    sections.push(
      section(
        "How likely held-out rows are",
        densityStory(data),
        figure(
          logDensityHistogram(heldOutLogProb),
          "Histogram of the log-density. Tails far outside are gathered in the outermost bars.",
        ),
      ),
    );
  if (pairs.names.length > 0)
    sections.push(
      section(
        pairs.names.length > 1 ? "Data and model, column against column" : "Data and model",
        [...pairStory(data), ...tailStory(data)],
        figure(
          pairwise(pairs, data.data.columns),
          `Axes span the central 99 % of the data; values outside are not drawn.${
            data.data.columns.some(({ quantum }) => quantum)
              ? " Values of discrete columns are spread over their steps."
              : ""
          }`,
          pairs.names.length > 2 ? "matrix" : "plain",
        ),
      ),
    );
  if (counts)
    sections.push(
      section(
        "Categories and missing cells",
        categoryStory(data),
        figure(
          categoryShares(counts),
          "Shares of all rows. Each panel has its own axis; where a column has more than twelve categories, the rarest share a bar.",
          "matrix",
        ),
      ),
    );
  if (pit.length > 0)
    sections.push(
      section(
        "Latent calibration",
        latentStory(data),
        figure(
          latentNormality(pit),
          "Rows in each bar, relative to the number expected. Bars outside the band are highlighted.",
          "small-multiples",
        ),
      ),
    );
  return sections;
}

function facts({ data, model, training, metrics }: ReportData): Html {
  const { validationLogProb, gaussianLogProb, independentLogProb } = metrics;
  const entries: [string, string][] = [
    [
      `Held-out log-${hasNumbers({ data }) ? "density" : "probability"}`,
      `${formatNats(validationLogProb)} nats`,
    ],
    ...(gaussianLogProb === null
      ? []
      : [["Gaussian baseline", `${formatNats(gaussianLogProb)} nats`] as [string, string]]),
    ...(independentLogProb === undefined
      ? []
      : [["Independent columns", `${formatNats(independentLogProb)} nats`] as [string, string]]),
    ["Rows", formatCount(data.rows)],
    ["Columns", formatCount(data.columns.length)],
    ["Parameters", formatCount(model.parameters)],
    ["Training time", formatDuration(training.seconds)],
  ];
  return html`<dl>${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function paragraphs(sentences: readonly string[]): Html {
  return html`${sentences.map((sentence) => html`<p>${sentence}</p>\n`)}`;
}

function section(heading: string, sentences: readonly string[], content = html``): Html {
  return html`<section>
<h2>${heading}</h2>
${paragraphs(sentences)}${content}
</section>`;
}

/** `kind` decides how the figure fits a phone: a matrix keeps its size and scrolls, others shrink. */
function figure(svg: string, caption: string, kind: "plain" | "matrix" | "small-multiples" = "plain"): Html {
  const picture = new Html(svg);
  return html`<figure class="${kind}">
${kind === "matrix" ? html`<div class="scroll" tabindex="0" role="region" aria-label="Picture, scrolls sideways">${picture}</div>` : picture}
<figcaption>${caption}</figcaption>
</figure>`;
}

function dataSection(report: ReportData): Html {
  const { data } = report;
  return html`<section>
<h2>Data</h2>
<p>${plural(data.rows, "row")} of ${list(data.sources.map(oneLine))}: ${formatCount(data.trainRows)} for training, ${formatCount(data.validationRows)} held out for validation${setApart(data)}.</p>
${data.dropped.length > 0 ? html`<p>Left out: ${list(data.dropped.map(oneLine), 20)}.</p>` : null}
${data.notices.length > 0 ? html`<ul>${data.notices.map((notice) => html`<li>${oneLine(notice)}</li>`)}</ul>` : null}
<div class="scroll tall" tabindex="0" role="region" aria-label="Table of columns">
<table>
<thead><tr><th scope="col">Column</th><th scope="col">Kind</th><th scope="col">Mean</th><th scope="col">Std. dev.</th><th scope="col">Minimum</th><th scope="col">Maximum</th></tr></thead>
<tbody>
${data.columns.map(columnRow)}</tbody>
</table>
</div>
${meansStory(report).map((sentence) => html`<p class="quiet">${sentence}</p>`)}
</section>`;
}

function columnRow(column: ColumnSummary): Html {
  const step = column.quantum === undefined ? "" : `, step ${formatNumber(column.quantum)}`;
  const kind = `${kindWords(column)}${step}`;
  if (column.categories)
    return html`<tr><th scope="row">${oneLine(column.name)}</th><td>${kind}</td><td colspan="4">${list(column.categories.map(oneLine), 12)}</td></tr>
`;
  const numbers = [
    formatNumber(column.mean),
    formatNumber(column.standardDeviation),
    formatExtreme(column.minimum),
    formatExtreme(column.maximum),
  ];
  return html`<tr><th scope="row">${oneLine(column.name)}</th><td>${kind}</td>${numbers.map((value) => html`<td>${value}</td>`)}</tr>
`;
}

function modelSection(data: ReportData): Html {
  const { model } = data;
  if (!hasNumbers(data)) return section("Model", [model.description, ...trainingStory(data)]);
  return html`<section>
<h2>Model</h2>
<p>${model.description}</p>
<p>Recipe ${model.recipe}, base ${model.base}, ${plural(model.parameters, "parameter")}. Trained with the ${model.jacobian} Jacobian estimator and the ${model.optimizer} optimizer from seed ${String(model.seed)}.</p>
</section>`;
}
