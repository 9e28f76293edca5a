import { describe, expect, it } from "vitest";
import { labelsOf, tableFromColumns, takeRows } from "../../src/data/index.js";
import { LogdetError } from "../../src/errors.js";

function problem(make: () => unknown): LogdetError {
  try {
    make();
  } catch (error) {
    if (error instanceof LogdetError) return error;
    throw error;
  }
  throw new Error("expected a LogdetError, got none");
}

describe("a table from columns in memory", () => {
  it("makes categories of text and truth values", () => {
    const { columns } = tableFromColumns([
      { name: "x", values: [1, 2, 3] },
      { name: "kind", values: ["b", "a", "b"] },
      { name: "ok", values: [true, false, true] },
      { name: "answer", values: ["yes", "no", "no"] },
      { name: "grade", values: ["10", "9", "10"] },
    ]);
    expect(columns).toEqual([
      { name: "x", values: Float64Array.of(1, 2, 3) },
      { name: "kind", values: Float64Array.of(1, 0, 1), categories: ["a", "b"] },
      { name: "ok", values: Float64Array.of(1, 0, 1), categories: ["false", "true"] },
      { name: "answer", values: Float64Array.of(1, 0, 0), categories: ["no", "yes"] },
      { name: "grade", values: Float64Array.of(1, 0, 1), categories: ["9", "10"] },
    ]);
  });

  it("takes codes and text for the categories given", () => {
    const categories = ["small", "large"];
    const { columns } = tableFromColumns([
      { name: "code", values: [1, 0, 2], categories },
      { name: "text", values: ["large", "small", "huge"], categories },
    ]);
    expect(columns.map(({ values }) => [...values])).toEqual([
      [1, 0, 2],
      [1, 0, 2],
    ]);
    expect(labelsOf(columns[1])).toEqual(["large", "small", null]);
  });

  it("keeps missing cells where asked, and names them otherwise", () => {
    const given = [
      { name: "x", values: [1, Number.NaN] },
      { name: "kind", values: [null, "a"] },
    ];
    const { columns } = tableFromColumns(given, { missing: "cells" });
    expect(columns.map(({ values }) => [...values])).toEqual([
      [1, Number.NaN],
      [Number.NaN, 0],
    ]);
    expect(problem(() => tableFromColumns(given))).toMatchObject({
      code: "data",
      message: "NaN is not finite",
      where: ["row 2", "column x"],
    });
  });

  it("refuses infinities, and codes that are none", () => {
    const infinite = [{ name: "x", values: [1, Number.NEGATIVE_INFINITY] }];
    expect(problem(() => tableFromColumns(infinite, { missing: "cells" })).message).toBe(
      "-Infinity is not finite",
    );
    const half = [{ name: "x", values: [0, 0.5], categories: ["a", "b"] }];
    expect(problem(() => tableFromColumns(half)).message).toBe("0.5 is no code of a category");
  });

  it("keeps what columns are when rows are taken", () => {
    const part = { part: "week", source: "when" } as const;
    const table = tableFromColumns([
      { name: "kind", values: ["b", "a", "b"] },
      { name: "when.week", values: [7, 8, 9], part },
    ]);
    expect(takeRows(table, Uint32Array.of(2, 1)).columns).toEqual([
      { name: "kind", values: Float64Array.of(1, 0), categories: ["a", "b"] },
      { name: "when.week", values: Float64Array.of(9, 8), part },
    ]);
  });
});
