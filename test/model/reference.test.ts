// The combined statistic: what it is made of, what it sees, and that it survives saving.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  decodeSafetensors,
  encodeSafetensors,
  load,
  type NamedTensor,
  statistics,
} from "../../src/model/index.js";
import { prototypesLogProb } from "../../src/model/prototypes.js";
import { combinedStrangeness, learnReference, type Reference } from "../../src/model/reference.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import { exampleColumns, exampleModel, exampleRows } from "./example-model.js";

const root = await mkdtemp(join(tmpdir(), "logdet-reference-"));
afterAll(() => rm(root, { recursive: true }));

/** Two standard normal columns under their own density: −log p without its constant, and the rows' own judge. */
const plain = exampleColumns(2).map((column) => ({ ...column, center: 0, scale: 1 }));
const normals = (rows: number, seed = 1) => new Random(seed).fillNormal(new Float64Array(2 * rows));
const normalLogProb = (rows: Float64Array) =>
  Float64Array.from({ length: rows.length / 2 }, (_, i) => -(rows[2 * i] ** 2 + rows[2 * i + 1] ** 2) / 2);
const judges = (rows: Float64Array) => ({ rows, logProb: normalLogProb(rows) });
const learn = (...args: Parameters<typeof learnReference>) => learnReference(...args) as Reference;
const learned = () => learn(plain, normals(2000), judges(normals(1000, 2)));

describe("the combined statistic", () => {
  it("is the sum of −log tail probabilities under logistic laws with the judges' median and 90 % quantile", () => {
    const reference = learned();
    const judged = normals(1000, 2);
    const parts = (rows: Float64Array) => [
      normalLogProb(rows).map((value) => -value),
      ...reference.mixtures.map((mixture) => prototypesLogProb(mixture, rows).map((value) => -value)),
    ];
    const laws = parts(judged).map((part) => {
      const sorted = part.slice().sort();
      const at = (share: number) => {
        const place = share * 999;
        return (
          sorted[Math.floor(place)] * (Math.ceil(place) - place) +
          sorted[Math.ceil(place)] * (place - Math.floor(place))
        );
      };
      // P(S > s) = 1 / (1 + exp((s − m) / b)): one half at m, one tenth where (s − m) / b = log 9.
      return { m: at(0.5), b: (at(0.9) - at(0.5)) / Math.log(9) };
    });
    const rows = normals(50, 3);
    const expected = Array.from({ length: 50 }, (_, i) =>
      parts(rows).reduce(
        (sum, part, j) => sum - Math.log(1 / (1 + Math.exp((part[i] - laws[j].m) / laws[j].b))),
        0,
      ),
    );
    expectClose(combinedStrangeness(reference, plain, rows, normalLogProb(rows)), expected, {
      relative: 1e-9,
      absolute: 1e-9,
    });
  });

  it("finds strange what either the density or the distance to known rows finds strange", () => {
    const reference = learned();
    const score = (row: readonly number[], logProb: number) =>
      combinedStrangeness(reference, plain, Float64Array.from(row), Float64Array.of(logProb))[0];
    const usual = score([0, 0], -1);
    expect(score([0, 0], -20)).toBeGreaterThan(usual + 5);
    expect(score([8, 8], -1)).toBeGreaterThan(usual + 5);
    expect(score([8, 8], -20)).toBeGreaterThan(Math.max(score([0, 0], -20), score([8, 8], -1)));
  });

  it("is not for rows with categories, between which there are no distances", () => {
    const mixed = [plain[0], { ...plain[1], kind: "categorical" as const, categories: ["a", "b"] }];
    expect(learnReference(mixed, normals(500), judges(normals(200, 2)))).toBeUndefined();
  });

  it("is a number where a row misses cells, where all rows are the same, and with one judge", () => {
    const same = new Float64Array(60).fill(4);
    for (const [training, judged] of [
      [same, same],
      [normals(40), normals(1)],
      [normals(40), Float64Array.of(0, Number.NaN)],
    ]) {
      const reference = learn(plain, training, {
        rows: judged,
        logProb: new Float64Array(judged.length / 2).fill(-1),
      });
      const rows = Float64Array.of(0, 0, Number.NaN, 1, Number.NaN, Number.NaN);
      const scores = combinedStrangeness(reference, plain, rows, Float64Array.of(-1, -2, -3));
      expect(scores.every(Number.isFinite)).toBe(true);
    }
  });
});

