// The code that a report shows, run as it stands: only FOLDER, and where packages are found, are filled in.

import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseHTML } from "linkedom";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fit, saveFitted } from "../../src/fit/index.js";
import { load } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { bash, type Outcome, outcome, start, temporaryFolder } from "../cli/run.js";
import { launch, serve } from "../studio/browser.js";

const folder = temporaryFolder();

/** Names that need quoting in CSV, in a shell, in HTML and in comments. */
const names = [`it's <b>`, `a "b", $c`, "kind", "the day", "when\u202e", "x </script>"] as const;

/** A model of words, dates, times and numbers, of which some are missing. */
async function mixed(): Promise<string> {
  const random = new Random(5);
  const lines = Array.from({ length: 260 }, (_, i) => {
    const [x, y, z] = random.fillNormal(new Float64Array(3));
    const kind = ["oak", '"beech, red"', "o'live", "yew"][i % 4];
    const time = new Date(Date.UTC(2024, 0, 1 + (i % 50), i % 24));
    const missing = i % 10 === 0;
    return [
      missing ? "" : (3 + x + (i % 3)).toFixed(3),
      y.toFixed(3),
      kind,
      time.toISOString().slice(0, 10),
      time.toISOString().slice(0, 19),
      Math.exp(3 * z).toFixed(4),
    ].join(",");
  });
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
  writeFileSync(join(folder, "trees.csv"), `${[quoted.join(","), ...lines].join("\n")}\n`);
  const fitted = await fit(join(folder, "trees.csv"), {
    ...{ search: false, layers: 1, epochs: 3, threads: 1, missing: "model", calibration: 0.2 },
  });
  const model = join(folder, "mixed.logdet");
  await saveFitted(fitted, model);
  await fitted.model.release();
  return model;
}

/** Thirty columns, no p-values: rows without names. */
async function wide(): Promise<string> {
  const random = new Random(6);
  const columns = Array.from({ length: 30 }, (_, d) => {
    const values = random.fillNormal(new Float64Array(200));
    return [`column ${d}`, values.map((value) => 100 * value + d)] as const;
  });
  const fitted = await fit(Object.fromEntries(columns), {
    ...{ search: false, layers: 1, epochs: 3, threads: 1, calibration: 0 },
  });
  const model = join(folder, "wide.logdet");
  await saveFitted(fitted, model);
  await fitted.model.release();
  return model;
}

/** The snippets of a model's report, by title. */
function snippetsOf(model: string): Readonly<Record<string, string>> {
  const { document } = parseHTML(readFileSync(join(model, "report.html"), "utf8"));
  const blocks = [...document.querySelectorAll("pre code")];
  return Object.fromEntries(
    blocks.map((code) => [
      code.parentElement!.previousElementSibling!.textContent!,
      code.textContent!.replaceAll("FOLDER", model),
    ]),
  );
}

let browser: Awaited<ReturnType<typeof launch>>;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const models = { mixed: await mixed(), wide: await wide() };

