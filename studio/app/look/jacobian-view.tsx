// What the flow does right around one row: its Jacobian as a heat map, and how far it stretches steps.

import "./jacobian.css";
import { memo, useCallback } from "react";
import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type {
  JacobianAnswer,
  JacobianRowsAnswer,
  NotShown,
} from "../../../src/server/studio/jacobian-answers.js";
import { Figure } from "../../page/figure.js";
import { NumberField } from "../number-field.js";
import { Choice } from "../pickers.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { short } from "../words.js";
import {
  drawJacobian,
  drawRows,
  drawSingularValues,
  jacobianRows,
  largestOf,
  rowsRows,
} from "./jacobian-picture.js";
import { cellsInWords, stepInWords, sumInWords, timesInWords, volumeInWords } from "./jacobian-words.js";

interface JacobianViewProps {
  readonly model: ModelEntry;
  /** Undefined: rows are drawn from the model. */
  readonly table: string | undefined;
}

/** In the address: `row`, a number, "typical" or "strangest"; `x` and `y`, the columns of the small picture. */
export function JacobianView({ model, table }: JacobianViewProps) {
  const { parameters, change } = useRoute();
  const { row = "typical", x, y } = parameters;
  const asked = { model: model.name, table };
  const choice = /^[1-9]\d{0,8}$/.test(row) ? Number(row) : row === "strangest" ? "strangest" : "typical";
  const found = useAnswer<JacobianAnswer | NotShown>("jacobian", { ...asked, row: choice });
  const around = useAnswer<JacobianRowsAnswer | NotShown>("jacobian/rows", { ...asked, x, y });
  const choose = useCallback((number: number) => change({ row: String(number) }), [change]);
  const noun = table === undefined ? "draw" : "row";
  if (found.answer && "notShown" in found.answer) return <p>{found.answer.notShown}</p>;
  const { answer, isWaiting } = found;
  const rows = around.answer && !("notShown" in around.answer) ? around.answer : undefined;
  const problem = found.problem ?? around.problem;
  return (
    <section aria-labelledby="jacobian">
      <h2 id="jacobian">What the flow does around one row</h2>
      <p className="note">
        A flow is a map: it takes a row to its place in the latent space, where rows should look like draws of
        a simple density. Its Jacobian J says how that place moves when a cell of the row changes a little;
        where small steps become long ones, rows are told apart finely.
      </p>
      <div className="toolbar choose-row">
        <Choice
          label="Row"
          value={typeof choice === "number" ? "number" : choice}
          options={typeof choice === "number" ? ["typical", "strangest", "number"] : ["typical", "strangest"]}
          words={{
            typical: `typical: half of the ${noun}s are likelier`,
            strangest: `strangest: the least likely ${noun}`,
            number: `${noun} ${row}`,
          }}
          onChoose={(to) => change({ row: to === "number" ? row : to })}
        />
        <NumberField label="Number" value={answer?.row} min={1} max={1e9} isWhole onChoose={choose} />
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {!answer && isWaiting && <p className="note">Looking at the row …</p>}
      {answer && (
        <div className="words" aria-busy={isWaiting} aria-live="polite">
          <JacobianWords answer={answer} noun={noun} />
        </div>
      )}
      <div className="row">
        {rows && <RowsFigure rows={rows} chosen={answer?.row} onChoose={choose} change={change} />}
        {answer && <JacobianFigures answer={answer} />}
      </div>
    </section>
  );
}

