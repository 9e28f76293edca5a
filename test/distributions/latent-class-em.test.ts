// Latent classes from rows: the smoothed shares where there is one class, steps that never lose, and the classes that
// rows were made with.

import { describe, expect, it } from "vitest";
import { allowedLogProb, fitLatentClasses } from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";

/** Rows of four columns of 3 categories (and a slot that no row has): each class has a favourite, seen 4 times in 5. */
function madeOf(classes: number, count: number, seed: number) {
  const random = new Random(seed);
  const slots = new Uint8Array(count * 4);
  for (let row = 0; row < count; row++) {
    const k = random.integer(classes);
    for (let block = 0; block < 4; block++)
      slots[row * 4 + block] = random.uniform() < 0.7 ? (k + block) % 3 : random.integer(3);
  }
  return slots;
}
const sizes = [4, 4, 4, 4];

/** The true log-probability of a row of two classes that are made so. */
function trueLogProb(row: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < 2; k++) {
    let p = 0.5;
    for (let block = 0; block < 4; block++) p *= row[block] === (k + block) % 3 ? 0.7 + 0.1 : 0.1;
    total += p;
  }
  return Math.log(total);
}

/** The slots of a row as what is allowed. */
function only(row: ArrayLike<number>, sizes: readonly number[]): number[] {
  return sizes.flatMap((size, block) =>
    Array.from({ length: size }, (_, slot) => (row[block] === slot ? 1 : 0)),
  );
}

describe("one class", () => {
  it("has the shares of the rows and one more that is spread evenly", () => {
    const rows = [0, 1, 0, 0, 1, 1, 0, 1];
    const { logProbabilities, logWeights } = fitLatentClasses(rows, { sizes: [3, 2], classes: 1 });
    expect(logWeights[0]).toBeCloseTo(0, 12);
    const expected = [3 + 1 / 3, 1 + 1 / 3, 1 / 3, 1.5, 3.5].map((n) => n / 5);
    expect([...logProbabilities.map(Math.exp)]).toEqual(expected.map((p) => expect.closeTo(p, 12)));
  });

  it("is what a single column wants, and few rows", () => {
    expect(fitLatentClasses([0, 1, 1, 0, 2, 2, 1, 0, 1], { sizes: [4] }).classes).toBe(1);
    expect(fitLatentClasses([0, 1, 1, 0], { sizes: [2, 2] }).classes).toBe(1);
  });
});

describe("several classes", () => {
  const slots = madeOf(2, 2000, 1);

  it.each([2, 3, 8])("gain with every step: %i", (classes) => {
    const { objectives } = fitLatentClasses(slots, { sizes, classes, random: new Random(3) });
    expect(objectives.length).toBeGreaterThan(3);
    for (let step = 1; step < objectives.length; step++)
      expect(objectives[step] - objectives[step - 1]).toBeGreaterThan(-1e-8 * Math.abs(objectives[0]));
  });

  it.each([1, 2, 8])(
    "keep each column's shares, and give an unseen category 1 / ((n + 1) slots): %i",
    (classes) => {
      const fit = fitLatentClasses(slots, { sizes, classes });
      for (let slot = 0; slot < 4; slot++) {
        const allowed = new Array(16).fill(1).map((_, i) => (i < 4 ? Number(i === slot) : 1));
        const count = slots.filter((value, i) => i % 4 === 0 && value === slot).length;
        expect(Math.exp(allowedLogProb(fit, allowed))).toBeCloseTo((count + 1 / 4) / 2001, 10);
      }
    },
  );

  it("are found to be two where there are two, and come close to the truth on new rows", () => {
    const fit = fitLatentClasses(slots, { sizes, random: new Random(1) });
    expect(fit.classes).toBe(2);
    const fresh = madeOf(2, 4000, 9);
    const one = fitLatentClasses(slots, { sizes, classes: 1 });
    let [short, gained] = [0, 0];
    for (let row = 0; row < 4000; row++) {
      const own = fresh.subarray(row * 4, row * 4 + 4);
      const found = allowedLogProb(fit, only(own, sizes));
      short += (trueLogProb(own) - found) / 4000;
      gained += (found - allowedLogProb(one, only(own, sizes))) / 4000;
    }
    expect(Math.abs(short)).toBeLessThan(0.02);
    expect(gained).toBeGreaterThan(0.3);
  });

  it("are one where columns do not depend on each other", () => {
    const random = new Random(2);
    const independent = Uint8Array.from({ length: 6000 }, () => random.integer(3));
    expect(fitLatentClasses(independent, { sizes: [4, 4, 4] }).classes).toBe(1);
  });

  it("say the mean log-probability of the rows they were fitted to", () => {
    const fit = fitLatentClasses(slots, { sizes, classes: 3 });
    let total = 0;
    for (let row = 0; row < 2000; row++)
      total += allowedLogProb(fit, only(slots.subarray(row * 4, row * 4 + 4), sizes));
    expect(fit.logProb).toBeCloseTo(total / 2000, 10);
  });

  it("are the same for the same seed", () => {
    const fit = () => fitLatentClasses(slots, { sizes, random: new Random(7) });
    expect(fit()).toEqual(fit());
  });
});

it("refuses rows that do not fit their blocks, by place", () => {
  expect(() => fitLatentClasses([], { sizes: [2] })).toThrow("no rows");
  expect(() => fitLatentClasses([0, 1, 1], { sizes: [2, 2] })).toThrow("no rows of 2");
  expect(() => fitLatentClasses([0, 1, 1, 2], { sizes: [2, 2] })).toThrow(/slot 2 of a block that has 2/);
});
