// The .npy reader and writer against bytes written out by hand from the format's description.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy, readNpy, writeNpy } from "../../bench/lib/npy.js";

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

// float64 [[1, -2], [0.5, 0]]: 10 bytes, 118 of header (0x76), 4 x 8 bytes.
const MATRIX = Uint8Array.from([
  ...MAGIC,
  ...[1, 0],
  ...[0x76, 0x00],
  ...ascii(`${"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117)}\n`),
  ...[0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
  ...[0, 0, 0, 0, 0, 0, 0x00, 0xc0],
  ...[0, 0, 0, 0, 0, 0, 0xe0, 0x3f],
  ...[0, 0, 0, 0, 0, 0, 0x00, 0x00],
]);

// float32 [1, 3], version 2.0 (four bytes of length), header not padded, so the numbers are not aligned.
const VECTOR_TEXT = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
const VECTOR = Uint8Array.from([
  ...MAGIC,
  ...[2, 0],
  ...[VECTOR_TEXT.length, 0, 0, 0],
  ...ascii(VECTOR_TEXT),
  ...[0, 0, 0x80, 0x3f],
  ...[0, 0, 0x40, 0x40],
]);

const header = (text: string) => Uint8Array.from([...MAGIC, 1, 0, text.length, 0, ...ascii(text)]);

describe("npy", () => {
  it("reads a float64 matrix row after row", () => {
    expect(decodeNpy(MATRIX)).toEqual({ shape: [2, 2], data: Float64Array.of(1, -2, 0.5, 0) });
  });

  it("reads a float32 vector of a version 2 file whose numbers are not aligned", () => {
    expect(decodeNpy(VECTOR)).toEqual({ shape: [2], data: Float32Array.of(1, 3) });
  });

  it("reads bytes that lie within a larger buffer", () => {
    const larger = new Uint8Array(MATRIX.length + 6);
    larger.set(MATRIX, 3);
    expect(decodeNpy(larger.subarray(3, 3 + MATRIX.length)).data).toEqual(Float64Array.of(1, -2, 0.5, 0));
  });

  it("writes the bytes that NumPy writes", () => {
    const bytes = encodeNpy({ shape: [2, 2], data: Float64Array.of(1, -2, 0.5, 0) });
    expect([...bytes]).toEqual([...MATRIX]);
  });

  it("gives back from a file what it wrote, of either type and dimension, views included", async () => {
    const folder = await mkdtemp(join(tmpdir(), "logdet-npy-"));
    try {
      const path = join(folder, "array.npy");
      const arrays = [
        { shape: [3], data: Float32Array.of(1.5, Number.NaN, -Infinity) },
        { shape: [1, 2], data: new Float64Array([9, 1e-300, 0.1]).subarray(1) },
        { shape: [0, 4], data: new Float64Array() },
      ];
      for (const array of arrays) {
        await writeNpy(path, array);
        const back = await readNpy(path);
        expect(back.shape).toEqual(array.shape);
        expect(back.data).toEqual(array.data.slice());
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses what it cannot read, and says what it got", () => {
    expect(() => decodeNpy(Uint8Array.from(ascii("a,b\n1,2\n3,4\n")), "t.npy")).toThrow(/not a \.npy file/);
    expect(() => decodeNpy(header("{'descr': '>f8', 'fortran_order': False, 'shape': (0,), }\n"))).toThrow(
      /got >f8/,
    );
    expect(() => decodeNpy(header("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 2), }\n"))).toThrow(
      /Fortran order/,
    );
    expect(() => decodeNpy(header("{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n"))).toThrow(
      /one or two dimensions/,
    );
    expect(() => decodeNpy(MATRIX.subarray(0, MATRIX.length - 8))).toThrow(
      /shape \[2, 2\] does not hold 3 numbers/,
    );
    expect(() => encodeNpy({ shape: [2, 2], data: new Float32Array(3) })).toThrow(/does not hold 3 numbers/);
  });
});
