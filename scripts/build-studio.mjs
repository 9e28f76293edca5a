// Builds the studio's pages into static files: node scripts/build-studio.mjs [FOLDER], dist/studio/lab by default. The
// kernels must have been built before.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
// Vite would look for it in the page's own folder.
const outDir = resolve(process.argv[2] ?? `${root}dist/studio/lab`);
await build({ configFile: `${root}studio/vite.config.ts`, logLevel: "warn", build: { outDir } });
