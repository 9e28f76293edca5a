// The page of strange rows in a real browser: a known outlier on top, its reasons opened by themselves.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fit } from "../../src/fit/index.js";
import { Random } from "../../src/random/index.js";
import type { RowReasons } from "../../src/server/studio/anomalies-answers.js";
import { type StudioServing, startStudio } from "../../src/server/studio/index.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const pages = fileURLToPath(new URL("../../dist/studio", import.meta.url));
const around = mkdtempSync(join(tmpdir(), "logdet-anomalies-"));
const folder = join(around, "trees");
let browser: Browser;
let studio: StudioServing;

const rows = 300;
const planted = 42;

/** Height decides weight, but for that of one row. */
function trees(seed: number, strange?: number): string {
  const random = new Random(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [height, noise, width] = random.fillNormal(new Float64Array(3));
    const weight = i + 1 === strange ? -6 : 2 * height + 0.3 * noise;
    const kind = i % 3 === 0 ? "oak" : "beech";
    const tall = i + 1 === strange ? 0.5 : height;
    return `tree ${i + 1},${kind},${tall.toFixed(4)},${weight.toFixed(4)},${width.toFixed(4)}\n`;
  });
  return `name,kind,height,weight,width\n${lines.join("")}`;
}

beforeAll(async () => {
  mkdirSync(folder);
  const table = join(folder, "trees.csv");
  writeFileSync(table, trees(7));
  writeFileSync(join(folder, "new.csv"), trees(8, planted));
  const options = { search: false, layers: 1, epochs: 150, threads: 1, seed: 3, calibration: 0.3 } as const;
  const { model } = await fit(table, options);
  await model.save(join(folder, "trees.logdet"));
  await model.release();
  studio = await startStudio(folder, { pages, port: 0 });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
  rmSync(around, { recursive: true });
});

const address = (more = "") => `${studio.url}/#/anomalies?model=trees.logdet&table=new.csv${more}`;

async function opened(at: string) {
  const watched = await watchedPage(browser, studio.url);
  await watched.page.goto(at);
  await watched.page.getByRole("img", { name: /^Bars of/ }).waitFor();
  return watched;
}

const lines = (page: Page) => page.locator("table.list tbody tr");
const whyHeading = (page: Page, row: number) =>
  page.getByRole("heading", { name: `Why row ${row} is strange` });

