// Runs the TypeScript compiler that this project pins.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/** Compiles a project; ends this process with the compiler's status if it fails. Its output goes to stderr. */
export function compile(project, ...options) {
  const manifest = require.resolve("typescript/package.json");
  const tsc = join(dirname(manifest), require(manifest).bin.tsc);
  const { status } = spawnSync(process.execPath, [tsc, "-p", project, ...options], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error(`TypeScript: ${project} does not compile`);
    process.exit(status ?? 1);
  }
}