function JacobianWords({ answer, noun }: { readonly answer: JacobianAnswer; readonly noun: string }) {
  const { row, size, net, most, least } = answer;
  return (
    <>
      <p>
        <strong>
          {noun === "row" ? "Row" : "Draw"} {row.toLocaleString("en")}
        </strong>
        : {cellsInWords(answer)}
      </p>
      {size === 1 ? (
        <p>A small step moves the latent {timesInWords(most)} as far.</p>
      ) : (
        <p>
          A small step along <strong>{stepInWords(most)}</strong> moves the latent most,{" "}
          <strong>{timesInWords(most)}</strong> as far; one along <strong>{stepInWords(least)}</strong> least,{" "}
          {timesInWords(least)}. A small volume around the row becomes {volumeInWords(answer)}.
        </p>
      )}
      <p className="note">
        Its log-density: {sumInWords(answer)}. log|det J| is the sum of the logarithms of the singular values.
        Steps are in the model's units, standard deviations of the columns (for columns between two bounds:
        the width between them); categories are held.
        {net.count > 1 &&
          ` The model adds up ${net.count} nets; this is net ${net.number}, which makes up ${Math.round(100 * net.share)} % of the density here.`}
      </p>
    </>
  );
}

const JacobianFigures = memo(function JacobianFigures({ answer }: { readonly answer: JacobianAnswer }) {
  const { row, size, columns, latents, matrix, singularValues } = answer;
  const draw = useCallback(() => drawJacobian(answer), [answer]);
  const drawValues = useCallback(() => drawSingularValues(singularValues), [singularValues]);
  const largest = short(largestOf(matrix));
  return (
    <>
      <Figure
        title="The Jacobian"
        file={`jacobian-row-${row}`}
        description={`How each of ${latents.length} coordinates of the latent moves with each of ${columns.length} columns at row ${row}. The strongest is ${largest}.`}
        draw={draw}
        data={() => ({ columns: ["latent", "column", "derivative"], rows: jacobianRows(answer) })}
      >
        <p className="note">
          Blue: the latent coordinate grows with the column; orange: it falls. The strongest colour is ±
          {largest}.
          {size > columns.length &&
            ` Of ${size} columns and as many coordinates of the latent, the ${columns.length} strongest are shown.`}
        </p>
      </Figure>
      <Figure
        title="Singular values"
        file={`singular-values-row-${row}`}
        description={`${singularValues.length} singular values at row ${row}, from ${short(singularValues[0])} to ${short(singularValues[singularValues.length - 1])}, on a logarithmic axis.`}
        draw={drawValues}
        data={() => ({
          columns: ["direction", "singular_value"],
          rows: singularValues.map((value, i) => [i + 1, value]),
        })}
      >
        <p className="note">
          How many times as far the latent moves for a small step
          {size > 1 && ` in each of ${size} perpendicular directions`}: above 1 the flow stretches, below it
          shrinks.
        </p>
      </Figure>
    </>
  );
});

interface RowsFigureProps {
  readonly rows: JacobianRowsAnswer;
  readonly chosen: number | undefined;
  onChoose(number: number): void;
  change(some: Readonly<Record<string, string | undefined>>): void;
}

const RowsFigure = memo(function RowsFigure({ rows, chosen, onChoose, change }: RowsFigureProps) {
  const { x, y, numeric, numbers, areDrawn } = rows;
  const draw = useCallback(() => drawRows({ rows, chosen, onChoose }), [rows, chosen, onChoose]);
  const what = areDrawn ? "draws of the model" : "rows";
  return (
    <Figure
      title="Choose a row"
      file="rows-to-choose"
      description={`${numbers.length} ${what}: ${y ?? "log-density"} against ${x}. Row ${chosen} is marked.`}
      draw={draw}
      data={() => ({ columns: ["row", x, y ?? "log_density"], rows: rowsRows(rows) })}
    >
      {numeric.length > 1 && (
        <div className="toolbar">
          <Choice
            label="Across"
            value={x}
            options={numeric.filter((name) => name !== y)}
            onChoose={(name) => change({ x: name, y })}
          />
          <Choice
            label="Up"
            value={y ?? x}
            options={numeric.filter((name) => name !== x)}
            onChoose={(name) => change({ x, y: name })}
          />
        </div>
      )}
      <p className="note">
        {numbers.length.toLocaleString("en")} {what}; click one to see its Jacobian.
      </p>
    </Figure>
  );
});
