import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  analyzeColumns,
  type Batch,
  InMemoryRows,
  splitRows,
  standardizedRows,
  tableFromColumns,
  tableFromRows,
  takeRows,
} from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

const numbers = new Random(11);
const table = tableFromColumns([
  { name: "score", values: Array.from({ length: 103 }, () => numbers.normal() * 10 + 50) },
  { name: "count", values: Array.from({ length: 103 }, () => 5 * numbers.integer(4)) },
]);
const { plans } = analyzeColumns(table);

async function take(stream: { next(): Promise<Batch> }, n: number): Promise<Batch[]> {
  const batches = [];
  for (let i = 0; i < n; i++) batches.push(await stream.next());
  return batches;
}

describe("taking rows", () => {
  it("gives a table of them, that knows their places in the files", () => {
    const some = takeRows(table, Uint32Array.of(3, 50));
    expect(some.columns.map(({ values }) => [...values])).toEqual(
      table.columns.map(({ values }) => [values[3], values[50]]),
    );
    expect({ rows: some.rows, places: some.rowIndex && [...some.rowIndex] }).toEqual({
      rows: 2,
      places: [3, 50],
    });
    expect(takeRows(some, Uint32Array.of(1)).rowIndex).toEqual(Uint32Array.of(50));
  });
});

