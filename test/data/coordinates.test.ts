import { describe, expect, it } from "vitest";
import {
  analyzeColumns,
  type Filler,
  InMemoryRows,
  layoutOf,
  readCoordinates,
  standardizedRows,
  type Table,
  tableFromColumns,
  writeCoordinates,
} from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

/** A table with categories and missing cells, which `tableFromColumns` does not make. */
function tableOf(
  columns: readonly { name: string; values: readonly number[]; categories?: readonly string[] }[],
): Table {
  const rows = columns[0].values.length;
  return {
    ...tableFromColumns(columns.map(({ name }) => ({ name, values: new Float64Array(rows) }))),
    columns: columns.map((column) => ({ ...column, values: Float64Array.from(column.values) })),
  };
}

const mixed = tableOf([
  { name: "colour", values: [0, 2, 1, NaN], categories: ["blue", "green", "red"] },
  { name: "mass", values: [1.5, 2.25, NaN, 3.125] },
  { name: "sex", values: [1, 0, 1, 1], categories: ["f", "m"] },
  { name: "count", values: [3, 4, 5, 9] },
]);
const { plans } = analyzeColumns(mixed);

describe("the layout of a mixed table", () => {
  it("has numbers in front, then a block a categorical column, and one of flags where numbers are missing", () => {
    const layout = layoutOf(plans);
    expect({ dim: layout.dim, width: layout.width }).toEqual({ dim: 2, width: 2 + 5 + 2 + 3 });
    expect(layout.blocks).toEqual([
      { at: 2, size: 5 },
      { at: 7, size: 2 },
      { at: 9, size: 3 },
    ]);
    expect(layout.places.map(({ coordinate, block }) => [coordinate, block?.at])).toEqual([
      [undefined, 2],
      [0, 7],
      [undefined, 9],
      [1, undefined],
    ]);
  });

  it("is one coordinate a column where all are numbers", () => {
    expect(layoutOf([{ kind: "continuous" }, { kind: "discrete" }])).toMatchObject({
      dim: 2,
      width: 2,
      blocks: [],
    });
  });
});

