// The strange rows of a table that nobody has cleaned, as the studio's page gets them: beside the library's own detection.

import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTable } from "../../../src/data/index.js";
import { type Anomaly, type Detection, detect } from "../../../src/fit/index.js";
import { Random } from "../../../src/random/index.js";
import { answerOf } from "../../../src/server/studio/detect-answer.js";
import type { DetectAnswer, DetectPiece, DetectQuestion } from "../../../src/server/studio/detect-answers.js";
import type { DetectRunner } from "../../../src/server/studio/detect-runner.js";
import { detectIn } from "../../../src/server/studio/detect-task.js";
import { controlBy, FitFlags } from "../../../src/server/studio/fit-flags.js";
import type { RunningFit } from "../../../src/server/studio/fit-runner.js";
import { createStudioApp, Detections, Runs, type Studio } from "../../../src/server/studio/index.js";
import { errorOf } from "../served.js";
import { workplace } from "./workplace.js";

const rows = 80;
/** The row, from 1, in which weight does not fit height. */
const planted = 71;

/** Height decides weight; names are of no use to a model; a height is missing here and there. */
function trees(): string {
  const random = new Random(7);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [height, noise] = random.fillNormal(new Float64Array(2));
    const isPlanted = i + 1 === planted;
    const [tall, weight] = isPlanted ? [2, -4] : [height, 2 * height + 0.3 * noise];
    const numbers = `${i % 20 === 5 ? "" : tall.toFixed(4)},${weight.toFixed(4)}\n`;
    const day = new Date(Date.UTC(2024, 0, 1 + (i % 50))).toISOString().slice(0, 10);
    return `tree number ${i + 1},${i % 3 === 0 ? "oak" : '"beech, red"'},${day},${numbers}`;
  });
  return `name,kind,planted,height,weight\n${lines.join("")}`;
}

/** Combinations of three categories: one row has one that no other has. */
const kinds = Array.from({ length: 90 }, (_, i) =>
  i === 40 ? "a,y\n" : ["a,x\n", "b,y\n", "c,z\n"][i % 3],
).join("");

/** The same, named; rows, from 1, that miss the second. */
const gaps = [6, 26, 46, 66];
const named = kinds
  .trimEnd()
  .split("\n")
  .map(
    (line, i) =>
      `number ${i + 1},${gaps.includes(i + 1) ? line.replace(/,.*/, ",") : line},${i % 2 ? "k" : "l"}\n`,
  )
  .join("");

/** What is computed of a row, without the words. */
const numbersOf = ({ row, pValue, logProb, reasons = [] }: Numbers) => ({
  ...{ row, pValue, logProb },
  nats: reasons.map(({ nats }) => nats),
});

interface Numbers extends Pick<Anomaly, "row" | "pValue" | "logProb"> {
  readonly reasons?: readonly { readonly nats: number }[];
}

/** Detections in this process: threads need compiled files. */
function here() {
  const log = { started: 0, ended: 0, done: 0 };
  const start: DetectRunner = (task, tell) => {
    const flags = new FitFlags();
    log.started++;
    return {
      end: () => {
        log.ended++;
        flags.stop(false);
      },
      done: detectIn(task, tell, controlBy(flags.shared)).then(() => {
        log.done++;
      }),
    };
  };
  return { log, start };
}

