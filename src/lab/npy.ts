// Tables that NumPy saved: what labs read from a folder of data. The format:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { readFile } from "node:fs/promises";
import { LogdetError } from "../errors.js";

/** Numbers of [rows, columns], row after row. */
export interface NpyTable {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array | Float64Array;
}

/**
 * Reads a .npy file of float32 or float64 in two dimensions.
 *
 * @throws LogdetError "io" if it cannot be read, "data" if it holds anything else
 */
export async function readNpyTable(path: string): Promise<NpyTable> {
  const bytes = await readFile(path).catch((cause) => {
    throw new LogdetError("io", "the file cannot be read", { where: [path], cause });
  });
  const refuse = () =>
    new LogdetError("data", "this is no .npy file of rows and columns of floats", {
      where: [path],
      hint: "Save it with numpy.save(path, numpy.ascontiguousarray(table, 'float32')).",
    });
  if (bytes.length < 12 || bytes.toString("latin1", 1, 6) !== "NUMPY") throw refuse();
  const textStart = bytes[6] === 1 ? 10 : 12;
  const start = textStart + (bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString("latin1", textStart, start);
  const [, width] = /'descr': '<f([48])'/.exec(header) ?? [];
  const [, rows, columns] = /'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header) ?? [];
  const count = Number(rows) * Number(columns);
  if (!width || !(count > 0) || bytes.length - start !== count * Number(width)) throw refuse();
  // A copy, hence aligned.
  const buffer = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  return {
    rows: Number(rows),
    columns: Number(columns),
    values: width === "4" ? new Float32Array(buffer) : new Float64Array(buffer),
  };
}
