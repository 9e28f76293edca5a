// A search for drift as a folder: the whole result as JSON, its tables as CSV, the series as a picture.

import { join } from "node:path";
import { LogdetError } from "../errors.js";
import { exists, writeFolder } from "../model/index.js";
import { seriesPicture } from "./picture.js";
import type { ShiftSeries } from "./series.js";
import type { Shift } from "./verdict.js";

/** The file that tells the folder of such a result from others. */
const resultFile = "shift.json";

/**
 * Refuses a folder that should not be written, before the work is done.
 *
 * @throws LogdetError "io" if it exists and `force` is not given, or what exists is no search for drift
 */
export async function checkShiftFolder(folder: string, force: boolean): Promise<void> {
  if (!(await exists(folder))) return;
  if (!(await exists(join(folder, resultFile))))
    throw new LogdetError("io", "the output exists already, and holds no result that may be replaced", {
      where: [folder],
      hint: "Choose another folder with --out.",
    });
  if (!force)
    throw new LogdetError("io", "the output exists already", {
      where: [folder],
      hint: "Choose another folder with --out, or replace it with --force.",
    });
}

/**
 * Writes `shift.json`, `tests.csv` and `columns.csv`, or, of a series, `shift.json`, `windows.csv` (one row a window:
 * its rows, from 1, whether it has shifted, and of every feature A², p-value and adjusted p-value) and `windows.svg`.
 *
 * @throws LogdetError "io" as `checkShiftFolder`, or if it cannot be written
 */
export async function saveShift(
  shift: Shift | ShiftSeries,
  folder: string,
  { force = false }: { force?: boolean } = {},
): Promise<void> {
  await checkShiftFolder(folder, force);
  const json = `${JSON.stringify(plainShift(shift), undefined, 2)}\n`;
  await writeFolder(
    folder,
    "windows" in shift
      ? { [resultFile]: json, "windows.csv": windowsCsv(shift), "windows.svg": seriesPicture(shift) }
      : { [resultFile]: json, "tests.csv": testsCsv(shift), "columns.csv": columnsCsv(shift) },
  );
}

/** The result as plain data: what --json prints. */
export function plainShift(shift: Shift | ShiftSeries): unknown {
  if (!("windows" in shift)) return shift;
  const { features, windows, first, ...rest } = shift;
  const byFeature = (values: Float64Array) =>
    Object.fromEntries(features.map((name, f) => [name, values[f]]));
  const plain = windows.map(({ from, to, shifted, pValues, adjusted }) => ({
    ...{ from: from + 1, to, shifted },
    ...{ pValues: byFeature(pValues), adjusted: byFeature(adjusted) },
  }));
  return { drift: first !== null, first: first === null ? null : plain[first], ...rest, windows: plain };
}

function windowsCsv({ features, windows }: ShiftSeries): string {
  const header = [
    ...["from", "to", "shifted"],
    ...features.flatMap((name) => [`${name} A2`, `${name} p_value`, `${name} adjusted`]),
  ];
  const rows = windows.map(({ from, to, shifted, statistics, pValues, adjusted }) => [
    ...[from + 1, to, shifted],
    ...features.flatMap((_, f) => [statistics[f], pValues[f], adjusted[f]]),
  ]);
  return csv([header, ...rows]);
}

function testsCsv({ tests }: Shift): string {
  return csv([
    ["test", "statistic", "p_value", "adjusted", "rejected", "reference_rows", "new_rows"],
    ...tests.map(({ name, statistic, pValue, adjusted, rejected, rows }) => [
      ...[name, statistic, pValue, adjusted, rejected, ...rows],
    ]),
  ]);
}

function columnsCsv({ columns }: Shift): string {
  return csv([
    ["column", "moved", "step", "statistic", "threshold", "p_value", "adjusted", "change"],
    ...columns.map(({ name, moved, step, statistic, threshold, marginalPValue, marginalAdjusted, words }) => [
      ...[name, moved, step ?? "", statistic, threshold, marginalPValue, marginalAdjusted, words],
    ]),
  ]);
}

type Cell = string | number | boolean;

const csv = (rows: readonly (readonly Cell[])[]) =>
  rows.map((cells) => `${cells.map((cell) => quoted(String(cell))).join(",")}\n`).join("");

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
