// p-values: what they are, that they keep their promise whatever the model, and that they survive saving.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { averageOf } from "../../src/fit/average.js";
import {
  benjaminiHochberg,
  conformalPValues,
  decodeSafetensors,
  encodeSafetensors,
  load,
  Model,
  type NamedTensor,
  type StatisticName,
  statistics,
} from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import { exampleModel, exampleRows } from "./example-model.js";

const root = await mkdtemp(join(tmpdir(), "logdet-calibration-"));
afterAll(() => rm(root, { recursive: true }));

const names = Object.keys(statistics) as StatisticName[];

const uniforms = (random: Random, count: number) => random.fillUniform(new Float64Array(count));

describe("a conformal p-value", () => {
  it("is the rank among calibration scores, from above, ties counted against it", () => {
    expectClose(conformalPValues([3, 1, 2, 2], [0, 1, 1.5, 2, 2.5, 3, 4]), [1, 1, 0.8, 0.8, 0.4, 0.4, 0.2], {
      absolute: 1e-15,
    });
  });

  it("takes what is not finite for the strangest", () => {
    expect([...conformalPValues([1, Infinity, Number.NaN], [Number.NaN, Infinity, -Infinity, 1])]).toEqual([
      0.75, 0.75, 1, 1,
    ]);
  });

  it("is at most α for at most a share α of any n + 1 scores, each ranked among the others", () => {
    // The promise itself: exchangeable scores are any n + 1 numbers, one of them, by chance, the new row's.
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 40 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (scores, alpha) => {
          const flagged = scores.filter(
            (score, i) => conformalPValues(scores.toSpliced(i, 1), [score])[0] <= alpha,
          );
          expect(flagged.length).toBeLessThanOrEqual(alpha * scores.length + 1e-9);
        },
      ),
    );
  });

  it("flags of m rows as many as the beta-binomial law says", () => {
    // Of continuous scores, the share below the k-th largest of n is Beta(k, n + 1 − k); k / (n + 1) = α.
    const [n, m, k, draws] = [19, 10, 2, 4000];
    const random = new Random(5);
    const seen = new Float64Array(m + 1);
    for (let draw = 0; draw < draws; draw++) {
      const p = conformalPValues(uniforms(random, n), uniforms(random, m));
      seen[p.filter((value) => value <= k / (n + 1)).length]++;
    }
    const law = betaBinomial(m, k, n + 1 - k);
    expectClose([law.reduce((a, b) => a + b)], [1], { absolute: 1e-12 });
    // Cells of few are put together; 99.99 % of χ² with five degrees of freedom: 25.7.
    const cells = (counts: ArrayLike<number>) => [
      ...Array.from({ length: 5 }, (_, i) => counts[i]),
      Array.from(counts)
        .slice(5)
        .reduce((a, b) => a + b),
    ];
    const expected = cells(law.map((share) => share * draws));
    const distance = cells(seen).reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);
    expect(distance).toBeLessThan(25.7);
  });
});

/** P(j of m), j = 0 … m: C(m, j) B(j + a, m − j + b) / B(a, b), whole a and b. */
function betaBinomial(m: number, a: number, b: number): number[] {
  const rising = (x: number, count: number) =>
    Array.from({ length: count }, (_, i) => x + i).reduce((product, y) => product * y, 1);
  return Array.from({ length: m + 1 }, (_, j) => {
    const choices = rising(m - j + 1, j) / rising(1, j);
    return (choices * rising(a, j) * rising(b, m - j)) / rising(a + b, m);
  });
}

