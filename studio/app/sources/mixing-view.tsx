// What each source adds to each column.

import { memo, useCallback } from "react";
import type { MixingAnswer, SourcesAnswer } from "../../../src/server/studio/sources-answers.js";
import { Figure } from "../../page/figure.js";
import { drawMatrix } from "../../page/matrix-picture.js";
import { useAnswer } from "../use-answer.js";
import { short } from "../words.js";

interface MixingViewProps {
  readonly answer: SourcesAnswer;
  /** The first source that is shown, from 0, and how many. */
  readonly first: number;
  readonly count: number;
}

export function MixingView({ answer: { name, isNonlinear }, first, count }: MixingViewProps) {
  const { answer, problem } = useAnswer<MixingAnswer>("sources/mixing", { name, first, count });
  return (
    <section aria-labelledby="mixing">
      <h2 id="mixing">How they make the columns</h2>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {answer && (
        <>
          <p>{strongestInWords(answer)}</p>
          <div className={answer.columns.length > 16 ? "wide-figure" : "row wide"}>
            <MixingFigure answer={answer} isNonlinear={isNonlinear} />
          </div>
        </>
      )}
    </section>
  );
}

/** "A step of one standard deviation in source_1 moves mic3 most: by 1.42." */
function strongestInWords({ sources, columns, matrix, shares }: MixingAnswer): string {
  const strongest = shares[0].reduce(
    (best, share, j) => (Math.abs(share) > Math.abs(shares[0][best]) ? j : best),
    0,
  );
  const all = sources.length === 1 ? "" : ", measured by what all sources make of a column";
  return `A step of one standard deviation in ${sources[0]} moves ${columns[strongest]} most${all}: by ${short(matrix[0][strongest])}.`;
}

interface MixingFigureProps {
  readonly answer: MixingAnswer;
  readonly isNonlinear: boolean;
}

const MixingFigure = memo(function MixingFigure({ answer, isNonlinear }: MixingFigureProps) {
  const { sources, columns, size, matrix, shares } = answer;
  const draw = useCallback(
    () => drawMatrix({ matrix, strengths: shares, rows: sources, columns, label: "source" }),
    [matrix, shares, sources, columns],
  );
  return (
    <Figure
      title={isNonlinear ? "The mean mixing" : "The mixing matrix"}
      file="mixing"
      description={`What a standard deviation of each of ${sources.length} sources adds to each of ${columns.length} columns.`}
      draw={draw}
      data={() => ({ columns: ["source", "column", "weight", "share"], rows: mixingRows(answer) })}
    >
      <p className="note">
        What one standard deviation of a source adds to a column, in the column's units
        {isNonlinear && ", on average over the rows"}. Blue adds, orange takes away; the stronger the colour,
        the larger its part of what all sources make of the column.
        {size > columns.length &&
          ` Of ${size.toLocaleString("en")} columns, the ${columns.length} that these sources move most are shown.`}
      </p>
    </Figure>
  );
});

function* mixingRows({ sources, columns, matrix, shares }: MixingAnswer) {
  for (const [i, source] of sources.entries())
    for (const [j, column] of columns.entries()) yield [source, column, matrix[i][j], shares[i][j]] as const;
}
