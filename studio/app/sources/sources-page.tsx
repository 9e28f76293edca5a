// Sources that `logdet ica` found in a table: what they are made of, and how they look.

import "./sources.css";
import type { SourcesAnswer } from "../../../src/server/studio/sources-answers.js";
import { useFolder } from "../folder.js";
import { Choice } from "../pickers.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { count, nats } from "../words.js";
import { MixingView } from "./mixing-view.js";
import { SeriesView } from "./series-view.js";
import { SourcesTable } from "./sources-table.js";

/** Sources that are shown at a time. */
const perPage = 8;

/** In the address: `name`, the folder; `first`, the first source that is shown; `from` and `length`, the window of rows. */
export default function SourcesPage() {
  const { parameters, change } = useRoute();
  const { folder } = useFolder();
  const names = folder?.separations ?? [];
  const name = parameters.name ?? names[0];
  const { answer, problem, isWaiting } = useAnswer<SourcesAnswer>(
    name === undefined ? undefined : "sources",
    name === undefined ? undefined : { name },
  );
  const first = placeIn(parameters.first, answer?.sources.length ?? 1);
  return (
    <main className="page">
      <h1 tabIndex={-1}>Sources</h1>
      {names.length > 1 && (
        <div className="toolbar">
          <Choice
            label="Folder"
            value={name ?? ""}
            options={names.includes(name ?? "") ? names : [name ?? "", ...names]}
            onChoose={(to) => change({ name: to, first: undefined, from: undefined, length: undefined })}
          />
        </div>
      )}
      {name === undefined && (
        <p className="lead">
          There are no sources in this folder. Signals that were recorded mixed, sounds at several microphones
          say, are taken apart by: logdet ica signals.csv
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {!answer && isWaiting && <p className="note">Reading …</p>}
      {answer && (
        <>
          <SourcesWords answer={answer} />
          <Pager first={first} total={answer.sources.length} onMove={(to) => change({ first: to })} />
          <SourcesTable sources={answer.sources.slice(first, first + perPage)} />
          <SeriesView key={answer.name} answer={answer} first={first} count={perPage} />
          <MixingView answer={answer} first={first} count={perPage} />
        </>
      )}
    </main>
  );
}

/** The first source of the page, from 0: the address counts from 1, and may say anything. */
function placeIn(text: string | undefined, total: number): number {
  const number = /^[1-9]\d{0,5}$/.test(text ?? "") ? Number(text) - 1 : 0;
  return Math.floor(Math.min(number, total - 1) / perPage) * perPage;
}

function SourcesWords({ answer }: { readonly answer: SourcesAnswer }) {
  const { name, rows, columns, sources, isNonlinear, hasConverged, logProb, matchingTruth } = answer;
  const strongest = sources[0];
  return (
    <>
      <p className="lead">
        {name}: {count(rows, "row")} of {count(columns.length, "column")}, taken for{" "}
        {isNonlinear ? "smooth mixtures" : "mixtures"} of {count(sources.length, "source")} that know nothing
        of each other.
        {strongest?.contribution != null &&
          sources.length > 1 &&
          ` The strongest, ${strongest.name}, makes up ${Math.round(100 * strongest.contribution)} % of what varies in the columns.`}
      </p>
      <p className="note">
        Sources have mean 0 and standard deviation 1; their order is by contribution, and their signs are
        anyone's choice.
        {logProb !== null && ` Mean log-density of a row: ${nats(logProb)} nats.`}
        {matchingTruth !== undefined &&
          ` Mean correlation with the true sources, sign aside: ${matchingTruth.toFixed(4)}.`}
        {isNonlinear &&
          " Nonlinear sources are not determined by the columns alone: others may explain them as well, so look at the stability."}
        {hasConverged === false &&
          " The search had not come to rest when it ended: run logdet ica with more --starts, and compare."}
      </p>
    </>
  );
}

interface PagerProps {
  /** From 0. */
  readonly first: number;
  readonly total: number;
  /** The first source of another page, from 1. */
  onMove(first: string): void;
}

function Pager({ first, total, onMove }: PagerProps) {
  if (total <= perPage) return null;
  return (
    <div className="toolbar">
      <button type="button" disabled={first === 0} onClick={() => onMove(String(first - perPage + 1))}>
        Stronger
      </button>
      <span aria-live="polite">
        Sources {first + 1} to {Math.min(total, first + perPage)} of {total.toLocaleString("en")}
      </span>
      <button
        type="button"
        disabled={first + perPage >= total}
        onClick={() => onMove(String(first + perPage + 1))}
      >
        Weaker
      </button>
    </div>
  );
}
