// Probabilities of rows of categories: they add up to one over all rows, draws follow them, and what is asked of some of
// the columns is what adding up says.

import { describe, expect, it } from "vitest";
import {
  allowedLogProb,
  buildDistribution,
  drawSlots,
  type LatentClassTable,
  latentClasses,
  slotProbabilities,
} from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import { input } from "../../src/tensor/index.js";
import { evaluate, randomStore } from "../bijections/support.js";
import { draws } from "./support.js";

const sizes = [2, 3, 4];
const width = 9;

/** Three classes of random probabilities, uneven ones. */
function randomTable(seed = 1, classes = 3) {
  const random = new Random(seed);
  const logWeights = new Float64Array(classes);
  const logProbabilities = new Float64Array(width * classes);
  const normalise = (values: Float64Array, places: number[]) => {
    for (const place of places) values[place] = random.normal();
    const total = places.reduce((sum, place) => sum + Math.exp(values[place]), 0);
    for (const place of places) values[place] -= Math.log(total);
  };
  normalise(logWeights, [0, 1, 2].slice(0, classes));
  for (let k = 0; k < classes; k++)
    for (let block = 0, at = 0; block < sizes.length; at += sizes[block++])
      normalise(
        logProbabilities,
        Array.from({ length: sizes[block] }, (_, i) => (at + i) * classes + k),
      );
  return { sizes, logWeights, logProbabilities } satisfies LatentClassTable;
}

/** Every row that there can be, as slots counted through all blocks. */
const cells = [0, 1].flatMap((a) => [2, 3, 4].flatMap((b) => [5, 6, 7, 8].map((c) => [a, b, c])));
const oneHot = (rows: readonly (readonly number[])[]) =>
  Float64Array.from({ length: rows.length * width }, (_, i) =>
    rows[Math.floor(i / width)].includes(i % width) ? 1 : 0,
  );

/** p(cell) by the definition. */
function probability(
  { logWeights, logProbabilities }: ReturnType<typeof randomTable>,
  cell: readonly number[],
) {
  const classes = logWeights.length;
  return logWeights.reduce(
    (total, weight, k) =>
      total + Math.exp(cell.reduce((sum, slot) => sum + logProbabilities[slot * classes + k], weight)),
    0,
  );
}

async function probabilities(
  base: ReturnType<typeof latentClasses>,
  float: "float32" | "float64" = "float64",
) {
  const { p } = await evaluate(
    { p: base.logProb(input("e", ["batch", width])) },
    { e: oneHot(cells) },
    randomStore(base.parameters, { float }),
  );
  return p.map(Math.exp);
}

