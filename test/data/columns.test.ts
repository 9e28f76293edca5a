import { describe, expect, it } from "vitest";
import { splitDates } from "../../src/data/dates.js";
import {
  analyzeColumns,
  type ColumnPlan,
  readTable,
  type Table,
  tableFromColumns,
} from "../../src/data/index.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";

const random = new Random(7);
const make = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));

function planOf(values: number[] | Float64Array): ColumnPlan {
  return analyzeColumns(tableFromColumns([{ name: "x", values }])).plans[0];
}

describe("discrete columns", () => {
  it.each<[string, number[], number]>([
    ["whole numbers", make(500, () => random.integer(100)), 1],
    ["all different whole numbers", make(500, (i) => 3 * i * i + i), 2],
    ["multiples of 5", make(500, () => 5 * random.integer(20) - 35), 5],
    ["odd numbers", make(500, () => 2 * random.integer(20) + 1), 2],
    ["two values", make(500, () => random.integer(2)), 1],
    ["one decimal", make(500, () => Number((20 * random.normal()).toFixed(1))), 0.1],
    ["one decimal, far from zero", make(500, () => Number((1e6 + random.normal()).toFixed(1))), 0.1],
    [
      "one decimal, kept as float32",
      make(500, () => Math.fround(Number((20 * random.normal()).toFixed(1)))),
      0.1,
    ],
    ["halves, off by a quarter", make(500, () => random.integer(30) / 2 + 0.25), 0.5],
    ["nine decimals", make(500, () => Number((1e-7 * random.normal()).toFixed(9))), 1e-9],
    ["sixteenths", make(500, () => random.integer(100) / 16), 1 / 16],
    ["thirds, on no decimal lattice", make(500, () => random.integer(30) / 3), 1 / 3],
    ["huge steps", make(500, () => random.integer(30) * 1e30), 1e30],
  ])("%s", (_, values, step) => {
    const plan = planOf(values);
    expect(plan.kind).toBe("discrete");
    expect(plan.quantum! / step).toBeCloseTo(1, 9);
    expect(plan.lattice).toBe(![1 / 3, 1e30].includes(step));
  });

  it("of many repeats on no lattice take the median gap", () => {
    const levels = [0, 0.1234567890123, 0.2345678901234, 0.3333333333333, 5 + Math.PI];
    const plan = planOf(make(400, (i) => levels[i % 5]));
    expect(plan.quantum).toBeCloseTo(0.1111111011111, 12);
    expect(plan.lattice).toBe(false);
  });

  it("of which rounding made a fine and empty lattice take the median gap", () => {
    const sevenths = planOf(make(700, () => Number((random.integer(30) / 7).toFixed(6))));
    expect(sevenths.quantum).toBeCloseTo(1 / 7, 5);
    expect(sevenths.lattice).toBe(false);
  });

  it("with sparse tails keep the step of their lattice", () => {
    const values = make(1000, (i) => (i < 900 ? random.integer(20) / 10 : (i * i) / 10));
    expect(planOf(values).quantum).toBeCloseTo(0.1, 12);
  });

  // Days from 2024-01-01 on, and a time of day in seconds.
  const hoursOf = (n: number, time: (i: number) => number) => {
    const instants = make(n, (i) => 1e6 * (1_704_067_200 + 86_400 * (i % 28) + time(i)));
    const columns = splitDates("when", Float64Array.from(instants));
    const { plans } = analyzeColumns(tableFromColumns(columns));
    return plans.find(({ name }) => name === "when.hour");
  };

  it.each([
    ["minutes, many of them repeated", () => 60 * random.integer(1440), 1 / 60],
    ["seconds, hardly any repeated", () => random.integer(86_400), 1 / 3600],
    ["quarters of an hour, always some seconds past", () => 900 * random.integer(96) + 7, 1 / 4],
  ] as const)("of times of day have their date's step: %s", (_, time, step) => {
    const plan = hoursOf(800, time)!;
    expect(plan.kind).toBe("discrete");
    expect(plan.lattice).toBe(true);
    const inTimes = step / plan.quantum!;
    expect(inTimes).toBeCloseTo(Math.round(inTimes), 6);
    expect(plan.quantum).toBeGreaterThan(1 / 3601);
  });

  it("of times of day that are nearly all whole hours are not taken for seconds", () => {
    const plan = hoursOf(800, (i) => 3600 * random.integer(24) + (i === 5 ? 17 : 0))!;
    expect(plan).toMatchObject({ kind: "discrete", lattice: false });
    expect(plan.quantum).toBeGreaterThan(0.9);
  });

  it("are not found in times of day with fractions of seconds", () => {
    expect(hoursOf(800, () => 86_400 * random.uniform())?.kind).toBe("continuous");
  });

  it("are explained in a notice", () => {
    const { notices } = analyzeColumns(
      tableFromColumns([
        { name: "age", values: make(90, () => random.integer(50)) },
        { name: "temperature", values: make(90, () => random.integer(50) / 10) },
        { name: "always", values: make(90, () => 4.5) },
      ]),
    );
    expect(notices).toHaveLength(2);
    expect(notices[0]).toMatch(/^1 constant column left out: always \(always 4\.5\)\./);
    expect(notices[1]).toMatch(
      /^2 discrete columns dequantised: age \(step 1\), temperature \(step 0\.1\)\..*infinite/,
    );
  });
});

