// The studio's first page in a real browser: what is in the folder, and the way of a table into it.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StudioServing, startStudio } from "../../src/server/studio/index.js";
import { numbersModel } from "../server/served.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const pages = fileURLToPath(new URL("../../dist/studio", import.meta.url));
const around = mkdtempSync(join(tmpdir(), "logdet-home-"));
const folder = join(around, "measurements");
let browser: Browser;
let studio: StudioServing;

beforeAll(async () => {
  mkdirSync(folder);
  studio = await startStudio(folder, { pages, port: 0 });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
  rmSync(around, { recursive: true });
});

const table = { name: "new rows.csv", mimeType: "text/csv", buffer: Buffer.from("a,b,c\n1,2,3\n") };

describe("the first page", () => {
  it("takes a table into an empty folder, and goes on to fitting it", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(studio.url);
    await page.getByText("Begin with a table.").waitFor();
    await screenshot(page, "studio-empty");
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a file" }).click();
    await (await chooser).setFiles(table);
    await page.waitForURL(/#\/fit\?table=new\+rows\.csv$/);
    expect(readFileSync(join(folder, table.name), "utf8")).toBe("a,b,c\n1,2,3\n");
    expect(complaints).toEqual([]);
    // The same name again: nothing is replaced, and the reader is told.
    await page.goto(`${studio.url}/#/`);
    const second = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a file" }).click();
    await (await second).setFiles({ ...table, buffer: Buffer.from("other\n") });
    await page.getByRole("alert").getByText('there is a "new rows.csv" already').waitFor();
    expect(readFileSync(join(folder, table.name), "utf8")).toBe("a,b,c\n1,2,3\n");
    await page.close();
  });

  it("lists models and tables, those that came meanwhile too, in light, dark and on a phone", async () => {
    await (await numbersModel()).save(join(folder, "numbers.logdet"));
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(studio.url);
    await page.getByRole("heading", { name: "numbers.logdet" }).waitFor();
    expect(await page.getByRole("listitem").allInnerTexts()).toEqual([expect.stringContaining(table.name)]);
    const card = page.getByRole("article");
    expect(await card.innerText()).toContain("3 columns");
    await page.emulateMedia({ colorScheme: "dark" });
    await screenshot(page, "studio-home-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await screenshot(page, "studio-home-light");
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(page, "studio-home-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("can be gone through by the keyboard, heading first on every page", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(studio.url);
    await page.getByRole("heading", { level: 1 }).waitFor();
    for (const name of ["logdet studio", "Fit", "Look", "Anomalies", "Drift", "Lab"]) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(name);
    }
    await page.getByRole("link", { name: "Drift" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/#\/drift/);
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
    expect(await page.title()).toBe("Drift · logdet studio");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says so when the studio has ended", async () => {
    const other = await startStudio(folder, { pages, port: 0 });
    const { page } = await watchedPage(browser, other.url);
    await page.goto(other.url);
    await page.getByRole("heading", { name: "numbers.logdet" }).waitFor();
    await other.close();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a file" }).click();
    await (await chooser).setFiles({ ...table, name: "late.csv" });
    await page.getByRole("alert").getByText("Is it still running?").waitFor();
    expect(readdirSync(folder)).not.toContain("late.csv");
    await page.close();
  });
});

it("is less than 500 kB of JavaScript, gzipped", () => {
  const root = join(pages, "app");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".js"),
  );
  const total = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(root, name))).length, 0);
  console.log(`JavaScript of the studio: ${(total / 1000).toFixed(0)} kB gzipped in ${files.length} files`);
  expect(total).toBeGreaterThan(60_000);
  expect(total).toBeLessThan(500_000);
});
