// The safetensors file format: a JSON header and raw little-endian numbers. Read as data from strangers.

import { LogdetError } from "../errors.js";
import type { FloatArray } from "../runtime/index.js";

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: FloatArray;
}

const types = {
  F32: { bytes: 4, make: (buffer: ArrayBuffer): FloatArray => new Float32Array(buffer) },
  F64: { bytes: 8, make: (buffer: ArrayBuffer): FloatArray => new Float64Array(buffer) },
} as const;

/** A file's bytes for tensors by name. Metadata is text, by the format's rule. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, NamedTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = [["__metadata__", metadata]];
  let end = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const start = end;
    end += values.byteLength;
    const dtype = values instanceof Float32Array ? "F32" : "F64";
    header.push([name, { dtype, shape, data_offsets: [start, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // The numbers begin on a multiple of 8 bytes, so that a reader may map them in place.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { values } of Object.values(tensors)) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}

/** @throws LogdetError "model" if the bytes are not a whole, consistent safetensors file of floats. */
export function decodeSafetensors(file: Uint8Array): Map<string, NamedTensor> {
  const damaged = (what: string) =>
    new LogdetError("model", `the file is damaged or not a safetensors file: ${what}`, {
      where: ["model.safetensors"],
      hint: "Fit the model again, or copy the folder again from where it came.",
    });
  if (file.length < 8) throw damaged(`it has ${file.length} bytes`);
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (headerBytes > file.length - 8) throw damaged("the header is cut off");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + headerBytes)));
  } catch (error) {
    throw damaged(`the header is not JSON (${(error as Error).message})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw damaged("the header is not an object");
  // Not file.subarray: of a Node Buffer that is a Buffer, whose slice shares its memory instead of copying.
  const data = new Uint8Array(file.buffer, file.byteOffset + 8 + headerBytes, file.length - 8 - headerBytes);
  const places = Object.entries(header).flatMap(([name, entry]) => {
    if (name === "__metadata__") return [];
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    const type = typeof dtype === "string" && Object.hasOwn(types, dtype) ? types[dtype as "F32"] : undefined;
    if (!type) throw damaged(`${name} has the type ${JSON.stringify(dtype)}, not F32 or F64`);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw damaged(`${name} has no proper shape or place`);
    const [start, end] = offsets;
    const count = shape.reduce((n, size) => n * size, 1);
    if (end > data.length) throw damaged(`${name} is cut off`);
    if (end - start !== count * type.bytes) throw damaged(`${name} does not fill its shape`);
    return [{ name, shape, start, end, make: type.make }];
  });
  // By the format's rule every byte belongs to one tensor: a small file cannot unpack to a large one.
  let covered = 0;
  for (const { name, start, end } of places.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== covered) throw damaged(`there is a gap or an overlap before ${name}`);
    covered = end;
  }
  if (covered !== data.length) throw damaged(`${data.length - covered} bytes at its end belong to no tensor`);
  return new Map(
    places.map(({ name, shape, start, end, make }) => [
      name,
      { shape, values: make(data.slice(start, end).buffer) },
    ]),
  );
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
