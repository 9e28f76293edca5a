// Tensors of the Open Inference Protocol: numbers from JSON or from bytes, and back.

import { Refusal } from "./refusal.js";
import type { InferInput, InferOutput } from "./schemas.js";

/** How a type's elements lie in binary data: little-endian, row-major, nothing in between. */
interface Datatype {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const datatypes: Readonly<Record<string, Datatype>> = {
  FP64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  FP32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  INT64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  INT32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  INT16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  INT8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  UINT64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  UINT32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  UINT16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  UINT8: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The numbers of a tensor [rows, dim], NaN for null.
 *
 * @param binary its binary data; undefined: it is in the JSON
 * @throws Refusal 400 if type, shape and data do not fit each other or the model
 */
export function readTensor(input: InferInput, dim: number, binary: Uint8Array | undefined): Float64Array {
  const where = [`input ${input.name}`];
  const refuse = (message: string) => new Refusal(400, message, { where });
  const { shape, datatype } = input;
  if (shape.length !== 2 || shape[1] !== dim)
    throw refuse(`its shape must be [rows, ${dim}], got [${shape.join(", ")}]`);
  const type = Object.hasOwn(datatypes, datatype) ? datatypes[datatype] : undefined;
  if (type === undefined)
    throw refuse(
      `its datatype must be one of ${Object.keys(datatypes).join(", ")}, got ${datatype.slice(0, 20)}`,
    );
  const count = shape[0] * dim;
  if (binary !== undefined) {
    if (binary.length !== count * type.bytes)
      throw refuse(`${count * type.bytes} bytes of ${datatype} expected, got ${binary.length}`);
    return fromBytes(binary, type, count);
  }
  const { data } = input;
  if (data === undefined) throw refuse("it has no data");
  const values = new Float64Array(count);
  const written = writeNumbers(data, values, 0, refuse, 0);
  if (written !== count) throw refuse(`${count} numbers expected, got ${written}`);
  return values;
}

function fromBytes(bytes: Uint8Array, type: Datatype, count: number): Float64Array {
  if (type === datatypes.FP64 && isLittleEndian)
    // A copy: the bytes may begin anywhere, and numbers of 8 bytes may not.
    return new Float64Array(bytes.slice().buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes));
}

/** Arrays within arrays; a matrix has two levels. */
const deepest = 8;

function writeNumbers(
  data: readonly unknown[],
  out: Float64Array,
  from: number,
  refuse: (message: string) => Refusal,
  depth: number,
): number {
  let at = from;
  for (const value of data) {
    if (typeof value === "number") out[at++] = value;
    else if (value === null) out[at++] = Number.NaN;
    else if (Array.isArray(value) && depth < deepest) at = writeNumbers(value, out, at, refuse, depth + 1);
    else throw refuse(`element ${at + 1} of its data is not a number`);
  }
  return at;
}

/** An output: numbers, or truth values as 0 and 1. */
export interface Output {
  readonly name: string;
  readonly values: Float64Array | Uint8Array;
  readonly binary: boolean;
}

/** An output's entry in the answer's JSON, and the bytes that follow if it is binary. */
export function writeTensor({ name, values, binary }: Output): { entry: InferOutput; bytes: Uint8Array } {
  const isTruth = values instanceof Uint8Array;
  const head = { name, shape: [values.length], datatype: isTruth ? "BOOL" : "FP64" };
  if (binary) {
    const bytes = isTruth ? values : toBytes(values);
    return { entry: { ...head, parameters: { binary_data_size: bytes.length } }, bytes };
  }
  const data = isTruth
    ? Array.from(values, (value) => value === 1)
    : // JSON has no infinity.
      Array.from(values, (value) => (Number.isFinite(value) ? value : null));
  return { entry: { ...head, data }, bytes: new Uint8Array() };
}

function toBytes(values: Float64Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (const [i, value] of values.entries()) view.setFloat64(8 * i, value, true);
  return new Uint8Array(view.buffer);
}
