// The lab as its readers get it: exported by the command line, served as plain files, used in a real browser.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Experiment } from "../../studio/lab/experiment.js";
import { defaultSettings, type RunSettings, type Settings } from "../../studio/lab/settings.js";
import { logdet, temporaryFolder } from "../cli/run.js";
import { launch, screenshot, serve, type Watched, watchedPage } from "./browser.js";

const folder = temporaryFolder();
const exported = join(folder, "deep", "lab");

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  const { code, stderr } = await logdet(["studio", "--export", exported]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  server = await serve(exported);
  browser = await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Small enough for a second or two. */
const small = { rows: 2000, layers: 2, steps: 400 };

async function open(size?: { width: number; height: number }): Promise<Watched> {
  const watched = await watchedPage(browser, server.url, size);
  const { page } = watched;
  await page.goto(server.url);
  await page.getByRole("img", { name: /Contours/ }).waitFor();
  return watched;
}

const field = (page: Page, name: string) => page.getByRole("spinbutton", { name, exact: true });
const choice = (page: Page, name: string) => page.getByRole("combobox", { name, exact: true });

async function fill(page: Page, { rows, layers, steps }: typeof small): Promise<void> {
  await field(page, "Rows").fill(String(rows));
  await field(page, "Dense layers").fill(String(layers));
  await field(page, "Steps").fill(String(steps));
}

const runOf = (page: Page, rule: string) => page.locator(`tr[data-rule="${rule}"]`);
const ended = (page: Page, rule: string) =>
  page.locator(`tr[data-rule="${rule}"][data-status="finished"]`).waitFor();
const nllOf = async (page: Page, rule: string) => Number(await runOf(page, rule).getAttribute("data-nll"));

/** The best validation NLL of the same run in Node. */
async function inNode(settings: Partial<Settings> & Pick<RunSettings, "rule">): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  const experiment = await Experiment.create({ ...defaultSettings, ...small, ...settings }, (update) => {
    if (update.type === "reading") best = Math.min(best, update.reading.validationNll);
  });
  expect(await experiment.run()).toBe("finished");
  await experiment.release();
  return best;
}