describe("a model's p-values", () => {
  it.each(names)(
    "by %s flag normal rows at the asked rate, though the model is a bad one",
    async (statistic) => {
      // Weights of no training, columns far from where it looks for them.
      const model = exampleModel({ dim: 2, disorder: 0.5 });
      const [n, m] = [999, 4000];
      const rows = exampleRows(model, n + m).map((value, i) => value + 3 * model.columns[i % 2].scale);
      await model.learnReference(exampleRows(model, 200, 2), exampleRows(model, 50, 3));
      await model.calibrate(rows.subarray(0, 2 * n));
      const p = await model.pValues(rows.subarray(2 * n), { statistic });
      for (const alpha of [0.01, 0.05, 0.1, 0.5]) {
        const rate = p.filter((value) => value <= alpha).length / m;
        // The law's standard deviation, calibration rows' and new ones' together.
        const deviation = Math.sqrt(alpha * (1 - alpha) * (1 / (n + 2) + 1 / m));
        expect(Math.abs(rate - alpha), `at ${alpha}`).toBeLessThan(4 * deviation);
      }
      await model.release();
    },
  );

  it("rank by both together; or by −log p, by its distance to the validation rows' mean, and by the latent's norm", async () => {
    const model = exampleModel({ dim: 2, base: "normal" });
    const calibration = exampleRows(model, 40, 1);
    const rows = exampleRows(model, 10, 2);
    await model.learnReference(exampleRows(model, 200, 3), exampleRows(model, 50, 4));
    await model.calibrate(calibration);
    const mean = model.config.metrics.validationLogProb;
    const norms = async (x: Float64Array) => {
      const latent = await model.latent(x);
      return Float64Array.from(
        { length: x.length / 2 },
        (_, i) => latent[2 * i] ** 2 + latent[2 * i + 1] ** 2,
      );
    };
    const scores: Record<
      Exclude<StatisticName, "combined" | "prototypes">,
      (x: Float64Array) => Promise<Float64Array>
    > = {
      density: async (x) => (await model.logProb(x)).map((value) => -value),
      typicality: async (x) => (await model.logProb(x)).map((value) => Math.abs(value - mean)),
      "latent-norm": norms,
    };
    for (const statistic of ["density", "typicality", "latent-norm"] as const) {
      const expected = conformalPValues(await scores[statistic](calibration), await scores[statistic](rows));
      expect([...(await model.pValues(rows, { statistic }))], statistic).toEqual([...expected]);
    }
    expect(await model.pValues(rows)).toEqual(await model.pValues(rows, { statistic: "combined" }));
    expect(await model.pValues(rows, { logProb: await model.logProb(rows) })).toEqual(
      await model.pValues(rows),
    );
    await model.release();
  });

  it("of rows that all are the same are 1: float32 must not break ties", async () => {
    const model = exampleModel({ dim: 3 });
    const same = (count: number) => Array.from({ length: count }, () => [3, -2e4, 0.4]);
    await model.learnReference(exampleRows(model, 200, 3), exampleRows(model, 50, 4));
    await model.calibrate(same(30));
    for (const statistic of names)
      expect([...(await model.pValues(same(7), { statistic }))]).toEqual(Array(7).fill(1));
    await model.release();
  });

  it("are refused without calibration, without rows, and for a statistic that does not exist", async () => {
    const model = exampleModel({ dim: 2 });
    const rows = exampleRows(model, 5);
    expect(model.calibration).toBeUndefined();
    await expect(model.pValues(rows)).rejects.toMatchObject({
      code: "model",
      hint: expect.stringMatching(/--calibration/),
    });
    await expect(model.calibrate([])).rejects.toMatchObject({ code: "shape" });
    await model.calibrate(rows);
    expect(model.calibration?.rows).toBe(5);
    expect(model.calibration?.smallestPValue).toBe(1 / 6);
    await expect(model.pValues(rows, { statistic: "entropy" as never })).rejects.toMatchObject({
      code: "usage",
      hint: expect.stringMatching(/density, typicality, latent-norm/),
    });
    await expect(model.pValues(rows, { logProb: new Float64Array(3) })).rejects.toMatchObject({
      code: "shape",
    });
    await model.release();
  });
});

describe("the latent's norm", () => {
  it("of an average is the expectation over the models that it averages", async () => {
    const members = [1, 2].map((seed) => exampleModel({ dim: 3, seed, base: "normal" }));
    const { flow, store } = averageOf(members.map(({ flow, parameters }) => ({ flow, store: parameters })));
    const average = new Model(flow, store, { ...members[0].config, flow: flow.config() }, { threads: 1 });
    const rows = exampleRows(average, 60);
    const each = await Promise.all(
      members.map(async (member) => ({
        logProb: await member.logProb(rows),
        latent: await member.latent(rows),
      })),
    );
    const expected = Array.from({ length: 60 }, (_, row) => {
      const norms = each.map(({ latent }) =>
        latent.subarray(3 * row, 3 * row + 3).reduce((s, z) => s + z * z, 0),
      );
      const share = 1 / (1 + Math.exp(each[1].logProb[row] - each[0].logProb[row]));
      return share * norms[0] + (1 - share) * norms[1];
    });
    expectClose(await average.latentNorm(rows), expected, { relative: 1e-3, absolute: 1e-3 });
    for (const model of [...members, average]) await model.release();
  });

  it("of a mixture of nets within an average is finite and not that of its input", async () => {
    const members = [exampleModel({ dim: 2, seed: 1, components: 2 }), exampleModel({ dim: 2, seed: 2 })];
    const { flow, store } = averageOf(members.map(({ flow, parameters }) => ({ flow, store: parameters })));
    const average = new Model(flow, store, { ...members[0].config, flow: flow.config() }, { threads: 1 });
    const rows = exampleRows(average, 20);
    const norms = await average.latentNorm(rows);
    const latent = await average.latent(rows);
    expect(norms.every(Number.isFinite)).toBe(true);
    const input = Float64Array.from(norms, (_, i) => latent[2 * i] ** 2 + latent[2 * i + 1] ** 2);
    expect(norms.filter((norm, i) => Math.abs(norm - input[i]) < 1e-6).length).toBe(0);
    for (const model of [...members, average]) await model.release();
  });
});

