import { describe, expect, it } from "vitest";
import { curveAt } from "../../src/bijections/column-curves.js";
import {
  analyzeColumns,
  type ColumnPlan,
  type ColumnType,
  standardizedRows,
  supportOf,
  tableFromColumns,
} from "../../src/data/index.js";
import { NormalScores } from "../../src/data/normal-scores.js";
import { Random } from "../../src/random/index.js";

const random = new Random(17);
const make = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));
const normal = () => random.normal();
/** Student's t with one degree of freedom, and with two. */
const cauchy = () => normal() / Math.abs(normal());
const studentT2 = () => normal() / Math.sqrt((normal() ** 2 + normal() ** 2) / 2);
const normals = make(5000, normal);
const [least, most] = [Math.min(...normals), Math.max(...normals)];
const stretched = normals.map((x) => (x - least) / (most - least));

function analysisOf(values: number[], said?: ColumnType) {
  const table = tableFromColumns([{ name: "x", values }]);
  return { table, ...analyzeColumns(table, said ? { types: { x: said } } : { infer: true }) };
}
const planOf = (values: number[], said?: ColumnType): ColumnPlan => analysisOf(values, said).plans[0];

describe("the type of a column of numbers", () => {
  it.each<[ColumnType, string, number[]]>([
    ["continuous", "normal", make(5000, normal)],
    ["continuous", "exponential", make(5000, () => -Math.log(1 - random.uniform()))],
    ["continuous", "lognormal", make(5000, () => Math.exp(normal()))],
    ["continuous", "t with two degrees of freedom", make(5000, studentT2)],
    ["continuous", "wide, in too few rows to tell", make(500, () => Math.exp(4 * normal()))],
    ["continuous", "inside of (0, 1), far from 1", make(5000, () => random.uniform() ** 3 * 0.9)],
    ["continuous", "one decimal", make(5000, () => random.integer(100) / 10)],
    [
      "interval",
      "shares with many zeros and ones",
      make(5000, () => Math.min(1, Math.max(0, 0.5 + normal()))),
    ],
    ["integer", "whole", make(5000, () => random.integer(1000))],
    ["integer", "zero or one", make(5000, () => random.integer(2))],
    ["continuous", "normal, stretched to fill [0, 1]", stretched],
    ["interval", "whole percentages", make(5000, () => random.integer(101))],
    [
      "heavy-tailed",
      "whole, of every order of magnitude",
      make(5000, () => Math.floor(Math.exp(3 + 3 * normal()))),
    ],
    ["positive", "of every order of magnitude", make(5000, () => Math.exp(4 * normal()))],
    ["positive", "the same with a few zeros", make(5000, (i) => (i % 40 === 0 ? 0 : Math.exp(4 * normal())))],
    ["continuous", "far out, but mostly one value", make(5000, (i) => (i % 3 === 0 ? cauchy() ** 5 : 2.5))],
    ["heavy-tailed", "ratios of normals", make(5000, () => cauchy() ** 3)],
    ["interval", "shares", make(5000, () => random.uniform())],
    ["interval", "percentages", make(5000, () => 100 * random.uniform())],
  ])("is %s: %s", (type, _, values) => {
    const plan = planOf(values);
    expect(plan.type).toBe(type);
    expect(plan.transform !== undefined).toBe(["positive", "heavy-tailed", "interval"].includes(type));
  });

  it("is not looked for unless it is asked for", () => {
    const { table, plans: inferred } = analysisOf(make(5000, () => Math.exp(4 * normal())));
    const [plain] = analyzeColumns(table).plans;
    expect(plain.type).toBe("continuous");
    expect(plain.transform).toBeUndefined();
    expect(inferred[0].type).toBe("positive");
    expect(analyzeColumns(table, { infer: true, types: { x: "continuous" } }).plans[0]).toEqual(plain);
  });

  it("is said in a notice where it changes what a fit does", () => {
    expect(analysisOf(make(5000, () => Math.exp(4 * normal()))).notices).toEqual([
      expect.stringMatching(/^1 positive column: x\. Seen on a logarithmic scale/),
    ]);
    expect(analysisOf(make(50, normal)).notices).toEqual([]);
  });
});

