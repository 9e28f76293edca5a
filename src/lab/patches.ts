// Image patches as tables: cut from the MNIST pictures, or read from a folder.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Table, tableFromRows } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { type MnistImages, side as pictureSide, pixels, readMnist } from "./mnist-images.js";
import { readNpyTable } from "./npy.js";

/** Patches, one a row, to train on and to test on: of different pictures. */
export interface Patches {
  /** What they are, in words. */
  readonly name: string;
  readonly training: Table;
  readonly test: Table;
}

export interface PatchOptions {
  /** A folder with NAME_train.npy and NAME_test.npy; bsds300 is taken if it is there. Without: MNIST. */
  readonly data?: string;
  /** Pixels a side of an MNIST patch. */
  readonly side: number;
  /** At most so many rows. */
  readonly trainingRows: number;
  readonly testRows: number;
  readonly random: Random;
}

/**
 * @throws LogdetError "io" or "data" if the pictures or files are not there or not what they should be, "usage" if the
 * folder has several pairs of files and none is bsds300's
 */
export async function readPatches({
  data,
  side,
  trainingRows,
  testRows,
  random,
}: PatchOptions): Promise<Patches> {
  if (data !== undefined) return readFolder(data, trainingRows, testRows);
  const cut = async (part: "training" | "test", count: number) =>
    tableFromRows(cutPatches(await readMnist(part), side, count, random.split(part)), side * side);
  return {
    name: `${side} × ${side} patches of MNIST`,
    training: await cut("training", trainingRows),
    test: await cut("test", testRows),
  };
}

/** A digit is drawn within this distance of the picture's edge. */
const margin = 4;

/**
 * One patch a picture, row-major [count, side²], 0 to 255: from a random place within the box of 20 × 20 pixels that
 * digits are drawn in. Pictures are taken in their order; patches that are all paper are left out.
 */
export function cutPatches(
  { count: pictures, values }: MnistImages,
  side: number,
  count: number,
  random: Random,
): Uint8Array {
  const patches = new Uint8Array(Math.min(count, pictures) * side * side);
  const places = pictureSide - 2 * margin - side + 1;
  let filled = 0;
  for (let picture = 0; picture < pictures && filled < patches.length; picture++) {
    const [top, left] = [margin + random.integer(places), margin + random.integer(places)];
    const patch = Uint8Array.from(
      { length: side * side },
      (_, i) => values[picture * pixels + (top + Math.floor(i / side)) * pictureSide + left + (i % side)],
    );
    if (patch.every((value) => value === 0)) continue;
    patches.set(patch, filled);
    filled += patch.length;
  }
  return patches.slice(0, filled);
}

async function readFolder(folder: string, trainingRows: number, testRows: number): Promise<Patches> {
  const files = new Set(
    await readdir(folder).catch((cause) => {
      throw new LogdetError("io", "the folder cannot be read", { where: [folder], cause });
    }),
  );
  const names = [...files].flatMap((file) => {
    const name = file.replace(/_train\.npy$/, "");
    return name !== file && files.has(`${name}_test.npy`) ? [name] : [];
  });
  const name = names.includes("bsds300") ? "bsds300" : names[0];
  if (name === undefined || (name !== "bsds300" && names.length > 1))
    throw new LogdetError("data", `the folder has ${names.length} pairs NAME_train.npy and NAME_test.npy`, {
      where: [folder],
      hint: "Give a folder with one such pair, or bsds300's: patches, one a row.",
    });
  const read = async (part: string, most: number) => {
    const { rows, columns, values } = await readNpyTable(join(folder, `${name}_${part}.npy`));
    return tableFromRows(values.subarray(0, Math.min(rows, most) * columns), columns);
  };
  const [training, test] = [await read("train", trainingRows), await read("test", testRows)];
  if (training.columns.length !== test.columns.length)
    throw new LogdetError("data", `${name}'s two files have different numbers of columns`, {
      where: [folder],
    });
  return { name: `patches of ${name}`, training, test };
}
