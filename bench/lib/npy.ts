// NumPy's .npy files, for exchange with the Python peers: float32 and float64, one or two dimensions, C order.
// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { readFile, writeFile } from "node:fs/promises";
import { LogdetError } from "logdet";

/** An array as NumPy has it: `data` holds the numbers of `shape` [n] or [rows, columns], row after row. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

const MAGIC = "\x93NUMPY";

/**
 * The bytes of a version 1.0 .npy file.
 *
 * @throws LogdetError "shape" when `data` does not fill `shape`, or the shape has not one or two dimensions
 * @example encodeNpy({ shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) })
 */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  checkShape(shape, data.length, ".npy");
  const descr = data instanceof Float32Array ? "<f4" : "<f8";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers start at a multiple of 64 bytes: magic and version 8, length 2, text, spaces, newline.
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, "latin1"));
  bytes[6] = 1;
  view.setUint16(8, start - 10, true);
  bytes.set(Buffer.from(`${dictionary.padEnd(start - 11)}\n`, "latin1"), 10);
  // Little-endian, as every machine that Node runs on but for IBM Z.
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/**
 * The array in the bytes of a .npy file (versions 1 to 3), copied.
 *
 * @param name what to call the file in an error
 * @throws LogdetError "data" when the bytes are no such file, or one of another type or order
 */
export function decodeNpy(bytes: Uint8Array, name = ".npy"): NpyArray {
  const fail = (message: string, hint?: string) => new LogdetError("data", message, { where: [name], hint });
  if (bytes.length < 12 || Buffer.from(bytes.subarray(0, 6)).toString("latin1") !== MAGIC)
    throw fail("not a .npy file: it does not begin with NumPy's magic bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3) throw fail(`unknown .npy version ${version}`);
  const textStart = version === 1 ? 10 : 12;
  const start = textStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = Buffer.from(bytes.subarray(textStart, start)).toString("latin1");

  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  if (descr !== "<f4" && descr !== "<f8")
    throw fail(
      `expected little-endian float32 or float64, got ${descr ?? header.trim()}`,
      "save array.astype('<f8')",
    );
  if (!/'fortran_order':\s*False/.test(header))
    throw fail("expected C order, got Fortran order", "save numpy.ascontiguousarray(array)");
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);

  const numbers = new Uint8Array(bytes.subarray(start)); // a copy, hence aligned
  const width = descr === "<f4" ? 4 : 8;
  checkShape(shape, numbers.length / width, name);
  const data = descr === "<f4" ? new Float32Array(numbers.buffer) : new Float64Array(numbers.buffer);
  return { shape, data };
}

/** Writes a .npy file. Throws as `encodeNpy`, and as `writeFile`. */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  await writeFile(path, encodeNpy(array));
}

/** Reads a .npy file. Throws as `decodeNpy`, and as `readFile`. */
export async function readNpy(path: string): Promise<NpyArray> {
  return decodeNpy(await readFile(path), path);
}

function checkShape(shape: readonly number[], length: number, name: string): void {
  if (shape.length !== 1 && shape.length !== 2)
    throw new LogdetError("shape", `expected one or two dimensions, got [${shape.join(", ")}]`, {
      where: [name],
    });
  if (shape.reduce((product, size) => product * size, 1) !== length)
    throw new LogdetError("shape", `shape [${shape.join(", ")}] does not hold ${length} numbers`, {
      where: [name],
    });
}
