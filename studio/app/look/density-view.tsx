// The density of two columns over rows: the other columns averaged over, or held where sliders say.

import { memo, useCallback, useEffect } from "react";
import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type {
  LookCell,
  LookDensity,
  LookModel,
  LookPoints,
  LookRow,
} from "../../../src/server/studio/look-answers.js";
import { Figure } from "../../page/figure.js";
import { useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { ColumnPair, pairIn, useTogether } from "./column-pair.js";
import { densityWords, pictureWords, pointsWords } from "./density-words.js";
import { HeldControls } from "./held-controls.js";
import { drawPair, pairColumns, pairRows } from "./pair-picture.js";
import { isNumbers, type PairPicture } from "./pair-points.js";
import { RowPanel } from "./row-panel.js";

interface DensityViewProps {
  readonly model: ModelEntry;
  readonly table: string | undefined;
  /** Undefined until they are known, which is after the first picture. */
  readonly facts: LookModel | undefined;
  onDrawn(): void;
}

export function DensityView({ model, table, facts, onDrawn }: DensityViewProps) {
  const { parameters, change } = useRoute();
  const about = { model: model.name, ...(table !== undefined && { table }) };
  const pair = pairIn(parameters);
  const shownColumns = Math.min(
    model.columns.length,
    parameters.x !== undefined && parameters.y === undefined ? 1 : 2,
  );
  const hasOthers = model.columns.length > shownColumns;
  const isHeld = parameters.others === "held" && hasOthers;
  const row = rowIn(parameters.row);
  const cells = cellsIn(parameters.set);
  const held = isHeld ? { held: { ...(row !== undefined && { row }), cells } } : {};
  // A table that does not fit the model spoils the points alone; of a held row the density needs it too.
  const place = isHeld && row !== undefined ? about : { model: model.name };
  const density = useAnswer<LookDensity>("look/density", { ...place, ...pair, ...held });
  const points = useAnswer<LookPoints>("look/points", { ...about, ...pair });
  const chosen = useAnswer<LookRow>(
    row === undefined ? undefined : "look/row",
    row === undefined ? undefined : { ...about, row },
  );
  const { first, second } = useTogether(density, points);
  const rowAnswer = row !== undefined && chosen.answer?.row === row ? chosen.answer : undefined;
  const pick = useCallback((number: number) => change({ row: String(number) }), [change]);
  const problem = density.problem ?? points.problem;
  const isDone = first !== undefined || problem !== undefined;
  useEffect(() => {
    if (isDone) onDrawn();
  }, [isDone, onDrawn]);
  return (
    <section aria-label="Density">
      <div className="toolbar">
        <ColumnPair columns={model.columns} x={first?.x.name} y={first?.y?.name} />
        {hasOthers && (
          <label>
            Other columns
            <select
              value={isHeld ? "held" : "averaged"}
              onChange={({ target }) => change({ others: target.value === "held" ? "held" : undefined })}
            >
              <option value="averaged">averaged over</option>
              <option value="held">held at values</option>
            </select>
          </label>
        )}
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {!first && !problem && <p className="note">The model is being asked …</p>}
      <div className="look">
        <div>
          {first && (
            <>
              <p>{densityWords(first, model.columns.length)}</p>
              <p className="note">{pointsWords(second, first, table)}</p>
              <PairFigure
                density={first}
                points={second}
                table={table}
                file={`${model.name}-density`}
                cells={rowAnswer?.cells}
                onPick={pick}
              />
            </>
          )}
        </div>
        <div className="side">
          <RowPanel
            model={model.name}
            table={table}
            row={row}
            answer={rowAnswer}
            problem={row === undefined ? undefined : chosen.problem}
            isHeld={isHeld}
            hasPoints={[first?.x, first?.y].some((axis) => axis && isNumbers(axis))}
            canHold={hasOthers}
          />
          {isHeld && facts && (
            <HeldControls
              facts={facts}
              shown={[first?.x.name, first?.y?.name]}
              row={rowAnswer}
              cells={cells}
            />
          )}
        </div>
      </div>
    </section>
  );
}

interface PairFigureProps {
  readonly density: LookDensity;
  readonly points: LookPoints | undefined;
  readonly table: string | undefined;
  readonly file: string;
  /** Of the row that is marked. */
  readonly cells: readonly LookCell[] | undefined;
  onPick(row: number): void;
}

const PairFigure = memo(({ density, points, table, file, cells, onPick }: PairFigureProps) => {
  const valueIn = (name: string | undefined) => cells?.find((cell) => cell.name === name)?.value;
  const [x, y] = [valueIn(density.x.name), density.y ? valueIn(density.y.name) : undefined];
  const isMarked = typeof x === "number" && (density.y === null || typeof y === "number");
  const pointColor = table === undefined ? ("ink" as const) : ("data" as const);
  const draw = useCallback(() => {
    const marked = isMarked ? { x: x as number, y: y ?? undefined } : undefined;
    return drawPair({ density, points, pointColor, marked, onPick });
  }, [density, points, pointColor, isMarked, x, y, onPick]);
  const picture: PairPicture = { density, points, pointColor };
  return (
    <Figure
      title={density.y ? `${density.x.name} and ${density.y.name}` : density.x.name}
      file={file}
      description={pictureWords(density, points)}
      draw={draw}
      data={() => ({ columns: pairColumns(picture), rows: pairRows(picture) })}
    />
  );
});

/** A row's number in the address. */
function rowIn(text: string | undefined): number | undefined {
  const row = Number(text);
  return Number.isSafeInteger(row) && row > 0 ? row : undefined;
}

/** Cells in the address, as JSON; none where it is not ours. */
function cellsIn(text: string | undefined): Readonly<Record<string, number>> {
  if (!text) return {};
  try {
    const cells: unknown = JSON.parse(text);
    const entries = typeof cells === "object" && cells !== null ? Object.entries(cells) : [];
    return Object.fromEntries(
      entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
    );
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
