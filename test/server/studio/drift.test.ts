// Drift as the studio's pages get it: two tables read together, the verdict, the columns' values, windows in order.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/random/index.js";
import type {
  ColumnDistribution,
  DriftAnswer,
  DriftOverTime,
  DriftPiece,
  RowsDrift,
} from "../../../src/server/studio/drift-answers.js";
import { distributionOf } from "../../../src/server/studio/drift-distributions.js";
import { driftFromTable } from "../../../src/server/studio/drift-search.js";
import { errorOf, numbersModel, save } from "../served.js";
import { workplace } from "./workplace.js";

const count = 400;

/** Independent columns; b and the share of "red" move where they are told to. */
function rowsOf(seed: number, { b = 0, red = 0.5 }: { b?: number; red?: number } = {}, n = count): string[] {
  const random = new Random(seed);
  return Array.from({ length: n }, () => {
    const [x, y] = random.fillNormal(new Float64Array(2));
    const [u, v] = random.fillUniform(new Float64Array(2));
    const cell = v < 0.1 ? "" : x.toFixed(4);
    return `${cell},${(y + b).toFixed(4)},${u < red ? "red" : "blue"}`;
  });
}

const table = (lines: readonly string[], header = "a,b,colour") => `${header}\n${lines.join("\n")}\n`;

/** Rows that move at the 201st, in another order than that of their days. */
function stream(): string {
  const lines = [...rowsOf(4, {}, 200), ...rowsOf(5, { b: 3 }, 200)].map((line, i) => {
    const day = new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
    return `${line},${day},${i * 10}`;
  });
  const order = new Random(6).permutation(lines.length);
  return table(
    Array.from(order, (i) => lines[i]),
    "a,b,colour,day,tick",
  );
}

const place = await workplace(async (folder, around) => {
  mkdirSync(folder);
  writeFileSync(
    join(folder, "march.csv"),
    table(
      rowsOf(1).map((line) => `${line},1`),
      "a,b,colour,old",
    ),
  );
  writeFileSync(join(folder, "same.csv"), table(rowsOf(2)));
  writeFileSync(join(folder, "moved.csv"), table(rowsOf(3, { b: 0.8, red: 0.9 })));
  writeFileSync(join(folder, "stream.csv"), stream());
  writeFileSync(join(folder, "short.csv"), table(rowsOf(9, {}, 5)));
  writeFileSync(join(folder, "other.csv"), "d,e\n1,2\n3,5\n");
  writeFileSync(join(folder, "ordered.csv"), "c,d\n1,2\n3,5\n");
  writeFileSync(join(around, "secret.csv"), "a\n1\n");
  await save(await numbersModel(), join(folder, "numbers.logdet"));
  const random = new Random(8).fillNormal(new Float64Array(300));
  const numbers = Array.from({ length: 100 }, (_, i) => [...random.subarray(3 * i, 3 * i + 3)].join(","));
  writeFileSync(join(folder, "numbers.csv"), table(numbers, "a,b,c"));
});

