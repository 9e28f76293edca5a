// Builds dist/: the AssemblyScript kernels first (they become src/kernels/generated.ts), then TypeScript.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

function run(label, script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error(`build: ${label} failed`);
    process.exit(status ?? 1);
  }
}

run("kernels", `${root}scripts/build-kernels.mjs`, []);
rmSync(`${root}dist`, { recursive: true, force: true });
const typescript = require.resolve("typescript/package.json");
const bin = require(typescript).bin.tsc;
run("TypeScript", new URL(bin, `file://${typescript}`).pathname, ["-p", "tsconfig.json"]);
chmodSync(`${root}dist/cli/main.js`, 0o755);
