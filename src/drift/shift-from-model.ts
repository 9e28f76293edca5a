// Drift where the reference is a model: its calibration rows' statistics beside those of new rows.

import type { Table } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";
import { Random } from "../random/index.js";
import { andersonDarlingTest } from "./anderson-darling.js";
import { modelRows } from "./density.js";
import { mostScored } from "./held-out-density.js";
import { stopIfAsked } from "./permutations.js";
import { decided, type Found, permutationsOf, type Shift, type ShiftOptions, teller } from "./verdict.js";

/**
 * The same with a model for a reference: the statistics of its calibration rows, to which it was not fitted, against
 * those of the new rows; log-densities, and norms of the latents. Rows that the model keeps are statistics only, so which
 * columns moved cannot be told.
 *
 * @throws LogdetError "model" if the model has no calibration rows; otherwise as detectShift and `Model.logProb`
 * @example const { drift } = await detectShiftFromModel(await load("march.logdet"), await readTable(["april.csv"]))
 */
export async function detectShiftFromModel(
  model: Model,
  current: Table,
  options: Omit<ShiftOptions, "scores" | "fit"> = {},
): Promise<Shift> {
  const started = performance.now();
  const { alpha = 0.05, seed = 0, signal } = options;
  const { calibration } = model;
  if (!calibration)
    throw new LogdetError("model", "the model has no calibration rows to compare new rows with", {
      hint: "Fit it again with --calibration 0.1, or give the reference's data instead of the model.",
    });
  const names = (["density", "latent-norm"] as const).filter((name) => calibration.statistics.includes(name));
  const permutations = permutationsOf(options, names.length);
  const random = new Random(seed).split("drift");
  const tell = teller(options, names.length + 1);
  const kept = random.split("rows").permutation(current.rows).slice(0, mostScored).sort();
  const rows = modelRows(model, requireColumns(model, current), kept);
  const found: Found[] = [];
  for (const [i, name] of names.entries()) {
    tell(name, i);
    const reference = calibration.scores(name).map((value) => value);
    const scores =
      name === "density" ? (await model.logProb(rows)).map((value) => -value) : await model.latentNorm(rows);
    stopIfAsked(signal);
    found.push({
      name: name === "density" ? "log-density" : name,
      summary: `${name === "density" ? "log-densities" : "squared norms of the latents"} beside those of the model's calibration rows`,
      ...(await andersonDarlingTest(reference, scores, {
        permutations,
        random: random.split(name),
        signal,
      })),
      rows: [calibration.rows, kept.length],
    });
  }
  const tests = decided(found, alpha);
  return {
    drift: tests.some(({ rejected }) => rejected),
    alpha,
    referenceRows: calibration.rows,
    currentRows: current.rows,
    permutations: permutations.count,
    tests,
    columns: [],
    seconds: (performance.now() - started) / 1000,
    notices: [
      "A model keeps statistics of its calibration rows, not the rows: which columns moved takes the reference's data.",
    ],
  };
}

/** The model's columns of the table, in the model's order. */
export function requireColumns({ columns }: Model, table: Table): Table["columns"] {
  return columns.map(({ name }) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column) return column;
    throw new LogdetError("data", `a column of the model is missing in the new table: ${name}`, {
      hint: `The new table has the columns ${table.columns.map((other) => other.name).join(", ")}.`,
    });
  });
}
