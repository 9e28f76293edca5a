// What columns hold, in words.

import type { ColumnType } from "../../../src/data/column-types.js";
import type { ColumnEntry, LeftOut } from "../../../src/server/studio/fit-answers.js";

/** Types that a reader may choose, the kinds of numbers first. Identifiers and text are left out, which is a choice of its own. */
export const typeWords = {
  continuous: "number",
  positive: "number above zero",
  interval: "number between bounds",
  "heavy-tailed": "number with far values",
  integer: "whole number",
  categorical: "category",
  boolean: "yes or no",
  date: "date",
} as const satisfies Partial<Record<ColumnType, string>>;

export type ChosenType = keyof typeof typeWords;
export const chosenTypes = Object.keys(typeWords) as ChosenType[];

const leftOutWords: Readonly<Record<LeftOut, string>> = {
  chosen: "left out",
  identifier: "identifier: left out",
  text: "text: left out",
  constant: "always the same: left out",
  empty: "empty: left out",
};

/** What a column was taken for, where the reader has said nothing. */
export function foundWords({ type, leftOut }: ColumnEntry): string {
  if (type === undefined && !leftOut) return "not known yet";
  const words = leftOut ? leftOutWords[leftOut] : typeWords[type as ChosenType];
  return `${words} (found)`;
}

const reasons: Readonly<Partial<Record<LeftOut, string>>> = {
  identifier: "It tells rows apart and says nothing of them. To use it, choose what it holds.",
  text: "Words that are different in nearly every row. To use it, choose what it holds.",
  constant: "A column that never varies says nothing of a row.",
};

/** What one should know of a column, a sentence or two; undefined if nothing. */
export function remark({ leftOut, isLikeLabel, parts, step, type }: ColumnEntry): string | undefined {
  if (leftOut) return reasons[leftOut];
  if (isLikeLabel)
    return (
      "This looks like a label left in by accident: the other columns tell its values apart. A model that knows what you " +
      "want to find out will say little of it; better leave it out."
    );
  if (parts.length > 1) return `Seen as ${parts.join(", ")}.`;
  if (type === "positive") return "Seen on a logarithmic scale; the density ends at zero.";
  if (type === "interval") return "The density ends at both bounds.";
  if (type === "heavy-tailed") return "Seen on a scale that draws far values near.";
  return type === "continuous" && step !== undefined
    ? `Its values repeat, about ${Number(step.toPrecision(3))} apart.`
    : undefined;
}
