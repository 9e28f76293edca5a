// Models side by side: their held-out curves in one picture, and a table of what came of each.

import { useCallback, useMemo } from "react";
import type { CurvesAnswer } from "../../../src/server/studio/fit-answers.js";
import { Figure } from "../../page/figure.js";
import { color } from "../../page/palette.js";
import { useFolder } from "../folder.js";
import { hrefOf } from "../route.js";
import { nats, secondsInWords } from "../words.js";
import { lineColor } from "./curve-pictures.js";
import { drawLines, type LinesPicture } from "./lines-picture.js";
import { useCurves } from "./use-curves.js";

/** Lines that can be told apart, and models that are listed. */
const mostLines = 5;
const mostListed = 50;
/** Between names in the address: no name has it. */
const separator = "\n";

interface CompareProps {
  readonly table: string | undefined;
  /** Names of the models to draw, as the address has them; undefined: those of the table. */
  readonly chosen: string | undefined;
  onChoose(chosen: string): void;
}

export function Compare({ table, chosen, onChoose }: CompareProps) {
  const { folder } = useFolder();
  const models = useMemo(() => {
    const all = folder?.models ?? [];
    const own = all.filter((model) => model.table === table);
    return [...own, ...all.filter((model) => model.table !== table)].slice(0, mostListed);
  }, [folder, table]);
  const usual = models
    .filter((model) => table !== undefined && model.table === table)
    .map(({ name }) => name);
  const wanted = chosen?.split(separator) ?? usual;
  const names = wanted.filter((name) => models.some((model) => model.name === name)).slice(0, mostLines);
  const { curves, problem } = useCurves(names);
  if (models.length === 0) return null;
  const toggle = (name: string) =>
    onChoose(
      (names.includes(name) ? names.filter((other) => other !== name) : [...names, name]).join(separator),
    );
  const tables = new Set(models.filter(({ name }) => names.includes(name)).map((model) => model.table));
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Compare models</h2>
      <p className="note">
        Choose up to {mostLines}. More nats are better, and only models of the same table and columns can be
        compared
        {tables.size > 1 && <strong>: these are of different tables</strong>}.
      </p>
      {problem && <p className="problem">{problem}</p>}
      <div className="scroll models">
        <table>
          <thead>
            <tr>
              <th scope="col">model</th>
              <th scope="col">table</th>
              <th scope="col">nats a held-out row</th>
              <th scope="col">a Gaussian</th>
              <th scope="col">parameters</th>
              <th scope="col">time</th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => {
              const place = names.indexOf(model.name);
              const { name, validationLogProb, standardError, gaussianLogProb, parameters, seconds } = model;
              return (
                <tr key={name} data-model={name}>
                  <th scope="row">
                    <label className="check">
                      <input
                        type="checkbox"
                        checked={place >= 0}
                        disabled={place < 0 && names.length >= mostLines}
                        onChange={() => toggle(name)}
                      />
                      {place >= 0 && (
                        <span aria-hidden="true" style={{ color: color(lineColor(place)) }}>
                          ●
                        </span>
                      )}
                      <a href={hrefOf("look", { model: name, table: model.table })}>{name}</a>
                    </label>
                  </th>
                  <td>{model.table ?? model.sources.join(", ")}</td>
                  <td>
                    {nats(validationLogProb)} ± {nats(standardError)}
                  </td>
                  <td>{gaussianLogProb === null ? "–" : nats(gaussianLogProb)}</td>
                  <td>{parameters.toLocaleString("en")}</td>
                  <td>{secondsInWords(seconds)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {curves.some(({ points }) => points.length > 0) && <CompareFigure curves={curves} />}
      {curves.length > 0 && (
        <details className="options">
          <summary>How they are built</summary>
          <ul className="flows note">
            {curves.map(({ model, flow }) => (
              <li key={model}>
                <strong>{model}</strong>: {flow}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function CompareFigure({ curves }: { readonly curves: readonly CurvesAnswer[] }) {
  const key = curves.map(({ model, seconds }) => `${model} ${seconds}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is made anew at every rendering, its curves are not
  const draw = useCallback(() => drawLines(pictureOf(curves)), [key]);
  return (
    <Figure
      title="Held-out curves side by side"
      file="compared-curves"
      description={`Held-out negative log-likelihood against steps, of ${curves.map(({ model }) => model).join(", ")}.`}
      draw={draw}
      data={() => ({ columns: ["model", "step", "validation_nll", "train_nll"], rows: rowsOf(curves) })}
    >
      <p className="note">
        Of each model the net that was best alone, by step. The table tells of whole models, which may average
        several nets.
      </p>
    </Figure>
  );
}

const pictureOf = (curves: readonly CurvesAnswer[]): LinesPicture => ({
  label: "nats a row, lower is better",
  isLowInterest: true,
  lines: curves.map(({ model, points }, i) => ({
    name: model,
    color: lineColor(i),
    points: points.map(({ step, validationNll }) => ({ step, value: validationNll })),
  })),
  marked: curves.flatMap(({ points, bestStep }, i) =>
    points
      .filter(({ step }) => step === bestStep)
      .map(({ step, validationNll }) => ({ step, value: validationNll, color: lineColor(i) })),
  ),
});

function* rowsOf(curves: readonly CurvesAnswer[]) {
  for (const { model, points } of curves)
    for (const { step, validationNll, trainNll } of points)
      yield [model, step, validationNll, trainNll] as const;
}
