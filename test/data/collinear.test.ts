import { expect, it } from "vitest";
import { analyzeColumns, findCollinear, tableFromColumns } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

const random = new Random(3);
const normal = (n: number) => Array.from({ length: n }, () => random.normal());

function find(columns: Record<string, number[]>) {
  const table = tableFromColumns(Object.entries(columns).map(([name, values]) => ({ name, values })));
  return findCollinear(table, analyzeColumns(table).plans);
}

it("names the column, those it follows from, and how", () => {
  const [a, b, other] = [normal(500), normal(500).map((x) => 3 * x + 30), normal(500)];
  const c = a.map((x, i) => 2 * x - b[i]);
  const copy = other.map((x) => 3 - x / 4);
  expect(find({ a, b, other, c, copy })).toEqual({
    columns: ["c", "copy"],
    equations: ["c = 2 a - b", "copy = -0.25 other + 3"],
  });
});

it("finds a sum among many columns", () => {
  const columns = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x${i}`, normal(3000)]));
  const sum = columns.x0.map((_, i) => columns.x3[i] + columns.x17[i] - columns.x39[i]);
  expect(find({ ...columns, sum })?.equations).toEqual(["sum = x3 + x17 - x39"]);
});

it("is silent for columns that are only strongly correlated", () => {
  const a = normal(500);
  expect(find({ a, b: a.map((x) => x + 1e-3 * random.normal()) })).toBeUndefined();
});

it("is silent where the relation does not hold on all rows", () => {
  const a = normal(20_000);
  expect(find({ a, b: a.map((x, i) => (i === 12_345 ? x + 5 : 2 * x)) })).toBeUndefined();
});

it("is silent for discrete columns, whose noise is their own", () => {
  const a = Array.from({ length: 300 }, () => random.integer(50));
  expect(find({ a, b: a.map((x) => 2 * x) })).toBeUndefined();
});

it("is silent with no more rows than columns", () => {
  expect(find({ a: [0.11, 0.52, 0.93], b: [0.1, 0.7, 0.3], c: [0.9, 0.2, 0.4] })).toBeUndefined();
});

it("looks at the rows where all is known, and puts columns that are hardly ever known aside", () => {
  const [a, b, rare] = [normal(600), normal(600), normal(600)];
  const sum = a.map((x, i) => (i % 3 === 0 ? NaN : x + b[i]));
  const columns = {
    a: a.map((x, i) => (i % 5 === 0 ? NaN : x)),
    b,
    rare: rare.map((x, i) => (i < 3 ? x : NaN)),
    sum,
  };
  const names = Object.keys(columns);
  const table = {
    ...tableFromColumns(names.map((name) => ({ name, values: a }))),
    columns: Object.entries(columns).map(([name, values]) => ({ name, values: Float64Array.from(values) })),
  };
  const { plans } = analyzeColumns(table);
  expect(findCollinear(table, plans)?.equations).toEqual(["sum = a + b"]);
  const spoilt = table.columns[3].values.slice();
  spoilt[1] += 0.01;
  const other = { ...table, columns: [...table.columns.slice(0, 3), { name: "sum", values: spoilt }] };
  expect(findCollinear(other, plans)).toBeUndefined();
});

it("knows the constant of columns whose centre is not their mean", () => {
  const table = tableFromColumns([
    { name: "a", values: normal(500).map((x) => Math.exp(2 * x)) },
    { name: "b", values: normal(500) },
  ]);
  const [a, b] = table.columns.map(({ values }) => values);
  const sum = { name: "sum", values: a.map((x, i) => 3 * x - b[i] + 7) };
  const all = tableFromColumns([...table.columns, sum]);
  const { plans } = analyzeColumns(all, { types: { a: "positive", sum: "heavy-tailed" } });
  expect(findCollinear(all, plans)?.equations).toEqual(["sum = 3 a - b + 7"]);
});
