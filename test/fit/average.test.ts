// The average of densities: its arithmetic, who is let in, and that it is a density again.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, describe, expect, it } from "vitest";
import { averageLogProb, averageOf, chooseMembers } from "../../src/fit/average.js";
import { load, Model, saveModel } from "../../src/model/index.js";
import { exportLogProb } from "../../src/model/onnx-export.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import { exampleModel, exampleRows } from "../model/example-model.js";
import { mean } from "./support.js";

const root = await mkdtemp(join(tmpdir(), "logdet-average-"));
afterAll(() => rm(root, { recursive: true }));

const { NEGATIVE_INFINITY, NaN: notANumber } = Number;
const nats = (...values: number[]) => Float64Array.of(...values);

describe("the log-density of an average", () => {
  it("is the logarithm of the mean density", () => {
    const [a, b, c] = [nats(0, -1, 2.5), nats(-3, -1, 2), nats(1, -1, -40)];
    const direct = [0, 1, 2].map((row) =>
      Math.log((Math.exp(a[row]) + Math.exp(b[row]) + Math.exp(c[row])) / 3),
    );
    expectClose(averageLogProb([a, b, c]), direct, { absolute: 1e-14 });
    expect(averageLogProb([a])).toEqual(a);
  });

  it("is exact where densities are far too large or small for a number", () => {
    const found = averageLogProb([nats(1e4, -1e4, 1e4, -1e4), nats(1e4, -1e4 - 1, -1e4, -1e4 + 2)]);
    const wanted = [
      1e4,
      -1e4 + Math.log((1 + Math.exp(-1)) / 2),
      1e4 - Math.log(2),
      -1e4 + Math.log((1 + Math.exp(2)) / 2),
    ];
    expectClose(found, wanted, { absolute: 1e-11 });
  });

  it("counts a density of zero as zero", () => {
    const found = averageLogProb([nats(NEGATIVE_INFINITY, NEGATIVE_INFINITY), nats(0.5, NEGATIVE_INFINITY)]);
    expectClose([found[0]], [0.5 - Math.log(2)], { absolute: 1e-14 });
    expect(found[1]).toBe(NEGATIVE_INFINITY);
  });
});

describe("the members of an average", () => {
  /** Log-densities of 400 rows, of which each has a lucky half: such densities gain by being averaged. */
  const half = (lucky: number, level = 0) =>
    Float64Array.from({ length: 400 }, (_, row) => level + (row % 2 === lucky ? 0 : -3));

  it("are two that know different rows, the better first", () => {
    expect(chooseMembers([half(0), half(1, 0.2)])).toEqual([1, 0]);
  });

  it("are the best alone where no other adds to it", () => {
    expect(chooseMembers([half(0), half(0, 0.5), half(0, 0.1)])).toEqual([1]);
    expect(chooseMembers([half(0)])).toEqual([0]);
  });

  it("are the best alone where the gain may be chance", () => {
    // The other is better in one row of twenty: among 20 rows that is an accident, among 800 it is not.
    const zeros = (rows: number) => new Float64Array(rows);
    const lucky = (rows: number) => zeros(rows).map((_, row) => (row % 20 === 3 ? 6 : -0.4));
    expect(mean(averageLogProb([zeros(20), lucky(20)]))).toBeGreaterThan(0);
    expect(chooseMembers([zeros(20), lucky(20)])).toEqual([0]);
    expect(chooseMembers([zeros(800), lucky(800)])).toEqual([0, 1]);
  });

  it("are four at most", () => {
    const members = Array.from({ length: 8 }, (_, k) =>
      Float64Array.from({ length: 800 }, (_, row) => (row % 8 === k ? 0 : -8)),
    );
    expect(chooseMembers(members)).toHaveLength(4);
    expect(chooseMembers(members, 6)).toHaveLength(6);
    expect(chooseMembers(members, 1)).toEqual([0]);
  });

  it("are none whose density of some row is not a number; zero is one", () => {
    const broken = half(1, 9);
    broken[17] = notANumber;
    expect(chooseMembers([broken, half(0)])).toEqual([1]);
    expect(chooseMembers([half(0), broken])).toEqual([0]);
    const zero = half(1, 0.5);
    zero[17] = NEGATIVE_INFINITY;
    expect(chooseMembers([zero, half(0), zero])[0]).toBe(1);
    expect(chooseMembers([zero, half(0)])).toEqual([1, 0]);
  });
});

