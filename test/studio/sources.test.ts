// The studio's page of sources, in a real browser.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableFromColumns } from "../../src/data/index.js";
import { ica, saveSeparation } from "../../src/ica/index.js";
import { Random } from "../../src/random/index.js";
import { type StudioServing, startStudio } from "../../src/server/studio/index.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const pages = fileURLToPath(new URL("../../dist/studio", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "logdet-sources-"));
let browser: Browser;
let studio: StudioServing;

const rows = 3000;
const random = new Random(2);

/** Mixtures of a square wave and of noise with heavy tails. */
function mixed(count: number) {
  const weights = random.fillNormal(new Float64Array(count * count));
  const sources = Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: rows }, (_, i) =>
      k === 0 ? (i % 300 < 150 ? 1 : -1) : (random.normal() * random.normal()) / (1 + k / 50),
    ),
  );
  return tableFromColumns(
    Array.from({ length: count }, (_, d) => ({
      name: `channel ${d + 1}`,
      values: Float64Array.from({ length: rows }, (_, i) =>
        sources.reduce((sum, source, k) => sum + source[i] * weights[k * count + d], 0),
      ),
    })),
  );
}

beforeAll(async () => {
  await saveSeparation(await ica(mixed(2), { starts: 2 }), join(folder, "two.ica"));
  await saveSeparation(await ica(mixed(11)), join(folder, "eleven.ica"));
  studio = await startStudio(folder, { pages, port: 0 });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
  rmSync(folder, { recursive: true });
});

describe("the page of sources", () => {
  it("shows every source over time, its shape in words and as a histogram, and the mixing", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(studio.url);
    await page.getByRole("link", { name: "Sources" }).click();
    await page.getByRole("combobox", { name: "Folder" }).selectOption("two.ica");
    await page.getByText("taken for mixtures of 2 sources").waitFor();
    const table = page.getByRole("table");
    const lines = await table.getByRole("row").allInnerTexts();
    expect(lines).toHaveLength(3);
    expect(lines.filter((line) => line.includes("flat: hardly any large values"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("peaked: mostly small"))).toHaveLength(1);
    expect(lines[0]).toContain("Stability");
    const series = page.getByRole("img", { name: /2 sources over 1,000 rows/ });
    await series.waitFor();
    expect(await series.locator(".series path").count()).toBe(2);
    expect(await series.getByText("source_1", { exact: true }).count()).toBe(1);
    expect(await series.getByText("row →", { exact: true }).count()).toBe(1);
    const histograms = page.getByRole("img", { name: /Histograms of 2 sources/ });
    expect(await histograms.locator(".normals path").count()).toBe(2);
    expect(await histograms.locator(".bars rect").count()).toBe(120);
    const mixing = page.getByRole("img", { name: /each of 2 sources adds to each of 2 columns/ });
    await mixing.waitFor();
    expect(await mixing.locator(".cells rect").count()).toBe(4);
    expect(await mixing.getByText("channel 2", { exact: true }).count()).toBe(1);
    await screenshot(page, "studio-sources");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("moves the window over the rows, as a band where they are many", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(`${studio.url}/#/sources?name=two.ica&length=500`);
    await page.getByRole("img", { name: /over 500 rows/ }).waitFor();
    expect(await page.getByRole("button", { name: "Earlier" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Later" }).click();
    await page.getByText("Rows 501 to 1,000", { exact: true }).waitFor();
    await page.getByRole("textbox", { name: "From row" }).fill("2900");
    await page.keyboard.press("Enter");
    await page.getByText("Rows 2,501 to 3,000", { exact: true }).waitFor();
    await page.getByRole("button", { name: "All rows" }).click();
    await page.getByText(/the band between the smallest and the largest value of every 3/).waitFor();
    expect(new URL(page.url()).hash).toMatch(/&from=1(&|$)/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows eight of many sources at a time, on a phone too", async () => {
    const phone = { width: 390, height: 844 };
    const { page, complaints } = await watchedPage(browser, studio.url, phone);
    await page.goto(`${studio.url}/#/sources?name=eleven.ica`);
    await page.getByText("Sources 1 to 8 of 11").waitFor();
    await page.getByRole("img", { name: /Histograms of 8 sources/ }).waitFor();
    await page.getByRole("button", { name: "Weaker" }).click();
    await page.getByText("Sources 9 to 11 of 11").waitFor();
    await page.getByRole("img", { name: /each of 3 sources adds to each of 11 columns/ }).waitFor();
    await page.getByRole("img", { name: /3 sources over 1,000 rows/ }).waitFor();
    expect(await page.getByRole("rowheader").allInnerTexts()).toEqual([
      "source_09",
      "source_10",
      "source_11",
    ]);
    expect(await page.getByRole("button", { name: "Weaker" }).isDisabled()).toBe(true);
    await page.emulateMedia({ colorScheme: "dark" });
    await screenshot(page, "studio-sources-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
