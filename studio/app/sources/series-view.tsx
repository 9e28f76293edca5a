// The sources over a window of rows that the reader moves, and their histograms.

import { memo, useCallback } from "react";
import type { SeriesAnswer, SourcesAnswer } from "../../../src/server/studio/sources-answers.js";
import { Figure } from "../../page/figure.js";
import { NumberField } from "../number-field.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { count } from "../words.js";
import { useNarrow } from "./narrow.js";
import { drawHistograms, drawSeries, histogramRows, isBand, seriesRows } from "./sources-picture.js";

/** Rows that are shown first. */
const firstLength = 1000;

interface SeriesViewProps {
  readonly answer: SourcesAnswer;
  /** The first source that is shown, from 0, and how many. */
  readonly first: number;
  readonly count: number;
}

export function SeriesView({ answer: { name, rows }, first, count: most }: SeriesViewProps) {
  const { parameters, change } = useRoute();
  const length = within(parameters.length, rows, Math.min(firstLength, rows));
  const from = Math.min(within(parameters.from, rows, 1), rows - length + 1);
  const { answer, problem, isWaiting } = useAnswer<SeriesAnswer>("sources/series", {
    ...{ name, first, count: most, from, length },
  });
  const show = (from: number, length: number) => {
    const start = Math.max(1, Math.min(from, rows - length + 1));
    change({ from: String(start), length: String(length) });
  };
  const limits = { min: 1, max: rows, isWhole: true } as const;
  return (
    <section aria-labelledby="series">
      <h2 id="series">Over time</h2>
      <div className="toolbar window">
        <button type="button" disabled={from === 1} onClick={() => show(from - length, length)}>
          Earlier
        </button>
        <button type="button" disabled={from + length > rows} onClick={() => show(from + length, length)}>
          Later
        </button>
        <NumberField label="From row" value={from} {...limits} onChoose={(value) => show(value, length)} />
        <NumberField label="Rows" value={length} {...limits} onChoose={(value) => show(from, value)} />
        <button type="button" disabled={length === rows} onClick={() => show(1, rows)}>
          All rows
        </button>
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {!answer && isWaiting && <p className="note">Reading the sources …</p>}
      {answer && <SeriesFigures answer={answer} />}
    </section>
  );
}

/** A number of the address: whole, from 1 to `most`. */
function within(text: string | undefined, most: number, otherwise: number): number {
  return /^[1-9]\d{0,8}$/.test(text ?? "") ? Math.min(Number(text), most) : otherwise;
}

const SeriesFigures = memo(function SeriesFigures({ answer }: { readonly answer: SeriesAnswer }) {
  const { from, length, rows, sources } = answer;
  const width = useNarrow() ? 380 : 800;
  const draw = useCallback(() => drawSeries(answer, width), [answer, width]);
  const drawShapes = useCallback(() => drawHistograms(answer, width), [answer, width]);
  const beyond = sources.reduce((total, source) => total + source.beyond, 0);
  return (
    <>
      <div className="wide-figure">
        <Figure
          title={`Rows ${from.toLocaleString("en")} to ${(from + length - 1).toLocaleString("en")}`}
          file={`sources-rows-${from}`}
          description={`${count(sources.length, "source")} over ${count(length, "row")}, one below the other, in standard deviations.`}
          draw={draw}
          data={() => ({ columns: ["source", "row", "low", "high"], rows: seriesRows(answer) })}
        >
          {isBand(answer) && (
            <p className="note">
              Drawn as the band between the smallest and the largest value of every{" "}
              {Math.ceil(length / answer.places.length)} or so rows; show 2,000 rows or fewer to see each.
            </p>
          )}
        </Figure>
      </div>
      <h2>How their values are distributed</h2>
      <p className="note">
        All {count(rows, "row")}. The curve is the Gaussian of the same mean and deviation: what differs from
        it is what the separation goes by, for of Gaussian sources it could find nothing.
        {beyond > 0 && ` ${count(beyond, "value")} beyond 6 standard deviations are not drawn.`}
      </p>
      <div className="wide-figure">
        <Figure
          title="Histograms"
          file="sources-histograms"
          description={`Histograms of ${count(sources.length, "source")}, each with a Gaussian's density.`}
          draw={drawShapes}
          data={() => ({
            columns: ["source", "from", "to", "density", "gaussian"],
            rows: histogramRows(answer),
          })}
        />
      </div>
    </>
  );
});
