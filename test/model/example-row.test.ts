// The row that a report's code scores: the typical cell of each column.

import { describe, expect, it } from "vitest";
import { exampleRow, tableCells } from "../../src/model/report/example-row.js";

const number = {
  name: "x",
  kind: "continuous",
  ...{ mean: 0, standardDeviation: 1, minimum: -1e9, maximum: 1e9 },
};

/** Of rows whose median is the value, and whose mean is far off. */
const cellOf = (value: number, column: object = {}) =>
  exampleRow(
    [{ ...number, ...column }],
    Float64Array.of(1e6, value, Number.NaN, value - 9, 1e9, value - 8),
  )[0];

describe("the cell of a column of numbers", () => {
  it.each([
    ["is the median to a tenth of a standard deviation", 44.0638, { standardDeviation: 5.478 }, 44.1],
    ["has no decimals that the column has not", 201_093.4, { standardDeviation: 1409.2 }, 201_100],
    ["lies on the column's lattice", 2008.03, { quantum: 1, lattice: true, minimum: 2007 }, 2008],
    ["lies on a lattice of tenths", 17.200001, { quantum: 0.1, lattice: true, minimum: 13.2 }, 17.2],
    ["is rounded where there is no lattice", 0.0049, { standardDeviation: 0.9, quantum: 0.0249 }, 0],
    ["stays within the data's range", 0.92, { standardDeviation: 4, minimum: 0.915 }, 0.915],
    ["is not 0 beside a bound", 0.0123, { type: "positive", standardDeviation: 7, minimum: 0 }, 0.012],
    ["is a whole hour", 13.4, { part: { part: "hour", source: "when" } }, 13],
  ])("%s", (_, value, column, cell) => {
    expect(cellOf(value, column)).toBe(cell);
  });

  it("is the mean where every cell is missing", () => {
    expect(exampleRow([{ ...number, mean: 2.5 }], Float64Array.of(Number.NaN))[0]).toBe(2.5);
  });
});

const categories = ["oak", "yew", "elm"];
const week = {
  ...number,
  name: "day.week",
  mean: 2822.4,
  quantum: 1,
  lattice: true,
  minimum: 2817,
  maximum: 2824,
};
const part = { source: "day", fixed: { hour: 0 } };
const columns = [
  { ...number, name: "kind", kind: "categorical", categories },
  { ...week, part: { ...part, part: "week" as const } },
  {
    ...{ ...number, name: "day.weekday", kind: "categorical", categories: ["Mon", "Tue", "Sun"] },
    part: { ...part, part: "weekday" as const },
  },
  { ...number, name: "size" },
];

describe("the row", () => {
  const rows = Float64Array.of(
    ...[2, 2822, 2, 3.3],
    ...[1, 2823, 2, 1],
    ...[2, 2822, 1, 7],
    ...[Number.NaN, 2821, 0, Number.NaN],
  );

  it("has the most frequent category, missing cells aside", () => {
    expect([...exampleRow(columns, rows)]).toEqual([2, 2822, 2, 3.3]);
  });

  it("has categories by name and whole dates in a table", () => {
    // 2,822 weeks after Monday 1970-01-05 it is 2024-02-05; the Sunday of that week is the 11th.
    expect(tableCells(columns, exampleRow(columns, rows))).toEqual([
      { name: "kind", cell: "elm" },
      { name: "day", cell: "2024-02-11" },
      { name: "size", cell: 3.3 },
    ]);
  });

  it("has no table where a part of a date is missing", () => {
    const parted = columns.filter(({ name }) => name !== "day.week");
    expect(tableCells(parted, exampleRow(parted, Float64Array.of(1, 1, 1)))).toBeUndefined();
  });
});