describe("a model's reference", () => {
  const referred = async () => {
    const model = exampleModel({ dim: 3 });
    await model.learnReference(exampleRows(model, 300, 1), exampleRows(model, 60, 2));
    await model.calibrate(exampleRows(model, 50, 3));
    return model;
  };

  it("makes the combined statistic the default, and forgets the calibration of before", async () => {
    const model = exampleModel({ dim: 3 });
    await model.calibrate(exampleRows(model, 50, 3));
    expect(model.calibration?.statistics).toEqual(["density", "typicality", "latent-norm"]);
    expect(model.calibration?.defaultStatistic).toBe("density");
    await model.learnReference(exampleRows(model, 300, 1), exampleRows(model, 60, 2));
    expect(model.calibration).toBeUndefined();
    await model.calibrate(exampleRows(model, 50, 3));
    expect(model.calibration?.statistics).toEqual(Object.keys(statistics));
    expect(model.calibration?.defaultStatistic).toBe("combined");
    const rows = exampleRows(model, 20, 4);
    expect(await model.pValues(rows)).toEqual(await model.pValues(rows, { statistic: "combined" }));
    await model.release();
  });

  it("is what the statistics combined and prototypes cannot do without", async () => {
    const model = exampleModel({ dim: 3 });
    const rows = exampleRows(model, 5);
    for (const name of ["combined", "prototypes"] as const)
      expect(() => statistics[name].scores(model, rows, new Float64Array(5))).toThrow(
        /no groups of training rows/,
      );
    await model.release();
  });

  it("leaves ties alone that float32 breaks in the density: one row among many others, again and again", async () => {
    const model = await referred();
    const row = [...exampleRows(model, 1, 5)];
    await model.calibrate(Array.from({ length: 40 }, () => row));
    const others = Array.from({ length: 9 }, (_, i) => [...exampleRows(model, 1, 6 + i)]);
    const p = await model.pValues([...others, row, ...others, row]);
    expect([p[9], p[19]]).toEqual([1, 1]);
    await model.release();
  });

  it("is saved and loaded: the same p-values, and the same file again", async () => {
    const model = await referred();
    const [first, second] = [join(root, "first"), join(root, "second")];
    await model.save(first);
    const again = await load(first, { threads: 1 });
    expect(again.reference).toEqual(model.reference);
    const rows = exampleRows(model, 25, 4);
    expect(await again.pValues(rows)).toEqual(await model.pValues(rows));
    await again.save(second);
    const bytes = await Promise.all(
      [first, second].map((folder) => readFile(join(folder, "model.safetensors"))),
    );
    expect(bytes[1].equals(bytes[0])).toBe(true);
    await model.release();
    await again.release();
  });

  it.each<{ name: string; change: (tensors: Record<string, NamedTensor>) => void; message: RegExp }>([
    {
      name: "without one of its tensors",
      change: (t) => {
        delete t["reference.1.centers"];
      },
      message: /reference\.1\.centers should be \[\d+, 3\], it is missing/,
    },
    {
      name: "of other columns",
      change: (t) => {
        const { shape, values } = t["reference.0.centers"];
        t["reference.0.centers"] = { shape: [shape[0] * 3, 1], values };
      },
      message: /reference\.0\.centers should be \[\d+, 3\], it is \[\d+, 1\]/,
    },
    {
      name: "of more groups than there are",
      change: (t) => {
        t["reference.0.weights"] = { shape: [65], values: new Float64Array(65).fill(1) };
      },
      message: /should be of 1 to 64 groups, it is of 65/,
    },
    {
      name: "with a number that is none",
      change: (t) => {
        t["reference.0.centers"].values[0] = Number.NaN;
      },
      message: /reference\.0\.centers holds a number that is not finite/,
    },
    {
      name: "with a variance of 0",
      change: (t) => {
        t["reference.1.variances"].values[0] = 0;
      },
      message: /reference\.1\.variances holds a number that is not positive/,
    },
    {
      name: "with a scale of 0",
      change: (t) => {
        t["reference.tails"].values[1] = 0;
      },
      message: /reference\.tails holds a scale that is not positive/,
    },
    {
      name: "with a tensor of a later version",
      change: (t) => {
        t["reference.trees"] = { shape: [1], values: Float64Array.of(1) };
      },
      message: /a reference has 10 tensors, not 11/,
    },
  ])("is refused $name", async ({ name, change, message }) => {
    const model = await referred();
    const folder = join(root, name.replaceAll(" ", "-"));
    await model.save(folder);
    await model.release();
    const file = join(folder, "model.safetensors");
    const tensors = Object.fromEntries(decodeSafetensors(await readFile(file)));
    change(tensors);
    await writeFile(file, encodeSafetensors(tensors, { format: "logdet/1" }));
    await expect(load(folder)).rejects.toMatchObject({
      code: "model",
      message: expect.stringMatching(message),
    });
  });
});