describe("latent classes", () => {
  it("give every row its probability, and all rows together 1", async () => {
    const table = randomTable();
    const found = await probabilities(latentClasses(table));
    for (const [i, cell] of cells.entries()) expect(found[i]).toBeCloseTo(probability(table, cell), 12);
    expect(found.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const single = await probabilities(latentClasses(table), "float32");
    expect(single.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });

  it("are even and independent unless told otherwise", async () => {
    const found = await probabilities(latentClasses({ sizes }));
    expect([...found]).toEqual(cells.map(() => expect.closeTo(1 / 24, 12)));
  });

  it.each([
    ["any slot", undefined],
    ["no slot that is withheld", [1, 4, 7, 8]],
  ])("draw rows as often as they are probable: %s", async (_, withheld) => {
    const table = randomTable();
    const base = latentClasses({ ...table, withheld });
    const count = 40_000;
    const rows = await draws(base, count, randomStore(base.parameters));
    const isAllowed = (cell: readonly number[]) => !cell.some((slot) => withheld?.includes(slot));
    const allowed = cells.filter(isAllowed).reduce((total, cell) => total + probability(table, cell), 0);
    const frequency = new Map<string, number>();
    for (let row = 0; row < count; row++) {
      const drawn = rows.subarray(row * width, (row + 1) * width);
      const key = [...drawn.keys()].filter((slot) => drawn[slot] === 1).join();
      expect(drawn.reduce((a, b) => a + b)).toBe(3);
      frequency.set(key, (frequency.get(key) ?? 0) + 1 / count);
    }
    for (const cell of cells) {
      const expected = isAllowed(cell) ? probability(table, cell) / allowed : 0;
      const error = Math.sqrt((expected * (1 - expected)) / count);
      expect(Math.abs((frequency.get(cell.join()) ?? 0) - expected)).toBeLessThanOrEqual(5 * error);
    }
  });

  it("draw whole rows at the ends of the noise, and never a withheld slot", async () => {
    const base = latentClasses({ ...randomTable(), withheld: [0, 4, 8] });
    const last = 1 - 2 ** -24;
    for (const edge of [0, 2 ** -24, 0.5, last]) {
      const { drawn } = await evaluate(
        { drawn: base.sample({ uniform: input("uniform", ["batch", 4]) }) },
        { uniform: new Float32Array(4).fill(edge) },
        randomStore(base.parameters, { float: "float32" }),
      );
      expect(drawn.reduce((a, b) => a + b)).toBe(3);
      expect([drawn[0], drawn[4], drawn[8]]).toEqual([0, 0, 0]);
    }
  });

  it("are built again from their configuration", () => {
    const base = latentClasses({ ...randomTable(), withheld: [1] });
    const again = buildDistribution(JSON.parse(JSON.stringify(base.config())));
    expect(again.config()).toEqual(base.config());
    for (const [name, { shape, trainable }] of Object.entries(base.parameters)) {
      expect(again.parameters[name].shape).toEqual(shape);
      expect([trainable, again.parameters[name].trainable]).toEqual([false, false]);
    }
  });

  it("refuse blocks without slots, slots that do not exist, and numbers of another count", () => {
    expect(() => latentClasses({ sizes: [] })).toThrow("every block needs a slot");
    expect(() => latentClasses({ sizes: [2, 0] })).toThrow("every block needs a slot");
    expect(() => latentClasses({ sizes: [2], withheld: [2] })).toThrow("no slot 2");
    expect(() => latentClasses({ sizes: [1, 2], withheld: [1, 2] })).toThrow("block 2 has no slot left");
    expect(() => latentClasses({ sizes: [2], classes: 2, logWeights: new Float64Array(3) })).toThrow(
      "3 weights",
    );
    expect(() => latentClasses({ sizes: [2], logProbabilities: new Float64Array(3) })).toThrow("got 3");
    expect(() => buildDistribution({ type: "latent-classes", sizes: [9e4], classes: 1 })).toThrow("sizes");
  });
});

describe("what is asked of some columns", () => {
  const table = randomTable(2);
  /** The first column is its second slot, the third one of two; nothing is known of the second. */
  const allowed = [0, 1, 1, 1, 1, 0, 1, 0, 1];
  const fitting = cells.filter((cell) => cell.every((slot) => allowed[slot] === 1));
  const total = fitting.reduce((sum, cell) => sum + probability(table, cell), 0);

  it("has the probability of all rows that fit", () => {
    expect(allowedLogProb(table, allowed)).toBeCloseTo(Math.log(total), 12);
    expect(allowedLogProb(table, new Array(9).fill(1))).toBeCloseTo(0, 12);
    expect(allowedLogProb(table, new Array(9).fill(0))).toBe(Number.NEGATIVE_INFINITY);
  });

  it("gives each slot its share of the rows that fit", () => {
    const found = slotProbabilities(table, allowed);
    for (let slot = 0; slot < width; slot++) {
      const having = fitting.filter((cell) => cell.includes(slot));
      const share = having.reduce((sum, cell) => sum + probability(table, cell), 0) / total;
      expect(found[slot]).toBeCloseTo(share, 12);
    }
  });

  it("draws rows that fit, as often as they are probable", () => {
    const random = new Random(4);
    const count = 40_000;
    const frequency = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const [a, b, c] = drawSlots(table, allowed, random);
      const key = [a, 2 + b, 5 + c].join();
      frequency.set(key, (frequency.get(key) ?? 0) + 1 / count);
    }
    expect([...frequency.keys()].sort()).toEqual(fitting.map((cell) => cell.join()).sort());
    for (const cell of fitting) {
      const expected = probability(table, cell) / total;
      const error = Math.sqrt((expected * (1 - expected)) / count);
      expect(Math.abs((frequency.get(cell.join()) ?? 0) - expected)).toBeLessThan(5 * error);
    }
  });

  it("is refused where nothing is allowed, or as many slots as there are not", () => {
    expect(() => slotProbabilities(table, new Array(9).fill(0))).toThrow("no probability");
    expect(() => drawSlots(table, new Array(9).fill(0), new Random(1))).toThrow("no probability");
    expect(() => allowedLogProb(table, [1, 1])).toThrow("there are 9 slots, got 2");
  });
});