describe("the Benjamini-Hochberg procedure", () => {
  it("rejects the first four of the fifteen in its paper", () => {
    // Benjamini and Hochberg 1995, section 4: 0.0095 ≤ 4/15 · 0.05 = 0.013, and no later one is below its line.
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
      0.759, 1,
    ];
    const order = new Random(3).permutation(15);
    const flags = benjaminiHochberg(
      Array.from(order, (i) => p[i]),
      0.05,
    );
    expect(flags).toEqual(Array.from(order, (i) => i < 4));
  });

  it("steps up: a p-value above its own line is flagged with a later one below its line", () => {
    expect(benjaminiHochberg([0.04, 0.049], 0.05)).toEqual([true, true]);
    expect(benjaminiHochberg([0.04, 0.051], 0.05)).toEqual([false, false]);
    expect(benjaminiHochberg([], 0.05)).toEqual([]);
  });

  it("keeps the false discovery rate with conformal p-values that share their calibration rows", () => {
    const random = new Random(8);
    const [n, normal, strange, rate, draws] = [1000, 90, 10, 0.2, 400];
    const shares: number[] = [];
    let found = 0;
    for (let draw = 0; draw < draws; draw++) {
      const scores = random
        .fillNormal(new Float64Array(normal + strange))
        .map((z, i) => (i < normal ? z : z + 4));
      const p = conformalPValues(random.fillNormal(new Float64Array(n)), scores);
      const flags = benjaminiHochberg(p, rate);
      const wrong = flags.filter((flag, i) => flag && i < normal).length;
      const right = flags.filter((flag, i) => flag && i >= normal).length;
      shares.push(wrong / Math.max(1, wrong + right));
      found += right / strange / draws;
    }
    const mean = shares.reduce((a, b) => a + b) / draws;
    const error = Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0)) / draws;
    // At most rate · m₀ / m; and near it, or the flags were for nothing.
    expect(Math.abs(mean - (rate * normal) / (normal + strange))).toBeLessThan(4 * error + 0.01);
    expect(found).toBeGreaterThan(0.8);
  });

  it("refuses rates and p-values that are none", () => {
    for (const rate of [0, 1, -0.1, Number.NaN])
      expect(() => benjaminiHochberg([0.5], rate)).toThrow("between 0 and 1");
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => benjaminiHochberg([p], 0.1)).toThrow("in [0, 1]");
  });
});

