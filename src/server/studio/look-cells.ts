// Cells of a model's rows as texts.

import type { ColumnConfig } from "../../model/index.js";

export type { ColumnConfig } from "../../model/index.js";

/** A cell as a reader takes it in: a category by its name, a number to 6 digits, "missing". */
export function cellLabel({ kind, categories = [] }: ColumnConfig, value: number): string {
  if (Number.isNaN(value)) return "missing";
  return kind === "categorical"
    ? (categories[value] ?? "(never seen)")
    : String(Number(value.toPrecision(6)));
}
