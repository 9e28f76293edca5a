// npm start: installs and builds what is missing, then fits, scores and samples the example table with the built
// command line, and says what it did and where to look. Everything it writes lies in out/.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

await import("./setup.mjs");

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = `${root}dist/cli/main.js`;
const started = performance.now();

if (newest("src") > modified(cli)) {
  console.log("Building ...");
  run(["scripts/build.mjs"]);
}
mkdirSync(`${root}out`, { recursive: true });
logdet(
  "fit",
  "examples/data/weather.csv",
  "--exclude",
  "location,date,weather",
  "--out",
  "out/weather.logdet",
);
logdet("score", "out/weather.logdet", "examples/data/weather.csv", "--out", "out/weather-scored.csv");
logdet("sample", "out/weather.logdet", "-n", "1000", "--out", "out/weather-sampled.csv");

console.log(`
Done in ${((performance.now() - started) / 1000).toFixed(0)} s: a density of Seattle's and New York's weather, fitted to 2,922 days. Look at
  ${pathToFileURL(`${root}out/weather.logdet/report.html`)}
                            how it went and how good the model is, in pictures: open it in a browser
  out/weather-scored.csv    every day with its log_prob and p_value: the lower, the stranger
  out/weather-sampled.csv   1,000 days that never were
Now your own table: npx logdet fit FILE`);

function logdet(...args) {
  console.log(`\n> npx logdet ${args.join(" ")} --force`);
  // Its messages then say "npx logdet": that is what works in this folder.
  run([cli, ...args, "--force"], { ...process.env, npm_command: "exec" });
}

function run(args, env = process.env) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When anything below a folder was last changed. What the build itself writes there does not count. */
function newest(folder) {
  const names = readdirSync(`${root}${folder}`, { recursive: true }).filter(
    (name) => !name.endsWith("generated.ts"),
  );
  return Math.max(...names.map((name) => modified(`${root}${folder}/${name}`)));
}
