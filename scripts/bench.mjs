// npm run bench -- NAME [options]: builds, compiles bench/, runs bench/NAME.ts.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "./typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${root}bench`)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
const [name, ...options] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [--json] [options]\nBenchmarks: ${names.join(", ")}`);
  process.exit(2);
}
for (const script of ["setup.mjs", "build.mjs"]) {
  const { status } = spawnSync(process.execPath, [`${root}scripts/${script}`], { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(1);
}
compile("tsconfig.bench.json");
if (!existsSync(`${root}.bench/${name}.js`)) process.exit(1);
const { status } = spawnSync(process.execPath, [`${root}.bench/${name}.js`, ...options], {
  stdio: "inherit",
});
process.exit(status ?? 1);
