// A column before a fit: what it was taken for, its values, and the choice of what it holds.

import { memo, useCallback } from "react";
import type { ColumnEntry } from "../../../src/server/studio/fit-answers.js";
import { Figure } from "../../page/figure.js";
import { count } from "../words.js";
import { drawHistogram, histogramColumns, histogramRows, histogramWords } from "./histogram-picture.js";
import { type ChosenType, chosenTypes, remark, typeWords } from "./type-words.js";

/** What a reader says of a column: what it holds, that it is left out, or nothing. */
export type Said = ChosenType | "out" | "";

interface ColumnCardProps {
  readonly column: ColumnEntry;
  readonly said: Said;
  /** What it was taken for before the reader said anything. */
  readonly found: string;
  onSay(name: string, said: Said): void;
}

export const ColumnCard = memo(function ColumnCard({ column, said, found, onSay }: ColumnCardProps) {
  const { name, histogram, missing, examples } = column;
  const draw = useCallback(() => drawHistogram(histogram!), [histogram]);
  const words = remark(column);
  const beyond = histogram && histogram.kind !== "categories" ? histogram.below + histogram.above : 0;
  return (
    <article className={column.leftOut ? "card column unused" : "card column"} data-column={name}>
      {histogram ? (
        <Figure
          title={name}
          file={`histogram-${name.replace(/[^\p{L}\p{N}]+/gu, "-")}`}
          description={histogramWords(column)}
          draw={draw}
          data={() => ({ columns: histogramColumns, rows: histogramRows(histogram) })}
        />
      ) : (
        <h3>{name}</h3>
      )}
      <select
        aria-label={`What ${name} holds`}
        value={said}
        onChange={({ target }) => onSay(name, target.value as Said)}
      >
        <option value="">{found}</option>
        {chosenTypes.map((type) => (
          <option key={type} value={type}>
            {typeWords[type]}
          </option>
        ))}
        <option value="out">nothing of use: leave it out</option>
      </select>
      <p className="note">
        {examples.length > 0 && `${examples.join(", ")} … `}
        {missing > 0 && <strong>{count(missing, "row")} without it. </strong>}
        {beyond > 0 && `${count(beyond, "value")} beyond the picture. `}
        {words}
      </p>
    </article>
  );
});
