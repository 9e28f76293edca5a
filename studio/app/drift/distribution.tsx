// The values of one column, in the reference and in the new rows.

import { useCallback } from "react";
import type { ColumnDistribution } from "../../../src/server/studio/drift-answers.js";
import { Figure } from "../../page/figure.js";
import { percent } from "../words.js";
import { distributionHeader, distributionRows, drawDistribution } from "./distribution-picture.js";

interface DistributionProps {
  /** Undefined: the column is not among those that were counted. */
  readonly distribution: ColumnDistribution | undefined;
  readonly name: string;
  readonly rows: readonly [reference: number, current: number];
  /** What the new rows are. */
  readonly what?: string;
}

export function Distribution({ distribution, name, rows, what = "new rows" }: DistributionProps) {
  if (!distribution) return <p className="note">The values of {name} were not counted.</p>;
  return <DistributionFigure distribution={distribution} rows={rows} what={what} />;
}

function DistributionFigure({
  distribution,
  rows,
  what,
}: Required<Pick<DistributionProps, "rows" | "what">> & { readonly distribution: ColumnDistribution }) {
  const { column, missing, isCut } = distribution;
  const draw = useCallback(() => drawDistribution(distribution), [distribution]);
  return (
    <Figure
      title={column}
      file={`drift-${column}`}
      description={`Values of ${column} in ${rows[0]} rows of the reference and ${rows[1]} ${what}, as shares of the rows.`}
      draw={draw}
      data={() => ({ columns: distributionHeader, rows: distributionRows(distribution) })}
    >
      <p className="note">
        <span className="key reference" /> reference <span className="key current" /> {what}
        {(missing[0] > 0 || missing[1] > 0) &&
          `; missing in ${percent(missing[0])} and ${percent(missing[1])} of the rows`}
        {isCut && "; the outermost bars count what lies beyond them, too"}
      </p>
    </Figure>
  );
}
