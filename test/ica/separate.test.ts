// Linear separation against known sources, and against what must hold at a maximum of the likelihood.

import { beforeAll, describe, expect, it } from "vitest";
import { tableFromColumns, tableFromRows } from "../../src/data/index.js";
import { ica, matchSources, type Separation } from "../../src/ica/index.js";
import { Random } from "../../src/random/index.js";
import { captured } from "./captured.js";

const rows = 6001;
const random = new Random(3);

/** Two peaked sources (Laplace, logistic) and two flat ones (uniform, a sine of no rational period). */
const sources = [
  () => Math.log(random.uniform()) * (random.uniform() < 0.5 ? 1 : -1),
  () => Math.log(1 / (1 - random.uniform()) - 1),
  () => random.uniform(),
  (i: number) => Math.sin(0.3711 * i),
].map((draw) => Float64Array.from({ length: rows }, (_, i) => draw(i)));

/** Columns of other units, whose means are not 0. */
const mixing = [
  [1, 0.5, -0.3, 200],
  [-0.4, 1, 0.8, 100],
  [2, -1.5, 3, 500],
  [0.7, 0.6, -1, -300],
];
function mixed(matrix: readonly (readonly number[])[]) {
  return tableFromColumns(
    matrix[0].map((_, d) => ({
      name: `m${d}`,
      values: Float64Array.from(
        { length: rows },
        (_, i) => 5 + sources.reduce((sum, values, j) => sum + values[i] * matrix[j][d], 0),
      ),
    })),
  );
}
const valuesOf = ({ sources: found }: Separation) => found.map(({ values }) => values);
const mean = (f: (i: number) => number) => {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += f(i);
  return sum / rows;
};

