// The page Fit as its readers get it: the built studio in a process of its own, used in a real browser; and fits in threads,
// paused, stopped and crashed.

import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import type { RunEvent, RunOptions, RunState } from "../../src/server/studio/fit-answers.js";
import type { FitTask } from "../../src/server/studio/fit-task.js";
import { nats } from "../../studio/app/words.js";
import { csv, main, outcome, start, temporaryFolder } from "../cli/run.js";
import { launch, screenshot } from "./browser.js";

const folder = join(temporaryFolder(), "tables");

interface Served {
  readonly url: string;
  readonly process: ChildProcess;
}

/** `logdet studio FOLDER`, on a port that is free. */
async function studio(): Promise<Served> {
  const process_ = start(process.execPath, [main, "studio", folder, "--port", "0"], {});
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    process_.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.trim());
    });
    process_.once("exit", (code) => reject(new Error(`the studio ended with ${code}`)));
  });
  return { url, process: process_ };
}

let served: Served;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const random = new Random(7);
  const rows = Array.from({ length: 260 }, (_, i) => {
    const kind = i % 3;
    const size = 10 * kind + random.normal();
    return [
      i + 1,
      ["oak", "elm", "fir"][kind],
      size,
      i % 13 === 0 ? "" : 0.5 * size + random.normal(),
      i % 7,
    ];
  });
  writeFileSync(join(folder, "trees.csv"), csv(["id", "kind", "height", "girth", "boughs"], rows));
  const pairs = rows.map(([, , size], i) => [Number(size), 2 * Number(size) + Math.sin(i * i)]);
  writeFileSync(join(folder, "pairs.csv"), csv(["a", "b"], pairs));
  served = await studio();
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  served?.process.kill();
});

async function open(address: string, width = 1280) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, acceptDownloads: true });
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(served.url))
      complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`${served.url}/${address}`);
  return { page, complaints };
}

const card = (page: Page, name: string) => page.locator(`[data-column="${name}"]`);
const figure = (page: Page, title: string) => page.locator("figure", { hasText: title }).first();
const ended = (page: Page, status = "finished") => page.locator(`.run[data-status="${status}"]`).waitFor();
const lines = (page: Page, title: string) => figure(page, title).locator('g[aria-label="line"] path').count();