async function piecesOf(question: object): Promise<DriftPiece[]> {
  const response = await place.ask("/api/drift", question);
  expect(response.status).toBe(200);
  return (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

async function answerTo(question: object): Promise<DriftAnswer> {
  const pieces = await piecesOf(question);
  const last = pieces.at(-1);
  if (!last || !("result" in last)) throw new Error(`no result: ${JSON.stringify(last)}`);
  expect(pieces.length).toBeGreaterThan(1);
  return last.result;
}

const beside = (name: string, more: object = {}) =>
  answerTo({ reference: { table: "march.csv" }, table: name, ...more });

const total = ({ bars }: ColumnDistribution, side: "reference" | "current") =>
  bars.reduce((sum, bar) => sum + bar[side], 0);

describe("two tables", () => {
  it("of which one moved: drift, in the columns that moved, with their values in both", async () => {
    const { shift, distributions, notices, dates, kind } = (await beside("moved.csv")) as RowsDrift;
    expect(kind).toBe("rows");
    expect(shift.drift).toBe(true);
    const moved = shift.columns.filter((column) => column.moved).map(({ name }) => name);
    expect(moved.toSorted()).toEqual(["b", "colour"]);
    expect(distributions.map(({ column }) => column)).toEqual(shift.columns.map(({ name }) => name));
    expect(notices).toContainEqual(expect.stringContaining("Only in the reference, so not compared: old."));
    expect(dates).toEqual([]);
    const colour = distributions.find(({ column }) => column === "colour");
    const lines = [rowsOf(1), rowsOf(3, { b: 0.8, red: 0.9 })];
    const [before, after] = lines.map((all) => all.filter((line) => line.endsWith("red")).length / count);
    const red = colour?.bars.find(({ label }) => label === "red");
    expect(red?.reference).toBeCloseTo(before, 10);
    expect(red?.current).toBeCloseTo(after, 10);
    const a = distributions.find(({ column }) => column === "a");
    const missing = lines.map((all) => all.filter((line) => line.startsWith(",")).length / count);
    expect(a?.missing[0]).toBeCloseTo(missing[0], 10);
    expect(a?.missing[1]).toBeCloseTo(missing[1], 10);
  });

  it("of the same distribution: none, at a level that is asked for", async () => {
    const { shift } = (await beside("same.csv", { alpha: 0.005 })) as RowsDrift;
    expect(shift).toMatchObject({ drift: false, alpha: 0.005, referenceRows: count, currentRows: count });
    // Five tests at this level take p-values below 1 / 1000.
    expect(shift.permutations).toBe(1000);
    expect(shift.columns.some(({ moved }) => moved)).toBe(false);
  });
});

describe("over time", () => {
  it("finds the first window that has shifted, in the order of a column of dates", async () => {
    const series = (await beside("stream.csv", { by: "day", window: 40 })) as DriftOverTime;
    expect(series).toMatchObject({ kind: "series", window: 40, currentRows: 400, featureCount: 4 });
    expect(series.features[0]).toBe("log-density");
    expect(series.features.toSorted()).toEqual(["a", "b", "colour", "log-density"]);
    const first = series.windows[series.first ?? -1];
    expect([first.from, first.to]).toEqual([201, 240]);
    expect([first.begins, first.ends]).toEqual(["2024-07-19", "2024-08-27"]);
    expect(first.adjusted[series.features.indexOf("b")]).toBeLessThanOrEqual(0.05);
    for (const { shifted, adjusted } of series.windows) expect(shifted).toBe(Math.min(...adjusted) <= 0.05);
    // Beside the reference stand the rows of that window: all of b lies three higher.
    const b = series.distributions.find(({ column }) => column === "b");
    const mean = (side: "reference" | "current") =>
      b?.bars.reduce((sum, bar) => sum + (bar[side] * (bar.from + bar.to)) / 2, 0) ?? 0;
    expect(mean("current") - mean("reference")).toBeGreaterThan(2.3);
    expect(mean("current") - mean("reference")).toBeLessThan(3.7);
  });

  it("takes numbers for an order, too, and the file's without one", async () => {
    const ordered = (await beside("stream.csv", { by: "tick", window: 40 })) as DriftOverTime;
    expect(ordered.windows[ordered.first ?? -1]).toMatchObject({ from: 201, begins: 2000, ends: 2390 });
    const mixed = (await beside("stream.csv", { window: 100 })) as DriftOverTime;
    expect(mixed.windows[0]).toMatchObject({ begins: null, ends: null, from: 1, to: 100 });
    expect(mixed.first).toBe(0);
  });
});

describe("a model for a reference", () => {
  it("tells whether, and no columns", async () => {
    const question = { reference: { model: "numbers.logdet" }, table: "numbers.csv" };
    const { shift, distributions } = (await answerTo(question)) as RowsDrift;
    expect(shift.tests.map(({ name }) => name)).toEqual(["log-density", "latent-norm"]);
    expect([shift.columns, distributions]).toEqual([[], []]);
    const series = (await answerTo({ ...question, window: 25 })) as DriftOverTime;
    expect(series.windows).toHaveLength(4);
    expect(series.features).toEqual(["log-density", "latent-norm"]);
    expect(series.distributions).toEqual([]);
  });
});

describe("values on the same bars", () => {
  const random = new Random(11);
  const reference = random.fillNormal(new Float64Array(2000));
  const current = random.fillNormal(new Float64Array(1000), 2);

  it("are counted with none left out, the far ones in the outermost bars", () => {
    const far = Float64Array.from(current, (value, i) => (i === 0 ? 1e6 : i === 1 ? Number.NaN : value));
    const found = distributionOf({ name: "x", reference, current: far });
    expect(found).toMatchObject({ kind: "bins", isCut: true, missing: [0, 0.001] });
    expect(total(found, "reference")).toBeCloseTo(1, 10);
    expect(total(found, "current")).toBeCloseTo(1, 10);
    for (const [i, { from, to, reference: share }] of found.bars.slice(1, -1).entries()) {
      expect(from).toBeCloseTo(found.bars[i].to, 10);
      expect(share).toBeCloseTo(reference.filter((x) => x >= from && x < to).length / 2000, 10);
    }
  });

  it("are shown one by one where they are few, and rare categories as one", () => {
    const dice = distributionOf({
      ...{ name: "dice", reference: Float64Array.of(1, 2, 2, 6), current: Float64Array.of(6, 6) },
    });
    expect(dice.kind).toBe("values");
    expect(dice.bars.map(({ label, reference: share }) => [label, share])).toEqual([
      ["1", 0.25],
      ["2", 0.5],
      ["6", 0.25],
    ]);
    const categories = Array.from({ length: 50 }, (_, i) => `c${i}`);
    const codes = Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? 7 : i - 50));
    const many = distributionOf({ name: "k", reference: codes, current: codes, categories });
    expect(many.bars).toHaveLength(20);
    expect(many.bars[0]).toMatchObject({ label: "c7", reference: 0.51 });
    expect(many.bars.at(-1)?.label).toBe("31 others");
    expect(total(many, "current")).toBeCloseTo(1, 10);
  });
});

