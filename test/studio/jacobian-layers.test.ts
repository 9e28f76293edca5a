// The Jacobian and the layers of a model on the studio's page Look, in a real browser.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StudioServing, startStudio } from "../../src/server/studio/index.js";
import { exampleModel } from "../model/example-model.js";
import { names, numbersModel, someRows } from "../server/served.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const pages = fileURLToPath(new URL("../../dist/studio", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "logdet-jacobian-"));
let browser: Browser;
let studio: StudioServing;

const count = 80;
const rows = someRows(count);
/** Far from all others. */
const outlier = 23;
rows.set([9, -9, 9], 3 * (outlier - 1));

beforeAll(async () => {
  await (await numbersModel()).save(join(folder, "numbers.logdet"));
  await exampleModel({ dim: 2, disorder: 0.15, components: 2 }).save(join(folder, "plane.logdet"));
  await exampleModel({ dim: 1 }).save(join(folder, "line.logdet"));
  const lines = Array.from({ length: count }, (_, i) => `${rows.slice(3 * i, 3 * i + 3).join(",")}\n`);
  writeFileSync(join(folder, "numbers.csv"), `${names.join(",")}\n${lines.join("")}`);
  studio = await startStudio(folder, { pages, port: 0 });
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await studio?.close();
  rmSync(folder, { recursive: true });
});

async function open(place: string, size?: { width: number; height: number }) {
  const watched = await watchedPage(browser, studio.url, size);
  await watched.page.goto(`${studio.url}/#/look?${place}`);
  return watched;
}

const picture = (page: Page, name: RegExp) => page.getByRole("img", { name });

async function savedCsv(page: Page, title: string): Promise<string[]> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: `Save the data of ${title} as CSV` }).click(),
  ]);
  const path = join(tmpdir(), file.suggestedFilename());
  await file.saveAs(path);
  return readFileSync(path, "utf8").trimEnd().split("\n");
}