/** Models of the same columns that were not trained, each with random numbers of its own. */
const examples = (dim: number, bases: readonly string[]) =>
  bases.map((base, i) =>
    exampleModel({ dim, base, layers: i + 1, seed: i + 1, random: new Random(50 + i), disorder: 0.2 }),
  );

function average(members: readonly Model[]): Model {
  const { flow, store } = averageOf(members.map(({ flow, parameters }) => ({ flow, store: parameters })));
  const { config } = members[0];
  const training = { ...config.training, parameters: flow.parameterCount };
  return new Model(flow, store, { ...config, flow: flow.config(), training }, { threads: 1 });
}

const bases = ["mixture-of-gaussians", "student-t", "normal"];

describe("an average of flows", () => {
  it.each([1, 3])("has the mean of their densities, of %d columns", async (dim) => {
    const members = examples(dim, bases);
    const model = average(members);
    const rows = exampleRows(model, 200);
    const each: Float64Array[] = [];
    for (const member of members) each.push(await member.logProb(rows));
    expectClose(await model.logProb(rows), averageLogProb(each), { absolute: 2e-4, relative: 1e-5 });
    const counts = members.map(({ flow }) => flow.parameterCount);
    expect(model.flow.parameterCount).toBe(counts.reduce((a, b) => a + b));
    for (const each of [...members, model]) await each.release();
  });

  it("holds copies: what becomes of a member does not change it", async () => {
    const members = examples(2, bases);
    const model = average(members);
    const rows = exampleRows(model, 20);
    const before = await model.logProb(rows);
    for (const member of members) {
      member.parameters.values.fill(0.3);
      await member.release();
    }
    expect(await model.logProb(rows)).toEqual(before);
    await model.release();
  });

  it("integrates to one", async () => {
    const model = average(examples(1, bases));
    const { center, scale } = model.columns[0];
    // sinh spreads the points far out, where Student's t still has mass: dx = scale · cosh(u) du.
    const step = 0.005;
    const at = Float64Array.from({ length: 5601 }, (_, i) => (i - 2800) * step);
    const logProb = await model.logProb(at.map((u) => center + scale * Math.sinh(u)));
    const total = logProb.reduce(
      (sum, value, i) => sum + Math.exp(value) * scale * Math.cosh(at[i]) * step,
      0,
    );
    expect(Math.abs(total - 1)).toBeLessThan(2e-3);
    await model.release();
  });

  it("draws each member's rows equally often", async () => {
    const members = examples(1, bases);
    const model = average(members);
    const threshold = model.columns[0].center + 0.3 * model.columns[0].scale;
    const share = async (from: Model) =>
      mean((await from.sample(6000, { seed: 3 })).map((x) => +(x > threshold)));
    const shares: number[] = [];
    for (const member of members) shares.push(await share(member));
    // Three standard errors of 6,000 draws, of both sides.
    expect(Math.abs((await share(model)) - mean(shares))).toBeLessThan(3 * Math.sqrt(0.25 / 6000) * 1.2);
    for (const each of [...members, model]) await each.release();
  });

  it("is saved, loaded and exported as any model", async () => {
    const model = average(examples(3, bases));
    const folder = join(root, "average.logdet");
    await saveModel(model, folder);
    const again = await load(folder, { threads: 1 });
    const rows = exampleRows(model, 50);
    const wanted = await model.logProb(rows);
    expect(await again.logProb(rows)).toEqual(wanted);
    expect(await again.sample(100, { seed: 5 })).toEqual(await model.sample(100, { seed: 5 }));

    const session = await InferenceSession.create(await exportLogProb(model), { intraOpNumThreads: 1 });
    const { log_prob } = await session.run({ x: new Tensor("float64", rows, [50, 3]) });
    await session.release();
    expectClose(Array.from(log_prob.data as Float32Array), Array.from(wanted), {
      absolute: 1e-4,
      relative: 1e-4,
    });
    for (const each of [model, again]) await each.release();
  });
});