async function place(makeRuns?: (studio: Studio) => Runs) {
  const made = await workplace((folder, around) => {
    mkdirSync(folder);
    writeFileSync(join(folder, "trees.csv"), trees());
    writeFileSync(join(folder, "kinds.csv"), `first,second\n${kinds}`);
    writeFileSync(join(folder, "gaps.csv"), `name,first,second,third\n${named}`);
    writeFileSync(join(folder, "few.csv"), "a,b\n1,2\n2,1\n3,3\n");
    writeFileSync(join(around, "secret.csv"), "a\n1\n");
  });
  const { log, start } = here();
  const runs = makeRuns?.(made.studio);
  const detections = new Detections(made.studio.folder, runs, start);
  const app = createStudioApp({ ...made.studio, runs, detections });
  const ask = async (question: DetectQuestion | object) =>
    app.request("/api/detect", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
  const pieces = async (question: DetectQuestion): Promise<DetectPiece[]> => {
    const response = await ask(question);
    expect(response.status).toBe(200);
    const text = await response.text();
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  };
  const answer = async (question: DetectQuestion): Promise<DetectAnswer> => {
    const last = (await pieces(question)).at(-1);
    if (!last || !("result" in last)) throw new Error(`no answer: ${JSON.stringify(last)}`);
    return last.result;
  };
  return { ...made, log, detections, ask, pieces, answer };
}

describe("strange rows by models that have not seen them", () => {
  it("puts the planted row on top, with its names, reasons and cells in words", async () => {
    const { pieces } = await place();
    const told = await pieces({ table: "trees.csv", top: 3 });
    const last = told.at(-1);
    if (!last || !("result" in last)) throw new Error("no answer");
    const { result } = last;
    expect(result).toMatchObject({ rows, leftOut: 0, folds: 2, columns: 4, labels: ["name"] });
    expect(result.statistic.name).toBe("density");
    const [first] = result.strangest;
    expect(first).toMatchObject({
      ...{ row: planted, pValue: 1 / rows, labels: [`tree number ${planted}`] },
      cells: [
        { name: "kind", value: "beech, red" },
        { name: "planted", value: "2024-01-21" },
        { name: "height", value: 2 },
        { name: "weight", value: -4 },
      ],
    });
    const [reason] = first.reasons;
    expect(["height", "weight"]).toContain(reason.column);
    expect(first.words).toMatch(
      new RegExp(`^${reason.column} ${reason.value} is ${reason.nats.toFixed(1)} nats less likely than the `),
    );
    expect(first.missing).toBe("");
    expect(result.strangest).toHaveLength(3);
    const texts = told.flatMap((piece) => ("progress" in piece ? [piece.progress.text] : []));
    expect(texts[0]).toBe("Reading trees.csv");
    expect(texts).toContainEqual(expect.stringMatching(/^Fit 1 of 2: .*step [\d,]+ of [\d,]+$/));
    expect(texts).toContainEqual(expect.stringMatching(/^Fit 2 of 2: /));
    for (const piece of told)
      if ("progress" in piece) expect(piece.progress.done).toBeLessThanOrEqual(piece.progress.total);
  }, 30_000);

  it("judges missing cells, or leaves such rows out and keeps the numbers of the others", async () => {
    const { answer } = await place();
    const dropped = await answer({ table: "gaps.csv", missing: "drop", top: 1 });
    expect([dropped.rows, dropped.leftOut]).toEqual([90 - gaps.length, gaps.length]);
    expect(dropped.strangest[0]).toMatchObject({ row: 41, labels: ["number 41"], missing: "" });
    const all = await answer({ table: "gaps.csv", top: 90, exclude: ["third"] });
    expect(all.rows).toBe(90);
    expect(all.labels).toEqual(["name", "third"]);
    const missing = all.strangest.filter(({ missing }) => missing !== "");
    expect(missing.map(({ row }) => row).sort((a, b) => a - b)).toEqual(gaps);
    expect(missing[0].missing).toBe("second is missing, as in 4 of 90 rows");
    expect(missing[0].cells[1]).toEqual({ name: "second", value: null });
  }, 30_000);

  it("judges categories alone by how often they come together, with the numbers that `detect` has", async () => {
    const { folder, answer } = await place();
    const question = { seed: 4, folds: 5, top: 2 } as const;
    const { strangest, folds, statistic, histogram, quantiles } = await answer({
      ...{ table: "kinds.csv", ...question },
    });
    const same = await detect(join(folder, "kinds.csv"), { ...question, reasons: 12 });
    expect([folds, statistic.name]).toEqual([5, same.statistic]);
    expect(strangest[0].row).toBe(41);
    expect(strangest[0].cells.map(({ value }) => value)).toEqual(["a", "y"]);
    expect(strangest[0].reasons[0].value).toMatch(/^"[ay]"$/);
    expect(strangest.map((one) => numbersOf({ ...one, row: one.row - 1 }))).toEqual(
      same.anomalies.map(numbersOf),
    );
    expect(strangest.map(({ words }) => words)).toEqual(
      same.anomalies.map(({ words = [] }) => words.join("; ")),
    );
    const sorted = Float64Array.from(same.logProb).sort();
    expect(quantiles[0]).toEqual({ share: 0, logProb: sorted[0] });
    expect(quantiles.at(-1)).toEqual({ share: 1, logProb: sorted[89] });
    // The middle of 90 lies between the 45th and the 46th.
    const median = quantiles.find(({ share }) => share === 0.5)?.logProb;
    expect([sorted[44], sorted[45]]).toContain(median);
    const { counts, below, above } = histogram;
    expect(counts.reduce((sum, n) => sum + n, below + above)).toBe(90);
    expect(below).toBe(sorted.filter((value) => value < histogram.from).length);
  }, 30_000);

  it("answers the same question from memory, until the file is another", async () => {
    const { folder, log, answer } = await place();
    const question = { table: "kinds.csv", top: 2 };
    const first = await answer(question);
    expect(await answer(question)).toEqual(first);
    expect(log.started).toBe(1);
    expect(await answer({ ...question, top: 1 })).toMatchObject({ strangest: first.strangest.slice(0, 1) });
    utimesSync(join(folder, "kinds.csv"), 1e9, 1e9);
    await answer(question);
    expect(log.started).toBe(3);
  }, 30_000);

  it("does one after the other, and the same that two ask only once", async () => {
    const { log, pieces, answer } = await place();
    const question = { table: "kinds.csv", top: 2 };
    const [first, second] = await Promise.all([answer(question), pieces(question)]);
    expect(log.started).toBe(1);
    expect(second[0]).toEqual({
      progress: { text: "Waiting for the table before this one", done: 0, total: 0 },
    });
    expect(second.at(-1)).toEqual({ result: first });
  }, 30_000);

  it("ends its work when the reader goes, and begins anew for the next", async () => {
    const { log, ask, answer } = await place();
    const response = await ask({ table: "trees.csv" });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => log).toEqual({ started: 1, ended: 1, done: 1 });
    expect((await answer({ table: "kinds.csv", top: 1 })).strangest).toHaveLength(1);
    expect(log.started).toBe(2);
  }, 30_000);

  it("waits for the fit that was asked for before", async () => {
    let finish = () => {};
    const fitting = (tell: (status: "finished") => void): RunningFit => {
      const done = new Promise<void>((resolve) => {
        finish = () => {
          tell("finished");
          resolve();
        };
      });
      return { pause() {}, resume() {}, stop() {}, end: () => finish(), done };
    };
    let runs: Runs | undefined;
    const { log, ask } = await place(({ folder }) => {
      runs = new Runs(folder, (_, tell) => fitting((status) => tell({ type: "status", status })));
      return runs;
    });
    await runs?.add({ table: "trees.csv" });
    const response = await ask({ table: "kinds.csv", top: 1 });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    expect(first).toContain("Waiting for the fit of trees.csv");
    expect(log.started).toBe(0);
    finish();
    for (let isDone = false; !isDone; ) ({ done: isDone } = await reader.read());
    expect(log).toEqual({ started: 1, ended: 0, done: 1 });
  }, 30_000);

  it("lists fewer rows of a wide table", async () => {
    const { folder, answer } = await place();
    const random = new Random(3);
    const names = Array.from({ length: 101 }, (_, i) => `c${i}`);
    const lines = Array.from({ length: 42 }, () => names.map(() => "pq"[random.integer(2)]).join(","));
    writeFileSync(join(folder, "wide.csv"), `${[names.join(","), ...lines].join("\n")}\n`);
    const { strangest, columns } = await answer({ table: "wide.csv" });
    expect([strangest.length, columns]).toEqual([20, 101]);
    expect(strangest[0].reasons).toHaveLength(12);
  }, 30_000);

  it("sends the first 200 cells of a row", async () => {
    const { folder } = await place();
    const names = Array.from({ length: 210 }, (_, i) => `c${i}`);
    const path = join(folder, "wider.csv");
    const lines = [1, 2, 4].map((k) => names.map((_, i) => (k * i) / 10).join(","));
    writeFileSync(path, `${[names.join(","), ...lines].join("\n")}\n`);
    const found: Detection = {
      ...{ scored: 3, folds: 2, statistic: "density", anomalies: [{ row: 2, pValue: 1 / 3, logProb: -9 }] },
      ...{ logProb: Float64Array.of(-1, -2, -9), pValues: Float64Array.of(1, 2 / 3, 1 / 3) },
    };
    const options = { path, types: undefined, notices: [] };
    const { strangest, columns } = await answerOf(await readTable([path]), found, options);
    expect(columns).toBe(210);
    expect(strangest[0].cells).toHaveLength(200);
    expect(strangest[0].cells[199]).toEqual({ name: "c199", value: 79.6 });
    expect(strangest[0]).toMatchObject({ row: 3, words: "", missing: "", reasons: [] });
  });

  it("lets only a few wait, and says so when a thread ends without a word", async () => {
    const { studio } = await place();
    let started = 0;
    let finish = () => {};
    const silent: DetectRunner = () => {
      started++;
      const done = new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { end: finish, done };
    };
    const detections = new Detections(studio.folder, undefined, silent);
    const { signal } = new AbortController();
    const of = (seed: number) =>
      detections.of({ table: "kinds.csv", seed }, { signal, onProgress() {} }).then(
        () => "an answer",
        (error: Error) => error.message,
      );
    const asked = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(of);
    expect(await Promise.race(asked)).toBe("8 tables are being judged, or wait for it");
    await expect.poll(() => started).toBe(1);
    finish();
    await expect.poll(() => started).toBe(2);
    // The second is ended, the others never begin.
    await detections.close();
    expect(started).toBe(2);
    expect((await Promise.all(asked)).sort()).toEqual([
      "8 tables are being judged, or wait for it",
      "the detection ended without a word",
      ...Array(6).fill("the studio is about to end"),
      "the studio was closed",
    ]);
  });

  it("ends with the studio", async () => {
    const { log, detections, ask } = await place();
    const response = await ask({ table: "trees.csv" });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await detections.close();
    const rest = await new Response(
      new ReadableStream({
        pull: async (to) => {
          const { done, value } = await reader.read();
          if (done) to.close();
          else to.enqueue(value);
        },
      }),
    ).text();
    expect(rest).toContain("the studio was closed");
    expect(log).toEqual({ started: 1, ended: 1, done: 1 });
    const later = await (await ask({ table: "kinds.csv" })).text();
    expect(JSON.parse(later)).toEqual({ error: "the studio is about to end" });
  }, 30_000);

  it("says what is wrong with a table that cannot be judged, and refuses what it was not made for", async () => {
    const { ask } = await place();
    const told = (await (await ask({ table: "few.csv" })).text()).trimEnd().split("\n");
    expect(JSON.parse(told.at(-1) ?? "").error).toMatch(/^the table has 3 rows, which leaves 1 to fit to/);
    const unknown = (await (await ask({ table: "kinds.csv", exclude: ["third"] })).text()).trimEnd();
    expect(JSON.parse(unknown.split("\n").at(-1) ?? "").error).toContain("third");
    expect((await ask({ table: "none.csv" })).status).toBe(404);
    const outside = await ask({ table: "../secret.csv" });
    expect(outside.status).toBe(403);
    expect(await errorOf(outside)).toContain("secret.csv");
    for (const wrong of [
      {},
      { table: "kinds.csv", folds: 1 },
      { table: "kinds.csv", folds: 11 },
      { table: "kinds.csv", top: 501 },
      { table: "kinds.csv", types: { first: "colour" } },
      { table: "kinds.csv", missing: "guess" },
      { table: "kinds.csv", model: "trees.logdet" },
    ])
      expect((await ask(wrong)).status, JSON.stringify(wrong)).toBe(400);
  });
});
