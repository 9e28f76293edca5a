// Strange rows as the studio's pages get them: ranked, counted below every threshold, explained.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { tableFromColumns } from "../../../src/data/index.js";
import { fit } from "../../../src/fit/index.js";
import { type ColumnConfig, load, type Model } from "../../../src/model/index.js";
import { Random } from "../../../src/random/index.js";
import type {
  AnomaliesAnswer,
  AnomaliesPiece,
  MethodEntry,
  RowReasons,
} from "../../../src/server/studio/anomalies-answers.js";
import { flaggedCsv } from "../../../src/server/studio/anomalies-flagged.js";
import { curvesOf, reasonsOf } from "../../../src/server/studio/anomalies-reasons.js";
import { ScoredTables } from "../../../src/server/studio/anomalies-scores.js";
import type { FolderAnswer, ModelEntry } from "../../../src/server/studio/answers.js";
import { rowsOf } from "../../../src/server/studio/tables.js";
import { exampleModel } from "../../model/example-model.js";
import { errorOf, numbersModel, save, someRows } from "../served.js";
import { workplace } from "./workplace.js";

const plainColumns = ["a", "b", "c"].map((name): ColumnConfig => {
  return { name, kind: "continuous", center: 0, scale: 1, minimum: -9, maximum: 9 };
});

const rows = 360;
/** The row, from 1, in which weight does not fit height. */
const planted = 101;
const names = { model: "trees.logdet", table: "new.csv" };

/** Height decides weight; names are of no use to a model; a cell is missing here and there. */
function trees(seed: number, strange?: number): string {
  const random = new Random(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [height, noise] = random.fillNormal(new Float64Array(2));
    const weight = i + 1 === strange ? -4 : 2 * height + 0.3 * noise;
    const tall = i + 1 === strange ? 2 : height;
    const kind = i % 3 === 0 ? "oak" : "beech, red";
    const day = new Date(Date.UTC(2024, 0, 1 + (i % 50), i % 24)).toISOString().slice(0, 19);
    const shown = i % 40 === 5 ? "" : tall.toFixed(4);
    return `tree number ${i + 1},"${kind}",${day},${shown},${weight.toFixed(4)}\n`;
  });
  return `name,kind,planted,height,weight\n${lines.join("")}`;
}

const place = await workplace(async (folder, around) => {
  mkdirSync(folder);
  writeFileSync(join(folder, "trees.csv"), trees(7));
  writeFileSync(join(folder, "new.csv"), trees(8, planted));
  writeFileSync(join(around, "secret.csv"), "a\n1\n");
  const options = { search: false, layers: 1, epochs: 150, threads: 1, missing: "model", seed: 3 } as const;
  const { model } = await fit(join(folder, "trees.csv"), { ...options, calibration: 0.2 });
  await save(model, join(folder, "trees.logdet"));
  // Without calibration rows.
  const bare = exampleModel({ dim: 3, columns: plainColumns, disorder: 0.1 });
  await save(bare, join(folder, "bare.logdet"));
  const plain = await numbersModel();
  await save(plain, join(folder, "numbers.logdet"));
  const cells = Array.from(someRows(40), (value) => value.toFixed(5));
  const lines = Array.from({ length: 40 }, (_, i) => `${cells.slice(3 * i, 3 * i + 3).join(",")}\n`);
  writeFileSync(join(folder, "numbers.csv"), `a,b,c\n${lines.join("")}`);
});

let model: Model;
beforeAll(async () => {
  model = await load(join(place.folder, "trees.logdet"), { threads: 1 });
});

