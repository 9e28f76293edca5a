// Tail indices against distributions whose index is known, and what is said of a model whose tails are wrong.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { define } from "../../src/cli/info.js";
import { saveFitted } from "../../src/fit/index.js";
import { parseModelConfig } from "../../src/model/config.js";
import { compareTails, hillEstimate, tailSentence, tailsOf } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { quickFit } from "../fit/support.js";

const random = new Random(3);
const uniform = (count: number) => random.fillUniform(new Float64Array(count));
const pareto = (count: number, index: number) => uniform(count).map((u) => u ** -index);
const normal = (count: number) => random.fillNormal(new Float64Array(count));
/** Student-t of 2 degrees of freedom, by its quantile function. */
const heavy = (count: number) => uniform(count).map((u) => (2 * u - 1) / Math.sqrt(2 * u * (1 - u)));
const exponential = (count: number) =>
  uniform(count).map((u) => Math.sign(u - 0.5) * -Math.log(1 - Math.abs(2 * u - 1)));

/** Row-major rows of columns. */
function rowsOf(...columns: Float64Array[]): Float64Array {
  const dim = columns.length;
  return Float64Array.from(
    { length: columns[0].length * dim },
    (_, i) => columns[i % dim][Math.floor(i / dim)],
  );
}

describe("Hill's estimate", () => {
  it.each([0.25, 0.5, 1, 2])("finds the index %d of a Pareto sample, to its standard error", (index) => {
    const k = 1000;
    const errors = Array.from({ length: 20 }, () => {
      const found = hillEstimate(pareto(5000, index), k);
      expect(found?.standardError).toBeCloseTo((found?.index ?? 0) / Math.sqrt(k), 12);
      return ((found?.index ?? 0) - index) / (found?.standardError ?? 0);
    });
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(4);
    const meanSquare = errors.reduce((total, e) => total + e * e, 0) / errors.length;
    expect(meanSquare).toBeGreaterThan(0.3);
    expect(meanSquare).toBeLessThan(2.2);
  });

  it("is the mean log excess over the next largest value, by hand", () => {
    // (log 8/2 + log 4/2) / 2 = 1.5 log 2.
    expect(hillEstimate([1, 8, -5, 2, 4, Number.NaN], 2)?.index).toBeCloseTo(1.5 * Math.LN2, 12);
  });

  it("is not given for values that have no upper tail", () => {
    expect(hillEstimate([-3, -2, -1, 0, 5], 2)).toBeUndefined();
    expect(hillEstimate([1, 2], 2)).toBeUndefined();
  });

  it("of Student-t data is 1/ν on both sides, in any units", () => {
    const tails = tailsOf(
      [
        rowsOf(
          heavy(10_000),
          heavy(10_000).map((x) => 1e20 * x + 7),
        ),
      ],
      2,
    );
    expect(tails).toMatchObject({ rows: 10_000, extremes: 200 });
    for (const { lower, upper } of tails?.columns ?? [])
      for (const index of [lower, upper]) expect(Math.abs((index ?? 0) - 0.5)).toBeLessThan(4 * 0.036);
  });

  it("takes no more than 10,000 rows, from all parts, and none from a table of few", () => {
    expect(tailsOf([normal(9000), normal(9000)], 1)?.rows).toBe(10_000);
    expect(tailsOf([normal(60), normal(40)], 1)?.rows).toBe(100);
    expect(tailsOf([normal(99)], 1)).toBeUndefined();
  });
});

