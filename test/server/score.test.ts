// /score and /sample: rows by column name in JSON, NDJSON and CSV, checked against the model asked directly.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load } from "../../src/model/index.js";
import { expectClose } from "../helpers/index.js";
import {
  asObjects,
  errorOf,
  mixedModel,
  names,
  numbersModel,
  save,
  someRows,
  temporaryFolder,
  testServer,
} from "./served.js";

const folder = temporaryFolder();
const numbers = await save(await numbersModel(), join(folder, "numbers.logdet"));
const trees = await save(await mixedModel(folder), join(folder, "trees"));
const model = await load(numbers, { threads: 1 });
const server = await testServer([numbers]);
const both = await testServer([numbers, trees]);

const rows = someRows(4);
const objects = asObjects(rows);
const logProb = await model.logProb(rows);
const pValues = await model.pValues(rows);
const ndjson = { "Content-Type": "application/x-ndjson" };
const csv = { "Content-Type": "text/csv" };

type Scored = Record<string, unknown>;
const column = (scored: readonly Scored[], name: string) => scored.map((row) => row[name] as number);
const linesOf = (text: string): Scored[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("scoring in JSON", () => {
  it.each([
    ["an array", objects],
    ["an object of rows", { rows: objects }],
  ])("takes %s, and gives the rows back with their results beside them", async (_, body) => {
    const response = await server.post("/score", body);
    expect(response.status).toBe(200);
    const { model: name, rows: scored } = (await response.json()) as { model: string; rows: Scored[] };
    expect(name).toBe("numbers");
    expect(scored.map(({ log_prob: _, p_value: __, ...rest }) => rest)).toEqual(objects);
    expectClose(column(scored, "log_prob"), logProb, { relative: 1e-5 });
    expect(column(scored, "p_value")).toEqual([...pValues]);
  });

  it("flags rows at the level of alpha, by the statistic asked for", async () => {
    const response = await server.post("/score?alpha=0.3&statistic=latent-norm", objects);
    const { rows: scored } = (await response.json()) as { rows: Scored[] };
    const expected = await model.pValues(rows, { statistic: "latent-norm" });
    expect(column(scored, "p_value")).toEqual([...expected]);
    expect(scored.map((row) => row.is_anomaly)).toEqual(Array.from(expected, (p) => p <= 0.3));
  });

  it("keeps columns that the model does not know, and one that is called like a result", async () => {
    const given = objects.map((row) => ({ note: "x", log_prob: "mine", ...row }));
    const { rows: scored } = (await (await server.post("/score", given)).json()) as { rows: Scored[] };
    expect(scored[0]).toMatchObject({ note: "x", log_prob: "mine", log_prob_2: expect.any(Number) });
  });

  it("takes numbers that are written as text", async () => {
    const text = objects.map((row) =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, String(v)])),
    );
    const { rows: scored } = (await (await server.post("/score", text)).json()) as { rows: Scored[] };
    expectClose(column(scored, "log_prob"), logProb, { relative: 1e-5 });
  });

  it("answers no rows with none", async () => {
    expect(await (await server.post("/score", [])).json()).toEqual({ model: "numbers", rows: [] });
  });

  const [row] = objects;
  it.each([
    ["no JSON", "x", /not JSON/],
    ["a number", "7", /./],
    ["rows that are lists", [[1, 2, 3]], /./],
    ["cells that are lists", [{ ...row, extra: [1] }], /./],
    ["a row without a column", [row, { a: 1, B: 2, c: 3 }], /row 2: there is no column "b". Rename "B"\?/],
    [
      "a word for a number",
      [row, row, { ...row, b: "two" }],
      /row 3, column b: "two" is not a finite number/,
    ],
    ["a truth value for a number", [{ ...row, b: true }], /row 1, column b: true is not a finite number/],
    ["a missing cell", [{ ...row, c: null }], /row 1, column c: a value is missing/],
  ] as const)("refuses %s", async (_, body, message) => {
    const response = await server.post("/score", body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatch(message);
  });

  it.each([
    ["alpha=2", /alpha/],
    ["alpha=", /alpha/],
    ["alpha=0.0001", /out of reach/],
    ["alfa=0.1", /alfa/],
    ["statistic=mean", /statistic/],
    ["statistic=combined", /not calibrated/],
  ])("refuses ?%s", async (query, message) => {
    const response = await server.post(`/score?${query}`, objects);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatch(message);
  });

  it("must be told which model, where there are several", async () => {
    expect(await errorOf(await both.post("/score", objects))).toMatch(
      /must name a model. There are numbers, trees/,
    );
    expect((await both.post("/score?model=numbers", objects)).status).toBe(200);
    const unknown = await both.post("/score?model=../../etc/passwd", objects);
    expect(unknown.status).toBe(404);
    expect(await (await both.request("/models")).json()).toMatchObject({
      models: [
        { name: "numbers", columns: names },
        { name: "trees", columns: ["kind", "planted", "height", "growth"] },
      ],
    });
  });
});