describe("a calibration that was saved", () => {
  const saved = async (name: string, calibrated = true) => {
    const model = exampleModel({ dim: 2 });
    await model.learnReference(exampleRows(model, 100, 3), exampleRows(model, 30, 4));
    if (calibrated) await model.calibrate(exampleRows(model, 30, 1));
    const folder = join(root, name);
    await model.save(folder);
    return { model, folder };
  };

  it("gives the same p-values when loaded, and is written the same again", async () => {
    const { model, folder } = await saved("good");
    const again = await load(folder, { threads: 1 });
    const rows = exampleRows(model, 25, 2);
    for (const statistic of names)
      expect(await again.pValues(rows, { statistic })).toEqual(await model.pValues(rows, { statistic }));
    await again.save(join(root, "again"));
    const bytes = await Promise.all(
      ["good", "again"].map((name) => readFile(join(root, name, "model.safetensors"))),
    );
    expect(bytes[1].equals(bytes[0])).toBe(true);
    await model.release();
    await again.release();
  });

  it("may be absent, as in models of before there was one", async () => {
    const { folder } = await saved("plain", false);
    expect((await load(folder)).calibration).toBeUndefined();
  });

  it.each<{ name: string; change: (tensors: Record<string, NamedTensor>) => void; message: RegExp }>([
    {
      name: "not finite",
      change: (t) => {
        t["calibration.density"].values[29] = Infinity;
      },
      message: /calibration\.density holds a number that is not finite/,
    },
    {
      name: "not sorted",
      change: (t) => {
        t["calibration.typicality"].values.reverse();
      },
      message: /calibration\.typicality is not sorted/,
    },
    {
      name: "of another shape",
      change: (t) => {
        t["calibration.density"] = { ...t["calibration.density"], shape: [5, 6] };
      },
      message: /should be a list, it is \[5, 6\]/,
    },
    {
      name: "of fewer rows for one statistic",
      change: (t) => {
        t["calibration.density"] = { shape: [1], values: Float64Array.of(1) };
      },
      message: /one row at least, and every row's statistics/,
    },
    {
      name: "empty",
      change: (t) => {
        for (const statistic of names)
          t[`calibration.${statistic}`] = { shape: [0], values: new Float64Array(0) };
      },
      message: /one row at least/,
    },
    {
      name: "of a statistic that is not known",
      change: (t) => {
        t["calibration.entropy"] = t["calibration.density"];
      },
      message: /no statistic for the tensor calibration\.entropy/,
    },
  ])("is refused when it is $name", async ({ name, change, message }) => {
    const { folder } = await saved(`damaged: ${name}`);
    const file = join(folder, "model.safetensors");
    const tensors = Object.fromEntries(decodeSafetensors(await readFile(file)));
    change(tensors);
    await writeFile(file, encodeSafetensors(tensors));
    await expect(load(folder)).rejects.toMatchObject({
      code: "model",
      message: expect.stringMatching(message),
      where: [folder, "model.safetensors"],
    });
  });

  it("has the density's for a default without the combined one, as in models of before there was that", async () => {
    const { model, folder } = await saved("before");
    const file = join(folder, "model.safetensors");
    const tensors = Object.entries(Object.fromEntries(decodeSafetensors(await readFile(file))));
    const before = tensors.filter(([name]) => !/^reference|combined$|prototypes$/.test(name));
    await writeFile(file, encodeSafetensors(Object.fromEntries(before)));
    const again = await load(folder, { threads: 1 });
    const rows = exampleRows(model, 5, 2);
    expect(again.reference).toBeUndefined();
    expect(again.calibration?.statistics).toEqual(["density", "typicality", "latent-norm"]);
    expect(await again.pValues(rows)).toEqual(await model.pValues(rows, { statistic: "density" }));
    await expect(again.pValues(rows, { statistic: "combined" })).rejects.toMatchObject({ code: "usage" });
    await model.release();
    await again.release();
  });

  it("without the density's too has another for a default", async () => {
    const { model, folder } = await saved("other");
    const file = join(folder, "model.safetensors");
    const tensors = Object.fromEntries(decodeSafetensors(await readFile(file)));
    for (const name of ["combined", "density"]) delete tensors[`calibration.${name}`];
    await writeFile(file, encodeSafetensors(tensors));
    const again = await load(folder, { threads: 1 });
    const rows = exampleRows(model, 5, 2);
    expect(await again.pValues(rows)).toEqual(await model.pValues(rows, { statistic: "typicality" }));
    await model.release();
    await again.release();
  });

  it("of one statistic only gives that one's p-values", async () => {
    const { model, folder } = await saved("one");
    const file = join(folder, "model.safetensors");
    const tensors = Object.fromEntries(decodeSafetensors(await readFile(file)));
    for (const name of names) if (name !== "density") delete tensors[`calibration.${name}`];
    await writeFile(file, encodeSafetensors(tensors));
    const again = await load(folder, { threads: 1 });
    const rows = exampleRows(model, 5, 2);
    expect(again.calibration?.statistics).toEqual(["density"]);
    expect(await again.pValues(rows)).toEqual(await model.pValues(rows, { statistic: "density" }));
    expect(again.calibration?.defaultStatistic).toBe("density");
    await expect(again.pValues(rows, { statistic: "typicality" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/not calibrated for the statistic "typicality"/),
    });
    await model.release();
    await again.release();
  });
});