describe("tails of data and model", () => {
  const names = ["a", "b"];
  const compare = (data: Float64Array, model: Float64Array) => {
    const [one, other] = [tailsOf([data], 2), tailsOf([model], 2)];
    if (!one || !other) throw new Error("there are rows enough");
    return compareTails(one, other, names);
  };

  it("match if both are of one distribution, or both are light", () => {
    let wrong = 0;
    for (let trial = 0; trial < 30; trial++) {
      wrong += compare(rowsOf(heavy(2000), normal(2000)), rowsOf(heavy(2000), normal(2000))).length;
      wrong += compare(
        rowsOf(normal(2000), exponential(2000)),
        rowsOf(exponential(2000), normal(2000)),
      ).length;
    }
    // One in a hundred comparisons may go wrong; Hill's estimates are a little more spread than a normal.
    expect(wrong).toBeLessThan(5);
  });

  it("are told apart by column and side, with the numbers", () => {
    const upperOnly = heavy(4000).map((x) => (x > 0 ? x : Math.max(x, -1) * 0.5));
    const half = normal(4000).map((x) => (x > 0 ? x : Math.max(x, -1) * 0.5));
    const found = compare(rowsOf(normal(4000), upperOnly), rowsOf(heavy(4000), half));
    expect(found.map(({ column, side }) => `${column} ${side}`)).toEqual(["a lower", "a upper", "b upper"]);
    const [lighter, , heavier] = found.map(tailSentence);
    expect(lighter).toMatch(
      /^column a: lower tail of the data lighter \(0\.\d\d ± 0\.\d\d\) than the model's/,
    );
    expect(heavier).toMatch(
      /^column b: upper tail of the data heavier \(0\.\d\d ± 0\.\d\d\) than the model's/,
    );
  });
});

describe("logdet info", () => {
  const folder = mkdtempSync(join(tmpdir(), "logdet-tails-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** One matrix and no curve: the model is a Gaussian. */
  const options = { flow: "published", layers: 1, jacobian: "lie", epochs: 20, seed: 2 } as const;
  beforeAll(async () => {
    for (const [name, columns] of [
      ["light", { x: heavy(6000), y: normal(6000) }],
      ["right", { x: normal(3000), y: normal(3000) }],
    ] as const) {
      const fitted = await quickFit(columns, options);
      await saveFitted(fitted, join(folder, name));
      await fitted.model.release();
    }
  });

  async function info(name: string, ...flags: string[]): Promise<string> {
    const out = join(folder, `${name}.txt`);
    const command = new Command();
    define(command);
    await command.parseAsync([join(folder, name), "--out", out, "--force", ...flags], { from: "user" });
    return readFileSync(out, "utf8");
  }

  it("says which tails a normal base has missed in Student-t data", async () => {
    const text = await info("light");
    expect(text).toMatch(/column x: upper tail of the data heavier \(0\.\d\d ± 0\.\d\d\) than the model's/);
    expect(text).toMatch(/column x: lower tail of the data heavier/);
    expect(text).not.toMatch(/column y/);
    expect(readFileSync(join(folder, "light", "report.html"), "utf8")).toContain(
      "The tails do not match everywhere",
    );
  });

  it("has the numbers with --json", async () => {
    const { metrics, tails } = JSON.parse(await info("light", "--json"));
    expect(metrics.tails.columns).toHaveLength(2);
    expect(metrics.tails.columns[0].upper).toBeGreaterThan(0.35);
    expect(tails.model.columns[0].upper).toBeLessThan(0.3);
    expect(tails.words).toHaveLength(2);
  });

  it("says that tails match where they do", async () => {
    expect(await info("right")).toContain("\n  tails match\n");
    expect(readFileSync(join(folder, "right", "report.html"), "utf8")).toContain("The tails match");
  });

  it("says nothing of the tails of a model from before they were looked at, and refuses damaged ones", async () => {
    const path = join(folder, "right", "config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    const { tails, ...metrics } = config.metrics;
    expect(parseModelConfig(JSON.stringify({ ...config, metrics })).metrics.tails).toBeUndefined();
    const damaged = { ...metrics, tails: { ...tails, columns: tails.columns.slice(1) } };
    expect(() => parseModelConfig(JSON.stringify({ ...config, metrics: damaged }))).toThrow(
      /tails of 1 columns/,
    );
  });
});
