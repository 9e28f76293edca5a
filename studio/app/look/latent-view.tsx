// Rows in the latent space: two of its dimensions over the base's density, and each dimension checked against the base.

import { memo, useCallback, useState } from "react";
import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type { LatentCheck, LookLatent } from "../../../src/server/studio/look-answers.js";
import { Figure } from "../../page/figure.js";
import { Choice } from "../pickers.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { checkColumns, checkRows, drawChecks } from "./checks-picture.js";
import { checksWords, latentWords } from "./latent-words.js";
import { drawPair, pairColumns, pairRows } from "./pair-picture.js";
import type { PairPicture } from "./pair-points.js";

interface LatentViewProps {
  readonly model: ModelEntry;
  readonly table: string | undefined;
}

export function LatentView({ model, table }: LatentViewProps) {
  const { parameters, change } = useRoute();
  const [x, y] = [placeIn(parameters.i, 0), placeIn(parameters.j, 1)];
  const net = placeIn(parameters.net, 0);
  const { answer, problem, isWaiting } = useAnswer<LookLatent>("look/latent", {
    ...{ model: model.name, ...(table !== undefined && { table }), x, y, net },
  });
  const pick = useCallback((row: number) => change({ row: String(row), view: undefined }), [change]);
  if (problem)
    return (
      <p className="problem" role="alert">
        {problem}
      </p>
    );
  if (!answer) return <p className="note">{isWaiting && "The model is being asked …"}</p>;
  if (answer.dimensions === 0)
    return (
      <p>
        All columns of this model are categories: it tells how probable each row is, and has no latent space.
      </p>
    );
  const { base, dimensions, nets, points } = answer;
  const names = Array.from({ length: dimensions }, (_, d) => String(d + 1));
  return (
    <section aria-label="Latent space">
      <div className="toolbar">
        {nets > 1 && (
          <Choice
            label="Net"
            value={String(answer.net)}
            options={Array.from({ length: nets }, (_, k) => String(k + 1))}
            onChoose={(name) => change({ net: name })}
          />
        )}
        <Choice
          label="Across"
          value={names[Math.min(x, dimensions - 1)]}
          options={names}
          onChoose={(name) => change({ i: name })}
        />
        {dimensions > 1 && (
          <Choice
            label="Up"
            value={names[Math.min(y, dimensions - 1)]}
            options={names}
            onChoose={(name) => change({ j: name })}
          />
        )}
      </div>
      <p>{latentWords(answer, table, table !== undefined && table === model.table)}</p>
      <div className="look even">
        <div>
          {base && (
            <LatentFigure
              base={base}
              points={points}
              pointColor={table === undefined ? "ink" : "data"}
              file={`${model.name}-latent`}
              onPick={pick}
            />
          )}
        </div>
        <Checks
          checks={answer.checks}
          rows={answer.rows}
          dimensions={dimensions}
          file={`${model.name}-base`}
        />
      </div>
    </section>
  );
}

interface LatentFigureProps extends Pick<PairPicture, "points" | "pointColor"> {
  readonly base: NonNullable<LookLatent["base"]>;
  readonly file: string;
  onPick(row: number): void;
}

const LatentFigure = memo(({ base, points, pointColor, file, onPick }: LatentFigureProps) => {
  const draw = useCallback(
    () => drawPair({ density: base, points, pointColor, onPick }),
    [base, points, pointColor, onPick],
  );
  const picture: PairPicture = { density: base, points, pointColor };
  return (
    <Figure
      title={base.y ? "Rows in the latent space" : `Rows in ${base.x.name}`}
      file={file}
      description={`Contours of the base density over ${points?.rows.length ?? 0} rows in the latent space.`}
      draw={draw}
      data={() => ({ columns: pairColumns(picture), rows: pairRows(picture) })}
    />
  );
});

interface ChecksProps {
  readonly checks: readonly LatentCheck[];
  readonly rows: number;
  readonly dimensions: number;
  readonly file: string;
}

/** Panels at a time. */
const perPage = 12;

function Checks({ checks, rows, dimensions, file }: ChecksProps) {
  const [page, setPage] = useState(0);
  const pages = Math.ceil(checks.length / perPage);
  const shown = Math.min(page, Math.max(0, pages - 1));
  return (
    <div>
      <p>{checksWords(checks, rows, dimensions)}</p>
      {checks.length > 0 && <ChecksFigure checks={checks} page={shown} file={file} />}
      {pages > 1 && (
        <div className="toolbar">
          <button type="button" disabled={shown === 0} onClick={() => setPage(shown - 1)}>
            Stranger ones
          </button>
          <span className="note">
            {shown * perPage + 1} to {Math.min(checks.length, (shown + 1) * perPage)} of {checks.length}
          </span>
          <button type="button" disabled={shown === pages - 1} onClick={() => setPage(shown + 1)}>
            Less strange ones
          </button>
        </div>
      )}
    </div>
  );
}

interface ChecksFigureProps {
  readonly checks: readonly LatentCheck[];
  readonly page: number;
  readonly file: string;
}

const ChecksFigure = memo(({ checks, page, file }: ChecksFigureProps) => {
  const draw = useCallback(
    () => drawChecks(checks.slice(page * perPage, (page + 1) * perPage)),
    [checks, page],
  );
  return (
    <Figure
      title="Each dimension beside the base"
      file={file}
      description="Histograms of where rows fall among draws of the base, one a dimension, over the band of chance around a flat line."
      draw={draw}
      data={() => ({ columns: checkColumns, rows: checkRows(checks) })}
    />
  );
});

/** A place in the address counts from 1. */
function placeIn(text: string | undefined, otherwise: number): number {
  const place = Number(text) - 1;
  return Number.isSafeInteger(place) && place >= 0 && place < 65_536 ? place : otherwise;
}