async function linesOf<T>(response: Response): Promise<T[]> {
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

async function judged(question: object = names): Promise<AnomaliesAnswer> {
  const pieces = await linesOf<AnomaliesPiece>(await place.ask("/api/anomalies", question));
  const last = pieces.at(-1);
  if (!last || !("result" in last)) throw new Error(`no result: ${JSON.stringify(last)}`);
  expect(pieces.slice(0, -1).every((piece) => "progress" in piece)).toBe(true);
  return last.result;
}

const reasonsFor = async (question: object) =>
  linesOf<RowReasons>(await place.ask("/api/anomalies/reasons", { ...names, ...question }));

const wholeTable = () => place.studio.tables.of(model, "new.csv");

describe("the ranking", () => {
  it("holds each row's conformal p-value, counted by hand, and the strangest first", async () => {
    const answer = await judged();
    const table = await wholeTable();
    const logProb = await model.logProb(rowsOf(table));
    const scores = model.calibration?.scores("density") ?? new Float64Array();
    expect(answer).toMatchObject({ rows, leftOut: 0, calibrationRows: scores.length, isSource: false });
    expect(answer.statistic?.name).toBe("density");
    expect(answer.strangest).toHaveLength(rows);
    for (const { row, pValue, logProb: own } of answer.strangest) {
      expect(own).toBeCloseTo(logProb[row - 1], 5);
      // Equal but for float32's rounding counts against the row.
      const above = scores.filter((score) => score >= -own - 1e-4 * (1 + Math.abs(own))).length;
      const below = scores.filter((score) => score >= -own + 1e-4 * (1 + Math.abs(own))).length;
      const rank = (pValue ?? 0) * (scores.length + 1);
      expect(rank).toBeGreaterThan(below + 0.999);
      expect(rank).toBeLessThan(above + 1.001);
    }
    const order = answer.strangest.map(({ pValue, logProb: own }) => [pValue ?? 0, own]);
    expect(order).toEqual(order.toSorted(([a, b], [c, d]) => a - c || b - d));
  });

  it("counts the rows at and below every p-value that there can be, and in every bar", async () => {
    const { levels, histogram, strangest, calibrationRows } = await judged();
    const p = strangest.map(({ pValue }) => pValue ?? 0);
    expect(levels.map((level) => Math.round(level.p * (calibrationRows + 1)))).toEqual(
      Array.from({ length: calibrationRows + 1 }, (_, i) => i + 1),
    );
    for (const level of levels) expect(level.rows).toBe(p.filter((value) => value <= level.p + 1e-12).length);
    expect(histogram[0].from).toBe(0);
    expect(histogram.at(-1)?.to).toBe(1);
    for (const { from, to, rows: counted, expected } of histogram) {
      expect(counted).toBe(p.filter((value) => value > from + 1e-12 && value <= to + 1e-12).length);
      expect(expected).toBeCloseTo((to - from) * rows, 8);
    }
  });

  it("puts the planted row first, told by what the model does not use", async () => {
    const { strangest, labels } = await judged();
    expect(labels).toEqual(["name"]);
    expect(strangest[0]).toMatchObject({ row: planted, labels: [`tree number ${planted}`] });
    for (const { row, labels: own } of strangest) expect(own).toEqual([`tree number ${row}`]);
  });

  it("tells the table that the model was fitted to from others", async () => {
    const answer = await judged({ model: "numbers.logdet", table: "numbers.csv" });
    expect(answer).toMatchObject({ rows: 40, isSource: false, labels: [] });
    expect(answer.strangest).toHaveLength(40);
    expect(await judged({ ...names, table: "trees.csv" })).toMatchObject({ isSource: true });
  });

  it("is by the log-density alone where the model has no calibration rows, and nothing can be flagged", async () => {
    const bare = { model: "bare.logdet", table: "numbers.csv" };
    const answer = await judged(bare);
    expect(answer).toMatchObject({ calibrationRows: 0, statistic: null, levels: [], histogram: [] });
    const logProb = answer.strangest.map((row) => row.logProb);
    expect(logProb).toEqual(logProb.toSorted((a, b) => a - b));
    expect(answer.strangest.every(({ pValue }) => pValue === null)).toBe(true);
    const refused = await place.ask("/api/anomalies/flagged", { ...bare, threshold: 0.1 });
    expect(refused.status).toBe(400);
    expect(await errorOf(refused)).toContain("no calibration rows");
  });

  it("is of a model whose parts of a date the folder counts as one column", async () => {
    const { models } = (await (await place.get("/api/folder")).json()) as FolderAnswer;
    const { columns, tableColumns } = models.find((one) => one.name === "trees.logdet") as ModelEntry;
    expect(tableColumns).toBe(["kind", "planted", "height", "weight"].length);
    expect(columns.length).toBeGreaterThan(tableColumns);
  });

  it("ends when nobody waits for it any more", async () => {
    const scoring = new ScoredTables().of(model, await wholeTable(), { signal: AbortSignal.abort() });
    await expect(scoring).rejects.toMatchObject({ code: "interrupted" });
  });

  it("is computed once for a table and a model, and anew for another table", async () => {
    const scored = new ScoredTables();
    const table = await wholeTable();
    const first = await scored.of(model, table);
    expect(await scored.of(model, table)).toBe(first);
    expect(await scored.of(model, { ...table })).not.toBe(first);
  });
});

describe("the reasons", () => {
  it("name the planted column first, in nats, in words and with what was expected", async () => {
    const [found] = await reasonsFor({ rows: [planted], top: 3, curves: 2 });
    expect(found.reasons).toHaveLength(3);
    const strange = found.reasons.slice(0, 2).map(({ column }) => column);
    expect(strange.toSorted()).toEqual(["height", "weight"]);
    expect(found.words).toMatch(/^(height 2|weight -4) is \d+\.\d nats less likely than the /);
    expect(found.firstWords.split("; ")).toHaveLength(1);
    const weight = found.reasons.find(({ column }) => column === "weight");
    expect(weight?.value).toBe("-4");
    expect(Number(weight?.expected)).toBeGreaterThan(2);
    expect(found.curves.map(({ column }) => column)).toEqual(strange);
  });

  it("come a row at a time in the order of the question, with all cells as they are read", async () => {
    const found = await reasonsFor({ rows: [6, 2, 46], top: 1 });
    expect(found.map(({ row }) => row)).toEqual([6, 2, 46]);
    const [missing, second] = found;
    expect(missing.cells.map(({ name }) => name)).toEqual(["kind", "planted", "height", "weight"]);
    expect(missing.cells[2].value).toBeNull();
    expect(second.cells.slice(0, 2).map(({ value }) => value)).toEqual(["beech, red", "2024-01-02T01:00:00"]);
    expect(second.curves).toEqual([]);
  });

  it("are those of the method that is asked for, of those that there are", async () => {
    const methods = (await (await place.get("/api/anomalies/methods")).json()) as MethodEntry[];
    expect(methods[0].name).toBe("surprise");
    const [found] = await reasonsFor({ rows: [planted], method: "shapley", top: 20 });
    expect(found.method).toBe("shapley");
    expect(found.reasons).toHaveLength(model.dim);
    expect(methods.map(({ name }) => name)).toContain("integrated-gradients");
  });

  it("end when nobody waits for them any more", async () => {
    const found = reasonsOf(model, await wholeTable(), [1], { signal: AbortSignal.abort() });
    await expect(found.next()).rejects.toMatchObject({ code: "interrupted" });
  });
});

describe("the density of a column given the rest", () => {
  const planRow = async () => rowsOf(await wholeTable(), [planted - 1]);

  it("of numbers has the heights of p(x) over its integral along the column", async () => {
    const row = await planRow();
    const d = model.columns.findIndex(({ name }) => name === "weight");
    const [curve] = await curvesOf(model, row, ["weight"]);
    const along = async (values: readonly number[]) => {
      const flat = new Float64Array(values.length * model.dim);
      for (const [i, value] of values.entries()) {
        flat.set(row, i * model.dim);
        flat[i * model.dim + d] = value;
      }
      return (await model.logProb(flat)).map(Math.exp);
    };
    const [low, high, steps] = [-14, 14, 5600];
    const grid = Array.from({ length: steps }, (_, i) => low + ((high - low) * (i + 0.5)) / steps);
    const integral = (await along(grid)).reduce((sum, p) => sum + (p * (high - low)) / steps, 0);
    const truth = await along(curve.values);
    const highest = Math.max(...curve.heights);
    expect(curve).toMatchObject({ kind: "density", column: "weight", observed: -4, observedText: "-4" });
    expect(curve.values).toContain(-4);
    for (const [i, height] of curve.heights.entries())
      expect(Math.abs(height - truth[i] / integral)).toBeLessThan(0.03 * highest);
    const places = [...curve.values];
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it("of categories has their probabilities, which add up to one", async () => {
    const row = await planRow();
    const d = model.columns.findIndex(({ name }) => name === "kind");
    const [curve] = await curvesOf(model, row, ["kind"]);
    const flat = Float64Array.of(...row, ...row);
    [flat[d], flat[model.dim + d]] = [0, 1];
    const [a, b] = await model.logProb(flat);
    expect(curve).toMatchObject({ kind: "category", names: ["beech, red", "oak"], values: [0, 1] });
    expect(curve.heights[0]).toBeCloseTo(1 / (1 + Math.exp(b - a)), 4);
    expect(curve.heights[0] + curve.heights[1]).toBeCloseTo(1, 6);
  });
});

describe("the flagged rows as a file", () => {
  it("are those with at most the threshold, in the order of the table, with their cells", async () => {
    const { strangest, levels } = await judged();
    const threshold = levels[3].p;
    const response = await place.ask("/api/anomalies/flagged", { ...names, threshold });
    expect(response.headers.get("content-type")).toMatch(/^text\/csv/);
    const [header, ...lines] = (await response.text()).trimEnd().split("\n");
    expect(header).toBe("row,p_value,log_prob,kind,planted,height,weight");
    const flagged = strangest.filter(({ pValue }) => (pValue ?? 1) <= threshold).map(({ row }) => row);
    expect(lines.map((line) => Number(line.split(",")[0]))).toEqual(flagged.toSorted((a, b) => a - b));
    expect(lines.find((line) => line.startsWith(`${planted},`))).toMatch(/,2024-[^,]*,2,-4$/);
  });

  it("have every column under a name of its own, the table's as they are", async () => {
    const own = ["row", "p_value", "c"];
    const columns = plainColumns.map((column, i) => ({ ...column, name: own[i] }));
    const named = exampleModel({ dim: 3, columns, disorder: 0.1 });
    const table = tableFromColumns(own.map((name, i) => ({ name, values: [i, i + 0.5] })));
    const scores = { logProb: Float64Array.of(-1.5, -2), pValues: Float64Array.of(0.5, 0.01) };
    expect(await flaggedCsv(named, table, scores, 0.1)).toBe(
      "row_2,p_value_2,log_prob,row,p_value,c\n2,0.01,-2,0.5,1.5,2.5\n",
    );
  });
});

describe("what is refused", () => {
  it.each([
    ["a table outside of the folder", { ...names, table: "../secret.csv" }, 403],
    ["a model that there is not", { ...names, model: "other.logdet" }, 404],
    ["a model that is a table", { ...names, model: "trees.csv" }, 404],
    ["a question with more in it", { ...names, path: "/etc" }, 400],
    ["a name that is no text", { ...names, table: 7 }, 400],
  ])("%s", async (_, question, status) => {
    const response = await place.ask("/api/anomalies", question);
    expect(response.status).toBe(status);
    expect((await errorOf(response)).length).toBeGreaterThan(10);
  });

  it.each([
    ["no rows", { rows: [] }],
    ["more than fifty rows", { rows: Array.from({ length: 51 }, (_, i) => i + 1) }],
    ["half a row", { rows: [1.5] }],
    ["a method that there is not", { rows: [1], method: "guess" }],
    ["too many curves", { rows: [1], curves: 100 }],
  ])("reasons for %s", async (_, question) => {
    const response = await place.ask("/api/anomalies/reasons", { ...names, ...question });
    expect(response.status).toBe(400);
  });

  it("a row that the table does not have, in the last line of the answer", async () => {
    const lines = await linesOf<{ error?: string }>(
      await place.ask("/api/anomalies/reasons", { ...names, rows: [1, rows + 1] }),
    );
    expect(lines.at(-1)?.error).toContain(`there is no row ${rows + 1}`);
  });

  it("a table without the model's columns, in words", async () => {
    const lines = await linesOf<{ error?: string }>(
      await place.ask("/api/anomalies", { ...names, table: "numbers.csv" }),
    );
    expect(lines.at(-1)?.error).toMatch(/there is no column/);
    expect(JSON.stringify(lines)).not.toContain(place.folder);
  });
});
