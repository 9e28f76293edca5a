import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("../src/", import.meta.url));

/** docs/architecture.md, "The rooms": imports point up this list only. */
const rooms = [
  ["errors.ts", "random", "version.ts"],
  ["tensor", "kernels"],
  ["onnx"],
  ["runtime"],
  ["bijections"],
  ["distributions", "jacobian"],
  ["flows", "optimizers", "data"],
  ["training"],
  ["energy"],
  ["model"],
  ["fit"],
  ["lab", "ica"],
  ["cli", "index.ts"],
];

const roomOf = (path: string) => relative(source, path).split("/")[0];
const floorOf = (room: string) => rooms.findIndex((names) => names.includes(room));

it("keeps imports pointing from upper rooms to lower ones, never back", () => {
  const wrong: string[] = [];
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  expect(files.length).toBeGreaterThan(100);
  for (const name of files) {
    const file = join(source, name);
    const text = readFileSync(file, "utf8");
    for (const [, target] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const [from, to] = [roomOf(file), roomOf(join(file, "..", target).replace(/\.js$/, ".ts"))];
      if (from === to) continue;
      expect(floorOf(from), `${from} is a room that the plan does not know`).toBeGreaterThanOrEqual(0);
      expect(floorOf(to), `${to} is a room that the plan does not know`).toBeGreaterThanOrEqual(0);
      if (floorOf(to) >= floorOf(from)) wrong.push(`${name} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});
