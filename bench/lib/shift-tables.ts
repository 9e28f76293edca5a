// The tables of the shift benchmark: columns of numbers, in the order of their files.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { LogdetError, readTable, type Table, tableFromColumns } from "logdet";
import { readNpy } from "./npy.js";
import { pick } from "./tables.js";

export interface ShiftTable {
  readonly name: string;
  readonly table: Table;
  /** Rows that may be taken for draws of one distribution: of gas_drift its largest batch, else all. */
  readonly stationary: Table;
}

/** The tables that the benchmark knows of, each with the file that must be there. */
const files: Readonly<Record<string, string>> = {
  power_slice: "power_slice_train.npy",
  annthyroid: "adbench_annthyroid.csv",
  mammography: "adbench_mammography.csv",
  california: "california_housing.csv",
  shuttle: "adbench_shuttle.csv",
  pendigits: "adbench_pendigits.csv",
  cardio: "adbench_cardio.csv",
  satellite: "adbench_satellite.csv",
  gas_drift: "gas_drift_features.npy",
  elec2: "elec2.csv",
};

/** @throws LogdetError "usage" when the folder has none of them */
export function presentShiftTables(folder: string): string[] {
  const present = Object.keys(files).filter((name) => existsSync(join(folder, files[name])));
  if (present.length > 0) return present;
  throw new LogdetError("usage", `no table that is known in ${folder}`, {
    hint: `Put one of these there: ${Object.values(files).join(", ")}.`,
  });
}

/**
 * A table by name: of ADBench tables the rows with label 0, of all tables the columns of numbers.
 *
 * @throws LogdetError "usage" when there is no such table
 */
export async function shiftTable(folder: string, name: string): Promise<ShiftTable> {
  if (!Object.hasOwn(files, name))
    throw new LogdetError("usage", `there is no table ${name}`, {
      hint: `Tables: ${Object.keys(files).join(", ")}.`,
    });
  const path = join(folder, files[name]);
  if (path.endsWith(".npy")) {
    const { shape, data } = await readNpy(path);
    const [rows, dim] = shape;
    const column = (d: number) => Float64Array.from({ length: rows }, (_, i) => data[i * dim + d]);
    const table = tableFromColumns(
      Array.from({ length: dim }, (_, d) => ({ name: `x${d + 1}`, values: column(d) })),
    );
    if (name !== "gas_drift") return { name, table, stationary: table };
    const meta = await readTable([join(folder, "gas_drift_meta.csv")], { columns: ["batch"] });
    const batches = meta.columns[0].values;
    const largest = Uint32Array.from(batches.keys()).filter((row) => batches[row] === 6);
    return { name, table, stationary: pick(table, largest) };
  }
  const exclude = name === "california" ? ["ocean_proximity"] : name === "elec2" ? ["class"] : [];
  const all = await readTable([path], { exclude, missing: "drop" });
  const label = all.columns.find((column) => column.name === "label");
  if (!label) return { name, table: all, stationary: all };
  const features = { ...all, columns: all.columns.filter((column) => column !== label) };
  const normal = Uint32Array.from(label.values.keys()).filter((row) => label.values[row] === 0);
  const normals = pick(features, normal);
  return { name, table: normals, stationary: normals };
}
