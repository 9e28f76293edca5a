// A fit under way: how far it is, what can be done, its curves; and at the end what came of it.

import { useEffect, useState } from "react";
import type { RunResult, RunState, RunStatus } from "../../../src/server/studio/fit-answers.js";
import { bestOf, hasEnded } from "../../../src/server/studio/run-state.js";
import { judgedBy } from "../anomalies/judged-question.js";
import { addressOf, ask } from "../ask.js";
import { hrefOf } from "../route.js";
import { count, factorInWords, nats, secondsInWords } from "../words.js";
import { ProblemWords } from "./problem-words.js";
import { RunCurves } from "./run-curves.js";
import { useRun } from "./use-run.js";

interface RunViewProps {
  readonly id: string;
  /** Back to the columns, for another fit. */
  onAgain(): void;
  /** When it begins, is paused, ends, and so on. */
  onStatus(): void;
  onEnd(): void;
}

export function RunView({ id, onAgain, onStatus, onEnd }: RunViewProps) {
  const { run, problem } = useRun(id, onEnd);
  const known = run?.status;
  useEffect(() => {
    if (known !== undefined) onStatus();
  }, [known, onStatus]);
  const [refusal, setRefusal] = useState<string>();
  const tell = async (order: "pause" | "resume" | "stop") => {
    setRefusal(undefined);
    try {
      await ask(`runs/${id}/${order}`, {});
    } catch (error) {
      setRefusal((error as Error).message);
    }
  };
  const again = (
    <button type="button" onClick={onAgain}>
      {run && !hasEnded(run.status) ? "Prepare another fit" : "Fit again with other choices"}
    </button>
  );
  if (!run)
    return (
      <section>
        {problem ? <ProblemWords text={problem} /> : <p role="status">Looking for the fit …</p>}
        <p>{again}</p>
      </section>
    );

  const { status, nets, notices, result } = run;
  const canPause = status === "reading" || status === "training";
  return (
    <section aria-label="The fit" className="run" data-status={status}>
      <h2>
        {run.table} → {result?.model ?? run.name}
      </h2>
      {result ? <Outcome run={run} result={result} /> : <Progress run={run} />}
      {run.problem && <ProblemWords text={run.problem} />}
      {problem && <p className="problem">{problem}</p>}
      {refusal && <ProblemWords text={refusal} />}
      <div className="toolbar">
        {canPause && (
          <button type="button" onClick={() => void tell("pause")}>
            Pause
          </button>
        )}
        {status === "paused" && (
          <button type="button" onClick={() => void tell("resume")}>
            Resume
          </button>
        )}
        {!hasEnded(status) && status !== "saving" && (
          <button type="button" onClick={() => void tell("stop")}>
            {status === "waiting" || nets.length === 0 ? "Cancel" : "Stop and keep the best"}
          </button>
        )}
        {again}
      </div>
      {nets.some(({ points }) => points.length > 0) && <RunCurves nets={nets} result={result} />}
      {notices.length > 0 && (
        <details className="options">
          <summary>What was noticed about the table ({notices.length})</summary>
          <ul>
            {notices.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

const statusWords: Readonly<Record<RunStatus, string>> = {
  waiting: "Waits for the fit before it",
  reading: "Reads the table",
  training: "Trains",
  paused: "Paused: nothing is lost, and going on changes nothing in the result",
  saving: "Saves the model and its report",
  finished: "Done",
  stopped: "Stopped",
  failed: "Failed",
};

/** How far a run is, of all the nets that it may train. */
function Progress({ run }: { readonly run: RunState }) {
  const { status, plan, nets, step, seconds } = run;
  const total = plan ? plan.nets * plan.steps : 0;
  const done = plan ? Math.max(0, nets.length - 1) * plan.steps + step : 0;
  const left = done > 0 ? (seconds / done) * (total - done) : undefined;
  const isTraining = status === "training" || status === "paused";
  const best = bestOf(nets.flatMap(({ points }) => points));
  return (
    <>
      {isTraining && total > 0 && (
        <progress aria-label="Progress of the fit" value={done} max={total}>
          {Math.round((100 * done) / total)} %
        </progress>
      )}
      <p>
        <strong role="status">{statusWords[status]}.</strong>{" "}
        {isTraining && plan && nets.length > 0 && (
          <>
            {plan.nets > 1 ? `Net ${nets.length} of at most ${plan.nets}` : "One net"} (
            {nets[nets.length - 1].setting}): step {step.toLocaleString("en")} of{" "}
            {plan.steps.toLocaleString("en")}.{" "}
            {status === "training" && left !== undefined && seconds > 0.5 && (
              <>
                About {secondsInWords(left)} left
                {plan.nets > 1 && nets.length < plan.nets && " if all of them are trained; often fewer are"}.
              </>
            )}
          </>
        )}
      </p>
      {isTraining && plan && best && (
        <p className="note">
          {count(plan.rows, "row")} × {count(plan.columns, "column")}, {plan.batch} rows a step. Best so far:
          a log-density of {nats(-best.validationNll)} nats a held-out row.
        </p>
      )}
    </>
  );
}

/** Nats that nobody can tell apart. */
const tie = 0.005;

/** What came of a run, and where to go from here. */
function Outcome({ run, result }: { readonly run: RunState; readonly result: RunResult }) {
  const { model, validationLogProb, standardError, baseline, baselineIs, parameters, seconds } = result;
  const other =
    baselineIs === "gaussian" ? "a Gaussian, the plainest model," : "a model of each column by itself";
  const gain = baseline === null ? undefined : validationLogProb - baseline;
  const { table, exclude } = run;
  const { types, missing } = run.options;
  return (
    <>
      <p className="lead">
        <strong role="status">
          {run.status === "stopped" ? "Stopped early; the best is saved." : "Done."}
        </strong>{" "}
        {gain !== undefined && gain > tie && (
          <>
            The model finds rows that it had not seen <strong>{factorInWords(gain)} times as likely</strong>{" "}
            as {other} does.{" "}
          </>
        )}
        {gain !== undefined && gain < -tie && (
          <>The model knows rows less well than {other} does: more passes, or more rows, may help. </>
        )}
        {gain !== undefined && Math.abs(gain) <= tie && (
          <>The model is as good as {other}: no net knew rows that it had not seen better. </>
        )}
        Their log-density is{" "}
        <strong>
          {nats(validationLogProb)} ± {nats(standardError)} nats
        </strong>{" "}
        each on average{baseline !== null && `, against ${nats(baseline)}`}: the higher, the better they are
        known.
      </p>
      <p className="note">
        {count(parameters, "parameter")}, {secondsInWords(seconds)}.
        {result.calibrationRows > 0
          ? ` ${count(result.calibrationRows, "row")} set apart: the smallest p-value is 1/${(result.calibrationRows + 1).toLocaleString("en")}.`
          : " No rows were set apart, so there are no p-values."}
      </p>
      <p className="links">
        <a className="button main" href={hrefOf("anomalies", judgedBy({ table, exclude, types, missing }))}>
          Find the strange rows
        </a>
        <a href={hrefOf("anomalies", { model, table: "" })}>Score other tables with this model</a>
        <a href={hrefOf("look", { model, table })}>Look at what it learned</a>
        <a href={addressOf(`report?model=${encodeURIComponent(model)}`)} target="_blank" rel="noopener">
          Report
        </a>
      </p>
    </>
  );
}
