// The listed rows as a file: numbers, names, reasons and cells.

import type { DetectAnswer } from "../../../src/server/studio/detect-answers.js";

type Judged = Pick<DetectAnswer, "strangest" | "labels">;
type Cell = string | number | null;

export const judgedColumns = ({ strangest, labels }: Judged): string[] => [
  ...["row", "p_value", "log_prob", "reasons"],
  ...labels,
  ...(strangest[0]?.cells.map(({ name }) => name) ?? []),
];

export function* judgedCells({ strangest }: Judged): Generator<readonly Cell[]> {
  for (const { row, pValue, logProb, labels, missing, words, cells } of strangest)
    yield [
      ...[row, pValue, logProb, [missing, words].filter(Boolean).join("; ")],
      ...labels,
      ...cells.map(({ value }) => value),
    ];
}