describe("the Jacobian", () => {
  it("is drawn at the row that is asked for, with its singular values and the sum of the log-density", async () => {
    const { page, complaints } = await open("model=numbers.logdet&table=numbers.csv&view=jacobian&row=5");
    await page.getByText(/^Row 5: a /).waitFor();
    const heat = picture(page, /3 coordinates of the latent moves with each of 3 columns at row 5/);
    expect(await heat.locator(".cells rect").count()).toBe(9);
    for (const label of ["a", "b", "c", "z1", "z2", "z3"])
      expect(await heat.getByText(label, { exact: true }).count()).toBe(1);
    const bars = picture(page, /3 singular values at row 5/);
    expect(await bars.locator(".bars line").count()).toBe(3);
    expect(await bars.getByText("↑ times as far", { exact: true }).count()).toBe(1);
    const [header, ...values] = await savedCsv(page, "Singular values");
    expect(header).toBe("direction,singular_value");
    const logDet = values.reduce((sum, line) => sum + Math.log(Number(line.split(",")[1])), 0);
    const words = (await page.getByText(/Its log-density:/).textContent()) ?? "";
    const [base, jacobian, units, total] = Array.from(
      words.matchAll(/([−+] ?|: )(\d+\.\d\d)/g),
      ([, sign, size]) => (sign.includes("−") ? -Number(size) : Number(size)),
    ).concat(Number(words.match(/= (−?\d+\.\d\d) nats/)?.[1].replace("−", "-")));
    expect(jacobian).toBeCloseTo(logDet, 1);
    expect(units).toBeCloseTo(-Math.log(6), 2);
    expect(Math.abs(base + jacobian + units - total)).toBeLessThan(0.021);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("is that of the strangest row, of a number that is typed, of a point that is clicked", async () => {
    const { page, complaints } = await open("model=numbers.logdet&table=numbers.csv&view=jacobian&x=b&y=a");
    await page.getByRole("combobox", { name: "Row", exact: true }).selectOption("strangest");
    await page.getByText(new RegExp(`^Row ${outlier}: a 9; b -9; c 9`)).waitFor();
    await page.getByRole("textbox", { name: "Number" }).fill("7");
    await page.keyboard.press("Enter");
    await page.getByText(/^Row 7: /).waitFor();
    expect(new URL(page.url()).hash).toContain("row=7");
    const scatter = picture(page, new RegExp(`${count} rows: a against b`));
    expect(await scatter.getByText("b →", { exact: true }).count()).toBe(1);
    const at = (await scatter.locator(".chosen circle").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.getByRole("combobox", { name: "Row", exact: true }).selectOption("typical");
    await page.getByText(/^Row (?!7:)\d+: /).waitFor();
    await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
    await page.getByText(/^Row 7: /).waitFor();
    await page.getByRole("textbox", { name: "Number" }).fill(String(count + 1));
    await page.keyboard.press("Enter");
    await page
      .getByRole("alert")
      .getByText(`there is no row ${count + 1}`)
      .waitFor();
    // What the browser itself says of the answer 404.
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    await page.close();
  });

  it("can be read on a phone, in light and dark, of draws where there is no table", async () => {
    const phone = { width: 390, height: 844 };
    const { page, complaints } = await open("model=plane.logdet&view=jacobian", phone);
    await page.getByText(/^Draw \d/).waitFor();
    await page.getByText(/The model adds up 2 nets; this is net [12]/).waitFor();
    await picture(page, /2000 draws of the model: column 2 against column 1/).waitFor();
    await page.emulateMedia({ colorScheme: "dark" });
    await screenshot(page, "studio-jacobian-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("the layers", () => {
  it("bend a grid of two columns, layer by layer, by keys and by themselves", async () => {
    const { page, complaints } = await open("model=plane.logdet&view=layers");
    const grid = picture(page, /A grid over column 1 and column 2/);
    await grid.waitFor();
    const lines = grid.locator('[aria-label="line"] path');
    expect(await lines.count()).toBe(26);
    for (const label of ["column 1 →", "↑ column 2"])
      expect(await grid.getByText(label, { exact: true }).count()).toBe(1);
    const before = await lines.first().getAttribute("d");
    // A line of the lattice goes straight up.
    const across = new Set(Array.from(before?.matchAll(/[ML](-?[\d.]+),/g) ?? [], ([, x]) => x));
    expect(across.size).toBe(1);
    const slider = page.getByRole("slider");
    await slider.focus();
    const told: string[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("ArrowRight");
      told.push((await page.locator(".player output").textContent()) ?? "");
    }
    expect(told).toEqual(["after spline 1", "after matrix 1", "after spline 2"]);
    await page.getByText("Splines bend each coordinate by itself").waitFor();
    await grid.getByText("coordinate 1 →", { exact: true }).waitFor();
    expect(await lines.first().getAttribute("d")).not.toBe(before);
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByText("after matrix 2", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Play" }).waitFor();
    await screenshot(page, "studio-layers");
    const csv = await savedCsv(page, "After matrix 2");
    expect(csv[0]).toBe("stage,kind,z1,z2");
    expect(csv.length - 1).toBe(5 * (26 * 61 + 400));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("are seen in a plane of more columns, which can be chosen", async () => {
    const { page, complaints } = await open("model=numbers.logdet&table=numbers.csv&view=layers");
    await picture(page, /A grid over a and b/).waitFor();
    await page.getByRole("combobox", { name: "Up" }).selectOption("c");
    await picture(page, /A grid over a and c/).waitFor();
    await page.getByText(/other columns are held at those of row \d+, a typical one/).waitFor();
    await page.getByRole("slider").press("ArrowRight");
    await page.getByText(/of the grid.s variance is seen|All of the grid is seen/).waitFor();
    await page.getByText("direction 1 →", { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("say why they cannot be seen of a model of one column", async () => {
    const { page, complaints } = await open("model=line.logdet&view=layers");
    await page.getByText("The model has one column of numbers").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
