// The patches, what is measured on them, and the lab's verdict.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { gdnLab, judge, type Measured, sizeCorrelations } from "../../src/lab/gdn.js";
import { readNpyTable } from "../../src/lab/npy.js";
import { cutPatches, readPatches } from "../../src/lab/patches.js";
import { Random } from "../../src/random/index.js";

describe("patches of pictures", () => {
  const pixels = 28 * 28;

  it("are squares of neighbouring pixels from the box that digits are drawn in", () => {
    // A pixel says where it is.
    const values = Uint8Array.from({ length: 50 * pixels }, (_, i) => (i % pixels) % 251);
    const patches = cutPatches({ count: 50, values }, 3, 40, new Random(1));
    expect(patches).toHaveLength(40 * 9);
    for (let row = 0; row < 40; row++) {
      const patch = patches.subarray(9 * row, 9 * row + 9);
      const corner = Array.from({ length: pixels }, (_, i) => i).find(
        (i) =>
          patch.every((value, k) => value === (i + 28 * Math.floor(k / 3) + (k % 3)) % 251) &&
          i % 28 >= 4 &&
          i % 28 <= 21 &&
          i >= 4 * 28 &&
          i < 22 * 28,
      );
      expect(corner).toBeDefined();
    }
  });

  it("that are all paper are left out", () => {
    const values = new Uint8Array(10 * pixels);
    for (const picture of [2, 7]) values.fill(picture, picture * pixels, (picture + 1) * pixels);
    const patches = cutPatches({ count: 10, values }, 2, 10, new Random(1));
    expect([...patches]).toEqual([2, 2, 2, 2, 7, 7, 7, 7]);
  });

  it("of MNIST are other ones to train on and to test on", async () => {
    const sizes = { side: 2, trainingRows: 30, testRows: 20 };
    const { training, test } = await readPatches({ ...sizes, random: new Random(1) });
    expect([training.rows, training.columns.length, test.rows]).toEqual([30, 4, 20]);
    expect(training.columns[0].values.slice(0, 20)).not.toEqual(test.columns[0].values);
  });
});

