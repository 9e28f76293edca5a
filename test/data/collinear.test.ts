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
