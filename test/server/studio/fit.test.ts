// Fits from the studio: what it takes columns for, fits under way, and what they leave; against the library and counts made
// here.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fit, fitOptionsSchema } from "../../../src/fit/index.js";
import { load } from "../../../src/model/index.js";
import { Random } from "../../../src/random/index.js";
import {
  type ColumnEntry,
  type ColumnsAnswer,
  type CurvesAnswer,
  type RunEvent,
  type RunOptions,
  type RunState,
  runOptionNames,
} from "../../../src/server/studio/fit-answers.js";
import { controlBy, FitFlags } from "../../../src/server/studio/fit-flags.js";
import type { FitRunner, RunningFit } from "../../../src/server/studio/fit-runner.js";
import { type FitTask, fitTable } from "../../../src/server/studio/fit-task.js";
import { createStudioApp, Runs, type Studio } from "../../../src/server/studio/index.js";
import { advance, mostPoints, thinned } from "../../../src/server/studio/run-state.js";
import { errorOf } from "../served.js";
import { workplace } from "./workplace.js";

const rows = 300;
const random = new Random(11);
const heights = Array.from({ length: rows }, () => Number((170 + 8 * random.normal()).toFixed(4)));
const colours = ["red", "green", "blue"];
const day = 86_400_000;
const start = Date.UTC(2024, 0, 1);

/** A column of every kind. */
const cells: Readonly<Record<string, readonly (string | number)[]>> = {
  id: heights.map((_, i) => i + 1),
  height: heights.map((value, i) => (i % 10 === 3 ? "" : value)),
  children: heights.map((_, i) => (i * i) % 5),
  far: heights.map((value, i) => (i === 7 ? 1e9 : value * 2)),
  colour: heights.map((_, i) => (i % 25 === 1 ? "" : (colours[i % 4] ?? "red"))),
  town: heights.map((_, i) => `town ${i % 20}`),
  born: heights.map((_, i) => new Date(start + (i % 200) * day).toISOString().slice(0, 10)),
  planet: heights.map(() => "Earth"),
  remark: heights.map((_, i) => `some words that are said of number ${i}`),
};

const csvOf = (columns: Readonly<Record<string, readonly (string | number)[]>>) => {
  const names = Object.keys(columns);
  const lines = columns[names[0]].map((_, i) => names.map((name) => columns[name][i]).join(","));
  return `${names.join(",")}\n${lines.join("\n")}\n`;
};

const pair = {
  a: heights,
  b: heights.map((value) => Number((0.5 * value + 3 * random.normal()).toFixed(4))),
};

/** A fit that takes a moment. */
const quick: RunOptions = { search: false, layers: 1, epochs: 20 };

/** Fits in this process: threads need compiled files. */
const fitHere: FitRunner = (task, tell) => {
  const flags = new FitFlags();
  return {
    pause: () => {},
    resume: () => {},
    stop: () => flags.stop(true),
    end: () => flags.stop(false),
    done: fitTable(task, tell, controlBy(flags.shared)),
  };
};

async function place(run: FitRunner = fitHere) {
  const made = await workplace((folder) => {
    mkdirSync(folder);
    writeFileSync(join(folder, "people.csv"), csvOf(cells));
    writeFileSync(join(folder, "pair.csv"), csvOf(pair));
    const flat = { ...pair, c: pair.a.map((value, i) => value + pair.b[i]) };
    writeFileSync(join(folder, "flat.csv"), csvOf(flat));
    writeFileSync(
      join(folder, "broken.csv"),
      csvOf({ ...pair, c: pair.a.map((v, i) => (i === 40 ? "oops" : v)) }),
    );
    const label = pair.a.map((value) => Number(value > 170));
    writeFileSync(join(folder, "labelled.csv"), csvOf({ far: label.map((l, i) => 50 * l + (i % 7)), label }));
  });
  const runs = new Runs(made.studio.folder, run);
  afterAll(() => runs.close());
  const studio: Studio = { ...made.studio, runs };
  const app = createStudioApp(studio);
  const post = async (path: string, question: unknown = {}) =>
    app.request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
  const get = async (path: string) => app.request(path);
  const begin = async (question: unknown): Promise<RunState> => {
    const response = await post("/api/runs", question);
    expect(response.status).toBe(201);
    return (await response.json()) as RunState;
  };
  /** All that a run tells, to its end. */
  const follow = async (id: string) => {
    const text = await (await get(`/api/runs/${id}/events`)).text();
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RunEvent);
  };
  return { ...made, runs, post, get, begin, follow };
}

