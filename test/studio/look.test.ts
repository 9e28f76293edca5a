// The page Look in a real browser: models whose densities are known, rows of which one is strange.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { type StudioServing, startStudio } from "../../src/server/studio/index.js";
import { categoryColumn, gaussian, mixed, modelOf, plainColumn } from "../model/known-models.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const pages = fileURLToPath(new URL("../../dist/studio", import.meta.url));
const around = mkdtempSync(join(tmpdir(), "logdet-look-"));
const folder = join(around, "work");
let browser: Browser;
let studio: StudioServing;

/** The row, from 1, that is strange in no column alone. */
const strange = 20;

beforeAll(async () => {
  mkdirSync(folder);
  const covariance = [
    [1, 0.9, 0],
    [0.9, 1, 0],
    [0, 0, 1],
  ];
  const columns = ["height", "weight", "age"].map(plainColumn);
  await modelOf(gaussian([0, 0, 0], covariance), columns).save(join(folder, "people.logdet"));
  const random = new Random(4);
  const lines = Array.from({ length: 300 }, (_, i) => {
    const [u, v, w] = random.fillNormal(new Float64Array(3));
    return i + 1 === strange ? "2,-2,0\n" : `${u},${0.9 * u + Math.sqrt(0.19) * v},${w}\n`;
  });
  writeFileSync(join(folder, "people.csv"), `height,weight,age\n${lines.join("")}`);
  const flow = mixed(
    [3, 3],
    [0.5, 0.5],
    [
      [0.9, 0.1],
      [0.1, 0.9],
      [1e-9, 1e-9],
      [0.8, 0.3],
      [0.2, 0.7],
      [1e-9, 1e-9],
    ],
    [[1], [-1], [0], [0], [0], [0]],
    [[0.25]],
  );
  const kinds = [
    plainColumn("size"),
    categoryColumn("kind", ["oak", "beech"]),
    categoryColumn("leaf", ["big", "small"]),
  ];
  await modelOf(flow, kinds).save(join(folder, "trees.logdet"));
  studio = await startStudio(folder, { pages, port: 0 });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
  rmSync(around, { recursive: true });
});

const address = (query: string) => `${studio.url}/#/look?${query}`;
const people = "model=people.logdet&table=people.csv";
const contours = (page: Page) => page.locator('figure [aria-label="contour"] path');
const choice = (page: Page, name: string) => page.getByRole("combobox", { name, exact: true });

/** How many points a path draws. */
const pointsIn = async (page: Page, figure: number) =>
  ((await page.locator("figure").nth(figure).locator("path.points").getAttribute("d")) ?? "").split("M")
    .length - 1;

