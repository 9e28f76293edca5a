// Windows of new rows in order: which of them have shifted, by what, and since when.

import { useCallback } from "react";
import type {
  DriftOverTime as Answer,
  DriftQuestion,
  DriftWindow,
} from "../../../src/server/studio/drift-answers.js";
import { Figure } from "../../page/figure.js";
import { useModel } from "../folder.js";
import { Choice } from "../pickers.js";
import { hrefOf, useRoute } from "../route.js";
import { count, pInWords, secondsInWords } from "../words.js";
import { Distribution } from "./distribution.js";
import { drawWindows, mostFeatures, windowHeader, windowRows } from "./windows-picture.js";

interface DriftOverTimeProps {
  readonly question: DriftQuestion;
  readonly answer: Answer;
}

const mostListed = 20;

export function DriftOverTime({ question, answer }: DriftOverTimeProps) {
  const { parameters, change } = useRoute();
  const { windows, features, first, alpha, distributions, notices, featureCount, referenceRows } = answer;
  const draw = useCallback(() => drawWindows(answer), [answer]);
  const shifted = windows.filter((one) => one.shifted);
  const names = distributions.map(({ column }) => column);
  // What moved most in the first window that shifted is shown first.
  const conspicuous =
    first === null
      ? names[0]
      : names.toSorted((a, b) => pOf(windows[first], features, a) - pOf(windows[first], features, b))[0];
  const chosen = names.find((name) => name === parameters.column) ?? conspicuous;
  const found = first === null ? undefined : windows[first];
  return (
    <>
      <p className="lead verdict" role="status">
        {verdictOf(answer)}
      </p>
      <Figure
        title={`Drift by window${question.by === undefined ? "" : `, in the order of ${question.by}`}`}
        file="drift-windows"
        description={`${windows.length} windows of ${answer.window} rows against ${features.length} features; stronger colours: smaller adjusted p-values; ${shifted.length} windows have shifted.`}
        draw={draw}
        data={() => ({ columns: windowHeader(answer), rows: windowRows(answer) })}
      >
        <p className="note">
          A column of the picture is a window of rows, a line what is compared; the stronger the colour, the
          smaller the p-value, adjusted for all windows and lines. Framed: at most {alpha}.
          {features.includes("log-density") && " log-density: how likely the model finds the rows."}
          {features.includes("latent-norm") &&
            " latent-norm: how far from the middle of what it has learned they are."}
          {featureCount > mostFeatures &&
            ` The ${mostFeatures} of ${featureCount} lines with the smallest p-values.`}
        </p>
      </Figure>
      <OrderRemark question={question} />
      {chosen !== undefined && (
        <section aria-labelledby="values">
          <h2 id="values">{found ? "The first window that has shifted" : "Values"}</h2>
          <div className="toolbar">
            <Choice label="Column" value={chosen} options={names} onChoose={(column) => change({ column })} />
          </div>
          <Distribution
            distribution={distributions.find(({ column }) => column === chosen)}
            name={chosen}
            rows={[referenceRows, found ? answer.window : answer.currentRows]}
            what={found ? `rows ${placeOf(found)}` : "new rows"}
          />
        </section>
      )}
      {shifted.length > 0 && (
        <section aria-labelledby="shifted">
          <h2 id="shifted">Windows that have shifted</h2>
          <div className="scroll">
            <table className="tests">
              <thead>
                <tr>
                  <th scope="col">rows</th>
                  {question.by !== undefined && (
                    <th scope="col" className="words">
                      {question.by}
                    </th>
                  )}
                  <th scope="col">adjusted p</th>
                  <th scope="col" className="words">
                    what shifted
                  </th>
                </tr>
              </thead>
              <tbody>
                {shifted.slice(0, mostListed).map((one) => (
                  <tr key={one.from}>
                    <th scope="row">{placeOf(one)}</th>
                    {question.by !== undefined && (
                      <td className="words">
                        {one.begins} to {one.ends}
                      </td>
                    )}
                    <td>{pInWords(Math.min(...one.adjusted))}</td>
                    <td className="words">
                      {features.filter((_, f) => one.adjusted[f] <= alpha).join(", ")}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {shifted.length > mostListed && (
            <p className="note">
              The first {mostListed} of {shifted.length}; all are in the picture’s CSV.
            </p>
          )}
        </section>
      )}
      {notices.map((text) => (
        <p className="note" key={text}>
          {text}
        </p>
      ))}
    </>
  );
}

/** A model that knows the column of the order finds every window strange: rows of one time, not of all. */
function OrderRemark({ question: { reference, by } }: Pick<DriftOverTimeProps, "question">) {
  const name = "model" in reference ? reference.model : undefined;
  const model = useModel(name);
  if (by === undefined || name === undefined || model?.name !== name) return null;
  if (!model.columns.some((column) => column === by || column.startsWith(`${by}.`))) return null;
  return (
    <p className="remark">
      {name} has learned {by} too. The rows of a window are of one part of it, which is unlike all of the
      reference, so that windows shift by themselves. To see what else has changed,{" "}
      <a href={hrefOf("fit", { table: model.table })}>fit a model</a> without {by}.
    </p>
  );
}

const placeOf = ({ from, to }: DriftWindow) => `${from.toLocaleString("en")} to ${to.toLocaleString("en")}`;

const pOf = ({ adjusted }: DriftWindow, features: readonly string[], name: string) =>
  adjusted[features.indexOf(name)] ?? 1;

function verdictOf(answer: Answer): string {
  const { windows, first, alpha, window, referenceRows, seconds } = answer;
  const shifted = windows.filter((one) => one.shifted).length;
  const about =
    `level ${alpha} over ${count(windows.length, "window")} of ${count(window, "row")}, each beside ` +
    `${referenceRows.toLocaleString("en")} of the reference; ${secondsInWords(Math.max(1, seconds))}`;
  if (first === null) return `No drift was found (${about}).`;
  const { begins, ends } = windows[first];
  const when = begins === null ? "" : `, ${begins} to ${ends}`;
  return (
    `Drift: the first window that has shifted is rows ${placeOf(windows[first])}${when} (${about}). ` +
    `${shifted.toLocaleString("en")} of ${count(windows.length, "window")} have shifted.`
  );
}