/** The state that events add up to. */
function stateOf(events: readonly RunEvent[]): RunState {
  const [first, ...rest] = events;
  if (first.type !== "state") throw new Error(`the first is ${first.type}`);
  return rest.reduce(advance, first.state);
}

describe("columns before a fit", () => {
  const ask = async (question: object) => {
    const { post } = await place();
    const response = await post("/api/columns", question);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as ColumnsAnswer;
    return {
      answer,
      column: (name: string) => answer.columns.find((one) => one.name === name) as ColumnEntry,
    };
  };

  it("tells what each is taken for, what is left out, and how many rows miss it", async () => {
    const { answer, column } = await ask({ table: "people.csv" });
    expect(answer).toMatchObject({ table: "people.csv", rows, model: "people.logdet" });
    expect(answer.columns.map(({ name, type, leftOut }) => [name, leftOut ?? type])).toEqual([
      ["id", "identifier"],
      ["height", "continuous"],
      ["children", "integer"],
      ["far", "continuous"],
      ["colour", "categorical"],
      ["town", "categorical"],
      ["born", "date"],
      ["planet", "constant"],
      ["remark", "text"],
    ]);
    const missing = (name: string) => cells[name].filter((cell) => cell === "").length;
    expect(column("height").missing).toBe(missing("height"));
    expect(column("colour").missing).toBe(missing("colour"));
    expect(answer.rowsMissing).toBe(
      heights.filter((_, i) => cells.height[i] === "" || cells.colour[i] === "").length,
    );
    expect(column("born").parts).toEqual(["born.week", "born.weekday"]);
    expect(column("born").examples).toEqual(["2024-01-01", "2024-01-02", "2024-01-03"]);
    expect(column("colour").examples).toEqual(["red", "blue", "red"]);
  });

  it("counts numbers in equal bins, whole ones each for itself, and says how many lie far off", async () => {
    const { column } = await ask({ table: "people.csv" });
    const known = heights.filter((_, i) => cells.height[i] !== "");
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const expected = new Array(24).fill(0);
    for (const value of known) expected[Math.min(23, Math.floor((24 * (value - low)) / (high - low)))]++;
    expect(column("height").histogram).toEqual({
      ...{ kind: "numbers", from: low, to: high, counts: expected, below: 0, above: 0 },
    });
    const of = (k: number) => cells.children.filter((value) => value === k).length;
    expect(column("children").histogram).toMatchObject({
      from: -0.5,
      to: 4.5,
      counts: [0, 1, 2, 3, 4].map(of),
    });
    const far = column("far").histogram;
    if (far?.kind !== "numbers") throw new Error("no numbers");
    expect(far.to).toBeLessThan(1000);
    expect(far.counts.reduce((sum, n) => sum + n, 0) + far.below + far.above).toBe(rows);
    expect(far.above).toBeGreaterThanOrEqual(1);
  });

  it("counts the most frequent categories, the others together, and dates by time", async () => {
    const { column } = await ask({ table: "people.csv" });
    const town = column("town").histogram;
    if (town?.kind !== "categories") throw new Error("no categories");
    expect(town.counts).toEqual(new Array(12).fill(15));
    expect(town).toMatchObject({ otherCategories: 8, otherCells: 8 * 15 });
    const born = column("born").histogram;
    if (born?.kind !== "dates") throw new Error("no dates");
    expect([born.from, born.to]).toEqual([start, start + 199 * day]);
    expect(born.counts.reduce((sum, n) => sum + n, 0)).toBe(rows);
  });

  it("heeds what the reader says of a column, and leaves out what is not wanted", async () => {
    const { answer, column } = await ask({
      ...{ table: "people.csv", types: { children: "categorical", id: "integer" } },
      exclude: ["colour", "height"],
    });
    expect(column("children").histogram?.kind).toBe("categories");
    expect(column("id")).toMatchObject({ type: "integer" });
    expect(column("id").leftOut).toBeUndefined();
    expect(column("height").leftOut).toBe("chosen");
    expect(answer.rowsMissing).toBe(0);
  });

  it("marks a label that was left in by accident", async () => {
    const { answer } = await ask({ table: "labelled.csv" });
    expect(answer.columns.map(({ name, isLikeLabel }) => [name, isLikeLabel])).toEqual([
      ["far", false],
      ["label", true],
    ]);
  });

  it("names the columns of a table that cannot be used, so that the one at fault can be left out", async () => {
    const { answer } = await ask({ table: "broken.csv" });
    expect(answer.problem).toMatch(/^broken\.csv, row 41, column c: .*oops/);
    expect(answer.columns.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const { answer: without } = await ask({ table: "broken.csv", exclude: ["c"] });
    expect(without.problem).toBeUndefined();
    expect(without.rows).toBe(rows);
  });

  it("reads nothing outside of the folder, and takes no types that there are not", async () => {
    const { post } = await place();
    expect((await post("/api/columns", { table: "../people.csv" })).status).toBe(403);
    expect((await post("/api/columns", { table: "none.csv" })).status).toBe(404);
    expect((await post("/api/columns", { table: "people.csv", types: { height: "tall" } })).status).toBe(400);
    expect((await post("/api/columns", { table: "people.csv", columns: ["a"] })).status).toBe(400);
  });
});

describe("a fit", () => {
  it("makes the model that the library makes, saved with its report, and tells how it went", async () => {
    const { folder, begin, follow, get } = await place();
    const { id } = await begin({ table: "pair.csv", options: { ...quick, seed: 3 } });
    const state = stateOf(await follow(id));
    const { model: same } = await fit(join(folder, "pair.csv"), { ...quick, seed: 3 });
    const { metrics, training } = same.config;
    expect(state).toMatchObject({ status: "finished", table: "pair.csv", name: "pair.logdet" });
    expect(state.plan).toMatchObject({ rows, columns: 2, nets: 1, steps: training.steps });
    expect(state.result).toMatchObject({
      ...{ model: "pair.logdet", validationLogProb: metrics.validationLogProb },
      ...{ baseline: metrics.gaussianLogProb, baselineIs: "gaussian", parameters: training.parameters },
    });
    const saved = await load(join(folder, "pair.logdet"));
    expect(saved.config.training.sources).toEqual(["pair.csv"]);
    const some = Float64Array.of(170, 85, 160, 90);
    expect(Array.from(await saved.logProb(some))).toEqual(Array.from(await same.logProb(some)));
    expect(readdirSync(join(folder, "pair.logdet"))).toContain("report.html");

    const [net] = state.nets;
    expect(net.setting).toBe("1 layer");
    expect(
      net.points.map(({ step, trainNll, validationNll }) => ({ step, trainNll, validationNll })),
    ).toEqual(training.curve);
    expect(net.layers).toEqual(["spline 1", "matrix 1"]);
    for (const { step, gradientNorm, learningRate, logDets } of net.points) {
      expect(logDets).toHaveLength(2);
      expect(gradientNorm === null).toBe(step === 0);
      expect(learningRate === null).toBe(step < 20);
    }

    const curves = (await (await get("/api/curves?model=pair.logdet")).json()) as CurvesAnswer;
    expect(curves.points).toEqual(training.curve);
    expect(curves).toMatchObject({
      model: "pair.logdet",
      bestStep: training.bestStep,
      sources: ["pair.csv"],
    });
    expect(curves.flow).toMatch(/^rational quadratic spline → linear → /);
    await saved.release();
    await same.release();
  });

  it("tells one who comes late everything so far, and the list without curves", async () => {
    const { begin, follow, get } = await place();
    const { id } = await begin({ table: "pair.csv", options: quick });
    const live = stateOf(await follow(id));
    const [late, ...rest] = await follow(id);
    expect(rest).toEqual([]);
    expect(late).toEqual({ type: "state", state: JSON.parse(JSON.stringify(live)) });
    const [listed] = (await (await get("/api/runs")).json()) as RunState[];
    expect(listed).toMatchObject({ id, status: "finished" });
    expect(listed).not.toHaveProperty("nets");
  });

  it("that is stopped saves the best so far", async () => {
    const { folder, begin, follow, post, runs } = await place();
    const { id } = await begin({ table: "pair.csv", name: "early", options: { ...quick, epochs: 50_000 } });
    const seen = (async () => {
      for await (const event of runs.follow(id, new AbortController().signal))
        if (event.type === "point" && event.point.step > 0) return;
    })();
    await seen;
    expect((await post(`/api/runs/${id}/stop`)).status).toBe(200);
    const state = stateOf(await follow(id));
    expect(state.status).toBe("stopped");
    const config = JSON.parse(readFileSync(join(folder, "early.logdet", "config.json"), "utf8"));
    expect(config.training.stoppedBy).toBe("interrupted");
    expect(state.result).toMatchObject({ model: "early.logdet", bestStep: config.training.bestStep });
    expect(await errorOf(await post(`/api/runs/${id}/stop`))).toBe("a fit that is stopped cannot be stopped");
  });

  it("that fails says why, without the way to the folder", async () => {
    const { around, begin, follow, folder } = await place();
    const { id } = await begin({ table: "flat.csv", options: quick });
    const { status, problem } = stateOf(await follow(id));
    expect(status).toBe("failed");
    expect(problem).toMatch(/columns determine each other: .*--jitter/);
    expect(problem).not.toContain(around);
    expect(readdirSync(folder).filter((name) => name.includes("logdet"))).toEqual([]);
  });

  it("leaves out rows or columns where that is asked for", async () => {
    const { begin, follow } = await place();
    const { id } = await begin({
      ...{ table: "people.csv", exclude: ["town", "far", "born", "colour"] },
      options: { ...quick, missing: "drop", types: { children: "categorical" } },
    });
    const { plan, status } = stateOf(await follow(id));
    expect(status).toBe("finished");
    expect(plan).toMatchObject({ rows: cells.height.filter((cell) => cell !== "").length, columns: 2 });
  });
});

/** Fits that do what a test says, one after another. */
function byHand() {
  const tasks: { task: FitTask; tell(event: RunEvent): void; end(): void; heard: string[] }[] = [];
  const run: FitRunner = (task, tell): RunningFit => {
    const heard: string[] = [];
    let end = () => {};
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    tasks.push({ task, tell, end, heard });
    return {
      pause: () => heard.push("pause"),
      resume: () => heard.push("resume"),
      stop: () => heard.push("stop"),
      end: () => {
        heard.push("end");
        end();
      },
      done,
    };
  };
  return { tasks, run };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("fits together", () => {
  it("take turns, and one that waits can be cancelled", async () => {
    const { tasks, run } = byHand();
    const { begin, post, runs } = await place(run);
    const [first, second, third] = [
      await begin({ table: "pair.csv" }),
      await begin({ table: "pair.csv" }),
      await begin({ table: "people.csv" }),
    ];
    expect([first, second, third].map(({ name }) => name)).toEqual([
      "pair.logdet",
      "pair-2.logdet",
      "people.logdet",
    ]);
    expect(tasks).toHaveLength(1);
    await post(`/api/runs/${second.id}/stop`);
    expect(runs.state(second.id)).toMatchObject({
      status: "stopped",
      problem: "stopped before its turn came",
    });
    tasks[0].tell({ type: "status", status: "finished" });
    tasks[0].end();
    await settled();
    expect(tasks.map(({ task }) => task.table)).toEqual(["pair.csv", "people.csv"]);
    expect(runs.list().map(({ id }) => id)).toEqual([third.id, second.id, first.id]);
  });

  it("pause and go on, and are not paused when there is nothing to pause", async () => {
    const { tasks, run } = byHand();
    const { begin, post, runs } = await place(run);
    const { id } = await begin({ table: "pair.csv" });
    const { id: waiting } = await begin({ table: "pair.csv" });
    expect(await errorOf(await post(`/api/runs/${waiting}/pause`))).toBe(
      "a fit that is waiting cannot be paused",
    );
    expect((await post(`/api/runs/${id}/resume`)).status).toBe(409);
    expect((await post(`/api/runs/${id}/pause`)).status).toBe(200);
    tasks[0].tell({ type: "status", status: "training" });
    expect(runs.state(id).status).toBe("paused");
    expect((await post(`/api/runs/${id}/resume`)).status).toBe(200);
    expect(runs.state(id).status).toBe("reading");
    expect(tasks[0].heard).toEqual(["pause", "resume"]);
  });

  it("whose thread ends without a word have failed, and the next begins", async () => {
    const { tasks, run } = byHand();
    const { begin, runs } = await place(run);
    const { id } = await begin({ table: "pair.csv" });
    await begin({ table: "people.csv" });
    tasks[0].end();
    await settled();
    expect(runs.state(id)).toMatchObject({ status: "failed", problem: "the fit ended without a word" });
    expect(tasks).toHaveLength(2);
  });

  it("are not too many, and each has a name of its own in the folder", async () => {
    const { run } = byHand();
    const { begin, post } = await place(run);
    await begin({ table: "pair.csv", name: "mine" });
    const refused = async (question: object) => {
      const response = await post("/api/runs", { table: "pair.csv", ...question });
      return [response.status, await errorOf(response)];
    };
    expect(await refused({ name: "mine" })).toEqual([
      409,
      expect.stringMatching(/will be saved as "mine.logdet"/),
    ]);
    expect(await refused({ name: "pair.csv/../../x" })).toEqual([
      400,
      expect.stringMatching(/no name for a file/),
    ]);
    expect(await refused({ name: "..\\x" })).toEqual([400, expect.stringMatching(/no name for a file/)]);
    expect(await refused({ table: "../pair.csv" })).toEqual([403, expect.any(String)]);
    expect(await refused({ options: { flow: "none" } })).toEqual([
      400,
      expect.stringMatching(/no flow named none/),
    ]);
    expect(await refused({ options: { jacobian: "x" } })).toEqual([
      400,
      expect.stringMatching(/estimator named x/),
    ]);
    expect(await refused({ options: { threads: 4 } })).toEqual([400, expect.stringMatching(/threads/)]);
    expect(await refused({ options: { layers: 1e9 } })).toEqual([400, expect.any(String)]);
    for (let i = 0; i < 8; i++) await begin({ table: "pair.csv" });
    expect(await refused({})).toEqual([429, expect.stringMatching(/8 fits are waiting/)]);
  });

  it("have a second place beside the first, whatever the name means in a pattern", async () => {
    const { tasks, run } = byHand();
    const { begin } = await place(run);
    await begin({ table: "pair.csv", name: "$`$&$1" });
    const [first, second] = tasks[0].task.places;
    expect(first.name).toBe("$`$&$1.logdet");
    expect(second.name).toMatch(/^\$`\$&\$1-[0-9a-f]{12}\.logdet$/);
    for (const { name, path } of [first, second]) expect(path).toBe(join(tasks[0].task.folder, name));
  });

  it("end with the studio", async () => {
    const { tasks, run } = byHand();
    const { begin, runs } = await place(run);
    const [one, two] = [await begin({ table: "pair.csv" }), await begin({ table: "people.csv" })];
    await runs.close();
    expect(tasks).toHaveLength(1);
    expect(tasks[0].heard).toEqual(["end"]);
    expect(runs.state(two.id)).toMatchObject({ status: "stopped", problem: "the studio was closed" });
    expect(runs.state(one.id).status).toBe("failed");
  });

  it("are unknown in another session", async () => {
    const { get, post } = await place();
    expect((await get("/api/runs/1234/events")).status).toBe(404);
    expect((await post("/api/runs/1234/stop")).status).toBe(404);
  });

  it("give a reader that lags behind the state anew in place of what it missed", async () => {
    const { tasks, run } = byHand();
    const { begin, runs } = await place(run);
    const { id } = await begin({ table: "pair.csv" });
    const reader = runs.follow(id, new AbortController().signal);
    await reader.next();
    for (let step = 1; step <= 1000; step++) tasks[0].tell({ type: "progress", step, seconds: step });
    tasks[0].tell({ type: "status", status: "finished" });
    const read: RunEvent[] = [];
    for await (const event of reader) read.push(event);
    expect(read.length).toBeLessThanOrEqual(201);
    expect(stateOf(read)).toEqual(runs.state(id));
  });
});

describe("a run's state", () => {
  const fresh = { nets: [{ setting: "", layers: [], mixed: 1, points: [] }], step: 0 } as unknown as RunState;

  it("keeps few points of a long run, the first, the best and the last among them", () => {
    const nll = (step: number) => (step === 4321 ? -1 : 1 + Math.cos(step));
    let state = fresh;
    for (let step = 0; step < 5000; step++)
      state = advance(state, {
        type: "point",
        point: {
          ...{ step, validationNll: nll(step), trainNll: 0, learningRate: 1, gradientNorm: 1, logDets: [] },
        },
      });
    const steps = state.nets[0].points.map(({ step }) => step);
    expect(steps.length).toBeLessThanOrEqual(mostPoints);
    expect(steps.length).toBeGreaterThan(mostPoints / 3);
    expect(steps[0]).toBe(0);
    expect(steps).toContain(4321);
    expect(steps.at(-1)).toBe(4999);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it("keeps the best of a model's points, however few are sent", () => {
    const points = Array.from({ length: 5000 }, (_, step) => ({
      step,
      validationNll: step === 4321 ? -1 : 1,
    }));
    const steps = thinned(points, 600).map(({ step }) => step);
    expect(steps.length).toBeLessThanOrEqual(600);
    expect(steps.length).toBeGreaterThan(200);
    expect([steps[0], steps.at(-1)]).toEqual([0, 4999]);
    expect(steps).toContain(4321);
    expect(thinned(points.slice(0, 600), 600)).toHaveLength(600);
  });

  it("knows options that a fit knows", () => {
    expect(Object.keys(fitOptionsSchema.shape)).toEqual(expect.arrayContaining([...runOptionNames]));
  });
});