describe("continuous columns", () => {
  it.each<[string, number[]]>([
    ["all digits", make(1000, () => random.normal())],
    ["six decimals with hardly a repeat", make(1000, () => Number(random.normal().toFixed(6)))],
    ["float32", make(1000, () => Math.fround(random.normal()))],
    ["some rows twice", make(1000, (i) => Math.sin(i % 980))],
    ["tiny", make(1000, () => 1e-30 * random.normal())],
    ["huge", make(1000, () => 1e30 * random.normal())],
    ["very skewed", make(1000, () => Math.exp(10 * random.normal()))],
  ])("%s", (_, values) => {
    expect(planOf(values).kind).toBe("continuous");
    expect(planOf(values).quantum).toBeUndefined();
  });
});

describe("mean and standard deviation", () => {
  // The oracle sums exactly: whole numbers in BigInt.
  it("are exact where float64 sums are not", () => {
    const offset = 2 ** 45;
    const values = make(1001, (i) => offset + ((i * 7919) % 1000) + 0.5);
    const ints = values.map((value) => BigInt(2 * value));
    const n = BigInt(ints.length);
    const sum = ints.reduce((a, b) => a + b);
    const squares = ints.reduce((a, b) => a + b * b, 0n);
    const variance = Number(n * squares - sum * sum) / Number(n * n) / 4;
    const plan = planOf(values);
    expect(plan.center).toBe(Number((sum * 1000n) / n) / 2000);
    expect(plan.scale ** 2 / variance).toBeCloseTo(1, 12);
  });

  it.each([1e30, 1e-30, 1e300, 1e-300, -1e308])("scale with the values: %s", (scale) => {
    const base = make(400, (i) => Math.sin(i));
    const plan = planOf(base.map((value) => value * scale));
    const mean = base.reduce((a, b) => a + b) / 400;
    const variance = base.reduce((a, b) => a + (b - mean) ** 2, 0) / 400;
    expect(plan.center / scale).toBeCloseTo(mean, 12);
    expect(plan.scale / Math.abs(scale)).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it("include the dequantisation noise", () => {
    const { scale, center, minimum, maximum } = planOf([0, 10, 0, 10]);
    expect({ center, minimum, maximum }).toEqual({ center: 5, minimum: 0, maximum: 10 });
    expect(scale).toBeCloseTo(Math.sqrt(25 + 100 / 12), 12);
  });
});

/** A table with categories and missing cells, which `tableFromColumns` does not make. */
function tableOf(columns: readonly { name: string; values: number[]; categories?: string[] }[]): Table {
  const plain = tableFromColumns(columns.map(({ name, values }) => ({ name, values: values.map(() => 0) })));
  return {
    ...plain,
    columns: columns.map((column) => ({ ...column, values: Float64Array.from(column.values) })),
  };
}

describe("categories", () => {
  const colour = { name: "colour", values: [0, 2, NaN, 1], categories: ["blue", "green", "red"] };
  const alive = { name: "alive", values: [0, 1, 1, 0], categories: ["false", "true"] };

  it("keep their codes: nothing is moved or scaled", () => {
    const table = { ...tableOf([colour, alive]), types: { alive: "boolean" } as const };
    expect(analyzeColumns(table).plans).toEqual([
      {
        ...{ name: "colour", index: 0, kind: "categorical", type: "categorical", missing: true },
        ...{ categories: ["blue", "green", "red"], center: 0, scale: 1, minimum: 0, maximum: 2 },
      },
      {
        ...{ name: "alive", index: 1, kind: "categorical", type: "boolean" },
        ...{ categories: ["false", "true"], center: 0, scale: 1, minimum: 0, maximum: 1 },
      },
    ]);
  });

  it("of which there is but one are a constant, unless cells are missing", () => {
    const one = { name: "kind", values: [0, 0, 0, 0], categories: ["a"] };
    const { plans, notices } = analyzeColumns(tableOf([one, alive]));
    expect(plans.map(({ name }) => name)).toEqual(["alive"]);
    expect(notices[0]).toMatch(/kind \(always a\)/);
    const some = analyzeColumns(tableOf([{ ...one, values: [0, NaN, 0, 0] }, alive]));
    expect(some.plans.map(({ name }) => name)).toEqual(["kind", "alive"]);
  });
});

describe("missing cells", () => {
  it("leave the plan of the others as it is", () => {
    const values = make(500, () => 100 + 7 * random.normal());
    const counts = make(500, () => 3 * random.integer(9));
    const rows = make(500, (i) => i).filter((i) => i % 3 > 0);
    const holes = (all: number[]) => all.map((value, i) => (i % 3 > 0 ? value : NaN));
    const { plans } = analyzeColumns(
      tableOf([
        { name: "x", values: holes(values) },
        { name: "k", values: holes(counts) },
      ]),
    );
    const complete = analyzeColumns(
      tableOf([
        { name: "x", values: rows.map((i) => values[i]) },
        { name: "k", values: rows.map((i) => counts[i]) },
      ]),
    );
    expect(plans).toEqual(complete.plans.map((plan) => ({ ...plan, missing: true })));
  });

  it("alone, or beside one number, are a constant", () => {
    const { plans, notices } = analyzeColumns(
      tableOf([
        { name: "never", values: [NaN, NaN, NaN] },
        { name: "same", values: [4.5, NaN, 4.5] },
        { name: "x", values: [1, 2, 3] },
      ]),
    );
    expect(plans.map(({ name }) => name)).toEqual(["x"]);
    expect(notices[0]).toMatch(
      /^2 constant columns left out: never \(always missing\), same \(always 4\.5 or missing\)/,
    );
  });
});

it.each(["constructor", "toString", "__proto__"])(
  "takes a column named %s for what its values are",
  (name) => {
    const values = make(50, (i) => i / 8);
    const numbers = analyzeColumns(tableFromColumns([{ name, values }]), { types: {} }).plans[0];
    expect(numbers).toEqual({ ...planOf(values), name });
    const words = { name, values: Float64Array.of(0, 1, 0), categories: ["a", "b"] };
    const [plan] = analyzeColumns({ ...tableFromColumns([words]), columns: [words], types: {} }).plans;
    expect(plan).toMatchObject({ name, kind: "categorical", type: "categorical" });
  },
);

describe("constants", () => {
  it("are left out, the others keep their place", () => {
    const { plans } = analyzeColumns(
      tableFromColumns([
        { name: "a", values: [1, 1, 1] },
        { name: "b", values: [0.1, 0.25, 0.7] },
      ]),
    );
    expect(plans.map(({ name, index }) => ({ name, index }))).toEqual([{ name: "b", index: 1 }]);
  });

  it("alone are an error", () => {
    const all = () => analyzeColumns(tableFromColumns([{ name: "a", values: [3, 3] }]));
    expect(all).toThrow(LogdetError);
    expect(all).toThrow("no column varies: a (always 3)");
  });
});

it("plans the example data", async () => {
  const path = new URL("../../examples/data/weather.csv", import.meta.url).pathname;
  const table = await readTable([path], { exclude: ["location", "date", "weather"] });
  expect(table.rows).toBe(2922);
  const { plans } = analyzeColumns(table);
  expect(plans.map(({ name, quantum }) => [name, quantum])).toEqual([
    ["precipitation", 0.1],
    ["temp_max", 0.1],
    ["temp_min", 0.1],
    ["wind", 0.1],
  ]);
});
