// Rows that the model draws beside rows of data.

import { memo, useCallback } from "react";
import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type {
  LookAxis,
  LookHistogram,
  LookPoints,
  LookSamples,
} from "../../../src/server/studio/look-answers.js";
import { Figure } from "../../page/figure.js";
import type { ColorName } from "../../page/palette.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { count } from "../words.js";
import { ColumnPair, pairIn } from "./column-pair.js";
import { drawHistograms, histogramColumns, histogramRows } from "./histograms-picture.js";
import { drawScatter, scatterColumns, scatterRows } from "./scatter-picture.js";

interface SamplesViewProps {
  readonly model: ModelEntry;
  readonly table: string | undefined;
}

/** Histograms at a time, as the server gives them; columns of the table of drawn rows. */
const perPage = 12;
const mostColumns = 40;

export function SamplesView({ model, table }: SamplesViewProps) {
  const { parameters, change } = useRoute();
  const [seed, page] = [wholeIn(parameters.seed, 1), wholeIn(parameters.page, 1) - 1];
  const { answer, problem, isWaiting } = useAnswer<LookSamples>("look/samples", {
    ...{ model: model.name, ...(table !== undefined && { table }), ...pairIn(parameters), seed, page },
  });
  if (problem)
    return (
      <p className="problem" role="alert">
        {problem}
      </p>
    );
  if (!answer) return <p className="note">{isWaiting && "The model is drawing …"}</p>;
  const { x, y, data, drawn, between, histograms, columns, draws } = answer;
  const misses = histograms.some(({ drawnMissing }) => drawnMissing > 0);
  const pages = Math.ceil(columns.length / perPage);
  return (
    <section aria-label="Samples">
      <div className="toolbar">
        <ColumnPair columns={model.columns} x={x.name} y={y?.name} />
        <button type="button" disabled={isWaiting} onClick={() => change({ seed: String(seed + 1) })}>
          Draw again
        </button>
      </div>
      <p>
        {count(draws, "row")} that the model drew ({isWaiting ? "drawing anew …" : `seed ${seed}`}): made up
        from what it has learned, none of them a row of the data.
        {data &&
          ` Where they look unlike the rows of ${table}, the model has not learned it; both pictures show equally many.`}
        {misses && " Cells are missing as often as the model expects."}
      </p>
      {data && between.length > 0 && (
        <p className="note">
          Values of {someOf(between)} repeat, though not in equal steps: the data are spread over their steps
          here as they were in training, because the model draws between them.
        </p>
      )}
      {!data && <p className="note">Choose a table above to see its rows beside them.</p>}
      <div className="row wide">
        {data && (
          <ScatterFigure
            title={`Rows of ${table}`}
            file={`${model.name}-data`}
            {...{ x, y, points: data, pointColor: "data", most: drawn.rows.length }}
          />
        )}
        <ScatterFigure
          title="Rows of the model"
          file={`${model.name}-drawn`}
          {...{ x, y, points: drawn, pointColor: "model", most: data?.rows.length ?? drawn.rows.length }}
        />
      </div>
      <section aria-labelledby="columns">
        <h2 id="columns">Column by column</h2>
        <p>
          {data
            ? "Shares of the data as filled bars, of the model's rows as a line; the better the model, the closer they lie."
            : "Shares of the model's rows, as a line."}
        </p>
        <HistogramsFigure histograms={histograms} file={`${model.name}-columns`} />
        {pages > 1 && (
          <div className="toolbar">
            <button type="button" disabled={page === 0} onClick={() => change({ page: String(page) })}>
              Columns before
            </button>
            <span className="note">
              {page * perPage + 1} to {Math.min(columns.length, (page + 1) * perPage)} of {columns.length}
            </span>
            <button
              type="button"
              disabled={page + 1 >= pages}
              onClick={() => change({ page: String(page + 2) })}
            >
              Columns after
            </button>
          </div>
        )}
      </section>
      <section aria-labelledby="drawn">
        <h2 id="drawn">{answer.table.length} of the drawn rows</h2>
        {columns.length > mostColumns && (
          <p className="note">
            The first {mostColumns} of {columns.length} columns.
          </p>
        )}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
        <section className="scroll" tabIndex={0} aria-label="Drawn rows">
          <table className="drawn">
            <thead>
              <tr>
                {columns.slice(0, mostColumns).map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {answer.table.map((row, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have nothing else
                <tr key={i}>
                  {row.slice(0, mostColumns).map((cell, d) => (
                    <td key={columns[d]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
    </section>
  );
}

interface ScatterFigureProps {
  readonly title: string;
  readonly file: string;
  readonly x: LookAxis;
  readonly y: LookAxis | null;
  readonly points: LookPoints;
  readonly pointColor: ColorName;
  /** Points of the other picture: as many are drawn, or the denser one would look like more probability. */
  readonly most: number;
}

const ScatterFigure = memo(({ title, file, x, y, points, pointColor, most }: ScatterFigureProps) => {
  const draw = useCallback(
    () => drawScatter({ x, y, points, pointColor, most }),
    [x, y, points, pointColor, most],
  );
  return (
    <Figure
      title={title}
      file={file}
      description={`${Math.min(most, points.rows.length)} points: ${[x.name, y?.name].filter(Boolean).join(" and ")}.`}
      draw={draw}
      data={() => ({ columns: scatterColumns(x, y), rows: scatterRows(points, y !== null) })}
    />
  );
});

const HistogramsFigure = memo(
  ({ histograms, file }: { readonly histograms: readonly LookHistogram[]; readonly file: string }) => {
    const draw = useCallback(() => drawHistograms(histograms), [histograms]);
    return (
      <div className="broad">
        <Figure
          title="Histograms"
          file={file}
          description={`Histograms of ${histograms.map(({ name }) => name).join(", ")}: data as bars, the model as a line.`}
          draw={draw}
          data={() => ({ columns: histogramColumns, rows: histogramRows(histograms) })}
        />
      </div>
    );
  },
);

/** "f0, f1, f2 and 9 more columns" */
function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more columns` : shown;
}

/** A whole number from 1 in the address. */
function wholeIn(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 1 && value < 65_536 ? value : otherwise;
}
