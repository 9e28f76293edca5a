// Builds the studio's pages into static files: node scripts/build-studio.mjs [FOLDER], dist/studio by default. The kernels
// must have been built before.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = resolve(process.argv[2] ?? `${root}dist/studio`);
for (const page of ["lab", "app"])
  await build({
    configFile: `${root}studio/vite.config.ts`,
    root: `${root}studio/${page}`,
    logLevel: "warn",
    build: { outDir: `${target}/${page}` },
  });