describe("scoring in NDJSON", () => {
  const text = objects.map((row) => `${JSON.stringify(row)}\n`).join("");

  it("answers a line with a line", async () => {
    const response = await server.post("/score?alpha=0.3", text, ndjson);
    expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
    const scored = linesOf(await response.text());
    expectClose(column(scored, "log_prob"), logProb, { relative: 1e-5 });
    expect(scored.map((row) => row.is_anomaly)).toEqual(Array.from(pValues, (p) => p <= 0.3));
  });

  it("takes lines that come in pieces, cut anywhere, the last without an end", async () => {
    const given = asObjects(someRows(2500, 8)).map((row) => ({ ...row, name: "Größe ✓" }));
    const bytes = new TextEncoder().encode(given.map((row) => JSON.stringify(row)).join("\n\n"));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 997) }, (_, i) =>
      bytes.slice(997 * i, 997 * (i + 1)),
    );
    const body = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    });
    const response = await server.request("/score", {
      ...{ method: "POST", headers: ndjson, body, duplex: "half" },
    } as RequestInit);
    const scored = linesOf(await response.text());
    expect(scored.map(({ log_prob: _, p_value: __, ...rest }) => rest)).toEqual(given);
    expectClose(column(scored, "log_prob"), await model.logProb(someRows(2500, 8)), { relative: 1e-4 });
  });

  it("refuses a request whose first lines are wrong", async () => {
    const response = await server.post("/score", `{"a":1}\n${text}`, ndjson);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatch(/row 1: there is no column "b"/);
  });

  it("ends with an error, and nothing after it, where a later line is wrong", async () => {
    const good = text.repeat(300);
    const response = await server.post("/score", `${good}{"a":\n${text}`, ndjson);
    expect(response.status).toBe(200);
    const scored = linesOf(await response.text());
    expect(scored.length).toBe(1024 + 1);
    expect(scored.at(-1)).toEqual({ error: expect.stringMatching(/^row 1201: the body is not JSON/) });
  });

  it("refuses a line without end, and bytes that are no text", async () => {
    expect((await server.post("/score", `{"a":"${"x".repeat(2 ** 21)}`, ndjson)).status).toBe(413);
    const long = await server.post("/score", `${text}{"a":"${"x".repeat(2 ** 21)}\n`, ndjson);
    expect(long.status).toBe(413);
    expect((await server.post("/score", Uint8Array.of(0xff, 0xfe), ndjson)).status).toBe(400);
  });
});

describe("scoring in CSV", () => {
  const table = `c,"a ""note""",a,b\n${objects.map(({ a, b, c }) => `${c},"x, y",${a},${b}`).join("\n")}\n`;

  it("answers with the table as it came, and the results behind it", async () => {
    const response = await server.post("/score?alpha=0.3", table, csv);
    expect(response.headers.get("Content-Type")).toMatch(/^text\/csv/);
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines[0]).toBe('c,"a ""note""",a,b,log_prob,p_value,is_anomaly');
    const { a, b, c } = objects[1];
    const [, logProbText, pText, flag] = /,([^,]+),([^,]+),([^,]+)$/.exec(lines[2]) ?? [];
    expect(lines[2]).toContain(`${c},"x, y",${a},${b},`);
    expect(Number(logProbText)).toBeCloseTo(logProb[1], 3);
    expect([Number(pText), flag]).toEqual([pValues[1], String(pValues[1] <= 0.3)]);
  });

  it("keeps the columns' order where names are numbers", async () => {
    const text = `zone,2019,a,b,c,7\nx,1,0,0,0,2\n`;
    const [header, line] = (await (await server.post("/score", text, csv)).text()).split("\n");
    expect(header).toBe("zone,2019,a,b,c,7,log_prob,p_value");
    expect(line).toMatch(/^x,1,0,0,0,2,-/);
  });

  it("takes what RFC 4180 and spreadsheets write: quotes, line ends of both kinds, blank lines, a byte order mark", async () => {
    const text = '\uFEFFa,b,c,note\r\n"1",2,3,"one\n""two"" , three"\r\n\r\n\n4,5,6,a "quote"\r\n1,2,3,';
    const response = await server.post("/score", text, { ...csv, Accept: "application/json" });
    const { rows: scored } = (await response.json()) as { rows: Scored[] };
    expect(scored.map(({ note }) => note)).toEqual(['one\n"two" , three', 'a "quote"', ""]);
    expect(scored.map(({ a, b, c }) => [a, b, c].join())).toEqual(["1,2,3", "4,5,6", "1,2,3"]);
    expect(scored[2].log_prob).toBe(scored[0].log_prob);
  });

  it("scores long tables in pieces, row for row", async () => {
    const many = someRows(2500, 8);
    const text = `a,b,c\n${asObjects(many)
      .map(({ a, b, c }) => `${a},${b},${c}\n`)
      .join("")}`;
    const response = await server.post("/score", text, csv);
    const lines = (await response.text()).trimEnd().split("\n").slice(1);
    const scored = lines.map((line) => Number(line.split(",")[3]));
    expectClose(scored, await model.logProb(many), { relative: 1e-4 });
  });

  it("answers in the format that Accept names", async () => {
    const response = await server.post("/score", table, { ...csv, Accept: "application/json" });
    const { rows: scored } = (await response.json()) as { rows: Scored[] };
    expectClose(column(scored, "log_prob"), logProb, { relative: 1e-5 });
    const back = await server.post("/score", objects, {
      "Content-Type": "application/json",
      Accept: "text/csv",
    });
    expect((await back.text()).split("\n")[0]).toBe("a,b,c,log_prob,p_value");
  });

  it.each([
    ["an empty body", "", /table is empty/],
    ["a column that is not there", "a,b,d\n1,2,3\n", /there is no column "c"/],
    ["two columns of one name", "a,b,c,a\n1,2,3,4\n", /two columns have the same name: "a"/],
    ["a ragged row", "a,b,c\n1,2,3\n1,2\n", /row 2: 2 cells where the header has 3 names/],
    ["a word for a number", "a,b,c\n1,2,x\n", /row 1, column c: "x" is not a finite number/],
    ["a quote without end", 'a,b,c\n1,2,"3\n', /quote is never closed/],
    ["an empty cell", "a,b,c\n1,,3\n", /row 1, column b: a value is missing/],
  ])("refuses %s", async (_, text, message) => {
    const response = await server.post("/score", text, csv);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatch(message);
  });
});