describe("rows of a mixed table", () => {
  const [, mass, , count] = plans;
  const z = ({ center, scale }: { center: number; scale: number }, value: number) =>
    Math.fround((value - center) / scale);
  // mass, count | blue, green, red, never seen, missing | present, missing | f, m, never seen
  const expected = [
    [z(mass, 1.5), z(count, 3), 1, 0, 0, 0, 0, 1, 0, 0, 1, 0],
    [z(mass, 2.25), z(count, 4), 0, 0, 1, 0, 0, 1, 0, 1, 0, 0],
    [NaN, z(count, 5), 0, 1, 0, 0, 0, 0, 1, 0, 1, 0],
    [z(mass, 3.125), z(count, 9), 0, 0, 0, 0, 1, 1, 0, 0, 1, 0],
  ];

  it("have a 1 in the slot of their category and in that of what is missing", () => {
    expect(Array.from(standardizedRows(mixed, plans))).toEqual(expected.flat());
    expect(Array.from(standardizedRows(mixed, plans, Uint32Array.of(3, 1)))).toEqual([
      ...expected[3],
      ...expected[1],
    ]);
  });

  it("are written from cells as from tables, over whatever was there", () => {
    const cells = Float64Array.from({ length: 16 }, (_, i) => mixed.columns[i % 4].values[i >> 2]);
    const out = new Float32Array(4 * 12 + 3).fill(7);
    writeCoordinates(plans, layoutOf(plans), cells, out);
    expect(Array.from(out)).toEqual([...expected.flat(), 7, 7, 7]);
  });

  it("are read back as the cells they were, the nearest slot for each category", () => {
    const layout = layoutOf(plans);
    const rows = Float64Array.from(standardizedRows(mixed, plans), (x) => x * 0.9);
    const cells = readCoordinates(
      plans,
      layout,
      rows.map((x) => x / 0.9),
    );
    const nearby = readCoordinates(plans, layout, rows);
    for (const [i, cell] of cells.entries()) {
      const expected = mixed.columns[i % 4].values[i >> 2];
      if (Number.isNaN(expected)) expect(cell).toBeNaN();
      else expect(cell).toBeCloseTo(expected, 5);
      if (plans[i % 4].kind === "categorical") expect(nearby[i]).toBe(cell);
    }
  });

  it("put categories never seen, and missing cells where none were, into one slot", () => {
    const columns = [{ kind: "categorical", categories: ["a", "b"], center: 0, scale: 1 }] as const;
    for (const cell of [2, 3, -1, 0.5, NaN]) {
      const out = new Float32Array(3);
      writeCoordinates(columns, layoutOf(columns), Float64Array.of(cell), out);
      expect(Array.from(out)).toEqual([0, 0, 1]);
    }
  });

  it("cut numbers off at a limit", () => {
    const columns = [{ kind: "continuous", center: 1, scale: 2 }] as const;
    const out = new Float32Array(3);
    writeCoordinates(columns, layoutOf(columns), Float64Array.of(-1e9, 4, 1e9), out, { limit: 10 });
    expect(Array.from(out)).toEqual([-10, 1.5, 10]);
  });

  it("of numbers alone are what they were before there were categories, bit for bit", () => {
    const random = new Random(3);
    const table = tableFromColumns([
      { name: "x", values: Array.from({ length: 50 }, () => 1e3 * random.normal()) },
      { name: "k", values: Array.from({ length: 50 }, () => random.integer(5)) },
    ]);
    const [x, k] = analyzeColumns(table).plans;
    const uniform = new Random(8).fillUniform(new Float32Array(50));
    const width = Math.fround((k.quantum ?? 0) / k.scale);
    const noisy = Array.from({ length: 50 }, (_, i) => [
      Math.fround((table.columns[0].values[i] - x.center) / x.scale),
      Math.fround(
        Math.fround((table.columns[1].values[i] - k.center) / k.scale) + width * (uniform[i] - 0.5),
      ),
    ]);
    expect(Array.from(standardizedRows(table, [x, k], undefined, new Random(8)))).toEqual(noisy.flat());
  });

  it("give no noise to categories", () => {
    const noisy = standardizedRows(mixed, plans, undefined, new Random(1));
    const half = 0.5 / count.scale;
    for (const [i, row] of expected.entries())
      for (const [d, value] of row.entries())
        if (d === 1) expect(Math.abs(noisy[12 * i + d] - value)).toBeLessThanOrEqual(half + 1e-6);
        else expect(noisy[12 * i + d]).toBe(value);
  });
});

describe("batches of a mixed table", () => {
  /** Writes a normal for every missing number. */
  const filler: Filler = {
    fill(rows, count, stride, random) {
      for (let i = 0; i < count * stride; i++) if (Number.isNaN(rows[i])) rows[i] = 100 + random.normal();
    },
  };

  it("fill missing numbers anew at every draw, and go on after a restore as if nothing had happened", async () => {
    const source = new InMemoryRows(mixed, plans, undefined, filler);
    expect(source.dim).toBe(12);
    const stream = source.batches({ batchSize: 4, random: new Random(2) });
    const fills: number[] = [];
    for (let k = 0; k < 3; k++) {
      const { values } = await stream.next();
      expect(values.some(Number.isNaN)).toBe(false);
      fills.push(...values.filter((value) => value > 50));
    }
    expect(new Set(fills).size).toBe(3);
    const position = JSON.parse(JSON.stringify(stream.state()));
    const expected = await stream.next();
    const resumed = source.batches({ batchSize: 4, random: new Random(99) });
    resumed.restore(position);
    expect(await resumed.next()).toEqual(expected);
  });

  it("are refused where numbers are missing and nothing fills them", () => {
    expect(() => new InMemoryRows(mixed, plans)).toThrow("the rows have missing numbers");
  });
});
