// A real browser and a web server for its pages. Chromium is part of the test set-up: without it these tests fail and say
// so.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where pictures of the pages are left for people to look at: in a clone, test-results/screenshots. */
export const screenshots =
  process.env.SCREENSHOTS ?? fileURLToPath(new URL("../../test-results/screenshots", import.meta.url));

/** Leaves a picture of the whole page. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

const places = [
  ...(process.env.CHROMIUM ? [process.env.CHROMIUM] : []),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export function launch(): Promise<Browser> {
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error(
      "The studio's tests need Chromium. Install it (Debian: apt-get install chromium), or name it in CHROMIUM.",
    );
  // Containers run as root, whom Chromium's sandbox refuses. These pages are ours.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

export interface Watched {
  readonly page: Page;
  /** What the page complained of, and what it asked for outside of its address. */
  readonly complaints: string[];
  /** All that it asked for. */
  readonly requests: string[];
}

/** A new page that is watched for errors, warnings and requests to elsewhere. */
export async function watchedPage(
  browser: Browser,
  url: string,
  size = { width: 1360, height: 900 },
): Promise<Watched> {
  const page = await browser.newPage({ viewport: size, acceptDownloads: true });
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.context().on("request", (request) => {
    requests.push(request.url());
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
      complaints.push(`asked for ${request.url()}`);
  });
  return { page, complaints, requests };
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** Serves a folder at some path of a host, with no headers but the types. */
export async function serve(folder: string): Promise<{ url: string; close(): void }> {
  const mount = "/some/where/";
  const server = createServer(async ({ url = "" }, response) => {
    const path = url.startsWith(mount) ? url.slice(mount.length) || "index.html" : undefined;
    const body =
      path && !path.includes("..") ? await readFile(join(folder, path)).catch(() => undefined) : undefined;
    response.writeHead(body ? 200 : 404, { "content-type": types[extname(path ?? "")] ?? "text/plain" });
    response.end(body ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${mount}`, close: () => server.close() };
}
