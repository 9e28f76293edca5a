// The page of drift in a real browser: the verdict, the columns that moved, since when; stopped and linked to.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { type StudioServing, startStudio } from "../../src/server/studio/index.js";
import { numbersModel } from "../server/served.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const pages = fileURLToPath(new URL("../../dist/studio", import.meta.url));
const around = mkdtempSync(join(tmpdir(), "logdet-drift-"));
const folder = join(around, "months");
let browser: Browser;
let studio: StudioServing;

/** From the given row on, b lies two higher. */
function table(seed: number, rows: number, movedFrom: number): string {
  const random = new Random(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = random.fillNormal(new Float64Array(3));
    const day = new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
    return `${a.toFixed(4)},${(b + (i >= movedFrom ? 2 : 0)).toFixed(4)},${c.toFixed(4)},${day}\n`;
  });
  return `a,b,c,day\n${lines.join("")}`;
}

beforeAll(async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "march.csv"), table(1, 300, 300));
  writeFileSync(join(folder, "april.csv"), table(2, 300, 150));
  await (await numbersModel()).save(join(folder, "numbers.logdet"));
  studio = await startStudio(folder, { pages, port: 0 });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
  rmSync(around, { recursive: true });
});

const compared = "reference=table%3Amarch.csv&table=april.csv";

describe("the page of drift", () => {
  it("compares two tables that are chosen: verdict, tests, and the column that moved with its values", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(`${studio.url}/#/drift`);
    const compare = page.getByRole("button", { name: "Compare" });
    await page.getByText(/Choose the table of new rows/).waitFor();
    expect(await compare.isDisabled()).toBe(true);
    await page.getByRole("combobox", { name: "Reference" }).selectOption("table:march.csv");
    await page.getByRole("combobox", { name: "New rows" }).selectOption("april.csv");
    await page.getByRole("combobox", { name: "In the order of" }).selectOption("day");
    await compare.click();
    const verdict = page.locator(".verdict");
    await verdict.waitFor();
    expect(await verdict.innerText()).toMatch(
      /^Drift: the new rows are not like the reference \(.*level 0\.05; 300 rows and 300, .*\)\. Moved: b\.$/,
    );
    const tests = page.locator(".tests tbody th");
    expect(await tests.allInnerTexts()).toEqual(["log-density", "sliced-energy", "mmd", "scores", "margins"]);
    const picture = page.getByRole("img", { name: /^Of 3 columns the statistic by its threshold.*1 moved/ });
    expect(await picture.locator('[aria-label="bar"] rect').count()).toBe(3);
    expect(await picture.getByText("times its threshold →", { exact: true }).count()).toBe(1);
    const values = page.getByRole("img", {
      name: /^Values of b in 300 rows of the reference and 300 new rows/,
    });
    expect(await values.locator('[aria-label="rect"] rect').count()).toBe(30);
    expect(await values.locator('[aria-label="line"] path').count()).toBe(1);
    expect(await page.locator("table.list tbody tr").first().getAttribute("data-moved")).toBe("true");
    await page.getByRole("button", { name: "c", exact: true }).click();
    await page.getByRole("img", { name: /^Values of c/ }).waitFor();
    expect(page.url()).toContain("column=c");
    await screenshot(page, "drift-light");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says since when, from a link alone, in dark and on a phone", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${studio.url}/#/drift?${compared}&by=day&window=30`);
    const verdict = page.locator(".verdict");
    await verdict.waitFor();
    expect(await verdict.innerText()).toMatch(
      /^Drift: the first window that has shifted is rows 151 to 180, 2024-05-30 to 2024-06-28 .* 5 of 10 windows have shifted\.$/,
    );
    const map = page.getByRole("img", { name: /^10 windows of 30 rows against 4 features/ });
    // Every window and feature; and a frame around each that has shifted.
    const bars = map.locator('[aria-label="bar"]');
    expect(await bars.first().locator("rect").count()).toBe(40);
    expect(await bars.last().locator("rect").count()).toBeGreaterThanOrEqual(5);
    expect(await map.getByText("first shifted window", { exact: true }).count()).toBe(1);
    // Ten windows, four ticks at most: every third.
    const beginnings = map.locator('[aria-label="x-axis tick label"] text');
    expect(await beginnings.allTextContents()).toEqual([
      ...["2024-01-01", "2024-03-31", "2024-06-29", "2024-09-27"],
    ]);
    expect(await page.getByRole("combobox", { name: "Column" }).inputValue()).toBe("b");
    await page
      .getByRole("img", { name: /^Values of b in \d+ rows of the reference and 30 rows 151 to 180/ })
      .waitFor();
    await screenshot(page, "drift-over-time-dark");
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(page, "drift-over-time-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("warns of dates that move by themselves", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    writeFileSync(join(folder, "later.csv"), table(3, 300, 300).replaceAll("2024-", "2028-"));
    await page.goto(`${studio.url}/#/drift?reference=table%3Amarch.csv&table=later.csv`);
    await page.locator(".verdict").waitFor();
    await page.getByText(/^day holds dates, and they move on by themselves/).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("can be stopped, and begun again", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(`${studio.url}/#/drift?${compared}`);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("alert").getByText("Stopped.").waitFor();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.locator(".verdict").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("takes a model for a reference, and says what it cannot tell", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(`${studio.url}/#/drift?reference=model%3Anumbers.logdet&table=april.csv`);
    await page.getByText(/which columns moved cannot be told beside it/).waitFor();
    expect(await page.locator(".tests tbody th").allInnerTexts()).toEqual(["log-density", "latent-norm"]);
    expect(await page.getByRole("heading", { name: "Columns" }).count()).toBe(0);
    await page.getByRole("link", { name: "Which of the new rows are strange?" }).click();
    await page.waitForURL(/#\/anomalies\?model=numbers\.logdet&table=april\.csv/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
