// Strange rows of tables whose normal rows, and whose planted ones, are known.

import { describe, expect, it } from "vitest";
import { type Table, tableFromColumns } from "../../src/data/index.js";
import { type DetectOptions, detect, type FitInput } from "../../src/fit/index.js";
import { Random } from "../../src/random/index.js";
import { mean, normalColumn } from "./support.js";

/** One net a fit and a hundred steps or so, unless told otherwise. */
const quickDetect = (input: FitInput, options: DetectOptions = {}) =>
  detect(input, { epochs: 60, batch: 128, threads: 1, search: false, ...options });

/** Weights in gram, by kind of fruit. */
const weights = { apple: [150, 10], cherry: [8, 1], melon: [2000, 200] } as const;
type Kind = keyof typeof weights;

/** Fruit whose weight depends on its kind, and whose sugar depends on whether it is ripe; five of them are wrong. */
function fruit(rows: number, seed = 1): { table: Table; planted: Map<number, string> } {
  const random = new Random(seed);
  const kind: Kind[] = [];
  const ripe: boolean[] = [];
  const [weight, sugar] = [new Float64Array(rows), new Float64Array(rows)];
  for (let i = 0; i < rows; i++) {
    const u = random.uniform();
    kind[i] = u < 0.4 ? "apple" : u < 0.7 ? "cherry" : "melon";
    ripe[i] = random.uniform() < 0.5;
    const [middle, width] = weights[kind[i]];
    weight[i] = middle + width * random.normal();
    sugar[i] = (ripe[i] ? 12 : 4) + 0.5 * random.normal();
  }
  const planted = new Map([
    [17, "weight"],
    [58, "weight"],
    [101, "sugar"],
    [144, "sugar"],
    [190, "sugar"],
  ]);
  weight[17] = 5000;
  weight[58] = -800;
  for (const row of [101, 144, 190]) sugar[row] = ripe[row] ? 19 : -3;
  const columns = { weight, kind, ripe, sugar };
  return {
    table: tableFromColumns(Object.entries(columns).map(([name, values]) => ({ name, values }))),
    planted,
  };
}

describe("detect", async () => {
  const { table, planted } = fruit(400);
  const options = { epochs: 150, top: 5, seed: 3 };
  const found = await quickDetect(table, options);

  it("flags the planted rows of a mixed table, each with its column as the first reason", () => {
    const firsts = found.anomalies.map(({ row, reasons }): [number, string | undefined] => [
      row,
      reasons?.[0].column,
    ]);
    expect(new Map(firsts)).toEqual(planted);
  });

  it("says in words what is strange about them, and what was to be expected", () => {
    const { words } = found.anomalies.find(({ row }) => row === 17) ?? {};
    expect(words?.[0]).toMatch(
      /^weight 5000 is [\d.]+ nats less likely than the \d+ expected given the rest$/,
    );
  });

  it("gives every row its rank among all as the p-value", () => {
    const { logProb, pValues } = found;
    for (const [i, p] of pValues.entries()) {
      const rank = logProb.reduce((count, other) => count + Number(other <= logProb[i]), 0);
      // As close as float32 rounds, log-densities are ties.
      expect(Math.abs(p * 400 - rank)).toBeLessThan(2);
    }
    expect(found.anomalies.map(({ pValue }) => pValue)).toEqual(
      [...pValues].sort((a, b) => a - b).slice(0, 5),
    );
  });

  it("ranks by the density where there are categories, and by all it has where there are none", async () => {
    const { statistic } = await quickDetect({ x: normalColumn(60) }, { epochs: 2, reasons: 0 });
    expect([found.statistic, statistic]).toEqual(["density", "combined"]);
  });

  it("gives the same result for the same seed", async () => {
    const again = await quickDetect(table, options);
    expect(again).toEqual(found);
  });

  it("flags at level alpha no more than that share of all rows, the planted among them", async () => {
    const { anomalies } = await quickDetect(table, { ...options, top: undefined, alpha: 0.03, reasons: 0 });
    expect(anomalies.length).toBeLessThanOrEqual(12);
    expect(anomalies.map(({ row }) => row)).toEqual(expect.arrayContaining([...planted.keys()]));
    expect(anomalies.every(({ reasons, words }) => reasons === undefined && words === undefined)).toBe(true);
  });
});