describe("the exported lab", () => {
  it("trains two rules beside each other to the nats that Node reaches, and draws what they learned", async () => {
    const { page, complaints } = await open();
    await fill(page, small);
    await page.getByRole("button", { name: "Start" }).click();
    for (const rule of ["relative", "exact"]) {
      await ended(page, rule);
      const nll = await nllOf(page, rule);
      const same = await inNode({ rule });
      // The same to the last bit where both round sines and logarithms alike.
      expect(Math.abs(nll - same), `${rule}: ${nll} in the browser, ${same} in Node`).toBeLessThan(0.001);
      // Less than a normal with the rows' moments misses, and that is something learned.
      expect(nll).toBeLessThan(3);
    }
    // The density itself and two models, five contours each.
    const densities = page.getByRole("img", { name: /Contours/ });
    expect(await densities.count()).toBe(3);
    for (const density of await densities.all()) {
      const contours = density.locator('[aria-label="contour"] path');
      expect(await contours.count()).toBe(5);
      for (const contour of await contours.all())
        expect((await contour.getAttribute("d"))?.length).toBeGreaterThan(50);
      for (const label of ["x₁ →", "↑ x₂"])
        expect(await density.getByText(label, { exact: true }).count()).toBe(1);
    }
    for (const [name, axis] of [
      [/against steps/, "steps →"],
      [/against seconds/, "seconds →"],
    ] as const) {
      const curves = page.getByRole("img", { name });
      expect(await curves.locator('[aria-label="line"] path').count()).toBe(2);
      for (const label of [axis, "↑ nats missed"])
        expect(await curves.getByText(label, { exact: true }).count()).toBe(1);
    }
    // Thirteen lines each way, at every stage.
    const layers = page.getByRole("img", { name: /grid/ });
    expect(await layers.count()).toBe(2);
    expect(await layers.first().locator('[aria-label="line"] path').count()).toBe(26);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("trains in float64 through ONNX Runtime's build for the web, loaded from its own folder", async () => {
    const { page, complaints, requests } = await open();
    const settings = { ...small, steps: 100 };
    await fill(page, settings);
    await choice(page, "Beside it").selectOption({ label: "nothing" });
    await choice(page, "Arithmetic").selectOption("float64");
    expect(requests.filter((url) => url.endsWith(".wasm"))).toEqual([]);
    await page.getByRole("button", { name: "Start" }).click();
    await ended(page, "relative");
    expect(requests.filter((url) => url.endsWith(".wasm"))).toHaveLength(1);
    const same = await inNode({ ...settings, rule: "relative", float: "float64" });
    expect(Math.abs((await nllOf(page, "relative")) - same)).toBeLessThan(0.001);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("can be used by the keyboard alone: start, pause, go on, the layers' slider", async () => {
    const { page, complaints } = await open();
    // So many that no machine is done before the keys are pressed.
    await fill(page, { ...small, steps: 20_000 });
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60 && (await focused()) !== name; i++) await page.keyboard.press("Tab");
      expect(await focused()).toBe(name);
    };
    await page.locator("body").press("Tab");
    await tabTo("Start");
    await page.keyboard.press("Enter");
    await tabTo("Pause");
    await page.keyboard.press("Enter");
    await page.locator('tr[data-rule="exact"][data-status="paused"]').waitFor();
    await page.locator('tr[data-rule="relative"][data-status="paused"]').waitFor();
    await tabTo("Go on");
    await page.keyboard.press("Space");
    await tabTo("Stop");
    await page.keyboard.press("Enter");
    await page.locator('tr[data-rule="exact"][data-status="stopped"]').waitFor();
    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.locator(".player output").textContent()).toBe("after spline 1");
    await page.keyboard.press("ArrowRight");
    expect(await page.locator(".player output").textContent()).toBe("after matrix 1");
    await tabTo("SVG");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("gives every picture as an SVG that stands alone and its data as CSV", async () => {
    const { page, complaints } = await open();
    await fill(page, { ...small, steps: 100 });
    await page.getByRole("button", { name: "Start" }).click();
    await ended(page, "exact");
    await ended(page, "relative");
    const saved = async (name: string, index: number) => {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).nth(index).click(),
      ]);
      const path = join(folder, file.suggestedFilename());
      await file.saveAs(path);
      return readFileSync(path, "utf8");
    };
    const figures = await page.locator("figure").count();
    expect(figures).toBe(7);
    for (let i = 0; i < figures; i++) {
      const figure = page.locator("figure").nth(i);
      const title = await figure.locator("figcaption").textContent();
      const svg = await saved(`Save ${title} as SVG`, 0);
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg).not.toMatch(/var\(|href="http|NaN/);
      const [header, ...lines] = (await saved(`Save the data of ${title} as CSV`, 0)).trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(20);
      for (const line of lines) expect(line.split(",")).toHaveLength(header.split(",").length);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says what cannot be trained, and starts nothing that is out of range", async () => {
    const { page, complaints } = await open();
    await field(page, "Noise").fill("0");
    await page.getByRole("alert").getByText("moons without noise is a curve").waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.locator('tr[data-rule="exact"][data-status="failed"]').waitFor();
    await page.getByRole("button", { name: "Reset" }).click();
    await field(page, "Noise").fill("0.2");
    await field(page, "Dense layers").fill("99");
    await page.getByRole("button", { name: "Start" }).click();
    expect(await page.locator("tr[data-rule]").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("is drawn in light and dark, and on a phone in one column", async () => {
    const { page, complaints } = await open();
    await choice(page, "Density").selectOption("eight Gaussians");
    await fill(page, { ...small, steps: 600 });
    await page.getByRole("button", { name: "Start" }).click();
    await ended(page, "exact");
    await ended(page, "relative");
    await page.getByRole("slider").fill("1");
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const shoot = async (name: string) => {
      // Once what has changed is painted.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      await screenshot(page, `lab-${name}`);
    };
    await page.emulateMedia({ colorScheme: "light" });
    expect(await background()).toBe("rgb(255, 255, 255)");
    await shoot("light");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await background()).toBe("rgb(20, 24, 29)");
    await shoot("dark");
    await choice(page, "Colours").selectOption("light");
    expect(await background()).toBe("rgb(255, 255, 255)");
    await page.setViewportSize({ width: 390, height: 844 });
    await shoot("phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const lefts = await page
      .locator("figure")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
    expect(new Set(lefts).size).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("logdet studio", () => {
  it("exports JavaScript of less than 500 kB gzipped", () => {
    const files = readdirSync(exported, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".js"),
    );
    const sizes = files.map((name) => gzipSync(readFileSync(join(exported, name))).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`JavaScript of the lab: ${(total / 1000).toFixed(0)} kB gzipped in ${files.length} files`);
    expect(total).toBeGreaterThan(100_000);
    expect(total).toBeLessThan(500_000);
  });

  it("replaces an earlier export only by force, and nothing else even so", async () => {
    const again = join(folder, "again");
    expect((await logdet(["studio", "--export", again])).code).toBe(0);
    const refused = await logdet(["studio", "--export", again]);
    expect({ code: refused.code, stderr: refused.stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/exists already[\s\S]*--force/),
    });
    writeFileSync(join(again, "left-over.txt"), "of before");
    const { code, stdout } = await logdet(["studio", "--export", again, "--force", "--json"]);
    expect(code).toBe(0);
    const { files, bytes } = JSON.parse(stdout);
    expect(readdirSync(again, { recursive: true, encoding: "utf8" }).sort()).toEqual(
      [...files, "assets"].sort(),
    );
    expect(files.reduce((sum: number, name: string) => sum + statSync(join(again, name)).size, 0)).toBe(
      bytes,
    );
    const foreign = await logdet(["studio", "--export", folder, "--force"]);
    expect({ code: foreign.code, stderr: foreign.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("no earlier export"),
    });
  });
});
