// logdet explain and logdet score --reasons: the library's reasons, as tables, words and JSON.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  explain,
  explanationMethodNames,
  explanationMethods,
  type Reason,
  reasonsInWords,
} from "../../src/explain/index.js";
import { load, type Model } from "../../src/model/index.js";
import { csv, fitTinyModel, logdet, main, outcome, start, temporaryFolder, tinyRows } from "./run.js";

const folder = temporaryFolder();
/** Rows like the model's; then one with a count that is far out, and one whose b does not go with its a. */
const rows = [...tinyRows(28, 2), [0.1, 0.1, 40], [1.5, -4, 1]];
let model: Model;

beforeAll(async () => {
  model = await load(await fitTinyModel(folder));
  writeFileSync(join(folder, "new.csv"), csv(["a", "b", "count"], rows));
  const holes = rows.map(([a, b, c], i) => (i === 4 ? [a, "", c] : [a, b, c]));
  writeFileSync(join(folder, "holes.csv"), csv(["a", "b", "count"], holes));
});

const run = (args: string[]) => logdet(args, { cwd: folder });
const json = async (args: string[]) =>
  JSON.parse((await run(["explain", "tiny.logdet", ...args, "--json"])).stdout);

describe("logdet explain", () => {
  it("shows a row's columns with what was expected there, the strangest first", async () => {
    const { code, stdout } = await run(["explain", "tiny.logdet", "new.csv", "--row", "29"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^row 29 {2}log-density -\d+\.\d{3}, p-value \d/);
    const [, header, first] = stdout.split("\n");
    expect(header).toMatch(/column +observed +expected +nats/);
    expect(first).toMatch(/^ +count +40 +-?\d+ +\d+\.\d{3} +━{24}$/);
    expect(stdout).toContain("Nats by surprise:");
  });

  it("gives machines what the library gives", async () => {
    const { method, rows: found } = await json(["new.csv", "--rows", "30,3"]);
    expect(method).toBe("surprise");
    expect(found.map(({ row }: { row: number }) => row)).toEqual([30, 3]);
    const truth = await explain(model, [rows[29], rows[2]]);
    const pValues = await model.pValues([rows[29], rows[2]]);
    for (const [i, { method: _, ...explanation }] of truth.entries())
      expect(found[i]).toEqual({ row: [30, 3][i], ...explanation, pValue: pValues[i] });
  });

  it.each(["shapley", "counterfactual"] as const)("explains by %s", async (method) => {
    const { rows: found, nats } = await json(["new.csv", "--row", "29", "--method", method, "--top", "2"]);
    expect(nats).toBe(explanationMethods[method].summary);
    expect(found[0].reasons).toEqual((await explain(model, [rows[28]], { method, top: 2 }))[0].reasons);
  });

  it("takes the least likely rows where none are named", async () => {
    const { rows: found } = await json(["new.csv", "--worst", "4"]);
    const logProb = await model.logProb(rows);
    const order = Array.from(logProb.keys()).sort((a, b) => logProb[a] - logProb[b]);
    expect(found.map(({ row }: { row: number }) => row - 1)).toEqual(order.slice(0, 4));
    expect((await json(["new.csv"])).rows.length).toBe(5);
  });

  it("counts rows as the file does where some have no density", async () => {
    const { rows: found } = await json(["holes.csv", "--missing", "drop", "--row", "29"]);
    expect(found[0].reasons[0]).toMatchObject({ column: "count", value: 40 });
  });

  it("writes a file", async () => {
    const { code, stdout } = await run([
      "explain",
      "tiny.logdet",
      "new.csv",
      "--row",
      "29",
      "--out",
      "why.txt",
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(readFileSync(join(folder, "why.txt"), "utf8")).toMatch(/^row 29/);
  });
});

describe("categories", () => {
  it("are explained by their names, those never seen and empty cells included", async () => {
    // Red is small, blue is large, green is rare; some sizes are not known.
    const mixed = tinyRows(300, 3).map(([a, b], i) => {
      const colour = i % 20 === 0 ? "green" : i % 2 === 0 ? "red" : "blue";
      return [colour, i % 17 === 0 ? "" : (colour === "blue" ? 6 : -6) + a, b];
    });
    writeFileSync(join(folder, "mixed.csv"), csv(["colour", "size", "b"], mixed));
    const args = ["--no-search", "--epochs", "200", "--missing", "model", "--quiet"];
    const { code, stderr } = await run(["fit", "mixed.csv", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const odd = [
      ["blue", -6, 0],
      ["pink", 6, 0],
      ["red", "", 0],
    ];
    writeFileSync(join(folder, "odd.csv"), csv(["colour", "size", "b"], odd));
    const explained = await run(["explain", "mixed.logdet", "odd.csv", "--rows", "1,2,3", "--json", "-q"]);
    expect(explained.stderr).toBe("");
    const [blue, pink, hole] = JSON.parse(explained.stdout).rows.map(({ reasons }: { reasons: Reason[] }) =>
      Object.fromEntries(reasons.map((reason) => [reason.column, reason])),
    );
    expect(blue.colour).toMatchObject({ value: "blue", expected: "red" });
    expect(blue.colour.nats).toBeGreaterThan(3);
    expect(blue.size.expected).toBeGreaterThan(3);
    expect(pink.colour).toMatchObject({ value: "(never seen)", expected: "blue" });
    expect(hole.size).toMatchObject({ value: null, nats: 0 });
    expect(hole.size.expected).toBeLessThan(-3);
  });
});

describe("logdet explain --audit", () => {
  it("tries every method on anomalies planted in draws of the model", async () => {
    const { methods, drawn, plants } = await json(["--audit", "--plants", "4"]);
    expect({ drawn, plants }).toEqual({ drawn: true, plants: 4 });
    const names = methods.map(({ method }: { method: string }) => method);
    expect(names.toSorted()).toEqual([...explanationMethodNames].sort());
    for (const { kinds } of methods)
      expect(Object.keys(kinds)).toEqual(["shift", "swap", "extreme", "exchange"]);
  });

  it("plants in rows of the data where there are some, and says what it planted", async () => {
    const { code, stdout } = await run([
      "explain",
      "tiny.logdet",
      "tiny.csv",
      "--audit",
      "--plants",
      "3",
      "-q",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^method +first +top 3 +shift, first/);
    expect(stdout).toContain("Planted in rows of the data:");
    expect(stdout).toContain("  swap: another row's value");
  });
});

describe("what cannot be explained is refused", () => {
  it.each<[string, string[], number, string]>([
    ["a row that is not there", ["new.csv", "--row", "31"], 2, "there is no row 31: the data have 30 rows"],
    ["row 0", ["new.csv", "--row", "0"], 2, "at least 1"],
    ["rows that are no numbers", ["new.csv", "--rows", "3;5"], 2, "with commas between them"],
    [
      "a row that misses a value",
      ["holes.csv", "--missing", "drop", "--row", "5"],
      1,
      "row 5: the row misses a value",
    ],
    ["an unknown method", ["new.csv", "--method", "guess"], 2, "surprise, conditional"],
    ["two ways to choose rows", ["new.csv", "--row", "1", "--worst", "3"], 2, "cannot be used with"],
    ["no data", [], 2, "there are no rows to explain"],
    ["an audit of chosen rows", ["new.csv", "--audit", "--row", "3"], 2, "--audit chooses its rows itself"],
    ["an audit by one method", ["--audit", "--method", "shapley"], 2, "--audit tries every method"],
    ["plants without an audit", ["new.csv", "--plants", "3"], 2, "--plants says how many"],
  ])("%s", async (_, args, expected, message) => {
    const { code, stdout, stderr } = await run(["explain", "tiny.logdet", ...args]);
    expect(stderr.replace(/\s+/g, " ")).toContain(message);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  });
});

describe("logdet score --reasons", () => {
  const lines = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("says of every row why it is strange", async () => {
    const { code, stdout, stderr } = await run([
      "score",
      "tiny.logdet",
      "new.csv",
      "--reasons",
      "2",
      "--format",
      "ndjson",
    ]);
    expect(code).toBe(0);
    const truth = (await explain(model, rows, { top: 2 })).map(({ reasons }) =>
      reasonsInWords(explanationMethods.surprise, reasons, model.columns),
    );
    expect(lines(stdout).map(({ reasons }) => reasons ?? "")).toEqual(truth);
    expect(truth[28]).toMatch(/^count 40 is \d+\.\d nats less likely than the -?\d+ expected given the rest/);
    expect(stderr).toContain("Reasons for 30 rows.");
  });

  it("explains flagged rows only where some are flagged", async () => {
    const args = ["--alpha", "0.05", "--reasons", "1", "--out", "why.ndjson", "--json"];
    const { code, stdout } = await run(["score", "tiny.logdet", "new.csv", ...args]);
    expect(code).toBe(0);
    const scored = lines(readFileSync(join(folder, "why.ndjson"), "utf8"));
    for (const { is_anomaly, reasons } of scored) expect(typeof reasons === "string").toBe(is_anomaly);
    const { flagged, explained } = JSON.parse(stdout);
    expect(flagged).toBeGreaterThan(0);
    expect(explained).toBe(flagged);
  });

  it("keeps a row that has no density without reasons", async () => {
    const { stdout } = await run([
      "score",
      "tiny.logdet",
      "holes.csv",
      "--missing",
      "drop",
      "--reasons",
      "1",
    ]);
    const cells = stdout.split("\n").map((line) => line.split(","));
    expect(cells[0].at(-1)).toBe("reasons");
    expect(cells[5].at(-1)).toBe("");
    expect(cells[29].at(-1)).toMatch(/^count 40 is/);
  });

  it("writes the table with the reasons so far at the first Ctrl-C", async () => {
    writeFileSync(join(folder, "many.csv"), csv(["a", "b", "count"], tinyRows(20_000, 5)));
    const child = start(
      process.execPath,
      [main, "score", "tiny.logdet", "many.csv", "--reasons", "3", "--out", "stopped.csv"],
      {
        cwd: folder,
      },
    );
    child.stderr?.on("data", (chunk) => {
      if (String(chunk).includes("explained")) child.kill("SIGINT");
    });
    const { code, stderr } = await outcome(child);
    expect(code).toBe(0);
    expect(stderr).toMatch(/[\d,]+ rows left without reasons\./);
    const written = readFileSync(join(folder, "stopped.csv"), "utf8").trimEnd().split("\n").slice(1);
    expect(written.length).toBe(20_000);
    expect(written[0]).toContain("given the rest");
    expect(written[19_999]).not.toContain("given the rest");
  });
});