describe("the density", () => {
  it("is drawn as five contours over all rows, and tells the strange row from the others", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(address(people));
    await page.getByText("The points are 300 rows of people.csv").waitFor();
    expect(await contours(page).count()).toBe(5);
    for (const contour of await contours(page).all())
      expect((await contour.getAttribute("d"))?.length).toBeGreaterThan(50);
    const picture = page.getByRole("img", { name: /^Contours of the model's density of height and weight/ });
    for (const label of ["height →", "↑ weight"])
      expect(await picture.getByText(label, { exact: true }).count()).toBe(1);
    expect(await pointsIn(page, 0)).toBe(300);
    await page.getByText("50,000 rows that the model drew, whatever the other column holds").waitFor();
    await page.getByRole("spinbutton", { name: "Number" }).fill(String(strange));
    await page.getByRole("button", { name: "Show" }).click();
    // The squared distance is 80: no draw of 2,000 is as far out. −½ · 80 − 3/2 log 2π − ½ log 0.19
    const logProb = (-40 - 1.5 * Math.log(2 * Math.PI) - 0.5 * Math.log(0.19)).toFixed(1);
    await page.getByText(`Log-density ${logProb.replace("-", "\u2212")}`).waitFor();
    await page.getByText("less likely than each of 2,000 rows that the model drew").waitFor();
    expect(await page.locator("figure .marked, figure g.marked").count()).toBeGreaterThan(0);
    expect(await page.getByRole("row", { name: "weight -2" }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("can be held at a clicked row, whose values sliders move; all of it stands in the address", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(address(people));
    await page.getByText("The points are 300 rows").waitFor();
    await page.locator("figure").scrollIntoViewIfNeeded();
    // The strange row, where it stands in the picture.
    const spot = await page.evaluate(() => {
      const svg = document.querySelector("figure svg") as SVGSVGElement;
      const first = document.querySelector("figure path.points")?.getAttribute("d") ?? "";
      const places = first
        .split("M")
        .slice(1)
        .map((at) => at.split(/[,h]/).map(Number));
      // Down on the right.
      const [x, y] = places.reduce((a, b) => (b[0] + b[1] > a[0] + a[1] ? b : a));
      const { left, top, width } = svg.getBoundingClientRect();
      const unit = width / svg.viewBox.baseVal.width;
      return { x: left + x * unit, y: top + y * unit };
    });
    await page.mouse.move(spot.x, spot.y);
    await page.locator("figure svg").getByText(`row ${strange}`, { exact: true }).waitFor();
    await page.mouse.click(spot.x, spot.y);
    await page.getByRole("group", { name: `Row ${strange}` }).waitFor();
    await page.getByRole("button", { name: "Hold the others at this row" }).click();
    await page.getByText("in rows whose other column is held at the values given").waitFor();
    const slider = page.getByRole("slider", { name: "age" });
    expect(await slider.inputValue()).toBe("0");
    await page.getByRole("spinbutton", { name: "age, as a number" }).fill("1.5");
    await page.waitForURL(/set=/);
    expect(await slider.inputValue()).toBe("1.5");
    await page.reload();
    await page.getByText("The cells of row 20, with your changes.").waitFor();
    expect(await slider.inputValue()).toBe("1.5");
    expect(await contours(page).count()).toBe(5);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("of categories is a curve for each, and a table of how probable pairs are", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(address("model=trees.logdet&table="));
    await page.getByRole("img", { name: /density of size for each value of kind/ }).waitFor();
    expect(await page.locator('figure [aria-label="area"]').count()).toBe(2);
    const labels = await page.locator('figure [aria-label="text"] text').allTextContents();
    expect(labels).toEqual([
      expect.stringMatching(/^oak(49|50|51) %$/),
      expect.stringMatching(/^beech(49|50|51) %$/),
    ]);
    await choice(page, "Across").selectOption("leaf");
    await page.getByRole("img", { name: "How probable each pair of leaf and kind is." }).waitFor();
    const cells = await page.locator('figure [aria-label="text"] text').allTextContents();
    // p(big, oak) = ½ (0.9 · 0.8 + 0.1 · 0.3) = 0.375
    expect(cells[0]).toMatch(/^3[78] %/);
    expect(cells).toHaveLength(4);
    await choice(page, "Up").selectOption("nothing: one column alone");
    await page.getByRole("img", { name: "The model's density of leaf" }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says what is wrong with a table that does not fit, and draws the density without it", async () => {
    writeFileSync(join(folder, "other.csv"), "p,q\n1,2\n");
    const { page } = await watchedPage(browser, studio.url);
    await page.goto(address("model=people.logdet&table=other.csv"));
    await page.getByRole("alert").filter({ hasText: "height" }).waitFor();
    expect(await contours(page).count()).toBe(5);
    await page.close();
  });
});

describe("the latent space", () => {
  it("shows rows over the base's contours, and finds no dimension wrong for rows of the model", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(address(`${people}&view=latent`));
    await page.getByText("None of 3 dimensions differs from the base more than chance allows.").waitFor();
    expect(await contours(page).count()).toBe(5);
    expect(await pointsIn(page, 0)).toBeGreaterThan(290);
    const names = await page.locator("figure g.names text, figure .names text").allTextContents();
    expect(names.map((name) => name.slice(0, 8)).toSorted()).toEqual(["latent 1", "latent 2", "latent 3"]);
    await choice(page, "Up").selectOption("3");
    await page.locator("figure").first().getByText("↑ latent 3", { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("samples", () => {
  it("stand beside the data, and are drawn again with another seed", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    await page.goto(address(`${people}&view=samples`));
    await page.getByText("Rows of the model", { exact: true }).waitFor();
    // As many points on both sides.
    const [data, drawn] = [await pointsIn(page, 0), await pointsIn(page, 1)];
    expect(Math.abs(data - drawn)).toBeLessThan(6);
    expect(data).toBeGreaterThan(290);
    expect(await page.locator("table.drawn tbody tr").count()).toBe(20);
    const first = await page.locator("table.drawn tbody tr").first().innerText();
    await page.getByRole("button", { name: "Draw again" }).click();
    await page.getByText("(seed 2)").waitFor();
    expect(await page.locator("table.drawn tbody tr").first().innerText()).not.toBe(first);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("every view", () => {
  it("gives its pictures as SVG files that stand alone and their data as CSV", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    const saved = async (name: string) => {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      const path = join(around, "saved");
      await file.saveAs(path);
      return readFileSync(path, "utf8");
    };
    for (const [view, count] of [
      ["density", 1],
      ["latent", 2],
      ["samples", 3],
    ] as const) {
      await page.goto(address(`${people}&view=${view}`));
      await page
        .locator("figure path.points")
        .nth(view === "samples" ? 1 : 0)
        .waitFor({ state: "attached" });
      const titles = await page.locator("figcaption").allTextContents();
      expect(titles).toHaveLength(count);
      for (const title of titles) {
        const svg = await saved(`Save ${title} as SVG`);
        expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
        expect(svg).not.toMatch(/var\(|href="http|NaN/);
        const [header, ...lines] = (await saved(`Save the data of ${title} as CSV`)).trimEnd().split("\n");
        expect(lines.length).toBeGreaterThan(20);
        for (const line of lines) expect(line.split(",")).toHaveLength(header.split(",").length);
      }
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("is drawn in light, dark and on a phone, and its parts are links that keys reach", async () => {
    const { page, complaints } = await watchedPage(browser, studio.url);
    for (const view of ["density", "latent", "samples"]) {
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(address(`${people}&view=${view}`));
      await page.locator("figure path.points").first().waitFor({ state: "attached" });
      await screenshot(page, `studio-look-${view}-phone`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await page.setViewportSize({ width: 1360, height: 900 });
      await page.emulateMedia({ colorScheme: "dark" });
      await screenshot(page, `studio-look-${view}-dark`);
      await page.emulateMedia({ colorScheme: "light" });
      await screenshot(page, `studio-look-${view}-light`);
    }
    await page.goto(address(people));
    await page.locator("figure path.points").waitFor({ state: "attached" });
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    for (let i = 0; i < 30 && (await focused()) !== "Latent space"; i++) await page.keyboard.press("Tab");
    expect(await focused()).toBe("Latent space");
    await page.keyboard.press("Enter");
    await page.getByText("Each dimension beside the base").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("of a folder without models leads to fitting one", async () => {
    const empty = join(around, "empty");
    mkdirSync(empty);
    const bare = await startStudio(empty, { pages, port: 0 });
    const { page, complaints } = await watchedPage(browser, bare.url);
    await page.goto(`${bare.url}/#/look`);
    await page.getByRole("link", { name: "Fit one to a table" }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
    await bare.close();
  });
});