const post = (path: string, question: unknown = {}) =>
  fetch(`${served.url}/api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });

async function begin(name: string, options: RunOptions): Promise<string> {
  const response = await post("runs", { table: "pairs.csv", name, options });
  expect(response.status).toBe(201);
  return ((await response.json()) as RunState).id;
}

/** What a run tells, as it comes. */
async function* follow(id: string): AsyncGenerator<RunEvent> {
  const { body } = await fetch(`${served.url}/api/runs/${id}/events`);
  let rest = "";
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const all = (rest + piece).split("\n");
    rest = all.pop() ?? "";
    for (const line of all) yield JSON.parse(line) as RunEvent;
  }
}

async function status(id: string): Promise<RunState["status"]> {
  const runs = (await (await fetch(`${served.url}/api/runs`)).json()) as RunState[];
  return runs.find((run) => run.id === id)!.status;
}

const weights = (name: string) => readFileSync(join(folder, `${name}.logdet`, "model.safetensors"));

describe("the page Fit", () => {
  it("takes a table to a model: columns with their values, choices, curves, and the way on", async () => {
    const { page, complaints } = await open("#/fit");
    await page.getByRole("combobox", { name: "Table", exact: true }).selectOption("trees.csv");
    await card(page, "kind").locator("svg").waitFor();
    expect(await page.locator("[data-column]").count()).toBe(5);
    // One bar a category with its name and number; one a value of 0 to 6.
    expect(await card(page, "kind").locator("svg").textContent()).toMatch(/oak[\s\S]*87/);
    expect(await card(page, "boughs").locator('g[aria-label="rect"] rect').count()).toBe(7);
    expect(await card(page, "id").innerText()).toMatch(/tells rows apart/);
    expect(await card(page, "girth").innerText()).toMatch(/20 rows without it/);
    expect(await page.getByRole("group", { name: /20 rows of 260 miss a value/ }).count()).toBe(1);

    await page.getByLabel("What boughs holds").selectOption("categorical");
    await card(page, "boughs").locator('g[aria-label="bar"] rect').first().waitFor();
    await page.getByLabel("What id holds").selectOption("out");
    await page.getByText("Options: all have a default").click();
    await page.getByLabel("Search").selectOption("quick");
    await page.getByLabel(/^Passes/).fill("60");
    await screenshot(page, "studio-fit-columns");
    await page.getByRole("button", { name: "Start the fit" }).click();
    // The button is gone: whoever goes by the keyboard reads on from the heading.
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
    await ended(page);

    const { training, metrics } = JSON.parse(
      readFileSync(join(folder, "trees.logdet", "config.json"), "utf8"),
    );
    expect(await page.locator(".run .lead").innerText()).toContain(
      `${nats(metrics.validationLogProb)} ± ${nats(metrics.standardError)} nats`,
    );
    // A solid and a dashed line; one a layer, shifts by categories among them.
    expect(await lines(page, "Negative log-likelihood")).toBe(2);
    expect(await lines(page, "Gradient norm")).toBe(1);
    expect(await lines(page, "Learning rate")).toBe(1);
    expect(await lines(page, "Volume change")).toBeGreaterThanOrEqual(8);
    expect(await figure(page, "Volume change").locator("svg").textContent()).toMatch(/dense layers/);
    expect(await figure(page, "Negative log-likelihood").locator("svg").textContent()).toMatch(
      /nats a row[\s\S]*step[\s\S]*1: 4 layers/,
    );
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the data of Negative log-likelihood as CSV" }).click(),
    ]);
    const [header, ...saved] = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\n");
    expect(header).toBe("net,setting,step,validation_nll,train_nll,learning_rate,gradient_norm");
    expect(saved.map((line) => line.split(",").slice(2, 5).map(Number))).toEqual(
      training.curve.map((point: Record<string, number>) => [
        point.step,
        point.validationNll,
        point.trainNll,
      ]),
    );
    const way = await page.getByRole("link", { name: "Find the strange rows" }).getAttribute("href");
    // The same columns, each row judged by a model that has not seen it.
    expect(Object.fromEntries(new URLSearchParams(way?.replace("#/anomalies?", "")))).toEqual({
      ...{ judge: "others", table: "trees.csv" },
      ...{ exclude: '["id"]', types: '{"boughs":"categorical"}' },
    });
    const other = page.getByRole("link", { name: "Score other tables with this model" });
    expect(await other.getAttribute("href")).toBe("#/anomalies?model=trees.logdet&table=");
    const report = await page.getByRole("link", { name: "Report" }).first().getAttribute("href");
    expect((await fetch(new URL(report ?? "", served.url))).status).toBe(200);
    await page.locator('tr[data-model="trees.logdet"] input:checked').waitFor();
    expect(await lines(page, "Held-out curves side by side")).toBe(1);
    await screenshot(page, "studio-fit-finished");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("finds a running fit again when it is loaded anew, pauses it, and stops it with the best so far", async () => {
    const { page, complaints } = await open("#/fit?table=pairs.csv");
    await page.getByText("Options: all have a default").click();
    await page.getByLabel("Name").fill("long");
    await page.getByLabel("Search").selectOption("quick");
    await page.getByLabel(/^Passes/).fill("90000");
    await page.getByRole("button", { name: "Start the fit" }).click();
    await page.locator(".run svg").first().waitFor();
    expect(page.url()).toMatch(/table=pairs\.csv&run=[0-9a-f]{12}$/);
    await page.reload();
    await page.locator(".run svg").first().waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText(/^Paused/).waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await screenshot(page, "studio-fit-paused-phone");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("button", { name: "Stop and keep the best" }).click();
    await ended(page, "stopped");
    expect(await page.locator(".run .lead").innerText()).toMatch(/^Stopped early; the best is saved/);
    expect(existsSync(join(folder, "long.logdet", "report.html"))).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says what is wrong with a table and lets the reader mend it", async () => {
    const wrong = Array.from({ length: 60 }, (_, i) => [
      Math.sin(i),
      Math.cos(i * i),
      i === 30 ? "oops" : i / 7,
    ]);
    writeFileSync(join(folder, "wrong.csv"), csv(["a", "b", "c"], wrong));
    const { page } = await open("#/fit?table=wrong.csv");
    await page.getByText(/row 31, column c.*oops/).waitFor();
    expect(await page.getByRole("button", { name: "Start the fit" }).isDisabled()).toBe(true);
    await page.getByLabel("What c holds").selectOption("out");
    await card(page, "a").locator("svg").waitFor();
    expect(await page.getByRole("button", { name: "Start the fit" }).isEnabled()).toBe(true);
    await page.close();
  });
});

describe("a fit in a thread", () => {
  const options: RunOptions = { search: false, layers: 2, epochs: 2000, seed: 5 };

  it("that was paused, for as long as one likes, makes the same model bit for bit", async () => {
    for await (const _ of follow(await begin("straight", options)));
    const id = await begin("paused", options);
    let pauses = 0;
    for await (const event of follow(id)) {
      if (event.type !== "point" || pauses === 3) continue;
      pauses++;
      const { ok } = await post(`runs/${id}/pause`);
      // It may have ended meanwhile.
      if (!ok) continue;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await status(id)).toBe("paused");
      await post(`runs/${id}/resume`);
    }
    expect(pauses).toBe(3);
    expect(await status(id)).toBe("finished");
    expect(weights("paused").equals(weights("straight"))).toBe(true);
  });

  it("that crashes has failed, and the studio goes on", async () => {
    const built = new URL("../../dist/server/studio/fit-in-worker.js", import.meta.url).href;
    const { fitInWorker } = (await import(
      built
    )) as typeof import("../../src/server/studio/fit-in-worker.js");
    const told: RunEvent[] = [];
    const { done } = fitInWorker(null as unknown as FitTask, (event) => told.push(event));
    await done;
    expect(told).toEqual([
      { type: "status", status: "failed", problem: expect.stringMatching(/^the fit's thread ended: /) },
    ]);
  });

  it("ends with the studio, and leaves nothing behind", async () => {
    const other = await studio();
    const response = await fetch(`${other.url}/api/runs`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ table: "pairs.csv", name: "never", options: { ...options, epochs: 90_000 } }),
    });
    const { id } = (await response.json()) as RunState;
    const events = await fetch(`${other.url}/api/runs/${id}/events`);
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; !text.includes('"type":"point"'); ) text += (await reader?.read())?.value ?? "";
    const gone = outcome(other.process);
    other.process.kill("SIGINT");
    expect(await gone).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "never.logdet"))).toBe(false);
  });
});