describe("words, dates and missing cells", async () => {
  const mixed = await load(trees, { threads: 1 });
  const place = (name: string) => mixed.columns.findIndex((column) => column.name === name);
  const given = [
    { kind: "oak", planted: "2024-01-10T05:00:00", height: 3.5, growth: 0.1 },
    { kind: "never seen", planted: "2024-01-10 05:00:00Z", height: null, growth: -1 },
  ];
  /** The same two rows as the model takes them: 2024-01-10 is the Wednesday of the week of 8 January. */
  const cells = new Float64Array(2 * mixed.dim);
  const week = (Date.UTC(2024, 0, 8) - Date.UTC(1970, 0, 5)) / (7 * 24 * 3600e3);
  for (const [row, { height, growth }] of given.entries())
    for (const [name, value] of Object.entries({
      kind: row === 0 ? 1 : 2,
      "planted.week": week,
      "planted.weekday": 2,
      "planted.hour": 5,
      height: height ?? Number.NaN,
      growth,
    }))
      cells[row * mixed.dim + place(name)] = value;
  const expected = await mixed.logProb(cells);

  it("are understood in JSON", async () => {
    const response = await both.post("/score?model=trees", given);
    const { rows: scored } = (await response.json()) as { rows: Scored[] };
    expectClose(column(scored, "log_prob"), expected, { relative: 1e-4 });
    expect(scored[1]).toMatchObject(given[1]);
  });

  it("are understood in CSV", async () => {
    const text = `kind,planted,height,growth\noak,2024-01-10T05:00,3.5,0.1\n"never seen",2024-01-10T05:00:00.000,NA,-1\n`;
    const response = await both.post("/score?model=trees", text, { ...csv, Accept: "application/json" });
    const { rows: scored } = (await response.json()) as { rows: Scored[] };
    expectClose(column(scored, "log_prob"), expected, { relative: 1e-4 });
  });

  it.each(["2024-02-30", "10.1.2024", "2024-01-10T25:00", 7, true])(
    "refuses %s for a date",
    async (planted) => {
      const response = await both.post("/score?model=trees", [{ ...given[0], planted }]);
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatch(/row 1, column planted: .* is not a date/);
    },
  );

  it("are written as words, dates and null by /sample", async () => {
    const response = await both.post("/sample?model=trees", { rows: 200, seed: 4, missing: true });
    const { rows: drawn } = (await response.json()) as { rows: Scored[] };
    expect(drawn).toHaveLength(200);
    expect(new Set(drawn.map((row) => row.kind))).toEqual(new Set(["oak", "beech, red"]));
    expect(drawn.some((row) => row.height === null)).toBe(true);
    for (const { planted } of drawn) expect(planted).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/);
    const again = await both.post("/score?model=trees", drawn as Record<string, string>[]);
    expect(again.status).toBe(200);
  });
});

describe("sampling", () => {
  it("gives the rows that the model draws with that seed", async () => {
    const drawn = await model.sample(3, { seed: 9 });
    const json = await server.post("/sample", { rows: 3, seed: 9 });
    expect(await json.json()).toEqual({ model: "numbers", rows: asObjects(drawn) });
    const headers = { "Content-Type": "application/json", Accept: "text/csv" };
    const text = await (await server.post("/sample", { rows: 3, seed: 9 }, headers)).text();
    expect(text).toBe(`a,b,c\n${[0, 1, 2].map((i) => drawn.slice(3 * i, 3 * i + 3).join(",")).join("\n")}\n`);
  });

  it.each([
    ["no rows", {}, /rows/],
    ["none", { rows: 0 }, /rows/],
    ["half a row", { rows: 1.5 }, /rows/],
    ["a seed that is none", { rows: 1, seed: 2 ** 40 }, /seed/],
    ["an option that there is not", { rows: 1, n: 2 }, /n/],
  ])("refuses %s", async (_, body, message) => {
    const response = await server.post("/sample", body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatch(message);
  });
});
