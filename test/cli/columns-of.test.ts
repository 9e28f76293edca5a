// A model's rows as columns of a table.

import { expect, it } from "vitest";
import { columnsOf } from "../../src/cli/columns-of.js";
import type { ColumnConfig } from "../../src/model/index.js";

const column = (name: string, rest: Partial<ColumnConfig>): ColumnConfig => ({
  ...{ name, kind: "discrete", center: 0, scale: 1, minimum: 0, maximum: 200 },
  ...rest,
});

it("holds whole numbers of a lattice as such, missing cells among them, and other numbers as they are", () => {
  const columns = [
    column("rings", { lattice: true, quantum: 1 }),
    column("halves", { lattice: true, quantum: 0.5 }),
    column("shifted", { lattice: true, quantum: 1, minimum: 0.5 }),
    column("height", { kind: "continuous" }),
    column("kind", { kind: "categorical", categories: ["birch", "oak"] }),
  ];
  const rows = Float64Array.of(...[111, 1, 1.5, 2, 1], ...[Number.NaN, 0.5, Number.NaN, 3, Number.NaN]);
  expect(columnsOf({ columns, dim: 5 }, rows)).toEqual([
    { name: "rings", values: Float64Array.of(111, Number.NaN), whole: true },
    { name: "halves", values: Float64Array.of(1, 0.5) },
    { name: "shifted", values: Float64Array.of(1.5, Number.NaN) },
    { name: "height", values: Float64Array.of(2, 3) },
    { name: "kind", values: ["oak", null] },
  ]);
});

it("holds draws that were not rounded as they are", () => {
  const columns = [column("rings", { lattice: true, quantum: 1 })];
  expect(columnsOf({ columns, dim: 1 }, Float64Array.of(3, 2.5))).toEqual([
    { name: "rings", values: Float64Array.of(3, 2.5) },
  ]);
});