it("lists a table's columns, to choose what orders it", async () => {
  const response = await place.ask("/api/drift/columns", { table: "stream.csv" });
  expect(await response.json()).toEqual({ columns: ["a", "b", "colour", "day", "tick"] });
});

describe("what is refused", () => {
  const question = { reference: { table: "march.csv" }, table: "same.csv" };

  it.each([
    ["a table outside of the folder", { ...question, table: "../secret.csv" }, 403],
    ["a reference outside of the folder", { ...question, reference: { table: "../secret.csv" } }, 403],
    ["a model that there is not", { ...question, reference: { model: "no.logdet" } }, 404],
    ["both references", { ...question, reference: { model: "numbers.logdet", table: "march.csv" } }, 400],
    ["no level", { ...question, alpha: 0 }, 400],
    ["a window of a row", { ...question, window: 1 }, 400],
  ])("%s", async (_, wrong, status) => {
    const response = await place.ask("/api/drift", wrong);
    expect(response.status).toBe(status);
    expect((await errorOf(response)).length).toBeGreaterThan(10);
  });

  it.each([
    [
      "no column in common",
      { table: "numbers.csv", reference: { table: "other.csv" } },
      /no column in common\. /,
    ],
    [
      "none in common but the order",
      { table: "numbers.csv", reference: { table: "ordered.csv" }, by: "c" },
      /no column in common but c, which orders the rows/,
    ],
    ["too few rows", { table: "short.csv" }, /a test of drift needs at least/],
    ["a window longer than the table", { window: 500 }, /longer than the 400 rows/],
    ["categories for an order", { by: "colour" }, /neither numbers nor dates/],
    ["a column that there is not for an order", { by: "when" }, /there is no column "when"/],
  ])("%s, in the last line of the answer", async (_, wrong, words) => {
    const pieces = await piecesOf({ ...question, ...wrong });
    expect((pieces.at(-1) as unknown as { error: string }).error).toMatch(words);
  });

  it("further work once it is to end", async () => {
    const [march, same] = ["march.csv", "same.csv"].map((name) => join(place.folder, name));
    const options = { alpha: 0.05, by: undefined, window: undefined, signal: AbortSignal.abort() };
    await expect(driftFromTable(march, same, options)).rejects.toMatchObject({ code: "interrupted" });
  });

  it("nothing else because a reader left", async () => {
    const response = await place.ask("/api/drift", question);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect((await place.get("/api/folder")).status).toBe(200);
  });
});
