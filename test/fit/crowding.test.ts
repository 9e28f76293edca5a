// Which columns crowd on cells: columns made with spikes, against smooth ones that were only rounded.

import { describe, expect, it } from "vitest";
import { analyzeColumns, tableFromColumns } from "../../src/data/index.js";
import { countCrowded } from "../../src/fit/crowding.js";
import { type FitEvent, fit } from "../../src/fit/index.js";
import { Random } from "../../src/random/index.js";
import { normalColumn } from "./support.js";

const rows = 200;

const rounded = (step: number, seed = 1) =>
  normalColumn(rows, seed, 10).map((value) => Number((Math.round(value / step) * step).toFixed(1)));

/** Few values far apart, each of many rows, and a value of its own every tenth row: as engines have sizes. */
function spiked(seed = 2): Float64Array {
  const random = new Random(seed);
  const sizes = [97, 140, 231, 318, 350];
  return Float64Array.from({ length: rows }, (_, i) =>
    i % 10 === 0 ? Math.round(70 + 380 * random.uniform()) : sizes[Math.floor(5 * random.uniform())],
  );
}

function crowdedOf(columns: Record<string, Float64Array>): number {
  const given = Object.entries(columns).map(([name, values]) => ({ name, values }));
  const table = tableFromColumns(given, { missing: "cells" });
  const { plans } = analyzeColumns(table);
  const used = plans.map(({ index }) => table.columns[index].values);
  return countCrowded(
    plans,
    Float64Array.from(
      { length: rows * used.length },
      (_, i) => used[i % used.length][Math.floor(i / used.length)],
    ),
  );
}

describe("a column", () => {
  it("that was only rounded does not crowd, be its steps fine or as wide as its standard deviation", () => {
    for (const step of [0.1, 1, 3, 10]) expect(crowdedOf({ a: rounded(step) }), `${step}`).toBe(0);
  });

  it("of measured numbers, with all their digits, does not crowd", () => {
    expect(crowdedOf({ a: normalColumn(rows) })).toBe(0);
  });

  it("of a few values far apart crowds, on whatever scale", () => {
    expect(crowdedOf({ a: spiked() })).toBe(1);
    expect(crowdedOf({ a: spiked().map((value) => value / 100 - 7) })).toBe(1);
  });

  it("of two values crowds where one is rare; as many rows of each are a flat density", () => {
    const ones = (every: number) => Float64Array.from({ length: rows }, (_, i) => Number(i % every === 0));
    expect(crowdedOf({ a: ones(10) })).toBe(1);
    expect(crowdedOf({ a: ones(2) })).toBe(0);
  });

  it("is judged by the cells that it has, and apart from the others", () => {
    const holes = spiked().map((value, i) => (i % 7 === 0 ? Number.NaN : value));
    const table = { a: rounded(1), b: holes, c: normalColumn(rows, 5), d: spiked(3) };
    expect(crowdedOf(table)).toBe(2);
  });
});

describe("a fit of few rows", () => {
  /** What a fit chooses, seen from one of a single step. */
  async function chosen(table: Record<string, Float64Array>) {
    const events: FitEvent[] = [];
    const options = { epochs: 0.01, search: false, calibration: 0, threads: 1 } as const;
    await fit(table, options, { onEvent: (event) => events.push(event) });
    const [told] = events.filter((event) => event.type === "plan");
    return { pieces: told.plan.recipe.frontBins, isDiscrete: told.plan.search.isDiscrete };
  }

  it("takes columns that were rounded for continuous, and those that crowd for what they are", async () => {
    const smooth = await chosen({ a: rounded(0.1), b: rounded(1, 2) });
    expect(smooth).toEqual({ pieces: 8, isDiscrete: false });
    expect(await chosen({ a: spiked(), b: spiked(3) })).toEqual({ pieces: 64, isDiscrete: true });
  });
});
