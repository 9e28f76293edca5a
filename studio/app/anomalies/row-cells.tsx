// All cells of a row.

import type { ShownCell } from "../../../src/server/studio/anomalies-answers.js";
import { count, nats, short } from "../words.js";

interface RowCellsProps {
  readonly row: number;
  readonly logProb: number;
  readonly cells: readonly { readonly name: string; readonly value: ShownCell }[];
}

export function RowCells({ row, logProb, cells }: RowCellsProps) {
  return (
    <details open={cells.length <= 30}>
      <summary>
        {count(cells.length, "cell")} of row {row} (log-density {nats(logProb)} nats)
      </summary>
      <dl className="cells">
        {cells.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{cellInWords(value) ?? <em>missing</em>}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

const cellInWords = (value: ShownCell) => (typeof value === "number" ? short(value, 7) : value);
