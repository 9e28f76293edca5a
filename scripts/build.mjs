// Builds dist/: the AssemblyScript kernels first (they become src/kernels/generated.ts), then TypeScript and the
// studio's pages. A dist/ that is there is replaced once the new one is complete.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "./typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const kernels = spawnSync(process.execPath, [`${root}scripts/build-kernels.mjs`], {
  stdio: ["ignore", 2, 2],
});
if (kernels.status !== 0) process.exit(kernels.status ?? 1);

const next = `${root}dist.next`;
const old = `${root}dist.old`;
for (const folder of [next, old]) rmSync(folder, { recursive: true, force: true });
compile("tsconfig.json", "--outDir", next);
const studio = spawnSync(process.execPath, [`${root}scripts/build-studio.mjs`, `${next}/studio`], {
  stdio: ["ignore", 2, 2],
});
if (studio.status !== 0) process.exit(studio.status ?? 1);
chmodSync(`${next}/cli/main.js`, 0o755);
if (existsSync(`${root}dist`)) renameSync(`${root}dist`, old);
renameSync(next, `${root}dist`);
rmSync(old, { recursive: true, force: true });
