// Rows that a fit sets apart: the model must not know them, and p-values must keep their promise.

import { describe, expect, it } from "vitest";
import type { Table } from "../../src/data/index.js";
import { tableFromColumns } from "../../src/data/index.js";
import type { FitEvent, FitOptions, Fitted } from "../../src/fit/index.js";
import { setApart } from "../../src/fit/prepare.js";
import { type StatisticName, statistics } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { bentTable, type Columns, normalColumn, quickFit } from "./support.js";

/** Which rows a fit with this seed sets apart. */
const apart = (rows: number, seed = 0, share = 0.1) =>
  setApart(rows, share, new Random(seed).split("calibration"));

const tableOf = (columns: Columns): Table =>
  tableFromColumns(Object.entries(columns).map(([name, values]) => ({ name, values })));

/** All that a fit makes of training rows: choices, numbers, what it said. */
function madeOf({ model, validation }: Fitted) {
  const { created: _, training, ...config } = model.config;
  const { seconds: __, ...trained } = training;
  return {
    config: { ...config, training: trained },
    validation,
    parameters: model.parameters.parameters.map((parameter) => model.parameters.view(parameter).slice()),
    reference: model.reference,
  };
}

describe("the rows set apart", () => {
  const columns: Columns = {
    ...bentTable(300),
    count: normalColumn(300, 7).map((z) => Math.round(3 * z)),
    same: new Float64Array(300).fill(7),
  };
  const { calibration, kept } = apart(300);

  it.each<{ name: string; options: FitOptions }>([
    { name: "one net", options: { epochs: 5 } },
    { name: "a search among nets", options: { epochs: 5, search: true } },
    { name: "jitter", options: { epochs: 2, jitter: 0.01 } },
  ])("leave no trace in the model: $name", async ({ options }) => {
    // Far away, off every lattice, and a constant column that is none any more.
    const random = new Random(9);
    const altered = Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [
        name,
        values.map((value, row) => (calibration.includes(row) ? 1e6 * random.normal() + 0.123 : value)),
      ]),
    );
    const [plain, other] = [
      await quickFit(tableOf(columns), options),
      await quickFit(tableOf(altered), options),
    ];
    expect(madeOf(other)).toEqual(madeOf(plain));
    expect(other.model.columns.map(({ name }) => name)).toEqual(["a", "b", "c", "count"]);
    // They are where they should be.
    const scores = (fitted: Fitted) => fitted.model.calibration?.scores("density") as Float64Array;
    expect(scores(other).length).toBe(30);
    expect(scores(other).every(Number.isFinite)).toBe(true);
    expect(scores(other)[0]).toBeGreaterThan(scores(plain)[29]);
    await plain.model.release();
    await other.model.release();
  });

  it("are what p-values are ranked among: scored as any other row", async () => {
    const { model } = await quickFit(columns, { epochs: 5 });
    const { a, b, c, count } = columns;
    const rows = Array.from(calibration, (row) => [a[row], b[row], c[row], count[row]]);
    const scores = (await model.logProb(rows)).map((value) => -value).sort();
    expect(model.calibration?.scores("density")).toEqual(scores);
    expect(model.config.training).toMatchObject({ rows: 300, calibrationRows: 30 });
    const { trainRows, validationRows } = model.config.training;
    expect(trainRows + validationRows).toBe(kept.length);
    await model.release();
  });

  it("change the model when one of the others is altered", async () => {
    const row = kept[100];
    const altered = { ...columns, a: columns.a.with(row, 9) };
    const [plain, other] = [await quickFit(columns, { epochs: 2 }), await quickFit(altered, { epochs: 2 })];
    expect(madeOf(other)).not.toEqual(madeOf(plain));
    await plain.model.release();
    await other.model.release();
  });

  it("are a share of all, by default a tenth but 10,000 at most, and leave 20", () => {
    const counts = (rows: number, share?: number) => setApart(rows, share, new Random(1)).calibration.length;
    expect([counts(1000, 0.1), counts(1000, 0.5), counts(1000, 0)]).toEqual([100, 500, 0]);
    expect([counts(1000), counts(200_000), counts(200_000, 0.1)]).toEqual([100, 10_000, 20_000]);
    expect([counts(100, 0.95), counts(22, 0.5), counts(21, 0.1), counts(20, 0.1)]).toEqual([80, 2, 1, 0]);
  });

  it("are chosen by chance, every row as likely, anew with each seed", () => {
    const seen = new Float64Array(50);
    for (let seed = 0; seed < 2000; seed++) for (const row of apart(50, seed, 0.2).calibration) seen[row]++;
    // Binomial(2000, 0.2): six standard deviations.
    for (const count of seen) expect(Math.abs(count - 400)).toBeLessThan(6 * Math.sqrt(2000 * 0.2 * 0.8));
    expect(apart(50, 1)).toEqual(apart(50, 1));
  });

  it("may be none", async () => {
    const { model } = await quickFit({ x: normalColumn(100) }, { epochs: 1, calibration: 0 });
    expect(model.calibration).toBeUndefined();
    expect(model.config.training).toMatchObject({ rows: 100, calibrationRows: 0, trainRows: 85 });
    await model.release();
  });

  it.each([
    { rows: 60, count: 6, text: /^6 rows were set apart .* below 1\/7; a p-value of 0\.05 takes 19/ },
    { rows: 20, count: 0, text: /^No rows were set apart/ },
    { rows: 190, count: 19, text: undefined },
  ])(
    "of a table of $rows rows are $count, and a notice says what that means",
    async ({ rows, count, text }) => {
      const notices: string[] = [];
      const onEvent = (event: FitEvent) => event.type === "notice" && notices.push(event.text);
      const { model } = await quickFit({ x: normalColumn(rows) }, { epochs: 1 }, { onEvent });
      expect(model.calibration?.rows ?? 0).toBe(count);
      if (text) expect(notices).toEqual([expect.stringMatching(text)]);
      else expect(notices).toEqual([]);
      expect(model.config.training.notices).toEqual(notices);
      await model.release();
    },
  );

  it("are refused outside [0, 1)", async () => {
    for (const calibration of [-0.1, 1, Number.NaN])
      await expect(quickFit({ x: normalColumn(50) }, { calibration })).rejects.toMatchObject({
        code: "usage",
        message: expect.stringMatching(/calibration/),
      });
  });
});

it("flags new normal rows at the asked rate, of a model that has hardly been trained", async () => {
  const { model } = await quickFit(bentTable(5000, 1), { epochs: 0.1, calibration: 0.2 });
  const { a, b, c } = bentTable(4000, 2);
  const rows = Array.from(a, (_, i) => [a[i], b[i], c[i]]);
  for (const statistic of Object.keys(statistics) as StatisticName[]) {
    const p = await model.pValues(rows, { statistic });
    for (const alpha of [0.01, 0.05, 0.1]) {
      const rate = p.filter((value) => value <= alpha).length / p.length;
      const deviation = Math.sqrt(alpha * (1 - alpha) * (1 / 1002 + 1 / 4000));
      expect(Math.abs(rate - alpha), `${statistic} at ${alpha}`).toBeLessThan(4 * deviation);
    }
  }
  await model.release();
});
