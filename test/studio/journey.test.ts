// A newcomer's way through the studio, with clicks alone: from a CSV file to an explained anomaly, and to the report.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { main, outcome, start } from "../cli/run.js";
import { launch, screenshot, watchedPage } from "./browser.js";

const around = mkdtempSync(join(tmpdir(), "logdet-journey-"));
const folder = join(around, "melons");
const planted = 137;

/** A melon's weight follows from its size and kind; that of one does not, though others weigh and measure as much. */
function melons(): string {
  const random = new Random(11);
  const lines = Array.from({ length: 400 }, (_, i) => {
    const isRound = i % 3 !== 0;
    const size = 20 + 4 * random.normal();
    const weight = isRound ? 120 * size - 900 + 60 * random.normal() : 60 * size + 60 * random.normal();
    const cells = [i + 1, isRound ? "melon" : "cucumber", size.toFixed(2), Math.round(weight)];
    if (i + 1 === planted) return [i + 1, "melon", "27.50", 800].join(",");
    return [...cells.slice(0, 3), i % 40 === 7 ? "" : cells[3]].join(",");
  });
  return `number,kind,size,weight\n${lines.join("\n")}\n`;
}

let browser: Browser;
let ended: ReturnType<typeof outcome>;
let url: string;
let stop: () => void;

beforeAll(async () => {
  mkdirSync(folder);
  writeFileSync(join(around, "melons.csv"), melons());
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
  rmSync(around, { recursive: true });
});

it("leads from a CSV file to the strange row, the cell that makes it strange, and the report", async () => {
  const { page, complaints } = await watchedPage(browser, url);
  await page.goto(url);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a file" }).click();
  await (await chooser).setFiles(join(around, "melons.csv"));

  // Every column as it was taken for; then a fit with nothing changed.
  await page.locator('[data-column="kind"] svg').waitFor();
  await page.getByRole("button", { name: "Start the fit" }).click();
  await page.locator('.run[data-status="finished"]').waitFor({ timeout: 90_000 });
  await screenshot(page, "studio-journey-fitted");

  await page.getByRole("link", { name: "Find the strange rows" }).click();
  // By models that have not seen the row: two fits more.
  await page.waitForURL(/#\/anomalies\?judge=others&table=melons\.csv$/);
  await page.getByRole("heading", { name: `Why row ${planted} is strange` }).waitFor({ timeout: 90_000 });
  await page.getByText(/^Each of 400 rows was judged by a model that had not seen it \(2 fits\)/).waitFor();
  const first = page.locator("table.list tbody tr").first();
  expect(await first.getAttribute("data-row")).toBe(String(planted));
  await first.getByText(/; expected .+\((1 in [\d,]+|less than 1 in a million)\)$/).waitFor();
  expect(await page.getByTestId("words").innerText()).toMatch(
    /^(weight is 800|size is 27\.5\d*|kind is melon) where .+ was expected: given the rest of the row, /,
  );
  const bars = page.getByRole("img", { name: /^Bars of 3 columns, the strangest first: / });
  expect(await bars.getByText(/^weight = 800; expected /).count()).toBe(1);
  await screenshot(page, "studio-journey-explained");

  const report = await browser.newPage();
  await report.goto(`${url}/api/report?model=melons.logdet`);
  expect(await report.locator("h1").innerText()).toContain("melons");
  expect(await report.getByRole("heading", { name: "What this model cannot tell" }).count()).toBe(1);
  expect(await report.locator("svg").count()).toBeGreaterThan(3);
  await report.close();
  expect(readFileSync(join(folder, "melons.csv"), "utf8")).toBe(melons());
  expect(existsSync(join(folder, "melons.logdet", "onnx", "log_prob.onnx"))).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
  stop();
  expect((await ended).code).toBe(0);
}, 120_000);