describe("patches of a folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "logdet-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** As numpy.save writes a float32 table, version 1.0. */
  const npy = (rows: number, columns: number, from: number, order = "False") => {
    const text = `{'descr': '<f4', 'fortran_order': ${order}, 'shape': (${rows}, ${columns}), }`.padEnd(117);
    const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text}\n`, "latin1");
    const values = Float32Array.from({ length: rows * columns }, (_, i) => from + i);
    return Buffer.concat([header, Buffer.from(values.buffer)]);
  };

  it("are read from NAME_train.npy and NAME_test.npy, bsds300's first", async () => {
    const read = () =>
      readPatches({ data: folder, side: 8, trainingRows: 3, testRows: 100, random: new Random(1) });
    await expect(read()).rejects.toThrow(/0 pairs/);
    const nowhere = {
      data: join(folder, "none"),
      side: 8,
      trainingRows: 3,
      testRows: 3,
      random: new Random(1),
    };
    await expect(readPatches(nowhere)).rejects.toThrow(/cannot be read/);
    await writeFile(join(folder, "tiles_train.npy"), npy(5, 2, 0));
    await writeFile(join(folder, "tiles_test.npy"), npy(4, 2, 100));
    const { name, training, test } = await read();
    expect(name).toBe("patches of tiles");
    expect(training.columns.map(({ values }) => [...values])).toEqual([
      [0, 2, 4],
      [1, 3, 5],
    ]);
    expect([test.rows, test.columns[1].values[3]]).toEqual([4, 107]);
    await writeFile(join(folder, "other_train.npy"), npy(5, 3, 0));
    await writeFile(join(folder, "other_test.npy"), npy(4, 3, 0));
    await expect(read()).rejects.toThrow(/2 pairs/);
    await writeFile(join(folder, "bsds300_train.npy"), npy(5, 3, 0));
    await writeFile(join(folder, "bsds300_test.npy"), npy(4, 2, 0));
    await expect(read()).rejects.toThrow(/different numbers of columns/);
  });

  it("that are too few for a verdict are refused", async () => {
    const own = await mkdtemp(join(folder, "few-"));
    await writeFile(join(own, "few_train.npy"), npy(5, 2, 0));
    await writeFile(join(own, "few_test.npy"), npy(4, 2, 100));
    const running = gdnLab.run({ full: false, smoke: true, seed: 0, threads: 1, data: own });
    await expect(running).rejects.toThrow(/too few/);
  });

  it.each([
    ["another order", npy(2, 2, 0, "True")],
    ["fewer numbers than it says", npy(2, 2, 0).subarray(0, -4)],
    ["something else", Buffer.from("a,b\n1,2\n3,4\n5,6\n")],
  ])("with %s are refused by name", async (_, bytes) => {
    const path = join(folder, "odd.npy");
    await writeFile(path, bytes);
    const error = await readNpyTable(path).catch((e) => e);
    expect(error).toBeInstanceOf(LogdetError);
    expect(error.where).toEqual([path]);
  });
});

it("sizes that go together correlate, whatever the signs", () => {
  const random = new Random(4);
  const rows = 4000;
  // Two columns share a scale, a third has none.
  const z = Float64Array.from({ length: 3 * rows });
  for (let row = 0; row < rows; row++) {
    const scale = Math.exp(random.normal());
    z.set([scale * random.normal(), scale * random.normal(), random.normal()], 3 * row);
  }
  const [together, apart, other] = sizeCorrelations(z, 3).map(({ value }) => value);
  // By hand, for x = s u, y = s v: Cov(|x|, |y|) / Var|x| = (2/π)(e² − e) / (e² − 2e/π).
  const wanted = ((2 / Math.PI) * (Math.E ** 2 - Math.E)) / (Math.E ** 2 - (2 / Math.PI) * Math.E);
  expect(Math.abs(together - wanted)).toBeLessThan(0.12);
  expect(Math.abs(apart)).toBeLessThan(0.06);
  expect(Math.abs(other)).toBeLessThan(0.06);
});

describe("the judge", () => {
  const rows = Array.from({ length: 100 }, (_, i) => Math.sin(i));
  const measured = (components: number, gaussian: number): Measured[] =>
    (
      [
        ["Gaussian", gaussian],
        ["independent components", components],
        ["GDN", 0],
      ] as const
    ).map(([name, level], k) => ({
      name,
      logProb: Float64Array.from(rows, (value, i) => level + value + 0.1 * Math.cos(i * (k + 1))),
      ...{ sizeCorrelation: 0, parameters: 1, seconds: 1 },
    }));

  it("says yes where GDN stands above both by more than two standard errors", () => {
    const { held, overComponents, overGaussian } = judge(measured(-0.1, -1));
    expect(held).toBe(true);
    expect(overComponents.mean).toBeCloseTo(0.1, 1);
    expect(overGaussian.mean).toBeCloseTo(1, 1);
  });

  it("says no where it is below either, or above by no more than noise", () => {
    for (const [components, gaussian] of [
      [0.5, -1],
      [-1, 0.5],
      [-0.001, -1],
    ])
      expect(judge(measured(components, gaussian)).held).toBe(false);
  });
});

describe("the lab gdn", () => {
  it("does not hold on MNIST, whose pixels are spikes, at its smallest size", async () => {
    const said: string[] = [];
    const { held, verdict, figures, svg } = await gdnLab.run({
      ...{ full: false, smoke: true, seed: 0, threads: 1 },
      onProgress: (text) => said.push(text),
    });
    expect({ held, verdict }).toEqual({
      held: false,
      verdict: expect.stringMatching(/does not stand above both/),
    });
    expect(said).toHaveLength(5);
    const gain = Object.fromEntries(
      figures.map(({ model, aboveGaussian }) => [model, aboveGaussian as number]),
    );
    // GDN can be the Gaussian, and finds no tails to divide away; the spikes are for columns and curves of their own.
    expect(gain.GDN).toBeGreaterThan(-0.05);
    expect(gain["independent components"]).toBeGreaterThan(gain.GDN + 0.3);
    expect(gain["dense spline flow"]).toBeGreaterThan(gain["independent components"] + 0.3);
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
  }, 60_000);
});
