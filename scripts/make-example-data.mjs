// Makes examples/data/weather.csv from the npm package vega-datasets: the file as it is there, line ends unified.
// Run by hand when the example changes: node scripts/make-example-data.mjs
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const source = new URL("../data/weather.csv", pathToFileURL(require.resolve("vega-datasets")));
const folder = fileURLToPath(new URL("../examples/data/", import.meta.url));

const text = readFileSync(source, "utf8").replaceAll("\r\n", "\n").trimEnd();
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}weather.csv`, `${text}\n`);
console.log(`examples/data/weather.csv: ${text.split("\n").length - 1} rows`);
