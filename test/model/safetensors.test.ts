// The file format, and what happens to bytes that are not it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "../../src/model/safetensors.js";

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 });
const tensor = shape.chain((sizes): fc.Arbitrary<NamedTensor> => {
  const length = sizes.reduce((a, b) => a * b, 1);
  return fc.oneof(
    fc.float32Array({ minLength: length, maxLength: length }).map((values) => ({ shape: sizes, values })),
    fc.float64Array({ minLength: length, maxLength: length }).map((values) => ({ shape: sizes, values })),
  );
});
const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "__metadata__");
const file = fc.array(fc.tuple(name, tensor), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));

/** Builds a file from any header at all. */
function raw(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const plain = (tensors: ReadonlyMap<string, NamedTensor>) =>
  [...tensors].map(([key, { shape, values }]) => [key, shape, values.constructor.name, [...values]]).sort();

describe("safetensors", () => {
  it("give back what was put in, bit for bit, whatever the names and shapes", () => {
    fc.assert(
      fc.property(file, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, metadata);
        expect(plain(decodeSafetensors(bytes))).toEqual(plain(new Map(Object.entries(tensors))));
      }),
      { numRuns: 300 },
    );
  });

  it("are laid out as the format says: length, JSON header, numbers on a multiple of eight", () => {
    const values = Float32Array.of(1, -2, 3.5, 0, 5, 6);
    const bytes = encodeSafetensors(
      { w: { shape: [2, 3], values }, b: { shape: [1], values: Float64Array.of(1e300) } },
      { format: "logdet/1" },
    );
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)))).toEqual({
      __metadata__: { format: "logdet/1" },
      w: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
      b: { dtype: "F64", shape: [1], data_offsets: [24, 32] },
    });
    const data = new DataView(bytes.buffer, 8 + headerBytes);
    expect(Array.from(values, (_, i) => data.getFloat32(4 * i, true))).toEqual(Array.from(values));
    expect(data.getFloat64(24, true)).toBe(1e300);
    expect(bytes.length).toBe(8 + headerBytes + 32);
  });

  it("keep names that mean something to JavaScript", () => {
    const tensors = Object.fromEntries(
      ["__proto__", "constructor", "toString"].map((name, i) => [
        name,
        { shape: [1], values: Float32Array.of(i) },
      ]),
    );
    expect(plain(decodeSafetensors(encodeSafetensors(tensors)))).toEqual(
      plain(new Map(Object.entries(tensors))),
    );
  });

  it("may lie anywhere in a larger buffer, also in one of Node's", () => {
    const bytes = encodeSafetensors({
      w: { shape: [2], values: Float32Array.of(1, 2) },
      b: { shape: [1], values: Float64Array.of(3) },
    });
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 3);
    const wanted = plain(decodeSafetensors(bytes));
    expect(plain(decodeSafetensors(larger.subarray(3, 3 + bytes.length)))).toEqual(wanted);
    expect(plain(decodeSafetensors(Buffer.from(bytes)))).toEqual(wanted);
  });

  it("that are damaged anywhere are read or refused, never anything else", () => {
    const attempt = (bytes: Uint8Array) => {
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(LogdetError);
        expect(error).toMatchObject({ code: "model", where: ["model.safetensors"] });
      }
    };
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(file, changes, (tensors, edits) => {
        const bytes = encodeSafetensors(tensors);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        attempt(bytes);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 500 });
    fc.assert(
      fc.property(fc.json(), fc.nat(64), (json, dataBytes) => attempt(raw(json, dataBytes))),
      { numRuns: 500 },
    );
  });

  it("that are cut short or have something appended are refused, at any length", () => {
    const whole = encodeSafetensors({
      a: { shape: [3], values: Float32Array.of(1, 2, 3) },
      b: { shape: [2, 2], values: Float64Array.of(1, 2, 3, 4) },
    });
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(LogdetError);
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(() => decodeSafetensors(longer)).toThrow(LogdetError);
  });

  const entry = (shape: unknown, data_offsets: unknown, dtype: unknown = "F32") => ({
    dtype,
    shape,
    data_offsets,
  });

  it.each<{ name: string; header: unknown; dataBytes?: number; message: RegExp }>([
    { name: "a list for a header", header: [], message: /header/ },
    { name: "no header", header: "null", message: /header/ },
    { name: "a number for a header", header: "3", message: /header/ },
    { name: "an unknown type", header: { w: entry([1], [0, 4], "F16") }, message: /F16/ },
    {
      name: "a type that every object has",
      header: { w: entry([1], [0, 4], "constructor") },
      message: /constructor/,
    },
    { name: "nothing for a tensor", header: { w: null }, message: /type/ },
    { name: "a negative size", header: { w: entry([-1], [0, 4]) }, message: /shape/ },
    { name: "half a size", header: { w: entry([0.5], [0, 2]) }, message: /shape/ },
    {
      name: "sizes whose product overflows",
      header: { w: entry([...Array<number>(30).fill(2 ** 52), 0], [0, 0]) },
      dataBytes: 0,
      message: /shape/,
    },
    { name: "a size that is not there", header: { w: entry([1e9, 1e9], [0, 4]) }, message: /shape/ },
    { name: "a place beyond the end", header: { w: entry([2], [0, 8]) }, message: /cut off/ },
    { name: "a place that ends before it begins", header: { w: entry([1], [4, 0]) }, message: /shape/ },
    {
      name: "a hole between tensors",
      header: { w: entry([1], [4, 8]) },
      dataBytes: 8,
      message: /gap|overlap/,
    },
    // A few kilobytes must not unpack to gigabytes.
    {
      name: "tensors that share their numbers",
      header: { a: entry([2], [0, 8]), b: entry([2], [0, 8]) },
      dataBytes: 8,
      message: /gap|overlap/,
    },
  ])("with $name are refused", ({ header, dataBytes = 4, message }) => {
    expect(() => decodeSafetensors(raw(header, dataBytes))).toThrow(message);
    expect(() => decodeSafetensors(raw(header, dataBytes))).toThrow(LogdetError);
  });

  it("with a header longer than the file are refused without looking for it", () => {
    const bytes = new Uint8Array(16).fill(0xff);
    expect(() => decodeSafetensors(bytes)).toThrow(/cut off/);
  });
});
