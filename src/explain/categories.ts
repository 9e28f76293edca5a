// Categories have no slope. Methods that work with slopes give them a difference instead.

import { modeOf } from "./expectation.js";
import type { Explained, Question } from "./method.js";
import { profilesOf } from "./profile.js";

export const isCategorical = ({ columns }: Pick<Explained, "columns">, d: number) =>
  columns[d].kind === "categorical";

/**
 * Fills in the nats of categorical columns: log p(x) with the likeliest category given the rest of the row, less log p(x).
 */
export async function fillCategories(question: Question, nats: Float64Array): Promise<void> {
  const { model, rows } = question;
  const dim = model.columns.length;
  const cells = Array.from(rows.keys()).filter(
    (i) => isCategorical(model, i % dim) && !Number.isNaN(rows[i]),
  );
  const places = cells.map((i) => ({ row: Math.floor(i / dim), column: i % dim }));
  for (const [k, profile] of (await profilesOf(question, places)).entries())
    nats[cells[k]] = modeOf(profile).logProb - profile.observed.logProb;
}