describe("a type that is said", () => {
  it("is an error where the values are not of it", () => {
    expect(() => planOf([-1, 2, 0.5], "positive")).toThrow(
      'a column of type "positive" holds numbers of one sign, got -1',
    );
    expect(() => planOf([1, 2, 3.5], "integer")).toThrow(
      'a column of type "integer" holds whole numbers, got 3.5',
    );
    expect(() => planOf([1, 2, 3], "categorical")).toThrow(
      'the column holds numbers, which cannot have the type "categorical"',
    );
  });

  it("of a column that is not there is an error that names the nearest", () => {
    const table = tableFromColumns([{ name: "income", values: [1, 2, 3] }]);
    const wrong = () => analyzeColumns(table, { types: { incme: "positive" } });
    expect(wrong).toThrow('there is no column "incme" to have the type "positive"');
    expect(wrong).toThrow(expect.objectContaining({ hint: 'Did you mean "income"?' }));
  });
});

/** What float32 knows of the values, sent through the curve. */
function curved(values: number[], type: ColumnType): { y: number[]; plan: ColumnPlan } {
  const { table, plans } = analysisOf(values, type);
  const { transform } = plans[0];
  if (!transform) throw new Error("no curve");
  return { y: Array.from(standardizedRows(table, plans), (z) => curveAt(transform, z).y), plan: plans[0] };
}

describe("the curve of a type", () => {
  it("of positive values is their logarithm, with all of its digits near zero", () => {
    const values = make(1000, () => Math.exp(5 * normal()));
    const { y, plan } = curved(values, "positive");
    const least = Math.min(...values);
    for (const [i, value] of values.entries())
      expect(y[i]).toBeCloseTo(Math.log((value + least / 2) / plan.scale), 5);
  });

  it("of negative values is that of their opposites, turned", () => {
    const values = make(1000, () => Math.exp(5 * normal()));
    const [up, down] = [
      curved(values, "positive"),
      curved(
        values.map((x) => -x),
        "positive",
      ),
    ];
    for (const [i, y] of up.y.entries()) expect(down.y[i]).toBeCloseTo(-y, 6);
  });

  it.each<[string, ColumnType, number[]]>([
    ["zeros of a positive column", "positive", [0, 0, 1e-7, ...make(500, () => Math.exp(normal()))]],
    ["0 and 1 of shares", "interval", [0, 1, ...make(500, () => random.uniform())]],
    ["0 and 100 of percentages", "interval", [0, 100, ...make(50_000, () => 100 * random.uniform())]],
    ["the ends of another interval", "interval", make(500, () => -5 + 2 * random.uniform())],
    ["counts", "positive", make(500, () => random.integer(3) ** 5)],
    ["grades", "interval", make(500, () => random.integer(11) / 10)],
    ["far out", "heavy-tailed", make(500, () => cauchy() ** 5)],
    ["mostly one value", "heavy-tailed", make(500, (i) => (i % 10 === 0 ? cauchy() : 3))],
  ])("is finite at %s, over the whole of their cells", (_, type, values) => {
    const { table, plans } = analysisOf(values, type);
    const { transform, quantum = 0, scale } = plans[0];
    if (!transform) throw new Error("no curve");
    const { lower = -Infinity, upper = Infinity } = supportOf(transform);
    const isWell = (z: number) => {
      const { y, slope } = curveAt(transform, z);
      return z > lower && z < upper && Number.isFinite(y) && slope > 0 && Number.isFinite(slope);
    };
    const half = quantum / scale / 2;
    const centres = Array.from(standardizedRows(table, plans));
    const ends = centres.flatMap((z) => [z - half, z, z + half].map(Math.fround));
    expect(ends.filter((z) => !isWell(z))).toEqual([]);
    const scores = NormalScores.fit(
      Float64Array.from(standardizedRows(table, plans)).sort(),
      supportOf(transform),
    );
    for (let g = -8; g <= 8; g += 0.25) {
      expect(Math.fround(scores.value(g))).toBeGreaterThan(lower);
      expect(Math.fround(scores.value(g))).toBeLessThan(upper);
    }
  });

  it("of heavy tails is linear for the middle half of the values, logarithmic far out", () => {
    const { y, plan } = curved(
      make(2001, (i) => Math.tan(Math.PI * ((i + 0.5) / 2001 - 0.5))),
      "heavy-tailed",
    );
    // Quartiles of a Cauchy variable: ±1.
    expect(plan.center).toBeCloseTo(0, 9);
    expect(plan.scale).toBeCloseTo(2 / 1.349, 2);
    expect(Math.abs(y[500])).toBeCloseTo(Math.asinh(1.349 / 2), 2);
    expect(y[2000]).toBeCloseTo(Math.log((2 * 4002) / Math.PI / plan.scale), 2);
  });
});