/** What the comments promise. */
const promised = (code: string) => Number(/(?:\/\/|#) (-?[\d.]+) nats$/m.exec(code)![1]);

/** Every number that was printed. */
const printed = ({ code, stdout, stderr }: Outcome): number[] => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return (stdout.match(/-?\d+(\.\d+)?(e[+-]?\d+)?/g) ?? []).map(Number);
};

/** Comments have two decimals; float32 has its own opinion of the last. */
const near = 0.011;

describe.each(["mixed", "wide"] as const)("the snippets of a %s table", (name) => {
  const model = models[name];
  const snippets = snippetsOf(model);
  const expected = promised(snippets.Node);

  it("are four, and promise what the model says", async () => {
    expect(Object.keys(snippets)).toEqual(["Command line", "Node", "Python", "Browser"]);
    expect(promised(snippets.Python)).toBe(expected);
    expect(promised(snippets.Browser)).toBe(expected);
    const loaded = await load(model, { threads: 1 });
    expect(Number.isFinite(expected)).toBe(true);
    expect(Math.abs((await loaded.logProb([rowIn(snippets.Browser)]))[0] - expected)).toBeLessThan(near);
    await loaded.release();
  });

  it("run in Node", async () => {
    const file = join(folder, `${name}.mjs`);
    const library = new URL("../../dist/index.js", import.meta.url);
    writeFileSync(file, snippets.Node.replace('from "logdet"', `from ${JSON.stringify(library)}`));
    const numbers = printed(await outcome(start(process.execPath, [file])));
    // [ -20.2 ] as console.log prints a Float64Array: its length comes first.
    expect(Math.abs(numbers[2] - expected)).toBeLessThan(near);
    if (name === "mixed") expect(snippets.Node).toContain(`// ${Number(numbers[5].toPrecision(4))}`);
    else expect(snippets.Node).not.toContain("pValues");
  });

  it("run in Python, or its calls in ONNX Runtime of Node", async () => {
    const { Python: code } = snippets;
    const [, array, type] = /np\.array\((\[\[[\s\S]*?\]\]), dtype=np\.(\w+)\)/.exec(code)!;
    const row = JSON.parse(array.replace(/ # .*$/gm, "").replace(/,(\s*\])/g, "$1"))[0] as number[];
    expect(type).toBe("float64");
    const [, path] = /InferenceSession\((".*")\)/.exec(code)!;
    const session = await InferenceSession.create(JSON.parse(path));
    const [, outputs, input] = /session\.run\((\[.*\]), \{"(\w+)": rows\}\)/.exec(code)!;
    const results = await session.run(
      { [input]: new Tensor("float64", row, [1, row.length]) },
      JSON.parse(outputs),
    );
    expect(Math.abs(Number(results.log_prob.data[0]) - expected)).toBeLessThan(near);
    await session.release();

    if ((await python("import numpy")).code === 0) {
      const [logProb] = printed(await python(code, await onnxruntimeForPython()));
      expect(Math.abs(logProb - expected)).toBeLessThan(near);
    }
  });
});

it("the browser's snippet runs in a page", async () => {
  const { Browser: code } = snippetsOf(models.mixed);
  const site = join(folder, "site");
  mkdirSync(join(site, "model", "onnx"), { recursive: true });
  copyFileSync(join(models.mixed, "onnx", "log_prob.onnx"), join(site, "model", "onnx", "log_prob.onnx"));
  const ort = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  copyFileSync(join(ort, "ort.wasm.bundle.min.mjs"), join(site, "ort.js"));
  symlinkSync(join(ort, "ort-wasm-simd-threaded.wasm"), join(site, "ort-wasm-simd-threaded.wasm"));
  // In the page itself, where a name might end the script.
  const script = code.replaceAll(models.mixed, "model");
  writeFileSync(
    join(site, "index.html"),
    `<!doctype html><meta charset="utf-8"><script type="importmap">{"imports":{"onnxruntime-web":"./ort.js"}}</script>` +
      `<script type="module">${script}\ndocument.title = String(log_prob.data);</script>`,
  );
  const server = await serve(site);
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(server.url);
    await Promise.race([
      page.waitForFunction(() => document.title !== "", undefined, { timeout: 30_000 }),
      page.waitForEvent("pageerror", { timeout: 30_000 }).catch(() => undefined),
    ]);
    expect(problems).toEqual([]);
    expect(Math.abs(Number(await page.title()) - promised(code))).toBeLessThan(near);
  } finally {
    server.close();
  }
});

describe("the command line's snippet", () => {
  it("scores the row that it writes, and draws rows", async () => {
    const code = snippetsOf(models.mixed)["Command line"];
    const { stdout, ...rest } = await bash(code.replaceAll("npx logdet", "logdet"), { cwd: folder });
    expect(rest.code, rest.stderr).toBe(0);
    const [, logProb, pValue] = /# log_prob (\S+), p_value (\S+)$/m.exec(code)!;
    const cells = stdout.trim().split("\n").at(-1)!.split(",");
    expect(Math.abs(Number(cells.at(-2)) - Number(logProb))).toBeLessThan(near);
    expect(Number(Number(cells.at(-1)).toPrecision(4))).toBe(Number(pValue));
    expect(readFileSync(join(folder, "drawn.csv"), "utf8").trim().split("\n").length).toBe(1001);
  });

  it("of many columns leaves the table to the reader", () => {
    expect(snippetsOf(models.wide)["Command line"].split("\n")).toEqual([
      `npx logdet score ${models.wide} new.csv > scored.csv`,
      `npx logdet sample ${models.wide} -n 1000 > drawn.csv`,
    ]);
  });
});

describe("the report in a browser", () => {
  it.each(["light", "dark"] as const)(
    "fits a phone, %s, without scripts and requests",
    async (colorScheme) => {
      const context = await browser.newContext({ viewport: { width: 390, height: 800 }, colorScheme });
      const page = await context.newPage();
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      const url = String(pathToFileURL(join(models.mixed, "report.html")));
      await page.goto(url);
      const seen = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth > innerWidth,
        scripts: document.scripts.length,
        headings: [...document.querySelectorAll("h1, h2, h3")].map((heading) => Number(heading.localName[1])),
        background: getComputedStyle(document.body).backgroundColor,
        unnamed: document.querySelectorAll("figure:not(:has(svg[role=img][aria-label]):has(figcaption))")
          .length,
      }));
      expect(requests).toEqual([url]);
      expect(seen).toMatchObject({ wide: false, scripts: 0, unnamed: 0 });
      expect(seen.background).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(20, 24, 29)");
      expect(seen.headings.filter((level) => level === 1)).toEqual([1]);
      for (const [i, level] of seen.headings.entries())
        expect(level - (seen.headings[i - 1] ?? 0)).toBeLessThanOrEqual(1);
      await context.close();
    },
  );
});

