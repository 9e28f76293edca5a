// The strange rows of a table that no model has been fitted to, in a real browser: from the first page to the reasons.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { main, outcome, start } from "../cli/run.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const folder = mkdtempSync(join(tmpdir(), "logdet-detect-page-"));
const planted = 42;

/** Height decides weight, but for that of one row. */
function trees(rows: number): string {
  const random = new Random(7);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [height, noise] = random.fillNormal(new Float64Array(2));
    const isPlanted = i + 1 === planted;
    const weight = isPlanted ? -6 : 2 * height + 0.3 * noise;
    return `tree ${i + 1},${(isPlanted ? 0.5 : height).toFixed(4)},${weight.toFixed(4)}\n`;
  });
  return `name,height,weight\n${lines.join("")}`;
}

let browser: Browser;
let ended: ReturnType<typeof outcome>;
let url: string;
let stop: () => void;

beforeAll(async () => {
  writeFileSync(join(folder, "trees.csv"), trees(100));
  writeFileSync(join(folder, "forest.csv"), trees(4000));
  const child = start(process.execPath, [main, "studio", folder, "--port", "0"]);
  ended = outcome(child);
  stop = () => child.kill("SIGINT");
  url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (data) => resolve(String(data).trim()));
    child.once("exit", (code) => reject(new Error(`the studio ended with ${code}`)));
  });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  stop?.();
  rmSync(folder, { recursive: true });
});

const lines = (page: Page) => page.locator("table.list tbody tr");
const whyHeading = (page: Page, row: number) =>
  page.getByRole("heading", { name: `Why row ${row} is strange` });

