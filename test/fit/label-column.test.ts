// Labels left in a table by accident are noticed; columns that only have such a name are not.

import { describe, expect, it } from "vitest";
import { analyzeColumns, tableFromColumns } from "../../src/data/index.js";
import { labelNotices } from "../../src/fit/label-column.js";
import { Random } from "../../src/random/index.js";

function noticesFor(name: string, labelOf: (x: number, random: Random) => number): string[] {
  const random = new Random(1);
  const x = Float64Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 8 : 0) + random.normal());
  const y = x.map(() => random.normal());
  const table = tableFromColumns([
    { name: "x", values: x },
    { name, values: x.map((value) => labelOf(value, random)) },
    { name: "y", values: y },
  ]);
  return labelNotices(table, analyzeColumns(table).plans, new Random(2));
}

const bySide = (x: number) => (x > 4 ? 1 : 0);

describe("a column named like a label", () => {
  it.each(["label", "Class", "target", "is_anomaly", "outlier"])(
    "is told of if the others tell its values apart: %s",
    (name) => {
      expect(noticesFor(name, bySide)).toEqual([
        expect.stringMatching(new RegExp(`^Column ${name} looks like a label.*--exclude ${name}\\.$`)),
      ]);
    },
  );

  it("is not told of if they do not", () => {
    expect(noticesFor("label", (_, random) => (random.uniform() < 0.5 ? 1 : 0))).toEqual([]);
  });

  it("is not told of if it has many values", () => {
    expect(noticesFor("target", (x) => Math.round(20 * x))).toEqual([]);
  });

  it("is not told of under another name", () => {
    expect(noticesFor("side", bySide)).toEqual([]);
    expect(noticesFor("labelled_by", bySide)).toEqual([]);
  });
});
