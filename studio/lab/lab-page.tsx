// The lab: flows trained on densities in the plane, in the page itself, under one rule for the Jacobian term or two.

import { useCallback, useState } from "react";
import { color } from "../page/palette.js";
import { ThemeSwitch } from "../page/theme-switch.js";
import { Choice, type Choices, Controls, none } from "./controls.js";
import { CurvesFigure } from "./curves-figure.js";
import { type Measure, measures } from "./curves-picture.js";
import { DensityFigure } from "./density-figure.js";
import { LayersView } from "./layers-view.js";
import { runColors } from "./run-colors.js";
import { defaultSettings } from "./settings.js";
import { Summary } from "./summary.js";
import { usePreview } from "./use-preview.js";
import { isActive, useRuns } from "./use-runs.js";

export function LabPage() {
  const [choices, setChoices] = useState<Choices>({
    settings: defaultSettings,
    first: "relative",
    second: "exact",
  });
  const [measure, setMeasure] = useState<Measure>("missed");
  const [shown, setShown] = useState<"data" | "samples">("samples");
  const { runs, truth: trained, start, pause, resume, stop, reset } = useRuns();
  const preview = usePreview(choices.settings);
  const truth = runs.length > 0 ? trained : preview.truth;
  const { settings, first, second } = choices;
  const begin = useCallback(
    () =>
      start(
        settings,
        [first, second].filter((rule) => rule !== none),
      ),
    [start, settings, first, second],
  );
  const busy = runs.some(isActive);
  const isPaused =
    busy && runs.filter(isActive).every(({ status }) => ["pausing", "paused"].includes(status));
  const hasSnapshot = runs.some(({ snapshot }) => snapshot);

  return (
    <>
      <header>
        <div>
          <h1>logdet lab</h1>
          <p>
            Normalizing flows learn densities in the plane, in this page: nothing leaves it. Choose a rule for
            the gradient of the Jacobian term, log|det W| of every dense layer, and another to run beside it
            on the same rows from the same start.
          </p>
        </div>
        <ThemeSwitch />
      </header>
      <main>
        <Controls
          choices={choices}
          onChange={setChoices}
          isActive={busy}
          isPaused={isPaused}
          hasRuns={runs.length > 0}
          onStart={begin}
          onPause={pause}
          onResume={resume}
          onStop={stop}
          onReset={reset}
        />
        <div className="views">
          {runs.length === 0 && preview.problem && (
            <p className="problem" role="alert">
              {preview.problem}
            </p>
          )}
          <Summary runs={runs} />
          <section aria-labelledby="densities">
            <div className="heading">
              <h2 id="densities">Densities</h2>
              {hasSnapshot && (
                <Choice
                  label="Points"
                  value={shown}
                  options={["samples", "data"]}
                  words={{ samples: "drawn from each model", data: "held-out rows" }}
                  onChoose={(value) => setShown(value as typeof shown)}
                />
              )}
            </div>
            <p className="note">
              Contours hold 90, 70, 50, 30 and 10 % of the mass. A model is shown as it was when it did best
              on held-out rows.
            </p>
            <div className="row">
              {truth && (
                <DensityFigure
                  title="True density"
                  file={`${truth.density}-truth`}
                  extent={truth.extent}
                  grid={truth.grid}
                  rows={truth.points}
                  contours={color("ink")}
                  points="held-out rows"
                />
              )}
              {runs.map(
                ({ rule, snapshot }, i) =>
                  truth &&
                  snapshot && (
                    <DensityFigure
                      // biome-ignore lint/suspicious/noArrayIndexKey: both runs may have one rule
                      key={i}
                      title={`${rule}, step ${snapshot.step.toLocaleString("en")}`}
                      file={`${truth.density}-${rule}`}
                      extent={truth.extent}
                      grid={snapshot.grid}
                      rows={shown === "data" ? truth.points : snapshot.samples}
                      contours={runColors[i]}
                      points={shown === "data" ? "held-out rows" : "rows drawn from the model"}
                    />
                  ),
              )}
            </div>
          </section>
          {runs.length > 0 && (
            <section aria-labelledby="curves">
              <div className="heading">
                <h2 id="curves">Learning curves</h2>
                <Choice
                  label="Show"
                  value={measure}
                  options={Object.keys(measures)}
                  words={measures}
                  onChoose={(value) => setMeasure(value as Measure)}
                />
              </div>
              <p className="note">
                {runs.map(({ rule }, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: both runs may have one rule
                  <span key={i} style={{ color: runColors[i] }}>
                    ● {rule}{" "}
                  </span>
                ))}
                The runs take turns; seconds are of their own computing.{" "}
                {measure === "nll" &&
                  "Solid: held-out rows; dashed: training rows; dotted: the density itself."}
                {measure === "missed" &&
                  "Mean of log p − log q over 2,000 held-out rows: an estimate of KL(p ‖ q). Below 0.001 it is drawn there."}
                {measure === "gradient" &&
                  "Of one batch, as the rule gives it to the optimizer: comparable within a run, not between rules."}
              </p>
              <div className="row wide">
                {(["step", "seconds"] as const).map((against) => (
                  <CurvesFigure
                    key={against}
                    runs={runs}
                    against={against}
                    measure={measure}
                    entropy={truth?.entropy}
                  />
                ))}
              </div>
            </section>
          )}
          {hasSnapshot && <LayersView runs={runs} />}
        </div>
      </main>
    </>
  );
}