describe("what the p-values promise", () => {
  it.each([
    ["clean", 0],
    ["contaminated", 6],
  ])(
    "holds in %s tables: their first row, a normal one, is flagged no more often than alpha",
    async (_, strange) => {
      const [tables, alpha] = [40, 0.25];
      let flagged = 0;
      for (let t = 0; t < tables; t++) {
        const [x, y] = [normalColumn(48, 2 * t), normalColumn(48, 2 * t + 1)];
        for (let row = 48 - strange; row < 48; row++) x[row] += 8;
        const { pValues } = await quickDetect({ x, y }, { epochs: 2, reasons: 0, layers: 1, seed: t });
        flagged += Number(pValues[0] <= alpha);
      }
      // Binomial(40, 1/4): 18 or more of them has probability 0.006, 3 or fewer 0.005.
      expect(flagged).toBeLessThan(18);
      if (strange === 0) expect(flagged).toBeGreaterThan(3);
    },
  );

  it("is by models that have not seen the row: on average less likely than under the true density", async () => {
    const [x, y] = [normalColumn(300, 1), normalColumn(300, 2)];
    const { logProb } = await quickDetect({ x, y }, { epochs: 1000, reasons: 0, layers: 4 });
    const truth = mean(x.map((value, i) => -Math.log(2 * Math.PI) - (value ** 2 + y[i] ** 2) / 2));
    // A net that learned its rows by heart gives them more than the truth does.
    expect(mean(logProb)).toBeLessThan(truth);
  });
});

describe("odd tables", () => {
  it("judges rows with missing cells by what is known, and says which are missing", async () => {
    const [x, y] = [normalColumn(200, 1), normalColumn(200, 2)];
    for (const row of [5, 6, 7]) x[row] = Number.NaN;
    [y[6], y[90]] = [9, -9];
    const { anomalies, pValues } = await quickDetect({ x, y }, { top: 2, statistic: "density" });
    expect(new Set(anomalies.map(({ row }) => row))).toEqual(new Set([6, 90]));
    expect(anomalies.find(({ row }) => row === 6)?.words?.[0]).toBe("x is missing, as in 3 of 200 rows");
    expect(anomalies.find(({ row }) => row === 90)?.words?.[0]).toMatch(/^y -9 is /);
    expect(pValues.every((p) => p > 0 && p <= 1)).toBe(true);
  });

  it("does without a column that varies in one part of the table only", async () => {
    const rare = new Float64Array(100);
    rare[3] = 1;
    const { scored } = await quickDetect({ x: normalColumn(100), rare }, { epochs: 5, reasons: 1 });
    expect(scored).toBe(100);
  });

  it.each<[string, FitInput, DetectOptions, RegExp]>([
    ["one fold", { x: normalColumn(99) }, { folds: 1 }, /folds must be a whole number of at least 2, got 1/],
    ["both ways to decide", { x: normalColumn(99) }, { top: 3, alpha: 0.1 }, /top and alpha are two ways/],
    ["no row to flag", { x: normalColumn(99) }, { top: 0 }, /top must be a whole number of at least 1/],
    ["an alpha of 1", { x: normalColumn(99) }, { alpha: 1 }, /alpha must be between 0 and 1/],
    [
      "an alpha that no rank reaches",
      { x: normalColumn(99) },
      { alpha: 0.01 },
      /none has a p-value below 1\/99/,
    ],
    ["half a reason", { x: normalColumn(99) }, { reasons: 0.5 }, /reasons must be a whole number/],
    ["rows too few to halve", { x: normalColumn(39) }, {}, /39 rows, which leaves 19 to fit to/],
    [
      "distances between categories",
      fruit(99).table,
      { statistic: "combined" },
      /not for tables with categories/,
    ],
    ["an option of no fit", { x: normalColumn(99) }, { layers: -1 }, /the options do not fit/],
  ])("refuses %s", async (_, input, options, message) => {
    await expect(detect(input, options)).rejects.toMatchObject({
      name: "LogdetError",
      message: expect.stringMatching(message),
    });
  });

  it("refuses a statistic that there is not, with those that there are", async () => {
    const options = { statistic: "likelihood" as "density" };
    await expect(detect({ x: normalColumn(99) }, options)).rejects.toMatchObject({
      message: expect.stringMatching(/no statistic "likelihood"; there are .*density/),
    });
  });

  it("finds nothing if it is stopped before all rows are judged", async () => {
    const controller = new AbortController();
    const finding = detect(
      { x: normalColumn(99) },
      { search: false },
      { signal: controller.signal, onEvent: () => controller.abort() },
    );
    await expect(finding).rejects.toMatchObject({ code: "interrupted" });
  });
});
