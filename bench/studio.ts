// npm run bench -- studio [--json]: seconds from a page's address to its first picture, in a real Chromium beside the server,
// and what its JavaScript weighs.
//
// --columns 2,8,21  columns of the models; half of each table's columns follow from the other half
// --rows 2000       rows of their tables
// --repeats 5       of each measurement: the median and the largest are told
//
// "cold": the server was started a second ago, about as long as a reader takes to open its address, and has shown nothing;
// "warm": it has shown the page before. The browser is open, and its cache empty, in both. Chromium is found where the tests find it, or named in CHROMIUM.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { fit, LogdetError, Random, saveFitted } from "logdet";
import { type Browser, chromium } from "playwright-core";
import { benchOptions, printRows } from "./lib/options.js";
import { startStudio } from "./lib/serve-processes.js";

const options = benchOptions({ columns: "2,8,21", rows: "2000", repeats: "5" });
const repeats = options.number("repeats");

/** Pages, and what is in their first picture. */
const pages = {
  look: '[aria-label="contour"] path',
  anomalies: '[aria-label="rect"] rect',
} as const;

const folder = mkdtempSync(join(tmpdir(), "logdet-bench-studio-"));
const dist = fileURLToPath(new URL("../dist/studio/app", import.meta.url));

/** A table of numbers, and a model that is fitted to it. */
async function make(columns: number): Promise<string> {
  const name = `columns-${columns}`;
  const random = new Random(1);
  const lines = Array.from({ length: options.number("rows") }, () => {
    const cells = Array.from({ length: columns }, () => random.normal());
    for (let d = 1; d < columns; d += 2) cells[d] = Math.sin(2 * cells[d - 1]) + 0.3 * cells[d];
    return cells.map((cell) => cell.toFixed(4)).join(",");
  });
  const header = Array.from({ length: columns }, (_, d) => `c${d + 1}`);
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, `${[header.join(","), ...lines].join("\n")}\n`);
  await saveFitted(await fit(path, { seed: 1, search: false }), join(folder, `${name}.logdet`));
  return name;
}

/** Seconds until the page at an address has drawn something. */
async function firstPicture(browser: Browser, address: string, selector: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  await page.locator(selector).first().waitFor({ state: "attached" });
  const seconds = (performance.now() - started) / 1000;
  await context.close();
  return seconds;
}

async function measure(browser: Browser, model: string, page: keyof typeof pages) {
  const times = { cold: [] as number[], warm: [] as number[] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const server = await startStudio(folder);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const address = `${server.url}/#/${page}?model=${model}.logdet&table=${model}.csv`;
    for (const state of ["cold", "warm"] as const)
      times[state].push(await firstPicture(browser, address, pages[page]));
    await server.stop();
  }
  return (["cold", "warm"] as const).map((state) => {
    const sorted = times[state].sort((a, b) => a - b);
    const [median, largest] = [sorted[Math.floor(sorted.length / 2)], sorted[sorted.length - 1]];
    return { page, model, state, median, largest };
  });
}

const places = [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];
const executablePath = places.find((place) => place !== "" && existsSync(place));
if (executablePath === undefined)
  throw new LogdetError("usage", "there is no Chromium to measure with", { hint: "Name one in CHROMIUM." });
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const rows = [];
  for (const columns of options.numbers("columns")) {
    const model = await make(columns);
    for (const page of Object.keys(pages) as (keyof typeof pages)[]) {
      console.error(`${model}, ${page}`);
      rows.push(...(await measure(browser, model, page)));
    }
  }
  const scripts = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".js"),
  );
  const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name))).length, 0);
  console.error(`JavaScript of all pages: ${(bytes / 1000).toFixed(0)} kB gzipped`);
  printRows(rows, options.json);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