describe("splitting rows", () => {
  it("parts them, each row once, at least one to validate", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (n, fraction) => {
          const { train, validation } = splitRows(n, fraction, new Random(1));
          expect([...train, ...validation].sort((a, b) => a - b)).toEqual(
            Array.from({ length: n }, (_, i) => i),
          );
          expect(validation.length).toBeGreaterThanOrEqual(1);
          expect(train.length).toBeGreaterThanOrEqual(1);
          expect(Math.abs(validation.length - n * fraction)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("depends on the seed and nothing else", () => {
    expect(splitRows(50, 0.2, new Random(4))).toEqual(splitRows(50, 0.2, new Random(4)));
    expect(splitRows(50, 0.2, new Random(4))).not.toEqual(splitRows(50, 0.2, new Random(5)));
  });

  it("keeps a single row, and a fraction of nothing, for training", () => {
    expect(splitRows(1, 0.5, new Random(1))).toEqual({
      train: Uint32Array.of(0),
      validation: new Uint32Array(0),
    });
    expect(splitRows(9, 0, new Random(1)).validation).toHaveLength(0);
    expect(() => splitRows(9, 1, new Random(1))).toThrow("the validation fraction must be in [0, 1), got 1");
  });
});

describe("standardised rows", () => {
  it("have mean 0 and variance 1, the noise included", () => {
    const big = tableFromColumns([
      { name: "x", values: Array.from({ length: 40_000 }, () => 1e6 + 3 * numbers.normal()) },
      { name: "k", values: Array.from({ length: 40_000 }, () => numbers.integer(3)) },
    ]);
    const values = standardizedRows(big, analyzeColumns(big).plans, undefined, new Random(2));
    for (const d of [0, 1]) {
      const column = values.filter((_, i) => i % 2 === d);
      const mean = column.reduce((a, b) => a + b, 0) / column.length;
      expect(Math.abs(mean)).toBeLessThan(0.01);
      expect(column.reduce((a, b) => a + (b - mean) ** 2, 0) / column.length).toBeCloseTo(1, 1.5);
    }
  });

  it("find columns by name, in any order, among others", () => {
    const other = tableFromColumns([
      { name: "more", values: table.columns[0].values },
      table.columns[1],
      table.columns[0],
    ]);
    expect(standardizedRows(other, plans)).toEqual(standardizedRows(table, plans));
    expect(() => standardizedRows(tableFromRows([1, 2], 1), plans)).toThrow(
      'the table has no column "score"',
    );
  });

  it("spread a discrete value evenly over its cell and leave the others alone", () => {
    const n = 20_000;
    const still = standardizedRows(table, plans, new Uint32Array(n).fill(17));
    const noisy = standardizedRows(table, plans, new Uint32Array(n).fill(17), new Random(9));
    const { quantum, scale } = plans[1];
    expect(quantum).toBe(5);
    const tenths = new Array(10).fill(0);
    for (let i = 0; i < n; i++) {
      expect(noisy[2 * i]).toBe(still[2 * i]);
      const u = ((noisy[2 * i + 1] - still[2 * i + 1]) * scale) / 5 + 0.5;
      tenths[Math.min(9, Math.max(0, Math.floor(u * 10)))]++;
      expect(u).toBeGreaterThan(-1e-6);
      expect(u).toBeLessThan(1 + 1e-6);
    }
    // Chi-square with 9 degrees of freedom: beyond 33.7 once in 10,000.
    const chi = tenths.reduce((sum, k) => sum + (k - n / 10) ** 2 / (n / 10), 0);
    expect(chi).toBeLessThan(33.7);
  });
});

describe("batches", () => {
  const source = new InMemoryRows(table, plans);

  it("draw every row at most once an epoch, in another order each time", async () => {
    const continuous = new InMemoryRows(table, [plans[0]]);
    const all = new Set(standardizedRows(table, [plans[0]]));
    const batches = await take(continuous.batches({ batchSize: 10, random: new Random(1) }), 20);
    expect(batches.map((batch) => batch.epoch)).toEqual([...new Array(10).fill(0), ...new Array(10).fill(1)]);
    const epochs = [0, 1].map((e) => batches.filter((b) => b.epoch === e).flatMap((b) => [...b.values]));
    for (const rows of epochs) {
      expect(new Set(rows).size).toBe(100);
      expect(rows.every((value) => all.has(value))).toBe(true);
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it("have fresh noise at each draw", async () => {
    const one = new InMemoryRows(table, plans, Uint32Array.of(3));
    const [a, b] = await take(one.batches({ batchSize: 1, random: new Random(1) }), 2);
    expect(a.values[0]).toBe(b.values[0]);
    expect(a.values[1]).not.toBe(b.values[1]);
  });

  it("are the same for the same seed, however many numbers were drawn from it", async () => {
    const used = new Random(5);
    used.uniform();
    const first = await take(source.batches({ batchSize: 16, random: new Random(5) }), 15);
    expect(await take(source.batches({ batchSize: 16, random: used }), 15)).toEqual(first);
    expect(await take(source.batches({ batchSize: 16, random: new Random(6) }), 15)).not.toEqual(first);
  });

  it("go on after a restore as if nothing had happened, wherever it was", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 120 }),
        async (before, batchSize) => {
          const stream = source.batches({ batchSize, random: new Random(8) });
          await take(stream, before);
          const position = JSON.parse(JSON.stringify(stream.state()));
          const expected = await take(stream, 8);
          const resumed = source.batches({ batchSize, random: new Random(999) });
          resumed.restore(position);
          expect(await take(resumed, 8)).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("hold all rows when there are fewer than asked for", async () => {
    const stream = source.batches({ batchSize: 1000, random: new Random(1) });
    expect(stream.batchSize).toBe(103);
    expect((await stream.next()).values).toHaveLength(206);
  });

  it("are written into a given buffer", async () => {
    const stream = source.batches({ batchSize: 10, random: new Random(1) });
    const buffer = new Float32Array(64);
    const batch = await stream.next(buffer);
    expect(batch.values.buffer).toBe(buffer.buffer);
    const [fresh] = await take(source.batches({ batchSize: 10, random: new Random(1) }), 1);
    expect(batch.values).toEqual(fresh.values);
    await expect(stream.next(new Float32Array(3))).rejects.toThrow(
      "a batch needs room for [10, 2] values, got 3",
    );
  });

  it("can be iterated", async () => {
    const seen: number[] = [];
    for await (const { epoch } of source.batches({ batchSize: 50, random: new Random(1) })) {
      if (epoch === 2) break;
      seen.push(epoch);
    }
    expect(seen).toEqual([0, 0, 1, 1]);
  });
});