describe("ica", () => {
  const table = mixed(mixing);
  let result: Separation;
  beforeAll(async () => {
    result = await ica(table, { tolerance: 1e-4 });
  });

  it("finds peaked and flat sources in a mixture of them", () => {
    const { perSource, matches } = matchSources(valuesOf(result), sources);
    for (const correlation of perSource) expect(correlation).toBeGreaterThan(0.99);
    expect(matches.map((j) => result.sources[j].density)).toEqual(["peaked", "peaked", "flat", "flat"]);
  });

  it("gives sources of mean 0 and variance 1, their kurtosis, and the largest contribution first", () => {
    for (const { values, kurtosis } of result.sources) {
      expect(mean((i) => values[i])).toBeCloseTo(0, 9);
      expect(mean((i) => values[i] ** 2)).toBeCloseTo(1, 9);
      expect(mean((i) => values[i] ** 4) - 3).toBeCloseTo(kurtosis, 8);
    }
    const contributions = result.sources.map(({ contribution }) => contribution);
    expect(contributions).toEqual(contributions.toSorted((a, b) => b - a));
    // Sources are independent but for chance, so that their shares add up to all there is, nearly.
    expect(contributions.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 1);
  });

  it("makes the columns of the sources by the mixing matrix, and the sources of the columns by the unmixing one", () => {
    const dim = 4;
    for (const i of [0, 17, rows - 1]) {
      const x = table.columns.map(({ values }) => values[i]);
      const s = result.sources.map(({ values }) => values[i]);
      x.forEach((value, d) => {
        const again = s.reduce((sum, source, j) => sum + source * result.mixing[j * dim + d], result.mean[d]);
        expect(again).toBeCloseTo(value, 8);
      });
      s.forEach((value, j) => {
        const again = x.reduce((sum, x, d) => sum + (x - result.mean[d]) * result.unmixing[d * dim + j], 0);
        expect(again).toBeCloseTo(value, 8);
      });
    }
  });

  it("is at rest where E[y ψ(y)ᵀ] = I off the diagonal, computed in float64", () => {
    // A peaked source's scale is where E[y tanh y] = 1, a flat one's where E[y² − y tanh y] = 1.
    const scaled = result.sources.map(({ values, density }) => {
      const excess = (scale: number) =>
        mean((i) => {
          const y = scale * values[i];
          return y * (density === "flat" ? y - Math.tanh(y) : Math.tanh(y));
        }) - 1;
      let [low, high] = [0.1, 10];
      for (let k = 0; k < 60; k++) {
        const middle = (low + high) / 2;
        if (excess(middle) < 0) low = middle;
        else high = middle;
      }
      return { density, y: values.map((value) => value * low) };
    });
    for (const [a, { y }] of scaled.entries())
      for (const [b, { y: other, density }] of scaled.entries()) {
        const score = (v: number) => (density === "flat" ? v - Math.tanh(v) : Math.tanh(v));
        expect(Math.abs(mean((i) => y[i] * score(other[i])) - (a === b ? 1 : 0))).toBeLessThan(1e-3);
      }
  });

  it("reports the log-density of its model: another mixing of the same sources shifts it by log|det| alone", async () => {
    const factors = [3, 0.1, 20, 1];
    const stretched = await ica(
      tableFromColumns(
        table.columns.map(({ name, values }, d) => ({ name, values: values.map((x) => x * factors[d]) })),
      ),
      { tolerance: 1e-4 },
    );
    const logDet = factors.reduce((sum, factor) => sum + Math.log(factor), 0);
    expect(result.logProb! - stretched.logProb!).toBeCloseTo(logDet, 4);
    expect(matchSources(valuesOf(stretched), valuesOf(result)).mcc).toBeGreaterThan(0.99999);
  });

  it("finds the same sources whatever the mixing and the start, and says how stable they were", async () => {
    const other = await ica(
      mixed([
        [1, 1, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 1],
        [1, 0, 0, -1],
      ]),
      { starts: 3, seed: 5 },
    );
    expect(matchSources(valuesOf(other), valuesOf(result)).mcc).toBeGreaterThan(0.9999);
    for (const { stability } of other.sources) expect(stability).toBeGreaterThan(0.999);
    expect(result.sources[0].stability).toBeNull();
  });

  it("gives the same numbers for the same seed", async () => {
    const [one, two] = [await ica(table, { starts: 2, seed: 7 }), await ica(table, { starts: 2, seed: 7 })];
    expect(two.unmixing).toEqual(one.unmixing);
  });

  it("finds fewer sources than columns among the principal components", async () => {
    const noise = new Random(1);
    const wide = tableFromColumns(
      Array.from({ length: 6 }, (_, d) => ({
        name: `m${d}`,
        values: Float64Array.from(
          { length: rows },
          (_, i) =>
            sources[0][i] * Math.cos(d) + sources[2][i] * 3 * Math.sin(1 + 2 * d) + 0.02 * noise.normal(),
        ),
      })),
    );
    const two = await ica(wide, { components: 2 });
    expect(two.sources).toHaveLength(2);
    expect(two.mixing).toHaveLength(2 * 6);
    expect(two.logProb).toBeNull();
    for (const correlation of matchSources(valuesOf(two), [sources[0], sources[2]]).perSource)
      expect(correlation).toBeGreaterThan(0.99);
  });

  it("refuses constant columns, columns that determine each other, and too few rows", async () => {
    const [a, b] = sources;
    const bad = (columns: Record<string, Float64Array>, options = {}) =>
      captured(() =>
        ica(tableFromColumns(Object.entries(columns).map(([name, values]) => ({ name, values }))), options),
      );
    expect((await bad({ a, b: new Float64Array(rows).fill(3) })).toText()).toContain("column b is constant");
    const sum = a.map((value, i) => 2 * value - b[i]);
    const dependent = await bad({ a, b, sum });
    expect(dependent.toText()).toContain("sum = 2 a - b");
    expect(dependent.hint).toContain("--components 2");
    expect((await bad({ a: a.subarray(0, 2), b: b.subarray(0, 2) })).toText()).toContain(
      "2 columns but only 2 rows",
    );
    expect((await bad({ a, b }, { components: 3 })).code).toBe("usage");
    expect((await bad({ a, b }, { starts: 0 })).code).toBe("usage");
    expect((await bad({ a, b, sum }, { components: 2 })).code).toBe("none");
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const error = await captured(() => ica(table, { signal: controller.signal, onProgress }));
    expect(error.code).toBe("interrupted");
  });
});

describe("matchSources", () => {
  const series = (seed: number) => new Random(seed).fillNormal(new Float64Array(500));
  it("pairs each known source with one found, whatever order, sign and scale", () => {
    const known = [series(1), series(2)];
    const found = [series(3), known[1].map((x) => -7 * x + 1), known[0].map((x) => 0.1 * x)];
    const { perSource, matches, mcc } = matchSources(found, known);
    expect(matches).toEqual([2, 1]);
    for (const value of [...perSource, mcc]) expect(value).toBeCloseTo(1, 12);
  });

  it("refuses sources of another length, too many of them, and constant ones", async () => {
    const error = (known: Float64Array[]) => captured(async () => matchSources([series(1)], known));
    expect((await error([new Float64Array(499)])).message).toContain("499 rows, the data 500");
    expect((await error([series(1), series(2)])).message).toContain("only 1 were looked for");
    expect((await error([new Float64Array(500)])).message).toContain("true source 1 is constant");
  });
});

it("takes tables with one column, and rows in no multiple of four", async () => {
  const one = await ica(tableFromRows(sources[0].subarray(0, 301), 1));
  expect(one.sources).toHaveLength(1);
  expect(one.sources[0].contribution).toBeCloseTo(1, 9);
});