describe("the page of strange rows, without a model", () => {
  it("judges a table of the first page, and puts the planted row on top with its reasons", async () => {
    const { page, complaints } = await watchedPage(browser, url);
    await page.goto(url);
    await page
      .getByRole("listitem")
      .filter({ hasText: "trees.csv" })
      .getByRole("link", { name: "Find strange rows" })
      .click();
    await page.waitForURL(/#\/anomalies\?judge=others&table=trees\.csv$/);
    await page.getByRole("progressbar").waitFor();
    await page.getByText(/^Fit [12] of 2: .*step [\d,]+ of [\d,]+ …$/).waitFor();
    await whyHeading(page, planted).waitFor({ timeout: 90_000 });
    const judge = page.getByRole("combobox", { name: "Judged by" });
    expect(await judge.locator("option").allInnerTexts()).toEqual(["models that have not seen the row"]);

    expect(await page.getByRole("status").innerText()).toMatch(
      /^Each of 100 rows was judged by a model that had not seen it \(2 fits\)\. These are the strangest\. Row 42 comes first, and stands out: its log-density is −\d+\.\d\d nats, where that of the row in the middle is /,
    );
    await page.getByText(/the first has 1 in 100, 0\.01, in a clean table too/).waitFor();
    const first = lines(page).first();
    expect(await first.getAttribute("data-row")).toBe(String(planted));
    expect(await first.innerText()).toContain(`tree ${planted}`);
    expect(await first.innerText()).toContain("0.01");
    expect(await first.innerText()).toMatch(/(weight = -6|height = 0\.5)\d*; expected /);
    expect(await page.getByTestId("words").innerText()).toMatch(
      /^(weight is -6|height is 0\.5)\d* where .+ was expected: given the rest of the row, /,
    );
    const bars = page.getByRole("img", { name: /^Bars of 2 columns, the strangest first: (weight|height)/ });
    expect(await bars.locator('[aria-label="bar"] rect').count()).toBe(2);
    const histogram = page.getByRole("img", {
      name: /^Histogram of the log-densities of 100 rows: half have/,
    });
    expect(await histogram.locator('[aria-label="rect"] rect').count()).toBe(24);
    expect(await histogram.getByText("log-density, nats →", { exact: true }).count()).toBe(1);
    expect(await histogram.getByText(/^(← )?row 42: −/).count()).toBe(1);
    expect(await page.locator(".cells").innerText()).toMatch(/weight\s+-6/);
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  it("goes on by the keyboard, is there again when it is loaded anew, and is saved", async () => {
    const { page, complaints } = await watchedPage(browser, url);
    await page.goto(`${url}/#/anomalies?judge=others&table=trees.csv`);
    await whyHeading(page, planted).waitFor({ timeout: 90_000 });
    const order = await lines(page).evaluateAll((all) => all.map((one) => Number(one.dataset.row)));
    expect(order).toHaveLength(10);
    await page.getByRole("button", { name: `row ${planted}`, exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    await whyHeading(page, order[1]).waitFor();
    expect(page.url()).toContain(`row=${order[1]}`);
    const mark = page.getByRole("img", { name: /^Histogram/ }).getByText(new RegExp(`row ${order[1]}: `));
    expect(await mark.count()).toBe(1);
    await page.reload();
    await whyHeading(page, order[1]).waitFor();

    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save these rows as CSV (100 rows)" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("trees-strangest.csv");
    const [header, saved, ...others] = readFileSync(await file.path(), "utf8")
      .trimEnd()
      .split("\n");
    expect(header).toBe("row,p_value,log_prob,reasons,name,height,weight");
    expect(saved).toMatch(
      /^42,0\.01,-[\d.]+,(weight -6|height 0\.5).* nats less likely than .*,tree 42,0\.5,-6$/,
    );
    expect(others).toHaveLength(99);
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  it("can be stopped and begun again, and leaves out what the address says", async () => {
    const { page, complaints } = await watchedPage(browser, url);
    await page.goto(`${url}/#/anomalies?judge=others&table=forest.csv`);
    await page.getByText(/^Fit 1 of 2: /).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("alert").getByText("Stopped.").waitFor();
    await page.getByRole("button", { name: "Judge the rows again" }).click();
    await page.getByRole("progressbar").waitFor();

    const choices = new URLSearchParams({ exclude: '["weight"]', types: '{"height":"continuous"}' });
    await page.goto(`${url}/#/anomalies?judge=others&table=trees.csv&${choices}`);
    await page.getByText("Left out: weight.").waitFor({ timeout: 90_000 });
    expect(await page.locator("table.list thead").innerText()).toMatch(
      /name[\s\S]*weight[\s\S]*first reason/,
    );
    await page.getByRole("button", { name: /^Judge all columns/ }).click();
    await whyHeading(page, planted).waitFor();
    expect(page.url()).toMatch(/#\/anomalies\?judge=others&table=trees\.csv$/);

    await page.goto(`${url}/#/anomalies?judge=others&table=trees.csv&exclude=%5B"none"%5D`);
    await page.getByRole("alert").getByText(/none/).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  it("asks for a table where none is chosen, and before it begins by itself", async () => {
    const { page, complaints } = await watchedPage(browser, url);
    await page.goto(`${url}/#/anomalies`);
    await page
      .getByText(/^Choose a table: each of its rows is judged by a model that is fitted to others/)
      .waitFor();
    await page.goto(`${url}/#/anomalies?table=trees.csv`);
    const link = page.getByRole("link", { name: "Find the strange rows of trees.csv" });
    expect(await link.getAttribute("href")).toBe("#/anomalies?judge=others&table=trees.csv");
    await page.goto(`${url}/#/anomalies`);
    await page.getByRole("combobox", { name: "Table" }).selectOption("trees.csv");
    await whyHeading(page, planted).waitFor({ timeout: 90_000 });
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  it("is drawn in light and dark, and on a phone in one column", async () => {
    const { page, complaints } = await watchedPage(browser, url);
    await page.goto(`${url}/#/anomalies?judge=others&table=trees.csv`);
    await whyHeading(page, planted).waitFor({ timeout: 90_000 });
    await page.emulateMedia({ colorScheme: "dark" });
    await screenshot(page, "detect-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await screenshot(page, "detect-light");
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(page, "detect-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
    // Its threads end with it.
    stop();
    expect((await ended).code).toBe(0);
  }, 120_000);
});