describe("the page of strange rows", () => {
  it("puts the known outlier on top, with its column as the first reason, opened by itself", async () => {
    const { page, complaints } = await opened(address());
    expect(await lines(page).first().getAttribute("data-row")).toBe(String(planted));
    expect(await lines(page).count()).toBe(10);
    const first = lines(page).first();
    await first.getByText(/^weight = -6; expected .+\((1 in [\d,]+|less than 1 in a million)\)$/).waitFor();
    expect(await first.innerText()).toContain(`tree ${planted}`);
    await whyHeading(page, planted).waitFor();
    expect(await page.getByTestId("words").innerText()).toMatch(
      /^weight is -6 where .+ was expected: given the rest of the row, /,
    );
    const bars = page.getByRole("img", { name: /^Bars of 4 columns, the strangest first: weight/ });
    expect(await bars.locator('[aria-label="bar"] rect').count()).toBe(4);
    expect(await bars.getByText("nats →", { exact: true }).count()).toBe(1);
    // What the model expects of weight, and where this row stands.
    const curve = page.getByRole("img", { name: /^What the model expects in weight/ });
    expect(await curve.locator('[aria-label="line"] path').count()).toBe(1);
    expect(await curve.getByText("this row -6", { exact: true }).count()).toBe(1);
    expect(await curve.getByText(/^expected /).count()).toBe(1);
    expect(await curve.getByText("weight →", { exact: true }).count()).toBe(1);
    expect(await page.locator(".cells").innerText()).toMatch(/weight\s+-6/);
    const among = await page.getByRole("link", { name: "See it among the other rows" }).getAttribute("href");
    expect(among).toContain(`row=${planted}&x=weight&y=`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says what a threshold flags and how many of these are false alarms; it stands in the address", async () => {
    const { page, complaints } = await opened(address());
    const said = page.getByRole("status");
    expect(await said.innerText()).toMatch(
      /^Of 300 rows, \d+ (is|are) flagged at a false-alarm rate of 1 in 91; of 300 rows that are normal about 3\.3 would be/,
    );
    const histogram = page.getByRole("img", { name: /^Histogram of the p-values of 300 rows/ });
    expect(await histogram.locator('[aria-label="rect"] rect').count()).toBe(19);
    expect(await histogram.getByText("p-value →", { exact: true }).count()).toBe(1);
    const flagged = () => lines(page).and(page.locator('[data-flagged="true"]')).count();
    const before = await flagged();
    await page.getByRole("slider", { name: "Rate" }).focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight");
    await page.waitForURL(/alpha=0\.\d+/);
    expect(await flagged()).toBeGreaterThan(before);
    await page.getByRole("textbox", { name: "As a number" }).fill("0.5");
    await page.keyboard.press("Enter");
    await page.waitForURL(/alpha=0\.5(&|$)/);
    expect(await said.innerText()).toMatch(/false-alarm rate of (49|50) %/);
    expect(await flagged()).toBe(10);
    await page.getByRole("radio", { name: /of flagged rows/ }).check();
    await page.waitForURL(/decide=fdr/);
    await page.getByText(/at most 1 in 10 of the flagged is/).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("saves the flagged rows", async () => {
    const { page, complaints } = await opened(address("&alpha=0.02"));
    const button = page.getByRole("button", { name: /Save the flagged rows as CSV/ });
    const [, count = "0"] = /\((\d+) rows?\)/.exec(await button.innerText()) ?? [];
    const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
    expect(file.suggestedFilename()).toBe("new-flagged.csv");
    const path = join(around, "flagged.csv");
    await file.saveAs(path);
    const [header, ...saved] = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(header).toBe("row,p_value,log_prob,kind,height,weight,width");
    expect(saved).toHaveLength(Number(count));
    expect(saved.some((line) => line.startsWith(`${planted},`))).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("goes through the rows by the keyboard, and beyond the list's page", async () => {
    const { page, complaints } = await opened(address());
    const order = await lines(page).evaluateAll((all) => all.map((one) => Number(one.dataset.row)));
    await page.getByRole("button", { name: `row ${planted}`, exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    await whyHeading(page, order[1]).waitFor();
    expect(page.url()).toContain(`row=${order[1]}`);
    for (const row of order.slice(2)) {
      await page.keyboard.press("ArrowDown");
      await whyHeading(page, row).waitFor();
    }
    await page.keyboard.press("ArrowDown");
    await page.getByText("11 to 20", { exact: true }).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute("aria-pressed") === "true");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("explains by another method that is chosen, and any row that is linked to", async () => {
    const { page, complaints } = await opened(address("&row=7&method=conditional"));
    await whyHeading(page, 7).waitFor();
    await page
      .getByText("log-density that the likeliest value given the rest of the row would gain")
      .waitFor();
    const [asked] = await Promise.all([
      page.waitForRequest((request) => request.postData()?.includes('"shapley"') ?? false),
      page.getByRole("combobox", { name: "Reasons by" }).selectOption("shapley"),
    ]);
    // Asked again: of an answer in pieces the browser keeps nothing.
    const answer = await fetch(asked.url(), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: asked.postData(),
    });
    await page.waitForURL(/method=shapley/);
    const { method, reasons } = JSON.parse((await answer.text()).split("\n")[0]) as RowReasons;
    expect([method, reasons.length]).toEqual(["shapley", 4]);
    const [{ column, nats }] = reasons;
    await page
      .getByRole("img", {
        name: `Bars of 4 columns, the strangest first: ${column} with ${nats.toFixed(1)} nats`,
      })
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says plainly what p-values are worth of the table that the model was fitted to", async () => {
    const { page, complaints } = await opened(`${studio.url}/#/anomalies?model=trees.logdet`);
    expect(await page.getByRole("combobox", { name: "Table" }).inputValue()).toBe("trees.csv");
    const remark = page.getByRole("link", { name: "Judge each row by a model that has not seen it" });
    await remark.waitFor();
    expect(await remark.getAttribute("href")).toBe("#/anomalies?judge=others&table=trees.csv");
    await page.getByRole("combobox", { name: "Table" }).selectOption("new.csv");
    await remark.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("tells what is wrong with a table that does not fit", async () => {
    writeFileSync(join(folder, "other.csv"), "x\n1\n2\n");
    const { page } = await watchedPage(browser, studio.url);
    await page.goto(`${studio.url}/#/anomalies?model=trees.logdet&table=other.csv`);
    await page
      .getByRole("alert")
      .getByText(/there is no column/)
      .waitFor();
    await page.close();
  });

  it("is drawn in light and dark, and on a phone in one column", async () => {
    const { page, complaints } = await opened(address());
    await page.emulateMedia({ colorScheme: "light" });
    await screenshot(page, "anomalies-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await screenshot(page, "anomalies-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(page, "anomalies-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