it("the model card shows the same code", () => {
  for (const model of Object.values(models)) {
    const card = readFileSync(join(model, "README.md"), "utf8");
    for (const code of Object.values(snippetsOf(model)))
      expect(card).toContain(code.replaceAll(model, "FOLDER"));
  }
});

/** The numbers between the brackets of JavaScript's row. */
function rowIn(code: string): number[] {
  const [, array] = /const row = (\[[\s\S]*?\n\]);/.exec(code)!;
  return JSON.parse(array.replace(/ \/\/ .*$/gm, "").replace(/,(\s*\])/g, "$1"));
}

function python(code: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const run = outcome(start("python3", ["-"], { env }), code);
  return run.catch(() => ({ code: 127, stdout: "", stderr: "there is no python3" }));
}

/** Where Python has no onnxruntime: one that hands each call, as it came, to that of Node. */
async function onnxruntimeForPython(): Promise<Readonly<Record<string, string>>> {
  if ((await python("import onnxruntime")).code === 0) return {};
  const place = join(folder, "python");
  mkdirSync(place, { recursive: true });
  const runtime = pathToFileURL(createRequire(import.meta.url).resolve("onnxruntime-node"));
  writeFileSync(
    join(place, "run.mjs"),
    `import ort from ${JSON.stringify(runtime)};
import { readFileSync } from "node:fs";
const { path, outputs, feeds } = JSON.parse(readFileSync(0, "utf8"));
const session = await ort.InferenceSession.create(path);
const tensors = Object.entries(feeds).map(([name, { type, data, shape }]) => [name, new ort.Tensor(type, data, shape)]);
const results = await session.run(Object.fromEntries(tensors), outputs);
console.log(JSON.stringify(outputs.map((name) => [Array.from(results[name].data), results[name].dims])));
`,
  );
  writeFileSync(
    join(place, "onnxruntime.py"),
    `import json, subprocess
import numpy as np

class InferenceSession:
    def __init__(self, path):
        self.path = path

    def run(self, outputs, feeds):
        arrays = {k: {"type": str(a.dtype), "shape": list(a.shape), "data": a.ravel().tolist()} for k, a in feeds.items()}
        call = json.dumps({"path": self.path, "outputs": outputs, "feeds": arrays})
        node = [${JSON.stringify(process.execPath)}, ${JSON.stringify(join(place, "run.mjs"))}]
        answer = subprocess.run(node, input=call, capture_output=True, text=True, check=True).stdout
        return [np.array(data).reshape(shape) for data, shape in json.loads(answer)]
`,
  );
  return { PYTHONPATH: place };
}
